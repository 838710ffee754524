/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/proto/tftp_window.h"

#define NUMBERS     65536u
#define NEVER_ENDS  UINT32_MAX
#define NOT_A_BLOCK INT32_MIN

void tftp_window_start(struct tftp_window *w, uint16_t block_size, uint16_t size, bool within)
{
    *w = (struct tftp_window){
        .block_size = block_size,
        .size = size,
        .within = within,
        .next = 1,
        .number = 1,
        .last = NEVER_ENDS,
    };
}

/* How far a number lies beyond (or, negative, before) the next block's. */
static int32_t distance_of(const struct tftp_window *w, uint16_t number)
{
    int32_t distance;

    if (!w->number_skips_zero)
        return (int16_t)(number - w->number);
    if (number == 0)
        return NOT_A_BLOCK;
    distance = (int32_t)number - (int32_t)w->number;
    if (distance > (int32_t)NUMBERS / 2)
        return distance - (int32_t)(NUMBERS - 1);
    return distance < -(int32_t)NUMBERS / 2 ? distance + (int32_t)(NUMBERS - 1) : distance;
}

/*
 * The count first reaches 65536, and `number` is one that lies there if 0 follows 65535. Is it that one, or, when 1
 * follows, the one before? In lock-step 1 can only come next. In a window the block of number 0 may just be lost; but a
 * server that leaves out 0 ends its window with a number one higher than the others do. Until either is seen the block
 * has no known place.
 */
static bool wrap_is_clear(struct tftp_window *w, uint16_t number)
{
    bool skips = w->size == 1 ? number == 1 && w->next == NUMBERS : number == (uint16_t)(w->acked + w->size + 1);

    if (number != 0 && !skips)
        return false;
    w->number_wrap_is_known = true;
    w->number_skips_zero = number != 0;
    if (w->number_skips_zero && w->next == NUMBERS)
        w->number = 1;
    return true;
}

/* A paced caller has no room for more than it was acknowledged. */
static bool there_is_room(const struct tftp_window *w, uint32_t block)
{
    return !w->within || block - w->acked <= w->size;
}

struct tftp_taken tftp_window_find(struct tftp_window *w, uint16_t number)
{
    struct tftp_taken taken = {.kind = TFTP_BLOCK_USELESS};
    int32_t distance = distance_of(w, number);

    /* The fast path: nothing is missing and this is the one. */
    if (distance == 0 && number != 0 && w->next <= w->last && there_is_room(w, w->next)) {
        taken.kind = TFTP_BLOCK_NEW;
        taken.block = w->next;
        taken.position = w->position;
        return taken;
    }
    if (!w->number_wrap_is_known && distance >= 0 && w->next <= NUMBERS && w->next + (uint32_t)distance >= NUMBERS) {
        if (!wrap_is_clear(w, number)) {
            /* It tells of a gap all the same. */
            taken.block = w->next + (uint32_t)distance;
            return taken;
        }
        distance = distance_of(w, number);
    }
    if (distance == NOT_A_BLOCK || (distance < 0 && (uint32_t)-distance >= w->next))
        return taken;
    taken.block = w->next + (uint32_t)distance;
    if (distance < 0) {
        if (distance == -1 && w->acked == taken.block)
            taken.kind = TFTP_BLOCK_REPEATED;
        return taken;
    }
    if (distance > TFTP_WINDOW_MAX || taken.block > w->last || !there_is_room(w, taken.block)) {
        taken.block = 0;
        return taken;
    }
    if (distance > 0 && (w->ahead >> (distance - 1) & 1) != 0)
        return taken;
    taken.kind = TFTP_BLOCK_NEW;
    taken.position = w->position + (uint64_t)(uint32_t)distance * w->block_size;
    return taken;
}

/* Past the block that was missing, and those behind it that are here. */
static void advance(struct tftp_window *w)
{
    bool is_here;

    do {
        is_here = (w->ahead & 1) != 0;
        w->ahead >>= 1;
        w->next++;
        w->number++;
        if (w->number == 0 && w->number_skips_zero)
            w->number = 1;
        w->position += w->block_size;
    } while (is_here && w->next <= w->last);
    w->gap_is_told = false;
}

/* A block behind the first missing one came. */
static bool gap_is_due(struct tftp_window *w, time_us now, time_us round_trip, bool went_back)
{
    if (w->gap_is_told && !(went_back && now - w->gap_told_at >= round_trip / 2))
        return false;
    w->gap_is_told = true;
    w->gap_told_at = now;
    w->gaps++;
    return true;
}

bool tftp_window_add(struct tftp_window *w, time_us now, time_us round_trip, const struct tftp_taken *taken, size_t len)
{
    uint32_t block = taken->block;
    bool went_back = block <= w->latest;

    if (block == 0)
        return false;
    w->latest = block;
    if (taken->kind == TFTP_BLOCK_NEW) {
        if (len < w->block_size && block < w->last) {
            w->last = block;
            w->last_len = (uint16_t)len;
        }
        if (block == w->next) {
            advance(w);
            if (w->next <= w->last)
                return w->next - 1 - w->acked >= w->size;
            w->position = w->position - w->block_size + w->last_len;
            return true;
        }
        w->ahead |= (uint64_t)1 << (block - w->next - 1);
    }
    return block > w->next && gap_is_due(w, now, round_trip, went_back);
}

uint16_t tftp_window_ack_number(const struct tftp_window *w)
{
    if (w->number == 1 && w->number_skips_zero && w->next != 1)
        return (uint16_t)(NUMBERS - 1);
    return (uint16_t)(w->number - 1);
}

void tftp_window_acked(struct tftp_window *w, time_us now)
{
    w->acked = w->next - 1;
    w->gap_is_told = w->ahead != 0;
    w->gap_told_at = now;
}
