/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The IPv4 header (RFC 791 section 3.1). Options but one are stepped over: none of them asks a host for anything we
 * need (RFC 1122 section 3.2.1.8), and a source route is never followed.
 */
#ifndef PUCK_WIRE_IPV4_PACKET_H
#define PUCK_WIRE_IPV4_PACKET_H

#include "firmware/base/address.h"

#define IPV4_HEADER_LEN       20
#define IPV4_ROUTER_ALERT_LEN 4 /* more, with that option */

enum ipv4_protocol {
    IPV4_ICMP = 1,
    IPV4_IGMP = 2,
    IPV4_UDP = 17,
};

struct ipv4_packet {
    uint32_t source, destination; /* host byte order */
    uint16_t payload_len;
    uint16_t id;
    uint16_t fragment_offset; /* in bytes, a multiple of 8 */
    bool more_fragments, dont_fragment;
    bool router_alert; /* routers on the way are to look at it (RFC 2113); parse sees it as the first option only */
    uint8_t tos;
    uint8_t ttl;
    uint8_t protocol;
    bool has_good_checksum; /* set by parse */
};

/*
 * False when version, header length and total length do not fit each other and the bytes there are. Leaves the reader
 * on exactly the payload: padding behind it is cut off.
 */
bool ipv4_packet_parse(struct reader *, struct ipv4_packet *out);

/*
 * The header of a packet that an ICMP error quotes: the payload is cut short and `payload_len` tells what it once was,
 * the checksum is not looked at. Leaves the reader on what there is of the payload.
 */
bool ipv4_quote_parse(struct reader *, struct ipv4_packet *out);

/* Of the header that ipv4_packet_emit() writes. */
size_t ipv4_packet_header_len(const struct ipv4_packet *);

/* Writes the header, with its checksum; `payload_len` bytes are to follow. */
void ipv4_packet_emit(struct writer *, const struct ipv4_packet *);

/* What UDP and TCP add to their checksum (RFC 768): start checksum_add() from it. */
uint32_t ipv4_pseudo_sum(uint32_t source, uint32_t destination, uint8_t protocol, uint16_t len);

#endif
