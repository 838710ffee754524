/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The control queue of a virtio network device, for its receive filter alone (virtio 1.2 section 5.1.6.5). Where there
 * is none, or it does not do as it is told, the device lets everything in, as it does after a reset.
 */
#ifndef PUCK_DRIVERS_VIRTIO_NET_CONTROL_H
#define PUCK_DRIVERS_VIRTIO_NET_CONTROL_H

#include "drivers/virtio_pci.h"
#include "firmware/base/address.h"

enum {
    VIRTIO_NET_CONTROL_GROUPS = 16
};

struct virtio_net_control {
    struct virtio_queue queue;
    struct dma_memory memory; /* cpu is NULL when there is none */
    uint8_t *command;         /* in it: what is asked, and the answer */
    bool works;
};

struct virtio_net_filter {
    struct mac station;
    bool everything, all_groups;
    size_t group_count; /* at most VIRTIO_NET_CONTROL_GROUPS */
    const struct mac *groups;
};

/* Sets the queue up, if the device has agreed to have it. Before virtio_pci_start(). */
void virtio_net_control_take(struct virtio_net_control *, struct virtio_pci *);

/* Has the device let in broadcasts and what the filter says. After virtio_pci_start(); waits, at most 30 ms. */
void virtio_net_control_filter(struct virtio_net_control *, struct virtio_pci *, const struct virtio_net_filter *);

/* Once the device has stopped. */
void virtio_net_control_free(struct virtio_net_control *, struct pci_device *);

#endif
