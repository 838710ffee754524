/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What a PXE server says in option 43: encapsulated tags of the PXE specification 2.1, table 2-1. Slices are borrowed
 * from the joined option. Unknown tags are ignored, a tag 43 within is one of them: nothing is nested.
 */
#ifndef PUCK_WIRE_PXE_OPTIONS_H
#define PUCK_WIRE_PXE_OPTIONS_H

#include "firmware/base/address.h"

enum pxe_tag {
    PXE_TAG_MTFTP_ADDRESS = 1,
    PXE_TAG_MTFTP_CLIENT_PORT = 2,
    PXE_TAG_MTFTP_SERVER_PORT = 3,
    PXE_TAG_MTFTP_TIMEOUT = 4,
    PXE_TAG_MTFTP_DELAY = 5,
    PXE_TAG_DISCOVERY_CONTROL = 6,
    PXE_TAG_DISCOVERY_ADDRESS = 7,
    PXE_TAG_BOOT_SERVERS = 8,
    PXE_TAG_BOOT_MENU = 9,
    PXE_TAG_MENU_PROMPT = 10,
    PXE_TAG_CREDENTIALS = 12,
    PXE_TAG_BOOT_ITEM = 71,
};

/* Bits of tag 6. */
#define PXE_NO_BROADCAST     0x01
#define PXE_NO_MULTICAST     0x02
#define PXE_ONLY_LISTED      0x04 /* accept only the servers of tag 8 */
#define PXE_DOWNLOAD_AT_ONCE 0x08 /* no prompt, no menu, no discovery: fetch the boot file this packet names */

struct pxe_options {
    bool has_control, has_discovery_address, has_mtftp, has_prompt, has_boot_item;
    uint8_t control;
    uint32_t discovery_address; /* multicast group, host byte order */
    uint32_t mtftp_address;
    /*
     * Host byte order, as far as can be known: Intel's own code and Wireshark take tags 2 and 3 for little-endian
     * ("Intel order"), while the dhcpd.conf that is handed round (option PXE.mtftp-cport code 2 = unsigned integer 16)
     * sends them as all of DHCP, big-endian. Little-endian it is, unless the other order alone makes ports of them that
     * somebody may have chosen. Who finds nobody there should try them swapped.
     */
    uint16_t mtftp_client_port, mtftp_server_port;
    uint8_t mtftp_timeout_s, mtftp_delay_s;
    struct slice boot_servers; /* for pxe_boot_server_next(); empty when absent */
    struct slice boot_menu;    /* for pxe_boot_menu_next(); empty when absent */
    uint8_t prompt_timeout_s;  /* 0: first item at once, 255: wait for ever */
    struct slice prompt;       /* strangers' text */
    uint16_t boot_item_type, boot_item_layer;
    unsigned ignored; /* tags of a wrong length, and repetitions */
};

/*
 * False, and an empty `out`, when a tag runs past the end: then nobody knows where any tag began, and none is believed.
 * A tag whose length is not what its type needs is ignored alone, and so is every repetition of a tag: the first good
 * one counts. (RFC 3396 joins the pieces of option 43, not tags within it.) A missing end tag is no error:
 * administrators who write option 43 in hexadecimal leave it out.
 */
bool pxe_options_parse(struct slice vendor, struct pxe_options *out);

/* One encapsulated tag of the first instance, as in option 43 and 175. */
bool encapsulated_option(struct slice options, uint8_t tag, struct slice *value);

struct pxe_boot_server {
    uint16_t type;          /* host byte order */
    struct slice addresses; /* four bytes each, network order */
};

struct pxe_menu_item {
    uint16_t type;
    struct slice text; /* strangers' text */
};

/* The next entry; false at the end, or (with the reader failed) when an entry runs past it. */
bool pxe_boot_server_next(struct reader *, struct pxe_boot_server *);
bool pxe_menu_item_next(struct reader *, struct pxe_menu_item *);

#endif
