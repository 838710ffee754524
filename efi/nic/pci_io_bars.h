/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Which BAR of the firmware's is which of the function's. UEFI 2.10, section 14.4 says "the BAR index of the standard
 * PCI Configuration header"; EDK2 numbers the BARs it found instead, and a 64-bit one is one. So a BAR is recognised by
 * its address.
 */
#ifndef PUCK_EFI_PCI_IO_BARS_H
#define PUCK_EFI_PCI_IO_BARS_H

struct pci_io;

/* Fills in pci_io.bar. Reads configuration space and asks GetBarAttributes(). */
void pci_io_find_bars(struct pci_io *);

#endif
