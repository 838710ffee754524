/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Which of many is to be served first: a binary heap of fixed items, each with the time it is due. To change one's time
 * and to find the first take steps that grow with the logarithm of their number.
 */
#ifndef PUCK_SIM_EVENT_HEAP_H
#define PUCK_SIM_EVENT_HEAP_H

#include "firmware/base/time.h"

struct event_heap {
    uint32_t count;
    time_us *due;    /* of each item */
    uint32_t *order; /* the heap, of items */
    uint32_t *place; /* of each item in `order` */
};

/* All items, 0 to `count` - 1, are due never. */
void event_heap_start(struct event_heap *, uint32_t count);
void event_heap_stop(struct event_heap *);

void event_heap_set(struct event_heap *, uint32_t item, time_us due);

/* The item that is due first; its time is due[] of it. Of those due together it is the same one in every run. */
static inline uint32_t event_heap_first(const struct event_heap *heap)
{
    return heap->order[0];
}

#endif
