/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Memory that ends at a page nobody may touch: a read or write of even one byte beyond what was lent faults at once,
 * with or without a sanitizer.
 */
#ifndef PUCK_TESTS_HARNESS_GUARD_PAGE_H
#define PUCK_TESTS_HARNESS_GUARD_PAGE_H

#include "firmware/base/bytes.h"

struct guard_page {
    uint8_t *start;
    size_t len; /* usable bytes; the guard page follows */
};

/* Room for at least `len` bytes. Ends the program when there is no memory. */
void guard_page_open(struct guard_page *, size_t len);
void guard_page_close(struct guard_page *);

/* A copy of `bytes` whose last byte is the last before the guard. Valid until the next call. */
struct slice guard_page_copy(struct guard_page *, struct slice bytes);

/* `len` bytes to write into, filled with 0xa5, that end at the guard. Valid until the next call. */
struct writer guard_page_room(struct guard_page *, size_t len);

#endif
