/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * IGMP messages (RFC 2236 section 2; RFC 1112 appendix I for version 1, RFC 3376 section 4.1 for queries of version 3):
 * the eight bytes they all begin with. What follows them counts for the checksum and for nothing else.
 */
#ifndef PUCK_WIRE_IGMP_MESSAGE_H
#define PUCK_WIRE_IGMP_MESSAGE_H

#include "firmware/base/bytes.h"

#define IGMP_MESSAGE_LEN 8

#define IGMP_ALL_SYSTEMS 0xe0000001u /* 224.0.0.1 */
#define IGMP_ALL_ROUTERS 0xe0000002u /* 224.0.0.2 */

enum igmp_type {
    IGMP_QUERY = 0x11,
    IGMP_V1_REPORT = 0x12,
    IGMP_V2_REPORT = 0x16,
    IGMP_LEAVE = 0x17,
};

struct igmp_message {
    uint8_t type;
    uint8_t query_version;  /* 1, 2 or 3: of the router that asks; 0 for all but queries; set by parse */
    bool has_good_checksum; /* set by parse */
    /* Tenths of a second: of a query of any version, once parsed; emit writes it as it is, in the form of version 2. */
    uint16_t max_response;
    uint32_t group; /* host byte order; 0 in a general query */
};

/* Takes the reader's bytes for one whole message. */
bool igmp_message_parse(struct reader *, struct igmp_message *out);

/* With its checksum. */
void igmp_message_emit(struct writer *, const struct igmp_message *);

#endif
