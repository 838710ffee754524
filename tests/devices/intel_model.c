/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/devices/intel_model.h"

#include <string.h>

enum { /* numbers of the manual, not the driver's */
    CTRL = 0x0,
    STATUS = 0x8,
    EERD = 0x14,
    CTRL_EXT = 0x18,
    ICR = 0xc0,
    ICS = 0xc8,
    IMS = 0xd0,
    IMC = 0xd8,
    RCTL = 0x100,
    TCTL = 0x400,
    TIPG = 0x410,
    RDBAL = 0x2800,
    RDBAH = 0x2804,
    RDLEN = 0x2808,
    RDH = 0x2810,
    RDT = 0x2818,
    TDBAL = 0x3800,
    TDBAH = 0x3804,
    TDLEN = 0x3808,
    TDH = 0x3810,
    TDT = 0x3818,
    MTA = 0x5200,
    RAL = 0x5400,
    RAH = 0x5404,
    RA_END = 0x5480,
};

#define BIT(n) (UINT32_C(1) << (n))

static struct intel_model *intel_of(struct pci_model *bus)
{
    return (struct intel_model *)(void *)bus;
}

static uint32_t *at(struct intel_model *model, uint32_t offset)
{
    return &model->reg[offset / 4];
}

static uint32_t get(const struct intel_model *model, uint32_t offset)
{
    return model->reg[offset / 4];
}

static void load_station_address(struct intel_model *model)
{
    if (model->has_no_autoload)
        return;
    *at(model, RAL) = (uint32_t)model->eeprom[1] << 16 | model->eeprom[0];
    *at(model, RAH) = BIT(31) | (uint32_t)(model->eeprom[2] ^ (model->port != 0 ? 0x0100 : 0));
}

/* What has no reset value in the manual is filled with what was never there. */
static void reset_registers(struct intel_model *model)
{
    memset(model->reg, 0, sizeof(model->reg));
    for (uint32_t i = 0; i < 128; i++)
        *at(model, MTA + 4 * i) = 0xdeadbeef;
    *at(model, TDBAL) = *at(model, TDBAH) = *at(model, RDBAL) = *at(model, RDBAH) = 0xdeadbee0;
    *at(model, CTRL) = BIT(9) | BIT(0) | BIT(11); /* speed forced, as an EEPROM may have it */
    *at(model, TCTL) = model->is_82574 ? BIT(28) : 0;
}

static bool link_is_up(const struct intel_model *model)
{
    return !model->is_link_down && model->bus.now_us >= model->link_at_us && (get(model, CTRL) & BIT(6)) != 0;
}

static uint32_t status_of(const struct intel_model *model)
{
    uint32_t status = (link_is_up(model) ? BIT(1) : 0) | BIT(0) | model->port << 2;

    status |= model->speed == 10 ? 0 : model->speed == 100 ? BIT(6) : BIT(7);
    if (model->is_82574 && ((get(model, CTRL) & BIT(2)) == 0 || model->has_endless_master))
        status |= BIT(19);
    return status;
}

static void cause(struct intel_model *model, uint32_t bits)
{
    *at(model, ICR) |= bits;
}

bool intel_model_interrupts(const struct intel_model *model)
{
    return (get(model, ICR) & get(model, IMS)) != 0 && (pci_model_command(&model->bus) & PCI_COMMAND_INTX_DISABLE) == 0;
}

unsigned intel_model_free_descriptors(const struct intel_model *model)
{
    uint32_t count = get(model, RDLEN) / 16;

    return count == 0 ? 0 : (get(model, RDT) + count - get(model, RDH)) % count;
}

static uint8_t *descriptor(struct intel_model *model, uint32_t base, uint32_t index)
{
    uint64_t bus = (uint64_t)get(model, base + 4) << 32 | get(model, base);

    return pci_model_dma(&model->bus, bus + 16 * index, 16);
}

static uint64_t little(const uint8_t *bytes, unsigned len)
{
    uint64_t value = 0;

    while (len-- > 0)
        value = value << 8 | bytes[len];
    return value;
}

/* What the receiver does with a frame that it wants, at any time, wanted or not. */
static bool store(struct intel_model *model, const void *data, size_t stored, uint16_t length, uint32_t status)
{
    uint32_t head = get(model, RDH), count = get(model, RDLEN) / 16;
    uint8_t *entry, *buffer;

    if (intel_model_free_descriptors(model) == 0) {
        model->missed++;
        cause(model, BIT(6));
        return false;
    }
    entry = descriptor(model, RDBAL, head);
    if (entry == NULL)
        return false;
    if (entry[12] != 0)
        pci_model_fault(&model->bus, "receive descriptor %u given back with status %x", head, entry[12]);
    buffer = pci_model_dma(&model->bus, little(entry, 8), 2048);
    if (buffer == NULL)
        return false;
    memcpy(buffer, data, stored);
    entry[8] = (uint8_t)length;
    entry[9] = (uint8_t)(length >> 8);
    entry[10] = 0xc5, entry[11] = 0x5c; /* a checksum */
    entry[13] = (uint8_t)(status >> 8);
    entry[14] = 0x01, entry[15] = 0x20; /* a VLAN tag */
    entry[12] = (uint8_t)status;
    *at(model, RDH) = (head + 1) % count;
    cause(model, BIT(7));
    return true;
}

static bool is_wanted(struct intel_model *model, const uint8_t *frame)
{
    static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    uint32_t rctl = get(model, RCTL), hash = (uint32_t)(frame[4] >> 4 | frame[5] << 4);

    for (uint32_t ra = RAL; ra < RA_END; ra += 8)
        if ((get(model, ra + 4) & BIT(31)) != 0 && little(frame, 4) == get(model, ra) &&
            little(frame + 4, 2) == (get(model, ra + 4) & 0xffff))
            return true;
    if (memcmp(frame, broadcast, 6) == 0)
        return (rctl & BIT(15)) != 0;
    if ((frame[0] & 1) != 0)
        return (rctl & BIT(4)) != 0 || (get(model, MTA + hash / 32 * 4) & BIT(hash % 32)) != 0;
    return (rctl & BIT(3)) != 0;
}

bool intel_model_receive(struct intel_model *model, const void *frame, size_t len)
{
    uint8_t padded[2048] = {0};
    uint32_t rctl = get(model, RCTL);

    if ((rctl & BIT(1)) == 0 || model->is_resetting || !link_is_up(model) || len > 1518)
        return false;
    if (!is_wanted(model, frame)) {
        model->filtered++;
        return false;
    }
    memcpy(padded, frame, len);
    if (len < 60)
        len = 60;
    if ((rctl & BIT(26)) == 0) { /* the FCS is stored too */
        memset(padded + len, 0xfc, 4);
        len += 4;
    }
    return store(model, padded, len, (uint16_t)len, 0x03 | BIT(2));
}

bool intel_model_receive_raw(struct intel_model *model, const void *data, size_t stored, uint16_t length,
                             uint32_t status)
{
    if ((get(model, RCTL) & BIT(1)) == 0)
        return false;
    return store(model, data, stored, length, status);
}

static bool send_one(struct intel_model *model)
{
    uint32_t head = get(model, TDH), count = get(model, TDLEN) / 16;
    uint8_t *entry = descriptor(model, TDBAL, head);
    struct intel_model_frame *frame = &model->sent[model->sent_count % INTEL_MODEL_SENT];
    uint8_t *data;
    size_t len;

    if (entry == NULL)
        return false;
    len = (size_t)little(entry + 8, 2);
    data = pci_model_dma(&model->bus, little(entry, 8), len);
    if (data == NULL)
        return false;
    /* EOP, IFCS, RS and nothing else; DD must have been cleared; no frame that is too short or too long. */
    if (entry[11] != 0x0b || entry[10] != 0 || entry[12] != 0 || len < 60 || len > 1518) {
        pci_model_fault(&model->bus, "transmit descriptor: command %02x, CSO %u, status %02x, length %zu", entry[11],
                        entry[10], entry[12], len);
        return false;
    }
    memcpy(frame->data, data, len);
    frame->len = len;
    model->sent_count++;
    entry[12] = 0x01;
    *at(model, TDH) = (head + 1) % count;
    cause(model, BIT(0));
    return true;
}

void intel_model_transmit(struct intel_model *model, unsigned count)
{
    while (count-- > 0 && (get(model, TCTL) & BIT(1)) != 0 && link_is_up(model) && get(model, TDH) != get(model, TDT))
        if (!send_one(model))
            return;
}

static void begin_reset(struct intel_model *model)
{
    model->resets++;
    if (model->is_rx_stopping)
        pci_model_fault(&model->bus, "reset while a frame is being received");
    model->is_resetting = true;
    model->reset_at_us = model->bus.now_us;
    reset_registers(model);
}

static uint32_t read_register(struct pci_model *bus, unsigned bar, uint32_t offset, unsigned width)
{
    struct intel_model *model = intel_of(bus);
    uint32_t value;

    if (bar != 0 || width != 4 || offset / 4 >= INTEL_MODEL_REGISTERS) {
        pci_model_fault(bus, "read of %u bytes at %x", width, offset);
        return UINT32_MAX;
    }
    if (model->is_resetting) {
        if ((offset != CTRL || bus->now_us == model->reset_at_us) && !model->is_reset_endless)
            pci_model_fault(bus, "register %x read during reset", offset);
        return BIT(26);
    }
    value = get(model, offset);
    switch (offset) {
    case STATUS:
        return status_of(model);
    case ICR: /* the 82574 clears only what nobody is to be interrupted for */
        if (!model->is_82574 || get(model, IMS) == 0)
            *at(model, ICR) = 0;
        return value;
    case EERD:
    case CTRL:
    case RCTL:
    case TCTL:
    case RDH:
    case TDH:
    case RAL:
    case RAH:
        return value;
    default:
        pci_model_fault(bus, "register %x read, for which there is no reason", offset);
        return value;
    }
}

static void check_ring(struct intel_model *model, uint32_t offset, uint32_t value)
{
    uint32_t ring = offset & ~UINT32_C(0xff), enabled = get(model, ring == RDBAL ? RCTL : TCTL) & BIT(1);

    if (offset - ring == 0x18 ? value >= get(model, ring + 8) / 16 : enabled != 0)
        pci_model_fault(&model->bus, "ring register %x written with %x while enabled or beyond its end", offset, value);
    if ((offset - ring == 0x08 && value % 128 != 0) || (offset - ring == 0x00 && value % 16 != 0))
        pci_model_fault(&model->bus, "ring register %x written with %x, which is not aligned", offset, value);
}

static void write_control(struct intel_model *model, uint32_t value)
{
    if ((value & BIT(31)) != 0)
        model->phy_resets++;
    *at(model, CTRL) = value;
    if ((value & BIT(26)) != 0)
        begin_reset(model);
}

static void write_receive_control(struct intel_model *model, uint32_t value)
{
    model->rctl_writes++;
    if ((get(model, RCTL) & BIT(1)) != 0 && (value & BIT(1)) == 0 && model->has_frame_under_way) {
        model->is_rx_stopping = true;
        model->rx_stops_at_us = model->bus.now_us + 1230; /* a whole frame at 10 Mbit/s */
    }
    *at(model, RCTL) = value;
}

static void start_eeprom_read(struct intel_model *model, uint32_t value)
{
    uint32_t word = model->is_82574 ? value >> 2 & 0x3fff : value >> 8 & 0xff;
    uint32_t done = model->is_82574 ? BIT(1) : BIT(4);

    *at(model, EERD) = value & 0xffff;
    if ((value & BIT(0)) != 0 && !model->is_eeprom_dead)
        *at(model, EERD) = (word < 64 ? (uint32_t)model->eeprom[word] << 16 : 0) | (value & 0xfffe) | done;
}

static void write_known(struct intel_model *model, uint32_t offset, uint32_t value)
{
    switch (offset) {
    case RDT:
        model->rdt_writes++;
        break;
    case TDT:
        *at(model, TDT) = value;
        if (!model->is_transmit_stuck)
            intel_model_transmit(model, UINT32_MAX);
        return;
    case TDBAL:
    case TDBAH:
    case TDLEN:
    case TDH:
    case RDBAL:
    case RDBAH:
    case RDLEN:
    case RDH:
    case TCTL:
    case TIPG:
        break;
    default:
        if (offset >= MTA && offset < MTA + 512) {
            model->mta_writes++;
            break;
        }
        if (offset >= RAL && offset < RA_END)
            break;
        pci_model_fault(&model->bus, "register %x written, for which there is no reason", offset);
    }
    *at(model, offset) = value;
}

static void write_register(struct pci_model *bus, unsigned bar, uint32_t offset, unsigned width, uint32_t value)
{
    struct intel_model *model = intel_of(bus);

    if (bar != 0 || width != 4 || offset / 4 >= INTEL_MODEL_REGISTERS) {
        pci_model_fault(bus, "write of %u bytes at %x", width, offset);
        return;
    }
    if (model->is_resetting && !model->is_reset_endless) {
        pci_model_fault(bus, "register %x written during reset", offset);
        return;
    }
    if ((offset & ~UINT32_C(0x1f)) == RDBAL || (offset & ~UINT32_C(0x1f)) == TDBAL)
        check_ring(model, offset, value);
    switch (offset) {
    case CTRL:
        write_control(model, value);
        break;
    case EERD:
        start_eeprom_read(model, value);
        break;
    case ICR:
        *at(model, ICR) &= ~value;
        break;
    case ICS:
        cause(model, value);
        break;
    case IMS:
        *at(model, IMS) |= value;
        break;
    case IMC:
        *at(model, IMS) &= ~value;
        break;
    case RCTL:
        write_receive_control(model, value);
        break;
    default:
        write_known(model, offset, value);
    }
}

static void elapsed(struct pci_model *bus, unsigned us)
{
    static const uint8_t late[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    struct intel_model *model = intel_of(bus);

    (void)us;
    if (model->is_rx_stopping && bus->now_us >= model->rx_stops_at_us) {
        model->is_rx_stopping = false;
        store(model, late, sizeof(late), sizeof(late), 0x03);
    }
    if (model->is_resetting && !model->is_reset_endless) {
        model->is_resetting = false;
        load_station_address(model);
    }
}

void intel_model_init(struct intel_model *model, uint16_t device, const uint8_t mac[6])
{
    memset(model, 0, sizeof(*model));
    pci_model_init(&model->bus, 0x8086, device);
    model->bus.reg_read = read_register;
    model->bus.reg_write = write_register;
    model->bus.elapsed = elapsed;
    model->is_82574 = device == 0x10d3 || device == 0x10f6;
    model->speed = 1000;
    for (unsigned i = 0; i < 3; i++)
        model->eeprom[i] = (uint16_t)(mac[2 * i] | mac[2 * i + 1] << 8);
    reset_registers(model);
    load_station_address(model);
}
