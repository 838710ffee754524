/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Which blocks of a file are here already, where they may come in any order: multicast transfers (PXE 2.1's MTFTP,
 * RFC 2090). Block numbers have 16 bits and do not roll over there, as somebody who joins in the middle could not tell
 * how often they have: 1 to 65535 is all there is.
 */
#ifndef PUCK_PROTO_BLOCK_MAP_H
#define PUCK_PROTO_BLOCK_MAP_H

#include <stdbool.h>
#include <stdint.h>

#define BLOCK_MAP_MAX 65535

struct block_map {
    uint32_t count; /* how many are here */
    uint32_t words[(BLOCK_MAP_MAX + 1) / 32];
};

void block_map_clear(struct block_map *);

bool block_map_has(const struct block_map *, uint16_t block);

/* Notes that `block` (1 and up) is here; false when it was already. */
bool block_map_add(struct block_map *, uint16_t block);

/* The first block from `from` (1 and up) to `last` that is not here; 0 when all are. */
uint16_t block_map_missing(const struct block_map *, uint16_t from, uint16_t last);

#endif
