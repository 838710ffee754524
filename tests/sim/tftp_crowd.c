/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/sim/tftp_crowd.h"

#include <stdlib.h>

#include "firmware/base/text.h"
#include "firmware/wire/ethernet_frame.h"
#include "firmware/wire/ipv4_packet.h"
#include "firmware/wire/tftp_packet.h"
#include "firmware/wire/udp_header.h"

enum {
    PORTS = 32768, /* two for each machine: a new transfer is never taken for the one before */
    TRIES_MAX = 6,
    HEADERS = 14 + 20,
};

static const uint32_t nobody = UINT32_MAX;

static uint32_t last_block(const struct tftp_crowd *c, const struct tftp_crowd_transfer *t)
{
    return (uint32_t)(c->config.file.len / t->block_size) + 1;
}

static void make_ready(struct tftp_crowd *c, uint32_t n)
{
    if (c->transfers[n].is_ready)
        return;
    c->transfers[n].is_ready = true;
    c->transfers[n].next_ready = nobody;
    if (c->ready_first == nobody)
        c->ready_first = n;
    else
        c->transfers[c->ready_last].next_ready = n;
    c->ready_last = n;
}

static uint32_t take_ready(struct tftp_crowd *c)
{
    uint32_t n = c->ready_first;

    c->ready_first = c->transfers[n].next_ready;
    c->transfers[n].is_ready = false;
    return n;
}

static void transfer_end(struct tftp_crowd *c, uint32_t n)
{
    c->running -= c->transfers[n].state != CROWD_FREE;
    c->transfers[n].state = CROWD_FREE;
    event_heap_set(&c->timers, n, TIME_NEVER);
}

/* 1, 2, 4 and 8 s. */
static void repeat_later(struct tftp_crowd *c, uint32_t n, time_us now)
{
    uint32_t tries = c->transfers[n].tries;

    event_heap_set(&c->timers, n, now + (SECONDS(1) << (tries < 3 ? tries : 3)));
}

/* --- what comes --------------------------------------------------------------------------------------------------- */

static uint16_t bend(uint64_t asked, uint16_t max)
{
    return (uint16_t)(asked > max ? max : asked);
}

static void take_option(const struct tftp_crowd *c, struct tftp_crowd_transfer *t, const struct tftp_option *option)
{
    uint64_t value;

    if (!text_parse_decimal(option->value, &value) || value > 65535)
        return;
    if (text_equal_ignoring_case(option->name, "blksize") && value >= 8) {
        t->has_options = true;
        t->block_size = bend(value, c->config.block_size_max);
    } else if (text_equal_ignoring_case(option->name, "windowsize") && value >= 1 && c->config.window_max > 1) {
        t->has_options = true;
        t->window = bend(value, c->config.window_max);
    } else if (text_equal_ignoring_case(option->name, "tsize")) {
        t->has_options = t->asked_size = true;
    }
}

static void request_input(struct tftp_crowd *c, uint32_t n, time_us now, struct mac mac, uint16_t port,
                          struct slice body)
{
    struct tftp_crowd_transfer *t = &c->transfers[n];
    struct slice name, mode, options;
    struct tftp_option option;
    bool was_ready = t->is_ready;
    uint32_t next_ready = t->next_ready;

    c->requests++;
    if (!tftp_rrq_parse(body, &name, &mode, &options) || !slice_equal(name, text_slice(c->config.name)))
        return;
    if (t->state != CROWD_FREE && t->peer_port == port) {
        c->repeated_requests++;
        if (t->acked != 0)
            return; /* an old one that was late */
        t->owes_oack = t->state == CROWD_OACK;
        t->next = 1;
        make_ready(c, n);
        return;
    }
    transfer_end(c, n);
    *t = (struct tftp_crowd_transfer){
        .mac = mac,
        .peer_port = port,
        .port = (uint16_t)(PORTS + 2 * n + (t->port + 1) % 2),
        .block_size = 512,
        .window = 1,
        .next = 1,
        .is_ready = was_ready,
        .next_ready = next_ready,
    };
    while (tftp_option_next(&options, &option) == TFTP_OPTION_OK)
        take_option(c, t, &option);
    t->state = t->has_options ? CROWD_OACK : CROWD_DATA;
    t->owes_oack = t->has_options;
    if (++c->running > c->running_most)
        c->running_most = c->running;
    repeat_later(c, n, now);
    make_ready(c, n);
}

static void ack_input(struct tftp_crowd *c, uint32_t n, time_us now, uint16_t number)
{
    struct tftp_crowd_transfer *t = &c->transfers[n];
    uint16_t progress = (uint16_t)(number - (uint16_t)t->acked);

    c->acks++;
    if (t->state == CROWD_OACK && number == 0)
        t->state = CROWD_DATA;
    else if (t->state != CROWD_DATA || progress >= t->next - t->acked)
        return;
    /* A repeated ACK asks for the window again (RFC 7440 section 4); without windows it must not (RFC 1123 4.2.3.1). */
    if (progress == 0 && t->acked != 0 && t->window == 1)
        return;
    t->acked += progress;
    t->next = t->acked + 1;
    t->tries = 0;
    if (t->acked == last_block(c, t)) {
        c->completed++;
        transfer_end(c, n);
        return;
    }
    repeat_later(c, n, now);
    make_ready(c, n);
}

static void transfer_input(struct tftp_crowd *c, uint32_t n, time_us now, uint16_t from, uint16_t to,
                           const struct tftp_packet *packet)
{
    const struct tftp_crowd_transfer *t = &c->transfers[n];

    if (t->state == CROWD_FREE || t->port != to || t->peer_port != from)
        return;
    if (packet->opcode == TFTP_ACK)
        ack_input(c, n, now, packet->number);
    else if (packet->opcode == TFTP_ERROR)
        transfer_end(c, n);
}

bool tftp_crowd_input(struct tftp_crowd *c, time_us now, struct slice frame)
{
    struct reader r = reader_of(frame);
    struct ethernet_frame ethernet;
    struct ipv4_packet ip;
    struct udp_header udp;
    struct tftp_packet packet;
    uint32_t n;

    if (!ethernet_frame_parse(&r, &ethernet) || ethernet.type != ETHERNET_IPV4 || !ipv4_packet_parse(&r, &ip) ||
        ip.destination != c->config.address || ip.protocol != IPV4_UDP || !udp_header_parse(&r, &udp))
        return false;
    n = ip.source - c->config.first_address;
    if ((udp.destination_port != 69 && udp.destination_port < PORTS) || n >= c->config.machines)
        return false;
    if (!tftp_packet_parse(&r, &packet))
        return true;
    if (udp.destination_port != 69)
        transfer_input(c, n, now, udp.source_port, udp.destination_port, &packet);
    else if (packet.opcode == TFTP_RRQ)
        request_input(c, n, now, ethernet.source, udp.source_port, packet.body);
    return true;
}

/* --- what goes ---------------------------------------------------------------------------------------------------- */

static void write_packet(const struct tftp_crowd *c, struct tftp_crowd_transfer *t, struct writer *w)
{
    size_t at = (size_t)(t->next - 1) * t->block_size;

    if (t->state == CROWD_DATA) {
        tftp_data_emit(w, (uint16_t)t->next, slice_first(slice_from(c->config.file, at), t->block_size));
        t->next++;
        return;
    }
    t->owes_oack = false;
    tftp_oack_emit(w);
    if (t->block_size != 512)
        tftp_option_emit(w, "blksize", t->block_size);
    if (t->asked_size)
        tftp_option_emit(w, "tsize", c->config.file.len);
    if (t->window != 1)
        tftp_option_emit(w, "windowsize", t->window);
}

/* The UDP checksum is left out (RFC 768 allows it): its cost would be the simulator's alone. */
static void send_packet(struct tftp_crowd *c, uint32_t n)
{
    struct tftp_crowd_transfer *t = &c->transfers[n];
    const struct ethernet_frame ethernet = {.destination = t->mac, .source = c->nic->mac, .type = ETHERNET_IPV4};
    struct ipv4_packet ip = {
        .source = c->config.address,
        .destination = c->config.first_address + n,
        .id = c->ip_id++,
        .ttl = 64,
        .protocol = IPV4_UDP,
    };
    struct udp_header udp = {.source_port = t->port, .destination_port = t->peer_port};
    struct writer frame, headers;

    if (!nic_transmit_room(c->nic, &frame))
        return;
    headers = frame;
    (void)write_room(&frame, HEADERS + 8);
    write_packet(c, t, &frame);
    if (frame.failed)
        abort();
    udp.payload_len = (uint16_t)(writer_len(&frame) - HEADERS - 8);
    ip.payload_len = (uint16_t)(udp.payload_len + 8);
    ethernet_frame_emit(&headers, &ethernet);
    ipv4_packet_emit(&headers, &ip);
    udp_header_emit(&headers, &udp);
    nic_transmit(c->nic, writer_len(&frame));
}

static bool has_more(const struct tftp_crowd *c, const struct tftp_crowd_transfer *t)
{
    if (t->state != CROWD_DATA)
        return t->state == CROWD_OACK && t->owes_oack;
    return t->next <= t->acked + t->window && t->next <= last_block(c, t);
}

static void time_is_up(struct tftp_crowd *c, uint32_t n, time_us now)
{
    struct tftp_crowd_transfer *t = &c->transfers[n];

    if (has_more(c, t)) { /* it is the line that it waits for */
        repeat_later(c, n, now);
        return;
    }
    c->time_outs++;
    if (++t->tries > TRIES_MAX) {
        c->abandoned++;
        transfer_end(c, n);
        return;
    }
    t->next = t->acked + 1;
    t->owes_oack = t->state == CROWD_OACK;
    repeat_later(c, n, now);
    make_ready(c, n);
}

void tftp_crowd_output(struct tftp_crowd *c, time_us now, unsigned frames)
{
    while (c->timers.due[event_heap_first(&c->timers)] <= now)
        time_is_up(c, event_heap_first(&c->timers), now);
    while (frames != 0 && c->ready_first != nobody) {
        uint32_t n = take_ready(c);

        if (!has_more(c, &c->transfers[n]))
            continue;
        send_packet(c, n);
        frames--;
        if (has_more(c, &c->transfers[n]))
            make_ready(c, n);
    }
}

time_us tftp_crowd_deadline(const struct tftp_crowd *c)
{
    return c->ready_first != nobody ? 0 : c->timers.due[event_heap_first(&c->timers)];
}

void tftp_crowd_start(struct tftp_crowd *c, struct nic *nic, const struct tftp_crowd_config *config)
{
    memset(c, 0, sizeof(*c));
    c->config = *config;
    c->nic = nic;
    c->ready_first = c->ready_last = nobody;
    c->transfers = calloc(config->machines, sizeof(*c->transfers));
    if (c->transfers == NULL || config->machines > (65536 - PORTS) / 2 - 1)
        abort();
    event_heap_start(&c->timers, config->machines);
}

void tftp_crowd_stop(struct tftp_crowd *c)
{
    event_heap_stop(&c->timers);
    free(c->transfers);
}
