/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A split virtqueue (virtio 1.2 section 2.7) as the driver holds it. The memory belongs to the caller and is laid out
 * as the legacy interface demands (2.7.2), which suits the modern one as well. All that the device writes is read
 * once, through volatile, and is not to be trusted.
 */
#ifndef PUCK_DRIVERS_VIRTIO_QUEUE_H
#define PUCK_DRIVERS_VIRTIO_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "drivers/virtio_regs.h"

struct virtio_queue {
    struct virtq_desc *desc;
    volatile struct virtq_avail *avail;
    volatile struct virtq_used *used;
    uint64_t bus;       /* bus address of desc */
    uint32_t mask;      /* entries, a power of 2, less 1 */
    uint32_t offered;   /* index of the next entry of avail to fill in: runs ahead of avail->index until published */
    uint16_t collected; /* index of the next entry of used to look at */
    uint16_t number;    /* which of the device's queues */
    uint32_t notify_offset;
};

/* Offset of the used ring from the start of the queue; from there on it takes virtio_queue_len() less that. */
static inline size_t virtio_queue_used_at(uint16_t size)
{
    size_t len = sizeof(struct virtq_desc) * size + sizeof(uint16_t) * (3u + size);

    return (len + VIRTIO_LEGACY_ALIGN - 1) & ~(size_t)(VIRTIO_LEGACY_ALIGN - 1);
}

/* Bytes of memory, aligned to VIRTIO_LEGACY_ALIGN, for a queue of this size. */
static inline size_t virtio_queue_len(uint16_t size)
{
    size_t len = sizeof(uint16_t) * 3u + sizeof(struct virtq_used_element) * size;

    return virtio_queue_used_at(size) + ((len + VIRTIO_LEGACY_ALIGN - 1) & ~(size_t)(VIRTIO_LEGACY_ALIGN - 1));
}

/* `memory` is zeroed; interrupts start suppressed. */
static inline void virtio_queue_place(struct virtio_queue *q, uint16_t size, void *memory, uint64_t bus)
{
    q->mask = size - 1u;
    q->desc = memory;
    q->avail = (volatile void *)((uint8_t *)memory + sizeof(struct virtq_desc) * size);
    q->used = (volatile void *)((uint8_t *)memory + virtio_queue_used_at(size));
    q->bus = bus;
    q->offered = 0;
    q->collected = 0;
    q->avail->flags = VIRTQ_AVAIL_F_NO_INTERRUPT;
}

static inline uint32_t virtio_queue_size(const struct virtio_queue *q)
{
    return q->mask + 1;
}

/* Puts a chain's head into the available ring. The device does not see it before virtio_queue_publish(). */
static inline void virtio_queue_offer(struct virtio_queue *q, uint16_t head)
{
    q->avail->ring[q->offered++ & q->mask] = head;
}

/* Shows the device all that was offered. True when it wants to be notified of it. */
static inline bool virtio_queue_publish(struct virtio_queue *q)
{
    __atomic_thread_fence(__ATOMIC_RELEASE); /* 2.7.13.3.1: ring entries and descriptors before the index */
    q->avail->index = (uint16_t)q->offered;
    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* 2.7.13.4.1: the index before the device's flags */
    return (q->used->flags & VIRTQ_USED_F_NO_NOTIFY) == 0;
}

static inline bool virtio_queue_has_used(const struct virtio_queue *q)
{
    return q->collected != q->used->index;
}

/* Takes the next used element, if there is one. Both values are the device's claim and nothing more. */
static inline bool virtio_queue_collect(struct virtio_queue *q, uint32_t *head, uint32_t *len)
{
    volatile struct virtq_used_element *element;

    if (!virtio_queue_has_used(q))
        return false;
    __atomic_thread_fence(__ATOMIC_ACQUIRE); /* the index before the element */
    element = &q->used->ring[q->collected & q->mask];
    *head = element->id;
    *len = element->len;
    q->collected++;
    return true;
}

#endif
