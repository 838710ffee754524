/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * An Ethernet in virtual time: a hub with a few NICs, each a real struct nic. What happens to the frames on their way
 * to an end (delay, loss, repetition, reordering, damage) is said per end and decided by one seed.
 */
#ifndef PUCK_SIM_WIRE_H
#define PUCK_SIM_WIRE_H

#include "firmware/base/random.h"
#include "firmware/base/time.h"
#include "firmware/nic/nic.h"

#define WIRE_ENDS   4
#define WIRE_GROUPS 16

/* On the way to one end; chances are per thousand frames. All zero: a perfect cable. */
struct wire_conditions {
    time_us delay;
    unsigned loss, duplicate, reorder, corrupt;
    time_us late_by;       /* a reordered or repeated frame arrives up to this much later */
    unsigned bytes_per_ms; /* 0: no limit; 125000 is a gigabit */
    unsigned ring;         /* frames that may wait at the receiver; 0: any number */
    bool drops_fragments;  /* as many a firewall does */
    time_us cut_from;      /* no frame gets through from here ... */
    time_us cut_until;     /* ... to here */
};

struct wire_frame {
    struct wire_frame *next;
    time_us arrival;
    size_t len;
    uint8_t bytes[];
};

struct wire;

struct wire_end {
    struct nic nic; /* hand this to net_start() or session_start() */
    struct wire *wire;
    struct wire_conditions conditions;
    struct wire_frame *queue; /* sorted by arrival */
    struct wire_frame *lent;
    time_us line_free;                               /* when the last frame has passed, with bytes_per_ms */
    unsigned waiting;                                /* frames in the queue */
    bool (*take)(void *context, struct slice frame); /* sees frames first; true: the NIC's owner does not; or NULL */
    void *take_context;
    size_t (*mangle)(void *context, uint8_t *frame, size_t len); /* may change frames on their way here; or NULL */
    void *mangle_context;
    struct mac groups[WIRE_GROUPS]; /* it lets in, exactly these */
    size_t group_count;
    size_t groups_most;   /* more than that are refused; WIRE_GROUPS unless a test says less */
    unsigned filters_set; /* how often anybody has set its filter */
    bool link_is_down;
    bool ring_is_full; /* refuses room to transmit */
    unsigned sent;     /* completions not yet asked for */
    uint8_t *room;
};

struct wire {
    const time_us *clock;
    struct random random;
    struct wire_end ends[WIRE_ENDS];
    unsigned lost, duplicated, reordered, corrupted, carried;
    void (*tap)(void *context, time_us now, const struct wire_end *from, struct slice frame); /* may be NULL */
    void *tap_context;
};

/* All ends have a MAC of 02:00:00:00:00:01 and up. */
void wire_start(struct wire *, const time_us *clock, uint32_t seed);
void wire_stop(struct wire *);

/* The same conditions to all ends. */
void wire_set_conditions(struct wire *, const struct wire_conditions *);

/* Puts a frame on its way to one end, as if somebody had sent it; no NIC filter applies to it. */
void wire_inject(struct wire_end *to, struct slice frame);

/* When the next frame arrives at any end from `first` on; in the past while one waits there. */
time_us wire_deadline(const struct wire *, unsigned first);

#endif
