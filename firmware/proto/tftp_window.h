/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Which blocks of a TFTP transfer are here, where the next ones belong, and when an ACK is due (RFC 1350, RFC 7440).
 *
 * The server sends `size` blocks behind the one that was acknowledged last, in order, then waits. An ACK is due when
 * all of them are here, and once for each gap: when a block comes while an earlier one is missing. Blocks behind a gap
 * are kept; that the server, going on from the gap, sends them again is not a reason for another ACK. Only when it has
 * passed the gap a second time, which cannot be seen before a round trip is over, the gap is told again.
 *
 * Blocks are counted from 1 without end here; on the wire they are 16 bits, and after 65535 comes 0 or, with some
 * servers, 1. Which it is shows when the count first gets there.
 */
#ifndef PUCK_PROTO_TFTP_WINDOW_H
#define PUCK_PROTO_TFTP_WINDOW_H

#include "firmware/base/bytes.h"
#include "firmware/base/time.h"

#define TFTP_WINDOW_MAX 64

struct tftp_window {
    uint16_t block_size;
    uint16_t size;     /* in blocks */
    bool within;       /* never takes more than `size` blocks beyond the ACK */
    uint32_t next;     /* the first block that is missing */
    uint16_t number;   /* its number on the wire */
    uint64_t position; /* its place in the file; once complete: the file's length */
    uint64_t ahead;    /* bit i: block next + 1 + i is here already */
    uint32_t acked;    /* the block the last ACK was for */
    uint32_t latest;   /* the block that came last */
    uint32_t last;     /* the one that ends the file, UINT32_MAX while not known */
    uint16_t last_len;
    bool gap_is_told; /* an ACK for block next - 1 was due because of a gap ... */
    time_us gap_told_at;
    uint32_t gaps; /* found; each is at least one lost or late block */
    bool number_wrap_is_known;
    bool number_skips_zero;
};

enum tftp_block {
    TFTP_BLOCK_USELESS,  /* nothing to do with it */
    TFTP_BLOCK_REPEATED, /* the last one of an acknowledged window: the server may not have got the ACK */
    TFTP_BLOCK_NEW,
};

/* What tftp_window_take() found. */
struct tftp_taken {
    enum tftp_block kind;
    uint32_t block;
    uint64_t position; /* of a new block in the file */
};

void tftp_window_start(struct tftp_window *, uint16_t block_size, uint16_t size, bool within);

/* Where a DATA block of this number belongs. Changes nothing but what is known about the numbers' wrap. */
struct tftp_taken tftp_window_find(struct tftp_window *, uint16_t number);

/*
 * The block found is here (`len` bytes, at most block_size; only the last block of a file is shorter). A repeated or
 * useless one is to be reported too, with any length. Returns whether an ACK is due.
 */
bool tftp_window_add(struct tftp_window *, time_us now, time_us round_trip, const struct tftp_taken *, size_t len);

/* The number to acknowledge: all up to it are here. */
uint16_t tftp_window_ack_number(const struct tftp_window *);

/* That ACK has been sent. */
void tftp_window_acked(struct tftp_window *, time_us now);

static inline bool tftp_window_is_complete(const struct tftp_window *w)
{
    return w->next > w->last;
}

#endif
