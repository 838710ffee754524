/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * EFI_PXE_BASE_CODE_PROTOCOL (UEFI 2.10, section 24.3): what boot programs load their next files with. IPv4 only:
 * Start() with UseIpv6 is EFI_UNSUPPORTED. The protocol's functions enter by tpl_enter() and net_boot_begin().
 *
 * A wrong argument is EFI_INVALID_PARAMETER, after EFI_NOT_STARTED; both come before a packet is moved. A function that
 * is called from within another one (a timer of the caller's, the callback protocol) is EFI_NOT_READY.
 */
#ifndef PUCK_EFI_PXE_BASE_CODE_H
#define PUCK_EFI_PXE_BASE_CODE_H

#include "efi/protocols/pxe_call.h"
#include "efi/protocols/pxe_udp.h"
#include "efi/spec/uefi.h"
#include "firmware/boot/upload.h"
#include "firmware/proto/boot_server.h"

struct net_boot;

struct pxe_base_code {
    EFI_PXE_BASE_CODE_PROTOCOL protocol; /* first: This is the struct */
    EFI_PXE_BASE_CODE_MODE mode;
    struct net_boot *boot;
    EFI_HANDLE handle; /* where the protocol is installed: the callback protocol is looked for there */
    struct pxe_call call;
    struct pxe_udp udp;
    struct boot_server discovery; /* Discover() */
    struct upload upload;         /* Mtftp(), WRITE_FILE */
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

/* EFI_NOT_READY while a call is inside, EFI_NOT_STARTED before Start(): for functions that move no packets. */
EFI_STATUS pxe_base_code_check(const struct pxe_base_code *);

static inline struct pxe_base_code *pxe_of(EFI_PXE_BASE_CODE_PROTOCOL *this)
{
    return (struct pxe_base_code *)this;
}

#endif
