/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What one server's message says about booting, told apart but not weighed: the marks of PXE 2.1 (option 60, option 43)
 * and RFC 2131 that a choice among offers goes by. What follows from it is decided in firmware/boot/boot_options.c.
 */
#ifndef PUCK_PROTO_DHCP_FACTS_H
#define PUCK_PROTO_DHCP_FACTS_H

#include "firmware/proto/mtftp_group.h"
#include "firmware/wire/dhcp_message.h"

struct dhcp_facts {
    bool is_bootp;            /* no option 53 */
    bool is_proxy;            /* gives no address */
    bool is_pxe;              /* option 60 begins with "PXEClient" */
    bool has_file;            /* names a boot file, in its field or in option 67 */
    bool has_server;          /* names a boot server besides its own address in option 54 */
    bool has_vendor;          /* has an option 43 */
    bool vendor_is_broken;    /* and none of it can be believed */
    bool has_discovery;       /* option 43 has a menu, a prompt, boot servers or a group to look for them in */
    bool downloads_at_once;   /* option 43, tag 6, bit 3: the boot file, if it is named, without any of those */
    bool has_no_proxy;        /* option 175, tag 176: the administrator says that there is no proxyDHCP server */
    bool mtftp_is_wrong;      /* option 43 has tags 1 to 5 of which no transfer can be made */
    struct mtftp_group mtftp; /* address 0: none */
};

/* Tags of option 43 count in a message marked by option 60 alone: other makers use the same numbers for their own. */
void dhcp_facts_of(const struct dhcp_message *, struct dhcp_facts *);

/* Option 60 begins with "PXEClient". */
bool dhcp_is_pxe(const struct dhcp_message *);

#endif
