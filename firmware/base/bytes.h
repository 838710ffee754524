/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Borrowed bytes, and the only two cursors that may walk over them. A reader or writer never leaves its bounds: the
 * first overrun sets `failed`, which sticks, and from then on reads return 0 and writes do nothing. Parse first, ask
 * `failed` once at the end.
 */
#ifndef PUCK_BASE_BYTES_H
#define PUCK_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const uint8_t *data;
    size_t len;
};

struct reader {
    const uint8_t *next, *end;
    bool failed;
};

struct writer {
    uint8_t *start, *next, *end;
    bool failed;
};

static inline struct slice slice_of(const void *data, size_t len)
{
    return (struct slice){.data = data, .len = len};
}

/* The part of `s` from `at` on; empty when `at` lies beyond the end. */
static inline struct slice slice_from(struct slice s, size_t at)
{
    return at >= s.len ? slice_of(s.data, 0) : slice_of(s.data + at, s.len - at);
}

/* The first `len` bytes of `s`, or all of it when it is shorter. */
static inline struct slice slice_first(struct slice s, size_t len)
{
    return slice_of(s.data, len < s.len ? len : s.len);
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* For headers of fixed length, after one read_slice() or write_room() has bounded them all at once. */
static inline uint16_t load_be16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t load_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint16_t load_le16(const uint8_t *p)
{
    return (uint16_t)(p[1] << 8 | p[0]);
}

static inline uint32_t load_le32(const uint8_t *p)
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static inline void store_be16(uint8_t *p, uint16_t value)
{
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
}

static inline void store_be32(uint8_t *p, uint32_t value)
{
    store_be16(p, (uint16_t)(value >> 16));
    store_be16(p + 2, (uint16_t)value);
}

static inline struct reader reader_of(struct slice s)
{
    return (struct reader){.next = s.data, .end = s.data + s.len};
}

static inline size_t reader_left(const struct reader *r)
{
    return (size_t)(r->end - r->next);
}

/* The next `len` bytes, not copied; empty and failed when there are fewer. */
static inline struct slice read_slice(struct reader *r, size_t len)
{
    struct slice s = slice_of(r->next, 0);

    if (r->failed || len > reader_left(r)) {
        r->failed = true;
        return s;
    }
    r->next += len;
    s.len = len;
    return s;
}

static inline struct slice read_rest(struct reader *r)
{
    return read_slice(r, reader_left(r));
}

static inline void read_skip(struct reader *r, size_t len)
{
    (void)read_slice(r, len);
}

/* Copies exactly `len` bytes; `to` is zeroed when there are fewer. */
static inline void read_bytes(struct reader *r, void *to, size_t len)
{
    struct slice s = read_slice(r, len);

    if (s.len == len && len != 0)
        memcpy(to, s.data, len);
    else if (len != 0)
        memset(to, 0, len);
}

static inline uint8_t read_u8(struct reader *r)
{
    struct slice s = read_slice(r, 1);

    return s.len == 1 ? s.data[0] : 0;
}

static inline uint16_t read_be16(struct reader *r)
{
    struct slice s = read_slice(r, 2);

    return s.len == 2 ? load_be16(s.data) : 0;
}

static inline uint32_t read_be32(struct reader *r)
{
    struct slice s = read_slice(r, 4);

    return s.len == 4 ? load_be32(s.data) : 0;
}

static inline struct writer writer_of(void *data, size_t len)
{
    return (struct writer){.start = data, .next = data, .end = (uint8_t *)data + len};
}

static inline size_t writer_len(const struct writer *w)
{
    return (size_t)(w->next - w->start);
}

static inline size_t writer_left(const struct writer *w)
{
    return (size_t)(w->end - w->next);
}

static inline struct slice writer_written(const struct writer *w)
{
    return slice_of(w->start, writer_len(w));
}

/* Room for `len` bytes to be filled in by the caller, or NULL and failed. */
static inline uint8_t *write_room(struct writer *w, size_t len)
{
    uint8_t *room = w->next;

    if (w->failed || len > writer_left(w)) {
        w->failed = true;
        return NULL;
    }
    w->next += len;
    return room;
}

static inline void write_bytes(struct writer *w, const void *data, size_t len)
{
    uint8_t *room = write_room(w, len);

    if (room != NULL && len != 0)
        memcpy(room, data, len);
}

static inline void write_slice(struct writer *w, struct slice s)
{
    write_bytes(w, s.data, s.len);
}

static inline void write_fill(struct writer *w, uint8_t value, size_t len)
{
    uint8_t *room = write_room(w, len);

    if (room != NULL && len != 0)
        memset(room, value, len);
}

static inline void write_u8(struct writer *w, uint8_t value)
{
    uint8_t *room = write_room(w, 1);

    if (room != NULL)
        room[0] = value;
}

static inline void write_be16(struct writer *w, uint16_t value)
{
    uint8_t *room = write_room(w, 2);

    if (room != NULL)
        store_be16(room, value);
}

static inline void write_be32(struct writer *w, uint32_t value)
{
    uint8_t *room = write_room(w, 4);

    if (room != NULL)
        store_be32(room, value);
}

#endif
