/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The DHCP machine with servers that mean well, as transcripts in the order of RFC 2131 figure 3. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/harness/dhcp_conversation.h"

/* The reference network: one dhcpd that names server and file, unmarked. DISCOVER to REQUEST well under 0.35 s. */
/* shows: RFC2131-3.1-a, RFC2131-3.1-b, RFC2131-4.4.1-a, RFC2131-4.4.1-f, RFC2131-4.4.1-j, RFC2131-3.1-h,
   RFC2131-3.1-c, RFC2132-8.4-b, RFC2132-9.1-a, RFC951-3-b, PXE-2.2-d */
static void plain_offer(struct transcript *t)
{
    start(t);
    sends_discover(t, 0, 0);
    if (t->whole) {
        assert_int_equal(ipv4_value(t->sent_to.ip), 0xffffffffu);
        assert_int_equal(t->sent_to.port, DHCP_SERVER_PORT);
    }
    gets_reply(t, MS(2), with_file(reply_of(t, DHCP_OFFER, SERVER)));
    sends_request(t, MS(152), MS(152), SERVER);
    if (t->whole)
        assert_int_equal(ipv4_value(t->sent_to.ip), 0xffffffffu);
    gets_reply(t, MS(154), with_file(reply_of(t, DHCP_ACK, SERVER)));
    is_bound(t);
    if (!t->whole)
        return;
    assert_int_equal(log_lines, 3);
    assert_int_equal(dhcp.lease.netmask, 0xffffff00u);
    assert_int_equal(dhcp.lease.route_count, 1);
    assert_int_equal(dhcp.lease.routes[0].gateway, SERVER);
    assert_int_equal(dhcp.lease.server_id, SERVER);
    assert_int_equal(dhcp.lease.lease_s, 21600);
    assert_int_equal(dhcp.lease.boot.server, SERVER);
    assert_string_equal(dhcp.lease.boot.file, "pxelinux.0");
    assert_int_equal(dhcp.lease.proxy.len, 0);
    assert_int_equal(dhcp.lease.ack.len, 300);
    assert_true(dhcp.lease.discover.len >= 300);
    assert_int_equal(dhcp.lease.discover.bytes[242], DHCP_DISCOVER);
}

/* shows: RFC2131-2-c, RFC2131-4.1-a, RFC2131-4.1-j, RFC2131-4.2-a, RFC2131-4.4.1-b, RFC2132-9.10-a, RFC2132-9.13-a,
   RFC2132-9.14-a, RFC4578-2.1-a, RFC4578-2.2-a, RFC4578-2.3-a, RFC1542-3.1-a, RFC1542-3.5-a, PXE-2.1-a, PXE-2.1-b,
   PXE-2.1-d, PXE-2.1-e */
static void discover_has_the_options_of_a_pxe_client(struct transcript *t)
{
    struct dhcp_message m;

    start(t);
    m = parsed(transcript_sends(t, 0, 0));
    assert_int_equal(m.op, DHCP_OP_REQUEST);
    assert_int_equal(m.htype, 1);
    assert_int_equal(m.hlen, 6);
    assert_int_equal(m.secs, 0);
    assert_int_equal(m.flags, 0);
    assert_true(mac_equal(m.chaddr, dhcp_test_config.identity.mac));
    assert_int_equal(m.options.data[0], DHCP_TAG_TYPE);
    assert_option(&m, DHCP_TAG_MAX_SIZE, "\x04\xec", 2);
    assert_option(&m, DHCP_TAG_CLASS, "PXEClient:Arch:00000:UNDI:002001", 32);
    assert_option(&m, DHCP_TAG_ARCHITECTURE, "\0\0", 2);
    assert_option(&m, DHCP_TAG_UNDI, "\1\2\1", 3);
    assert_option(&m, DHCP_TAG_UUID, "\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20", 17);
    assert_option(&m, DHCP_TAG_CLIENT_ID, "\1\x52\x54\0\1\2\3", 7);
    assert_true(dhcp_has_option(&m, DHCP_TAG_PARAMETERS));
    assert_false(dhcp_has_option(&m, DHCP_TAG_REQUESTED_ADDRESS));
    assert_false(dhcp_has_option(&m, DHCP_TAG_SERVER_ID));
}

/* PXE-marked with a boot file: who is on the same wire is heard, and nobody else waited for. */
/* shows: PXE-2.2-e */
static void marked_offer_is_taken_after_a_grace(struct transcript *t)
{
    start(t);
    sends_discover(t, 0, 0);
    gets_reply(t, MS(1), with_class(with_file(reply_of(t, DHCP_OFFER, SERVER)), "PXEClient"));
    sends_request(t, MS(21), MS(21), SERVER);
    gets_reply(t, MS(22), with_class(with_file(reply_of(t, DHCP_ACK, SERVER)), "PXEClient"));
    is_bound(t);
}

/* Four round trips, up to a bound. */
static void grace_grows_with_the_round_trip(struct transcript *t)
{
    start(t);
    sends_discover(t, 0, 0);
    gets_reply(t, MS(10), with_class(with_file(reply_of(t, DHCP_OFFER, SERVER)), "PXEClient"));
    sends_request(t, MS(50), MS(50), SERVER);
}

static void grace_does_not_grow_without_end(struct transcript *t)
{
    start(t);
    sends_discover(t, 0, 0);
    gets_reply(t, MS(300), with_class(with_file(reply_of(t, DHCP_OFFER, SERVER)), "PXEClient"));
    sends_request(t, MS(360), MS(360), SERVER);
}

/* A menu in option 43 is a whole answer, and so is the file that is to be fetched at once. */
static void pxe_server_is_taken_at_once(struct transcript *t)
{
    struct dhcp_reply *r;

    start(t);
    sends_discover(t, 0, 0);
    r = with_class(reply_of(t, DHCP_OFFER, SERVER), "PXEClient");
    dhcp_option_emit(&r->options, DHCP_TAG_VENDOR, BYTES("\x09\5\0\1\2hi\xff"));
    gets_reply(t, MS(1), r);
    sends_request(t, MS(1), MS(1), SERVER);
}

static void discovery_control_bit_3_is_taken_at_once(struct transcript *t)
{
    struct dhcp_reply *r;

    start(t);
    sends_discover(t, 0, 0);
    r = with_file(reply_of(t, DHCP_OFFER, SERVER));
    dhcp_option_emit(&r->options, DHCP_TAG_VENDOR, BYTES("\6\1\x08\xff"));
    gets_reply(t, MS(1), r);
    sends_request(t, MS(1), MS(1), SERVER);
}

static void no_pxedhcp_is_taken_at_once(struct transcript *t)
{
    struct dhcp_reply *r;

    start(t);
    sends_discover(t, 0, 0);
    r = reply_of(t, DHCP_OFFER, SERVER);
    dhcp_option_emit(&r->options, DHCP_TAG_IPXE, BYTES("\xb0\1\1"));
    gets_reply(t, MS(1), r);
    sends_request(t, MS(1), MS(1), SERVER);
}

/* T-DH-24: a mark that is not quite PXEClient is none. */
static void other_class_is_no_mark(struct transcript *t)
{
    static const char *const classes[] = {"PXEClien", "HTTPClient", "pxeclient", ""};
    static unsigned turn;

    start(t);
    sends_discover(t, 0, 0);
    gets_reply(t, MS(1), with_class(with_file(reply_of(t, DHCP_OFFER, SERVER)), classes[turn++ % 4]));
    sends_request(t, MS(151), MS(151), SERVER);
}

static void exact_prefix_is_a_mark(struct transcript *t)
{
    start(t);
    sends_discover(t, 0, 0);
    gets_reply(t, MS(1), with_class(with_file(reply_of(t, DHCP_OFFER, SERVER)), "PXEClient:Arch:00000"));
    sends_request(t, MS(21), MS(21), SERVER);
}

/* The wait grows with the round trip, up to a bound: DISCOVER to RRQ stays within 0.35 s and the server's own time. */
static void slow_offer_is_waited_for_longer(struct transcript *t)
{
    start(t);
    sends_discover(t, 0, 0);
    gets_reply(t, MS(45), with_file(reply_of(t, DHCP_OFFER, SERVER)));
    sends_request(t, MS(45 + 180), MS(45 + 180), SERVER);
}

static void very_slow_offer_is_not_waited_for_much_longer(struct transcript *t)
{
    start(t);
    sends_discover(t, 0, 0);
    gets_reply(t, MS(800), with_file(reply_of(t, DHCP_OFFER, SERVER)));
    sends_request(t, MS(1000), MS(1000), SERVER);
}

/* The next DISCOVER would be due within the wait. */
static void discover_is_not_repeated_within_a_brief_wait(struct transcript *t)
{
    time_us at;

    start(t);
    sends_discover(t, 0, 0);
    at = dhcp.retry.deadline - TRANSCRIPT_EPOCH - MS(50);
    gets_reply(t, at, with_file(reply_of(t, DHCP_OFFER, SERVER)));
    sends_request(t, at + MS(200), at + MS(200), SERVER);
}

/* It says that its port 4011 is to be asked: the window of 4 s is for servers that say nothing of PXE. */
static void mark_without_file_is_waited_for_briefly(struct transcript *t)
{
    start(t);
    sends_discover(t, 0, 0);
    gets_reply(t, MS(1), with_class(reply_of(t, DHCP_OFFER, SERVER), "PXEClient"));
    sends_request(t, MS(151), MS(151), SERVER);
}

static void no_pxedhcp_of_zero_says_nothing(struct transcript *t)
{
    start(t);
    sends_discover(t, 0, 0);
    (void)reply_of(t, DHCP_OFFER, SERVER);
    dhcp_option_emit(&reply.options, DHCP_TAG_IPXE, BYTES("\xb0\1\0"));
    gets_reply(t, MS(1), &reply);
    transcript_silent(t, MS(800));
}

/* Whether the proxy came first must not matter to what is booted. */
static void proxy_before_a_marked_offer_is_not_needed(struct transcript *t)
{
    start(t);
    sends_discover(t, 0, 0);
    gets_reply(t, MS(1), proxy_offer(t, PROXY, "proxy.0"));
    gets_reply(t, MS(2), with_class(with_file(reply_of(t, DHCP_OFFER, SERVER)), "PXEClient"));
    sends_request(t, MS(22), MS(22), SERVER);
    gets_reply(t, MS(23), with_class(with_file(reply_of(t, DHCP_ACK, SERVER)), "PXEClient"));
    is_bound(t);
    if (t->whole)
        assert_int_equal(dhcp.lease.proxy.len, 0);
}

/* Option 60 set by hand beside a PXE server. */
static void pxe_proxy_within_the_grace_has_the_word(struct transcript *t)
{
    struct dhcp_reply *r;

    start(t);
    sends_discover(t, 0, 0);
    gets_reply(t, MS(1), with_class(with_file(reply_of(t, DHCP_OFFER, SERVER)), "PXEClient"));
    r = proxy_offer(t, PROXY, "proxy.0");
    dhcp_option_emit(&r->options, DHCP_TAG_VENDOR, BYTES("\6\1\x08\xff"));
    gets_reply(t, MS(3), r);
    sends_request(t, MS(3), MS(3), SERVER);
    gets_reply(t, MS(4), with_class(with_file(reply_of(t, DHCP_ACK, SERVER)), "PXEClient"));
    is_bound(t);
    if (t->whole)
        assert_string_equal(dhcp.lease.proxy_boot.file, "proxy.0");
}

/* T-DH-10: nothing in it is believed, everything beside it is. */
static void broken_vendor_options_are_counted(struct transcript *t)
{
    struct dhcp_reply *r;

    start(t);
    sends_discover(t, 0, 0);
    r = with_class(with_file(reply_of(t, DHCP_OFFER, SERVER)), "PXEClient");
    dhcp_option_emit(&r->options, DHCP_TAG_VENDOR, BYTES("\6\1\x08\x09\xf0\0\1"));
    gets_reply(t, MS(1), r);
    sends_request(t, MS(21), MS(21), SERVER);
    if (!t->whole)
        return;
    assert_int_equal(dhcp.broken_vendors, 1);
    assert_int_equal(dhcp.ignored, 0);
    assert_true(dhcp.chosen->facts.vendor_is_broken);
    assert_false(dhcp.chosen->facts.downloads_at_once);
}

static void second_offer_of_a_server_replaces_its_first(struct transcript *t)
{
    start(t);
    sends_discover(t, 0, 0);
    (void)with_file(reply_of(t, DHCP_OFFER, SERVER));
    reply.fixed.yiaddr = ADDRESS + 1;
    gets_reply(t, MS(1), &reply);
    gets_reply(t, MS(100), with_file(reply_of(t, DHCP_OFFER, SERVER)));
    sends_request(t, MS(151), MS(151), SERVER);
}

/* No boot file: 4 s for a proxy, meanwhile DISCOVER goes on, then the lease is taken all the same. */
/* shows: PXE-2.2-c */
static void offer_without_file_waits_for_a_proxy(struct transcript *t)
{
    start(t);
    sends_discover(t, 0, 0);
    gets_reply(t, MS(1), reply_of(t, DHCP_OFFER, SERVER));
    sends_discover(t, MS(750), MS(1250));
    sends_discover(t, MS(2250), MS(3750));
    sends_request(t, MS(4001), MS(4001), SERVER);
    gets_reply(t, MS(4002), reply_of(t, DHCP_ACK, SERVER));
    is_bound(t);
    if (t->whole)
        assert_int_equal(dhcp.lease.boot.file_source, DHCP_FILE_NONE);
}

/* T-DH-22 */
/* shows: PXE-2.2-f */
static void proxy_after_the_offer_ends_the_wait(struct transcript *t)
{
    start(t);
    sends_discover(t, 0, 0);
    gets_reply(t, MS(1), reply_of(t, DHCP_OFFER, SERVER));
    gets_reply(t, MS(300), proxy_offer(t, PROXY, "proxy.0"));
    sends_request(t, MS(300), MS(300), SERVER);
    gets_reply(t, MS(301), reply_of(t, DHCP_ACK, SERVER));
    is_bound(t);
    if (!t->whole)
        return;
    assert_int_equal(dhcp.lease.proxy_boot.server, PROXY);
    assert_string_equal(dhcp.lease.proxy_boot.file, "proxy.0");
    assert_int_equal(dhcp.lease.proxy.len, 300);
}

static void proxy_before_the_offer_waits_for_it(struct transcript *t)
{
    start(t);
    sends_discover(t, 0, 0);
    gets_reply(t, MS(1), proxy_offer(t, PROXY, "proxy.0"));
    transcript_silent(t, MS(800));
    gets_reply(t, MS(800), with_file(reply_of(t, DHCP_OFFER, SERVER)));
    sends_request(t, MS(800), MS(800), SERVER);
    gets_reply(t, MS(801), with_file(reply_of(t, DHCP_ACK, SERVER)));
    is_bound(t);
    if (t->whole)
        assert_string_equal(dhcp.lease.proxy_boot.file, "proxy.0");
}

static void proxy_while_requesting_is_kept(struct transcript *t)
{
    start(t);
    sends_discover(t, 0, 0);
    gets_reply(t, MS(1), with_file(reply_of(t, DHCP_OFFER, SERVER)));
    sends_request(t, MS(151), MS(151), SERVER);
    gets_reply(t, MS(152), proxy_offer(t, PROXY, "proxy.0"));
    gets_reply(t, MS(153), with_file(reply_of(t, DHCP_ACK, SERVER)));
    is_bound(t);
    if (t->whole)
        assert_string_equal(dhcp.lease.proxy_boot.file, "proxy.0");
}

/* shows: RFC2132-9.7-a */
static void of_two_proxies_the_one_with_a_file_counts(struct transcript *t)
{
    start(t);
    sends_discover(t, 0, 0);
    gets_reply(t, MS(1), proxy_offer(t, OTHER, ""));
    gets_reply(t, MS(2), reply_of(t, DHCP_OFFER, SERVER));
    transcript_silent(t, MS(100));
    gets_reply(t, MS(100), proxy_offer(t, PROXY, "proxy.0"));
    sends_request(t, MS(100), MS(100), SERVER);
}

/* T-DH-20: yiaddr 0 without a PXE mark is nothing, and no address at all ends with E52. */
/* shows: PXE-2.2-a, PXE-2.2-k */
static void proxies_alone_give_no_address(struct transcript *t)
{
    start(t);
    sends_discover(t, 0, 0);
    gets_reply(t, MS(1), proxy_offer(t, PROXY, "proxy.0"));
    transcript_passes(t, SECONDS(600));
    if (!t->whole)
        return;
    assert_int_equal(dhcp.state, DHCP_FAILED);
    assert_int_equal(dhcp.status, STATUS_DHCP_NO_ADDRESS);
}

/* The best offer counts, not the first. */
/* shows: RFC2131-4.4.1-g, RFC2132-9.7-a */
static void better_offer_within_the_wait_is_taken(struct transcript *t)
{
    start(t);
    sends_discover(t, 0, 0);
    gets_reply(t, MS(1), reply_of(t, DHCP_OFFER, OTHER));
    gets_reply(t, MS(50), with_file(reply_of(t, DHCP_OFFER, SERVER)));
    sends_request(t, MS(50 + 200), MS(50 + 200), SERVER);
}

static void file_of_the_offer_stands_when_the_ack_is_silent(struct transcript *t)
{
    start(t);
    sends_discover(t, 0, 0);
    gets_reply(t, MS(1), with_file(reply_of(t, DHCP_OFFER, SERVER)));
    sends_request(t, MS(151), MS(151), SERVER);
    gets_reply(t, MS(152), reply_of(t, DHCP_ACK, SERVER));
    is_bound(t);
    if (t->whole)
        assert_string_equal(dhcp.lease.boot.file, "pxelinux.0");
}

/* shows: RFC951-7.4-a, PXE-2.2-j */
static void bootp_server_is_taken_when_nobody_else_answers(struct transcript *t)
{
    start(t);
    sends_discover(t, 0, 0);
    gets_reply(t, MS(1), with_file(reply_of(t, DHCP_BOOTP, 0)));
    sends_discover(t, MS(750), MS(1250));
    is_bound(t);
    if (t->whole) {
        assert_string_equal(dhcp.lease.boot.file, "pxelinux.0");
        assert_int_equal(dhcp.lease.server_id, SERVER);
    }
}

static void dhcp_is_preferred_to_bootp(struct transcript *t)
{
    start(t);
    sends_discover(t, 0, 0);
    gets_reply(t, MS(1), with_file(reply_of(t, DHCP_BOOTP, 0)));
    gets_reply(t, MS(400), with_file(reply_of(t, DHCP_OFFER, SERVER)));
    sends_request(t, MS(600), MS(600), SERVER);
}

/* T-DH-21: the server behind a relay is known by option 54. */
/* shows: RFC2132-9.7-a, RFC2131-3.1-b */
static void relayed_offer_is_taken(struct transcript *t)
{
    start(t);
    sends_discover(t, 0, 0);
    (void)with_class(with_file(reply_of(t, DHCP_OFFER, OTHER)), "PXEClient");
    reply.fixed.giaddr = ROUTER;
    transcript_gets(t, MS(1), from(ROUTER), dhcp_reply_finish(&reply));
    sends_request(t, MS(21), MS(21), OTHER);
    (void)with_file(reply_of(t, DHCP_ACK, OTHER));
    transcript_gets(t, MS(22), from(ROUTER), dhcp_reply_finish(&reply));
    is_bound(t);
}

/* shows: PXE-2.2-b */
static void other_classes_are_no_mark(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++)
        transcript_run(other_class_is_no_mark);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TRANSCRIPT_CUT(plain_offer),
        TRANSCRIPT(discover_has_the_options_of_a_pxe_client),
        TRANSCRIPT_CUT(marked_offer_is_taken_after_a_grace),
        TRANSCRIPT(grace_grows_with_the_round_trip),
        TRANSCRIPT(grace_does_not_grow_without_end),
        TRANSCRIPT_CUT(pxe_server_is_taken_at_once),
        TRANSCRIPT_CUT(pxe_proxy_within_the_grace_has_the_word),
        TRANSCRIPT(broken_vendor_options_are_counted),
        TRANSCRIPT_CUT(discovery_control_bit_3_is_taken_at_once),
        TRANSCRIPT_CUT(no_pxedhcp_is_taken_at_once),
        TRANSCRIPT(exact_prefix_is_a_mark),
        TRANSCRIPT_CUT(slow_offer_is_waited_for_longer),
        TRANSCRIPT_CUT(very_slow_offer_is_not_waited_for_much_longer),
        TRANSCRIPT_CUT(discover_is_not_repeated_within_a_brief_wait),
        TRANSCRIPT_CUT(mark_without_file_is_waited_for_briefly),
        TRANSCRIPT_CUT(no_pxedhcp_of_zero_says_nothing),
        TRANSCRIPT_CUT(proxy_before_a_marked_offer_is_not_needed),
        TRANSCRIPT_CUT(second_offer_of_a_server_replaces_its_first),
        TRANSCRIPT_CUT(offer_without_file_waits_for_a_proxy),
        TRANSCRIPT_CUT(proxy_after_the_offer_ends_the_wait),
        TRANSCRIPT_CUT(proxy_before_the_offer_waits_for_it),
        TRANSCRIPT_CUT(proxy_while_requesting_is_kept),
        TRANSCRIPT_CUT(of_two_proxies_the_one_with_a_file_counts),
        TRANSCRIPT_CUT(proxies_alone_give_no_address),
        TRANSCRIPT_CUT(better_offer_within_the_wait_is_taken),
        TRANSCRIPT_CUT(file_of_the_offer_stands_when_the_ack_is_silent),
        TRANSCRIPT_CUT(bootp_server_is_taken_when_nobody_else_answers),
        TRANSCRIPT_CUT(dhcp_is_preferred_to_bootp),
        TRANSCRIPT_CUT(relayed_offer_is_taken),
        cmocka_unit_test(other_classes_are_no_mark),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
