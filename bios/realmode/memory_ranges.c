/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "bios/realmode/memory_ranges.h"

#include <stdbool.h>

struct range_list {
    struct memory_range *ranges;
    unsigned count, max;
};

/* A range that wraps ends with the address space. */
static uint64_t end_of(const struct memory_range *range)
{
    return range->length > UINT64_MAX - range->base ? UINT64_MAX : range->base + range->length;
}

static uint64_t clamp(uint64_t value, uint64_t low, uint64_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* Adds a piece of `of`. */
static void add(struct range_list *to, const struct memory_range *of, uint32_t type, uint64_t base, uint64_t end)
{
    struct memory_range *added = &to->ranges[to->count];

    if (base >= end || to->count == to->max)
        return;
    *added = *of;
    added->type = type;
    added->base = base;
    added->length = end - base;
    to->count++;
}

unsigned memory_ranges_reserve(struct memory_range *to, unsigned max, const struct memory_range *from, unsigned count,
                               uint64_t hole, uint64_t hole_end)
{
    struct range_list list = {.ranges = to, .max = max};

    for (; count != 0; count--, from++) {
        uint64_t end = end_of(from);
        uint64_t ours = clamp(hole, from->base, end), ours_end = clamp(hole_end, from->base, end);

        if (from->type != MEMORY_RAM)
            ours = ours_end = end;
        add(&list, from, from->type, from->base, ours);
        add(&list, from, MEMORY_RESERVED, ours, ours_end);
        add(&list, from, from->type, ours_end, end);
    }
    return list.count;
}

uint64_t memory_ranges_contiguous(const struct memory_range *ranges, unsigned count, uint64_t start)
{
    uint64_t end = start;
    bool grew;

    do {
        grew = false;
        for (unsigned i = 0; i < count; i++)
            if (ranges[i].type == MEMORY_RAM && ranges[i].base <= end && end_of(&ranges[i]) > end) {
                end = end_of(&ranges[i]);
                grew = true;
            }
    } while (grew);
    return end - start;
}
