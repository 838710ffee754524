/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The TFTP machine, fed steps of (what, delay, length, bytes). The last byte of the input chooses the request.
 * Required: no byte is written twice on one connection or beyond the sink, nor on any of those by multicast with blocks
 * of one size; at most one packet is sent per packet received beyond those that timers call for; it ends within two
 * minutes of the last packet.
 */
#include "firmware/proto/tftp.h"
#include "firmware/wire/tftp_packet.h"
#include "tests/fuzz/fuzz.h"

#define CAPACITY  (256u << 10)
#define MULTICAST 255 /* a byte's mark */

struct world {
    struct tftp tftp;
    struct sink sink;
    struct random random;
    struct tftp_experience experience;
    time_us now;
    struct block_map map;
    unsigned connections;
    uint16_t multicast_size;   /* of the blocks that bytes marked MULTICAST came in */
    uint8_t written[CAPACITY]; /* by which connection */
    uint64_t told;
};

static struct world *world_of(struct sink *sink)
{
    return (struct world *)(void *)((char *)sink - offsetof(struct world, sink));
}

static enum status size_known(struct sink *sink, uint64_t size)
{
    check(world_of(sink)->told++ == 0);
    return size > CAPACITY ? STATUS_FILE_TOO_BIG : STATUS_OK;
}

static enum status write(struct sink *sink, uint64_t at, struct slice bytes)
{
    struct world *w = world_of(sink);
    const struct tftp_multicast *m = &w->tftp.multicast;
    uint8_t mark = m->is_agreed ? MULTICAST : (uint8_t)(1 + w->connections % 254);

    check(bytes.len != 0);
    if (m->is_agreed && m->block_size != w->multicast_size) {
        w->multicast_size = m->block_size;
        memset(w->written, 0, sizeof(w->written));
    }
    check(m->is_agreed || at >= w->tftp.received); /* what is in the sink without a gap is final */
    if (at + bytes.len > CAPACITY)
        return STATUS_FILE_TOO_BIG;
    for (size_t n = 0; n < bytes.len; n++) {
        check(w->written[at + n] != mark);
        w->written[at + n] = mark;
    }
    return STATUS_OK;
}

/* All that is owed now; returns how many packets. */
static unsigned sends(struct world *w)
{
    const struct udp_client_ops *ops = w->tftp.udp.ops;
    uint8_t packet[UDP_PAYLOAD_MAX];
    unsigned packets = 0, calls = 0;

    while (ops->deadline(&w->tftp.udp) <= w->now) {
        struct writer out = writer_of(packet, sizeof(packet));
        struct udp_address to = ops->destination(&w->tftp.udp);

        check(++calls < 20);
        if (!ops->output(&w->tftp.udp, w->now, &out))
            continue;
        check(!out.failed && writer_len(&out) >= 4 && to.ip.family == IP_V4);
        if (packet[1] == TFTP_RRQ)
            w->connections++;
        packets++;
    }
    return packets;
}

static void time_passes(struct world *w, time_us until)
{
    time_us next;

    while ((next = w->tftp.udp.ops->deadline(&w->tftp.udp)) <= until) {
        w->now = next > w->now ? next : w->now;
        check(sends(w) <= 3);
    }
    w->now = until;
}

static void packet_comes(struct world *w, uint8_t what, struct slice payload)
{
    struct udp_datagram datagram = {
        .from = {.ip = ipv4_address(what & 1 ? 2 : 1), .port = (uint16_t)(what & 2 ? 69 : 32768 + (what >> 2 & 3))},
        .to = {.ip = ipv4_address(what & 0x20 ? w->tftp.udp.group : 3), .port = w->tftp.udp.group_port},
        .payload = payload,
    };
    enum tftp_state before = w->tftp.state;

    w->tftp.udp.ops->input(&w->tftp.udp, w->now, &datagram);
    /* ERROR 8 and the next request belong together. */
    check(sends(w) <= (before == w->tftp.state && before != TFTP_REQUESTING ? 1u : 2u));
    if (w->tftp.request.paced && (what & 0x10) != 0)
        tftp_resume(&w->tftp, w->now);
    if (what == 0xff)
        w->tftp.udp.ops->unreachable(&w->tftp.udp, w->now, STATUS_FAILURE);
    else if (what == 0xfe)
        w->tftp.udp.ops->unreachable(&w->tftp.udp, w->now, STATUS_ARP_TIMEOUT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world world;
    struct world *w = &world;
    uint8_t mode = size != 0 ? data[size - 1] : 0;
    struct reader r = reader_of(slice_of(data, size != 0 ? size - 1 : 0));
    struct tftp_request request = {
        .server = {.ip = ipv4_address(1)},
        .file = "f",
        .sink = &w->sink,
        .paced = (mode & 1) != 0,
        .size_only = (mode & 2) != 0,
        .receive_frames = (uint16_t)(mode & 4 ? 256 : 0),
        .block_size_max = (uint16_t)(mode & 8 ? 512 : 0),
        .map = mode & 0x10 ? &w->map : NULL,
    };

    *w = (struct world){.now = SECONDS(5), .sink = {.size_known = size_known, .write = write}};
    tftp_start(&w->tftp, w->now, &request, &w->experience, &w->random, NULL);
    sends(w);
    while (reader_left(&r) >= 4) {
        uint8_t what = read_u8(&r), delay = read_u8(&r);
        uint16_t len = read_be16(&r);
        /* A long DATA packet need not be long in the input: what is missing is zeros. */
        static uint8_t payload[6000];
        struct slice bytes = read_at_most(&r, len);
        size_t whole = len < sizeof(payload) ? len : sizeof(payload);

        memset(payload, 0, whole);
        if (bytes.len != 0)
            memcpy(payload, bytes.data, bytes.len < whole ? bytes.len : whole);
        time_passes(w, w->now + ((time_us)1 << delay % 27));
        packet_comes(w, what, slice_of(payload, whole));
    }
    if (w->tftp.status == STATUS_PENDING && w->tftp.is_held)
        tftp_cancel(&w->tftp, w->now, STATUS_CANCELLED);
    time_passes(w, w->now + SECONDS(180));
    check(tftp_is_quiet(&w->tftp) && w->tftp.status != STATUS_PENDING);
    return 0;
}
