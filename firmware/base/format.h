/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A small printf for fixed buffers. Understands %s %.*s %c %d %u %x %X %llu %lu %zu with field width, '0' and '-'
 * flags, and %%; nothing else. Never writes beyond `size`, always NUL terminates when size > 0.
 */
#ifndef PUCK_BASE_FORMAT_H
#define PUCK_BASE_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

#define FORMAT_LIKE_PRINTF(string, first) __attribute__((format(printf, string, first)))

/* Returns the number of characters written, without the NUL; a longer text is cut. */
size_t text_format(char *buffer, size_t size, const char *format, ...) FORMAT_LIKE_PRINTF(3, 4);
size_t text_format_args(char *buffer, size_t size, const char *format, va_list args);

#endif
