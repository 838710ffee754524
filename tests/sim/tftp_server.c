/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/sim/tftp_server.h"

#include <stdlib.h>

#include "firmware/base/text.h"
#include "firmware/wire/tftp_packet.h"

enum {
    TRIES_MAX = 8
};

static const time_us repeat_after = SECONDS(1);

static struct udp_address no_destination(const struct udp_client *udp)
{
    (void)udp;
    return (struct udp_address){0};
}

static time_us never(const struct udp_client *udp)
{
    (void)udp;
    return TIME_NEVER;
}

static uint64_t last_block(const struct tftp_server_transfer *t)
{
    return t->file->bytes.len / t->block_size + 1;
}

static void transfer_end(struct tftp_server_transfer *t)
{
    t->state = SERVER_FREE;
}

static void repeat_later(struct tftp_server_transfer *t, time_us now)
{
    t->repeat_at = now + repeat_after;
}

static void transfer_ack(struct tftp_server_transfer *t, time_us now, uint16_t number)
{
    uint16_t progress = (uint16_t)(number - (uint16_t)t->acked);

    t->server->acks++;
    if (t->state == SERVER_OACK && number == 0)
        t->state = SERVER_DATA;
    else if (t->state != SERVER_DATA || progress >= t->next - t->acked)
        return;
    /* A repeated ACK asks for the window again (RFC 7440 section 4); without windows it must not (RFC 1123 4.2.3.1). */
    if (progress == 0 && t->acked != 0 && t->window == 1)
        return;
    t->acked += progress;
    t->next = t->acked + 1;
    t->tries = 0;
    repeat_later(t, now);
    if (t->acked == last_block(t)) {
        t->server->completed++;
        transfer_end(t);
    }
}

static void transfer_input(struct udp_client *udp, time_us now, const struct udp_datagram *datagram)
{
    struct tftp_server_transfer *t = (struct tftp_server_transfer *)udp;
    struct reader r = reader_of(datagram->payload);
    struct tftp_packet packet;

    if (t->state == SERVER_FREE || !ip_equal(&datagram->from.ip, &t->peer.ip) || datagram->from.port != t->peer.port ||
        !tftp_packet_parse(&r, &packet))
        return;
    if (packet.opcode == TFTP_ACK) {
        transfer_ack(t, now, packet.number);
    } else if (packet.opcode == TFTP_ERROR) {
        t->server->errors_received++;
        transfer_end(t);
    }
}

static void write_oack(const struct tftp_server_transfer *t, struct writer *w)
{
    const struct tftp_server_knobs *knobs = &t->server->knobs;

    tftp_oack_emit(w);
    if (t->asked_block_size)
        tftp_option_emit(w, "blksize", knobs->lies_block_size ? knobs->lies_block_size : t->block_size);
    if (t->asked_size)
        tftp_option_emit(w, "tsize", knobs->lies_size ? knobs->lies_size : t->file->bytes.len);
    if (t->asked_window)
        tftp_option_emit(w, "windowsize", knobs->lies_window ? knobs->lies_window : t->window);
    if (knobs->sends_unasked_option)
        tftp_option_emit(w, "colour", 7);
}

/* Any length of block: the stack's own output() takes no more than one frame. */
static bool send_block(struct tftp_server_transfer *t)
{
    static uint8_t bytes[65535];
    const struct tftp_server_knobs *knobs = &t->server->knobs;
    struct writer w = writer_of(bytes, sizeof(bytes));
    uint64_t at = (t->next - 1) * t->block_size;

    if (knobs->error_at != 0 && t->next >= knobs->error_at) {
        tftp_error_emit(&w, 0, "disk on fire");
        transfer_end(t);
        return server_send(t->server->server, t->udp.port, t->peer, writer_written(&w));
    }
    if (knobs->silent_from != 0 && t->next >= knobs->silent_from)
        return true;
    tftp_data_emit(&w, (uint16_t)t->next, slice_first(slice_from(t->file->bytes, (size_t)at), t->block_size));
    if (knobs->strays) {
        uint8_t stray[600] = {0, TFTP_DATA, (uint8_t)(t->next >> 8), (uint8_t)t->next, 0xbd};

        (void)server_send(t->server->server, 4444, t->peer, slice_of(stray, sizeof(stray)));
    }
    if (!server_send(t->server->server, t->udp.port, t->peer, writer_written(&w)))
        return false;
    t->server->blocks_sent++;
    return true;
}

static bool time_is_up(struct tftp_server_transfer *t, time_us now)
{
    if (now < t->repeat_at)
        return false;
    repeat_later(t, now);
    if (++t->tries > TRIES_MAX) {
        transfer_end(t);
        return true;
    }
    t->next = t->acked + 1;
    t->is_owed = true;
    return false;
}

static bool transfer_output(struct udp_client *udp, time_us now, struct writer *payload)
{
    struct tftp_server_transfer *t = (struct tftp_server_transfer *)udp;
    uint64_t end;

    if (time_is_up(t, now))
        return false;
    if (t->state == SERVER_OACK || t->state == SERVER_ERROR) {
        if (!t->is_owed)
            return false;
        t->is_owed = false;
        if (t->state == SERVER_OACK)
            write_oack(t, payload);
        else
            tftp_error_emit(payload, t->error, t->error == 8 ? "no options here" : "File not found");
        if (t->state == SERVER_ERROR)
            transfer_end(t);
        return !payload->failed;
    }
    end = t->acked + t->window < last_block(t) ? t->acked + t->window : last_block(t);
    if (t->next <= end && send_block(t))
        t->next++;
    return false;
}

static time_us transfer_deadline(const struct udp_client *udp)
{
    const struct tftp_server_transfer *t = (const struct tftp_server_transfer *)udp;

    if (t->state == SERVER_FREE)
        return TIME_NEVER;
    if (t->state != SERVER_DATA)
        return t->is_owed ? 0 : t->repeat_at;
    return t->next <= t->acked + t->window && t->next <= last_block(t) ? 0 : t->repeat_at;
}

static struct udp_address transfer_destination(const struct udp_client *udp)
{
    return ((const struct tftp_server_transfer *)udp)->peer;
}

static const struct udp_client_ops transfer_ops = {
    .input = transfer_input,
    .output = transfer_output,
    .destination = transfer_destination,
    .deadline = transfer_deadline,
};

static uint16_t bend(uint64_t asked, uint16_t max)
{
    return (uint16_t)(max != 0 && asked > max ? max : asked);
}

static void take_option(struct tftp_server_transfer *t, const struct tftp_option *option)
{
    const struct tftp_server_knobs *knobs = &t->server->knobs;
    uint64_t value;

    if (!text_parse_decimal(option->value, &value) || value > 65535)
        return;
    if (text_equal_ignoring_case(option->name, "blksize") && value >= 8) {
        t->asked_block_size = true;
        t->block_size = bend(value, knobs->block_size_max);
    } else if (text_equal_ignoring_case(option->name, "windowsize") && value >= 1 && !knobs->knows_no_window) {
        t->asked_window = true;
        t->window = bend(value, knobs->window_max);
    } else if (text_equal_ignoring_case(option->name, "tsize") && !knobs->knows_no_tsize) {
        t->asked_size = true;
    }
}

static const struct tftp_server_file *find_file(const struct tftp_server *s, struct slice name)
{
    for (size_t n = 0; n < s->file_count; n++)
        if (slice_equal(text_slice(s->files[n].name), name))
            return &s->files[n];
    return NULL;
}

static void request_take(struct tftp_server_transfer *t, struct slice name, struct slice options)
{
    const struct tftp_server_knobs *knobs = &t->server->knobs;
    struct tftp_option option;

    t->file = find_file(t->server, name);
    t->is_owed = true;
    t->state = SERVER_ERROR;
    if (t->file == NULL) {
        t->error = TFTP_ERROR_NOT_FOUND;
        return;
    }
    if (options.len != 0 && knobs->refuses_options) {
        t->error = TFTP_ERROR_OPTIONS;
        return;
    }
    while (!knobs->ignores_options && tftp_option_next(&options, &option) == TFTP_OPTION_OK)
        take_option(t, &option);
    t->state = t->asked_block_size || t->asked_window || t->asked_size ? SERVER_OACK : SERVER_DATA;
}

/* A free transfer, else the one that has been waiting for the longest time. */
static struct tftp_server_transfer *transfer_room(struct tftp_server *s)
{
    struct tftp_server_transfer *oldest = &s->transfers[0];

    for (unsigned n = 0; n < TFTP_SERVER_TRANSFERS; n++) {
        if (s->transfers[n].state == SERVER_FREE)
            return &s->transfers[n];
        if (s->transfers[n].repeat_at < oldest->repeat_at)
            oldest = &s->transfers[n];
    }
    return oldest;
}

static void request_input(struct udp_client *udp, time_us now, const struct udp_datagram *datagram)
{
    struct tftp_server *s = (struct tftp_server *)udp;
    struct reader r = reader_of(datagram->payload);
    struct slice name, mode, options;
    struct tftp_server_transfer *t;
    struct tftp_packet packet;
    struct udp_client *next;

    if (s->knobs.is_deaf || !tftp_packet_parse(&r, &packet) || packet.opcode != TFTP_RRQ ||
        !tftp_rrq_parse(packet.body, &name, &mode, &options))
        return;
    s->requests++;
    t = transfer_room(s);
    next = t->udp.next; /* it stays seated; only its port changes */
    *t = (struct tftp_server_transfer){
        .udp = {.ops = &transfer_ops, .next = next, .port = net_pick_port(&s->server->net)},
        .server = s,
        .peer = datagram->from,
        .block_size = 512,
        .window = 1,
        .next = 1,
    };
    repeat_later(t, now);
    request_take(t, name, options);
}

static const struct udp_client_ops request_ops = {
    .input = request_input,
    .destination = no_destination,
    .deadline = never,
};

void tftp_server_start(struct tftp_server *s, struct server *server, const struct tftp_server_file *files, size_t count)
{
    memset(s, 0, sizeof(*s));
    s->server = server;
    s->files = files;
    s->file_count = count;
    s->udp.ops = &request_ops;
    s->udp.port = 69;
    if (!net_attach(&server->net, &s->udp))
        abort();
    for (unsigned n = 0; n < TFTP_SERVER_TRANSFERS; n++) {
        s->transfers[n].udp.ops = &transfer_ops;
        if (!net_attach(&server->net, &s->transfers[n].udp))
            abort();
    }
}
