/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The stack as a whole: Ethernet, IPv4 and UDP input, who gets what, routes, fairness. */
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
    UDP_AT = IP_AT + IPV4_HEADER_LEN
};

static struct bench_packet good(struct bench *b)
{
    return bench_udp(b, PEER_PORT, OUR_PORT, slice_of("hello", 5));
}

/* The packet is ignored, for the reason given, and nothing is sent. */
static void assert_dropped(struct bench *b, const struct bench_packet *packet, enum net_drop why)
{
    uint32_t before = b->net.dropped[why];
    unsigned inputs = b->client.inputs;
    struct slice frame;

    bench_put(b, packet);
    assert_int_equal(b->net.dropped[why], before + 1);
    assert_int_equal(b->client.inputs, inputs);
    assert_false(bench_sent(b, &frame));
}

static void assert_taken(struct bench *b, const struct bench_packet *packet)
{
    unsigned inputs = b->client.inputs;

    bench_put(b, packet);
    assert_int_equal(b->client.inputs, inputs + 1);
}

static void datagram_reaches_its_client(void **state)
{
    struct bench *b = *state;
    struct bench_packet packet = good(b);

    memset(packet.bytes + packet.len, 0xee, 13); /* padding to 60 bytes, with garbage (T-L2-01) */
    packet.len = NIC_FRAME_MIN;
    assert_taken(b, &packet);
    assert_int_equal(b->client.len, 5);
    assert_memory_equal(b->client.payload, "hello", 5);
    assert_int_equal(b->client.from.port, PEER_PORT);
    assert_int_equal(ipv4_value(b->client.from.ip), PEER_IP);
    assert_int_equal(b->client.to.port, OUR_PORT);
    assert_int_equal(ipv4_value(b->client.to.ip), OUR_IP);
}

/* T-L2-01: and cut at every length it is ignored. */
static void runts_are_dropped(void **state)
{
    struct bench *b = *state;
    struct bench_packet packet = good(b);

    for (size_t len = packet.len; len-- > 0;) {
        packet.len = len;
        bench_put(b, &packet);
    }
    assert_int_equal(b->client.inputs, 0);
    assert_int_equal(b->net.nic->counters.received_bad, 14);
}

/* T-L2-02 */
static void frames_beyond_the_mtu_are_dropped(void **state)
{
    static uint8_t bytes[9018];
    struct bench *b = *state;
    struct bench_packet packet = good(b);

    for (size_t len = 1519; len <= sizeof(bytes); len += 293) {
        memcpy(bytes, packet.bytes, packet.len);
        wire_inject(&b->wire.ends[0], slice_of(bytes, len));
        bench_poll(b);
    }
    assert_int_equal(b->client.inputs, 0);
    assert_true(b->net.nic->counters.received_bad > 20);
    assert_taken(b, &packet);
}

/* T-L2-03 */
static void only_the_priority_tag_is_accepted(void **state)
{
    struct bench *b = *state;
    struct bench_packet packet = good(b), tagged = packet;

    memcpy(tagged.bytes + 16, packet.bytes + 12, packet.len - 12);
    store_be16(tagged.bytes + 12, ETHERNET_VLAN);
    store_be16(tagged.bytes + 14, 0xe000);
    tagged.len += 4;
    assert_taken(b, &tagged);
    store_be16(tagged.bytes + 14, 0x0001);
    assert_dropped(b, &tagged, DROP_VLAN);
    store_be16(tagged.bytes + 14, 0);
    store_be16(tagged.bytes + 16, ETHERNET_VLAN); /* double */
    assert_dropped(b, &tagged, DROP_UNKNOWN_TYPE);
    store_be16(tagged.bytes + 12, 0x88a8); /* 802.1ad */
    assert_dropped(b, &tagged, DROP_UNKNOWN_TYPE);
}

/* T-L2-04, T-L2-05 */
static void other_protocols_are_dropped(void **state)
{
    static const uint16_t types[] = {0, 3, 46, 1500, 0x5ff, 0x86dd, 0x8809, 0x888e, 0x88cc, 0x9000, 0xffff};
    struct bench *b = *state;

    for (size_t n = 0; n < sizeof(types) / sizeof(types[0]); n++) {
        struct bench_packet packet = good(b);

        store_be16(packet.bytes + 12, types[n]);
        assert_dropped(b, &packet, DROP_UNKNOWN_TYPE);
    }
}

/* T-L2-06 */
static void impossible_link_addresses_are_dropped(void **state)
{
    struct bench *b = *state;
    struct bench_packet packet = good(b);

    memcpy(packet.bytes + 6, b->net.nic->mac.byte, 6);
    assert_dropped(b, &packet, DROP_BAD_ETHERNET);
    packet = good(b);
    packet.bytes[6] |= 1;
    assert_dropped(b, &packet, DROP_BAD_ETHERNET);
    packet = good(b);
    packet.bytes[5] ^= 0x40; /* somebody else's, as a promiscuous NIC would show it */
    assert_dropped(b, &packet, DROP_NOT_FOR_US);
    packet = good(b);
    memset(packet.bytes, 0xff, 6); /* broadcast on the link, yet to our IP address alone */
    assert_dropped(b, &packet, DROP_NOT_FOR_US);
}

/* T-IP-01, T-IP-02, T-IP-03 */
static void bad_ip_headers_are_dropped(void **state)
{
    struct bench *b = *state;
    struct bench_packet packet;

    static const struct {
        uint8_t at, value;
        enum net_drop why;
    } changes[] = {
        {0, 0x44, DROP_BAD_IP},        {0, 0x4f, DROP_BAD_IP},         {0, 0x65, DROP_BAD_IP},
        {2, 0x40, DROP_BAD_IP},        {3, 19, DROP_BAD_IP},           {3, 0, DROP_BAD_IP},
        {12, 0, DROP_BAD_SOURCE},      {12, 127, DROP_BAD_SOURCE},     {12, 224, DROP_BAD_SOURCE},
        {12, 240, DROP_BAD_SOURCE},    {15, 255, DROP_BAD_SOURCE},     {15, OUR_IP & 255, DROP_BAD_SOURCE},
        {19, 99, DROP_NOT_FOR_US},     {16, 224, DROP_NOT_FOR_US},     {16, 127, DROP_NOT_FOR_US},
        {9, 4, DROP_UNKNOWN_PROTOCOL}, {9, 50, DROP_UNKNOWN_PROTOCOL}, {9, 255, DROP_UNKNOWN_PROTOCOL},
    };
    for (size_t n = 0; n < sizeof(changes) / sizeof(changes[0]); n++) {
        packet = good(b);
        packet.bytes[IP_AT + changes[n].at] = changes[n].value;
        bench_fix(&packet);
        assert_dropped(b, &packet, changes[n].why);
    }
    packet = good(b);
    packet.bytes[IP_AT + 11] ^= 1;
    assert_dropped(b, &packet, DROP_BAD_CHECKSUM);
}

/* RFC 1122 section 3.2.1.7: a host takes what has arrived, whatever its time to live. */
static void time_to_live_does_not_matter_to_a_host(void **state)
{
    struct bench *b = *state;

    for (uint8_t ttl = 0; ttl < 3; ttl++) {
        struct bench_packet packet = good(b);

        packet.bytes[IP_AT + 8] = ttl;
        bench_fix(&packet);
        assert_taken(b, &packet);
    }
}

/* T-IP-04: record route; lengths 0, 1 and 40 in it; all are stepped over. */
static void ip_options_are_stepped_over(void **state)
{
    static const uint8_t lens[] = {39, 0, 1, 40, 255};
    struct bench *b = *state;

    for (size_t n = 0; n < sizeof(lens); n++) {
        struct bench_packet packet = good(b);
        uint8_t *ip = packet.bytes + IP_AT;

        memmove(ip + 60, ip + 20, packet.len - UDP_AT);
        memset(ip + 20, 0, 40);
        ip[20] = 7;
        ip[21] = lens[n];
        ip[0] = 0x4f;
        packet.len += 40;
        store_be16(ip + 2, (uint16_t)(packet.len - IP_AT));
        bench_fix(&packet);
        assert_taken(b, &packet);
    }
}

/* T-UDP-01 */
static void udp_length_is_checked(void **state)
{
    static const uint16_t bad[] = {0, 1, 7, 14, 0xffff};
    struct bench *b = *state;
    struct bench_packet packet;

    for (size_t n = 0; n < sizeof(bad) / sizeof(bad[0]); n++) {
        packet = good(b);
        store_be16(packet.bytes + UDP_AT + 4, bad[n]);
        assert_dropped(b, &packet, DROP_BAD_UDP);
    }
    packet = good(b);
    store_be16(packet.bytes + UDP_AT + 4, 8 + 3);
    store_be16(packet.bytes + UDP_AT + 6, 0);
    assert_taken(b, &packet);
    assert_int_equal(b->client.len, 3);
}

/* T-UDP-02 */
static void udp_checksum_is_verified_unless_absent(void **state)
{
    struct bench *b = *state;
    struct bench_packet packet = good(b);

    packet.bytes[UDP_AT + 9] ^= 1;
    assert_dropped(b, &packet, DROP_BAD_CHECKSUM);
    store_be16(packet.bytes + UDP_AT + 6, 0);
    assert_taken(b, &packet);
}

static struct bench_packet to_address(struct bench *b, uint32_t destination)
{
    struct bench_packet packet = good(b);

    store_be32(packet.bytes + IP_AT + 16, destination);
    store_be16(packet.bytes + UDP_AT + 6, 0);
    if ((destination & 0xff) == 0xff)
        memset(packet.bytes, 0xff, 6);
    bench_fix(&packet);
    return packet;
}

/* T-UDP-03 */
static void broadcasts_reach_only_those_who_take_them(void **state)
{
    struct bench *b = *state;
    struct bench_packet all = to_address(b, 0xffffffff), subnet = to_address(b, 0xc0a86fff);

    assert_dropped(b, &all, DROP_NO_CLIENT);
    assert_dropped(b, &subnet, DROP_NO_CLIENT);
    b->client.udp.any_destination = true;
    assert_taken(b, &all);
    assert_taken(b, &subnet);
    b->client.udp.any_destination = false;
    b->client.udp.any_port = true;
    b->client.udp.port = 1;
    assert_taken(b, &all);
    all = to_address(b, 0xc0a86eff); /* another network's broadcast */
    assert_dropped(b, &all, DROP_NOT_FOR_US);
}

/* shows: RFC2131-2-e, RFC2131-4.1-k, RFC1542-3.1-b */
static void before_there_is_an_address_only_dhcp_receives(void **state)
{
    struct bench *b = *state;
    struct bench_packet packet = good(b);

    assert_dropped(b, &packet, DROP_NO_CLIENT);
    b->client.udp.any_destination = true;
    assert_taken(b, &packet);
    memset(packet.bytes, 0xff, 6); /* a server that broadcasts on the link to the address it offers */
    assert_taken(b, &packet);
    packet = to_address(b, 0xffffffff);
    assert_taken(b, &packet);
    packet = to_address(b, 0xe0000001);
    assert_dropped(b, &packet, DROP_NOT_FOR_US);
    packet = to_address(b, 0);
    assert_dropped(b, &packet, DROP_NOT_FOR_US);
}

static void ports_have_one_owner(void **state)
{
    struct bench *b = *state;
    struct bench_client second, any, more;
    struct bench_packet packet = good(b);

    bench_client_start(&second, OUR_PORT, PEER_IP);
    assert_false(net_attach(&b->net, &second.udp));
    assert_true(net_attach(&b->net, &b->client.udp));
    bench_client_start(&any, 2070, PEER_IP);
    any.udp.any_port = true;
    assert_true(net_attach(&b->net, &any.udp));
    bench_client_start(&more, 2071, PEER_IP);
    more.udp.any_port = true;
    assert_false(net_attach(&b->net, &more.udp));
    assert_taken(b, &packet);
    assert_int_equal(any.inputs, 0);
    store_be16(packet.bytes + UDP_AT + 2, 4321);
    store_be16(packet.bytes + UDP_AT + 6, 0);
    bench_put(b, &packet);
    assert_int_equal(any.inputs, 1);
    assert_int_equal(any.to.port, 4321);
    net_detach(&b->net, &second.udp);
    net_detach(&b->net, &b->client.udp);
    net_detach(&b->net, &b->client.udp);
    assert_true(net_attach(&b->net, &second.udp));
    for (unsigned n = 0; n < 100; n++)
        assert_in_range(net_pick_port(&b->net), 49152, 65535);
}

static void output_is_wrapped_and_sent(void **state)
{
    struct bench *b = *state;
    struct ethernet_frame ethernet;
    struct ipv4_packet ip;
    struct udp_header udp;
    struct slice frame;
    struct reader r;

    b->client.fill = UDP_PAYLOAD_MAX;
    b->client.deadline = b->now;
    assert_true(net_deadline(&b->net) <= b->now);
    bench_poll(b);
    assert_true(bench_sent(b, &frame));
    assert_int_equal(frame.len, NIC_FRAME_MAX);
    r = reader_of(frame);
    assert_true(ethernet_frame_parse(&r, &ethernet));
    assert_true(mac_equal(ethernet.destination, b->peer->mac));
    assert_true(ipv4_packet_parse(&r, &ip));
    assert_true(ip.has_good_checksum);
    assert_int_equal(ip.source, OUR_IP);
    assert_int_equal(ip.destination, PEER_IP);
    assert_int_equal(udp_checksum(OUR_IP, PEER_IP, slice_of(r.next, reader_left(&r))), 0xffff);
    assert_true(udp_header_parse(&r, &udp));
    assert_int_equal(udp.source_port, OUR_PORT);
    assert_int_equal(udp.destination_port, PEER_PORT);
    assert_int_equal(udp.payload_len, UDP_PAYLOAD_MAX);
    assert_false(bench_sent(b, &frame));
    b->client.deadline = b->now;
    b->client.fill = UDP_PAYLOAD_MAX + 1; /* more than it may: not sent */
    bench_poll(b);
    assert_false(bench_sent(b, &frame));
}

/* Nothing is sent, nor asked of a client, while the ring is full; then the one who waited goes first. */
static void clients_take_turns(void **state)
{
    struct bench *b = *state;
    struct bench_client other;
    struct slice frame;

    bench_client_start(&other, OUR_PORT + 1, PEER_IP);
    assert_true(net_attach(&b->net, &other.udp));
    b->wire.ends[0].ring_is_full = true;
    for (unsigned n = 0; n < 6; n++) {
        b->client.deadline = other.deadline = b->now;
        bench_poll(b);
    }
    assert_int_equal(b->client.outputs + other.outputs, 0);
    b->wire.ends[0].ring_is_full = false;
    bench_poll(b);
    assert_int_equal(b->client.outputs, 1);
    assert_int_equal(other.outputs, 1);
    assert_true(bench_sent(b, &frame));
    assert_true(bench_sent(b, &frame));
    assert_false(bench_sent(b, &frame));
}

/* Three that always want to send get the same share, though a poll's burst is no multiple of three. */
static void greedy_clients_get_equal_shares(void **state)
{
    struct bench *b = *state;
    struct bench_client others[2];
    unsigned sent;

    b->client.never_rests = true;
    b->client.deadline = b->now;
    for (unsigned n = 0; n < 2; n++) {
        bench_client_start(&others[n], (uint16_t)(OUR_PORT + 1 + n), PEER_IP);
        others[n].never_rests = true;
        others[n].deadline = b->now;
        assert_true(net_attach(&b->net, &others[n].udp));
    }
    for (unsigned n = 0; n < 30; n++)
        bench_poll(b);
    sent = b->client.outputs + others[0].outputs + others[1].outputs;
    assert_true(sent > 60 && sent % 3 == 0);
    assert_int_equal(b->client.outputs, sent / 3);
    assert_int_equal(others[0].outputs, sent / 3);
}

static void the_nic_of_others_is_left_alone(void **state)
{
    struct bench *b = *state;
    struct bench_packet packet = good(b);

    b->net.nic->owner = NIC_OWNER_RAW;
    b->client.deadline = b->now;
    bench_put(b, &packet);
    assert_int_equal(b->client.inputs + b->client.outputs, 0);
    b->net.nic->owner = NIC_OWNER_STACK;
    bench_poll(b);
    assert_int_equal(b->client.inputs, 1);
    assert_int_equal(b->client.outputs, 1);
}

int main(void)
{
#define IN(setup, test) cmocka_unit_test_setup_teardown(test, setup, bench_stop)
    const struct CMUnitTest tests[] = {
        IN(bench_start, datagram_reaches_its_client),
        IN(bench_start, runts_are_dropped),
        IN(bench_start, frames_beyond_the_mtu_are_dropped),
        IN(bench_start, only_the_priority_tag_is_accepted),
        IN(bench_start, other_protocols_are_dropped),
        IN(bench_start, impossible_link_addresses_are_dropped),
        IN(bench_start, bad_ip_headers_are_dropped),
        IN(bench_start, time_to_live_does_not_matter_to_a_host),
        IN(bench_start, ip_options_are_stepped_over),
        IN(bench_start, udp_length_is_checked),
        IN(bench_start, udp_checksum_is_verified_unless_absent),
        IN(bench_start, broadcasts_reach_only_those_who_take_them),
        IN(bench_start_bare, before_there_is_an_address_only_dhcp_receives),
        IN(bench_start, ports_have_one_owner),
        IN(bench_start, output_is_wrapped_and_sent),
        IN(bench_start, clients_take_turns),
        IN(bench_start, greedy_clients_get_equal_shares),
        IN(bench_start, the_nic_of_others_is_left_alone),
    };

    return cmocka_run_group_tests_name("net", tests, NULL, NULL);
}
