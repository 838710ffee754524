/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A sequence of frames into the whole stack. Each is two bytes of length, one of what to do (correct the checksums,
 * let time pass, let the client send, join a group) and the frame itself. The stack must stay within each frame, answer
 * each with at most a few, and be able to go on.
 */
#include "firmware/wire/ethernet_frame.h"
#include "firmware/wire/igmp_message.h"
#include "tests/fuzz/fuzz.h"
#include "tests/harness/frame_repair.h"
#include "tests/sim/net_bench.h"

enum {
    GROUP = 0xef010203,
    FIX = 1,
    LATER = 2,
    SEND = 4,
    TO_US = 8,
    MUCH_LATER = 16,
    LISTEN = 32, /* or no longer */
    TO_GROUP = 64
};

/* To us, from the peer, and IPv4. */
static void fix(struct bench *b, uint8_t *frame, size_t len)
{
    memcpy(frame, b->net.nic->mac.byte, 6);
    memcpy(frame + 6, b->peer->mac.byte, 6);
    store_be16(frame + 12, ETHERNET_IPV4);
    frame_repair(frame, len);
}

static void step(struct bench *b, uint8_t what, const uint8_t *bytes, size_t len)
{
    uint8_t *frame = malloc(len + 1);
    struct slice sent;
    unsigned count = 0;

    if (frame == NULL)
        abort();
    memcpy(frame, bytes, len);
    if ((what & TO_US) && len >= 34)
        store_be32(frame + 30, OUR_IP);
    if ((what & TO_GROUP) && len >= 34)
        store_be32(frame + 30, len % 2 ? GROUP : IGMP_ALL_SYSTEMS);
    if (what & LISTEN) {
        b->client.udp.group ^= GROUP;
        b->client.udp.group_port = PEER_PORT;
    }
    if ((what & FIX) && len >= 14)
        fix(b, frame, len);
    if (what & LATER)
        b->now += MILLISECONDS(50);
    if (what & MUCH_LATER)
        b->now += SECONDS(2);
    if (what & SEND)
        b->client.deadline = b->now;
    wire_inject(&b->wire.ends[0], slice_of(frame, len));
    bench_poll(b);
    while (bench_sent(b, &sent))
        count++;
    if (count > 4)
        abort();
    free(frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct reader r = reader_of(slice_of(bytes, len));
    uint8_t flags = read_u8(&r);
    void *state;
    struct bench *b;

    if ((flags & 1 ? bench_start_bare(&state) : bench_start(&state)) != 0)
        return 0;
    b = state;
    b->client.udp.any_destination = (flags & 2) != 0;
    b->client.udp.any_port = (flags & 4) != 0;
    while (reader_left(&r) >= 3) {
        size_t want = read_be16(&r) % 1600;
        uint8_t what = read_u8(&r);
        struct slice frame = read_at_most(&r, want);

        step(b, what, frame.data, frame.len);
    }
    return bench_stop(&state);
}
