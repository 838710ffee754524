/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A boot storm: many machines on one segment, each the firmware's whole session, switched on together, one server, one
 * file. It runs until every machine has the file or has given up, and counts what that took.
 */
#ifndef PUCK_SIM_STORM_H
#define PUCK_SIM_STORM_H

#include "tests/sim/busy_server.h"

enum storm_protocol {
    STORM_UNICAST,   /* TFTP with blksize and windowsize */
    STORM_MTFTP,     /* with TFTP beside it, for those who give up */
    STORM_MULTICAST, /* TFTP with the multicast option of RFC 2090 */
    STORM_PROTOCOLS,
};

struct storm_config {
    enum storm_protocol protocol;
    uint32_t machines;
    size_t file_len;
    uint32_t server_mbit;
    unsigned loss_own, loss_shared; /* per thousand frames: struct segment_config */
    time_us spread;                 /* machines are switched on within this time; 0: in the same moment */
    uint32_t seed;
};

struct storm_result {
    uint32_t booted;                            /* with the right file */
    uint32_t failed, wrong;                     /* gave up; booted something else */
    uint32_t written_twice;                     /* machines that wrote a part of the file more than once */
    time_us first_boot, median_boot, last_boot; /* since the first was switched on */
    time_us last_lease;                         /* the last machine that got one */
    time_us server_busy;                        /* time of its process */
    struct segment_counters wire;
    uint64_t dhcp_taken, dhcp_dropped, requests_taken, requests_dropped;
    uint32_t dhcp_most;                    /* messages that waited at once */
    uint32_t transfers_most;               /* at once, by unicast */
    uint64_t time_outs;                    /* of the server */
    uint64_t sessions, multicast_requests; /* of the multicast server */
    uint64_t by_unicast;                   /* requests to the server of TFTP */
    char first_failure[512];               /* the screen's last words when a machine gave up */
};

/* One at a time: it is the world that firmware/platform.h looks at. */
void storm_run(const struct storm_config *, struct storm_result *);

const char *storm_protocol_name(enum storm_protocol);

#endif
