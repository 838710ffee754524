/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A virtio device on PCI (virtio 1.2 section 4.1), through whichever interface serves best:
 *
 *   modern   the structures its capabilities point to, when their BARs are within reach;
 *   legacy   I/O ports in BAR 0, when the device has no capabilities, or has them where we cannot go;
 *   window   the modern structures through configuration space (4.1.4.9): slow, but it needs no BAR at all.
 *
 * Modern comes first because a driver must accept VIRTIO_F_VERSION_1 where it is offered (6.1); exits to the hypervisor
 * are the same in number, one per notification.
 */
#ifndef PUCK_DRIVERS_VIRTIO_PCI_H
#define PUCK_DRIVERS_VIRTIO_PCI_H

#include "drivers/virtio_queue.h"
#include "firmware/base/status.h"
#include "firmware/bus/pci.h"

struct virtio_region {
    uint32_t offset;
    uint32_t len; /* 0: not there */
    uint8_t bar;
};

struct virtio_pci {
    struct pci_device *pci;
    struct virtio_region common, notify, isr, device;
    uint32_t notify_multiplier;
    uint8_t window; /* offset of the capability we go through, 0 when BARs are used */
    bool is_modern;
    uint64_t features; /* negotiated */
};

/* Finds the interface and leaves the device reset, with DMA off and its interrupts masked. */
enum status virtio_pci_attach(struct virtio_pci *, struct pci_device *);

/* Sets the status register to 0 and waits, at most a second, until it reads 0. Then the device has let go of memory. */
bool virtio_pci_reset(struct virtio_pci *);

/* Resets, and agrees with the device on those of the wanted features that it offers. DMA is still off. */
enum status virtio_pci_negotiate(struct virtio_pci *, uint64_t wanted);

/* Sets FAILED: we have given up on the device. */
void virtio_pci_fail(struct virtio_pci *);

/* The size of a queue as the device has it: a power of two, or 0 when there is none that can be used. */
uint16_t virtio_pci_queue_size(struct virtio_pci *, uint16_t number);

/* Tells the device where the queue is. On the legacy interface its size must be the device's. */
enum status virtio_pci_queue_enable(struct virtio_pci *, struct virtio_queue *, uint16_t number);

/* The device may use its queues from here on. */
void virtio_pci_start(struct virtio_pci *);

/* Resets, and switches bus mastering off in any case: after it memory is ours even if the device would not listen. */
void virtio_pci_stop(struct virtio_pci *);

/* One exit to the hypervisor. */
void virtio_pci_notify(struct virtio_pci *, const struct virtio_queue *);

/* A field of the device's own configuration; 0 when the device has none there. */
uint32_t virtio_pci_config(struct virtio_pci *, uint32_t offset, unsigned width);

/* A field of `len` bytes (at most 8) that was not changed while it was being read. */
bool virtio_pci_config_bytes(struct virtio_pci *, uint32_t offset, uint8_t *to, size_t len);

/* Reads and clears the interrupt status; the device lowers its interrupt. */
uint8_t virtio_pci_isr(struct virtio_pci *);

#endif
