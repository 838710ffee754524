/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A TFTP server (RFC 1350, 2347, 2348, 2349, 7440) for thousands of transfers at once, each with a port of its own, one
 * file for all. The ready ones send in turn, one block each. It sees frames and writes frames: a struct net looks at
 * each of its clients at each poll, which thousands of transfers cannot be.
 */
#ifndef PUCK_SIM_TFTP_CROWD_H
#define PUCK_SIM_TFTP_CROWD_H

#include "firmware/base/bytes.h"
#include "firmware/base/time.h"
#include "firmware/nic/nic.h"
#include "tests/sim/event_heap.h"

struct tftp_crowd_config {
    uint32_t address, first_address; /* ours and the first machine's, host byte order */
    uint32_t machines;               /* at most 16383 */
    const char *name;
    struct slice file;
    uint16_t block_size_max, window_max; /* what it grants; window 1: has no windowsize */
};

struct tftp_crowd_transfer {
    enum {
        CROWD_FREE,
        CROWD_OACK,
        CROWD_DATA,
    } state;
    struct mac mac;
    uint16_t peer_port, port;
    bool is_ready; /* in the queue of those that have something to send */
    bool owes_oack, has_options, asked_size;
    uint16_t block_size, window;
    uint32_t acked, next, tries;
    uint32_t next_ready;
};

struct tftp_crowd {
    struct tftp_crowd_config config;
    struct nic *nic;
    struct tftp_crowd_transfer *transfers; /* by machine */
    struct event_heap timers;              /* by machine */
    uint32_t ready_first, ready_last;      /* UINT32_MAX: none */
    uint16_t ip_id;
    uint32_t running, running_most;
    uint64_t requests, repeated_requests, acks, completed, abandoned, time_outs;
};

void tftp_crowd_start(struct tftp_crowd *, struct nic *, const struct tftp_crowd_config *);
void tftp_crowd_stop(struct tftp_crowd *);

/* False: the frame is nothing to this server. */
bool tftp_crowd_input(struct tftp_crowd *, time_us now, struct slice frame);

/* Sends up to `frames` of what is due. */
void tftp_crowd_output(struct tftp_crowd *, time_us now, unsigned frames);
time_us tftp_crowd_deadline(const struct tftp_crowd *);

#endif
