/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "bios/realmode/memory_map.h"

#include "bios/realmode/low.h"
#include "firmware/base/bytes.h"

LOW_SYMBOL(low_e820);
LOW_SYMBOL(low_e820_count);
LOW_SYMBOL(low_e820_entry_size);
LOW_SYMBOL(low_e801_below_16mb);
LOW_SYMBOL(low_e801_above_16mb);
LOW_SYMBOL(low_88_size);

#define SMAP  0x534d4150u
#define MB    0x100000u
#define EMPTY ((struct memory_range){.attributes = 1})

static uint32_t high_base, high_size;
static unsigned entry_size = 20;

void memory_map_set_high(uint32_t base, uint32_t size)
{
    high_base = base;
    high_size = size;
}

unsigned memory_map_read(struct memory_range *ranges, unsigned max)
{
    struct memory_range *buffer = &LOW(struct memory_range, low_frame); /* no frame is there yet */
    struct real_regs regs = {.ebx = 0};
    unsigned count = 0;

    entry_size = 20;
    /* The bound is for BIOSes whose continuation value never becomes 0. */
    for (unsigned calls = 0; calls < 256 && count < max; calls++) {
        *buffer = EMPTY;
        regs.eax = 0xe820;
        regs.edx = SMAP;
        regs.ecx = sizeof(*buffer);
        regs.edi = (uint32_t)low_frame;
        regs.es = low_segment();
        bios_int(0x15, &regs);
        if ((regs.flags & FLAG_CARRY) || regs.eax != SMAP)
            break;
        if (regs.ecx >= 24)
            entry_size = 24;
        else
            buffer->attributes = 1;
        if (buffer->length)
            ranges[count++] = *buffer;
        if (regs.ebx == 0)
            break;
    }
    return count;
}

/* Adds a piece of a range; 0 is dropped, and so is what does not fit, unless it says that memory is not to be used. */
static unsigned add(struct memory_range *to, unsigned count, struct memory_range from, uint64_t base, uint64_t end)
{
    if (base >= end || count >= LOW_E820_MAX)
        return count;
    to[count] = from;
    to[count].base = base;
    to[count].length = end - base;
    return count + 1;
}

static uint64_t clamp(uint64_t value, uint64_t low, uint64_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* `from` without [hole, hole_end), which becomes reserved where it was RAM. */
static unsigned add_around(struct memory_range *to, unsigned count, struct memory_range from, uint64_t hole,
                           uint64_t hole_end)
{
    uint64_t base = from.base, end = from.base + from.length;
    struct memory_range ours = from;

    if (from.type != MEMORY_RAM || end <= hole || base >= hole_end)
        return add(to, count, from, base, end);
    ours.type = MEMORY_RESERVED;
    count = add(to, count, from, base, clamp(hole, base, end));
    count = add(to, count, ours, clamp(hole, base, end), clamp(hole_end, base, end));
    return add(to, count, from, clamp(hole_end, base, end), end);
}

/* How much RAM follows `start` without a gap. */
static uint64_t contiguous(const struct memory_range *ranges, unsigned count, uint64_t start)
{
    uint64_t end = start;
    bool grew;

    do {
        grew = false;
        for (unsigned i = 0; i < count; i++) {
            uint64_t range_end = ranges[i].base + ranges[i].length;

            if (ranges[i].type == MEMORY_RAM && ranges[i].base <= end && range_end > end) {
                end = range_end;
                grew = true;
            }
        }
    } while (grew);
    return end - start;
}

static void older_functions(const struct memory_range *ranges, unsigned count)
{
    uint64_t above_1mb = contiguous(ranges, count, MB);
    uint64_t below_16mb = above_1mb < 15 * MB ? above_1mb : 15 * MB;
    uint64_t above_16mb = below_16mb == 15 * MB ? above_1mb - below_16mb : 0;

    LOW(uint16_t, low_e801_below_16mb) = (uint16_t)(below_16mb >> 10);
    LOW(uint16_t, low_e801_above_16mb) = (uint16_t)(above_16mb >> 16 > 0xffff ? 0xffff : above_16mb >> 16);
    LOW(uint16_t, low_88_size) = (uint16_t)(above_1mb >> 10 > 0xffff ? 0xffff : above_1mb >> 10);
}

void memory_map_hide(void)
{
    struct memory_range *shown = &LOW(struct memory_range, low_e820);
    struct memory_range found[LOW_E820_MAX];
    unsigned found_count = memory_map_read(found, LOW_E820_MAX), count = 0;
    uint32_t low = low_address();

    for (unsigned i = 0; i < found_count; i++) {
        /* Base memory ends where 40:13 says; not only our block, but all above it. No range we care about starts below
         * 640 KB and reaches the high block. */
        if (found[i].base < low)
            count = add_around(shown, count, found[i], low, 0xa0000);
        else
            count = add_around(shown, count, found[i], high_base, (uint64_t)high_base + high_size);
    }
    LOW(uint32_t, low_e820_count) = count;
    LOW(uint32_t, low_e820_entry_size) = entry_size;
    older_functions(shown, count);
}

bool memory_map_is_ram(uint32_t start, uint32_t end)
{
    return contiguous(&LOW(struct memory_range, low_e820), LOW(uint32_t, low_e820_count), start) >= end - start;
}
