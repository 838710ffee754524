/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A queue of frames ordered by the time at which each is due; frames due at the same time keep the order in which they
 * were put in. The queue owns the bytes of the frames it holds; event_queue_take gives them to the caller.
 */
#ifndef TESTS_RELAY_EVENT_QUEUE_H
#define TESTS_RELAY_EVENT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event {
    uint64_t due_ns;
    uint64_t order; /* set by event_queue_put: breaks ties */
    uint8_t *frame; /* from malloc */
    size_t len;
    unsigned direction; /* enum link_direction */
};

struct event_queue {
    struct event *heap;
    size_t count;
    size_t room;
    uint64_t next_order;
};

/* Copies `len` bytes of frame. False when memory has run out; the queue is unchanged then. */
bool event_queue_put(struct event_queue *, uint64_t due_ns, unsigned direction, const uint8_t *frame, size_t len);

/* The time of the first event, UINT64_MAX when the queue is empty. */
uint64_t event_queue_next(const struct event_queue *);

/* Takes the first event out if it is due at now_ns. The caller frees out->frame. */
bool event_queue_take(struct event_queue *, uint64_t now_ns, struct event *out);

void event_queue_clear(struct event_queue *);

#endif
