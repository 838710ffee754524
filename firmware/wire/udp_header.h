/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The UDP header (RFC 768).
 */
#ifndef PUCK_WIRE_UDP_HEADER_H
#define PUCK_WIRE_UDP_HEADER_H

#include "firmware/base/bytes.h"

#define UDP_HEADER_LEN 8

struct udp_header {
    uint16_t source_port, destination_port;
    uint16_t payload_len;
    uint16_t checksum; /* as sent; 0: the sender made none */
};

/*
 * False when the length field is below a header's or above the bytes there are. Leaves the reader on exactly the
 * payload: what IP carried beyond the length field is cut off.
 */
bool udp_header_parse(struct reader *, struct udp_header *out);

/* Writes `checksum` as it is; see udp_checksum(). */
void udp_header_emit(struct writer *, const struct udp_header *);

/*
 * The checksum of `datagram` (header and payload) between two IPv4 addresses in host byte order. Of a datagram whose
 * checksum field is 0: what to put there. Of a received one with its field filled in: 0xffff when it is good.
 */
uint16_t udp_checksum(uint32_t source, uint32_t destination, struct slice datagram);

#endif
