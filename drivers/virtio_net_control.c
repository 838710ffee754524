/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "drivers/virtio_net_control.h"

#include "firmware/base/bytes.h"

#define NEEDED (VIRTIO_NET_F_CTRL_VQ | VIRTIO_NET_F_CTRL_RX)

enum {
    DESCRIPTORS = 3, /* class and command, data, answer: as the legacy interface wants them (5.1.6.5.1) */
    SIZE = 4,
    HEADER_LEN = 2,
    DATA_AT = 4, /* the tables' counts are aligned */
    COMMAND_LEN = 256,
    ANSWER_AT = COMMAND_LEN - 1,
    WAITS = 100, /* of 100 us: a hypervisor answers before the notification returns */
};

void virtio_net_control_take(struct virtio_net_control *c, struct virtio_pci *pci)
{
    uint16_t size;

    c->works = false;
    c->memory.cpu = NULL;
    if ((pci->features & NEEDED) != NEEDED)
        return;
    size = virtio_pci_queue_size(pci, VIRTIO_NET_CONTROL_QUEUE);
    if (size < SIZE)
        return;
    if (pci->is_modern)
        size = SIZE;
    if (!pci->pci->ops->dma_alloc(pci->pci, virtio_queue_len(size) + COMMAND_LEN, VIRTIO_LEGACY_ALIGN, &c->memory)) {
        c->memory.cpu = NULL;
        return;
    }
    virtio_queue_place(&c->queue, size, c->memory.cpu, c->memory.bus);
    c->command = (uint8_t *)c->memory.cpu + virtio_queue_len(size);
    c->works = virtio_pci_queue_enable(pci, &c->queue, VIRTIO_NET_CONTROL_QUEUE) == STATUS_OK;
}

/* Of what the device writes only the answer counts, and that there is one. */
static bool was_answered(struct virtio_net_control *c, struct virtio_pci *pci)
{
    uint32_t head, len;

    for (unsigned n = 0; n < WAITS; n++) {
        if (virtio_queue_collect(&c->queue, &head, &len))
            return *(volatile uint8_t *)(c->command + ANSWER_AT) == VIRTIO_NET_CONTROL_OK;
        pci->pci->ops->delay_us(pci->pci, 100);
    }
    c->works = false; /* it may still come, and what it belongs to is lost: ask no more */
    return false;
}

static bool ask(struct virtio_net_control *c, struct virtio_pci *pci, uint8_t class, uint8_t command, size_t len)
{
    uint64_t bus = c->memory.bus + (uint64_t)(c->command - (uint8_t *)c->memory.cpu);

    if (!c->works)
        return false;
    c->command[0] = class;
    c->command[1] = command;
    c->command[ANSWER_AT] = (uint8_t)~VIRTIO_NET_CONTROL_OK;
    c->queue.desc[0] = (struct virtq_desc){bus, HEADER_LEN, VIRTQ_DESC_F_NEXT, 1};
    c->queue.desc[1] = (struct virtq_desc){bus + DATA_AT, (uint32_t)len, VIRTQ_DESC_F_NEXT, 2};
    c->queue.desc[2] = (struct virtq_desc){bus + ANSWER_AT, 1, VIRTQ_DESC_F_WRITE, 0};
    virtio_queue_offer(&c->queue, 0);
    if (virtio_queue_publish(&c->queue))
        virtio_pci_notify(pci, &c->queue);
    return was_answered(c, pci);
}

static bool switch_to(struct virtio_net_control *c, struct virtio_pci *pci, uint8_t command, bool on)
{
    if (c->works)
        c->command[DATA_AT] = on;
    return ask(c, pci, VIRTIO_NET_CONTROL_RX, command, 1);
}

static uint8_t *table(uint8_t *to, const struct mac *entries, size_t count)
{
    const uint32_t le = (uint32_t)count;

    memcpy(to, &le, sizeof(le));
    if (count != 0)
        memcpy(to + sizeof(le), entries, count * sizeof(entries[0]));
    return to + sizeof(le) + count * sizeof(entries[0]);
}

static bool set_tables(struct virtio_net_control *c, struct virtio_pci *pci, const struct virtio_net_filter *filter)
{
    uint8_t *end;

    if (!c->works)
        return false;
    end = table(c->command + DATA_AT, &filter->station, 1);
    end = table(end, filter->groups, filter->group_count);
    return ask(c, pci, VIRTIO_NET_CONTROL_MAC, VIRTIO_NET_CONTROL_MAC_TABLE, (size_t)(end - c->command) - DATA_AT);
}

void virtio_net_control_filter(struct virtio_net_control *c, struct virtio_pci *pci,
                               const struct virtio_net_filter *filter)
{
    bool is_set = filter->group_count <= VIRTIO_NET_CONTROL_GROUPS && set_tables(c, pci, filter) &&
                  switch_to(c, pci, VIRTIO_NET_CONTROL_RX_ALL_GROUPS, filter->all_groups);

    (void)switch_to(c, pci, VIRTIO_NET_CONTROL_RX_EVERYTHING, filter->everything || !is_set);
}

void virtio_net_control_free(struct virtio_net_control *c, struct pci_device *pci)
{
    c->works = false;
    if (c->memory.cpu != NULL)
        pci->ops->dma_free(pci, &c->memory);
    c->memory.cpu = NULL;
}
