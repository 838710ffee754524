/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Whom a datagram to a group reaches, and what the NIC is told of the groups that clients and filter want. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/wire/ethernet_frame.h"
#include "firmware/wire/igmp_message.h"
#include "firmware/wire/ipv4_packet.h"
#include "firmware/wire/udp_header.h"
#include "tests/sim/net_bench.h"

enum {
    IP_AT = ETHERNET_HEADER_LEN,
    UDP_AT = IP_AT + IPV4_HEADER_LEN,
    GROUP = 0xef010203,
    OTHER_GROUP = 0xef010204,
    ALIAS_GROUP = 0xee810203, /* has GROUP's link address */
    GROUP_PORT = 7001,
    OTHER_PORT = 7002,
};

static struct bench_client other;

static struct mac group_mac(uint32_t group)
{
    return (struct mac){{0x01, 0x00, 0x5e, (uint8_t)(group >> 16 & 0x7f), (uint8_t)(group >> 8), (uint8_t)group}};
}

static struct bench_packet to_group(struct bench *b, uint32_t group, uint16_t port)
{
    struct bench_packet packet = bench_udp(b, PEER_PORT, port, slice_of("block", 5));

    memcpy(packet.bytes, group_mac(group).byte, 6);
    store_be32(packet.bytes + IP_AT + 16, group);
    store_be16(packet.bytes + UDP_AT + 6, 0);
    bench_fix(&packet);
    return packet;
}

static void put(struct bench *b, uint32_t group, uint16_t port)
{
    struct bench_packet packet = to_group(b, group, port);

    bench_put(b, &packet);
}

/* As from another machine, past whatever the NIC filters. */
static void send(struct bench *b, uint32_t group, uint16_t port)
{
    struct bench_packet packet = to_group(b, group, port);
    struct writer room;

    assert_true(nic_transmit_room(b->peer, &room));
    write_bytes(&room, packet.bytes, packet.len);
    nic_transmit(b->peer, packet.len);
    bench_poll(b);
}

static void listen(struct bench *b, struct bench_client *client, uint32_t group, uint16_t port)
{
    client->udp.group = group;
    client->udp.group_port = port;
    bench_poll(b);
}

static struct wire_end *card(struct bench *b)
{
    return &b->wire.ends[0];
}

static bool card_lets_in(struct bench *b, uint32_t group)
{
    for (size_t n = 0; n < card(b)->group_count; n++)
        if (mac_equal(card(b)->groups[n], group_mac(group)))
            return true;
    return false;
}

static int start(void **state)
{
    if (bench_start(state) != 0)
        return -1;
    bench_client_start(&other, OUR_PORT + 1, PEER_IP);
    return net_attach(&((struct bench *)*state)->net, &other.udp) ? 0 : -1;
}

static void a_group_reaches_who_listens_by_its_port(void **state)
{
    struct bench *b = *state;

    put(b, GROUP, GROUP_PORT);
    assert_int_equal(b->client.inputs, 0);
    listen(b, &b->client, GROUP, GROUP_PORT);
    put(b, GROUP, GROUP_PORT);
    assert_int_equal(b->client.inputs, 1);
    assert_int_equal(ipv4_value(b->client.to.ip), GROUP);
    assert_int_equal(b->client.to.port, GROUP_PORT);
    assert_int_equal(ipv4_value(b->client.from.ip), PEER_IP);
    assert_memory_equal(b->client.payload, "block", 5);
    put(b, GROUP, OTHER_PORT);
    put(b, OTHER_GROUP, GROUP_PORT);
    put(b, ALIAS_GROUP, GROUP_PORT);
    put(b, GROUP, OUR_PORT); /* a client's own port is for what is sent to it alone */
    assert_int_equal(b->client.inputs, 1);
    assert_int_equal(other.inputs, 0);
    listen(b, &b->client, 0, 0);
    put(b, GROUP, GROUP_PORT);
    assert_int_equal(b->client.inputs, 1);
}

static void what_is_sent_to_a_client_alone_still_reaches_it(void **state)
{
    struct bench *b = *state;
    struct bench_packet packet = bench_udp(b, PEER_PORT, OUR_PORT, slice_of("alone", 5));

    listen(b, &b->client, GROUP, GROUP_PORT);
    bench_put(b, &packet);
    assert_int_equal(b->client.inputs, 1);
    packet = bench_udp(b, PEER_PORT, GROUP_PORT, slice_of("alone", 5)); /* to our address, by the group's port */
    bench_put(b, &packet);
    assert_int_equal(b->client.inputs, 1);
}

static void each_of_several_listeners_gets_its_own(void **state)
{
    struct bench *b = *state;

    listen(b, &b->client, GROUP, GROUP_PORT);
    listen(b, &other, GROUP, OTHER_PORT);
    put(b, GROUP, GROUP_PORT);
    put(b, GROUP, OTHER_PORT);
    put(b, GROUP, OTHER_PORT);
    assert_int_equal(b->client.inputs, 1);
    assert_int_equal(other.inputs, 2);
    listen(b, &other, GROUP, GROUP_PORT);
    put(b, GROUP, GROUP_PORT);
    assert_int_equal(b->client.inputs, 2);
    assert_int_equal(other.inputs, 3);
}

/* A PXE UDP client for every port, or EFI's with its filter, do not see another's group. */
static void a_client_for_any_port_does_not_get_anothers_group(void **state)
{
    const struct net_filter filter = {.addresses = {GROUP}, .count = 1};
    struct bench *b = *state;

    other.udp.any_port = other.udp.any_destination = other.udp.takes_others = true;
    listen(b, &b->client, GROUP, GROUP_PORT);
    put(b, GROUP, OTHER_PORT);
    assert_int_equal(other.inputs, 0);
    assert_int_equal(net_set_filter(&b->net, &filter), STATUS_OK);
    put(b, GROUP, OTHER_PORT);
    assert_int_equal(other.inputs, 1); /* its own now */
    put(b, GROUP, GROUP_PORT);
    assert_int_equal(b->client.inputs, 1);
    assert_int_equal(other.inputs, 1);
}

static void a_listener_needs_no_port_of_its_own(void **state)
{
    struct bench *b = *state;

    other.udp.port = 0;
    listen(b, &other, GROUP, GROUP_PORT);
    put(b, GROUP, GROUP_PORT);
    assert_int_equal(other.inputs, 1);
}

/* RFC 1122 section 3.2.2: no ICMP error about a datagram to a group; and no source that no host can have. */
static void nothing_answers_and_bad_sources_are_dropped(void **state)
{
    struct bench *b = *state;
    struct bench_packet packet = to_group(b, GROUP, OTHER_PORT);
    struct slice frame;

    listen(b, &b->client, GROUP, GROUP_PORT);
    while (bench_sent(b, &frame))
        ;
    bench_put(b, &packet);
    assert_false(bench_sent(b, &frame));
    assert_int_equal(b->net.dropped[DROP_NO_CLIENT], 1);
    packet = to_group(b, GROUP, GROUP_PORT);
    store_be32(packet.bytes + IP_AT + 12, OTHER_GROUP);
    bench_fix(&packet);
    bench_put(b, &packet);
    store_be32(packet.bytes + IP_AT + 12, 0);
    bench_fix(&packet);
    bench_put(b, &packet);
    assert_int_equal(b->net.dropped[DROP_BAD_SOURCE], 2);
    packet = to_group(b, GROUP, GROUP_PORT);
    store_be16(packet.bytes + UDP_AT + 6, 0x1234);
    bench_put(b, &packet);
    assert_int_equal(b->net.dropped[DROP_BAD_CHECKSUM], 1);
    assert_int_equal(b->client.inputs, 0);
}

static void the_card_learns_exactly_the_groups(void **state)
{
    const struct net_filter filter = {.addresses = {OTHER_GROUP, GROUP}, .count = 2};
    struct bench *b = *state;
    unsigned before = card(b)->filters_set;

    bench_poll(b);
    assert_int_equal(card(b)->filters_set, before);
    listen(b, &b->client, GROUP, GROUP_PORT);
    assert_int_equal(b->net.nic->filter, NIC_FILTER_DIRECTED | NIC_FILTER_BROADCAST | NIC_FILTER_MULTICAST);
    assert_int_equal(card(b)->group_count, 2);
    assert_true(card_lets_in(b, GROUP));
    assert_true(card_lets_in(b, IGMP_ALL_SYSTEMS));
    send(b, GROUP, GROUP_PORT);
    assert_int_equal(b->client.inputs, 1);
    before = b->wire.carried;
    send(b, OTHER_GROUP, GROUP_PORT);
    assert_int_equal(b->wire.carried, before);
    listen(b, &other, GROUP, OTHER_PORT); /* nothing new for the card */
    for (unsigned n = 0; n < 100; n++)
        bench_poll(b);
    assert_int_equal(card(b)->filters_set, 2);
    assert_int_equal(net_set_filter(&b->net, &filter), STATUS_OK);
    assert_int_equal(card(b)->group_count, 3);
    assert_true(card_lets_in(b, OTHER_GROUP));
    listen(b, &b->client, 0, 0);
    listen(b, &other, 0, 0);
    assert_true(card_lets_in(b, GROUP)); /* the filter's still */
    assert_int_equal(net_set_filter(&b->net, &(struct net_filter){0}), STATUS_OK);
    assert_int_equal(b->net.nic->filter, NIC_FILTER_DIRECTED | NIC_FILTER_BROADCAST);
    assert_int_equal(card(b)->group_count, 0);
}

static void a_detached_client_listens_no_more(void **state)
{
    struct bench *b = *state;

    listen(b, &other, GROUP, GROUP_PORT);
    assert_true(card_lets_in(b, GROUP));
    net_detach(&b->net, &other.udp);
    assert_false(card_lets_in(b, GROUP));
    put(b, GROUP, GROUP_PORT);
    assert_int_equal(other.inputs, 0);
}

/* Whoever uses the card itself sets its filter to what he likes; closing it, too, makes it forget. */
static void the_card_learns_again_what_others_made_it_forget(void **state)
{
    struct bench *b = *state;
    struct nic *nic = b->net.nic;

    listen(b, &b->client, GROUP, GROUP_PORT);
    nic->owner = NIC_OWNER_RAW;
    assert_int_equal(nic_set_filter(nic, NIC_FILTER_DIRECTED, NULL, 0), STATUS_OK);
    bench_poll(b);
    assert_false(card_lets_in(b, GROUP));
    assert_int_equal(nic->filter, NIC_FILTER_DIRECTED);
    nic->owner = NIC_OWNER_STACK;
    bench_poll(b);
    assert_true(card_lets_in(b, GROUP));
    nic_close(nic);
    assert_int_equal(nic_open(nic), STATUS_OK);
    bench_poll(b);
    assert_true(card_lets_in(b, GROUP));
}

/* What the card lets in beside stays its owner's affair as long as nobody here wants a group. */
static void a_wider_filter_of_others_stays(void **state)
{
    struct bench *b = *state;

    assert_int_equal(nic_set_filter(b->net.nic, NIC_FILTER_DIRECTED | NIC_FILTER_PROMISCUOUS, NULL, 0), STATUS_OK);
    bench_poll(b);
    assert_int_equal(b->net.nic->filter, NIC_FILTER_DIRECTED | NIC_FILTER_PROMISCUOUS);
}

static void a_card_that_refuses_groups_lets_all_in(void **state)
{
    struct bench *b = *state;
    unsigned before;

    card(b)->groups_most = 1;
    listen(b, &b->client, GROUP, GROUP_PORT);
    assert_int_equal(b->net.filter_refusals, 1);
    assert_true((b->net.nic->filter & NIC_FILTER_ALL_MULTICAST) != 0);
    before = card(b)->filters_set;
    send(b, GROUP, GROUP_PORT);
    send(b, OTHER_GROUP, GROUP_PORT);
    assert_int_equal(b->client.inputs, 1);
    bench_poll(b);
    assert_int_equal(card(b)->filters_set, before);
}

/* More groups than the table holds: none is lost, but the card lets all in, and the last ones are not reported. */
static void too_many_groups_are_received_all_the_same(void **state)
{
    static struct bench_client many[NET_GROUPS];
    struct bench *b = *state;
    struct net_filter filter = {.count = NET_FILTERED};
    unsigned before;

    for (uint32_t n = 0; n < NET_FILTERED; n++)
        filter.addresses[n] = GROUP + 0x100 + n;
    assert_int_equal(net_set_filter(&b->net, &filter), STATUS_OK);
    for (unsigned n = 0; n <= NET_GROUPS - NET_FILTERED; n++) {
        bench_client_start(&many[n], (uint16_t)(1000 + n), PEER_IP);
        assert_true(net_attach(&b->net, &many[n].udp));
        assert_true((b->net.nic->filter & NIC_FILTER_ALL_MULTICAST) == 0);
        listen(b, &many[n], OTHER_GROUP + n, GROUP_PORT);
    }
    assert_true((b->net.nic->filter & NIC_FILTER_ALL_MULTICAST) != 0);
    before = card(b)->filters_set;
    for (unsigned n = 0; n <= NET_GROUPS - NET_FILTERED; n++) {
        send(b, OTHER_GROUP + n, GROUP_PORT);
        assert_int_equal(many[n].inputs, 1);
    }
    assert_int_equal(card(b)->filters_set, before);
    net_detach(&b->net, &many[0].udp);
    bench_poll(b);
    assert_true((b->net.nic->filter & NIC_FILTER_ALL_MULTICAST) == 0);
}

#define IN(test) cmocka_unit_test_setup_teardown(test, start, bench_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN(a_group_reaches_who_listens_by_its_port),
        IN(what_is_sent_to_a_client_alone_still_reaches_it),
        IN(each_of_several_listeners_gets_its_own),
        IN(a_client_for_any_port_does_not_get_anothers_group),
        IN(a_listener_needs_no_port_of_its_own),
        IN(nothing_answers_and_bad_sources_are_dropped),
        IN(the_card_learns_exactly_the_groups),
        IN(a_detached_client_listens_no_more),
        IN(the_card_learns_again_what_others_made_it_forget),
        IN(a_wider_filter_of_others_stays),
        IN(a_card_that_refuses_groups_lets_all_in),
        IN(too_many_groups_are_received_all_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
