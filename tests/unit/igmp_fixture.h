/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A host and the routers and members around it: what they send it, cut at each length first, and what it says. */
#ifndef PUCK_TESTS_IGMP_FIXTURE_H
#define PUCK_TESTS_IGMP_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/wire/ethernet_frame.h"
#include "firmware/wire/igmp_message.h"
#include "firmware/wire/ipv4_packet.h"
#include "tests/sim/net_bench.h"

enum {
    GROUP = 0xef010203,
    OTHER_GROUP = 0xef010204,
    GROUP_PORT = 7001,
    UNSOLICITED_S = 1,
    V2_RESPONSE = 100,
};

static inline void add(struct bench *b, struct writer *w, uint32_t from, uint32_t to, struct slice message)
{
    const struct ethernet_frame ethernet = {
        .destination = {{1, 0, 0x5e, (uint8_t)(to >> 16 & 0x7f), (uint8_t)(to >> 8), (uint8_t)to}},
        .source = b->peer->mac,
        .type = ETHERNET_IPV4,
    };
    const struct ipv4_packet ip = {
        .source = from,
        .destination = to,
        .payload_len = (uint16_t)message.len,
        .ttl = 1,
        .protocol = IPV4_IGMP,
        .router_alert = true,
    };

    ethernet_frame_emit(w, &ethernet);
    ipv4_packet_emit(w, &ip);
    write_slice(w, message);
    assert_false(w->failed);
}

/* At `now` and not a moment later: what is cut leaves no trace, what is whole has its effect. */
static inline void hears(struct bench *b, uint32_t from, uint32_t to, struct slice message)
{
    uint8_t bytes[128];
    struct writer w = writer_of(bytes, sizeof(bytes));
    struct igmp before = b->net.igmp;

    add(b, &w, from, to, message);
    for (size_t cut = 0; cut < writer_len(&w); cut++) {
        wire_inject(&b->wire.ends[0], slice_of(bytes, cut));
        (void)net_receive(&b->net, b->now);
    }
    for (size_t cut = 0; cut < IGMP_MESSAGE_LEN; cut++) {
        w = writer_of(bytes, sizeof(bytes));
        add(b, &w, from, to, slice_first(message, cut));
        wire_inject(&b->wire.ends[0], writer_written(&w));
        assert_true(net_receive(&b->net, b->now));
    }
    assert_memory_equal(&before, &b->net.igmp, sizeof(before));
    w = writer_of(bytes, sizeof(bytes));
    add(b, &w, from, to, message);
    wire_inject(&b->wire.ends[0], writer_written(&w));
    bench_poll(b);
}

static inline struct slice message_of(uint8_t type, unsigned max_response, uint32_t group)
{
    static uint8_t bytes[IGMP_MESSAGE_LEN];
    const struct igmp_message message = {.type = type, .max_response = (uint16_t)max_response, .group = group};
    struct writer w = writer_of(bytes, sizeof(bytes));

    igmp_message_emit(&w, &message);
    return writer_written(&w);
}

static inline void hears_query(struct bench *b, uint32_t group, unsigned max_response)
{
    hears(b, ROUTER_IP, group == 0 ? IGMP_ALL_SYSTEMS : group, message_of(IGMP_QUERY, max_response, group));
}

static inline void hears_report(struct bench *b, uint8_t type, uint32_t group)
{
    hears(b, PEER_IP, group, message_of(type, 0, group));
}

static inline bool sent_message(struct bench *b, struct igmp_message *message, struct ipv4_packet *ip)
{
    struct ethernet_frame ethernet;
    struct slice frame;
    struct reader r;

    bench_poll(b);
    if (!bench_sent(b, &frame))
        return false;
    r = reader_of(frame);
    assert_true(ethernet_frame_parse(&r, &ethernet));
    assert_true(ipv4_packet_parse(&r, ip));
    assert_true(ip->has_good_checksum);
    assert_int_equal(ip->protocol, IPV4_IGMP);
    assert_int_equal(ip->ttl, 1); /* RFC 2236 section 2 */
    assert_true(ip->router_alert);
    assert_int_equal(ip->source, OUR_IP);
    assert_int_equal(ethernet.destination.byte[0], 1);
    assert_int_equal(load_be32(ethernet.destination.byte + 2) & 0x7fffff, ip->destination & 0x7fffff);
    assert_int_equal(reader_left(&r), IGMP_MESSAGE_LEN);
    assert_true(igmp_message_parse(&r, message));
    assert_true(message->has_good_checksum);
    assert_int_equal(message->max_response, 0);
    return true;
}

static inline void sends(struct bench *b, uint8_t type, uint32_t group)
{
    struct igmp_message message;
    struct ipv4_packet ip;

    assert_true(sent_message(b, &message, &ip));
    assert_int_equal(message.type, type);
    assert_int_equal(message.group, group);
    assert_int_equal(ip.destination, type == IGMP_LEAVE ? IGMP_ALL_ROUTERS : group);
}

static inline void silent(struct bench *b)
{
    struct igmp_message message;
    struct ipv4_packet ip;

    assert_false(sent_message(b, &message, &ip));
}

/* Lets time pass, by the net's own deadline, until something is sent; returns how long that took. */
static inline time_us sends_within(struct bench *b, uint8_t type, uint32_t group, time_us limit)
{
    time_us since = b->now, due;

    silent(b);
    due = net_deadline(&b->net);
    assert_true(due > b->now && due - b->now <= limit);
    b->now = due - 1;
    silent(b);
    b->now = due;
    sends(b, type, group);
    return b->now - since;
}

static inline void listen(struct bench *b, uint32_t group)
{
    b->client.udp.group = group;
    b->client.udp.group_port = GROUP_PORT;
    bench_poll(b);
}

/* Idle member, and the last to have reported. */
static inline void become_idle(struct bench *b)
{
    listen(b, GROUP);
    sends(b, IGMP_V2_REPORT, GROUP);
    (void)sends_within(b, IGMP_V2_REPORT, GROUP, SECONDS(UNSOLICITED_S));
    assert_true(net_deadline(&b->net) == TIME_NEVER);
    b->now += SECONDS(60);
    silent(b);
}

#endif
