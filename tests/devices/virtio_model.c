/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/devices/virtio_model.h"

#include <string.h>

static struct virtio_model *model_of(struct pci_model *pci)
{
    return (struct virtio_model *)pci;
}

static bool is_modern(const struct virtio_model *m)
{
    return (m->driver_features & VIRTIO_F_VERSION_1) != 0;
}

static bool is_running(const struct virtio_model *m, const struct virtio_model_queue *q)
{
    return (m->status & VIRTIO_STATUS_DRIVER_OK) != 0 && q->is_enabled;
}

/* --- the driver's memory --- */

static uint16_t *avail_field(struct virtio_model *m, const struct virtio_model_queue *q, unsigned field)
{
    return pci_model_dma(&m->pci, q->avail + 2ull * field, 2);
}

static struct virtq_desc *desc_at(struct virtio_model *m, const struct virtio_model_queue *q, uint16_t head)
{
    if (head < q->size)
        return pci_model_dma(&m->pci, q->desc + sizeof(struct virtq_desc) * (uint64_t)head, sizeof(struct virtq_desc));
    pci_model_fault(&m->pci, "descriptor %u of %u", head, q->size);
    return NULL;
}

/* The next head made available. */
static bool next_head(struct virtio_model *m, struct virtio_model_queue *q, uint16_t *head)
{
    const uint16_t *index = avail_field(m, q, 1), *entry = avail_field(m, q, 2u + (q->avail_seen & (q->size - 1u)));

    if (index == NULL || entry == NULL || *index == q->avail_seen)
        return false;
    if ((uint16_t)(*index - q->avail_seen) > q->size)
        pci_model_fault(&m->pci, "%u buffers available in a queue of %u", *index - q->avail_seen, q->size);
    *head = *entry;
    q->avail_seen++;
    return true;
}

/* 5.1.6.6: without VIRTIO_F_ANY_LAYOUT a legacy device relies on the header having a descriptor to itself. */
static void check_layout(struct virtio_model *m, const struct virtq_desc *first)
{
    if (!is_modern(m) && (m->driver_features & VIRTIO_F_ANY_LAYOUT) == 0 && first->len != VIRTIO_NET_HEADER_LEGACY)
        pci_model_fault(&m->pci, "first descriptor of %u bytes where the header should be alone", first->len);
}

/* Copies between a chain and `bytes`, and returns the length of the chain. */
static size_t walk_chain(struct virtio_model *m, struct virtio_model_queue *q, uint16_t head, bool writes,
                         uint8_t *bytes, size_t len)
{
    const struct virtq_desc *desc = desc_at(m, q, head);
    size_t total = 0;

    if (desc != NULL)
        check_layout(m, desc);
    while (desc != NULL) {
        size_t part = len - total < desc->len ? len - total : desc->len;
        void *memory = pci_model_dma(&m->pci, desc->address, desc->len);

        if (((desc->flags & VIRTQ_DESC_F_WRITE) != 0) != writes)
            pci_model_fault(&m->pci, "descriptor with flags %x", desc->flags);
        if (total >= len)
            part = 0;
        if (memory != NULL && writes)
            memcpy(memory, bytes + total, part);
        else if (memory != NULL)
            memcpy(bytes + total, memory, part);
        total += desc->len;
        desc = (desc->flags & VIRTQ_DESC_F_NEXT) != 0 ? desc_at(m, q, desc->next) : NULL;
    }
    return total;
}

void virtio_model_use(struct virtio_model *m, unsigned queue, uint32_t id, uint32_t len)
{
    struct virtio_model_queue *q = &m->queue[queue];
    uint64_t at = q->used + 4 + sizeof(struct virtq_used_element) * (q->used_index & (q->size - 1u));
    struct virtq_used_element *element = pci_model_dma(&m->pci, at, sizeof(*element));
    uint16_t *index = pci_model_dma(&m->pci, q->used + 2, 2);
    const uint16_t *flags = avail_field(m, q, 0);

    if (element == NULL || index == NULL || flags == NULL)
        return;
    *element = (struct virtq_used_element){.id = id, .len = len};
    *index = ++q->used_index;
    if ((*flags & VIRTQ_AVAIL_F_NO_INTERRUPT) == 0) {
        m->isr |= 1;
        m->interrupts++;
    }
}

void virtio_model_set_flags(struct virtio_model *m, unsigned queue, uint16_t flags)
{
    uint16_t *at = pci_model_dma(&m->pci, m->queue[queue].used, 2);

    if (at != NULL)
        *at = flags;
}

/* --- frames --- */

bool virtio_model_deliver_as(struct virtio_model *m, struct slice frame, uint32_t reported)
{
    struct virtio_model_queue *q = &m->queue[VIRTIO_NET_RECEIVE_QUEUE];
    size_t header = is_modern(m) ? VIRTIO_NET_HEADER : VIRTIO_NET_HEADER_LEGACY;
    uint8_t bytes[4096] = {0};
    uint16_t head;

    if (!is_running(m, q) || !next_head(m, q, &head))
        return false;
    if (is_modern(m))
        bytes[10] = 1; /* num_buffers (5.1.6.3.2) */
    memcpy(bytes + header, frame.data, frame.len);
    if (walk_chain(m, q, head, true, bytes, header + frame.len) < header + 1514)
        pci_model_fault(&m->pci, "a receive buffer that is too small for a frame");
    virtio_model_use(m, VIRTIO_NET_RECEIVE_QUEUE, head, reported);
    return true;
}

bool virtio_model_deliver(struct virtio_model *m, struct slice frame)
{
    if (frame.len >= 6 && !virtio_model_lets_in(m, frame.data)) {
        m->filtered++;
        return true;
    }
    return virtio_model_deliver_as(m, frame,
                                   (uint32_t)frame.len + (is_modern(m) ? VIRTIO_NET_HEADER : VIRTIO_NET_HEADER_LEGACY));
}

size_t virtio_model_take(struct virtio_model *m, uint8_t frame[2048])
{
    static const uint8_t zero[VIRTIO_NET_HEADER];
    struct virtio_model_queue *q = &m->queue[VIRTIO_NET_TRANSMIT_QUEUE];
    size_t header = is_modern(m) ? VIRTIO_NET_HEADER : VIRTIO_NET_HEADER_LEGACY, len;
    uint8_t bytes[2048];
    uint16_t head;

    if (!is_running(m, q) || !next_head(m, q, &head))
        return 0;
    len = walk_chain(m, q, head, false, bytes, sizeof(bytes));
    if (len < header + 60 || len > header + 1514 || memcmp(bytes, zero, header) != 0) {
        pci_model_fault(&m->pci, "a frame sent with %zu bytes or a header that is not zero", len);
        return 0;
    }
    if (m->keeps_transmitting && m->taken_count < 16)
        m->taken[m->taken_count++] = head;
    else
        virtio_model_use(m, VIRTIO_NET_TRANSMIT_QUEUE, head, 0);
    memcpy(frame, bytes + header, len - header);
    return len - header;
}

void virtio_model_complete(struct virtio_model *m)
{
    while (m->taken_count > 0)
        virtio_model_use(m, VIRTIO_NET_TRANSMIT_QUEUE, m->taken[--m->taken_count], 1526);
}

/* --- the control queue --- */

bool virtio_model_lets_in(const struct virtio_model *m, const uint8_t mac[6])
{
    if (m->lets_in_everything || memcmp(mac, "\xff\xff\xff\xff\xff\xff", 6) == 0 || memcmp(mac, m->mac, 6) == 0 ||
        ((mac[0] & 1) != 0 && m->lets_in_all_groups))
        return true;
    for (unsigned n = 0; n < m->mac_count; n++)
        if (memcmp(mac, m->macs[n], 6) == 0)
            return true;
    return false;
}

/* Two tables, each a count and as many MACs, and nothing else. */
static bool take_tables(struct virtio_model *m, const uint8_t *data, size_t len)
{
    size_t at = 0;

    m->mac_count = 0;
    for (unsigned table = 0; table < 2; table++) {
        uint32_t count;

        if (len - at < 4)
            return false;
        memcpy(&count, data + at, 4);
        at += 4;
        if (count > (len - at) / 6 || count > 64 - m->mac_count)
            return false;
        for (; count > 0; count--, at += 6) {
            if ((data[at] & 1) != table)
                pci_model_fault(&m->pci, "a MAC in the wrong table");
            memcpy(m->macs[m->mac_count++], data + at, 6);
        }
    }
    return at == len;
}

static bool obey(struct virtio_model *m, const uint8_t *header, const uint8_t *data, size_t len)
{
    m->commands++;
    if (m->control_refuses)
        return false;
    if (header[0] == 1 && header[1] == 0)
        return take_tables(m, data, len);
    if (header[0] != 0 || header[1] > 1 || len != 1) {
        pci_model_fault(&m->pci, "command %u of class %u with %zu bytes", header[1], header[0], len);
        return false;
    }
    *(header[1] == 0 ? &m->lets_in_everything : &m->lets_in_all_groups) = data[0] != 0;
    return true;
}

void virtio_model_control(struct virtio_model *m)
{
    struct virtio_model_queue *q = &m->queue[VIRTIO_NET_CONTROL_QUEUE];
    uint16_t head;

    while (is_running(m, q) && !m->control_is_silent && next_head(m, q, &head)) {
        const struct virtq_desc *desc[3] = {desc_at(m, q, head)};
        uint8_t *part[3];

        for (unsigned n = 0; n < 3; n++) {
            if (desc[n] == NULL || ((desc[n]->flags & VIRTQ_DESC_F_WRITE) != 0) != (n == 2) ||
                ((desc[n]->flags & VIRTQ_DESC_F_NEXT) != 0) != (n < 2)) {
                pci_model_fault(&m->pci, "a command that is not header, data and answer");
                return;
            }
            part[n] = pci_model_dma(&m->pci, desc[n]->address, desc[n]->len);
            if (n < 2)
                desc[n + 1] = desc_at(m, q, desc[n]->next);
        }
        if (part[0] == NULL || part[1] == NULL || part[2] == NULL || desc[0]->len != 2 || desc[2]->len != 1) {
            pci_model_fault(&m->pci, "a command whose parts are not where or as long as they should be");
            return;
        }
        *part[2] = !obey(m, part[0], part[1], desc[1]->len);
        virtio_model_use(m, VIRTIO_NET_CONTROL_QUEUE, head, 1);
    }
}

/* --- the PCI function --- */

/* A reset that takes long ends while the driver waits. */
static void elapsed(struct pci_model *pci, unsigned us)
{
    struct virtio_model *m = model_of(pci);

    (void)us;
    if (m->reset_ends != 0 && m->reset_us != UINT32_MAX && pci->now_us >= m->reset_ends)
        virtio_model_reset(m);
}

static uint32_t config_field(struct virtio_model *m, unsigned field, unsigned width)
{
    uint32_t value = 0;

    memcpy(&value, m->pci.config + VIRTIO_MODEL_WINDOW_AT + field, width);
    return value;
}

/* True when the access is one of the window's data, through which a register is to be reached. */
static bool window_opens(struct virtio_model *m, unsigned offset, unsigned width, uint32_t *reg)
{
    if (offset != VIRTIO_MODEL_WINDOW_AT + VIRTIO_CAP_WINDOW_DATA ||
        m->pci.config[VIRTIO_MODEL_WINDOW_AT] != VIRTIO_PCI_CAPABILITY)
        return false;
    *reg = config_field(m, VIRTIO_CAP_OFFSET, 4);
    if (config_field(m, VIRTIO_CAP_LENGTH, 4) == width && *reg % width == 0)
        return true;
    pci_model_fault(&m->pci, "window of %u bytes accessed with width %u", config_field(m, VIRTIO_CAP_LENGTH, 4), width);
    return false;
}

static void config_reading(struct pci_model *pci, unsigned offset, unsigned width)
{
    uint32_t reg, value;

    if (!window_opens(model_of(pci), offset, width, &reg))
        return;
    value = virtio_model_reg_read(pci, pci->config[VIRTIO_MODEL_WINDOW_AT + VIRTIO_CAP_BAR], reg, width);
    memcpy(pci->config + offset, &value, width);
}

static void config_written(struct pci_model *pci, unsigned offset, unsigned width)
{
    uint32_t reg;

    if (window_opens(model_of(pci), offset, width, &reg))
        virtio_model_reg_write(pci, pci->config[VIRTIO_MODEL_WINDOW_AT + VIRTIO_CAP_BAR], reg, width,
                               config_field(model_of(pci), VIRTIO_CAP_WINDOW_DATA, width));
}

/* Writes a capability in front of the list. */
static void add_capability(struct virtio_model *m, unsigned at, uint8_t type, uint8_t bar, uint32_t offset,
                           uint32_t len)
{
    uint8_t *capability = m->pci.config + at;

    capability[0] = VIRTIO_PCI_CAPABILITY;
    capability[1] = m->pci.config[PCI_CAPABILITIES];
    capability[2] = type == VIRTIO_CAP_NOTIFY || type == VIRTIO_CAP_WINDOW ? 20 : 16;
    capability[VIRTIO_CAP_TYPE] = type;
    capability[VIRTIO_CAP_BAR] = bar;
    memcpy(capability + VIRTIO_CAP_OFFSET, &offset, 4);
    memcpy(capability + VIRTIO_CAP_LENGTH, &len, 4);
    if (type == VIRTIO_CAP_NOTIFY)
        capability[VIRTIO_CAP_NOTIFY_MULTIPLIER] = VIRTIO_MODEL_NOTIFY_MULTIPLIER;
    m->pci.config[PCI_CAPABILITIES] = (uint8_t)at;
}

/*
 * The last ones come first in the list: a reserved BAR and a reserved type, both to be ignored; the first one is last,
 * a second choice that is not to be used (4.1.4.1).
 */
static void add_capabilities(struct virtio_model *m)
{
    add_capability(m, 0xd0, VIRTIO_CAP_COMMON, VIRTIO_MODEL_BAR, 0x700, 0x1000);
    add_capability(m, VIRTIO_MODEL_WINDOW_AT, VIRTIO_CAP_WINDOW, 0, 0, 0);
    add_capability(m, VIRTIO_MODEL_NOTIFY_CAP_AT, VIRTIO_CAP_NOTIFY, VIRTIO_MODEL_BAR, VIRTIO_MODEL_NOTIFY_AT, 0x1000);
    add_capability(m, 0x60, VIRTIO_CAP_DEVICE, VIRTIO_MODEL_BAR, VIRTIO_MODEL_DEVICE_AT, 0x1000);
    add_capability(m, 0x50, VIRTIO_CAP_ISR, VIRTIO_MODEL_BAR, VIRTIO_MODEL_ISR_AT, 0x1000);
    add_capability(m, 0x40, VIRTIO_CAP_COMMON, VIRTIO_MODEL_BAR, VIRTIO_MODEL_COMMON_AT, 0x1000);
    add_capability(m, 0xb0, VIRTIO_CAP_COMMON, 6, 0x500, 0x1000);
    add_capability(m, 0xc0, 77, VIRTIO_MODEL_BAR, 0x600, 0x1000);
}

void virtio_model_init(struct virtio_model *m, enum virtio_model_kind kind)
{
    static const uint8_t mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

    memset(m, 0, sizeof(*m));
    pci_model_init(&m->pci, VIRTIO_PCI_VENDOR,
                   kind == VIRTIO_MODEL_MODERN ? VIRTIO_PCI_NET : VIRTIO_PCI_NET_TRANSITIONAL);
    m->pci.reg_read = virtio_model_reg_read;
    m->pci.reg_write = virtio_model_reg_write;
    m->pci.elapsed = elapsed;
    m->pci.config_reading = config_reading;
    m->pci.config_written = config_written;
    m->features = VIRTIO_NET_F_MAC | VIRTIO_NET_F_STATUS | VIRTIO_F_ANY_LAYOUT | 0x10ff8003 /* offloads and more */;
    m->queue_max = 256;
    memcpy(m->mac, mac, 6);
    m->link = VIRTIO_NET_STATUS_LINK_UP;
    m->notify_off = 1;
    pci_model_set_bar(&m->pci, 0, kind == VIRTIO_MODEL_MODERN ? 0 : 0xc041);
    m->pci.config[PCI_STATUS] |= PCI_STATUS_CAPABILITIES;
    m->pci.config[VIRTIO_MODEL_MSIX_AT] = 0x11;
    m->pci.config[PCI_CAPABILITIES] = VIRTIO_MODEL_MSIX_AT;
    if (kind != VIRTIO_MODEL_LEGACY) {
        m->features |= VIRTIO_F_VERSION_1;
        pci_model_set_bar(&m->pci, VIRTIO_MODEL_BAR, 0xfe00000c);
        add_capabilities(m);
    }
    virtio_model_reset(m);
}
