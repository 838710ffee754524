/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The window of a download where block numbers roll over, to 0 or to 1, with an honest server whose blocks and ACKs are
 * lost, late, repeated and out of order. The input chooses the window, the place, and then per byte what happens.
 *
 * Required: what is taken is taken once, and at its true place; nothing lies beyond the end, or beyond what a paced
 * caller has room for; the number acknowledged is that of the block before the first missing one; and a window sent
 * whole and in order always brings the client or the server on, or, once, tells how numbers roll over.
 */
#include "firmware/proto/tftp_window.h"
#include "tests/fuzz/fuzz.h"

enum {
    BLOCK_SIZE = 512,
    ROLLOVER = 65536,
    REACH = 400, /* blocks around the rollover */
    START = ROLLOVER - REACH / 2,
};

static struct {
    struct tftp_window window;
    bool skips_zero;
    uint32_t last, acked; /* the file's last block; the last one the server knows to be here */
    bool is_here[REACH + TFTP_WINDOW_MAX];
    time_us now;
} fuzz;

static uint16_t number_of(uint32_t block)
{
    return fuzz.skips_zero ? (uint16_t)((block - 1) % (ROLLOVER - 1) + 1) : (uint16_t)block;
}

/* As it is after START - 1 blocks in order. */
static void start(uint16_t size, bool within)
{
    static struct tftp_window started[TFTP_WINDOW_MAX + 1];
    struct tftp_window *w = &started[size];

    if (w->size == 0) {
        tftp_window_start(w, BLOCK_SIZE, size, false);
        for (uint32_t block = 1; block < START; block++) {
            struct tftp_taken taken = tftp_window_find(w, (uint16_t)block);

            if (tftp_window_add(w, block, 1, &taken, BLOCK_SIZE))
                tftp_window_acked(w, block);
        }
        tftp_window_acked(w, START);
    }
    fuzz.window = *w;
    fuzz.window.within = within;
}

static void block_comes(uint32_t block, bool ack_gets_through)
{
    struct tftp_window *w = &fuzz.window;
    struct tftp_taken taken = tftp_window_find(w, number_of(block));
    uint32_t before = w->next;

    if (taken.kind == TFTP_BLOCK_NEW) {
        check(taken.block == block && taken.position == (uint64_t)(block - 1) * BLOCK_SIZE);
        check(block >= START && !fuzz.is_here[block - START]);
        check(!w->within || block <= w->acked + w->size);
        fuzz.is_here[block - START] = true;
    }
    fuzz.now += 100;
    if (tftp_window_add(w, fuzz.now, 1000, &taken, block == fuzz.last ? 7 : BLOCK_SIZE) ||
        taken.kind == TFTP_BLOCK_REPEATED) {
        check(tftp_window_ack_number(w) == number_of(w->next - 1));
        tftp_window_acked(w, fuzz.now);
        if (ack_gets_through)
            fuzz.acked = w->acked;
    }
    check(w->next >= before && w->next <= fuzz.last + 1);
    for (uint32_t at = before; at < w->next; at++)
        check(fuzz.is_here[at - START]);
}

static void whole_window_comes(void)
{
    uint32_t from = fuzz.acked + 1, before = fuzz.window.next;
    bool was_known = fuzz.window.number_wrap_is_known;

    for (uint32_t block = from; block < from + fuzz.window.size && block <= fuzz.last; block++)
        block_comes(block, true);
    check(fuzz.window.next > before || fuzz.acked >= from || fuzz.window.number_wrap_is_known != was_known ||
          before >= from + fuzz.window.size || tftp_window_is_complete(&fuzz.window));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct reader in = reader_of(slice_of(bytes, len));
    uint8_t flags = read_u8(&in);
    uint16_t size = (uint16_t)(1 + read_u8(&in) % TFTP_WINDOW_MAX);

    memset(&fuzz, 0, sizeof(fuzz));
    start(size, (flags & 2) != 0);
    fuzz.skips_zero = (flags & 1) != 0;
    /* Of a file that ends in the very window that rolls over, nobody can tell whether 0 was lost or left out. */
    fuzz.last = ROLLOVER + 2 * TFTP_WINDOW_MAX + read_u8(&in) % TFTP_WINDOW_MAX;
    fuzz.acked = fuzz.window.acked;
    while (reader_left(&in) != 0 && !tftp_window_is_complete(&fuzz.window)) {
        uint8_t what = read_u8(&in);
        uint32_t block = fuzz.acked + 1 + (what & 63u) % size;

        if (what >= 0xc0)
            whole_window_comes();
        else if (block <= fuzz.last)
            block_comes(block, (what & 0x40) == 0);
    }
    for (unsigned n = 0; n <= REACH && !tftp_window_is_complete(&fuzz.window); n++) {
        fuzz.acked = fuzz.window.acked; /* the client's repeated ACK */
        whole_window_comes();
    }
    check(tftp_window_is_complete(&fuzz.window));
    check(fuzz.window.position == (uint64_t)(fuzz.last - 1) * BLOCK_SIZE + 7);
    return 0;
}
