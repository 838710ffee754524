/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * One Ethernet segment with very many machines and one server: a switch with a port for each, in virtual time. Ports
 * have a speed and a bounded queue; groups go where IGMP asked for them (RFC 4541) and the NIC's filter lets them in.
 * A frame is one piece of memory however many ports it waits at, and nothing is done for those whom it does not reach.
 */
#ifndef PUCK_SIM_SEGMENT_H
#define PUCK_SIM_SEGMENT_H

#include "firmware/nic/nic.h"
#include "tests/sim/event_heap.h"

#define SEGMENT_SERVER 0  /* the server's port; the machines' are 1 and up */
#define SEGMENT_GROUPS 4  /* that one port can listen to */
#define SEGMENT_WIRE   24 /* what a frame takes on the wire beside its bytes: FCS, preamble, gap */

/*
 * Two models of loss, which may be added. `loss_own`: on each machine's own cable, each way: everybody misses something
 * else. `loss_shared`: on the server's cable, each way: what is lost there is lost to all.
 */
struct segment_config {
    uint32_t machines;
    uint32_t server_mbit, machine_mbit;
    time_us latency;                /* from one NIC to another, beside what the lines take */
    unsigned loss_own, loss_shared; /* per thousand frames */
    uint32_t server_queue, queue;   /* frames that may wait for the server's line, each way, and for a machine's */
    uint32_t server_address;        /* host byte order */
    uint32_t first_address;         /* of the first machine; the others' follow */
    bool floods_groups;             /* no IGMP snooping: groups go to all ports */
    uint32_t seed;
};

struct segment_frame {
    uint32_t users;
    uint32_t len;
    uint8_t bytes[];
};

struct segment_queue {
    struct segment_waiting {
        struct segment_frame *frame;
        time_us at; /* when it has arrived */
    } * ring;
    uint32_t first, count, max;
    uint64_t line_free_ns;
};

struct segment;

struct segment_port {
    struct nic nic; /* hand this to net_start() or session_start() */
    struct segment *segment;
    uint32_t index;
    struct segment_queue down; /* from the switch to the NIC */
    uint64_t up_free_ns;       /* of a machine's line to the switch */
    struct segment_frame *lent;
    struct mac wanted[SEGMENT_GROUPS]; /* by the NIC's filter */
    uint32_t wanted_count;
    uint32_t joined[SEGMENT_GROUPS]; /* by IGMP, host byte order; 0: free */
};

struct segment_counters {
    uint64_t server_frames, server_bytes;   /* sent by the server, whole Ethernet frames */
    uint64_t file_bytes;                    /* of them, contents of TFTP DATA */
    uint64_t machine_frames, machine_bytes; /* sent by the machines */
    uint64_t machine_broadcasts, server_broadcasts;
    uint64_t lost, overflowed;  /* frames, at each port where it happened */
    uint32_t server_queue_most; /* frames that waited for the server's line to the server, at most */
    uint32_t up_queue_most;     /* the other way */
};

struct segment {
    struct segment_config config;
    time_us *clock;
    struct event_heap events; /* by port; the last item is the server's line to the switch */
    struct segment_port *ports;
    struct segment_queue up; /* from the server to the switch */
    struct segment_counters count;
    uint64_t dice;
    bool is_file; /* the datagram that the server has begun last */
    uint8_t room[NIC_FRAME_MAX];
    /* Sees what the server sends; true: it does not leave. */
    bool (*sends)(void *context, struct slice frame);
    void *sends_context;
};

void segment_start(struct segment *, const struct segment_config *, time_us *clock);
void segment_stop(struct segment *);

/*
 * Moves the clock to the next event and returns the port that has something to do. Whoever sits there polls, then says
 * by segment_wait() when it wants its turn again, if no frame comes before. Nothing happens after `limit`: false.
 */
bool segment_next(struct segment *, time_us limit, uint32_t *port);
void segment_wait(struct segment *, uint32_t port, time_us until);

/* Whether the server's queue to its line takes `frames` more. */
bool segment_has_room(const struct segment *, uint32_t frames);

/* The next frame that has arrived at a port; the caller's until segment_drop(). NULL: none yet. */
struct segment_frame *segment_take(struct segment_port *);
void segment_drop(struct segment_frame *);

/* Puts a frame into a port's queue as if it had just arrived. */
void segment_inject(struct segment_port *, struct slice bytes);

struct mac segment_mac(uint32_t port);

#endif
