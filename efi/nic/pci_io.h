/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A PCI function through EFI_PCI_IO_PROTOCOL (UEFI 2.10, section 14.4). DMA memory comes from AllocateBuffer() and
 * Map() alone, so that an IOMMU or memory encryption is honoured.
 */
#ifndef PUCK_EFI_PCI_IO_H
#define PUCK_EFI_PCI_IO_H

#include "efi/spec/uefi.h"
#include "firmware/bus/pci.h"

#define PCI_IO_DMA_MAX 16 /* pieces of DMA memory of one device */

struct pci_io {
    struct pci_device device; /* first */
    EFI_PCI_IO_PROTOCOL *io;
    uint64_t attributes; /* as they were before pci_io_enable() */
    struct {
        void *cpu, *mapping;
        size_t pages; /* 0: this entry is free */
    } dma[PCI_IO_DMA_MAX];
};

/* Identifies the function; changes nothing. */
void pci_io_init(struct pci_io *, EFI_PCI_IO_PROTOCOL *);

/* Saves the attributes; then I/O, memory, bus mastering and 64-bit addresses are on as far as the function has them. */
EFI_STATUS pci_io_enable(struct pci_io *);

/* Gives back what is left of DMA memory and restores the attributes. The device's DMA must be off. */
void pci_io_disable(struct pci_io *);

#endif
