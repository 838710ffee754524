/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/base/checksum.h"

/* A word wherever it lies. */
struct word {
    uint32_t value;
} __attribute__((packed, may_alias));

static inline uint32_t word_at(const uint8_t *p)
{
    return ((const struct word *)p)->value;
}

/* Ones' complement addition: the carry comes back in at the bottom. */
static inline uint32_t add(uint32_t sum, uint32_t word)
{
    uint32_t next = sum + word;

    return next + (next < word);
}

#define BLOCK 64

/* The sum of BLOCK bytes, added to `sum`. No compiler makes a chain of carries of the loop, which is four times as
 * long. */
static inline uint32_t add_block(uint32_t sum, const uint8_t *p)
{
#ifdef __i386__
    const struct block {
        uint8_t bytes[BLOCK];
    } *block = (const void *)p;

    __asm__("addl (%1), %0\n\tadcl 4(%1), %0\n\tadcl 8(%1), %0\n\tadcl 12(%1), %0\n\t"
            "adcl 16(%1), %0\n\tadcl 20(%1), %0\n\tadcl 24(%1), %0\n\tadcl 28(%1), %0\n\t"
            "adcl 32(%1), %0\n\tadcl 36(%1), %0\n\tadcl 40(%1), %0\n\tadcl 44(%1), %0\n\t"
            "adcl 48(%1), %0\n\tadcl 52(%1), %0\n\tadcl 56(%1), %0\n\tadcl 60(%1), %0\n\t"
            "adcl $0, %0"
            : "+r"(sum)
            : "r"(p), "m"(*block)
            : "cc");
#else
    for (size_t at = 0; at < BLOCK; at += 4)
        sum = add(sum, word_at(p + at));
#endif
    return sum;
}

/*
 * Four bytes at a time: ones' complement addition does not care about word size or byte order (RFC 1071 section 2).
 * This is most of what receiving a byte costs beside copying it.
 */
uint32_t checksum_add(uint32_t sum, struct slice s)
{
    const uint8_t *p = s.data;
    size_t left = s.len;
    uint32_t rest = 0;

    for (; left >= BLOCK; left -= BLOCK, p += BLOCK)
        sum = add_block(sum, p);
    for (; left >= 4; left -= 4, p += 4)
        sum = add(sum, word_at(p));
    if (left != 0)
        memcpy(&rest, p, left); /* zeros behind: only the last piece may have an odd length */
    return add(sum, rest);
}

uint32_t checksum_add_be16(uint32_t sum, uint16_t word)
{
    uint8_t bytes[2] = {(uint8_t)(word >> 8), (uint8_t)word};

    return checksum_add(sum, slice_of(bytes, sizeof(bytes)));
}

uint16_t checksum_finish(uint32_t sum)
{
    uint8_t bytes[2];
    uint16_t folded;

    sum = (sum & 0xffffu) + (sum >> 16);
    sum = (sum & 0xffffu) + (sum >> 16);
    folded = (uint16_t)~sum;
    memcpy(bytes, &folded, sizeof(bytes));
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}
