/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/base/format.h"

#include <stdbool.h>
#include <stdint.h>

#include "firmware/base/divide.h"

struct field {
    bool zero_padded, left_aligned, upper_case;
    int width, precision;
};

struct text {
    char *next, *last; /* last: where the NUL goes at the latest */
};

static void put(struct text *t, char c)
{
    if (t->next < t->last)
        *t->next++ = c;
}

static void put_padded(struct text *t, const char *s, int len, const struct field *f)
{
    int pad = f->width > len ? f->width - len : 0;

    for (; !f->left_aligned && pad > 0; pad--)
        put(t, f->zero_padded ? '0' : ' ');
    for (int i = 0; i < len; i++)
        put(t, s[i]);
    for (; pad > 0; pad--)
        put(t, ' ');
}

static void put_number(struct text *t, uint64_t value, bool negative, uint32_t base, const struct field *f)
{
    const char *alphabet = f->upper_case ? "0123456789ABCDEF" : "0123456789abcdef";
    char digits[24];
    int at = sizeof(digits);

    do {
        uint32_t digit;

        value = divide_u64(value, base, &digit);
        digits[--at] = alphabet[digit];
    } while (value != 0 && at > 1);
    if (negative)
        digits[--at] = '-';
    put_padded(t, digits + at, (int)sizeof(digits) - at, f);
}

static void put_string(struct text *t, const char *s, const struct field *f)
{
    int len = 0;

    if (s == NULL)
        s = "(none)";
    while ((f->precision < 0 || len < f->precision) && s[len] != '\0')
        len++;
    put_padded(t, s, len, f);
}

static int parse_number(const char **format, va_list *args)
{
    int n = 0;

    if (**format == '*') {
        (*format)++;
        return va_arg(*args, int);
    }
    while (**format >= '0' && **format <= '9')
        n = n * 10 + (*(*format)++ - '0');
    return n;
}

static const char *parse_field(const char *format, struct field *f, va_list *args)
{
    *f = (struct field){.precision = -1};
    for (; *format == '0' || *format == '-'; format++) {
        f->zero_padded |= *format == '0';
        f->left_aligned |= *format == '-';
    }
    f->width = parse_number(&format, args);
    if (*format == '.') {
        format++;
        f->precision = parse_number(&format, args);
    }
    return format;
}

/* One conversion, `format` just behind its '%'; returns where the text goes on. */
static const char *put_conversion(struct text *t, const char *format, va_list *args)
{
    struct field f;
    unsigned longs = 0;
    uint64_t value;

    format = parse_field(format, &f, args);
    for (; *format == 'l' || *format == 'z'; format++)
        longs += *format == 'l' ? 1u : sizeof(size_t) / 4u;
    switch (*format) {
    case 's':
        put_string(t, va_arg(*args, const char *), &f);
        break;
    case 'c':
        put(t, (char)va_arg(*args, int));
        break;
    case 'd': {
        int64_t number = longs >= 2 ? va_arg(*args, long long) : longs == 1 ? va_arg(*args, long) : va_arg(*args, int);

        put_number(t, number < 0 ? 0 - (uint64_t)number : (uint64_t)number, number < 0, 10, &f);
        break;
    }
    case 'u':
    case 'x':
    case 'X':
        value = longs >= 2   ? va_arg(*args, unsigned long long)
                : longs == 1 ? va_arg(*args, unsigned long)
                             : va_arg(*args, unsigned);
        f.upper_case = *format == 'X';
        put_number(t, value, false, *format == 'u' ? 10 : 16, &f);
        break;
    case '\0':
        return format;
    default:
        put(t, *format);
    }
    return format + 1;
}

size_t text_format_args(char *buffer, size_t size, const char *format, va_list args)
{
    struct text t = {.next = buffer, .last = buffer + size - 1};
    va_list copy;

    if (size == 0)
        return 0;
    va_copy(copy, args);
    while (*format != '\0') {
        if (*format == '%')
            format = put_conversion(&t, format + 1, &copy);
        else
            put(&t, *format++);
    }
    va_end(copy);
    *t.next = '\0';
    return (size_t)(t.next - buffer);
}

size_t text_format(char *buffer, size_t size, const char *format, ...)
{
    va_list args;
    size_t len;

    va_start(args, format);
    len = text_format_args(buffer, size, format, args);
    va_end(args);
    return len;
}
