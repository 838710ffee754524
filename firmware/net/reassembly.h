/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * IPv4 datagrams being put together from their fragments (RFC 791 section 3.2, RFC 815), in any order. There are two
 * places: a sender's next datagram may begin while the one before still waits for a late fragment. A third takes the
 * place of the one begun first, so that a lost fragment never costs more than its own datagram.
 *
 * An exact repetition of bytes is ignored; any other overlap, and a length that contradicts an earlier one, spoil the
 * datagram for good (the reasoning of RFC 5722 holds for IPv4 just as well).
 */
#ifndef PUCK_NET_REASSEMBLY_H
#define PUCK_NET_REASSEMBLY_H

#include "firmware/base/bytes.h"
#include "firmware/base/time.h"
#include "firmware/wire/ipv4_packet.h"

#define REASSEMBLY_MAX    (65535 - IPV4_HEADER_LEN) /* bytes of payload */
#define REASSEMBLY_UNIT   8
#define REASSEMBLY_PLACES 2

enum reassembly_result {
    REASSEMBLY_WAITING,
    REASSEMBLY_COMPLETE,
    REASSEMBLY_BAD,
};

struct reassembly_place {
    bool is_taken, is_spoilt;
    uint8_t protocol;
    uint16_t id;
    uint32_t source, destination;
    time_us since;    /* when the first fragment came */
    uint32_t total;   /* payload length of the datagram, 0 until the last fragment tells */
    uint32_t highest; /* end of the furthest fragment so far */
    uint32_t units;   /* how many units are there */
    uint32_t present[(REASSEMBLY_MAX / REASSEMBLY_UNIT + 32) / 32]; /* a bit per unit */
    uint8_t bytes[REASSEMBLY_MAX + 1];
};

struct reassembly {
    struct reassembly_place places[REASSEMBLY_PLACES];
    uint32_t abandoned; /* datagrams given up for want of a fragment */
};

/*
 * Takes one fragment's payload. When it completes its datagram, `datagram` is set to the whole payload, which is valid
 * until the next call.
 */
enum reassembly_result reassembly_add(struct reassembly *, time_us now, const struct ipv4_packet *,
                                      struct slice payload, struct slice *datagram);

/* Forgets everything; to be called once before the first fragment. */
void reassembly_clear(struct reassembly *);

#endif
