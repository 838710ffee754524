/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A sink in front of another one that has blocks of the file already, by multicast: it lets through what is missing.
 *
 * Blocks that came by multicast are kept only when the last one is among them and the server tells the same size by
 * unicast. Otherwise all bytes go through, and write over what was there: no byte of the file is another source's then.
 * (Where the last block is missing all of the file has to be sent anyway.)
 */
#ifndef PUCK_BOOT_HOLE_SINK_H
#define PUCK_BOOT_HOLE_SINK_H

#include "firmware/base/sink.h"
#include "firmware/proto/block_map.h"

struct hole_sink {
    struct sink sink; /* first */
    struct sink *to;
    const struct block_map *map;
    uint64_t size;    /* as the last block says; UINT64_MAX: it is not there */
    bool is_filling;  /* the size agrees: what is there stays */
    uint64_t kept;    /* bytes that were there, when filling */
    uint64_t written; /* bytes that were let through, some twice where a server was lost */
    uint64_t end;     /* of the last hole, when filling: nothing behind it is needed */
};

/* `received` bytes are in `to`, the blocks of the map. */
void hole_sink_start(struct hole_sink *, struct sink *to, const struct block_map *map, uint64_t received,
                     uint64_t size);

#endif
