/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/sim/tftp_receiver.h"

#include <stdlib.h>

#include "firmware/base/text.h"
#include "firmware/wire/tftp_packet.h"

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

static void take_block(struct tftp_receiver_transfer *t, struct slice bytes)
{
    struct tftp_receiver *s = t->receiver;

    if (s->knobs.full_from != 0 && t->block + 1 >= s->knobs.full_from) {
        t->error = 3;
        return;
    }
    if (bytes.len > t->block_size || t->len + bytes.len > sizeof(t->bytes))
        abort();
    memcpy(t->bytes + t->len, bytes.data, bytes.len);
    t->len += bytes.len;
    t->block++;
    s->blocks++;
    if (bytes.len < t->block_size) {
        t->is_done = true;
        s->completed = t;
    }
}

static void transfer_input(struct udp_client *udp, time_us now, const struct udp_datagram *datagram)
{
    struct tftp_receiver_transfer *t = (struct tftp_receiver_transfer *)udp;
    const struct tftp_receiver_knobs *knobs = &t->receiver->knobs;
    struct reader r = reader_of(datagram->payload);
    struct tftp_packet packet;

    if (!t->is_live || datagram->from.port != t->peer.port || !tftp_packet_parse(&r, &packet))
        return;
    if (packet.opcode == TFTP_ERROR) {
        t->receiver->errors_received++;
        t->is_live = false;
        return;
    }
    if (packet.opcode != TFTP_DATA)
        return;
    if (packet.number == (uint16_t)(t->block + 1) && !t->is_done)
        take_block(t, packet.body);
    else
        t->receiver->repeated++;
    if (knobs->silent_from != 0 && t->block >= knobs->silent_from) {
        t->repeat_at = TIME_NEVER;
        return;
    }
    t->is_owed = true;
    t->is_owed_twice = knobs->repeats_each_ack;
    t->repeat_at = now + repeat_after;
}

static bool transfer_output(struct udp_client *udp, time_us now, struct writer *payload)
{
    struct tftp_receiver_transfer *t = (struct tftp_receiver_transfer *)udp;

    if (t->error != 0) {
        tftp_error_emit(payload, t->error, t->error == 3 ? "disk full" : "no options here");
        t->is_live = payload->failed;
        return !payload->failed;
    }
    if (t->block == 0 && t->has_options) {
        tftp_oack_emit(payload);
        tftp_option_emit(payload, "tsize", t->told_size);
        tftp_option_emit(payload, "blksize",
                         t->receiver->knobs.lies_block_size ? t->receiver->knobs.lies_block_size : t->block_size);
    } else {
        tftp_ack_emit(payload, (uint16_t)t->block);
    }
    if (payload->failed)
        return false;
    t->is_owed = t->is_owed_twice;
    t->is_owed_twice = false;
    t->repeat_at = t->is_done ? TIME_NEVER : now + repeat_after;
    return true;
}

static time_us transfer_deadline(const struct udp_client *udp)
{
    const struct tftp_receiver_transfer *t = (const struct tftp_receiver_transfer *)udp;

    if (!t->is_live)
        return TIME_NEVER;
    return t->is_owed || t->error != 0 ? 0 : t->repeat_at;
}

static struct udp_address transfer_destination(const struct udp_client *udp)
{
    return ((const struct tftp_receiver_transfer *)udp)->peer;
}

static const struct udp_client_ops transfer_ops = {
    .input = transfer_input,
    .output = transfer_output,
    .destination = transfer_destination,
    .deadline = transfer_deadline,
};

static void take_options(struct tftp_receiver_transfer *t, struct slice options)
{
    const struct tftp_receiver_knobs *knobs = &t->receiver->knobs;
    struct tftp_option option;
    uint64_t value;

    if (knobs->ignores_options || options.len == 0)
        return;
    t->error = knobs->refuses_options ? 8 : 0;
    while (tftp_option_next(&options, &option) == TFTP_OPTION_OK) {
        if (!text_parse_decimal(option.value, &value))
            abort();
        t->has_options = true;
        if (text_equal_ignoring_case(option.name, "tsize"))
            t->told_size = value;
        else if (text_equal_ignoring_case(option.name, "blksize"))
            t->block_size =
                (uint16_t)(knobs->block_size_max != 0 && value > knobs->block_size_max ? knobs->block_size_max : value);
        else
            abort();
    }
}

static void request_input(struct udp_client *udp, time_us now, const struct udp_datagram *datagram)
{
    struct tftp_receiver *s = (struct tftp_receiver *)udp;
    struct tftp_receiver_transfer *t = &s->transfers[s->requests % TFTP_RECEIVER_TRANSFERS];
    struct reader r = reader_of(datagram->payload);
    struct slice name, mode, options;
    struct tftp_packet packet;
    struct udp_client *next = t->udp.next; /* it stays seated; only its port changes */

    if (s->knobs.is_deaf || !tftp_packet_parse(&r, &packet) || packet.opcode != TFTP_WRQ ||
        !tftp_rrq_parse(packet.body, &name, &mode, &options))
        return;
    s->requests++;
    text_copy_printable(s->name, sizeof(s->name), name);
    memset(t, 0, sizeof(*t));
    t->udp = (struct udp_client){.ops = &transfer_ops, .next = next, .port = net_pick_port(&s->server->net)};
    t->receiver = s;
    t->peer = datagram->from;
    t->is_live = t->is_owed = true;
    t->block_size = 512;
    t->repeat_at = now + repeat_after;
    take_options(t, options);
}

static const struct udp_client_ops request_ops = {
    .input = request_input,
    .destination = no_destination,
    .deadline = never,
};

void tftp_receiver_start(struct tftp_receiver *s, struct server *server)
{
    memset(s, 0, sizeof(*s));
    s->server = server;
    s->udp = (struct udp_client){.ops = &request_ops, .port = 69};
    if (!net_attach(&server->net, &s->udp))
        abort();
    for (unsigned n = 0; n < TFTP_RECEIVER_TRANSFERS; n++) {
        s->transfers[n].udp.ops = &transfer_ops;
        if (!net_attach(&server->net, &s->transfers[n].udp))
            abort();
    }
}
