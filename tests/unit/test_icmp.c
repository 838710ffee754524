/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* ICMP: echo, and destination unreachable in both directions. */
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
    ICMP_AT = IP_AT + IPV4_HEADER_LEN
};

static const struct icmp_message echo = {.type = ICMP_ECHO_REQUEST, .rest = 0x11223344};

static bool icmp_sent(struct bench *b, struct icmp_message *message, struct reader *r)
{
    struct ethernet_frame ethernet;
    struct ipv4_packet ip;
    struct slice frame;

    if (!bench_sent(b, &frame))
        return false;
    *r = reader_of(frame);
    assert_true(ethernet_frame_parse(r, &ethernet));
    assert_true(mac_equal(ethernet.destination, b->peer->mac));
    assert_true(ipv4_packet_parse(r, &ip));
    assert_true(ip.has_good_checksum);
    assert_int_equal(ip.protocol, IPV4_ICMP);
    assert_int_equal(ip.source, OUR_IP);
    assert_int_equal(ip.destination, PEER_IP);
    assert_true(icmp_message_parse(r, message));
    assert_true(message->has_good_checksum);
    return true;
}

static void echo_is_answered_with_its_content(void **state)
{
    struct bench *b = *state;
    uint8_t body[1472];
    struct bench_packet packet;
    struct icmp_message answer;
    struct reader r;

    memset(body, 0x5a, sizeof(body));
    for (size_t len = 0; len <= sizeof(body); len += 184) {
        packet = bench_icmp(b, &echo, slice_of(body, len));
        bench_put(b, &packet);
        assert_true(icmp_sent(b, &answer, &r));
        assert_int_equal(answer.type, ICMP_ECHO_REPLY);
        assert_int_equal(answer.rest, echo.rest);
        assert_int_equal(reader_left(&r), len);
        assert_memory_equal(r.next, body, len);
    }
}

static void what_is_no_echo_for_us_gets_no_answer(void **state)
{
    static const uint8_t types[] = {ICMP_ECHO_REPLY, 4, ICMP_REDIRECT, 9, 10, 11, 12, 13, 15, 17, 255};
    struct bench *b = *state;
    struct bench_packet packet = bench_icmp(b, &echo, slice_of("abc", 3));
    struct slice frame;

    packet.bytes[ICMP_AT + 9] ^= 1;
    bench_put(b, &packet);
    assert_int_equal(b->net.dropped[DROP_BAD_CHECKSUM], 1);
    packet = bench_icmp(b, &echo, slice_of("abc", 3));
    store_be32(packet.bytes + IP_AT + 16, 0xc0a86fff);
    memset(packet.bytes, 0xff, 6);
    bench_fix(&packet);
    bench_put(b, &packet);
    for (size_t n = 0; n < sizeof(types); n++) { /* T-IC-05 is among them */
        packet = bench_icmp(b, &(struct icmp_message){.type = types[n]}, slice_of("abcdefghijklmnopqrstuvwxyz", 26));
        bench_put(b, &packet);
    }
    assert_int_equal(b->net.dropped[DROP_ICMP_IGNORED], 1 + sizeof(types));
    for (size_t len = 0; len < ICMP_HEADER_LEN; len++) {
        packet = bench_ip(b, IPV4_ICMP, slice_of("\x08\0\0\0\0\0\0\0", len));
        bench_put(b, &packet);
    }
    assert_int_equal(b->net.dropped[DROP_BAD_ICMP], ICMP_HEADER_LEN);
    assert_false(bench_sent(b, &frame));
}

/* T-IC-04: at ten thousand a second, at most one in ten is answered, and a large one never. */
static void floods_of_echoes_are_answered_sparingly(void **state)
{
    static uint8_t large[REASSEMBLY_MAX];
    struct bench *b = *state;
    struct bench_packet packet = bench_icmp(b, &echo, slice_of("abc", 3));
    struct icmp_message answer;
    struct reader r;
    unsigned answers = 0;

    for (unsigned n = 0; n < 10000; n++) {
        bench_put(b, &packet);
        answers += icmp_sent(b, &answer, &r);
        b->now += 100;
    }
    assert_in_range(answers, 900, 1001);
    assert_int_equal(b->net.dropped[DROP_ICMP_LIMITED], 10000 - answers);
    b->now += SECONDS(1);
    struct writer w = writer_of(large, sizeof(large));
    icmp_message_emit(&w, &echo, slice_of(large, 0));
    for (size_t from = 0; from < sizeof(large); from += 1480) {
        size_t end = from + 1480 < sizeof(large) ? from + 1480 : sizeof(large);

        packet = bench_fragment(b, 5, slice_of(large, sizeof(large)), from, end);
        packet.bytes[IP_AT + 9] = IPV4_ICMP;
        bench_fix(&packet);
        bench_put(b, &packet);
    }
    assert_false(icmp_sent(b, &answer, &r));
    assert_int_equal(b->net.dropped[DROP_ICMP_LIMITED], 10001 - answers);
}

/* What the client sent, as an ICMP error from the peer would quote it: the IPv4 header and eight bytes. */
static struct slice quote_of_output(struct bench *b, uint8_t *bytes)
{
    struct slice frame;

    b->client.deadline = b->now;
    bench_poll(b);
    assert_true(bench_sent(b, &frame));
    memcpy(bytes, frame.data + IP_AT, 28);
    return slice_of(bytes, 28);
}

static void put_unreachable(struct bench *b, uint8_t code, struct slice quote)
{
    struct bench_packet packet = bench_icmp(b, &(struct icmp_message){.type = ICMP_UNREACHABLE, .code = code}, quote);

    bench_put(b, &packet);
}

struct icmp_observer {
    struct net_observer observer; /* first */
    unsigned errors;
    uint8_t type, code;
    size_t len;
};

static void note_error(struct net_observer *observer, struct slice message)
{
    struct icmp_observer *noting = (struct icmp_observer *)observer;

    noting->errors++;
    noting->type = message.data[0];
    noting->code = message.data[1];
    noting->len = message.len;
}

/* T-IC-01 */
static void an_unreachable_port_is_told_to_its_client(void **state)
{
    static const uint8_t codes[] = {ICMP_PORT_UNREACHABLE, ICMP_HOST_UNREACHABLE, ICMP_NET_UNREACHABLE, 10, 13};
    struct bench *b = *state;
    uint8_t bytes[28];
    struct icmp_observer noting = {.observer = {.icmp_error = note_error}};

    b->net.observer = &noting.observer;
    for (unsigned n = 0; n < sizeof(codes); n++) {
        struct slice quote = quote_of_output(b, bytes);

        bytes[8] = 1; /* routers have counted the time to live down */
        put_unreachable(b, codes[n], quote);
        assert_int_equal(b->client.unreachables, n + 1);
        assert_int_equal(b->client.why, STATUS_FAILURE);
        assert_int_equal(noting.errors, n + 1);
        assert_int_equal(noting.type, ICMP_UNREACHABLE);
        assert_int_equal(noting.code, codes[n]);
        assert_int_equal(noting.len, ICMP_HEADER_LEN + 28);
    }
    bytes[22] ^= 1;
    put_unreachable(b, ICMP_PORT_UNREACHABLE, slice_of(bytes, sizeof(bytes)));
    assert_int_equal(noting.errors, sizeof(codes)); /* quotes not us */
}

/* T-IC-02: protocol, offset, id, source, destination, ports; each wrong; and cut at every length. */
static void an_error_that_quotes_not_us_is_dropped(void **state)
{
    static const uint8_t at[] = {0, 4, 6, 9, 15, 19, 21, 23};
    struct bench *b = *state;
    uint8_t bytes[28], changed[28];
    struct slice quote = quote_of_output(b, bytes);

    for (size_t n = 0; n < sizeof(at); n++) {
        memcpy(changed, bytes, sizeof(changed));
        changed[at[n]] ^= 0x1f;
        put_unreachable(b, ICMP_PORT_UNREACHABLE, slice_of(changed, sizeof(changed)));
    }
    assert_int_equal(b->net.dropped[DROP_BAD_ICMP], sizeof(at));
    for (size_t len = 0; len < 24; len++)
        put_unreachable(b, ICMP_PORT_UNREACHABLE, slice_first(quote, len));
    assert_int_equal(b->client.unreachables, 0);
    assert_int_equal(b->net.dropped[DROP_BAD_ICMP], sizeof(at) + 24);
    put_unreachable(b, ICMP_PORT_UNREACHABLE, slice_first(quote, 24));
    assert_int_equal(b->client.unreachables, 1);
}

/* T-IC-03: we send nothing that must not be fragmented, so there is nothing to make smaller. */
static void fragmentation_needed_changes_nothing(void **state)
{
    static const uint16_t mtus[] = {0, 68, 575, 1500, 65535};
    struct bench *b = *state;
    uint8_t bytes[28];
    struct slice quote = quote_of_output(b, bytes);

    for (size_t n = 0; n < sizeof(mtus) / sizeof(mtus[0]); n++) {
        struct icmp_message message = {.type = ICMP_UNREACHABLE, .code = ICMP_FRAGMENTATION_NEEDED, .rest = mtus[n]};
        struct bench_packet packet = bench_icmp(b, &message, quote);

        bench_put(b, &packet);
    }
    assert_int_equal(b->client.unreachables, 0);
    b->client.fill = UDP_PAYLOAD_MAX;
    (void)quote_of_output(b, bytes);
    assert_int_equal(load_be16(bytes + 2), NIC_MTU);
    assert_int_equal(load_be16(bytes + 6), 0); /* neither "don't fragment" nor a fragment */
}

static void a_closed_port_is_reported_to_the_sender(void **state)
{
    struct bench *b = *state;
    struct bench_packet packet = bench_udp(b, PEER_PORT, OUR_PORT + 1, slice_of("late block", 10));
    struct icmp_message message;
    struct slice frame;
    struct reader r;

    bench_put(b, &packet);
    assert_int_equal(b->net.dropped[DROP_NO_CLIENT], 1);
    assert_true(icmp_sent(b, &message, &r));
    assert_int_equal(message.type, ICMP_UNREACHABLE);
    assert_int_equal(message.code, ICMP_PORT_UNREACHABLE);
    assert_int_equal(message.rest, 0);
    assert_int_equal(reader_left(&r), 28);
    assert_memory_equal(r.next, packet.bytes + IP_AT, 28);
    store_be32(packet.bytes + IP_AT + 16, 0xffffffff); /* never because of a broadcast */
    memset(packet.bytes, 0xff, 6);
    store_be16(packet.bytes + ICMP_AT + 6, 0);
    bench_fix(&packet);
    bench_put(b, &packet);
    assert_int_equal(b->net.dropped[DROP_NO_CLIENT], 2);
    assert_false(bench_sent(b, &frame));
    packet = bench_udp(b, PEER_PORT, OUR_PORT + 1, slice_of("late block", 10));
    for (unsigned n = 0; n < 1000; n++)
        bench_put(b, &packet);
    assert_true(b->net.dropped[DROP_ICMP_LIMITED] > 900);
}

int main(void)
{
#define IN(test) cmocka_unit_test_setup_teardown(test, bench_start, bench_stop)
    const struct CMUnitTest tests[] = {
        IN(echo_is_answered_with_its_content),       IN(what_is_no_echo_for_us_gets_no_answer),
        IN(floods_of_echoes_are_answered_sparingly), IN(an_unreachable_port_is_told_to_its_client),
        IN(an_error_that_quotes_not_us_is_dropped),  IN(fragmentation_needed_changes_nothing),
        IN(a_closed_port_is_reported_to_the_sender),
    };

    return cmocka_run_group_tests_name("icmp", tests, NULL, NULL);
}
