/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * EFI_PXE_BASE_CODE_PROTOCOL (UEFI 2.10, section 24.3): what boot programs load their next files with. IPv4 only:
 * Start() with UseIpv6 is EFI_UNSUPPORTED. The protocol's functions enter by tpl_enter() and net_boot_begin().
 */
#ifndef PUCK_EFI_PXE_BASE_CODE_H
#define PUCK_EFI_PXE_BASE_CODE_H

#include "efi/spec/uefi.h"

struct net_boot;

struct pxe_base_code {
    EFI_PXE_BASE_CODE_PROTOCOL protocol; /* first: This is the struct */
    EFI_PXE_BASE_CODE_MODE mode;
    struct net_boot *boot;
    EFI_HANDLE handle; /* where the protocol is installed: the callback protocol is looked for there */
};

/* Not started, as the specification has it; nothing is installed. */
void pxe_base_code_init(struct pxe_base_code *, struct net_boot *);

/*
 * Makes it look as after Start() and Dhcp(): Mode tells the session's lease and normalised packets (boot file and
 * server that were really used in the header, an explicit end option), the station's address and netmask, routes, and
 * the filter STATION_IP.
 */
void pxe_base_code_after_boot(struct pxe_base_code *);

/* As Stop(), whatever state it is in; for an image's end. */
void pxe_base_code_reset(struct pxe_base_code *);

#endif
