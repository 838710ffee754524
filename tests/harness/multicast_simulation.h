/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Several TFTP client machines and one server with the multicast option (tests/sim/multicast_server.h) in virtual time.
 * The server's packets share one link of a given rate; on the way to each client each frame is delayed, lost, repeated
 * and reordered by itself, and so is what the clients send.
 */
#ifndef PUCK_TESTS_HARNESS_MULTICAST_SIMULATION_H
#define PUCK_TESTS_HARNESS_MULTICAST_SIMULATION_H

#include "firmware/proto/tftp.h"
#include "tests/sim/multicast_server.h"

enum {
    MULTICAST_CLIENTS_MAX = 1000,
};

/* What one client went through. */
struct multicast_client {
    /* in */
    time_us starts; /* when it asks */
    time_us dies;   /* it is switched off; 0: never */
    bool is_deaf;   /* nothing that is sent to a group gets to it */
    uint16_t receive_frames;
    struct tftp_experience experience; /* in and out */

    /* out */
    enum status status;
    time_us took;
    bool content_is_right, by_multicast;
    uint64_t written_twice; /* bytes */
    unsigned requests, packets;
};

struct multicast_simulation {
    /* in */
    unsigned clients;
    uint64_t size;
    time_us round_trip;
    unsigned rate;                  /* Mbit/s of the server's link; 0: 1000 */
    unsigned loss, repeat, reorder; /* per frame, in 1/10000 */
    unsigned seed;
    bool lets_go; /* a client is detached as soon as its file is there, as by a boot program that starts */
    time_us server_stops, server_starts; /* it is killed and started again; it says so by ERRORs if `says_goodbye` */
    bool says_goodbye;
    struct multicast_server_knobs knobs;
    struct multicast_client client[MULTICAST_CLIENTS_MAX];

    /* out */
    time_us took;        /* until the last was done */
    uint64_t bytes_sent; /* of DATA, by the server */
    unsigned sessions, turns, requests;
};

void multicast_simulate(struct multicast_simulation *);

#endif
