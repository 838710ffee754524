/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/sim/event_heap.h"

#include <stdlib.h>

void event_heap_start(struct event_heap *heap, uint32_t count)
{
    heap->count = count;
    heap->due = malloc(count * sizeof(*heap->due));
    heap->order = malloc(count * sizeof(*heap->order));
    heap->place = malloc(count * sizeof(*heap->place));
    if (count == 0 || heap->due == NULL || heap->order == NULL || heap->place == NULL)
        abort();
    for (uint32_t n = 0; n < count; n++) {
        heap->due[n] = TIME_NEVER;
        heap->order[n] = heap->place[n] = n;
    }
}

void event_heap_stop(struct event_heap *heap)
{
    free(heap->due);
    free(heap->order);
    free(heap->place);
}

static void put(struct event_heap *heap, uint32_t at, uint32_t item)
{
    heap->order[at] = item;
    heap->place[item] = at;
}

void event_heap_set(struct event_heap *heap, uint32_t item, time_us due)
{
    uint32_t at = heap->place[item];

    if (heap->due[item] == due)
        return;
    heap->due[item] = due;
    while (at != 0 && heap->due[heap->order[(at - 1) / 2]] > due) {
        put(heap, at, heap->order[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    for (;;) {
        uint32_t child = 2 * at + 1;

        if (child + 1 < heap->count && heap->due[heap->order[child + 1]] < heap->due[heap->order[child]])
            child++;
        if (child >= heap->count || heap->due[heap->order[child]] >= due)
            break;
        put(heap, at, heap->order[child]);
        at = child;
    }
    put(heap, at, item);
}
