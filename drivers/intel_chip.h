/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What the Intel driver does before there are rings: reach the registers, stop and reset the MAC, find its address.
 */
#ifndef PUCK_DRIVERS_INTEL_CHIP_H
#define PUCK_DRIVERS_INTEL_CHIP_H

#include "drivers/intel_regs.h"
#include "firmware/base/address.h"
#include "firmware/base/status.h"
#include "firmware/bus/pci.h"

struct intel_chip {
    struct pci_device *pci;
    bool is_82574; /* else an 8254x */
};

static inline uint32_t intel_read(const struct intel_chip *chip, uint32_t reg)
{
    return chip->pci->ops->reg_read(chip->pci, 0, reg, 4);
}

static inline void intel_write(const struct intel_chip *chip, uint32_t reg, uint32_t value)
{
    chip->pci->ops->reg_write(chip->pci, 0, reg, 4, value);
}

/*
 * Masks interrupts, stops all DMA and puts the MAC into its reset state; the PHY and its link are left alone. Takes
 * 3 ms, at most about 45; fails when the reset does not end.
 */
enum status intel_chip_reset(const struct intel_chip *chip);

/* The permanent address, from the register a reset loads it to or from the EEPROM; false when neither has one. */
bool intel_chip_read_mac(const struct intel_chip *chip, struct mac *mac);

#endif
