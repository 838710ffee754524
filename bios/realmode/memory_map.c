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

#define SMAP            0x534d4150u
#define MB              0x100000u
#define BASE_MEMORY_END 0xa0000u
#define EMPTY           ((struct memory_range){.attributes = 1})

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

static void older_functions(const struct memory_range *ranges, unsigned count)
{
    uint64_t above_1mb = memory_ranges_contiguous(ranges, count, MB);
    uint64_t below_16mb = above_1mb < 15 * MB ? above_1mb : 15 * MB;
    uint64_t above_16mb = below_16mb == 15 * MB ? above_1mb - below_16mb : 0;

    LOW(uint16_t, low_e801_below_16mb) = (uint16_t)(below_16mb >> 10);
    LOW(uint16_t, low_e801_above_16mb) = (uint16_t)(above_16mb >> 16 > 0xffff ? 0xffff : above_16mb >> 16);
    LOW(uint16_t, low_88_size) = (uint16_t)(above_1mb >> 10 > 0xffff ? 0xffff : above_1mb >> 10);
}

void memory_map_hide(void)
{
    struct memory_range *shown = &LOW(struct memory_range, low_e820);
    struct memory_range found[LOW_E820_MAX], without_low[LOW_E820_MAX];
    unsigned count = memory_map_read(found, LOW_E820_MAX);

    /* Base memory ends where 40:13 says: not only our block is hidden, but all above it. */
    count = memory_ranges_reserve(without_low, LOW_E820_MAX, found, count, low_address(), BASE_MEMORY_END);
    count = memory_ranges_reserve(shown, LOW_E820_MAX, without_low, count, high_base, (uint64_t)high_base + high_size);
    LOW(uint32_t, low_e820_count) = count;
    LOW(uint32_t, low_e820_entry_size) = entry_size;
    older_functions(shown, count);
}

bool memory_map_is_ram(uint32_t start, uint32_t end)
{
    return memory_ranges_contiguous(&LOW(struct memory_range, low_e820), LOW(uint32_t, low_e820_count), start) >=
           end - start;
}
