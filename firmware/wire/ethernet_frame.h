/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The Ethernet II header (RFC 894), with the 802.1Q tag that may stand in it.
 */
#ifndef PUCK_WIRE_ETHERNET_FRAME_H
#define PUCK_WIRE_ETHERNET_FRAME_H

#include "firmware/base/address.h"

#define ETHERNET_HEADER_LEN 14

enum ethernet_type {
    ETHERNET_IPV4 = 0x0800,
    ETHERNET_ARP = 0x0806,
    ETHERNET_VLAN = 0x8100,
};

struct ethernet_frame {
    struct mac destination, source;
    uint16_t type; /* below 0x600 it is an 802.3 length */
    uint16_t vlan; /* VID of the tag; 0 without a tag and for a priority tag, which is no VLAN at all */
};

/* Leaves the reader at the payload, which may end in padding. */
bool ethernet_frame_parse(struct reader *, struct ethernet_frame *out);

/* Always untagged. */
void ethernet_frame_emit(struct writer *, const struct ethernet_frame *);

#endif
