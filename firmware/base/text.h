/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Text that came from strangers, and the few string functions the house needs.
 */
#ifndef PUCK_BASE_TEXT_H
#define PUCK_BASE_TEXT_H

#include "firmware/base/bytes.h"

/*
 * Copies `from` up to its end or first NUL into `to` (`size` bytes, size > 0, NUL terminated, cut when longer), with
 * every byte that is not printable ASCII replaced by '?': terminal escapes and binary from the wire never reach a
 * screen.
 */
void text_copy_printable(char *to, size_t size, struct slice from);

/* As it is, up to its end or first NUL; returns false (and cuts) when it does not fit. For file names. */
bool text_copy(char *to, size_t size, struct slice from);

size_t text_length(const char *text);
bool text_equal(const char *a, const char *b);

/* A NUL-terminated text as a slice, without its NUL. */
struct slice text_slice(const char *text);

/* ASCII without regard to case, as TFTP option names are compared (RFC 2347). */
bool text_equal_ignoring_case(struct slice a, const char *b);

/* Plain decimal digits only, at least one, all of `from`, no overflow; else false. */
bool text_parse_decimal(struct slice from, uint64_t *value);

#endif
