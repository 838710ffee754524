/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Membership as RFC 2236 section 6 draws it: non-member, delaying member, idle member. Whatever is put on the wire is
 * put there cut at each length first, and must change nothing.
 */
#include "tests/unit/igmp_fixture.h"

/* shows: RFC2236-3-b */
static void a_non_member_says_nothing(void **state)
{
    struct bench *b = *state;

    hears_query(b, 0, V2_RESPONSE);
    hears_query(b, GROUP, V2_RESPONSE);
    b->now += SECONDS(60);
    silent(b);
    assert_true(net_deadline(&b->net) == TIME_NEVER);
}

/* shows: RFC2236-3-f, RFC2236-3-g, RFC2236-3-h, RFC2236-3-d, RFC2236-2-a */
static void joining_reports_at_once_and_again(void **state)
{
    struct bench *b = *state;
    time_us shortest = TIME_NEVER, longest = 0;

    for (unsigned n = 0; n < 200; n++) {
        time_us took;

        listen(b, GROUP);
        sends(b, IGMP_V2_REPORT, GROUP);
        took = sends_within(b, IGMP_V2_REPORT, GROUP, SECONDS(UNSOLICITED_S));
        shortest = time_earlier(shortest, took);
        longest = took > longest ? took : longest;
        b->now += SECONDS(60);
        silent(b);
        listen(b, 0);
        sends(b, IGMP_LEAVE, GROUP);
        silent(b);
    }
    assert_true(shortest < MILLISECONDS(600) && longest > MILLISECONDS(900));
}

/* shows: RFC2236-3-a, RFC2236-3-b, RFC2236-3-d */
static void an_idle_member_answers_queries(void **state)
{
    struct bench *b = *state;
    time_us longest = 0;

    become_idle(b);
    for (unsigned n = 0; n < 100; n++) {
        time_us took;

        hears_query(b, n % 2 ? GROUP : 0, 10);
        took = sends_within(b, IGMP_V2_REPORT, GROUP, SECONDS(1));
        longest = took > longest ? took : longest;
        b->now += SECONDS(20);
        silent(b);
    }
    assert_true(longest > MILLISECONDS(900));
    hears_query(b, OTHER_GROUP, 10);
    b->now += SECONDS(20);
    silent(b);
}

/* shows: RFC2236-3-c */
static void a_delaying_member_hurries_but_never_dawdles(void **state)
{
    struct bench *b = *state;
    time_us due;

    become_idle(b);
    hears_query(b, 0, 255);
    due = net_deadline(&b->net);
    hears_query(b, 0, 255);
    assert_true(net_deadline(&b->net) == due);
    hears_query(b, GROUP, 1);
    assert_true(net_deadline(&b->net) <= b->now + MILLISECONDS(100));
    hears_query(b, GROUP, 255);
    (void)sends_within(b, IGMP_V2_REPORT, GROUP, MILLISECONDS(100));
    b->now += SECONDS(60);
    silent(b);
}

/* The other has reported for all; it is then the one to leave. */
/* shows: RFC2236-3-e, RFC2236-3-i, RFC2236-4-d */
static void anothers_report_suppresses_ours(void **state)
{
    struct bench *b = *state;

    become_idle(b);
    hears_query(b, 0, V2_RESPONSE);
    hears_report(b, IGMP_V2_REPORT, GROUP);
    b->now += SECONDS(60);
    silent(b);
    listen(b, 0);
    silent(b);
    listen(b, GROUP);
    sends(b, IGMP_V2_REPORT, GROUP);
    hears_report(b, IGMP_V1_REPORT, GROUP);
    b->now += SECONDS(60);
    silent(b);
    hears_query(b, GROUP, 10);
    (void)sends_within(b, IGMP_V2_REPORT, GROUP, SECONDS(1));
    hears_report(b, IGMP_V2_REPORT, GROUP); /* an idle member takes no notice (section 6) */
    listen(b, 0);
    sends(b, IGMP_LEAVE, GROUP);
}

/* shows: RFC2236-6-b, RFC2236-9-a */
static void another_groups_report_suppresses_nothing(void **state)
{
    struct bench *b = *state;

    become_idle(b);
    hears_query(b, 0, 10);
    hears_report(b, IGMP_V2_REPORT, OTHER_GROUP);
    hears(b, PEER_IP, GROUP, message_of(IGMP_V2_REPORT, 0, OTHER_GROUP));
    hears(b, FAR_IP, GROUP, message_of(IGMP_V2_REPORT, 0, GROUP)); /* section 9: not from this link */
    hears(b, PEER_IP, GROUP, message_of(IGMP_LEAVE, 0, GROUP));
    (void)sends_within(b, IGMP_V2_REPORT, GROUP, SECONDS(1));
}

/* Section 4: for 400 s, and nobody leaves a router that knows no leaving. */
/* shows: RFC2236-4-a, RFC2236-4-b, RFC2236-4-c */
static void a_router_of_version_1_gets_what_it_knows(void **state)
{
    struct bench *b = *state;

    become_idle(b);
    hears_query(b, 0, 0);
    (void)sends_within(b, IGMP_V1_REPORT, GROUP, SECONDS(10));
    listen(b, 0);
    silent(b);
    listen(b, GROUP);
    sends(b, IGMP_V1_REPORT, GROUP);
    (void)sends_within(b, IGMP_V1_REPORT, GROUP, SECONDS(UNSOLICITED_S));
    b->now += SECONDS(300);
    hears(b, ROUTER_IP, IGMP_ALL_SYSTEMS, message_of(IGMP_QUERY, 0, OTHER_GROUP)); /* its group is not looked at */
    (void)sends_within(b, IGMP_V1_REPORT, GROUP, SECONDS(10));
    b->now += SECONDS(380);
    hears_query(b, 0, 10);
    (void)sends_within(b, IGMP_V1_REPORT, GROUP, SECONDS(1));
    b->now += SECONDS(30);
    hears_query(b, 0, 10);
    (void)sends_within(b, IGMP_V2_REPORT, GROUP, SECONDS(1));
    listen(b, 0);
    sends(b, IGMP_LEAVE, GROUP);
}

/* RFC 3376 section 7.2.1: its compatibility is the router's work. */
/* shows: RFC2236-2-c */
static void queries_of_version_3_are_answered(void **state)
{
    static uint8_t query[] = {0x11, 10, 0, 0, 0, 0, 0, 0, 2, 125, 0, 0};
    struct bench *b = *state;

    become_idle(b);
    store_be16(query + 2, 0xec78);
    hears(b, ROUTER_IP, IGMP_ALL_SYSTEMS, slice_of(query, sizeof(query)));
    (void)sends_within(b, IGMP_V2_REPORT, GROUP, SECONDS(1));
}

/* A bridge that has no address (Linux, many a switch) asks from 0.0.0.0: RFC 4541 section 2.1.1. */
static void a_switch_without_an_address_is_answered(void **state)
{
    struct bench *b = *state;

    become_idle(b);
    hears(b, 0, IGMP_ALL_SYSTEMS, message_of(IGMP_QUERY, 10, 0));
    (void)sends_within(b, IGMP_V2_REPORT, GROUP, SECONDS(1));
}

/* shows: RFC2236-2-b, RFC2236-2-d, RFC2236-6-b */
static void bad_queries_are_dropped_and_counted(void **state)
{
    static const uint8_t bad_checksum[] = {0x11, 100, 0x12, 0x34, 0, 0, 0, 0};
    struct bench *b = *state;
    uint32_t bad;

    become_idle(b);
    bad = b->net.dropped[DROP_BAD_CHECKSUM];
    hears(b, ROUTER_IP, IGMP_ALL_SYSTEMS, slice_of(bad_checksum, 8));
    assert_int_equal(b->net.dropped[DROP_BAD_CHECKSUM], bad + 1);
    bad = b->net.dropped[DROP_BAD_IGMP] + IGMP_MESSAGE_LEN;    /* hears() brings as many messages that are too short */
    hears(b, ROUTER_IP, GROUP, message_of(IGMP_QUERY, 10, 0)); /* a general one to the group */
    assert_int_equal(b->net.dropped[DROP_BAD_IGMP], bad + 1);
    bad = b->net.dropped[DROP_BAD_IGMP] + IGMP_MESSAGE_LEN;
    hears(b, ROUTER_IP, IGMP_ALL_SYSTEMS, message_of(IGMP_QUERY, 10, GROUP)); /* the group's to all */
    assert_int_equal(b->net.dropped[DROP_BAD_IGMP], bad + 1);
    bad = b->net.dropped[DROP_IGMP_IGNORED];
    hears(b, ROUTER_IP, IGMP_ALL_SYSTEMS, message_of(0x13, 10, 0)); /* DVMRP */
    assert_int_equal(b->net.dropped[DROP_IGMP_IGNORED], bad + 1);
    bad = b->net.dropped[DROP_BAD_SOURCE];
    hears(b, OUR_IP, IGMP_ALL_SYSTEMS, message_of(IGMP_QUERY, 10, 0));
    assert_true(b->net.dropped[DROP_BAD_SOURCE] > bad);
    assert_true(net_deadline(&b->net) == TIME_NEVER);
    b->now += SECONDS(60);
    silent(b);
}

static void a_query_to_us_alone_is_none(void **state)
{
    struct bench *b = *state;
    struct bench_packet packet = bench_ip(b, IPV4_IGMP, message_of(IGMP_QUERY, 10, 0));

    become_idle(b);
    bench_put(b, &packet);
    assert_int_equal(b->net.dropped[DROP_BAD_IGMP], 1);
    assert_true(net_deadline(&b->net) == TIME_NEVER);
}

static void a_flood_of_queries_is_no_flood_of_reports(void **state)
{
    struct bench *b = *state;
    uint32_t sent;

    become_idle(b);
    sent = b->net.igmp.sent;
    for (unsigned n = 0; n < 10000; n++) { /* of ten seconds */
        hears_query(b, n % 2 ? GROUP : 0, 1);
        b->now += MILLISECONDS(1);
    }
    assert_true(b->net.igmp.sent > sent);
    assert_true(b->net.igmp.sent - sent <= 20);
}

/* shows: RFC2236-3-a, RFC2236-3-e */
static void each_group_has_its_own_timer(void **state)
{
    struct bench *b = *state;
    const struct net_filter filter = {.addresses = {OTHER_GROUP, PEER_IP}, .count = 2};
    struct igmp_message message;
    struct ipv4_packet ip;
    unsigned seen = 0;

    become_idle(b);
    assert_int_equal(net_set_filter(&b->net, &filter), STATUS_OK); /* the filter's groups are joined too, hosts not */
    sends(b, IGMP_V2_REPORT, OTHER_GROUP);
    (void)sends_within(b, IGMP_V2_REPORT, OTHER_GROUP, SECONDS(UNSOLICITED_S));
    b->now += SECONDS(60);
    hears_query(b, 0, 10);
    hears_report(b, IGMP_V2_REPORT, GROUP);
    for (time_us end = b->now + SECONDS(1); b->now <= end; b->now += 1000)
        while (sent_message(b, &message, &ip)) {
            assert_int_equal(message.group, OTHER_GROUP);
            seen++;
        }
    assert_int_equal(seen, 1);
    assert_int_equal(net_set_filter(&b->net, &(struct net_filter){0}), STATUS_OK);
    sends(b, IGMP_LEAVE, OTHER_GROUP);
    silent(b);
}

/* Section 6: everybody is a member of 224.0.0.1, and nobody ever says so. */
/* shows: RFC2236-6-a */
static void the_group_of_all_systems_is_never_reported(void **state)
{
    struct bench *b = *state;

    listen(b, IGMP_ALL_SYSTEMS);
    silent(b);
    hears_query(b, 0, 10);
    b->now += SECONDS(60);
    silent(b);
    listen(b, 0);
    silent(b);
}

static void what_is_no_group_is_not_joined(void **state)
{
    struct bench *b = *state;

    listen(b, PEER_IP);
    listen(b, 0xffffffff);
    silent(b);
    assert_int_equal(b->net.igmp.sent, 0);
}

static void without_an_address_nothing_is_reported(void **state)
{
    const struct net_config config = {.address = OUR_IP, .netmask = NETMASK};
    struct bench *b = *state;
    struct slice frame;

    listen(b, GROUP);
    silent(b);
    assert_true(net_deadline(&b->net) == TIME_NEVER);
    net_configure(&b->net, &config);
    bench_poll(b);
    for (unsigned n = 0; n < 2; n++) { /* the ARP announcement, and in whatever order */
        assert_true(bench_sent(b, &frame));
        if (load_be16(frame.data + 12) == ETHERNET_IPV4)
            assert_int_equal(load_be32(frame.data + 38 + 4), GROUP);
    }
    (void)sends_within(b, IGMP_V2_REPORT, GROUP, SECONDS(UNSOLICITED_S));
    net_configure(&b->net, &(struct net_config){0});
    b->now += SECONDS(60);
    listen(b, 0);
    assert_false(bench_sent(b, &frame)); /* no leave either */
}

/* The boot program has the card: the router is told when it comes back. */
static void while_the_card_is_anothers_nothing_is_sent(void **state)
{
    struct bench *b = *state;

    become_idle(b);
    hears_query(b, 0, 10);
    b->net.nic->owner = NIC_OWNER_RAW;
    b->now += SECONDS(60);
    assert_true(net_deadline(&b->net) == TIME_NEVER);
    silent(b);
    net_detach(&b->net, &b->client.udp);
    silent(b);
    b->net.nic->owner = NIC_OWNER_STACK;
    sends(b, IGMP_LEAVE, GROUP);
    silent(b);
}

static void detaching_leaves_at_once(void **state)
{
    struct bench *b = *state;
    struct slice frame;

    become_idle(b);
    net_detach(&b->net, &b->client.udp);
    assert_true(bench_sent(b, &frame)); /* without another poll, which may never come */
    assert_int_equal(frame.data[38], IGMP_LEAVE);
    silent(b);
}

static void a_full_ring_delays_but_loses_nothing(void **state)
{
    struct bench *b = *state;

    b->wire.ends[0].ring_is_full = true;
    listen(b, GROUP);
    silent(b);
    b->wire.ends[0].ring_is_full = false;
    sends(b, IGMP_V2_REPORT, GROUP);
    b->wire.ends[0].ring_is_full = true;
    listen(b, OTHER_GROUP);
    silent(b);
    b->wire.ends[0].ring_is_full = false;
    sends(b, IGMP_LEAVE, GROUP);
    sends(b, IGMP_V2_REPORT, OTHER_GROUP);
    silent(b);
}

#define IN(test)   cmocka_unit_test_setup_teardown(test, bench_start, bench_stop)
#define BARE(test) cmocka_unit_test_setup_teardown(test, bench_start_bare, bench_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN(a_non_member_says_nothing),
        IN(joining_reports_at_once_and_again),
        IN(an_idle_member_answers_queries),
        IN(a_delaying_member_hurries_but_never_dawdles),
        IN(anothers_report_suppresses_ours),
        IN(another_groups_report_suppresses_nothing),
        IN(a_router_of_version_1_gets_what_it_knows),
        IN(queries_of_version_3_are_answered),
        IN(a_switch_without_an_address_is_answered),
        IN(bad_queries_are_dropped_and_counted),
        IN(a_query_to_us_alone_is_none),
        IN(a_flood_of_queries_is_no_flood_of_reports),
        IN(each_group_has_its_own_timer),
        IN(the_group_of_all_systems_is_never_reported),
        IN(what_is_no_group_is_not_joined),
        BARE(without_an_address_nothing_is_reported),
        IN(while_the_card_is_anothers_nothing_is_sent),
        IN(detaching_leaves_at_once),
        IN(a_full_ring_delays_but_loses_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
