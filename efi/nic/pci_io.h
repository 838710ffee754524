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
#define PCI_IO_BARS    6

struct pci_io_bar {
    bool is_there, is_port;
    uint8_t index; /* as the firmware counts: EDK2 counts a 64-bit BAR, which takes two registers, once */
};

struct pci_io_dma {
    void *host, *mapping;
    size_t pages; /* 0: this entry is free */
    void *cpu;    /* what was lent of it */
};

struct pci_io {
    struct pci_device device; /* first */
    EFI_PCI_IO_PROTOCOL *io;
    uint64_t attributes; /* as they were before pci_io_enable() */
    struct pci_io_bar bar[PCI_IO_BARS];
    struct pci_io_dma dma[PCI_IO_DMA_MAX];
    bool is_leaving; /* boot services end: memory is not given back any more */
};

/* Identifies the function by configuration reads alone: cheap, and changes nothing. */
void pci_io_init(struct pci_io *, EFI_PCI_IO_PROTOCOL *);

/*
 * Finds the BARs and saves the attributes; then I/O, memory, bus mastering and 64-bit addresses are on as far as the
 * function has them.
 */
EFI_STATUS pci_io_enable(struct pci_io *);

/* Gives back what is left of DMA memory and restores the attributes. The device's DMA must be off. */
void pci_io_disable(struct pci_io *);

/* From here on dma_free() leaves memory as it is: at ExitBootServices() the memory map is final. */
void pci_io_leave(struct pci_io *);

#endif
