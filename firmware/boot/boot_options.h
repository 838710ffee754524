/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Whose offer is taken, how long others are waited for, and which file to boot from which server: the policy of the
 * whole boot, as one table in boot_options.c, and the reason in words for the person at the machine.
 */
#ifndef PUCK_BOOT_BOOT_OPTIONS_H
#define PUCK_BOOT_BOOT_OPTIONS_H

#include "firmware/base/status.h"
#include "firmware/proto/dhcp_offers.h"
#include "firmware/proto/mtftp_group.h"

/* What comes next, once an address is there. */
enum boot_action {
    BOOT_NOTHING, /* nobody says what to boot */
    BOOT_FILE,    /* fetch `file` from `server` */
    BOOT_ASK,     /* the PXE server of `packet` names no file: ask its port 4011 for whatever it has for us */
    BOOT_PXE,     /* option 43 of `packet` has a say: prompt, menu, boot server discovery */
};

struct boot_choice {
    enum boot_action action;
    struct slice packet;          /* the message whose word this is: in the lease; empty: nobody's */
    uint32_t said_by;             /* the server that sent it, host byte order */
    struct mtftp_group mtftp;     /* where the file is sent by multicast besides; address 0: nowhere */
    uint32_t server;              /* host byte order */
    char file[DHCP_NAME_MAX + 1]; /* as the server wrote it: filter before showing */
    bool is_proxy;                /* a proxyDHCP server's word, not the DHCP server's */
    bool vendor_is_broken;        /* its option 43 cannot be believed, and none of it was */
    bool mtftp_is_wrong;          /* it names a group of which no transfer can be made; `mtftp` is empty */
    char why[96];                 /* printable: "file field and next-server of DHCP server 10.0.0.1" */
};

/* For the DHCP machine. */
extern const struct dhcp_policy boot_offer_policy;

/*
 * Goes by the lease alone: its ACK and its proxyDHCP server's offer by the same table, and its boot server's reply
 * before both. STATUS_OK for a file and its server, and where a PXE server has to be asked or followed first
 * (`action` says what it is; `file` is what that server's message names then, if it does). STATUS_DHCP_NO_BOOTFILE when
 * nobody says what to boot; `why` then says who was asked.
 */
enum status boot_options_choose(const struct dhcp_lease *, struct boot_choice *out);

#endif
