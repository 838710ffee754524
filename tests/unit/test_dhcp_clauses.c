/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Clauses of RFC 2131, 2132, 3396, 4578, 5071, 951 and 1542 that no other test shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/base/text.h"
#include "firmware/boot/cached_packets.h"
#include "firmware/proto/boot_server.h"
#include "firmware/wire/ethernet_frame.h"
#include "firmware/wire/ipv4_packet.h"
#include "firmware/wire/udp_header.h"
#include "tests/harness/dhcp_conversation.h"
#include "tests/sim/net_bench.h"

static uint8_t value[600];

/* An option's value, in `value` until the next call. */
static struct slice option_of(const struct dhcp_message *m, uint8_t tag)
{
    struct writer w = writer_of(value, sizeof(value));

    return dhcp_option(m, tag, &w) ? writer_written(&w) : slice_of(value, 0);
}

static void assert_list_has(const struct dhcp_message *m, const uint8_t *tags, size_t count)
{
    struct slice list = option_of(m, DHCP_TAG_PARAMETERS);

    for (size_t n = 0; n < count; n++)
        assert_non_null(memchr(list.data, tags[n], list.len));
}

/* shows: RFC2131-2-b, RFC2131-2-c, RFC2131-4.1-a, RFC2131-4.4.1-b, RFC951-3-a, RFC951-3-b, RFC1542-2.1-a,
   RFC1542-2.2-a, RFC1542-3.3-a, RFC1542-3.4-a, RFC1542-3.5-a, RFC2131-3-a */
static void what_is_not_known_is_zero(struct transcript *t)
{
    static const uint8_t zeros[DHCP_FIXED_LEN];
    struct slice sent;
    size_t end = DHCP_FIXED_LEN + 4;

    start(t);
    sent = transcript_sends(t, 0, 0);
    assert_true(sent.len >= 300);
    assert_memory_equal(sent.data, "\1\1\6\0", 4);
    assert_memory_equal(sent.data + 8, zeros, 20); /* secs, flags, ciaddr, yiaddr, siaddr, giaddr */
    assert_memory_equal(sent.data + 28, dhcp_test_config.identity.mac.byte, 6);
    assert_memory_equal(sent.data + 34, zeros, 10 + 64 + 128);
    assert_memory_equal(sent.data + DHCP_FIXED_LEN, "\x63\x82\x53\x63", 4);
    while (end < sent.len && sent.data[end] != DHCP_TAG_END)
        end += 2u + sent.data[end + 1];
    assert_true(end < sent.len);
    assert_memory_equal(sent.data + end + 1, zeros, sent.len - end - 1);
}

/* However long an offer is thought about. */
static void asked_for_its_offer(struct transcript *t, time_us at)
{
    gets_reply(t, at, with_class(with_file(reply_of(t, DHCP_OFFER, SERVER)), "PXEClient"));
    sends_request(t, at, at + SECONDS(4), SERVER);
}

static time_us soon(const struct transcript *t)
{
    return t->now - TRANSCRIPT_EPOCH + MS(1);
}

static const uint8_t always[] = {
    DHCP_TAG_PARAMETERS,   DHCP_TAG_MAX_SIZE, DHCP_TAG_CLASS, DHCP_TAG_CLIENT_ID,
    DHCP_TAG_ARCHITECTURE, DHCP_TAG_UNDI,     DHCP_TAG_UUID,
};

/* shows: RFC2131-2-f, RFC2131-3-b, RFC2131-3.5-a, RFC2131-4.4.1-f, RFC2132-9.8-a, RFC2132-9.10-a, RFC2132-9.14-a,
   RFC4578-2.1-a, RFC4578-2.2-a, RFC4578-2.3-a, RFC4578-2.4-a, RFC5071-4-b, PXE-2.1-b, PXE-2.1-c */
static void each_message_says_who_we_are(struct transcript *t)
{
    static const uint8_t wanted[] = {1,   3,   43,  54,  60,  66,  67,  97,  128, 129,
                                     130, 131, 132, 133, 134, 135, 208, 209, 210, 211};
    struct boot_server_config config = {.identity = dhcp_test_config.identity, .uses_broadcast = true};
    struct boot_server server;
    struct dhcp_message m;
    uint8_t said[sizeof(always)][64];
    size_t len[sizeof(always)];
    uint32_t xid;

    start(t);
    m = parsed(transcript_sends(t, 0, 0));
    xid = m.xid;
    assert_list_has(&m, wanted, sizeof(wanted));
    for (size_t n = 0; n < sizeof(always); n++) {
        struct slice is = option_of(&m, always[n]);

        len[n] = is.len;
        assert_in_range(len[n], 1, 64);
        memcpy(said[n], is.data, is.len);
    }
    gets_reply(t, MS(1), with_file(reply_of(t, DHCP_OFFER, SERVER)));
    for (unsigned message = 0; message < 2; message++) {
        m = parsed(transcript_sends(t, 0, SECONDS(10)));
        assert_int_equal(m.type, DHCP_REQUEST);
        for (size_t n = 0; n < sizeof(always); n++)
            assert_option(&m, always[n], said[n], len[n]);
        assert_true(message == 1 || m.xid == xid);
        if (message == 0) { /* the next is one to a boot server */
            assert_int_equal(boot_server_start(&server, t->now, &config, dhcp.random, NULL), STATUS_OK);
            transcript_with(t, &server.udp);
        }
    }
}

/* Padded to `len` bytes in all. */
static struct dhcp_reply *of_length(struct dhcp_reply *r, size_t len)
{
    while (DHCP_FIXED_LEN + 4 + writer_len(&r->options) + 1 < len) {
        size_t left = len - (DHCP_FIXED_LEN + 4 + writer_len(&r->options) + 1);

        if (left < 3)
            write_fill(&r->options, 0, left);
        else
            dhcp_option_emit(&r->options, 224, slice_of(value, left > 257 ? 250 : left - 2));
    }
    return r;
}

/* shows: RFC2131-2-d */
static void large_messages_are_taken(struct transcript *t)
{
    static const size_t lens[] = {548, 576, DHCP_MESSAGE_MAX};

    for (size_t n = 0; n < 3; n++) {
        time_us at = SECONDS(1000 * n);

        transcript_passes(t, at);
        start(t);
        sends_discover(t, at, at);
        gets_reply(t, at + 1, of_length(with_class(with_file(reply_of(t, DHCP_OFFER, SERVER)), "PXEClient"), lens[n]));
        assert_int_equal(dhcp_reply_finish(&reply).len, lens[n]);
        sends_request(t, at + 1, at + SECONDS(4), SERVER);
        gets_reply(t, soon(t), of_length(with_file(reply_of(t, DHCP_ACK, SERVER)), lens[n]));
        assert_int_equal(dhcp.state, DHCP_BOUND);
    }
}

/* shows: RFC2131-4.3.2-a */
static void the_ack_overrules_the_offer(struct transcript *t)
{
    start(t);
    sends_discover(t, 0, 0);
    asked_for_its_offer(t, MS(1));
    (void)reply_of(t, DHCP_ACK, SERVER);
    reply.options.next = reply.options.start + 9; /* behind options 53 and 54 */
    dhcp_option_emit_u32(&reply.options, DHCP_TAG_NETMASK, 0xffff0000u);
    dhcp_option_emit_u32(&reply.options, DHCP_TAG_LEASE, 777);
    reply.fixed.siaddr = OTHER;
    reply.fixed.file = text_slice("ack.0");
    gets_reply(t, soon(t), &reply);
    is_bound(t);
    assert_int_equal(dhcp.lease.netmask, 0xffff0000u);
    assert_int_equal(dhcp.lease.lease_s, 777);
    assert_int_equal(dhcp.lease.route_count, 0);
    assert_int_equal(dhcp.lease.boot.server, OTHER);
    assert_string_equal(dhcp.lease.boot.file, "ack.0");
}

/* shows: RFC2131-4.4.5-b, RFC2131-3.1-h */
static void a_lease_is_neither_extended_nor_given_back(struct transcript *t)
{
    start(t);
    sends_discover(t, 0, 0);
    asked_for_its_offer(t, MS(1));
    (void)with_file(reply_of(t, DHCP_ACK, SERVER));
    reply.options.next = reply.options.start + 9;
    dhcp_option_emit_u32(&reply.options, DHCP_TAG_LEASE, 60);
    gets_reply(t, soon(t), &reply);
    is_bound(t); /* for 600 s */
    assert_int_equal(dhcp.lease.lease_s, 60);
}

/* shows: RFC2131-3.1-e, RFC2131-3.1-f */
static void beginning_anew_is_told(struct transcript *t)
{
    unsigned before;

    start(t);
    sends_discover(t, 0, 0);
    asked_for_its_offer(t, MS(1));
    for (unsigned n = 1; n < 5; n++)
        sends_request(t, 0, SECONDS(17), SERVER);
    before = log_lines;
    sends_discover(t, SECONDS(8), SECONDS(18));
    assert_true(log_lines >= before + 2);
}

/* shows: RFC4578-2.3-a */
static void without_a_uuid_none_is_made_up(struct transcript *t)
{
    struct dhcp_config config = dhcp_test_config;
    struct dhcp_message m;

    config.identity.has_uuid = false;
    start_with(t, &config);
    m = parsed(transcript_sends(t, 0, 0));
    assert_int_equal(m.type, DHCP_DISCOVER);
    assert_false(dhcp_has_option(&m, DHCP_TAG_UUID));
}

/* shows: RFC2131-4.1-i, RFC951-7-a */
static void transaction_ids_are_random(void **state)
{
    enum {
        COUNT = 200
    };
    struct random dice = {0};
    uint32_t seen[COUNT], bits_set = 0, bits_clear = 0;
    struct dhcp d;

    (void)state;
    random_seed(&dice, text_slice("xid"));
    for (unsigned n = 0; n < COUNT; n++) {
        dhcp_start(&d, 0, &dhcp_test_config, &dice, NULL);
        seen[n] = d.xid;
        bits_set |= d.xid;
        bits_clear |= ~d.xid;
        for (unsigned k = 0; k < n; k++)
            assert_true(seen[k] != seen[n] && seen[k] + 1 != seen[n]);
    }
    assert_int_equal(bits_set, UINT32_MAX);
    assert_int_equal(bits_clear, UINT32_MAX);
}

/* shows: RFC2131-3.1-a, RFC2131-4.1-b, RFC2131-4.1-c, RFC951-4-a */
static void the_first_packet_is_broadcast_from_nowhere(void **state)
{
    struct bench *b = *state;
    struct ethernet_frame ethernet;
    struct ipv4_packet ip;
    struct udp_header udp;
    struct slice frame;
    struct reader r;

    dhcp = (struct dhcp){0};
    dhcp_start(&dhcp, b->now, &dhcp_test_config, &b->random, NULL);
    assert_true(net_attach(&b->net, &dhcp.udp));
    bench_poll(b);
    assert_true(bench_sent(b, &frame));
    r = reader_of(frame);
    assert_true(ethernet_frame_parse(&r, &ethernet));
    assert_memory_equal(ethernet.destination.byte, "\xff\xff\xff\xff\xff\xff", 6);
    assert_true(ipv4_packet_parse(&r, &ip));
    assert_int_equal(ip.source, 0);
    assert_int_equal(ip.destination, 0xffffffffu);
    assert_true(udp_header_parse(&r, &udp));
    assert_int_equal(udp.source_port, 68);
    assert_int_equal(udp.destination_port, 67);
}

static struct dhcp_message ack_message(void)
{
    struct reader r = reader_of(dhcp_reply_finish(&reply));
    struct dhcp_message m;

    assert_true(dhcp_message_parse(&r, &m));
    return m;
}

static void start_ack(void)
{
    dhcp_reply_start(&reply, DHCP_ACK, 1, dhcp_test_config.identity.mac, ADDRESS, SERVER);
}

/* shows: RFC1542-3.4-b */
static void a_relay_is_no_router(void **state)
{
    struct dhcp_message m;

    (void)state;
    start_ack();
    reply.fixed.giaddr = ROUTER;
    m = ack_message();
    dhcp_lease_parse(&m, &dhcp.lease);
    assert_int_equal(dhcp.lease.route_count, 0);
}

/* shows: RFC3396-7-b */
static void of_an_option_of_fixed_length_the_first_counts(void **state)
{
    struct dhcp_message m;

    (void)state;
    start_ack();
    dhcp_option_emit_u32(&reply.options, DHCP_TAG_LEASE, 600);
    dhcp_option_emit_u32(&reply.options, DHCP_TAG_NETMASK, 0xffff0000u);
    dhcp_option_emit_u32(&reply.options, DHCP_TAG_LEASE, 700);
    dhcp_option_emit_u32(&reply.options, DHCP_TAG_NETMASK, 0xffffff00u);
    m = ack_message();
    dhcp_lease_parse(&m, &dhcp.lease);
    assert_int_equal(dhcp.lease.lease_s, 600);
    assert_int_equal(dhcp.lease.netmask, 0xffff0000u);
}

/* shows: RFC5071-3-a, RFC5071-4-a, RFC5071-5-a, RFC5071-6-a */
static void boot_programs_get_their_options(void **state)
{
    static const struct {
        uint8_t tag, len;
        const char *bytes;
    } options[] = {{208, 4, "\xf1\x00\x74\x7e"}, {209, 9, "pxe/a.cfg"}, {210, 4, "pxe/"}, {211, 4, "\0\0\0\x1e"}};
    static struct cached_packets cached;
    struct dhcp_lease_packets packets = {0};
    struct boot_choice choice;
    struct dhcp_message m;
    struct reader r;

    (void)state;
    start_ack();
    (void)with_file(&reply);
    for (size_t n = 0; n < 4; n++)
        dhcp_option_emit(&reply.options, options[n].tag, slice_of(options[n].bytes, options[n].len));
    packets.ack = dhcp_reply_finish(&reply);
    assert_true(dhcp_lease_restore(&dhcp.lease, &packets));
    (void)boot_options_choose(&dhcp.lease, &choice);
    cached_packets_build(&cached, &dhcp.lease, &choice);
    r = reader_of(slice_of(cached_packets_get(&cached, CACHED_DHCP_ACK), CACHED_PACKET_LEN));
    assert_true(dhcp_message_parse(&r, &m));
    for (size_t n = 0; n < 4; n++)
        assert_option(&m, options[n].tag, options[n].bytes, options[n].len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TRANSCRIPT(what_is_not_known_is_zero),
        TRANSCRIPT(each_message_says_who_we_are),
        TRANSCRIPT(large_messages_are_taken),
        TRANSCRIPT(the_ack_overrules_the_offer),
        TRANSCRIPT(a_lease_is_neither_extended_nor_given_back),
        TRANSCRIPT(beginning_anew_is_told),
        TRANSCRIPT(without_a_uuid_none_is_made_up),
        cmocka_unit_test(transaction_ids_are_random),
        cmocka_unit_test_setup_teardown(the_first_packet_is_broadcast_from_nowhere, bench_start_bare, bench_stop),
        cmocka_unit_test(a_relay_is_no_router),
        cmocka_unit_test(of_an_option_of_fixed_length_the_first_counts),
        cmocka_unit_test(boot_programs_get_their_options),
    };

    return cmocka_run_group_tests_name("dhcp_clauses", tests, NULL, NULL);
}
