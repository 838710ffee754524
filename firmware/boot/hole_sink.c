/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/boot/hole_sink.h"

enum {
    BLOCK_SHIFT = 9, /* of MTFTP: 512 bytes */
};

static uint64_t end_of_last_hole(const struct hole_sink *s, uint64_t size)
{
    uint16_t block = (uint16_t)((size >> BLOCK_SHIFT) + 1);
    uint64_t end;

    while (block > 0 && block_map_has(s->map, block))
        block--;
    end = (uint64_t)block << BLOCK_SHIFT;
    return end < size ? end : size;
}

static enum status hole_sink_size_known(struct sink *sink, uint64_t size)
{
    struct hole_sink *s = (struct hole_sink *)sink;

    s->is_filling = s->map->count != 0 && s->size != UINT64_MAX && s->size == size;
    if (s->is_filling)
        s->end = end_of_last_hole(s, size);
    return s->to->size_known(s->to, size);
}

static enum status let_through(struct hole_sink *s, uint64_t at, struct slice bytes)
{
    s->written += bytes.len;
    return bytes.len == 0 ? STATUS_OK : s->to->write(s->to, at, bytes);
}

static enum status hole_sink_write(struct sink *sink, uint64_t at, struct slice bytes)
{
    struct hole_sink *s = (struct hole_sink *)sink;
    enum status status = STATUS_OK;

    if (!s->is_filling)
        return let_through(s, at, bytes);
    while (bytes.len != 0 && status == STATUS_OK) {
        uint64_t block = (at >> BLOCK_SHIFT) + 1, block_end = block << BLOCK_SHIFT;
        struct slice piece = slice_first(bytes, (size_t)(block_end - at));

        if (block > BLOCK_MAP_MAX || !block_map_has(s->map, (uint16_t)block))
            status = let_through(s, at, piece);
        at += piece.len;
        bytes = slice_from(bytes, piece.len);
    }
    return status;
}

void hole_sink_start(struct hole_sink *s, struct sink *to, const struct block_map *map, uint64_t received,
                     uint64_t size)
{
    *s = (struct hole_sink){
        .sink = {.size_known = hole_sink_size_known, .write = hole_sink_write},
        .to = to,
        .map = map,
        .size = size,
        .kept = received,
    };
}
