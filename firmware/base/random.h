/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A generator of unpredictable numbers: ChaCha20 (RFC 8439 section 2.3) keyed once from whatever the platform could
 * gather. Transaction ids, ports and jitter come from it; seeing any number of its outputs tells nothing about the
 * others.
 */
#ifndef PUCK_BASE_RANDOM_H
#define PUCK_BASE_RANDOM_H

#include "firmware/base/bytes.h"

struct random {
    uint32_t key[8];
    uint32_t block[16];
    uint32_t counter;
    unsigned used; /* words of block already given away */
};

/* Mixes any amount of entropy into the key; may be called again. */
void random_seed(struct random *r, struct slice entropy);

uint32_t random_u32(struct random *r);

/* A number in [0, limit); 0 when limit is 0. */
uint32_t random_below(struct random *r, uint32_t limit);

#endif
