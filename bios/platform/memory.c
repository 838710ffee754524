/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The four memory functions the compiler expects to exist. The string instructions copy as fast as the processor can,
 * and under an emulator they cost one instruction each, not one per byte. */
#include "firmware/base/bytes.h"

void *memcpy(void *restrict to, const void *restrict from, size_t len)
{
    void *d = to;
    size_t words = len >> 2, rest = len & 3;

    __asm__ volatile("rep movsl" : "+D"(d), "+S"(from), "+c"(words) : : "memory");
    __asm__ volatile("rep movsb" : "+D"(d), "+S"(from), "+c"(rest) : : "memory");
    return to;
}

void *memmove(void *to, const void *from, size_t len)
{
    const uint8_t *s = (const uint8_t *)from + len - 1;
    uint8_t *d = (uint8_t *)to + len - 1;

    if ((uintptr_t)to - (uintptr_t)from >= len)
        return memcpy(to, from, len);
    __asm__ volatile("std\n\trep movsb\n\tcld" : "+D"(d), "+S"(s), "+c"(len) : : "memory", "cc");
    return to;
}

void *memset(void *to, int value, size_t len)
{
    uint32_t pattern = (uint8_t)value * 0x01010101u;
    size_t words = len >> 2, rest = len & 3;
    void *d = to;

    __asm__ volatile("rep stosl" : "+D"(d), "+c"(words) : "a"(pattern) : "memory");
    __asm__ volatile("rep stosb" : "+D"(d), "+c"(rest) : "a"(pattern) : "memory");
    return to;
}

int memcmp(const void *a, const void *b, size_t len)
{
    const uint8_t *x = a, *y = b;

    for (; len; len--, x++, y++)
        if (*x != *y)
            return *x < *y ? -1 : 1;
    return 0;
}
