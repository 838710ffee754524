/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/base/random.h"

static uint32_t rotate(uint32_t v, unsigned by)
{
    return v << by | v >> (32 - by);
}

static void quarter_round(uint32_t *s, unsigned a, unsigned b, unsigned c, unsigned d)
{
    s[a] += s[b];
    s[d] = rotate(s[d] ^ s[a], 16);
    s[c] += s[d];
    s[b] = rotate(s[b] ^ s[c], 12);
    s[a] += s[b];
    s[d] = rotate(s[d] ^ s[a], 8);
    s[c] += s[d];
    s[b] = rotate(s[b] ^ s[c], 7);
}

/* RFC 8439 section 2.3, with an all-zero nonce: a key is used by one generator only. */
static void next_block(struct random *r)
{
    uint32_t start[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};

    memcpy(start + 4, r->key, sizeof(r->key));
    start[12] = r->counter++;
    memcpy(r->block, start, sizeof(start));
    for (unsigned round = 0; round < 10; round++) {
        for (unsigned i = 0; i < 4; i++)
            quarter_round(r->block, i, 4 + i, 8 + i, 12 + i);
        for (unsigned i = 0; i < 4; i++)
            quarter_round(r->block, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
    }
    for (unsigned i = 0; i < 16; i++)
        r->block[i] += start[i];
    r->used = 0;
}

/* Absorbs 32 bytes at a time: xor into the key, then replace the key by its own keystream, so nothing is undone. */
void random_seed(struct random *r, struct slice entropy)
{
    uint32_t piece[8];

    do {
        struct slice part = slice_first(entropy, sizeof(piece));

        memset(piece, 0, sizeof(piece));
        if (part.len != 0)
            memcpy(piece, part.data, part.len);
        for (unsigned i = 0; i < 8; i++)
            r->key[i] ^= piece[i];
        next_block(r);
        memcpy(r->key, r->block, sizeof(r->key));
        entropy = slice_from(entropy, part.len);
    } while (entropy.len != 0);
    next_block(r);
}

uint32_t random_u32(struct random *r)
{
    if (r->used >= 16)
        next_block(r);
    return r->block[r->used++];
}

uint32_t random_below(struct random *r, uint32_t limit)
{
    return (uint32_t)((uint64_t)random_u32(r) * limit >> 32);
}
