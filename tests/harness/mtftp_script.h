/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What transcripts of the MTFTP client need: the machine with all that it is lent, a sink that remembers which bytes it
 * was given, and the server's packets. Byte n of the file is tftp_simulation_byte(n).
 */
#ifndef PUCK_TESTS_HARNESS_MTFTP_SCRIPT_H
#define PUCK_TESTS_HARNESS_MTFTP_SCRIPT_H

#include "firmware/proto/mtftp.h"
#include "tests/harness/transcript.h"

#define MTFTP_SCRIPT_BYTES (65536u * 512u)

enum {
    MTFTP_SCRIPT_SERVER = 0xc0a86f82, /* 192.168.111.130 */
    MTFTP_SCRIPT_GROUP = 0xefff0101,  /* 239.255.1.1 */
    MTFTP_SCRIPT_CLIENT_PORT = 1757,
    MTFTP_SCRIPT_SERVER_PORT = 1758,
};

struct mtftp_script {
    struct mtftp mtftp;
    struct block_map map;
    struct random random;
    struct sink sink;
    uint64_t capacity;
    unsigned writes, twice; /* eights of bytes of which one came more than once since the map was last empty */
    bool wrong;             /* a byte that is not the file's */
    size_t used;            /* of `written`: a transcript runs thousands of times, and this is four megabytes */
    uint8_t written[MTFTP_SCRIPT_BYTES / 8];
};

/* Open and reopen delays of one second. */
extern const struct mtftp_group mtftp_script_group;

/* Asks for "boot/kernel" and gives the machine to the transcript. */
void mtftp_script_start(struct mtftp_script *, struct transcript *, struct mtftp_group);

/* Listens in vain, takes the RRQ, and answers it with block 1 from `port`, by unicast and by the group. */
time_us mtftp_script_open(struct mtftp_script *, struct transcript *, uint16_t port);

/* The machine's next packet is an RRQ to the server's port, in this span of time. */
void mtftp_script_asks(struct transcript *, time_us earliest, time_us latest, uint16_t to_port);

/* Block `number` of `len` bytes arrives by the group, or by unicast, from this port of the server's. */
void mtftp_script_group_block(struct transcript *, time_us at, uint16_t port, uint16_t number, size_t len);
void mtftp_script_own_block(struct transcript *, time_us at, uint16_t port, uint16_t number, size_t len);

/* The machine acknowledges this block at once, to that port. */
void mtftp_script_acks(struct transcript *, time_us at, uint16_t port, uint16_t number);

/* The last block is acknowledged three times at once, and then not again. */
void mtftp_script_acks_last(struct transcript *, time_us at, uint16_t port, uint16_t number);

/* The machine sends this ERROR at once, to that port. */
void mtftp_script_complains(struct transcript *, time_us at, uint16_t port, uint16_t code);

/* The file is complete, each byte written once. */
void mtftp_script_is_whole(const struct mtftp_script *, const struct transcript *, uint64_t size);

#endif
