/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/proto/block_map.h"

#include "firmware/base/bytes.h"

static uint32_t bit_of(uint16_t block)
{
    return (uint32_t)1 << (block % 32);
}

void block_map_clear(struct block_map *map)
{
    memset(map, 0, sizeof(*map));
}

bool block_map_has(const struct block_map *map, uint16_t block)
{
    return (map->words[block / 32] & bit_of(block)) != 0;
}

bool block_map_add(struct block_map *map, uint16_t block)
{
    if (block == 0 || block_map_has(map, block))
        return false;
    map->words[block / 32] |= bit_of(block);
    map->count++;
    return true;
}

uint16_t block_map_missing(const struct block_map *map, uint16_t from, uint16_t last)
{
    for (uint32_t block = from != 0 ? from : 1; block <= last; block++) {
        if (block % 32 == 0 && map->words[block / 32] == 0xffffffffu)
            block += 31; /* a whole word of blocks that are here */
        else if (!block_map_has(map, (uint16_t)block))
            return (uint16_t)block;
    }
    return 0;
}
