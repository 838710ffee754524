/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/libc/string.h"

/* Words first: not every processor makes as much of single bytes, and an emulator makes eight times the work of them.
 */
void *memcpy(void *restrict to, const void *restrict from, size_t len)
{
    void *result = to;
    size_t words = len / sizeof(words);

#ifdef __x86_64__
    __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
#else
    __asm__ volatile("rep movsl" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
#endif
    len %= sizeof(words);
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(len) : : "memory");
    return result;
}

void *memmove(void *to, const void *from, size_t len)
{
    char *last = (char *)to + len - 1;
    const char *last_from = (const char *)from + len - 1;

    if ((char *)to <= (const char *)from || (char *)to >= (const char *)from + len)
        return memcpy(to, from, len);
    __asm__ volatile("std\n\trep movsb\n\tcld" : "+D"(last), "+S"(last_from), "+c"(len) : : "memory");
    return to;
}

void *memset(void *to, int value, size_t len)
{
    void *result = to;

    __asm__ volatile("rep stosb" : "+D"(to), "+c"(len) : "a"(value) : "memory");
    return result;
}

int memcmp(const void *a, const void *b, size_t len)
{
    const unsigned char *left = a, *right = b;

    for (size_t at = 0; at < len; at++)
        if (left[at] != right[at])
            return left[at] < right[at] ? -1 : 1;
    return 0;
}
