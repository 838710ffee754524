/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What the net takes and sends when somebody asks for more than a client of a boot needs: struct net_filter, the fields
 * of a client that go into the IPv4 header, and datagrams in fragments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/wire/ethernet_frame.h"
#include "firmware/wire/ipv4_packet.h"
#include "firmware/wire/udp_header.h"
#include "tests/sim/net_bench.h"

enum {
    IP_AT = ETHERNET_HEADER_LEN,
    UDP_AT = IP_AT + IPV4_HEADER_LEN,
    GROUP = 0xef010203,
    OTHER_GROUP = 0xef010204,
    OTHER_HOST = 0xc0a86f65,
};

static const struct mac group_mac = {{0x01, 0x00, 0x5e, 0x01, 0x02, 0x03}},
                        other_group_mac = {{0x01, 0x00, 0x5e, 0x01, 0x02, 0x04}},
                        other_mac = {{0x52, 0x54, 0x00, 0xaa, 0xbb, 0xcc}};

static bool is_taken(struct bench *b, struct mac mac, uint32_t destination)
{
    struct bench_packet packet = bench_udp(b, PEER_PORT, OUR_PORT, slice_of("hello", 5));
    unsigned inputs = b->client.inputs;

    memcpy(packet.bytes, mac.byte, sizeof(mac.byte));
    store_be32(packet.bytes + IP_AT + 16, destination);
    store_be16(packet.bytes + UDP_AT + 6, 0);
    bench_fix(&packet);
    bench_put(b, &packet);
    return b->client.inputs != inputs;
}

static void without_a_filter_others_are_others(void **state)
{
    struct bench *b = *state;

    b->client.udp.takes_others = true;
    assert_false(is_taken(b, group_mac, GROUP));
    assert_false(is_taken(b, other_mac, OTHER_HOST));
    assert_false(is_taken(b, b->net.nic->mac, OTHER_HOST));
    assert_true(is_taken(b, b->net.nic->mac, OUR_IP));
}

static void a_group_of_the_filter_is_received(void **state)
{
    const struct net_filter filter = {.addresses = {GROUP}, .count = 1};
    struct bench *b = *state;

    assert_int_equal(net_set_filter(&b->net, &filter), STATUS_OK);
    assert_int_equal(b->net.nic->filter, NIC_FILTER_DIRECTED | NIC_FILTER_BROADCAST | NIC_FILTER_MULTICAST);
    assert_false(is_taken(b, group_mac, GROUP)); /* the client does not want it */
    b->client.udp.takes_others = true;
    assert_true(is_taken(b, group_mac, GROUP));
    assert_false(is_taken(b, other_group_mac, OTHER_GROUP));
    assert_false(is_taken(b, other_mac, OTHER_HOST));
    assert_int_equal(net_set_filter(&b->net, &(struct net_filter){0}), STATUS_OK);
    assert_int_equal(b->net.nic->filter, NIC_FILTER_DIRECTED | NIC_FILTER_BROADCAST);
    assert_false(is_taken(b, group_mac, GROUP));
}

static void all_groups_and_everything(void **state)
{
    struct net_filter filter = {.all_groups = true};
    struct bench *b = *state;

    b->client.udp.takes_others = true;
    assert_int_equal(net_set_filter(&b->net, &filter), STATUS_OK);
    assert_true((b->net.nic->filter & NIC_FILTER_ALL_MULTICAST) != 0);
    assert_true(is_taken(b, other_group_mac, OTHER_GROUP));
    assert_false(is_taken(b, other_mac, OTHER_HOST));
    filter = (struct net_filter){.everything = true};
    assert_int_equal(net_set_filter(&b->net, &filter), STATUS_OK);
    assert_true((b->net.nic->filter & NIC_FILTER_PROMISCUOUS) != 0);
    assert_true(is_taken(b, other_mac, OTHER_HOST));
    assert_true(is_taken(b, group_mac, GROUP));
}

/* Somebody else's closed port is nobody's business, and echo to a group is answered by others. */
static void nothing_is_answered_for_others(void **state)
{
    const struct net_filter filter = {.everything = true};
    struct bench *b = *state;
    struct slice frame;

    assert_int_equal(net_set_filter(&b->net, &filter), STATUS_OK);
    assert_false(is_taken(b, other_mac, OTHER_HOST));
    assert_false(bench_sent(b, &frame));
}

static struct ipv4_packet sent_packet(struct bench *b, struct slice *payload)
{
    struct ethernet_frame ethernet;
    struct ipv4_packet ip = {0};
    struct slice frame;
    struct reader r;

    assert_true(bench_sent(b, &frame));
    r = reader_of(frame);
    assert_true(ethernet_frame_parse(&r, &ethernet));
    assert_true(ipv4_packet_parse(&r, &ip));
    assert_true(ip.has_good_checksum);
    *payload = read_rest(&r);
    return ip;
}

static void the_header_says_what_client_and_net_want(void **state)
{
    struct bench *b = *state;
    struct ipv4_packet ip;
    struct slice payload;

    b->client.fill = 10;
    b->client.deadline = b->now;
    bench_poll(b);
    ip = sent_packet(b, &payload);
    assert_int_equal(ip.ttl, 64);
    assert_int_equal(ip.tos, 0);
    assert_false(ip.dont_fragment);
    b->net.ttl = 3;
    b->net.tos = 0x10;
    b->client.udp.dont_fragment = true;
    b->client.udp.source = OTHER_HOST;
    b->client.deadline = b->now;
    bench_poll(b);
    ip = sent_packet(b, &payload);
    assert_int_equal(ip.ttl, 3);
    assert_int_equal(ip.tos, 0x10);
    assert_true(ip.dont_fragment);
    assert_int_equal(ip.source, OTHER_HOST);
    assert_int_equal(udp_checksum(OTHER_HOST, PEER_IP, payload), 0xffff);
}

/* A client that sends three pieces of 16 bytes. */
static unsigned pieces_sent;

static bool output_piece(struct udp_client *client, time_us now, struct writer *piece, struct ipv4_packet *ip)
{
    (void)now;
    write_fill(piece, (uint8_t)('a' + pieces_sent), 16);
    ip->fragment_offset = (uint16_t)(16 * pieces_sent++);
    ip->more_fragments = pieces_sent < 3;
    if (pieces_sent == 3)
        ((struct bench_client *)client)->deadline = TIME_NEVER;
    return true;
}

static void pieces_of_a_datagram_share_their_identification(void **state)
{
    struct bench *b = *state;
    struct udp_client_ops ops = *b->client.udp.ops;
    struct ipv4_packet ip, first;
    struct slice payload;

    pieces_sent = 0;
    ops.output_fragment = output_piece;
    b->client.udp.ops = &ops;
    b->client.deadline = b->now;
    bench_poll(b);
    for (unsigned n = 0; n < 3; n++) {
        ip = sent_packet(b, &payload);
        if (n == 0)
            first = ip;
        assert_int_equal(ip.id, first.id);
        assert_int_equal(ip.fragment_offset, 16 * n);
        assert_int_equal(ip.more_fragments, n < 2);
        assert_int_equal(payload.len, 16);
        assert_int_equal(payload.data[0], 'a' + n);
    }
    pieces_sent = 0;
    b->client.deadline = b->now;
    bench_poll(b);
    ip = sent_packet(b, &payload);
    assert_int_not_equal(ip.id, first.id);
}

#define IN(test) cmocka_unit_test_setup_teardown(test, bench_start, bench_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN(without_a_filter_others_are_others),
        IN(a_group_of_the_filter_is_received),
        IN(all_groups_and_everything),
        IN(nothing_is_answered_for_others),
        IN(the_header_says_what_client_and_net_want),
        IN(pieces_of_a_datagram_share_their_identification),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
