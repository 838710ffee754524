/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/base/checksum.h"

static uint32_t fold(uint64_t sum)
{
    sum = (sum & 0xffffffffu) + (sum >> 32);
    sum = (sum & 0xffffffffu) + (sum >> 32);
    return (uint32_t)sum;
}

/*
 * Four bytes at a time into a 64-bit sum: ones' complement addition does not care about word size or byte order
 * (RFC 1071 section 2), and this loop is most of what receiving a byte costs beside copying it.
 */
uint32_t checksum_add(uint32_t sum, struct slice s)
{
    uint64_t total = sum;
    const uint8_t *p = s.data, *end = s.data + s.len;
    uint16_t half;
    uint32_t word;

    for (; end - p >= 16; p += 16) {
        uint32_t words[4];

        memcpy(words, p, sizeof(words));
        total += (uint64_t)words[0] + words[1] + words[2] + words[3];
    }
    for (; end - p >= 4; p += 4) {
        memcpy(&word, p, sizeof(word));
        total += word;
    }
    if (end - p >= 2) {
        memcpy(&half, p, sizeof(half));
        total += half;
        p += 2;
    }
    if (p < end) {
        uint8_t last[2] = {*p, 0};

        memcpy(&half, last, sizeof(half));
        total += half;
    }
    return fold(total);
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
