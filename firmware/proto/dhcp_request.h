/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What we say to DHCP servers: DISCOVER and REQUEST with the options of a PXE client (RFC 2131 table 5, RFC 4578).
 */
#ifndef PUCK_PROTO_DHCP_REQUEST_H
#define PUCK_PROTO_DHCP_REQUEST_H

#include "firmware/base/address.h"

struct dhcp_identity {
    struct mac mac;
    bool has_uuid;                  /* without one, option 97 is left out: zeros would be many machines' identity */
    uint8_t uuid[16];               /* SMBIOS system UUID, as it lies in the table; sent as it is */
    uint16_t architecture;          /* RFC 4578 section 2.1: 0 is x86 BIOS */
    uint8_t undi_major, undi_minor; /* option 94 */
    const char *user_class;         /* RFC 3004: one class, at most 63 characters; NULL: none */
};

struct dhcp_request {
    uint32_t xid;
    uint16_t secs;
    bool use_broadcast;       /* ask for replies by broadcast */
    bool is_for_offer;        /* a REQUEST of `address` from `server` (option 54); else a DISCOVER */
    uint32_t address, server; /* host byte order */
};

/* Needs at most 460 bytes. */
void dhcp_request_emit(struct writer *, const struct dhcp_identity *, const struct dhcp_request *);

/* What is asked of boot servers (PXE 2.1 section 2.2), and of proxyDHCP servers at port 4011. */
struct boot_server_request {
    uint32_t xid;
    uint16_t secs;
    uint32_t address;     /* ours, host byte order */
    bool has_item;        /* else whatever the server has for a PXE client */
    uint16_t type, layer; /* of the item */
};

/* A DHCPREQUEST that asks for no address. Needs at most 460 bytes. */
void boot_server_request_emit(struct writer *, const struct dhcp_identity *, const struct boot_server_request *);

#endif
