/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The MTFTP machine, fed steps of (what, delay, length, bytes). The last byte of the input chooses the request.
 * Required: no block is written twice unless all were forgotten, none beyond the sink; what it says it has is what the
 * map says; at most one packet is sent per packet received beyond those that timers call for; it ends within three
 * minutes of the last packet.
 */
#include "firmware/proto/mtftp.h"
#include "firmware/wire/tftp_packet.h"
#include "tests/fuzz/fuzz.h"

#define CAPACITY ((uint64_t)BLOCK_MAP_MAX * MTFTP_BLOCK)
#define GROUP    0xefff0101u

enum {
    LAST_ACKS = 3, /* of a session's last block, at once; else one packet, or an ERROR and one */
};

struct world {
    struct mtftp mtftp;
    struct block_map map;
    struct sink sink;
    struct random random;
    time_us now;
    uint32_t start_overs;            /* when `written` was last emptied */
    uint16_t len[BLOCK_MAP_MAX + 1]; /* of each block written, and 1; 0: none */
    uint64_t capacity;
};

static enum status size_known(struct sink *sink, uint64_t size)
{
    (void)sink;
    (void)size;
    abort();
}

static void forget(struct world *w)
{
    if (w->start_overs == w->mtftp.start_overs)
        return;
    w->start_overs = w->mtftp.start_overs;
    memset(w->len, 0, sizeof(w->len));
}

static enum status write(struct sink *sink, uint64_t at, struct slice bytes)
{
    struct world *w = (struct world *)(void *)((char *)sink - offsetof(struct world, sink));
    uint64_t block = at / MTFTP_BLOCK + 1;

    check(at % MTFTP_BLOCK == 0 && bytes.len != 0 && bytes.len <= MTFTP_BLOCK && at + bytes.len <= CAPACITY);
    forget(w);
    if (at + bytes.len > w->capacity)
        return STATUS_FILE_TOO_BIG;
    check(w->len[block] == 0);
    w->len[block] = (uint16_t)(bytes.len + 1);
    return STATUS_OK;
}

static unsigned sends(struct world *w)
{
    const struct udp_client_ops *ops = w->mtftp.udp.ops;
    uint8_t packet[UDP_PAYLOAD_MAX];
    unsigned packets = 0, calls = 0;

    while (ops->deadline(&w->mtftp.udp) <= w->now) {
        struct writer out = writer_of(packet, sizeof(packet));
        struct udp_address to = ops->destination(&w->mtftp.udp);

        check(++calls < 20);
        if (!ops->output(&w->mtftp.udp, w->now, &out))
            continue;
        check(!out.failed && writer_len(&out) >= 4 && to.ip.family == IP_V4);
        packets++;
    }
    return packets;
}

static void time_passes(struct world *w, time_us until)
{
    time_us next;

    while ((next = w->mtftp.udp.ops->deadline(&w->mtftp.udp)) <= until) {
        w->now = next > w->now ? next : w->now;
        check(sends(w) <= LAST_ACKS);
    }
    w->now = until;
}

static void packet_comes(struct world *w, uint8_t what, struct slice payload)
{
    struct udp_datagram datagram = {
        .from = {.ip = ipv4_address((what & 0x40) != 0 ? 2 : 1), .port = (uint16_t)(32768 + (what >> 1 & 3))},
        .to = {.ip = ipv4_address((what & 1) != 0 ? 3 : GROUP), .port = 1757},
        .payload = payload,
    };

    w->mtftp.udp.ops->input(&w->mtftp.udp, w->now, &datagram);
    check(sends(w) <= LAST_ACKS);
    if (what == 0xff)
        w->mtftp.udp.ops->unreachable(&w->mtftp.udp, w->now, STATUS_FAILURE);
    else if (what == 0xfe)
        w->mtftp.udp.ops->unreachable(&w->mtftp.udp, w->now, STATUS_ARP_TIMEOUT);
    else if (what == 0xfd)
        mtftp_cancel(&w->mtftp, w->now, STATUS_CANCELLED);
}

/* What is said to be there is there. */
static void adds_up(struct world *w)
{
    const struct mtftp *m = &w->mtftp;
    uint64_t received = 0;

    forget(w);
    for (unsigned block = 1; block <= m->highest; block++) {
        bool is_empty_last = block == m->last && m->size % MTFTP_BLOCK == 0;

        if (!block_map_has(&w->map, (uint16_t)block))
            continue;
        check(w->len[block] != 0 || is_empty_last);
        check(w->len[block] == MTFTP_BLOCK + 1 || block == m->last);
        received += w->len[block] != 0 ? w->len[block] - 1u : 0;
    }
    check(received == m->received);
    if (!mtftp_is_complete(m))
        return;
    check(m->status == STATUS_OK && m->received == m->size && w->map.count == m->last);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world world;
    struct world *w = &world;
    uint8_t mode = size != 0 ? data[size - 1] : 0;
    struct reader r = reader_of(slice_of(data, size != 0 ? size - 1 : 0));
    struct mtftp_request request = {
        .server = ipv4_address(1),
        .file = "f",
        .sink = &w->sink,
        .map = &w->map,
        .group = {.address = GROUP,
                  .client_port = 1757,
                  .server_port = 1758,
                  .open_s = mode & 3,
                  .reopen_s = mode >> 2 & 3,
                  .ports_may_be_swapped = (mode & 0x10) != 0},
    };

    *w = (struct world){.now = SECONDS(5), .sink = {.size_known = size_known, .write = write}};
    w->capacity = (mode & 0x20) != 0 ? 5000 : CAPACITY;
    check(mtftp_start(&w->mtftp, w->now, &request, &w->random, NULL) == STATUS_OK);
    sends(w);
    while (reader_left(&r) >= 4) {
        uint8_t what = read_u8(&r), delay = read_u8(&r);
        uint16_t len = read_be16(&r) % 1100;
        /* A block need not be long in the input: what is missing is zeros. */
        static uint8_t payload[1100];
        struct slice bytes = read_at_most(&r, len < 8 ? len : 8);

        memset(payload, 0, len);
        if (bytes.len != 0)
            memcpy(payload, bytes.data, bytes.len);
        time_passes(w, w->now + ((time_us)1 << delay % 25));
        packet_comes(w, what, slice_of(payload, len));
    }
    adds_up(w);
    time_passes(w, w->now + SECONDS(180));
    check(mtftp_is_quiet(&w->mtftp) && w->mtftp.status != STATUS_PENDING);
    adds_up(w);
    return 0;
}
