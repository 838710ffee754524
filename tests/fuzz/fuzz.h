/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What every fuzz target uses: libFuzzer's entry, a check that ends the run with a finding, and bytes of the input that
 * may end early.
 */
#ifndef PUCK_TESTS_FUZZ_H
#define PUCK_TESTS_FUZZ_H

#include <stdlib.h>

#include "firmware/base/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static inline void check(bool holds)
{
    if (!holds)
        abort();
}

/* The next `len` bytes, or as many as there are. */
static inline struct slice read_at_most(struct reader *in, size_t len)
{
    return read_slice(in, len < reader_left(in) ? len : reader_left(in));
}

#endif
