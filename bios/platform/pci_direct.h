/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* PCI devices through configuration mechanism #1 (PCI Local Bus 3.0 section 3.2.2.3.2) and their registers where the
 * BIOS put them. */
#ifndef BIOS_PLATFORM_PCI_DIRECT_H
#define BIOS_PLATFORM_PCI_DIRECT_H

#include "firmware/bus/pci.h"

enum {
    PCI_BARS = 6,
};

struct pci_direct {
    struct pci_device device;
    uint32_t bar[PCI_BARS]; /* address or port; 0: not assigned, or out of our reach */
    bool is_port[PCI_BARS];
};

/* Reads ids and base addresses. False if no device answers there. */
bool pci_direct_attach(struct pci_direct *pci, uint16_t bus_dev_fn);

#endif
