/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A TFTP server that takes files (RFC 1350, 2347, 2348, 2349) on a simulated host. Every request, also a repeated one,
 * gets a transfer with a port of its own; the file is whole when one of them has had its last block.
 */
#ifndef PUCK_SIM_TFTP_RECEIVER_H
#define PUCK_SIM_TFTP_RECEIVER_H

#include "tests/sim/server.h"

#define TFTP_RECEIVER_TRANSFERS 6
#define TFTP_RECEIVER_ROOM      200000

struct tftp_receiver;

/* All zero: a server that does everything it is asked for. */
struct tftp_receiver_knobs {
    bool ignores_options; /* RFC 1350 only */
    bool refuses_options; /* ERROR 8 */
    uint16_t block_size_max;
    uint16_t lies_block_size; /* in the OACK; 0: honest */
    bool is_deaf;
    uint64_t silent_from;  /* acknowledges no block from this one on; 0: never */
    uint64_t full_from;    /* answers this block with ERROR 3; 0: never */
    bool repeats_each_ack; /* each ACK goes out twice: the sorcerer's apprentice */
};

struct tftp_receiver_transfer {
    struct udp_client udp; /* first */
    struct tftp_receiver *receiver;
    struct udp_address peer;
    bool is_live, is_done, has_options, is_owed, is_owed_twice;
    uint16_t error; /* to send in place of an ACK; 0: none */
    uint16_t block_size;
    uint64_t told_size, block; /* the last block taken, without rollover */
    time_us repeat_at;
    size_t len;
    uint8_t bytes[TFTP_RECEIVER_ROOM];
};

struct tftp_receiver {
    struct udp_client udp; /* first; port 69 */
    struct server *server;
    struct tftp_receiver_knobs knobs;
    char name[128]; /* of the last request */
    struct tftp_receiver_transfer transfers[TFTP_RECEIVER_TRANSFERS];
    unsigned requests, blocks, repeated, errors_received;
    const struct tftp_receiver_transfer *completed; /* NULL: none yet */
};

void tftp_receiver_start(struct tftp_receiver *, struct server *);

#endif
