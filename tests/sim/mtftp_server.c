/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/sim/mtftp_server.h"

#include "firmware/base/text.h"

enum {
    RETRIES = 5,
    FIRST_PORT = 40000,
};

static uint16_t block_size(const struct mtftp_server *s)
{
    return s->knobs.block_size != 0 ? s->knobs.block_size : 512;
}

static uint32_t last_block(const struct mtftp_server *s)
{
    return (uint32_t)(s->file.len / block_size(s) + 1);
}

static void send(struct mtftp_server *s, struct udp_address to, const struct writer *w)
{
    s->send(s->context, s->session_port, to, slice_of(w->start, (size_t)(w->next - w->start)));
}

static void end(struct mtftp_server *s)
{
    if (s->knobs.dies_after_session)
        s->dead_until = TIME_NEVER;
    s->session_port = 0;
    s->has_sent_last = false;
}

/* What goes wrong in place of this block. */
static bool fails_at(struct mtftp_server *s, time_us now, uint32_t block, struct writer *w)
{
    const struct mtftp_server_knobs *knobs = &s->knobs;

    if (knobs->dies_at == block && !s->has_died) {
        s->has_died = true;
        s->dead_until = knobs->dead_for != 0 ? now + knobs->dead_for : TIME_NEVER;
        end(s);
        return true;
    }
    if (knobs->error_at == block && !s->has_failed) {
        s->has_failed = true;
        tftp_error_emit(w, TFTP_ERROR_OTHER, "disk on fire");
        send(s, s->client, w);
        end(s);
        return true;
    }
    return false;
}

static size_t len_of(const struct mtftp_server *s, uint32_t block)
{
    size_t len = slice_first(slice_from(s->file, (size_t)(block - 1) * block_size(s)), block_size(s)).len;

    if (s->knobs.short_at == block)
        return len - 1;
    return s->knobs.empty_at == block ? 0 : s->knobs.long_at == block ? len + 1 : len;
}

static void send_block(struct mtftp_server *s, time_us now, uint32_t block)
{
    uint8_t bytes[2048];
    struct writer w = writer_of(bytes, sizeof(bytes));
    size_t len = len_of(s, block);
    bool is_first = block == 1 && s->block <= 1;
    uint8_t *room;

    if (fails_at(s, now, block, &w))
        return;
    if (s->knobs.zero_at == block) {
        tftp_data_emit(&w, 0, slice_first(s->file, block_size(s)));
        send(s, s->group, &w);
        w = writer_of(bytes, sizeof(bytes));
    }
    tftp_data_emit(&w, (uint16_t)(s->knobs.rolls_over ? block : block & 0xffff), slice_of(bytes, 0));
    room = write_room(&w, len);
    memset(room, 0xbd, len);
    if (block <= last_block(s)) {
        struct slice content = slice_first(slice_from(s->file, (size_t)(block - 1) * block_size(s)), len);

        memcpy(room, content.data, content.len);
    }
    s->block = block;
    s->has_sent_last |= block >= last_block(s);
    s->repeat_at = now + (s->knobs.patience != 0 ? s->knobs.patience : SECONDS(5));
    if (s->knobs.silent_from != 0 && block >= s->knobs.silent_from)
        return;
    if ((is_first && !s->knobs.no_unicast) || s->knobs.only_unicast) {
        s->blocks_sent++;
        send(s, s->client, &w);
    }
    if (!s->knobs.only_unicast) {
        s->blocks_sent++;
        send(s, s->group, &w);
    }
}

static void request_came(struct mtftp_server *s, time_us now, struct udp_address from, const struct tftp_packet *packet)
{
    struct slice name, mode, options;

    s->requests++;
    if (s->knobs.is_deaf || !tftp_rrq_parse(packet->body, &name, &mode, &options) ||
        !slice_equal(name, text_slice(s->name)) || s->session_port != 0) {
        s->dropped_requests++;
        return;
    }
    s->client = from;
    s->session_port = s->knobs.has_one_port ? s->port : s->next_port++;
    s->block = 0;
    s->timeouts = 0;
    if (s->knobs.refuses) {
        uint8_t bytes[64];
        struct writer w = writer_of(bytes, sizeof(bytes));

        tftp_error_emit(&w, TFTP_ERROR_NOT_FOUND, "File not found");
        send(s, from, &w);
        end(s);
        return;
    }
    s->sessions++;
    send_block(s, now, 1);
}

static void ack_came(struct mtftp_server *s, time_us now, uint16_t number)
{
    s->timeouts = 0;
    if (s->knobs.is_strict && number != (uint16_t)s->block)
        return;
    if (s->has_sent_last && (number >= last_block(s) || (s->knobs.rolls_over && s->block >= last_block(s)))) {
        s->completed++;
        end(s);
        return;
    }
    send_block(s, now, s->knobs.counts || s->knobs.is_strict || s->knobs.rolls_over ? s->block + 1 : number + 1u);
}

void mtftp_server_input(struct mtftp_server *s, time_us now, uint16_t to_port, struct udp_address from,
                        struct slice payload)
{
    struct reader r = reader_of(payload);
    struct tftp_packet packet;

    if (now < s->dead_until || !tftp_packet_parse(&r, &packet))
        return;
    if (to_port == s->port && packet.opcode == TFTP_RRQ) {
        request_came(s, now, from, &packet);
        return;
    }
    if (s->session_port == 0 || to_port != s->session_port || from.port != s->client.port ||
        !ip_equal(&from.ip, &s->client.ip))
        return;
    if (packet.opcode == TFTP_ACK) {
        ack_came(s, now, packet.number);
    } else if (packet.opcode == TFTP_ERROR) {
        s->errors_received++;
        end(s);
    }
}

void mtftp_server_poll(struct mtftp_server *s, time_us now)
{
    if (s->session_port == 0 || now < s->repeat_at)
        return;
    if (++s->timeouts > RETRIES)
        end(s);
    else
        send_block(s, now, s->block);
}

time_us mtftp_server_deadline(const struct mtftp_server *s)
{
    return s->session_port != 0 ? s->repeat_at : TIME_NEVER;
}

bool mtftp_server_has_port(const struct mtftp_server *s, uint16_t port)
{
    return port == s->port || (port == s->session_port && port != 0);
}

void mtftp_server_start(struct mtftp_server *s, const char *name, struct slice file, struct udp_address group,
                        uint16_t port)
{
    *s = (struct mtftp_server){.name = name, .file = file, .group = group, .port = port, .next_port = FIRST_PORT};
}
