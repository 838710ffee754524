/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * EFI_PXE_BASE_CODE_MODE, filled from what the session knows (UEFI 2.10, section 24.3.1). Addresses in Mode are in
 * network byte order.
 */
#ifndef PUCK_EFI_PXE_MODE_H
#define PUCK_EFI_PXE_MODE_H

#include "efi/protocols/pxe_base_code.h"
#include "firmware/base/address.h"
#include "firmware/base/status.h"

/* All fields as Start() and Stop() leave them. */
void pxe_mode_start(struct pxe_base_code *);
void pxe_mode_stop(struct pxe_base_code *);

/* After a boot of our own: everything a boot program may look for is there. */
void pxe_mode_after_boot(struct pxe_base_code *);

/* After Dhcp(): what the servers sent and nothing else. STATUS_DHCP_NO_BOOTFILE: they named no boot file. */
enum status pxe_mode_after_dhcp(struct pxe_base_code *);

/* The session's address, netmask and routes, as the net has them now. */
void pxe_mode_show_net(struct pxe_base_code *);

/* The session's ARP cache as it is now. */
void pxe_mode_show_arp(struct pxe_base_code *);

/* Filter STATION_IP and an empty list: what Dhcp(), Discover() and Mtftp() leave behind. The NIC must be ours. */
void pxe_mode_reset_filter(struct pxe_base_code *);

/* Whether Mode's filter wants more than what is for us and for everybody. */
bool pxe_mode_filter_is_special(const struct pxe_base_code *);

/* Makes the net and the NIC, which must be ours, receive what Mode's filter wants. */
enum status pxe_mode_apply_filter(struct pxe_base_code *);

/* The routes of the session's lease, if it is the lease of the address that we have (pxe_address.c). */
void pxe_address_adopt_routes(struct pxe_base_code *);

/* Host byte order to Mode's and back. The rest of the union is zeroed. */
void pxe_put_address(EFI_IP_ADDRESS *, uint32_t address);
uint32_t pxe_get_address(const EFI_IP_ADDRESS *);

#endif
