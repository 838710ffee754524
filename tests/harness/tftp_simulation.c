/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/harness/tftp_simulation.h"

#include <stdlib.h>

#include "firmware/base/text.h"
#include "firmware/wire/tftp_packet.h"

#define SERVER_IP      0xc0a86f82u
#define CLIENT_IP      0xc0a86f64u
#define GIVE_UP        SECONDS(1000)
#define IN_FLIGHT      16384
#define FRAME_OVERHEAD 38 /* MAC header, FCS, preamble, gap */

struct flying {
    time_us at;
    uint64_t order;
    bool to_client;
    uint16_t port; /* the server's end */
    uint16_t len;
    uint8_t *bytes;
};

/* One transfer at the server. */
struct serving {
    uint16_t port; /* 0: none */
    uint16_t block_size, window;
    uint64_t acked;
    uint64_t last; /* number of blocks in all */
    bool is_opening;
    time_us resend_at, wait;
    uint8_t oack[128];
    size_t oack_len;
};

struct world {
    struct tftp_simulation *s;
    struct tftp tftp;
    struct sink sink;
    struct random random;
    struct tftp_experience experience;
    time_us now, start, busy_to_client, busy_to_server;
    struct flying *flying;
    size_t in_flight;
    uint64_t order;
    uint32_t dice;
    struct serving serving[8];
    uint16_t next_port;
    uint8_t *written;
    uint64_t written_count;
};

static bool throw_dice(struct world *w, unsigned of_10000)
{
    w->dice = w->dice * 1664525u + 1013904223u;
    return (w->dice >> 8) % 10000 < of_10000;
}

static enum status sink_size(struct sink *sink, uint64_t size)
{
    (void)sink;
    (void)size;
    return STATUS_OK;
}

__attribute__((no_sanitize("address", "undefined"))) void tftp_simulation_fill(uint8_t *bytes, uint64_t at, size_t len)
{
    for (size_t n = 0; n < len; n++)
        bytes[n] = tftp_simulation_byte(at + n);
}

__attribute__((no_sanitize("address", "undefined"))) bool tftp_simulation_equal(const uint8_t *bytes, uint64_t at,
                                                                                size_t len)
{
    uint8_t difference = 0;

    for (size_t n = 0; n < len; n++)
        difference |= (uint8_t)(bytes[n] ^ tftp_simulation_byte(at + n));
    return difference == 0;
}

static enum status sink_write(struct sink *sink, uint64_t at, struct slice bytes)
{
    struct world *w = (struct world *)(void *)((char *)sink - offsetof(struct world, sink));

    if (at + bytes.len > w->s->size)
        abort();
    for (size_t n = 0; n < bytes.len; n++) {
        if (bytes.data[n] != tftp_simulation_byte(at + n))
            w->s->content_is_right = false;
        if (w->written[at + n] != 0)
            w->s->written_twice++;
        else
            w->written_count++;
        w->written[at + n] = 1;
    }
    return STATUS_OK;
}

static void fly(struct world *w, time_us at, bool to_client, uint16_t port, struct slice bytes)
{
    struct flying *f = &w->flying[w->in_flight];

    if (w->in_flight == IN_FLIGHT)
        return;
    w->in_flight++;
    *f = (struct flying){.at = at, .order = w->order++, .to_client = to_client, .port = port};
    f->len = (uint16_t)bytes.len;
    f->bytes = malloc(bytes.len + 1);
    memcpy(f->bytes, bytes.data, bytes.len);
}

/* Onto the link: takes its time there, then flies, if it is not lost. */
static void transmit(struct world *w, bool to_client, uint16_t port, struct slice bytes)
{
    struct tftp_simulation *s = w->s;
    time_us *busy = to_client ? &w->busy_to_client : &w->busy_to_server;
    unsigned frames = (unsigned)(bytes.len + 8 + 1479) / 1480;
    time_us at;

    if (*busy < w->now)
        *busy = w->now;
    *busy += (bytes.len + 8 + frames * (FRAME_OVERHEAD + 20u)) * 8 / s->rate;
    if (s->fragments_blocked && frames > 1)
        return;
    for (unsigned n = 0; n < frames; n++)
        if (throw_dice(w, s->loss))
            return;
    at = *busy + s->round_trip / 2;
    if (throw_dice(w, s->reorder))
        at += MILLISECONDS(1);
    fly(w, at, to_client, port, bytes);
    if (throw_dice(w, s->repeat))
        fly(w, at + 1, to_client, port, bytes);
}

static void send_block(struct world *w, const struct serving *v, uint64_t block)
{
    static uint8_t bytes[65536 + 4];
    struct writer out = writer_of(bytes, sizeof(bytes));
    uint64_t at = (block - 1) * v->block_size;
    size_t len = w->s->size - at < v->block_size ? (size_t)(w->s->size - at) : v->block_size;
    uint16_t number = w->s->skips_zero ? (uint16_t)((block - 1) % 65535 + 1) : (uint16_t)block;
    uint8_t *room;

    write_be16(&out, TFTP_DATA);
    write_be16(&out, number);
    room = write_room(&out, len);
    tftp_simulation_fill(room, at, len);
    w->s->frames_sent += (len + 12 + 1479) / 1480;
    transmit(w, true, v->port, writer_written(&out));
}

static void send_window(struct world *w, struct serving *v)
{
    if (v->is_opening)
        transmit(w, true, v->port, slice_of(v->oack, v->oack_len));
    else
        for (uint64_t block = v->acked + 1; block <= v->acked + v->window && block <= v->last; block++)
            send_block(w, v, block);
    v->resend_at = w->now + v->wait;
}

static void start_transfer(struct world *w, struct slice options)
{
    struct tftp_simulation *s = w->s;
    struct serving *v = &w->serving[s->server_transfers++ % 8];
    struct writer out = writer_of(v->oack, sizeof(v->oack));
    struct tftp_option option;

    *v = (struct serving){.port = w->next_port++, .block_size = TFTP_BLOCK_DEFAULT, .window = 1};
    v->wait = s->server_patience != 0 ? s->server_patience : SECONDS(1);
    tftp_oack_emit(&out);
    while (s->kind != TFTP_SERVER_PLAIN && tftp_option_next(&options, &option) == TFTP_OPTION_OK) {
        uint64_t value = 0;

        text_parse_decimal(option.value, &value);
        if (text_equal_ignoring_case(option.name, "tsize")) {
            tftp_option_emit(&out, "tsize", s->size);
        } else if (text_equal_ignoring_case(option.name, "blksize")) {
            v->block_size = (uint16_t)(s->kind == TFTP_SERVER_ONE_FRAME && value > 1468 ? 1468 : value);
            if (s->block_size_granted != 0)
                v->block_size = s->block_size_granted;
            tftp_option_emit(&out, "blksize", v->block_size);
        } else if (text_equal_ignoring_case(option.name, "windowsize") && s->kind == TFTP_SERVER_WINDOWS) {
            v->window = (uint16_t)value;
            tftp_option_emit(&out, "windowsize", value);
        }
    }
    v->oack_len = writer_len(&out);
    v->is_opening = v->oack_len > 2;
    v->last = s->size / v->block_size + 1;
    send_window(w, v);
}

static void server_gets_ack(struct world *w, struct serving *v, uint16_t number)
{
    uint64_t block = v->acked;

    if (v->is_opening && number != 0)
        return;
    if (!v->is_opening) {
        for (; block <= v->acked + v->window && block <= v->last; block++)
            if ((w->s->skips_zero && block != 0 ? (uint16_t)((block - 1) % 65535 + 1) : (uint16_t)block) == number)
                break;
        if (block > v->acked + v->window || block > v->last)
            return;
        if (block == v->acked && v->window == 1)
            return; /* RFC 1123 section 4.2.3.1 */
    }
    v->is_opening = false;
    v->acked = block;
    if (block == v->last)
        v->port = 0;
    else
        send_window(w, v);
}

static void server_gets(struct world *w, uint16_t port, struct slice bytes)
{
    struct reader r = reader_of(bytes);
    struct tftp_packet packet;
    struct slice file, mode, options;

    if (w->now >= w->s->silent_from && w->now < w->s->silent_until)
        return;
    if (!tftp_packet_parse(&r, &packet))
        abort();
    if (port == TFTP_PORT) {
        w->s->requests++;
        if (packet.opcode != TFTP_RRQ || !tftp_rrq_parse(packet.body, &file, &mode, &options))
            abort();
        start_transfer(w, options);
        return;
    }
    for (struct serving *v = w->serving; v < w->serving + 8; v++) {
        if (v->port != port)
            continue;
        if (packet.opcode == TFTP_ACK)
            server_gets_ack(w, v, packet.number);
        else
            v->port = 0;
        return;
    }
    if (packet.opcode == TFTP_ACK)
        w->tftp.udp.ops->unreachable(&w->tftp.udp, w->now, STATUS_FAILURE);
}

static void arrive(struct world *w, const struct flying *f)
{
    struct udp_datagram datagram = {
        .from = {.ip = ipv4_address(SERVER_IP), .port = f->port},
        .to = {.ip = ipv4_address(CLIENT_IP), .port = 50000},
        .payload = slice_of(f->bytes, f->len),
    };

    if (!f->to_client) {
        server_gets(w, f->port, datagram.payload);
        return;
    }
    w->s->bytes_arrived += f->len;
    w->tftp.udp.ops->input(&w->tftp.udp, w->now, &datagram);
}

static void client_sends(struct world *w)
{
    uint8_t bytes[UDP_PAYLOAD_MAX];

    while (w->tftp.udp.ops->deadline(&w->tftp.udp) <= w->now) {
        uint16_t port = w->tftp.udp.ops->destination(&w->tftp.udp).port;
        struct writer out = writer_of(bytes, sizeof(bytes));

        if (!w->tftp.udp.ops->output(&w->tftp.udp, w->now, &out))
            continue;
        w->s->client_packets++;
        transmit(w, false, port, writer_written(&out));
    }
}

static size_t earliest(const struct world *w)
{
    size_t best = 0;

    for (size_t n = 1; n < w->in_flight; n++)
        if (w->flying[n].at < w->flying[best].at ||
            (w->flying[n].at == w->flying[best].at && w->flying[n].order < w->flying[best].order))
            best = n;
    return best;
}

static void server_timers(struct world *w)
{
    struct tftp_simulation *s = w->s;
    bool silent = w->now >= s->silent_from && w->now < s->silent_until;

    for (struct serving *v = w->serving; v < w->serving + 8; v++) {
        if (v->port == 0 || v->resend_at > w->now)
            continue;
        if (silent)
            v->resend_at = s->silent_until;
        else
            send_window(w, v);
        if (silent && s->forgets)
            v->port = 0;
    }
}

static void run(struct world *w)
{
    while (w->tftp.status == STATUS_PENDING && w->now < w->start + GIVE_UP) {
        time_us next = w->tftp.udp.ops->deadline(&w->tftp.udp);
        size_t first = earliest(w);

        for (struct serving *v = w->serving; v < w->serving + 8; v++)
            if (v->port != 0)
                next = time_earlier(next, v->resend_at);
        if (w->in_flight != 0 && w->flying[first].at <= next) {
            struct flying f = w->flying[first];

            w->flying[first] = w->flying[--w->in_flight];
            w->now = f.at > w->now ? f.at : w->now;
            arrive(w, &f);
            free(f.bytes);
        } else {
            w->now = next > w->now ? next : w->now;
            server_timers(w);
        }
        client_sends(w);
    }
}

void tftp_simulate(struct tftp_simulation *s)
{
    struct world *w = calloc(1, sizeof(*w));
    uint32_t key[2] = {s->seed, 1};

    w->s = s;
    w->sink = (struct sink){.size_known = sink_size, .write = sink_write};
    w->flying = calloc(IN_FLIGHT, sizeof(*w->flying));
    w->written = calloc(1, s->size + 1);
    w->dice = s->seed * 2654435761u + 12345;
    w->next_port = 32768;
    w->now = w->start = SECONDS(10);
    s->silent_from += w->start;
    s->silent_until += w->start;
    s->content_is_right = true;
    random_seed(&w->random, slice_of(key, sizeof(key)));
    s->request.server = (struct udp_address){.ip = ipv4_address(SERVER_IP)};
    s->request.file = "file";
    s->request.sink = &w->sink;
    tftp_start(&w->tftp, w->now, &s->request, s->experience != NULL ? s->experience : &w->experience, &w->random, NULL);
    client_sends(w);
    run(w);
    s->status = w->tftp.status;
    s->took = w->now - w->start;
    s->block_size = w->tftp.block_size;
    s->window = w->tftp.window.size;
    s->frames_ideal = (s->size / s->block_size + 1) * tftp_frames_of(s->block_size);
    if (w->written_count != s->size || w->tftp.received != s->size)
        s->content_is_right = false;
    for (size_t n = 0; n < w->in_flight; n++)
        free(w->flying[n].bytes);
    free(w->flying);
    free(w->written);
    free(w);
}
