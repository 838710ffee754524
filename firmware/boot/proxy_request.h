/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A proxyDHCP server whose offer names no boot file wants to be asked for it at its port 4011 (PXE 2.1 section 2.2,
 * step 5): dnsmasq sends every EFI machine there, and machines of all kinds whose file is chosen by a menu.
 */
#ifndef PUCK_BOOT_PROXY_REQUEST_H
#define PUCK_BOOT_PROXY_REQUEST_H

#include "firmware/boot/boot_options.h"
#include "firmware/proto/boot_server.h"

/*
 * How to ask the server whose word a BOOT_ASK or BOOT_PXE is: for the first item of its menu if it sends one, which is
 * what a menu comes to that nobody touches, else for whatever it has for us. False when that item is a boot from a
 * local disk.
 */
bool proxy_request_config(const struct boot_choice *, const struct dhcp_identity *, uint32_t our_address,
                          struct boot_server_config *out);

/* What was answered is the lease's boot server's reply. */
void proxy_request_take(const struct boot_server *, struct dhcp_lease *);

#endif
