/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/base/text.h"

void text_copy_printable(char *to, size_t size, struct slice from)
{
    size_t at = 0;

    for (; at + 1 < size && at < from.len && from.data[at] != '\0'; at++)
        to[at] = from.data[at] >= ' ' && from.data[at] <= '~' ? (char)from.data[at] : '?';
    to[at] = '\0';
}

bool text_copy(char *to, size_t size, struct slice from)
{
    size_t at = 0;

    for (; at + 1 < size && at < from.len && from.data[at] != '\0'; at++)
        to[at] = (char)from.data[at];
    to[at] = '\0';
    return at == from.len || from.data[at] == '\0';
}

size_t text_length(const char *text)
{
    size_t len = 0;

    while (text[len] != '\0')
        len++;
    return len;
}

bool text_equal(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b)
        a++, b++;
    return *a == *b;
}

struct slice text_slice(const char *text)
{
    return slice_of(text, text_length(text));
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

bool text_equal_ignoring_case(struct slice a, const char *b)
{
    for (size_t at = 0; at < a.len; at++)
        if (b[at] == '\0' || lower(a.data[at]) != lower((uint8_t)b[at]))
            return false;
    return b[a.len] == '\0';
}

bool text_parse_decimal(struct slice from, uint64_t *value)
{
    uint64_t sum = 0;

    if (from.len == 0)
        return false;
    for (size_t at = 0; at < from.len; at++) {
        unsigned digit = from.data[at] - (unsigned)'0';

        if (digit > 9 || sum > UINT64_MAX / 10 || (sum == UINT64_MAX / 10 && digit > UINT64_MAX % 10))
            return false;
        sum = sum * 10 + digit;
    }
    *value = sum;
    return true;
}
