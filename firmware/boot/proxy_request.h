/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A proxyDHCP server whose offer names no boot file wants to be asked for it at its port 4011 (PXE 2.1 section 2.2,
 * step 5): dnsmasq sends every EFI machine there, and machines of all kinds whose file is chosen by a menu.
 */
#ifndef PUCK_BOOT_PROXY_REQUEST_H
#define PUCK_BOOT_PROXY_REQUEST_H

#include "firmware/proto/boot_server.h"
#include "firmware/proto/dhcp_offers.h"

/*
 * How to ask the server of such an offer: for the first item of its menu if it sends one, which is what a menu comes to
 * that nobody touches, else for whatever it has for us. False when that item is a boot from a local disk.
 */
bool proxy_request_config(const struct dhcp_offer *, const struct dhcp_identity *, uint32_t our_address,
                          struct boot_server_config *out);

/* What was answered, as if the proxyDHCP server's offer had said it. */
void proxy_request_take(const struct boot_server *, struct dhcp_lease *);

#endif
