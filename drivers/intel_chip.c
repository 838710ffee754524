/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "drivers/intel_chip.h"

/* Waits until `bits` of a register read as `wanted`, at most `tries` times `us`. */
static bool intel_wait(const struct intel_chip *chip, uint32_t reg, uint32_t bits, uint32_t wanted, unsigned tries,
                       unsigned us)
{
    while ((intel_read(chip, reg) & bits) != wanted) {
        if (tries-- == 0)
            return false;
        chip->pci->ops->delay_us(chip->pci, us);
    }
    return true;
}

enum status intel_chip_reset(const struct intel_chip *chip)
{
    uint32_t ctrl;

    intel_write(chip, INTEL_IMC, UINT32_MAX);
    intel_write(chip, INTEL_RCTL, 0);
    intel_write(chip, INTEL_TCTL, 0);
    /* A frame under way is still received or sent to its end (SDM 13.4.22, 13.4.33): 1.2 ms at 10 Mbit/s. */
    chip->pci->ops->delay_us(chip->pci, 2000);
    ctrl = intel_read(chip, INTEL_CTRL) & ~INTEL_CTRL_PHY_RST;
    if (chip->is_82574) { /* requests must have ended before the reset; if they never do, reset all the same */
        ctrl |= INTEL_CTRL_MASTER_DISABLE;
        intel_write(chip, INTEL_CTRL, ctrl);
        intel_wait(chip, INTEL_STATUS, INTEL_STATUS_MASTER_ENABLED, 0, 100, 100);
    }
    intel_write(chip, INTEL_CTRL, ctrl | INTEL_CTRL_RST);
    /* No access before 1 us has passed (SDM table 13-3). */
    chip->pci->ops->delay_us(chip->pci, 1000);
    if (!intel_wait(chip, INTEL_CTRL, INTEL_CTRL_RST, 0, 20, 1000))
        return STATUS_NIC_FAILED;
    intel_write(chip, INTEL_IMC, UINT32_MAX);
    /* The EEPROM is read into the registers once more; the station address is the part we can see. No EEPROM, no
     * address, and no reason to fail here. */
    intel_wait(chip, INTEL_RAH0, INTEL_RAH_VALID, INTEL_RAH_VALID, 10, 1000);
    return STATUS_OK;
}

static bool mac_is_usable(const struct mac *mac)
{
    static const struct mac zero;

    return !mac_equal(*mac, zero) && !mac_is_group(*mac);
}

/* EERD (SDM 13.4.4): done is bit 4 and the address begins at bit 8, on the 82574 bit 1 and bit 2. */
static bool intel_eeprom_word(const struct intel_chip *chip, unsigned word, uint32_t *value)
{
    uint32_t done = chip->is_82574 ? 0x02 : 0x10;

    intel_write(chip, INTEL_EERD, word << (chip->is_82574 ? 2 : 8) | INTEL_EERD_START);
    if (!intel_wait(chip, INTEL_EERD, done, done, 100, 50))
        return false;
    *value = intel_read(chip, INTEL_EERD) >> 16;
    return true;
}

bool intel_chip_read_mac(const struct intel_chip *chip, struct mac *mac)
{
    uint32_t low = intel_read(chip, INTEL_RAL0), high = intel_read(chip, INTEL_RAH0);
    uint32_t words[3] = {low & 0xffff, low >> 16, high & 0xffff};
    bool has_register = (high & INTEL_RAH_VALID) != 0;

    for (unsigned i = 0; i < 3; i++) {
        if (!has_register && !intel_eeprom_word(chip, i, &words[i]))
            return false;
        mac->byte[2 * i] = (uint8_t)words[i];
        mac->byte[2 * i + 1] = (uint8_t)(words[i] >> 8);
    }
    /* The second port's address differs from the EEPROM's in its last bit (SDM 5.6.1). */
    if (!has_register && (intel_read(chip, INTEL_STATUS) & INTEL_STATUS_FUNCTION) != 0)
        mac->byte[5] ^= 1;
    return mac_is_usable(mac);
}
