/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* DHCP messages on the wire. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/base/text.h"
#include "tests/harness/dhcp_reply.h"
#include "tests/harness/guard_page.h"

#define SERVER     0xc0a86f82u
#define BYTES(...) slice_of((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static const struct mac mac = {{0x52, 0x54, 0, 1, 2, 3}};
static struct guard_page page;

static int open_page(void **state)
{
    (void)state;
    guard_page_open(&page, 65536);
    return 0;
}

static int close_page(void **state)
{
    (void)state;
    guard_page_close(&page);
    return 0;
}

/* What is parsed lies against the guard page until the next call. */
static bool parse(struct slice bytes, struct dhcp_message *out)
{
    struct reader r = reader_of(guard_page_copy(&page, bytes));

    return dhcp_message_parse(&r, out);
}

static void start(struct dhcp_reply *reply)
{
    dhcp_reply_start(reply, DHCP_OFFER, 0x12345678, mac, 0xc0a86f64u, SERVER);
}

static struct slice joined(const struct dhcp_message *m, uint8_t tag)
{
    static uint8_t bytes[DHCP_MESSAGE_MAX];
    struct writer w = writer_of(bytes, sizeof(bytes));

    return dhcp_option(m, tag, &w) ? writer_written(&w) : slice_of(bytes, 0);
}

static void assert_text(struct slice s, const char *text)
{
    assert_int_equal(s.len, text_length(text));
    assert_memory_equal(s.data, text, s.len);
}

/* shows: RFC2131-2-a */
static void what_is_emitted_is_parsed_again(void **state)
{
    struct dhcp_reply reply;
    struct dhcp_message m;
    uint32_t value = 0;

    (void)state;
    start(&reply);
    reply.fixed.hops = 3;
    reply.fixed.secs = 0x0102;
    reply.fixed.flags = DHCP_FLAG_BROADCAST;
    reply.fixed.ciaddr = 0x01020304;
    reply.fixed.siaddr = 0x05060708;
    reply.fixed.giaddr = 0x090a0b0c;
    reply.fixed.sname = text_slice("server");
    reply.fixed.file = text_slice("pxelinux.0");
    assert_true(parse(dhcp_reply_finish(&reply), &m));
    assert_int_equal(m.op, DHCP_OP_REPLY);
    assert_int_equal(m.htype, 1);
    assert_int_equal(m.hlen, 6);
    assert_int_equal(m.hops, 3);
    assert_int_equal(m.xid, 0x12345678);
    assert_int_equal(m.secs, 0x0102);
    assert_int_equal(m.flags, DHCP_FLAG_BROADCAST);
    assert_int_equal(m.ciaddr, 0x01020304);
    assert_int_equal(m.yiaddr, 0xc0a86f64u);
    assert_int_equal(m.siaddr, 0x05060708);
    assert_int_equal(m.giaddr, 0x090a0b0c);
    assert_true(mac_equal(m.chaddr, mac));
    assert_int_equal(m.sname.len, 64);
    assert_string_equal(m.sname.data, "server");
    assert_int_equal(m.file.len, 128);
    assert_string_equal(m.file.data, "pxelinux.0");
    assert_int_equal(m.type, DHCP_OFFER);
    assert_true(dhcp_option_u32(&m, DHCP_TAG_SERVER_ID, &value));
    assert_int_equal(value, SERVER);
}

/* The layout of RFC 2131 figure 1, byte by byte. */
/* shows: RFC2131-2-a, RFC2131-3-a */
static void fixed_fields_lie_where_the_rfc_has_them(void **state)
{
    struct dhcp_reply reply;
    struct slice s;

    (void)state;
    start(&reply);
    reply.fixed.siaddr = 0x0a000001;
    reply.fixed.file = text_slice("f");
    s = dhcp_reply_finish(&reply);
    assert_int_equal(s.len, DHCP_MESSAGE_MIN);
    assert_memory_equal(s.data, "\x02\x01\x06\x00\x12\x34\x56\x78", 8);
    assert_memory_equal(s.data + 16, "\xc0\xa8\x6f\x64\x0a\x00\x00\x01", 8);
    assert_memory_equal(s.data + 28, "\x52\x54\x00\x01\x02\x03\x00", 7);
    assert_int_equal(s.data[108], 'f');
    assert_memory_equal(s.data + 236, "\x63\x82\x53\x63\x35\x01\x02\x36\x04\xc0\xa8\x6f\x82\xff\x00", 15);
}

/* T-DH-01 */
/* shows: RFC2132-3.1-a */
static void packet_cut_anywhere_before_its_end_is_dropped(void **state)
{
    struct dhcp_reply reply;
    struct dhcp_message m;
    struct slice s;

    (void)state;
    start(&reply);
    s = dhcp_reply_unfinished(&reply);
    for (size_t len = 0; len <= s.len; len++)
        assert_false(parse(slice_first(s, len), &m));
    s = dhcp_reply_finish(&reply);
    assert_true(parse(slice_first(s, DHCP_FIXED_LEN + 4 + 3 + 6 + 1), &m));
    assert_false(parse(slice_first(s, DHCP_FIXED_LEN + 4 + 3 + 6), &m));
}

/* T-DH-02, T-DH-03 */
/* shows: RFC2131-4.1-e, RFC2132-3.1-a */
static void option_past_the_end_is_dropped(void **state)
{
    static const uint8_t ends[][3] = {{12}, {12, 1}, {12, 2, 'a'}, {12, 255, 'a'}};
    static const size_t lens[] = {1, 2, 3, 3};
    struct dhcp_reply reply;
    struct dhcp_message m;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        start(&reply);
        write_bytes(&reply.options, ends[i], lens[i]);
        assert_false(parse(dhcp_reply_unfinished(&reply), &m));
    }
}

/* T-DH-05 */
/* shows: RFC2132-3.3-a */
static void fixed_option_of_another_length_is_ignored(void **state)
{
    static const uint8_t lens[] = {0, 1, 3, 5, 255};
    uint8_t bytes[255] = {1};
    struct dhcp_reply reply;
    struct dhcp_message m;

    (void)state;
    for (size_t i = 0; i < sizeof(lens); i++) {
        uint32_t value = 77;

        start(&reply);
        dhcp_option_emit(&reply.options, DHCP_TAG_NETMASK, slice_of(bytes, lens[i]));
        assert_true(parse(dhcp_reply_finish(&reply), &m));
        assert_true(dhcp_has_option(&m, DHCP_TAG_NETMASK));
        assert_false(dhcp_option_u32(&m, DHCP_TAG_NETMASK, &value));
        assert_int_equal(value, 77);
    }
}

/* T-DH-07 */
/* shows: RFC2131-4.1-d, RFC2132-9.3-a, RFC2132-2-a */
static void overload_is_followed_once(void **state)
{
    static const uint8_t file_options[] = "\x43\x04"
                                          "boot"
                                          "\x34\x01\x03"; /* 67, 52 = 3 inside, no end */
    static const uint8_t sname_options[] = "\x42\x03"
                                           "tft"
                                           "\xff"
                                           "\x0c\x01"
                                           "x"; /* 66, end, something behind */
    static const uint8_t modes[] = {1, 2, 3, 0, 4, 255};

    (void)state;
    for (size_t i = 0; i < sizeof(modes); i++) {
        bool file = modes[i] == 1 || modes[i] == 3, sname = modes[i] == 2 || modes[i] == 3;
        struct dhcp_reply reply;
        struct dhcp_message m;

        start(&reply);
        dhcp_option_emit_u8(&reply.options, DHCP_TAG_OVERLOAD, modes[i]);
        reply.fixed.file = slice_of(file_options, sizeof(file_options) - 1);
        reply.fixed.sname = slice_of(sname_options, sizeof(sname_options) - 1);
        assert_true(parse(dhcp_reply_finish(&reply), &m));
        assert_int_equal(m.overload, (file ? 1 : 0) | (sname ? 2 : 0));
        assert_text(joined(&m, DHCP_TAG_BOOT_FILE), file ? "boot" : "");
        assert_text(joined(&m, DHCP_TAG_TFTP_SERVER), sname ? "tft" : "");
        assert_false(dhcp_has_option(&m, DHCP_TAG_HOST_NAME));
        assert_false(dhcp_has_option(&m, DHCP_TAG_OVERLOAD));
    }
}

/* shows: RFC2131-4.1-e, RFC3396-5-a */
static void overloaded_field_ends_at_an_option_that_runs_past_it(void **state)
{
    uint8_t field[DHCP_FILE_LEN] = {DHCP_TAG_BOOT_FILE, 1, 'b'};
    struct dhcp_reply reply;
    struct dhcp_message m;

    (void)state;
    field[126] = DHCP_TAG_HOST_NAME;
    field[127] = 1;
    start(&reply);
    dhcp_option_emit_u8(&reply.options, DHCP_TAG_OVERLOAD, 3);
    reply.fixed.file = slice_of(field, sizeof(field));
    reply.fixed.sname = BYTES(DHCP_TAG_DOMAIN, 1, 'd', 255);
    assert_true(parse(dhcp_reply_finish(&reply), &m));
    assert_text(joined(&m, DHCP_TAG_BOOT_FILE), "b");
    assert_text(joined(&m, DHCP_TAG_DOMAIN), "d");
    assert_false(dhcp_has_option(&m, DHCP_TAG_HOST_NAME));
}

/* T-DH-08, RFC 3396 section 5: main field, then file, then sname. */
/* shows: RFC2131-4.1-d, RFC2131-4.1-f, RFC3396-5-a, RFC3396-7-a, RFC3396-7-c */
static void split_option_is_joined_in_order(void **state)
{
    struct dhcp_reply reply;
    struct dhcp_message m;
    uint8_t little[3];
    struct writer w = writer_of(little, sizeof(little));

    (void)state;
    start(&reply);
    dhcp_reply_text(&reply, 43, "ab");
    dhcp_option_emit_u8(&reply.options, DHCP_TAG_OVERLOAD, 3);
    dhcp_reply_text(&reply, 43, "cd");
    reply.fixed.file = BYTES(43, 2, 'e', 'f', 255);
    reply.fixed.sname = BYTES(43, 1, 'g', 255);
    assert_true(parse(dhcp_reply_finish(&reply), &m));
    assert_text(joined(&m, 43), "abcdefg");
    assert_false(dhcp_option(&m, 43, &w));
    assert_true(w.failed);
}

/* shows: RFC3396-4-a, RFC3396-7-a */
static void long_option_is_split_and_joined(void **state)
{
    uint8_t value[600];
    struct dhcp_reply reply;
    struct dhcp_message m;

    (void)state;
    for (size_t i = 0; i < sizeof(value); i++)
        value[i] = (uint8_t)(i * 7);
    start(&reply);
    dhcp_option_emit(&reply.options, 43, slice_of(value, sizeof(value)));
    assert_int_equal(writer_len(&reply.options), 9 + 600 + 3 * 2);
    assert_true(parse(dhcp_reply_finish(&reply), &m));
    assert_true(slice_equal(joined(&m, 43), slice_of(value, sizeof(value))));
}

/* T-DH-15 */
/* shows: RFC2131-3-a */
static void wrong_magic_is_dropped(void **state)
{
    struct dhcp_reply reply;
    struct dhcp_message m;

    (void)state;
    start(&reply);
    (void)dhcp_reply_finish(&reply);
    for (size_t i = 236; i < 240; i++) {
        reply.bytes[i] ^= 1;
        assert_false(parse(slice_of(reply.bytes, 300), &m));
        reply.bytes[i] ^= 1;
    }
    assert_true(parse(slice_of(reply.bytes, 300), &m));
}

/* T-DH-23 */
/* shows: RFC2132-2-a, RFC2132-2-b */
static void pads_and_bytes_after_the_end_are_no_options(void **state)
{
    struct dhcp_reply reply;
    struct dhcp_message m;
    uint32_t value;

    (void)state;
    start(&reply);
    write_fill(&reply.options, 0, 3);
    dhcp_option_emit_u32(&reply.options, DHCP_TAG_LEASE, 600);
    write_fill(&reply.options, 0, 2);
    write_u8(&reply.options, DHCP_TAG_END);
    write_bytes(&reply.options, "\x0c\x05junk", 6);
    assert_true(parse(dhcp_reply_unfinished(&reply), &m));
    assert_true(dhcp_option_u32(&m, DHCP_TAG_LEASE, &value));
    assert_int_equal(value, 600);
    assert_false(dhcp_has_option(&m, DHCP_TAG_HOST_NAME));
}

/* T-DH-26 */
/* shows: RFC2132-9.6-a */
static void type_of_another_length_is_dropped(void **state)
{
    static const uint8_t lens[] = {0, 2, 4};
    struct dhcp_reply reply;
    struct dhcp_message m;

    (void)state;
    for (size_t i = 0; i < sizeof(lens); i++) {
        dhcp_reply_start(&reply, DHCP_BOOTP, 1, mac, 1, 0);
        dhcp_option_emit(&reply.options, DHCP_TAG_TYPE, slice_of("\2\2\2\2", lens[i]));
        assert_false(parse(dhcp_reply_finish(&reply), &m));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_emitted_is_parsed_again),
        cmocka_unit_test(fixed_fields_lie_where_the_rfc_has_them),
        cmocka_unit_test(packet_cut_anywhere_before_its_end_is_dropped),
        cmocka_unit_test(option_past_the_end_is_dropped),
        cmocka_unit_test(fixed_option_of_another_length_is_ignored),
        cmocka_unit_test(overload_is_followed_once),
        cmocka_unit_test(overloaded_field_ends_at_an_option_that_runs_past_it),
        cmocka_unit_test(split_option_is_joined_in_order),
        cmocka_unit_test(long_option_is_split_and_joined),
        cmocka_unit_test(wrong_magic_is_dropped),
        cmocka_unit_test(pads_and_bytes_after_the_end_are_no_options),
        cmocka_unit_test(type_of_another_length_is_dropped),
    };

    return cmocka_run_group_tests(tests, open_page, close_page);
}
