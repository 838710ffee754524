/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/boot/buffer_sink.h"

static enum status buffer_sink_size_known(struct sink *sink, uint64_t size)
{
    struct buffer_sink *buffer = (struct buffer_sink *)sink;

    buffer->needed = size;
    return size <= buffer->capacity ? STATUS_OK : STATUS_FILE_TOO_BIG;
}

static enum status buffer_sink_write(struct sink *sink, uint64_t at, struct slice bytes)
{
    struct buffer_sink *buffer = (struct buffer_sink *)sink;

    if (at > buffer->capacity || bytes.len > buffer->capacity - at) {
        if (at + bytes.len > buffer->needed)
            buffer->needed = at + bytes.len;
        return STATUS_FILE_TOO_BIG;
    }
    memcpy(buffer->memory + at, bytes.data, bytes.len);
    return STATUS_OK;
}

void buffer_sink_start(struct buffer_sink *buffer, void *memory, uint64_t capacity)
{
    *buffer = (struct buffer_sink){
        .sink = {.size_known = buffer_sink_size_known, .write = buffer_sink_write},
        .memory = memory,
        .capacity = capacity,
    };
}
