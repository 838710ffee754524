/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Text from strangers on its way to a name or a screen (firmware/base/text.h, format.h, boot/screen.h): bounded, ended,
 * printable, and the number that the C library reads in the same digits.
 */
#include <stdio.h>

#include "firmware/base/text.h"
#include "firmware/boot/screen.h"
#include "tests/fuzz/fuzz.h"

enum {
    COLUMNS = 80
};

static unsigned column;

static void print(struct screen *screen, const char *text)
{
    size_t len = text_length(text);

    check(text_length(screen->progress) < COLUMNS);
    for (size_t n = 0; n < len; n++) {
        check((text[n] >= ' ' && text[n] <= '~') || text[n] == '\n' || text[n] == '\r');
        column = text[n] < ' ' ? 0 : column + 1;
        check(column < COLUMNS); /* the last column makes a terminal begin the next line */
    }
}

/* The first NUL, or the end. */
static size_t text_end(struct slice s)
{
    size_t len = 0;

    while (len < s.len && s.data[len] != 0)
        len++;
    return len;
}

static void copy(struct slice from, size_t size)
{
    char *name = malloc(size), *shown = malloc(size);
    size_t len = text_end(from), kept = len < size ? len : size - 1;

    check(name != NULL && shown != NULL);
    check(text_copy(name, size, from) == (len < size));
    check(text_length(name) == kept && memcmp(name, from.data, kept) == 0);
    text_copy_printable(shown, size, from);
    check(text_length(shown) == kept);
    for (size_t n = 0; n < kept; n++)
        check(shown[n] == name[n] || (shown[n] == '?' && (name[n] < ' ' || name[n] > '~')));
    check(text_equal(name, name) && text_equal_ignoring_case(text_slice(name), name));
    free(name);
    free(shown);
}

static void parse_number(struct slice digits)
{
    uint64_t value = 0;
    char again[24];

    if (!text_parse_decimal(digits, &value))
        return;
    while (digits.len > 1 && digits.data[0] == '0')
        digits = slice_from(digits, 1);
    check(text_format(again, sizeof(again), "%llu", (unsigned long long)value) == digits.len);
    check(memcmp(again, digits.data, digits.len) == 0);
}

/* What our printf writes is what the C library's writes. */
static void format(struct reader *in)
{
    uint64_t number = (uint64_t)read_be32(in) << 32 | read_be32(in);
    size_t size = 1 + read_u8(in) % 100u;
    int width = read_u8(in) % 40, precision = read_u8(in) % 40;
    char text[64], expected[256], *ours = malloc(size);
    size_t len;

    check(ours != NULL);
    text_copy_printable(text, sizeof(text), read_at_most(in, 60));
    (void)snprintf(expected, sizeof(expected), "%*llu|%08x|%-*d|%X|%.*s|%-20s|%c%%", width, (unsigned long long)number,
                   (unsigned)number, width, (int)(number >> 32), (unsigned)(number >> 16), precision, text, text, 'c');
    len =
        text_format(ours, size, "%*llu|%08x|%-*d|%X|%.*s|%-20s|%c%%", width, (unsigned long long)number,
                    (unsigned)number, width, (int)(number >> 32), (unsigned)(number >> 16), precision, text, text, 'c');
    check(len == (text_length(expected) < size ? text_length(expected) : size - 1));
    check(memcmp(ours, expected, len) == 0 && ours[len] == '\0');
    free(ours);
}

static void show(struct screen *screen, struct reader *in, time_us now)
{
    uint8_t kind = read_u8(in);
    char text[300], bytes[SCREEN_BYTES_TEXT];

    text_copy_printable(text, sizeof(text), read_at_most(in, read_be16(in) % 299u));
    (void)screen_bytes(bytes, (uint64_t)read_be32(in) << (kind & 31));
    if (kind & 128)
        screen_line(screen, "%s: %s", text, bytes);
    else
        screen_progress(screen, now, "%s %s", bytes, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct reader in = reader_of(slice_of(bytes, len));
    struct screen screen = {.print = print};
    struct slice all = slice_of(bytes, len);

    column = 0;
    copy(all, 1 + read_u8(&in));
    parse_number(read_at_most(&in, read_u8(&in) % 32u));
    format(&in);
    for (time_us now = 0; reader_left(&in) != 0 && !in.failed; now += MILLISECONDS(200))
        show(&screen, &in, now);
    return 0;
}
