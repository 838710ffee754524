/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/relay/link.h"

#include <string.h>

#define ETHERNET_HEADER 14u
#define WIRE_EXTRA      24u /* preamble 8, FCS 4, gap 12: what a frame occupies beyond its own bytes */
#define WIRE_MIN        60u /* a shorter frame is padded to this before its FCS */

uint64_t link_random(uint64_t *state)
{
    /* splitmix64 (Steele, Lea, Flood 2014): a counter through a 64-bit mixer; any seed will do, zero too. */
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* The generator is always stepped, so that changing one probability leaves the fate of other frames alone. */
static bool chance(struct link *l, double probability)
{
    return (double)(link_random(&l->random) >> 11) * 0x1p-53 < probability;
}

void link_start(struct link *l, const struct link_config *config, uint64_t seed)
{
    memset(l, 0, sizeof *l);
    l->config = *config;
    l->random = seed;
    if (!l->config.queue_frames || l->config.queue_frames > LINK_QUEUE_MAX)
        l->config.queue_frames = LINK_QUEUE_MAX;
}

static bool in_blackout(const struct link_config *c, uint64_t since_start_ns)
{
    for (unsigned i = 0; i < c->blackouts; i++) {
        if (since_start_ns >= c->blackout[i].from_ns && since_start_ns < c->blackout[i].to_ns)
            return true;
    }
    return false;
}

static bool is_fragment(const uint8_t *frame, size_t len)
{
    if (len < ETHERNET_HEADER + 20 || frame[12] != 0x08 || frame[13] != 0x00)
        return false;
    /* RFC 791: MF flag set, or an offset that is not zero */
    return (frame[ETHERNET_HEADER + 6] & 0x3f) != 0 || frame[ETHERNET_HEADER + 7] != 0;
}

/* Puts a frame into the queue before the rate limit; false when the queue is full. *leaves_ns: when its last bit is
 * out. */
static bool queue_frame(struct link *l, uint64_t now_ns, size_t len, uint64_t *leaves_ns)
{
    *leaves_ns = now_ns;
    if (!l->config.rate_bps)
        return true;
    while (l->leaves_count && l->leaves_ns[l->leaves_first] <= now_ns) {
        l->leaves_first = (l->leaves_first + 1) % LINK_QUEUE_MAX;
        l->leaves_count--;
    }
    if (l->leaves_count >= l->config.queue_frames)
        return false;
    uint64_t start = l->free_at_ns > now_ns ? l->free_at_ns : now_ns;
    uint64_t wire_bits = 8u * ((len < WIRE_MIN ? WIRE_MIN : len) + WIRE_EXTRA);
    *leaves_ns = start + wire_bits * 1000000000u / l->config.rate_bps;
    l->free_at_ns = *leaves_ns;
    l->leaves_ns[(l->leaves_first + l->leaves_count) % LINK_QUEUE_MAX] = *leaves_ns;
    l->leaves_count++;
    return true;
}

static struct link_verdict drop(struct link *l, enum link_drop reason)
{
    l->count.dropped[reason]++;
    return (struct link_verdict){0};
}

struct link_verdict link_frame(struct link *l, uint64_t now_ns, uint64_t start_ns, const uint8_t *frame, size_t len)
{
    const struct link_config *c = &l->config;
    l->count.frames++;
    l->count.bytes += len;
    bool lost = chance(l, c->loss), corrupt = chance(l, c->corrupt);
    bool reorder = chance(l, c->reorder), duplicate = chance(l, c->duplicate);
    uint64_t jitter = c->jitter_ns ? link_random(&l->random) % (c->jitter_ns + 1) : 0;
    uint64_t where = link_random(&l->random);

    if (in_blackout(c, now_ns - start_ns))
        return drop(l, DROP_BLACKOUT);
    if (c->max_frame && len > c->max_frame)
        return drop(l, DROP_SIZE);
    if (c->drop_fragments && is_fragment(frame, len))
        return drop(l, DROP_FRAGMENT);
    if (lost)
        return drop(l, DROP_LOSS);
    uint64_t leaves;
    if (!queue_frame(l, now_ns, len, &leaves))
        return drop(l, DROP_QUEUE);

    struct link_verdict v = {.copies = 1};
    uint64_t due = leaves + c->delay_ns + jitter;
    if (due < l->last_due_ns)
        due = l->last_due_ns;
    if (reorder) {
        l->count.reordered++;
        v.due_ns[0] = due + c->reorder_hold_ns;
    } else {
        v.due_ns[0] = l->last_due_ns = due;
    }
    if (duplicate) {
        l->count.duplicated++;
        v.due_ns[v.copies++] = v.due_ns[0];
    }
    /* A frame with a damaged address would only test the receiver's filter. */
    if (corrupt && len > ETHERNET_HEADER) {
        l->count.corrupted++;
        v.corrupt = true;
        v.corrupt_bit = 8 * ETHERNET_HEADER + (size_t)(where % (8 * (len - ETHERNET_HEADER)));
    }
    return v;
}
