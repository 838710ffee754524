/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * One PCI function that our driver manages: the NIC, and the two handles that it is known by.
 *
 *   `.../Pci/MAC`       the station: SNP. The firmware's own stack binds to it, GRUB and iPXE open it.
 *   `.../Pci/MAC/IPv4`  the boot entry: LOAD_FILE, PXE_BASE_CODE, and the same SNP. It is the DeviceHandle of what is
 *                       booted. SNP is held exclusively there, so that nobody builds a second stack on it.
 *
 * The firmware's PXE driver makes a handle below the station as well, `IPv4(0.0.0.0,0x0,DHCP,...)` with all zeros, and
 * no two handles may have the same path: ours names the protocol (UDP). It names no address, since the firmware keeps
 * boot entries by their path, and those of one boot must be found again in the next.
 */
#ifndef PUCK_EFI_DRIVER_CONTROLLER_H
#define PUCK_EFI_DRIVER_CONTROLLER_H

#include "drivers/drivers.h"
#include "efi/nic/pci_io.h"
#include "efi/protocols/net_boot.h"
#include "efi/protocols/snp.h"

struct child {
    EFI_HANDLE handle; /* NULL: not there */
    EFI_DEVICE_PATH *path;
};

struct controller {
    struct net_boot boot; /* first: net_boot_ops are given it */
    struct controller *next;
    EFI_HANDLE handle;           /* the PCI function's */
    const EFI_DEVICE_PATH *path; /* likewise; the firmware's */
    struct pci_io pci;
    const struct nic_driver *driver;
    const struct pci_id *id;
    struct nic *nic;
    struct snp snp;
    EFI_EVENT leaving; /* ExitBootServices() */
    struct child station, boot_entry;
    char place[16];
    CHAR16 name[64];
    uint8_t memory[]; /* the driver's, with room to align it */
};

/* Takes the function over: it is enabled and its driver attached. Nothing is visible yet. */
EFI_STATUS controller_start(EFI_HANDLE, EFI_PCI_IO_PROTOCOL *, struct controller **);

/* The opposite. The children are gone. */
void controller_stop(struct controller *);

/* children.c: makes the handles that are missing. On failure those made before stay. */
EFI_STATUS controller_add_children(struct controller *);

/* Ends the child with this handle; EFI_DEVICE_ERROR and everything as before when somebody keeps hold of it. */
EFI_STATUS controller_remove_child(struct controller *, EFI_HANDLE);

bool controller_has_children(const struct controller *); /* all */

#endif
