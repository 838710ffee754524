/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * ICMP messages (RFC 792; codes of RFC 1122 section 3.2.2): the eight bytes they all begin with.
 */
#ifndef PUCK_WIRE_ICMP_MESSAGE_H
#define PUCK_WIRE_ICMP_MESSAGE_H

#include "firmware/base/bytes.h"

#define ICMP_HEADER_LEN 8

enum icmp_type {
    ICMP_ECHO_REPLY = 0,
    ICMP_UNREACHABLE = 3,
    ICMP_REDIRECT = 5,
    ICMP_ECHO_REQUEST = 8,
};

enum icmp_unreachable_code {
    ICMP_NET_UNREACHABLE = 0,
    ICMP_HOST_UNREACHABLE = 1,
    ICMP_PROTOCOL_UNREACHABLE = 2,
    ICMP_PORT_UNREACHABLE = 3,
    ICMP_FRAGMENTATION_NEEDED = 4,
};

struct icmp_message {
    uint8_t type, code;
    uint32_t rest;          /* the second four bytes, host byte order: identifier and sequence of an echo */
    bool has_good_checksum; /* set by parse */
};

/* Takes the reader's bytes for one whole message and leaves it at what follows the eight bytes. */
bool icmp_message_parse(struct reader *, struct icmp_message *out);

/* Writes the header and `body`, with the checksum over both. */
void icmp_message_emit(struct writer *, const struct icmp_message *, struct slice body);

#endif
