/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A few MTFTP client machines and a model of a server, in virtual time, over links that delay, lose, repeat and reorder
 * packets, each client's on its own.
 */
#ifndef PUCK_TESTS_HARNESS_MTFTP_SIMULATION_H
#define PUCK_TESTS_HARNESS_MTFTP_SIMULATION_H

#include "firmware/proto/mtftp.h"
#include "tests/sim/mtftp_server.h"

#define MTFTP_SIMULATION_CLIENTS 16

struct mtftp_simulation_client {
    time_us begins; /* after the start of the simulation */
    bool is_cut_off_from_group;

    struct mtftp mtftp;
    struct block_map map;
    struct random random;
    struct sink sink;
    uint8_t *memory, *written;
    uint64_t written_twice; /* since it last started over */
    time_us took;           /* from `begins`; TIME_NEVER: it is still at it */
    bool is_attached;       /* it began, and has not gone quiet */
};

struct mtftp_simulation {
    /* in */
    size_t size; /* of the file */
    unsigned clients;
    struct mtftp_simulation_client client[MTFTP_SIMULATION_CLIENTS];
    struct mtftp_server_knobs knobs;
    struct mtftp_group group;       /* what clients are told; zero: the server's */
    time_us round_trip;             /* 0: 200 us */
    unsigned loss, repeat, reorder; /* per 1000 packets, each way and for each receiver of its own */
    uint32_t seed;
    time_us give_up; /* 0: an hour */

    /* out */
    struct mtftp_server server;
    uint64_t packets_sent; /* by clients */
    uint64_t blocks_ideal; /* of the file */
    time_us took;          /* until the last client was complete or failed */
};

/* What is not wrong is: clients' contents, their counters, and that nobody is still at it. */
void mtftp_simulate(struct mtftp_simulation *);

/* The file of client n is here whole, each byte written once. */
bool mtftp_simulation_is_right(const struct mtftp_simulation *, unsigned client);

/* Frees what clients got. */
void mtftp_simulation_end(struct mtftp_simulation *);

#endif
