/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "drivers/virtio_net_rings.h"

enum status virtio_net_rings_take(struct virtio_net_rings *r, struct pci_device *pci, uint16_t receive_size,
                                  uint16_t transmit_size)
{
    size_t receive_len = virtio_queue_len(receive_size);
    size_t queues = receive_len + virtio_queue_len(transmit_size);
    uint32_t most = (uint32_t)receive_size >> r->is_split;
    uint8_t *start;

    r->receive_count = most < VIRTIO_NET_RECEIVE_BUFFERS ? most : VIRTIO_NET_RECEIVE_BUFFERS;
    while (!pci->ops->dma_alloc(pci,
                                queues + VIRTIO_NET_BUFFER * (size_t)(r->receive_count + VIRTIO_NET_TRANSMIT_BUFFERS),
                                VIRTIO_LEGACY_ALIGN, &r->memory)) {
        r->memory.cpu = NULL;
        if (r->receive_count <= VIRTIO_NET_RECEIVE_BUFFERS_SHORT)
            return STATUS_OUT_OF_RESOURCES;
        r->receive_count = VIRTIO_NET_RECEIVE_BUFFERS_SHORT;
    }
    r->no_head = ~((r->receive_count - 1) << r->is_split);
    r->per_head = VIRTIO_NET_BUFFER >> r->is_split;
    start = r->memory.cpu;
    virtio_queue_place(&r->receive, receive_size, start, r->memory.bus);
    virtio_queue_place(&r->transmit, transmit_size, start + receive_len, r->memory.bus + receive_len);
    r->receive_buffers = start + queues;
    r->transmit_buffers = r->receive_buffers + VIRTIO_NET_BUFFER * (size_t)r->receive_count;
    return STATUS_OK;
}

/* Returns the head of the chain that describes buffer `i`. */
static uint16_t describe(struct virtio_net_rings *r, struct virtio_queue *q, const uint8_t *buffers, unsigned i,
                         uint16_t flags)
{
    uint16_t head = (uint16_t)(i << r->is_split);
    uint64_t bus = r->memory.bus + (uint64_t)(buffers - (uint8_t *)r->memory.cpu) + (uint64_t)i * VIRTIO_NET_BUFFER;
    struct virtq_desc *desc = &q->desc[head];

    desc[0] = (struct virtq_desc){.address = bus, .len = VIRTIO_NET_BUFFER, .flags = flags};
    if (r->is_split) {
        desc[0].len = r->header_len;
        desc[0].flags |= VIRTQ_DESC_F_NEXT;
        desc[0].next = (uint16_t)(head + 1);
        desc[1].address = bus + r->header_len;
        desc[1].len = VIRTIO_NET_BUFFER - (uint32_t)r->header_len;
        desc[1].flags = flags;
    }
    return head;
}

void virtio_net_rings_fill(struct virtio_net_rings *r)
{
    for (unsigned i = 0; i < r->receive_count; i++)
        virtio_queue_offer(&r->receive, describe(r, &r->receive, r->receive_buffers, i, VIRTQ_DESC_F_WRITE));
    for (unsigned i = 0; i < VIRTIO_NET_TRANSMIT_BUFFERS; i++)
        (void)describe(r, &r->transmit, r->transmit_buffers, i, 0);
}

void virtio_net_rings_free(struct virtio_net_rings *r, struct pci_device *pci)
{
    if (r->memory.cpu != NULL)
        pci->ops->dma_free(pci, &r->memory);
    r->memory.cpu = NULL;
}
