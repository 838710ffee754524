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

/* The sum of `blocks` times BLOCK bytes, added to `sum`. No compiler makes a chain of carries of a loop, which is four
 * times as long. */
static inline uint32_t add_blocks(uint32_t sum, const uint8_t *p, size_t blocks)
{
#if defined(__i386__) || defined(__x86_64__)
    const struct block {
        uint8_t bytes[BLOCK];
    } *block = (const void *)p;
    size_t wide = sum;

    for (; blocks != 0; blocks--, block++) {
#ifdef __x86_64__
        __asm__("addq (%1), %0\n\tadcq 8(%1), %0\n\tadcq 16(%1), %0\n\tadcq 24(%1), %0\n\t"
                "adcq 32(%1), %0\n\tadcq 40(%1), %0\n\tadcq 48(%1), %0\n\tadcq 56(%1), %0\n\tadcq $0, %0"
                : "+r"(wide)
                : "r"(block), "m"(*block)
                : "cc");
#else
        __asm__("addl (%1), %0\n\tadcl 4(%1), %0\n\tadcl 8(%1), %0\n\tadcl 12(%1), %0\n\t"
                "adcl 16(%1), %0\n\tadcl 20(%1), %0\n\tadcl 24(%1), %0\n\tadcl 28(%1), %0\n\t"
                "adcl 32(%1), %0\n\tadcl 36(%1), %0\n\tadcl 40(%1), %0\n\tadcl 44(%1), %0\n\t"
                "adcl 48(%1), %0\n\tadcl 52(%1), %0\n\tadcl 56(%1), %0\n\tadcl 60(%1), %0\n\tadcl $0, %0"
                : "+r"(wide)
                : "r"(block), "m"(*block)
                : "cc");
#endif
    }
    /* The upper half of a 64-bit sum comes back in at the bottom, too. */
    return sizeof(wide) > sizeof(sum) ? add((uint32_t)wide, (uint32_t)((uint64_t)wide >> 32)) : (uint32_t)wide;
#else
    for (size_t at = 0; at < blocks * BLOCK; at += 4)
        sum = add(sum, word_at(p + at));
    return sum;
#endif
}

/*
 * Words at a time: ones' complement addition does not care about word size or byte order (RFC 1071 section 2). This is
 * most of what receiving a byte costs beside copying it.
 */
uint32_t checksum_add(uint32_t sum, struct slice s)
{
    const uint8_t *p = s.data;
    size_t left = s.len % BLOCK;
    uint32_t rest = 0;

    sum = add_blocks(sum, p, s.len / BLOCK);
    p += s.len - left;
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
