/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Which file to boot from which server, out of what DHCP said, and the reason in words for the person at the machine.
 */
#ifndef PUCK_BOOT_BOOT_OPTIONS_H
#define PUCK_BOOT_BOOT_OPTIONS_H

#include "firmware/base/status.h"
#include "firmware/proto/dhcp_lease.h"

struct boot_choice {
    uint32_t server;              /* host byte order */
    char file[DHCP_NAME_MAX + 1]; /* as the server wrote it: filter before showing */
    bool is_proxy;                /* a proxyDHCP server's word, not the DHCP server's */
    char why[96];                 /* printable: "file field and next-server of DHCP server 10.0.0.1" */
};

/*
 * A proxyDHCP server's boot file comes before a DHCP server's: it exists for nothing else. STATUS_DHCP_NO_BOOTFILE when
 * nobody named a file; `why` then says who was asked.
 */
enum status boot_options_choose(const struct dhcp_lease *, struct boot_choice *out);

#endif
