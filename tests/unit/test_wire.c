/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Ethernet, ARP, IPv4, ICMP, IGMP and UDP on the wire. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "firmware/wire/arp_packet.h"
#include "firmware/wire/ethernet_frame.h"
#include "firmware/wire/icmp_message.h"
#include "firmware/wire/igmp_message.h"
#include "firmware/wire/ipv4_packet.h"
#include "firmware/wire/udp_header.h"

#define BYTES(...) slice_of((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* Parses `len` bytes that end where the heap block ends, so that the address sanitizer sees each byte read beyond. */
#define PARSE(parse, bytes, cut, out)                      \
    ({                                                     \
        uint8_t *copy_ = (uint8_t *)malloc((cut) + 1) + 1; \
        struct reader reader_;                             \
        bool parsed_;                                      \
        memcpy(copy_, (bytes).data, (cut));                \
        reader_ = reader_of(slice_of(copy_, (cut)));       \
        parsed_ = parse(&reader_, out);                    \
        free(copy_ - 1);                                   \
        parsed_;                                           \
    })

static void ethernet_header_is_read_and_written(void **state)
{
    static const uint8_t bytes[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 3, 4, 5, 6, 7, 8, 0, 0x45};
    struct reader r = reader_of(slice_of(bytes, sizeof(bytes)));
    struct ethernet_frame frame;
    uint8_t out[ETHERNET_HEADER_LEN];
    struct writer w = writer_of(out, sizeof(out));

    (void)state;
    assert_true(ethernet_frame_parse(&r, &frame));
    assert_true(mac_equal(frame.destination, MAC_BROADCAST));
    assert_int_equal(frame.source.byte[5], 7);
    assert_int_equal(frame.type, ETHERNET_IPV4);
    assert_int_equal(reader_left(&r), 1);
    ethernet_frame_emit(&w, &frame);
    assert_memory_equal(out, bytes, sizeof(out));
    for (size_t cut = 0; cut < ETHERNET_HEADER_LEN; cut++)
        assert_false(PARSE(ethernet_frame_parse, slice_of(bytes, sizeof(bytes)), cut, &frame));
}

static void vlan_tag_is_stepped_over(void **state)
{
    static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 2, 3, 4, 5, 6, 7, 0x81, 0, 0xe0, 0x05, 8, 6};
    struct ethernet_frame frame;

    (void)state;
    assert_true(PARSE(ethernet_frame_parse, slice_of(bytes, sizeof(bytes)), sizeof(bytes), &frame));
    assert_int_equal(frame.vlan, 5);
    assert_int_equal(frame.type, ETHERNET_ARP);
    for (size_t cut = 0; cut < sizeof(bytes); cut++)
        assert_false(PARSE(ethernet_frame_parse, slice_of(bytes, sizeof(bytes)), cut, &frame));
}

static void arp_is_read_and_written(void **state)
{
    static const uint8_t bytes[] = {0, 1, 8, 0, 6, 4, 0, 2,    2, 0, 0, 0, 0, 9,
                                    1, 2, 3, 4, 2, 0, 0, 0x10, 0, 8, 5, 6, 7, 8};
    struct arp_packet arp;
    uint8_t out[ARP_PACKET_LEN];
    struct writer w = writer_of(out, sizeof(out));

    (void)state;
    assert_true(PARSE(arp_packet_parse, slice_of(bytes, sizeof(bytes)), sizeof(bytes), &arp));
    assert_int_equal(arp.operation, ARP_REPLY);
    assert_int_equal(arp.sender, 0x01020304);
    assert_int_equal(arp.target, 0x05060708);
    assert_int_equal(arp.sender_mac.byte[5], 9);
    assert_int_equal(arp.target_mac.byte[3], 0x10);
    arp_packet_emit(&w, &arp);
    assert_memory_equal(out, bytes, sizeof(out));
    for (size_t cut = 0; cut < sizeof(bytes); cut++)
        assert_false(PARSE(arp_packet_parse, slice_of(bytes, sizeof(bytes)), cut, &arp));
}

/* T-ARP-01 */
static void arp_of_other_kinds_is_refused(void **state)
{
    static const uint8_t good[ARP_PACKET_LEN] = {0, 1, 8, 0, 6, 4, 0, 1};
    static const struct {
        size_t at;
        uint8_t value;
    } changes[] = {{1, 6}, {2, 0x86}, {4, 8}, {4, 0}, {5, 16}, {5, 0}, {6, 1}, {7, 0}, {7, 3}, {7, 9}};
    struct arp_packet arp;
    uint8_t bytes[ARP_PACKET_LEN];

    (void)state;
    assert_true(PARSE(arp_packet_parse, slice_of(good, sizeof(good)), sizeof(good), &arp));
    for (size_t n = 0; n < sizeof(changes) / sizeof(changes[0]); n++) {
        memcpy(bytes, good, sizeof(bytes));
        bytes[changes[n].at] = changes[n].value;
        assert_false(PARSE(arp_packet_parse, slice_of(bytes, sizeof(bytes)), sizeof(bytes), &arp));
    }
}

/* Some sender's header, with a checksum field that is not right. */
static const uint8_t some_header[] = {0x45, 0x00, 0x00, 0x54, 0x1c, 0x46, 0x40, 0x00, 0x40, 0x06,
                                      0xff, 0xff, 0xac, 0x10, 0x0a, 0x63, 0xac, 0x10, 0x0a, 0x0c};

static void ipv4_header_is_read_and_written(void **state)
{
    uint8_t bytes[0x54 + 10] = {0}, out[IPV4_HEADER_LEN];
    struct reader r = reader_of(slice_of(bytes, sizeof(bytes)));
    struct writer w = writer_of(out, sizeof(out));
    struct ipv4_packet packet;

    (void)state;
    memcpy(bytes, some_header, sizeof(some_header));
    assert_true(ipv4_packet_parse(&r, &packet));
    assert_int_equal(reader_left(&r), 0x54 - 20); /* not the ten bytes of padding */
    assert_int_equal(packet.payload_len, 0x54 - 20);
    assert_int_equal(packet.source, 0xac100a63);
    assert_int_equal(packet.destination, 0xac100a0c);
    assert_int_equal(packet.id, 0x1c46);
    assert_true(packet.dont_fragment);
    assert_false(packet.more_fragments);
    ipv4_packet_emit(&w, &packet);
    /* The checksum field is the only thing that may differ, and the emitted one must be good. */
    memcpy(bytes, out, sizeof(out));
    r = reader_of(slice_of(bytes, sizeof(bytes)));
    assert_true(ipv4_packet_parse(&r, &packet));
    assert_true(packet.has_good_checksum);
    assert_memory_equal(out, some_header, 10);
    assert_memory_equal(out + 12, some_header + 12, 8);
    bytes[15] ^= 1;
    r = reader_of(slice_of(bytes, sizeof(bytes)));
    assert_true(ipv4_packet_parse(&r, &packet));
    assert_false(packet.has_good_checksum);
    for (size_t cut = 0; cut < 0x54; cut++)
        assert_false(PARSE(ipv4_packet_parse, slice_of(bytes, sizeof(bytes)), cut, &packet));
}

/* 4500 0073 0000 4000 4011 b861 c0a8 0001 c0a8 00c7, a textbook header whose checksum is known. */
static void ipv4_checksum_matches_a_known_header(void **state)
{
    static const uint8_t known[] = {0x45, 0,    0,   0x73, 0, 0, 0x40, 0,   0x40, 0x11,
                                    0xb8, 0x61, 192, 168,  0, 1, 192,  168, 0,    0xc7};
    struct ipv4_packet packet = {
        .source = 0xc0a80001,
        .destination = 0xc0a800c7,
        .payload_len = 0x73 - 20,
        .dont_fragment = true,
        .ttl = 64,
        .protocol = IPV4_UDP,
    };
    uint8_t out[IPV4_HEADER_LEN];
    struct writer w = writer_of(out, sizeof(out));

    (void)state;
    ipv4_packet_emit(&w, &packet);
    assert_memory_equal(out, known, sizeof(known));
}

/* T-IP-01, T-IP-02 */
static void ipv4_with_lengths_that_lie_is_refused(void **state)
{
    uint8_t bytes[60] = {0x45, 0, 0, 60};
    struct ipv4_packet packet;

    (void)state;
    assert_true(PARSE(ipv4_packet_parse, slice_of(bytes, 60), 60, &packet));
    static const uint8_t first[] = {0x44, 0x40, 0x65, 0x55, 0x05};
    for (size_t n = 0; n < sizeof(first); n++) {
        bytes[0] = first[n];
        assert_false(PARSE(ipv4_packet_parse, slice_of(bytes, 60), 60, &packet));
    }
    bytes[0] = 0x4f; /* all 60 bytes are header */
    assert_true(PARSE(ipv4_packet_parse, slice_of(bytes, 60), 60, &packet));
    assert_int_equal(packet.payload_len, 0);
    static const uint8_t lens[] = {0, 1, 19, 59, 61, 255};
    for (size_t n = 0; n < sizeof(lens); n++) {
        bytes[3] = lens[n];
        assert_false(PARSE(ipv4_packet_parse, slice_of(bytes, 60), 60, &packet));
    }
}

static void ipv4_fragment_fields_are_read(void **state)
{
    uint8_t bytes[28] = {0x45, 0, 0, 28, 0, 0, 0x20, 0x03};
    struct ipv4_packet packet;

    (void)state;
    assert_true(PARSE(ipv4_packet_parse, slice_of(bytes, 28), 28, &packet));
    assert_true(packet.more_fragments);
    assert_int_equal(packet.fragment_offset, 24);
    bytes[6] = 0x1f;
    bytes[7] = 0xff;
    assert_true(PARSE(ipv4_packet_parse, slice_of(bytes, 28), 28, &packet));
    assert_int_equal(packet.fragment_offset, 65528);
}

/* T-UDP-01 */
static void udp_length_is_believed_only_within_ip(void **state)
{
    uint8_t bytes[] = {0x10, 0, 0, 69, 0, 10, 0xab, 0xcd, 'h', 'i', 0};
    struct reader r = reader_of(slice_of(bytes, sizeof(bytes)));
    struct udp_header udp;
    uint8_t out[UDP_HEADER_LEN];
    struct writer w = writer_of(out, sizeof(out));

    (void)state;
    assert_true(udp_header_parse(&r, &udp));
    assert_int_equal(reader_left(&r), 2);
    assert_int_equal(udp.source_port, 4096);
    assert_int_equal(udp.destination_port, 69);
    assert_int_equal(udp.payload_len, 2);
    udp_header_emit(&w, &udp);
    assert_memory_equal(out, bytes, sizeof(out));
    for (size_t cut = 0; cut < 10; cut++)
        assert_false(PARSE(udp_header_parse, slice_of(bytes, sizeof(bytes)), cut, &udp));
    for (uint8_t len = 0; len < 8; len++) {
        bytes[5] = len;
        assert_false(PARSE(udp_header_parse, slice_of(bytes, sizeof(bytes)), sizeof(bytes), &udp));
    }
    bytes[5] = sizeof(bytes) + 1;
    assert_false(PARSE(udp_header_parse, slice_of(bytes, sizeof(bytes)), sizeof(bytes), &udp));
}

static void udp_checksum_covers_addresses_and_never_is_zero(void **state)
{
    uint8_t bytes[] = {0, 1, 0, 2, 0, 9, 0, 0, 0x55};
    uint16_t sum;

    (void)state;
    /* By hand: 0102 + 0304 + 0506 + 0708 + 0011 + 0009 + 0001 + 0002 + 0009 + 5500 = 653a */
    sum = udp_checksum(0x01020304, 0x05060708, slice_of(bytes, sizeof(bytes)));
    assert_int_equal(sum, (uint16_t)~0x653a);
    store_be16(bytes + 6, sum);
    assert_int_equal(udp_checksum(0x01020304, 0x05060708, slice_of(bytes, sizeof(bytes))), 0xffff);
    bytes[8] ^= 0x80;
    assert_int_not_equal(udp_checksum(0x01020304, 0x05060708, slice_of(bytes, sizeof(bytes))), 0xffff);
    assert_int_equal(udp_checksum(0, 0xffda0000, BYTES(0, 0, 0, 0, 0, 10, 0, 0, 0, 0)), 0xffff);
}

static void icmp_checksum_covers_the_body(void **state)
{
    uint8_t out[10];
    struct writer w = writer_of(out, sizeof(out));
    struct icmp_message message = {.type = ICMP_ECHO_REPLY, .rest = 0x12345678};
    struct reader r;

    (void)state;
    icmp_message_emit(&w, &message, BYTES(0xaa, 0xbb));
    assert_false(w.failed);
    assert_int_equal(load_be16(out + 2), (uint16_t) ~(0x1234 + 0x5678 + 0xaabb - 0xffff));
    r = reader_of(slice_of(out, sizeof(out)));
    assert_true(icmp_message_parse(&r, &message));
    assert_true(message.has_good_checksum);
    assert_int_equal(message.rest, 0x12345678);
    assert_int_equal(reader_left(&r), 2);
    out[9]++;
    r = reader_of(slice_of(out, sizeof(out)));
    assert_true(icmp_message_parse(&r, &message));
    assert_false(message.has_good_checksum);
    for (size_t cut = 0; cut < ICMP_HEADER_LEN; cut++)
        assert_false(PARSE(icmp_message_parse, slice_of(out, sizeof(out)), cut, &message));
}

static void emitting_without_room_fails_and_stays_inside(void **state)
{
    const struct ipv4_packet packet = {.payload_len = 1};
    const struct icmp_message message = {.type = ICMP_ECHO_REPLY};

    (void)state;
    for (size_t room = 0; room < IPV4_HEADER_LEN; room++) {
        uint8_t *bytes = malloc(room + 1);
        struct writer w = writer_of(bytes, room);

        ipv4_packet_emit(&w, &packet);
        assert_true(w.failed);
        w = writer_of(bytes, room);
        icmp_message_emit(&w, &message, slice_of("0123456789abcdef", 16));
        assert_true(w.failed);
        free(bytes);
    }
}

/* RFC 2113: one option of four bytes, in front of the payload; what another option says does not count. */
static void router_alert_is_read_and_written(void **state)
{
    const struct ipv4_packet packet = {.source = 0xc0a80001,
                                       .destination = 0xe0000001,
                                       .payload_len = 8,
                                       .ttl = 1,
                                       .protocol = 2,
                                       .router_alert = true};
    uint8_t bytes[IPV4_HEADER_LEN + IPV4_ROUTER_ALERT_LEN + 8] = {0};
    struct writer w = writer_of(bytes, sizeof(bytes));
    struct ipv4_packet parsed;

    (void)state;
    assert_int_equal(ipv4_packet_header_len(&packet), 24);
    ipv4_packet_emit(&w, &packet);
    assert_int_equal(writer_len(&w), 24);
    assert_int_equal(bytes[0], 0x46);
    assert_int_equal(load_be16(bytes + 2), 32);
    assert_int_equal(load_be32(bytes + 20), 0x94040000);
    assert_true(PARSE(ipv4_packet_parse, slice_of(bytes, sizeof(bytes)), sizeof(bytes), &parsed));
    assert_true(parsed.has_good_checksum);
    assert_true(parsed.router_alert);
    assert_int_equal(parsed.payload_len, 8);
    for (size_t cut = 0; cut < sizeof(bytes); cut++)
        assert_false(PARSE(ipv4_packet_parse, slice_of(bytes, sizeof(bytes)), cut, &parsed));
    bytes[20] = 0x01;
    assert_true(PARSE(ipv4_packet_parse, slice_of(bytes, sizeof(bytes)), sizeof(bytes), &parsed));
    assert_false(parsed.router_alert);
}

static void igmp_is_read_and_written(void **state)
{
    static const uint8_t leave[] = {0x17, 0, 0xf7, 0xfa, 0xef, 1, 2, 3};
    struct igmp_message message;
    uint8_t out[IGMP_MESSAGE_LEN];
    struct writer w = writer_of(out, sizeof(out));

    (void)state;
    assert_true(PARSE(igmp_message_parse, slice_of(leave, sizeof(leave)), sizeof(leave), &message));
    assert_true(message.has_good_checksum);
    assert_int_equal(message.type, IGMP_LEAVE);
    assert_int_equal(message.query_version, 0);
    assert_int_equal(message.group, 0xef010203);
    igmp_message_emit(&w, &message);
    assert_memory_equal(out, leave, sizeof(leave));
    igmp_message_emit(&w, &message);
    assert_true(w.failed);
    for (size_t cut = 0; cut < sizeof(leave); cut++)
        assert_false(PARSE(igmp_message_parse, slice_of(leave, sizeof(leave)), cut, &message));
}

/* RFC 3376 section 7.1, and the floating point of its section 4.1.1. */
static void queries_tell_their_version(void **state)
{
    static const struct {
        size_t len;
        uint8_t code, version;
        unsigned max_response;
    } cases[] = {
        {8, 0, 1, 100},    {8, 1, 2, 1},      {8, 255, 2, 255},  {11, 0, 1, 100},   {11, 200, 2, 200},   {12, 0, 3, 0},
        {12, 127, 3, 127}, {12, 128, 3, 128}, {12, 143, 3, 248}, {12, 144, 3, 256}, {16, 255, 3, 31744},
    };
    struct igmp_message message;

    (void)state;
    for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
        const uint8_t query[16] = {0x11, cases[n].code};

        assert_true(PARSE(igmp_message_parse, slice_of(query, sizeof(query)), cases[n].len, &message));
        assert_int_equal(message.query_version, cases[n].version);
        assert_int_equal(message.max_response, cases[n].max_response);
        assert_false(message.has_good_checksum);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ethernet_header_is_read_and_written),
        cmocka_unit_test(vlan_tag_is_stepped_over),
        cmocka_unit_test(arp_is_read_and_written),
        cmocka_unit_test(arp_of_other_kinds_is_refused),
        cmocka_unit_test(ipv4_header_is_read_and_written),
        cmocka_unit_test(ipv4_checksum_matches_a_known_header),
        cmocka_unit_test(ipv4_with_lengths_that_lie_is_refused),
        cmocka_unit_test(ipv4_fragment_fields_are_read),
        cmocka_unit_test(udp_length_is_believed_only_within_ip),
        cmocka_unit_test(udp_checksum_covers_addresses_and_never_is_zero),
        cmocka_unit_test(icmp_checksum_covers_the_body),
        cmocka_unit_test(emitting_without_room_fails_and_stays_inside),
        cmocka_unit_test(router_alert_is_read_and_written),
        cmocka_unit_test(igmp_is_read_and_written),
        cmocka_unit_test(queries_tell_their_version),
    };

    return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
