/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/relay/event_queue.h"

#include <stdlib.h>
#include <string.h>

static bool is_before(const struct event *a, const struct event *b)
{
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->order < b->order;
}

static void swap(struct event *a, struct event *b)
{
    struct event kept = *a;
    *a = *b;
    *b = kept;
}

static bool grow(struct event_queue *q)
{
    size_t room = q->room ? 2 * q->room : 64;
    struct event *heap = realloc(q->heap, room * sizeof *heap);
    if (!heap)
        return false;
    q->heap = heap;
    q->room = room;
    return true;
}

bool event_queue_put(struct event_queue *q, uint64_t due_ns, unsigned direction, const uint8_t *frame, size_t len)
{
    if (q->count == q->room && !grow(q))
        return false;
    uint8_t *copy = malloc(len ? len : 1);
    if (!copy)
        return false;
    if (len)
        memcpy(copy, frame, len);
    size_t at = q->count++;
    q->heap[at] =
        (struct event){.due_ns = due_ns, .order = q->next_order++, .frame = copy, .len = len, .direction = direction};
    while (at > 0 && is_before(&q->heap[at], &q->heap[(at - 1) / 2])) {
        swap(&q->heap[at], &q->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    return true;
}

uint64_t event_queue_next(const struct event_queue *q)
{
    return q->count ? q->heap[0].due_ns : UINT64_MAX;
}

bool event_queue_take(struct event_queue *q, uint64_t now_ns, struct event *out)
{
    if (!q->count || q->heap[0].due_ns > now_ns)
        return false;
    *out = q->heap[0];
    q->heap[0] = q->heap[--q->count];
    for (size_t at = 0;;) {
        size_t first = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < q->count; child++) {
            if (is_before(&q->heap[child], &q->heap[first]))
                first = child;
        }
        if (first == at)
            return true;
        swap(&q->heap[at], &q->heap[first]);
        at = first;
    }
}

void event_queue_clear(struct event_queue *q)
{
    for (size_t i = 0; i < q->count; i++)
        free(q->heap[i].frame);
    free(q->heap);
    *q = (struct event_queue){0};
}
