/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The DHCP machine with silence, refusal, floods and lies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/harness/dhcp_conversation.h"

/* Quick at first, then every 8 s while a switch port may be blocked, then every 32 s; broadcast from the third on. */
/* shows: RFC2131-3.1-d, RFC2131-4.1-g, RFC2131-4.1-h, RFC2131-4.1-j, RFC2131-2-c, RFC951-7-c, RFC951-7.2-a,
   RFC1542-2.2-a, RFC1542-3.1-a, RFC1542-3.2-a, PXE-2.1-f */
static void silence_is_met_with_patience(struct transcript *t)
{
    static const unsigned at_s[] = {1, 3, 7, 15, 23, 31, 39, 47, 55};
    struct dhcp_config patient = dhcp_test_config;
    struct dhcp_message m;

    patient.give_up_after = 0;
    start_with(t, &patient);
    sends_discover(t, 0, 0);
    for (unsigned i = 0; i < 9; i++) {
        m = parsed(transcript_sends(t, SECONDS(at_s[i]) * 3 / 4, SECONDS(at_s[i]) * 5 / 4));
        assert_int_equal(m.type, DHCP_DISCOVER);
        assert_int_equal(m.flags, i >= 1 ? DHCP_FLAG_BROADCAST : 0);
        assert_int_equal(m.secs, (t->now - TRANSCRIPT_EPOCH) / SECONDS(1));
    }
    t->sent = 0;
    transcript_passes(t, SECONDS(3600));
    assert_int_equal(dhcp.state, DHCP_DISCOVERING);
    assert_in_range(t->sent, 100, 130);
}

/* T-DH-27: the port forwards after 50 s. */
static void blocked_port_is_outlasted(struct transcript *t)
{
    struct dhcp_config hasty = dhcp_test_config;

    hasty.give_up_after = SECONDS(1); /* counts as 60 s */
    start_with(t, &hasty);
    transcript_passes(t, SECONDS(50));
    sends_discover(t, SECONDS(50), SECONDS(60));
    gets_reply(t, t->now - TRANSCRIPT_EPOCH + MS(1), with_file(reply_of(t, DHCP_OFFER, SERVER)));
    sends_request(t, SECONDS(50), SECONDS(61), SERVER);
    gets_reply(t, t->now - TRANSCRIPT_EPOCH + MS(1), with_file(reply_of(t, DHCP_ACK, SERVER)));
    is_bound(t);
}

static void policy_ends_it(struct transcript *t)
{
    start(t);
    transcript_passes(t, SECONDS(90) - 1);
    assert_int_equal(dhcp.state, DHCP_DISCOVERING);
    transcript_passes(t, SECONDS(90));
    assert_int_equal(dhcp.state, DHCP_FAILED);
    assert_int_equal(dhcp.status, STATUS_DHCP_TIMEOUT);
}

static void nothing_is_sent_without_a_link(struct transcript *t)
{
    struct dhcp_config unplugged = dhcp_test_config;

    unplugged.link_is_up = false;
    start_with(t, &unplugged);
    transcript_silent(t, SECONDS(300));
    dhcp_link(&dhcp, t->now, true);
    sends_discover(t, SECONDS(300), SECONDS(300));
    dhcp_link(&dhcp, t->now, true);
    transcript_silent(t, SECONDS(300) + MS(800));
    dhcp_link(&dhcp, t->now, false);
    transcript_silent(t, SECONDS(400));
    dhcp_link(&dhcp, t->now, true);
    sends_discover(t, SECONDS(400), SECONDS(400));
    transcript_passes(t, SECONDS(490) - 1);
    assert_int_equal(dhcp.state, DHCP_DISCOVERING);
    transcript_passes(t, SECONDS(490));
    assert_int_equal(dhcp.state, DHCP_FAILED);
}

/* T-DH-28; the REQUEST keeps the DISCOVER's secs and wish for broadcast. */
/* shows: RFC2131-3.1-c, RFC2131-3.1-e */
static void request_is_repeated_then_given_up(struct transcript *t)
{
    struct dhcp_message m;
    time_us at;

    start(t);
    sends_discover(t, 0, 0);
    gets_reply(t, MS(1), with_file(reply_of(t, DHCP_OFFER, SERVER)));
    m = parsed(transcript_sends(t, MS(151), MS(151)));
    assert_int_equal(m.flags, 0);
    m = parsed(transcript_sends(t, MS(151 + 437), MS(151 + 563)));
    assert_int_equal(m.type, DHCP_REQUEST);
    assert_int_equal(m.flags, DHCP_FLAG_BROADCAST);
    assert_int_equal(m.secs, 0);
    for (unsigned i = 0; i < 3; i++)
        sends_request(t, 0, SECONDS(13), SERVER);
    sends_discover(t, SECONDS(8), SECONDS(14));
    at = t->now - TRANSCRIPT_EPOCH;
    /* Another server is preferred now, although its offer is worse. */
    gets_reply(t, at + MS(1), with_file(reply_of(t, DHCP_OFFER, SERVER)));
    gets_reply(t, at + MS(2), reply_of(t, DHCP_OFFER, OTHER));
    sends_request(t, at + MS(151), at + MS(151), OTHER);
}

/* shows: RFC2131-3.1-g, RFC2132-9.9-a */
static void nak_starts_again_with_another_xid(struct transcript *t)
{
    uint32_t xid;

    start(t);
    sends_discover(t, 0, 0);
    gets_reply(t, MS(1), with_class(with_file(reply_of(t, DHCP_OFFER, SERVER)), "PXEClient"));
    sends_request(t, MS(21), MS(21), SERVER);
    xid = dhcp.xid;
    (void)reply_of(t, DHCP_NAK, SERVER);
    reply.fixed.yiaddr = 0;
    dhcp_reply_text(&reply, DHCP_TAG_MESSAGE, "wrong \033network");
    gets_reply(t, MS(22), &reply);
    sends_discover(t, MS(22), MS(22));
    if (t->whole) {
        assert_int_not_equal(dhcp.xid, xid);
        assert_string_equal(dhcp.server_text, "wrong ?network");
    }
}

/* Even if what the others offer is a whole answer, and it comes first. */
static void other_servers_come_before_one_that_refused(struct transcript *t)
{
    start(t);
    sends_discover(t, 0, 0);
    gets_reply(t, MS(1), with_class(with_file(reply_of(t, DHCP_OFFER, SERVER)), "PXEClient"));
    sends_request(t, MS(21), MS(21), SERVER);
    gets_reply(t, MS(22), reply_of(t, DHCP_NAK, SERVER));
    sends_discover(t, MS(22), MS(22));
    gets_reply(t, MS(23), with_class(with_file(reply_of(t, DHCP_OFFER, SERVER)), "PXEClient"));
    gets_reply(t, MS(100), with_file(reply_of(t, DHCP_OFFER, OTHER)));
    sends_request(t, MS(173), MS(173), OTHER);
}

/* T-DH-18: at most one restart a second, and policy still ends it. */
static void nak_storm_is_slowed_down(struct transcript *t)
{
    start(t);
    while (t->now < TRANSCRIPT_EPOCH + SECONDS(89)) {
        time_us at;

        sends_discover(t, 0, SECONDS(90));
        at = t->now - TRANSCRIPT_EPOCH;
        gets_reply(t, at + 1, with_class(with_file(reply_of(t, DHCP_OFFER, SERVER)), "PXEClient"));
        sends_request(t, at + MS(20), at + MS(151), SERVER);
        at = t->now - TRANSCRIPT_EPOCH;
        for (unsigned i = 0; i < 3; i++)
            gets_reply(t, at + 1, reply_of(t, DHCP_NAK, SERVER));
    }
    assert_in_range(t->sent, 2 * 85, 2 * 91);
    transcript_passes(t, SECONDS(92));
    assert_int_equal(dhcp.state, DHCP_FAILED);
    assert_int_equal(dhcp.status, STATUS_DHCP_NO_ADDRESS);
}

/* Transcripts in which something is wrong with the only offer: the machine must go on looking. */
static void (*spoil)(struct dhcp_reply *);
static enum status expected;

static void spoilt_offer(struct transcript *t)
{
    start(t);
    sends_discover(t, 0, 0);
    (void)with_class(with_file(reply_of(t, DHCP_OFFER, SERVER)), "PXEClient");
    spoil(&reply);
    gets_reply(t, MS(1), &reply);
    sends_discover(t, MS(750), MS(1250));
    if (!t->whole)
        return;
    assert_int_equal(dhcp.ignored, 1);
    transcript_passes(t, SECONDS(600));
    assert_int_equal(dhcp.status, expected);
}

static void run_spoilt(void (*how)(struct dhcp_reply *), enum status status)
{
    spoil = how;
    expected = status;
    transcript_run(spoilt_offer);
}

#define SPOIL(name, statement)             \
    static void name(struct dhcp_reply *r) \
    {                                      \
        statement;                         \
    }

SPOIL(wrong_xid, r->fixed.xid ^= 1)
SPOIL(wrong_mac, r->fixed.chaddr.byte[5] ^= 1)
SPOIL(wrong_op, r->fixed.op = DHCP_OP_REQUEST)
SPOIL(wrong_htype, r->fixed.htype = 6)
SPOIL(no_hlen, r->fixed.hlen = 0)
SPOIL(hlen_17, r->fixed.hlen = 17)
SPOIL(hlen_255, r->fixed.hlen = 255)
SPOIL(address_all_ones, r->fixed.yiaddr = 0xffffffffu)
SPOIL(address_multicast, r->fixed.yiaddr = 0xe0000001u)
SPOIL(address_loopback, r->fixed.yiaddr = 0x7f000001u)
SPOIL(address_of_the_router, r->fixed.yiaddr = SERVER)
SPOIL(short_uuid, dhcp_option_emit(&r->options, DHCP_TAG_UUID, BYTES("\0\1\2\3")))
SPOIL(too_big, write_fill(&r->options, 0, 1300))
SPOIL(no_server, r->option_bytes[3] = 0x80)
SPOIL(short_server, (r->option_bytes[4] = 3, r->option_bytes[8] = 0))
SPOIL(no_mark, (r->fixed.yiaddr = 0, r->option_bytes[33] = 'p'))

/* T-DH-04, T-DH-05, T-DH-15, T-DH-20, T-DH-26 */
/* shows: RFC2131-4.4.1-c, RFC2131-4.4.1-e, RFC951-7-a, RFC951-7-b, RFC4578-2.3-b */
static void wrong_offers_are_ignored(void **state)
{
    (void)state;
    run_spoilt(wrong_xid, STATUS_DHCP_TIMEOUT);
    run_spoilt(wrong_mac, STATUS_DHCP_TIMEOUT);
    run_spoilt(wrong_op, STATUS_DHCP_TIMEOUT);
    run_spoilt(wrong_htype, STATUS_DHCP_TIMEOUT);
    run_spoilt(no_hlen, STATUS_DHCP_TIMEOUT);
    run_spoilt(hlen_17, STATUS_DHCP_TIMEOUT);
    run_spoilt(hlen_255, STATUS_DHCP_TIMEOUT);
    run_spoilt(address_all_ones, STATUS_DHCP_BAD_ADDRESS);
    run_spoilt(address_multicast, STATUS_DHCP_BAD_ADDRESS);
    run_spoilt(address_loopback, STATUS_DHCP_BAD_ADDRESS);
    run_spoilt(address_of_the_router, STATUS_DHCP_BAD_ADDRESS);
    run_spoilt(short_uuid, STATUS_DHCP_TIMEOUT);
    run_spoilt(too_big, STATUS_DHCP_TIMEOUT);
    run_spoilt(no_server, STATUS_DHCP_TIMEOUT);
    run_spoilt(short_server, STATUS_DHCP_TIMEOUT);
    run_spoilt(no_mark, STATUS_DHCP_TIMEOUT);
}

/* T-DH-16 */
/* shows: RFC2131-4.4-a, RFC2131-4.4.1-d, RFC2131-4.4.1-h */
static void answers_out_of_turn_are_ignored(struct transcript *t)
{
    start(t);
    sends_discover(t, 0, 0);
    gets_reply(t, MS(1), with_file(reply_of(t, DHCP_ACK, SERVER)));
    gets_reply(t, MS(2), reply_of(t, DHCP_NAK, SERVER));
    gets_reply(t, MS(3), with_class(with_file(reply_of(t, DHCP_OFFER, SERVER)), "PXEClient"));
    sends_request(t, MS(23), MS(23), SERVER);
    (void)with_file(reply_of(t, DHCP_ACK, SERVER));
    reply.fixed.yiaddr = ADDRESS + 1;
    gets_reply(t, MS(24), &reply);
    gets_reply(t, MS(25), with_file(reply_of(t, DHCP_ACK, OTHER)));
    gets_reply(t, MS(26), reply_of(t, DHCP_NAK, OTHER));
    gets_reply(t, MS(27), with_class(with_file(reply_of(t, DHCP_OFFER, OTHER)), "PXEClient"));
    if (t->whole) {
        assert_int_equal(dhcp.state, DHCP_REQUESTING);
        assert_int_equal(dhcp.ignored, 6);
    }
    gets_reply(t, MS(28), with_file(reply_of(t, DHCP_ACK, SERVER)));
    (void)with_file(reply_of(t, DHCP_ACK, SERVER));
    reply.fixed.yiaddr = ADDRESS + 2;
    gets_reply(t, MS(29), &reply);
    gets_reply(t, MS(30), reply_of(t, DHCP_NAK, SERVER));
    gets_reply(t, MS(31), with_file(reply_of(t, DHCP_OFFER, OTHER)));
    is_bound(t);
}

/* T-DH-19: ten thousand servers; the good one is among the last. */
static void flood_of_offers_is_bounded(struct transcript *t)
{
    start(t);
    sends_discover(t, 0, 0);
    for (uint32_t i = 0; i < 10000; i++) {
        struct dhcp_reply *r = reply_of(t, DHCP_OFFER, 0x0a000001u + i);

        gets_reply(t, MS(1), i == 9990 ? with_file(r) : r);
        if (i % 100 == 0)
            gets_reply(t, MS(1), proxy_offer(t, 0x0b000001u + i, ""));
    }
    assert_int_equal(dhcp.heard.offer_count, DHCP_OFFERS);
    assert_int_equal(dhcp.heard.proxy_count, DHCP_PROXIES);
    sends_request(t, MS(151), MS(151), 0x0a000001u + 9990);
}

static void cancelled_is_silent(struct transcript *t)
{
    start(t);
    sends_discover(t, 0, 0);
    dhcp_cancel(&dhcp, t->now, STATUS_CANCELLED);
    transcript_silent(t, SECONDS(100));
    assert_int_equal(dhcp.status, STATUS_CANCELLED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TRANSCRIPT(silence_is_met_with_patience),
        TRANSCRIPT(blocked_port_is_outlasted),
        TRANSCRIPT(policy_ends_it),
        TRANSCRIPT(nothing_is_sent_without_a_link),
        TRANSCRIPT(request_is_repeated_then_given_up),
        TRANSCRIPT_CUT(nak_starts_again_with_another_xid),
        TRANSCRIPT(other_servers_come_before_one_that_refused),
        TRANSCRIPT(nak_storm_is_slowed_down),
        TRANSCRIPT_CUT(answers_out_of_turn_are_ignored),
        TRANSCRIPT(flood_of_offers_is_bounded),
        TRANSCRIPT(cancelled_is_silent),
        cmocka_unit_test(wrong_offers_are_ignored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
