/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * An Intel card that is broken or lies: resets and PCIe requests that do not end, a dead EEPROM, registers that read as
 * anything (also as all ones, as those of a card that was pulled out), descriptors with any length and any error. The
 * driver may refuse it or deliver nonsense; it reads and writes nothing but its own memory, ends, and keeps none.
 */
#include "drivers/drivers.h"
#include "tests/devices/intel_model.h"
#include "tests/fuzz/fuzz.h"

static struct intel_model model;

static struct {
    uint32_t (*read)(struct pci_model *, unsigned bar, uint32_t offset, unsigned width); /* the model's own */
    unsigned after, count; /* so many true answers, then so many lies */
    uint32_t value, mask;  /* these bits are lied about */
} lie;

static uint32_t read_register(struct pci_model *pci, unsigned bar, uint32_t offset, unsigned width)
{
    uint32_t truth = lie.read(pci, bar, offset, width);

    if (lie.after != 0) {
        lie.after--;
    } else if (lie.count != 0) {
        lie.count--;
        return (truth & ~lie.mask) | (lie.value & lie.mask);
    }
    return truth;
}

static void plan_lies(struct reader *in)
{
    lie.after = read_u8(in);
    lie.count = read_u8(in);
    lie.value = read_be32(in);
    lie.mask = read_be32(in);
}

/* Zeros make an honest card, so that most inputs get as far as frames. */
static void set_up_device(struct reader *in)
{
    static const uint16_t devices[] = {0x100e, 0x10d3};
    static const uint8_t address[6] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};
    uint16_t knobs;

    intel_model_init(&model, devices[read_u8(in) % 2], address);
    model.bus.is_quiet = true;
    lie.read = model.bus.reg_read;
    model.bus.reg_read = read_register;
    lie.after = lie.count = 0;
    knobs = read_be16(in);
    model.is_reset_endless = (knobs & 1) != 0;
    model.has_no_autoload = (knobs & 2) != 0;
    model.is_eeprom_dead = (knobs & 4) != 0;
    model.is_transmit_stuck = (knobs & 8) != 0;
    model.has_endless_master = (knobs & 16) != 0;
    model.has_frame_under_way = (knobs & 32) != 0;
    model.bus.dma_limit = (knobs & 64) != 0 ? 200000 : 0;
    model.bus.unreachable_bars = (knobs & 128) != 0;
    model.link_at_us = (knobs & 256) != 0 ? read_be32(in) : 0;
    if ((knobs & 512) != 0)
        plan_lies(in);
    if ((knobs & 1024) != 0)
        model.eeprom[read_u8(in) % 64] = read_be16(in);
}

static void frames_come_out(struct nic *nic)
{
    struct slice frame;

    for (unsigned n = 0; nic_receive(nic, &frame); n++) {
        check(n < 100000 && frame.len <= NIC_FRAME_MAX + 4 && pci_model_holds(&model.bus, frame));
        nic_receive_done(nic);
    }
}

static void step(struct nic *nic, struct reader *in)
{
    static uint8_t bytes[2048];
    struct writer w;
    uint16_t len;

    memset(bytes, 0xff, 6);
    switch (read_u8(in) % 8) {
    case 0:
        (void)intel_model_receive(&model, bytes, read_be16(in) % 1519u);
        break;
    case 1:
        len = read_be16(in);
        (void)intel_model_receive_raw(&model, bytes, 60, len, read_be32(in));
        break;
    case 2:
        frames_come_out(nic);
        break;
    case 3:
        if (nic_transmit_room(nic, &w)) {
            check(writer_left(&w) >= NIC_FRAME_MAX);
            write_fill(&w, 0x5a, 14 + read_be16(in) % (NIC_FRAME_MAX - 13u));
            nic_transmit(nic, writer_len(&w));
        }
        break;
    case 4:
        intel_model_transmit(&model, read_u8(in));
        break;
    case 5:
        plan_lies(in);
        break;
    case 6:
        model.is_link_down = !model.is_link_down;
        (void)nic_link_up(nic);
        (void)nic_link_speed(nic);
        check(nic_transmitted(nic) <= 65535);
        break;
    default:
        (void)nic_set_filter(nic, read_u8(in), NULL, 0);
        model.is_transmit_stuck = !model.is_transmit_stuck;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct reader in = reader_of(slice_of(bytes, len));
    void *memory = calloc(1, intel_driver.memory_len);
    struct nic *nic = NULL;

    check(memory != NULL);
    set_up_device(&in);
    if (intel_driver.attach(&model.bus.pci, memory, &nic) == STATUS_OK) {
        if (nic_open(nic) == STATUS_OK)
            while (reader_left(&in) > 0 && !in.failed)
                step(nic, &in);
        nic_close(nic);
        intel_driver.detach(nic);
    }
    check((pci_model_command(&model.bus) & PCI_COMMAND_BUS_MASTER) == 0);
    check(pci_model_blocks(&model.bus) == 0);
    check(model.bus.guard_faults == 0);
    pci_model_destroy(&model.bus);
    free(memory);
    return 0;
}
