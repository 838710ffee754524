/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * EFI_PCI_IO_PROTOCOL in front of a pci_model, as strict as that: an access through the wrong space, memory given back
 * while it is mapped, or anything of it at ExitBootServices() is a fault of the model. BARs are numbered as the
 * specification has it, or as EDK2 does.
 */
#ifndef PUCK_TESTS_EFI_PCI_IO_MODEL_H
#define PUCK_TESTS_EFI_PCI_IO_MODEL_H

#include "efi/spec/uefi.h"
#include "tests/devices/pci_model.h"

struct efi_pci_io_model {
    EFI_PCI_IO_PROTOCOL protocol; /* first */
    struct pci_model *model;
    uint64_t attributes;

    /* Knobs. */
    uint64_t supported;        /* attributes */
    bool refuses_dual_address; /* although it is among them */
    bool numbers_as_edk2;      /* a 64-bit BAR counts once */
    bool map_fails, map_is_short;
    bool boot_services_ended; /* memory is final */

    unsigned buffers, mappings; /* out now */
};

void efi_pci_io_model_init(struct efi_pci_io_model *, struct pci_model *);

#endif
