/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The memory of a virtio network device: a receive and a transmit queue and the buffers behind them, in one DMA
 * allocation. Each buffer holds a struct virtio_net_hdr and then the frame.
 */
#ifndef PUCK_DRIVERS_VIRTIO_NET_RINGS_H
#define PUCK_DRIVERS_VIRTIO_NET_RINGS_H

#include "drivers/virtio_queue.h"
#include "firmware/base/status.h"
#include "firmware/bus/pci.h"

enum {
    VIRTIO_NET_BUFFER = 1536, /* header, frame and VLAN tag, rounded up; 1526 is the least allowed (5.1.6.3.1) */
    VIRTIO_NET_RECEIVE_BUFFERS = 256,
    VIRTIO_NET_RECEIVE_BUFFERS_SHORT = 64, /* when there is no memory for more */
    VIRTIO_NET_TRANSMIT_BUFFERS = 16,
};

struct virtio_net_rings {
    struct virtio_queue receive, transmit;
    struct dma_memory memory;  /* cpu is NULL when there is none */
    uint8_t *receive_buffers;  /* receive_count of them, a power of 2 */
    uint8_t *transmit_buffers; /* VIRTIO_NET_TRANSMIT_BUFFERS of them; their headers stay zero */
    uint32_t receive_count;
    uint32_t header_len;
    uint32_t is_split; /* 1: header and frame need a descriptor each (5.1.6.6), and a chain's head is an even number */
    uint32_t no_head;  /* bits that no head of a receive buffer has */
    uint32_t per_head; /* a head times this is the offset of its receive buffer */
};

/* is_split and header_len are set. STATUS_OUT_OF_RESOURCES when memory does not suffice for the SHORT number. */
enum status virtio_net_rings_take(struct virtio_net_rings *, struct pci_device *, uint16_t receive_size,
                                  uint16_t transmit_size);

/* Describes all buffers, and offers those for receiving to the device (not yet published). */
void virtio_net_rings_fill(struct virtio_net_rings *);

void virtio_net_rings_free(struct virtio_net_rings *, struct pci_device *);

#endif
