/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A sink that is a piece of memory: a file lands in it whole or is refused with STATUS_FILE_TOO_BIG before a byte lies
 * beyond it.
 */
#ifndef PUCK_BOOT_BUFFER_SINK_H
#define PUCK_BOOT_BUFFER_SINK_H

#include "firmware/base/sink.h"

struct buffer_sink {
    struct sink sink;
    uint8_t *memory; /* lent by the caller for the time of the transfer */
    uint64_t capacity;
    uint64_t needed; /* the file's size as far as it is known: what to tell the user when it does not fit */
};

void buffer_sink_start(struct buffer_sink *, void *memory, uint64_t capacity);

#endif
