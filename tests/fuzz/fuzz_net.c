/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A sequence of frames into the whole stack. Each is two bytes of length, one of what to do (correct the checksums,
 * let time pass, let the client send) and the frame itself. The stack must stay within each frame, answer each with at
 * most a few, and be able to go on.
 */
#include <stdlib.h>

#include "firmware/base/checksum.h"
#include "firmware/wire/ipv4_packet.h"
#include "firmware/wire/udp_header.h"
#include "tests/sim/net_bench.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum {
    FIX = 1,
    LATER = 2,
    SEND = 4,
    TO_US = 8,
    MUCH_LATER = 16
};

/* Most of what a fuzzer makes up would stop at the first checksum. */
static void fix(struct bench *b, uint8_t *frame, size_t len)
{
    struct reader r = reader_of(slice_of(frame + 14, len - 14));
    struct ipv4_packet ip;
    uint8_t *header = frame + 14, *body;
    size_t header_len;

    memcpy(frame, b->net.nic->mac.byte, 6);
    memcpy(frame + 6, b->peer->mac.byte, 6);
    store_be16(frame + 12, 0x0800);
    if (!ipv4_packet_parse(&r, &ip))
        return;
    header_len = (size_t)(header[0] & 15) * 4;
    store_be16(header + 10, 0);
    store_be16(header + 10, checksum_finish(checksum_add(0, slice_of(header, header_len))));
    body = header + header_len;
    if (ip.more_fragments || ip.fragment_offset != 0 || ip.payload_len < 8)
        return;
    if (ip.protocol == IPV4_UDP)
        store_be16(body + 6, 0);
    if (ip.protocol == IPV4_ICMP) {
        store_be16(body + 2, 0);
        store_be16(body + 2, checksum_finish(checksum_add(0, slice_of(body, ip.payload_len))));
    }
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
        struct slice frame = read_slice(&r, want < reader_left(&r) ? want : reader_left(&r));

        step(b, what, frame.data, frame.len);
    }
    return bench_stop(&state);
}
