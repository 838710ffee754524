/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A TFTP server (RFC 1350, 2347, 2348, 2349, 7440) on a simulated host. As one under inetd, it makes a transfer with a
 * port of its own out of every request, also of a repeated one. Its knobs make it old, mean or broken.
 */
#ifndef PUCK_SIM_TFTP_SERVER_H
#define PUCK_SIM_TFTP_SERVER_H

#include "tests/sim/server.h"

#define TFTP_SERVER_TRANSFERS 8

struct tftp_server;

struct tftp_server_file {
    const char *name;
    struct slice bytes;
};

/* All zero: a server that does everything it is asked for. */
struct tftp_server_knobs {
    bool ignores_options; /* RFC 1350 only */
    bool refuses_options; /* ERROR 8 */
    bool knows_no_window; /* windowsize is left out of the OACK */
    bool knows_no_tsize;
    uint16_t block_size_max;  /* bends blksize down; 0: takes any */
    uint16_t window_max;      /* bends windowsize down; 0: takes any */
    uint16_t lies_block_size; /* the OACK says this whatever was asked; 0: honest */
    uint16_t lies_window;
    uint64_t lies_size;
    bool sends_unasked_option; /* "colour=7" in the OACK */
    bool is_deaf;              /* answers nothing */
    uint64_t silent_from;      /* sends no block from this one on; 0: never */
    uint64_t error_at;         /* sends ERROR 0 "disk on fire" in place of this block; 0: never */
    bool strays;               /* before each block, sends one with the wrong content from a wrong port */
};

struct tftp_server_transfer {
    struct udp_client udp; /* first */
    struct tftp_server *server;
    struct udp_address peer;
    const struct tftp_server_file *file;
    enum {
        SERVER_FREE,
        SERVER_OACK,
        SERVER_DATA,
        SERVER_ERROR
    } state;
    bool asked_block_size, asked_window, asked_size;
    uint16_t block_size, window;
    uint64_t acked, next; /* block numbers, without rollover */
    uint16_t error;
    bool is_owed; /* the OACK or ERROR */
    unsigned tries;
    time_us repeat_at;
};

struct tftp_server {
    struct udp_client udp; /* first; port 69 */
    struct server *server;
    struct tftp_server_knobs knobs;
    const struct tftp_server_file *files;
    size_t file_count;
    struct tftp_server_transfer transfers[TFTP_SERVER_TRANSFERS];
    unsigned requests, blocks_sent, acks, errors_received, completed;
};

void tftp_server_start(struct tftp_server *, struct server *, const struct tftp_server_file *, size_t count);

#endif
