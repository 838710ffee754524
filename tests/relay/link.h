/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * One direction of a simulated Ethernet link, as pure functions: a frame and the time go in, the link's verdict (when
 * and how many times it arrives, or why not) comes out. All chance comes from the seed, so a run can be repeated.
 *
 * Order of what may befall a frame: blackout, size limit, fragment filter, loss, the rate-limited queue (drop tail),
 * corruption, delay with jitter, reordering, duplication. Jitter alone never reorders; a reordered frame is held back
 * by reorder_hold_ns while later ones pass it.
 */
#ifndef TESTS_RELAY_LINK_H
#define TESTS_RELAY_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum link_direction {
    LINK_UP,
    LINK_DOWN,
    LINK_DIRECTIONS
}; /* up: from the client (QEMU) to the servers */

#define LINK_QUEUE_MAX     4096
#define LINK_BLACKOUTS_MAX 8
#define LINK_COPIES_MAX    2

struct link_blackout {
    uint64_t from_ns, to_ns; /* since the first frame on the link */
};

struct link_config {
    uint64_t delay_ns;
    uint64_t jitter_ns; /* added: uniform in [0, jitter_ns] */
    uint64_t reorder_hold_ns;
    double loss, duplicate, reorder, corrupt; /* probability per frame, 0..1 */
    uint64_t rate_bps;                        /* 0: unlimited. Each frame is charged its bytes on a real wire */
    unsigned queue_frames; /* 0: LINK_QUEUE_MAX. Frames waiting for the rate limit, beyond: dropped */
    size_t max_frame;      /* 0: none. Ethernet frame length without FCS, so 1514 for MTU 1500 */
    bool drop_fragments;   /* IPv4 datagrams in pieces do not get through (a broken firewall) */
    unsigned blackouts;
    struct link_blackout blackout[LINK_BLACKOUTS_MAX];
};

enum link_drop {
    DROP_BLACKOUT,
    DROP_SIZE,
    DROP_FRAGMENT,
    DROP_LOSS,
    DROP_QUEUE,
    DROP_REASONS
};

struct link_counters {
    uint64_t frames, bytes; /* offered to the link */
    uint64_t delivered_frames, delivered_bytes;
    uint64_t dropped[DROP_REASONS];
    uint64_t duplicated, reordered, corrupted;
};

struct link {
    struct link_config config;
    struct link_counters count;
    uint64_t random;                    /* state of the generator */
    uint64_t free_at_ns;                /* when the last frame queued for the rate limit has left */
    uint64_t last_due_ns;               /* keeps frames in order under jitter */
    uint64_t leaves_ns[LINK_QUEUE_MAX]; /* ring: departure times of frames that wait for the rate limit */
    unsigned leaves_first, leaves_count;
};

struct link_verdict {
    unsigned copies; /* 0: dropped */
    uint64_t due_ns[LINK_COPIES_MAX];
    bool corrupt;       /* flip bit corrupt_bit of the frame */
    size_t corrupt_bit; /* counted from the first bit of byte 0; never within the Ethernet addresses */
};

void link_start(struct link *, const struct link_config *, uint64_t seed);

/* start_ns is the time of the first frame on the link in any direction: blackouts are counted from it. */
struct link_verdict link_frame(struct link *, uint64_t now_ns, uint64_t start_ns, const uint8_t *frame, size_t len);

/* Next number of a splitmix64 generator. */
uint64_t link_random(uint64_t *state);

#endif
