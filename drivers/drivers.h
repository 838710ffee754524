/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The visible table of native drivers. A build contains the drivers that are linked; an option ROM for one NIC links
 * one.
 */
#ifndef PUCK_DRIVERS_H
#define PUCK_DRIVERS_H

#include "firmware/bus/pci.h"
#include "firmware/nic/nic.h"

/*
 * A driver claims a device by filling in `nic` (ops, permanent_mac, mac) and its own state in `memory` (zeroed,
 * `memory_len` bytes, aligned to 16). attach must leave the device quiet (DMA off, interrupts masked) and may fail.
 * detach leaves it as after a failed attach.
 */
struct nic_driver {
    const char *name;
    const struct pci_id *ids; /* ends with vendor 0 */
    size_t memory_len;
    enum status (*attach)(struct pci_device *, void *memory, struct nic **nic);
    void (*detach)(struct nic *);
};

struct pci_id {
    uint16_t vendor, device;
    const char *name; /* as shown to a person: "Intel 82574L" */
};

extern const struct nic_driver intel_driver;      /* intel.c */
extern const struct nic_driver virtio_net_driver; /* virtio_net.c */

/* The entries of drivers that a build does not link are NULL. */
extern const struct nic_driver *const nic_drivers[];
extern const size_t nic_driver_count;

/* The driver for a device and its entry in the driver's table, or NULL. */
const struct nic_driver *driver_for(const struct pci_device *, const struct pci_id **id);

#endif
