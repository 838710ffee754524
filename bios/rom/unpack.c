/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Runs from the ROM, in protected mode, before anything else of ours exists: no data, no calls outside the ROM. */
#include "bios/rom/unpack.h"

#include "bios/rom/lzma.h"

static uint32_t load32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void store32(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)value;
    p[1] = (uint8_t)(value >> 8);
    p[2] = (uint8_t)(value >> 16);
    p[3] = (uint8_t)(value >> 24);
}

/* romtool replaced the operand of every near call and jump that stays inside the code by its target's offset, which
 * makes calls of the same function look the same to LZMA. Operands it could not replace but which would look replaced
 * were moved to the values the replaced ones left free. */
static void calls_restore(uint8_t *code, uint32_t size)
{
    uint32_t at = 0;

    while (at + 5 <= size) {
        uint32_t target;

        if ((code[at] & 0xfe) != 0xe8) {
            at++;
            continue;
        }
        target = load32(code + at + 1);
        if (target < size)
            store32(code + at + 1, target - (at + 5));
        else if (-target <= at + 5)
            store32(code + at + 1, target + size);
        at += 5;
    }
}

static void relocate(uint8_t *base, uint32_t address, const uint8_t *table, uint32_t count)
{
    uint32_t at = 0;

    while (count--) {
        uint32_t distance = 0;
        unsigned shift = 0;

        do {
            distance |= (uint32_t)(*table & 0x7f) << shift;
            shift += 7;
        } while (*table++ & 0x80);
        at += distance;
        store32(base + at, load32(base + at) + address);
    }
}

uint32_t rom_unpack(const struct payload *payload, uint8_t *base, uint32_t address, uint16_t *scratch)
{
    struct lzma_properties properties = {payload->lc, payload->lp, payload->pb};

    if (!lzma_decode(base, payload->unpacked_size, payload->stream, scratch, properties))
        return 0;
    calls_restore(base, payload->code_size);
    relocate(base, address, base + payload->image_size, payload->relocations);
    for (uint32_t at = payload->image_size; at < payload->memory_size; at++)
        base[at] = 0;
    return address + payload->entry;
}
