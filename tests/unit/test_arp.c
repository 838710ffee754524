/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Address resolution (RFC 826) and the choice of the next hop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/wire/arp_packet.h"
#include "firmware/wire/ethernet_frame.h"
#include "tests/sim/net_bench.h"

/* The next frame is an ARP packet with this operation about this target. */
static void assert_arp_sent(struct bench *b, uint16_t operation, uint32_t target, struct mac to)
{
    struct ethernet_frame ethernet;
    struct arp_packet arp;
    struct slice frame;
    struct reader r;

    assert_true(bench_sent(b, &frame));
    r = reader_of(frame);
    assert_true(ethernet_frame_parse(&r, &ethernet));
    assert_int_equal(ethernet.type, ETHERNET_ARP);
    assert_true(mac_equal(ethernet.destination, to));
    assert_true(arp_packet_parse(&r, &arp));
    assert_int_equal(arp.operation, operation);
    assert_int_equal(arp.target, target);
    assert_int_equal(arp.sender, b->net.config.address);
    assert_true(mac_equal(arp.sender_mac, b->net.nic->mac));
}

static void assert_silent(struct bench *b)
{
    struct slice frame;

    assert_false(bench_sent(b, &frame));
}

static void want(struct bench *b, uint32_t destination)
{
    b->client.destination.ip = ipv4_address(destination);
    b->client.deadline = b->now;
    bench_poll(b);
}

/* Goes to the stack's next deadline and polls there. */
static void next_deadline(struct bench *b)
{
    time_us deadline = net_deadline(&b->net);

    assert_true(deadline != TIME_NEVER && deadline > b->now);
    b->now = deadline;
    bench_poll(b);
}

/* T-ARP-06: with the first three requests lost the packet leaves in less than a second. */
static void requests_back_off_until_answered(void **state)
{
    struct bench *b = *state;
    struct bench_packet answer = bench_arp(b, ARP_REPLY, PEER_IP + 1, OUR_IP);
    time_us begin = b->now;

    want(b, PEER_IP + 1);
    assert_arp_sent(b, ARP_REQUEST, PEER_IP + 1, MAC_BROADCAST);
    for (unsigned lost = 0; lost < 3; lost++) {
        next_deadline(b);
        assert_arp_sent(b, ARP_REQUEST, PEER_IP + 1, MAC_BROADCAST);
        assert_silent(b);
    }
    assert_int_equal(b->client.outputs, 0);
    bench_put(b, &answer);
    assert_int_equal(b->client.outputs, 1);
    assert_in_range(b->now - begin, MILLISECONDS(700), SECONDS(1));
    assert_int_equal(net_deadline(&b->net), TIME_NEVER);
}

static void silence_is_reported_and_asking_starts_over(void **state)
{
    struct bench *b = *state;
    time_us begin = b->now;

    want(b, PEER_IP + 1);
    assert_arp_sent(b, ARP_REQUEST, PEER_IP + 1, MAC_BROADCAST);
    for (unsigned n = 1; n < ARP_REQUESTS_MAX; n++) {
        next_deadline(b);
        assert_arp_sent(b, ARP_REQUEST, PEER_IP + 1, MAC_BROADCAST);
    }
    assert_int_equal(b->client.unreachables, 0);
    next_deadline(b);
    assert_int_equal(b->client.unreachables, 1);
    assert_int_equal(b->client.why, STATUS_ARP_TIMEOUT);
    assert_in_range(b->now - begin, SECONDS(5), SECONDS(7));
    assert_silent(b);
    bench_poll(b); /* the client still wants to send */
    assert_arp_sent(b, ARP_REQUEST, PEER_IP + 1, MAC_BROADCAST);
    assert_int_equal(b->client.unreachables, 1);
}

static void one_silent_neighbour_does_not_hold_up_the_others(void **state)
{
    struct bench *b = *state;
    struct bench_client other;

    bench_client_start(&other, OUR_PORT + 1, PEER_IP);
    assert_true(net_attach(&b->net, &other.udp));
    want(b, PEER_IP + 1);
    for (unsigned n = 0; n < 3; n++) {
        other.deadline = b->now;
        bench_poll(b);
    }
    assert_int_equal(other.outputs, 3);
    for (unsigned n = 0; n < ARP_REQUESTS_MAX; n++)
        next_deadline(b);
    assert_int_equal(b->client.unreachables, 1);
    assert_int_equal(other.unreachables, 0);
}

/* T-ARP-02 */
static void unasked_answers_are_not_learnt(void **state)
{
    struct bench *b = *state;
    struct bench_packet packet = bench_arp(b, ARP_REPLY, PEER_IP + 1, OUR_IP);

    bench_put(b, &packet);
    want(b, PEER_IP + 1);
    assert_int_equal(b->client.outputs, 0);
    assert_arp_sent(b, ARP_REQUEST, PEER_IP + 1, MAC_BROADCAST);
    packet.bytes[ETHERNET_HEADER_LEN + 8] |= 1; /* a multicast address for an answer */
    bench_put(b, &packet);
    memset(packet.bytes + ETHERNET_HEADER_LEN + 8, 0, 6);
    bench_put(b, &packet);
    assert_int_equal(b->net.dropped[DROP_BAD_ARP], 2);
    assert_int_equal(b->client.outputs, 0);
}

/* T-ARP-03 */
static void malformed_arp_leaves_nothing_behind(void **state)
{
    struct bench *b = *state;
    struct bench_packet packet = bench_arp(b, ARP_REPLY, PEER_IP, OUR_IP);
    struct arp_cache before = b->net.arp;

    for (unsigned n = 0; n < 2000; n++) {
        struct bench_packet bad = packet;

        store_be32(bad.bytes + ETHERNET_HEADER_LEN + 14, n);
        bad.bytes[ETHERNET_HEADER_LEN + n % 8] ^= (uint8_t)(0x40 | (n / 8 & 0x3f));
        bench_put(b, &bad);
    }
    assert_int_equal(b->net.dropped[DROP_BAD_ARP], 2000);
    assert_memory_equal(&before, &b->net.arp, sizeof(before));
    for (size_t len = ETHERNET_HEADER_LEN; len < packet.len; len++) {
        struct bench_packet cut = packet;

        cut.len = len;
        bench_put(b, &cut);
    }
    assert_int_equal(b->net.dropped[DROP_BAD_ARP], 2000 + ARP_PACKET_LEN);
    assert_silent(b);
}

/* T-ARP-05 */
/* shows: RFC951-7.2-b */
static void requests_for_us_are_answered_once(void **state)
{
    struct bench *b = *state;
    struct bench_packet packet = bench_arp(b, ARP_REQUEST, PEER_IP, OUR_IP);

    memset(packet.bytes, 0xff, 6);
    bench_put(b, &packet);
    assert_arp_sent(b, ARP_REPLY, PEER_IP, b->peer->mac);
    assert_silent(b);
    packet = bench_arp(b, ARP_REQUEST, 0, OUR_IP); /* a probe (RFC 5227) is answered as well */
    bench_put(b, &packet);
    assert_arp_sent(b, ARP_REPLY, 0, b->peer->mac);
    packet = bench_arp(b, ARP_REQUEST, PEER_IP, OUR_IP + 1);
    bench_put(b, &packet);
    packet = bench_arp(b, ARP_REPLY, PEER_IP, OUR_IP);
    bench_put(b, &packet);
    assert_silent(b);
}

/* shows: RFC951-7.2-b */
static void without_an_address_nothing_is_answered(void **state)
{
    struct bench *b = *state;
    struct bench_packet packet = bench_arp(b, ARP_REQUEST, PEER_IP, 0);

    bench_put(b, &packet);
    packet = bench_arp(b, ARP_REQUEST, 0, 0);
    bench_put(b, &packet);
    assert_silent(b);
    assert_int_equal(b->net.address_conflicts, 0);
}

/* T-ARP-04 */
/* shows: RFC2131-4.4.1-k */
static void conflicts_are_counted_and_not_fought_over(void **state)
{
    struct bench *b = *state;
    struct bench_packet packet = bench_arp(b, ARP_REQUEST, OUR_IP, OUR_IP);

    for (unsigned n = 0; n < 10; n++)
        bench_put(b, &packet);
    packet = bench_arp(b, ARP_REPLY, OUR_IP, PEER_IP);
    bench_put(b, &packet);
    assert_int_equal(b->net.address_conflicts, 11);
    assert_silent(b);
}

/* RFC 2131 section 4.4.1: once per address, when the ring has room. */
/* shows: RFC2131-2.2-a, RFC2131-4.4.1-i */
static void a_new_address_is_announced(void **state)
{
    const struct net_config config = {.address = OUR_IP, .netmask = NETMASK};
    struct bench *b = *state;

    net_configure(&b->net, &config);
    b->wire.ends[0].ring_is_full = true;
    bench_poll(b);
    assert_silent(b);
    b->wire.ends[0].ring_is_full = false;
    assert_true(net_deadline(&b->net) <= b->now);
    bench_poll(b);
    assert_arp_sent(b, ARP_REQUEST, OUR_IP, MAC_BROADCAST);
    assert_int_equal(net_deadline(&b->net), TIME_NEVER);
    bench_poll(b);
    net_configure(&b->net, &(struct net_config){0});
    bench_poll(b);
    assert_silent(b);
}

/* A server that moves to another card says so with an ARP packet of its own: believed, for we asked for it once. */
/* The file server most often is the DHCP server: the first request to it does not wait for ARP, but ARP is asked. */
static void whoever_gave_us_our_address_is_known_at_once(void **state)
{
    struct bench *b = *state;
    const struct net_config config = {.address = OUR_IP, .netmask = 0xffffff00};
    struct bench_packet offer = bench_udp(b, 67, OUR_PORT, slice_of("offer", 5));
    struct bench_packet answer = bench_arp(b, ARP_REPLY, PEER_IP, OUR_IP);
    struct slice frame;

    b->client.udp.any_destination = true;
    bench_put(b, &offer);
    assert_int_equal(b->client.inputs, 1);
    net_configure(&b->net, &config);
    bench_poll(b);
    assert_arp_sent(b, ARP_REQUEST, OUR_IP, MAC_BROADCAST); /* the announcement */
    assert_silent(b);
    want(b, PEER_IP);
    assert_int_equal(b->client.outputs, 1);
    assert_true(bench_sent(b, &frame));
    assert_memory_equal(frame.data, offer.bytes + 6, 6);
    assert_arp_sent(b, ARP_REQUEST, PEER_IP, MAC_BROADCAST);
    assert_silent(b);
    memset(answer.bytes + 22, 0x42, 6); /* sender's link address: it is another */
    bench_put(b, &answer);
    want(b, PEER_IP);
    assert_true(bench_sent(b, &frame));
    assert_memory_equal(frame.data, answer.bytes + 22, 6);
}

/* What came over a relay has the relay's link address, which is not that of the server. */
static void a_server_that_is_not_on_link_is_not_supposed_to_be(void **state)
{
    struct bench *b = *state;
    const struct net_config config = {.address = PEER_IP ^ 0x01000000u, .netmask = 0xffffff00};
    struct bench_packet offer = bench_udp(b, 67, OUR_PORT, slice_of("offer", 5));

    b->client.udp.any_destination = true;
    bench_put(b, &offer);
    net_configure(&b->net, &config);
    bench_poll(b);
    assert_arp_sent(b, ARP_REQUEST, config.address, MAC_BROADCAST);
    want(b, PEER_IP);
    assert_arp_sent(b, ARP_REQUEST, PEER_IP, MAC_BROADCAST);
    assert_int_equal(b->client.outputs, 0);
}

static void known_neighbours_may_move(void **state)
{
    struct bench *b = *state;
    struct bench_packet packet = bench_arp(b, ARP_REQUEST, PEER_IP, PEER_IP);
    struct slice frame;

    packet.bytes[ETHERNET_HEADER_LEN + 8 + 5] = 0x77;
    bench_put(b, &packet);
    want(b, PEER_IP);
    assert_true(bench_sent(b, &frame));
    assert_int_equal(frame.data[5], 0x77);
}

static void old_entries_are_verified_while_in_use(void **state)
{
    struct bench *b = *state;
    struct bench_packet answer = bench_arp(b, ARP_REPLY, PEER_IP, OUR_IP);
    struct slice frame;

    b->now += SECONDS(61);
    want(b, PEER_IP);
    assert_int_equal(b->client.outputs, 1); /* not held up */
    assert_true(bench_sent(b, &frame));
    assert_arp_sent(b, ARP_REQUEST, PEER_IP, MAC_BROADCAST);
    bench_put(b, &answer);
    assert_int_equal(net_deadline(&b->net), TIME_NEVER);
    b->now += SECONDS(61);
    want(b, PEER_IP);
    for (unsigned n = 0; n < ARP_REQUESTS_MAX; n++)
        next_deadline(b); /* it does not answer any more */
    while (bench_sent(b, &frame))
        ;
    assert_int_equal(b->client.unreachables, 0);
    want(b, PEER_IP);
    assert_int_equal(b->client.outputs, 2); /* no longer believed */
    assert_arp_sent(b, ARP_REQUEST, PEER_IP, MAC_BROADCAST);
}

static void the_cache_forgets_who_was_not_used_longest(void **state)
{
    struct bench *b = *state;
    struct arp_cache *cache = &b->net.arp;

    for (uint32_t n = 0; n < ARP_ENTRIES; n++) {
        (void)arp_cache_want(cache, 100 + n, b->now + n);
        arp_cache_learn(cache, 100 + n, b->peer->mac, b->now + n);
    }
    assert_non_null(arp_cache_want(cache, 100, b->now + 100));
    assert_null(arp_cache_want(cache, 999, b->now + 101));
    assert_non_null(arp_cache_want(cache, 100, b->now + 102));
    assert_null(arp_cache_want(cache, 101, b->now + 103));
}

/* Whom ARP asks for tells the next hop. */
static void assert_hop(struct bench *b, uint32_t destination, uint32_t expected)
{
    struct slice frame;

    bench_poll(b); /* the announcement */
    while (bench_sent(b, &frame))
        ;
    arp_cache_clear(&b->net.arp);
    want(b, destination);
    assert_arp_sent(b, ARP_REQUEST, expected, MAC_BROADCAST);
}

static void the_longest_mask_names_the_next_hop(void **state)
{
    struct bench *b = *state;
    struct net_config config = {
        .address = OUR_IP,
        .netmask = NETMASK,
        .routes =
            {
                {.gateway = ROUTER_IP},
                {.gateway = ROUTER_IP + 9}, /* a second default route never counts */
                {.destination = 0x0a000000, .netmask = 0xff000000, .gateway = ROUTER_IP + 1},
                {.destination = 0x0a010000, .netmask = 0xffff0000, .gateway = ROUTER_IP + 2},
                {.destination = 0x0a020000, .netmask = 0xffff0000}, /* on link (RFC 3442) */
            },
        .route_count = 5,
    };

    net_configure(&b->net, &config);
    assert_hop(b, PEER_IP, PEER_IP);
    assert_hop(b, 0x08080808, ROUTER_IP);
    assert_hop(b, 0x0a7f0001, ROUTER_IP + 1);
    assert_hop(b, FAR_IP, ROUTER_IP + 2);
    assert_hop(b, 0x0a020001, 0x0a020001);
    b->client.udp.gateway = ROUTER_IP + 3; /* only where no route is known */
    assert_hop(b, 0x08080808, ROUTER_IP);
    b->client.udp.gateway_first = true; /* now everywhere but on the link */
    assert_hop(b, 0x08080808, ROUTER_IP + 3);
    assert_hop(b, FAR_IP, ROUTER_IP + 3);
    assert_hop(b, PEER_IP, PEER_IP);
    b->client.udp.gateway_first = false;
    config.route_count = 0;
    net_configure(&b->net, &config);
    assert_hop(b, 0x08080808, ROUTER_IP + 3);
    assert_hop(b, PEER_IP, PEER_IP);
    b->client.udp.gateway = 0;
    assert_hop(b, 0x08080808, 0x08080808);
    config.netmask = 0; /* class C */
    config.routes[0].gateway = ROUTER_IP;
    config.route_count = 1;
    net_configure(&b->net, &config);
    assert_hop(b, PEER_IP, PEER_IP);
    assert_hop(b, 0xc0a87001, ROUTER_IP);
}

static void groups_and_broadcasts_need_no_arp(void **state)
{
    static const struct mac group = {{0x01, 0x00, 0x5e, 0x00, 0x01, 0x02}};
    const struct net_config pair = {.address = OUR_IP, .netmask = 0xfffffffe};
    struct bench *b = *state;
    struct slice frame;

    want(b, 0xe0000102);
    assert_true(bench_sent(b, &frame));
    assert_memory_equal(frame.data, group.byte, 6);
    want(b, 0xe0800102); /* the highest bit is not mapped */
    assert_true(bench_sent(b, &frame));
    assert_memory_equal(frame.data, group.byte, 6);
    want(b, 0xffffffff);
    assert_true(bench_sent(b, &frame));
    assert_memory_equal(frame.data, MAC_BROADCAST.byte, 6);
    want(b, 0xc0a86fff);
    assert_true(bench_sent(b, &frame));
    assert_memory_equal(frame.data, MAC_BROADCAST.byte, 6);
    assert_silent(b);
    net_configure(&b->net, &pair);
    assert_hop(b, OUR_IP + 1, OUR_IP + 1); /* a network of two has no broadcast address (RFC 3021) */
}

int main(void)
{
#define IN(setup, test) cmocka_unit_test_setup_teardown(test, setup, bench_stop)
    const struct CMUnitTest tests[] = {
        IN(bench_start, requests_back_off_until_answered),
        IN(bench_start, silence_is_reported_and_asking_starts_over),
        IN(bench_start, one_silent_neighbour_does_not_hold_up_the_others),
        IN(bench_start, unasked_answers_are_not_learnt),
        IN(bench_start, malformed_arp_leaves_nothing_behind),
        IN(bench_start, requests_for_us_are_answered_once),
        IN(bench_start_bare, without_an_address_nothing_is_answered),
        IN(bench_start, conflicts_are_counted_and_not_fought_over),
        IN(bench_start_bare, a_new_address_is_announced),
        IN(bench_start_bare, whoever_gave_us_our_address_is_known_at_once),
        IN(bench_start_bare, a_server_that_is_not_on_link_is_not_supposed_to_be),
        IN(bench_start, known_neighbours_may_move),
        IN(bench_start, old_entries_are_verified_while_in_use),
        IN(bench_start, the_cache_forgets_who_was_not_used_longest),
        IN(bench_start, the_longest_mask_names_the_next_hop),
        IN(bench_start, groups_and_broadcasts_need_no_arp),
    };

    return cmocka_run_group_tests_name("arp", tests, NULL, NULL);
}
