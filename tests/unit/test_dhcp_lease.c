/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What is read from an ACK: addresses, routes, times, and what to boot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/base/text.h"
#include "firmware/boot/boot_options.h"
#include "tests/harness/dhcp_reply.h"

#define SERVER     0xc0a86f82u
#define OTHER      0xc0a86f83u
#define ADDRESS    0xc0a86f64u
#define BYTES(...) slice_of((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static struct dhcp_reply reply;
static struct dhcp_lease lease;

static void start(void)
{
    dhcp_reply_start(&reply, DHCP_ACK, 1, (struct mac){{2, 0, 0, 0, 0, 1}}, ADDRESS, SERVER);
}

static void option(uint8_t tag, struct slice value)
{
    dhcp_option_emit(&reply.options, tag, value);
}

static struct dhcp_message message(void)
{
    struct reader r = reader_of(dhcp_reply_finish(&reply));
    struct dhcp_message m;

    assert_true(dhcp_message_parse(&r, &m));
    return m;
}

static void parse(void)
{
    struct dhcp_message m = message();
    struct slice raw = dhcp_reply_finish(&reply);

    memset(&lease, 0xa5, sizeof(lease));
    dhcp_lease_parse(&m, &lease);
    lease.proxy.len = lease.reply.len = 0;
    lease.ack.len = raw.len < sizeof(lease.ack.bytes) ? raw.len : 0;
    memcpy(lease.ack.bytes, raw.data, lease.ack.len);
}

static void ack_without_options_gives_defaults(void **state)
{
    (void)state;
    start();
    parse();
    assert_int_equal(lease.address, ADDRESS);
    assert_int_equal(lease.netmask, 0xffffff00u);
    assert_int_equal(lease.route_count, 0);
    assert_int_equal(lease.dns_count, 0);
    assert_int_equal(lease.server_id, SERVER);
    assert_int_equal(lease.lease_s, DHCP_FOR_EVER);
    assert_int_equal(lease.t1_s, DHCP_FOR_EVER);
    assert_string_equal(lease.host_name, "");
    assert_int_equal(lease.boot.file_source, DHCP_FILE_NONE);
    assert_int_equal(lease.boot.server, SERVER);
    assert_int_equal(lease.boot.server_source, DHCP_SERVER_ID);
}

/* shows: RFC2132-3.3-a */
static void netmask_with_holes_is_the_class_mask(void **state)
{
    static const struct {
        uint32_t address, mask, expected;
    } rows[] = {
        {0x0a010203, 0xff00ff00, 0xff000000}, {0xac100001, 0, 0xffff0000},
        {0xc0a80001, 0x000000ff, 0xffffff00}, {0xc0a80001, 0xffffff80, 0xffffff80},
        {0xc0a80001, 0xffffffff, 0xffffffff}, {0x0a010203, 0x80000000, 0x80000000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        start();
        reply.fixed.yiaddr = rows[i].address;
        dhcp_option_emit_u32(&reply.options, DHCP_TAG_NETMASK, rows[i].mask);
        parse();
        assert_int_equal(lease.netmask, rows[i].expected);
    }
}

/* T-DH-06 */
/* shows: RFC2132-3.5-a, RFC2132-3.8-a */
static void router_and_dns_lists_are_read_in_whole_addresses(void **state)
{
    uint8_t many[252];

    (void)state;
    start();
    option(DHCP_TAG_ROUTERS, BYTES(0, 0, 0, 0, 192, 168, 111, 1, 192));
    option(DHCP_TAG_DNS, BYTES(10, 0, 0, 1, 10, 0, 0));
    parse();
    assert_int_equal(lease.route_count, 1);
    assert_int_equal(lease.routes[0].gateway, 0xc0a86f01u);
    assert_int_equal(lease.routes[0].netmask, 0);
    assert_int_equal(lease.dns_count, 1);
    assert_int_equal(lease.dns[0], 0x0a000001u);

    memset(many, 10, sizeof(many));
    start();
    option(DHCP_TAG_ROUTERS, slice_of(many, sizeof(many)));
    option(DHCP_TAG_DNS, slice_of(many, sizeof(many)));
    parse();
    assert_int_equal(lease.route_count, 1);
    assert_int_equal(lease.dns_count, DHCP_DNS);

    start();
    option(DHCP_TAG_ROUTERS, BYTES(10, 0, 0));
    parse();
    assert_int_equal(lease.route_count, 0);
}

/* RFC 3442: the example of its section "Classless Route Option Format", and option 3 must not be used beside it. */
static void classless_routes_override_routers(void **state)
{
    (void)state;
    start();
    option(DHCP_TAG_ROUTERS, BYTES(192, 168, 111, 1));
    option(DHCP_TAG_ROUTES, BYTES(24, 10, 17, 0, 0, 0, 0, 0, 27, 10, 229, 0, 159, 192, 168, 111, 9));
    parse();
    assert_int_equal(lease.route_count, 2);
    assert_int_equal(lease.routes[0].destination, 0x0a110000u);
    assert_int_equal(lease.routes[0].netmask, 0xffffff00u);
    assert_int_equal(lease.routes[0].gateway, 0);
    assert_int_equal(lease.routes[1].destination, 0x0ae50080u);
    assert_int_equal(lease.routes[1].netmask, 0xffffffe0u);
    assert_int_equal(lease.routes[1].gateway, 0xc0a86f09u);
}

/* T-DH-09 */
static void classless_routes_that_lie_are_ignored(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        start();
        option(DHCP_TAG_ROUTERS, BYTES(192, 168, 111, 1));
        if (i == 0)
            option(DHCP_TAG_ROUTES, BYTES(8, 10, 192, 168, 111, 9, 33, 10, 0, 0, 1, 0, 192, 168, 111, 9));
        else if (i == 1)
            option(DHCP_TAG_ROUTES, BYTES(8, 10, 192, 168, 111, 9, 16, 10));
        else
            option(DHCP_TAG_ROUTES, BYTES(8, 10, 192, 168, 111, 9, 0, 10, 0, 0));
        parse();
        assert_int_equal(lease.route_count, 1);
        assert_int_equal(lease.routes[0].netmask, 0);
        assert_int_equal(lease.routes[0].gateway, 0xc0a86f01u);
    }
}

static void default_route_is_kept_among_too_many(void **state)
{
    (void)state;
    start();
    for (uint8_t i = 0; i < 12; i++)
        option(DHCP_TAG_ROUTES, BYTES(8, (uint8_t)(20 + i), 10, 0, 0, 1));
    option(DHCP_TAG_ROUTES, BYTES(0, 10, 0, 0, 2));
    parse();
    assert_int_equal(lease.route_count, DHCP_ROUTES);
    assert_int_equal(lease.routes[0].destination, 20u << 24);
    assert_int_equal(lease.routes[DHCP_ROUTES - 1].netmask, 0);
    assert_int_equal(lease.routes[DHCP_ROUTES - 1].gateway, 0x0a000002u);
}

/* T-DH-17 */
/* shows: RFC2131-4.4.1-j, RFC2131-4.4.5-a, RFC2132-9.2-a, RFC2132-9.11-a */
static void times_are_clamped(void **state)
{
    static const struct {
        uint32_t lease, t1, t2, expected_lease, expected_t1, expected_t2;
    } rows[] = {
        {21600, 0, 0, 21600, 10800, 18900},
        {21600, 100, 200, 21600, 100, 200},
        {21600, 200, 100, 21600, 100, 100},
        {21600, 30000, 40000, 21600, 10800, 18900},
        {0, 0, 0, 60, 30, 53},
        {0xffffffff, 5, 6, 0xffffffff, 0xffffffff, 0xffffffff},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        start();
        dhcp_option_emit_u32(&reply.options, DHCP_TAG_LEASE, rows[i].lease);
        dhcp_option_emit_u32(&reply.options, DHCP_TAG_T1, rows[i].t1);
        dhcp_option_emit_u32(&reply.options, DHCP_TAG_T2, rows[i].t2);
        parse();
        assert_int_equal(lease.lease_s, rows[i].expected_lease);
        assert_int_equal(lease.t1_s, rows[i].expected_t1);
        assert_int_equal(lease.t2_s, rows[i].expected_t2);
    }
}

/* shows: RFC2132-3.14-a, RFC2132-3.17-a */
static void names_are_printable(void **state)
{
    (void)state;
    start();
    dhcp_reply_text(&reply, DHCP_TAG_HOST_NAME, "node\0331");
    dhcp_reply_text(&reply, DHCP_TAG_DOMAIN, "example.org");
    parse();
    assert_string_equal(lease.host_name, "node?1");
    assert_string_equal(lease.domain, "example.org");
}

/* shows: RFC2132-2-c, RFC951-7.4-a, PXE-2.2-i */
static void boot_file_field_comes_before_option_67(void **state)
{
    (void)state;
    start();
    reply.fixed.file = text_slice("field.0");
    dhcp_reply_text(&reply, DHCP_TAG_BOOT_FILE, "option.0");
    parse();
    assert_string_equal(lease.boot.file, "field.0");
    assert_int_equal(lease.boot.file_source, DHCP_FILE_FIELD);

    start();
    option(DHCP_TAG_BOOT_FILE, BYTES('b', '.', '0', 0));
    parse();
    assert_string_equal(lease.boot.file, "b.0");
    assert_int_equal(lease.boot.file_source, DHCP_FILE_OPTION_67);
}

/* shows: RFC2132-9.5-a, PXE-2.2-i */
static void overloaded_file_field_is_no_name(void **state)
{
    (void)state;
    start();
    dhcp_option_emit_u8(&reply.options, DHCP_TAG_OVERLOAD, DHCP_OVERLOAD_FILE);
    reply.fixed.file = BYTES(DHCP_TAG_BOOT_FILE, 3, 'a', '.', '0', 255);
    parse();
    assert_string_equal(lease.boot.file, "a.0");
    assert_int_equal(lease.boot.file_source, DHCP_FILE_OPTION_67);
}

/* T-DH-14 */
/* shows: RFC951-8-a */
static void odd_boot_file_names_are_bounded(void **state)
{
    char full[DHCP_FILE_LEN], longest[255], endless[4000];

    (void)state;
    memset(full, 'f', sizeof(full));
    memset(longest, 'l', sizeof(longest));
    memset(endless, 'e', sizeof(endless));
    start();
    reply.fixed.file = slice_of(full, sizeof(full));
    parse();
    assert_int_equal(text_length(lease.boot.file), 128);

    option(DHCP_TAG_BOOT_FILE, slice_of(longest, sizeof(longest)));
    parse();
    assert_int_equal(text_length(lease.boot.file), 255);
    assert_int_equal(lease.boot.file_source, DHCP_FILE_OPTION_67);

    start();
    option(DHCP_TAG_BOOT_FILE, slice_of(endless, 1000));
    parse();
    assert_int_equal(lease.boot.file_source, DHCP_FILE_NONE);
    assert_string_equal(lease.boot.file, "");

    start();
    option(DHCP_TAG_BOOT_FILE, BYTES('a', 0, 'b'));
    parse();
    assert_string_equal(lease.boot.file, "a");

    start();
    dhcp_reply_text(&reply, DHCP_TAG_BOOT_FILE, "../..\\%s%00%n");
    parse();
    assert_string_equal(lease.boot.file, "../..\\%s%00%n");
}

/* shows: RFC2132-9.4-a, RFC951-7.4-a, PXE-2.2-h */
static void boot_server_is_the_best_that_is_named(void **state)
{
    (void)state;
    start();
    reply.fixed.siaddr = OTHER;
    dhcp_reply_text(&reply, DHCP_TAG_TFTP_SERVER, "10.0.0.1");
    parse();
    assert_int_equal(lease.boot.server, OTHER);
    assert_int_equal(lease.boot.server_source, DHCP_SERVER_SIADDR);

    reply.fixed.siaddr = 0xffffffffu;
    reply.fixed.sname = text_slice("10.0.0.2");
    parse();
    assert_int_equal(lease.boot.server, 0x0a000001u);
    assert_int_equal(lease.boot.server_source, DHCP_SERVER_OPTION_66);

    start();
    reply.fixed.sname = text_slice("10.0.0.2");
    parse();
    assert_int_equal(lease.boot.server, 0x0a000002u);
    assert_int_equal(lease.boot.server_source, DHCP_SERVER_SNAME);

    start();
    dhcp_reply_text(&reply, DHCP_TAG_TFTP_SERVER, "tftp.example.org");
    parse();
    assert_int_equal(lease.boot.server, SERVER);
    assert_int_equal(lease.boot.server_source, DHCP_SERVER_ID);
    assert_string_equal(lease.boot.server_name, "tftp.example.org");
}

static void dotted_address_is_nothing_else(void **state)
{
    static const char *const bad[] = {"",          "1",          "1.2.3",    "1.2.3.4.", "1.2.3.4.5",
                                      "1.2.3.256", "1..2.3",     " 1.2.3.4", "1.2.3.4 ", "1.2.3.4/8",
                                      "a.b.c.d",   "0001.2.3.4", "-1.2.3.4"};
    uint32_t address = 9;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(dhcp_parse_dotted(text_slice(bad[i]), &address));
    assert_int_equal(address, 9);
    assert_true(dhcp_parse_dotted(BYTES('1', '.', '2', '.', '3', '.', '2', '5', '5', 0), &address));
    assert_int_equal(address, 0x010203ffu);
}

static void choice_says_why(void **state)
{
    struct boot_choice choice;

    (void)state;
    start();
    reply.fixed.siaddr = OTHER;
    reply.fixed.file = text_slice("pxelinux.0");
    parse();
    assert_int_equal(boot_options_choose(&lease, &choice), STATUS_OK);
    assert_int_equal(choice.server, OTHER);
    assert_string_equal(choice.file, "pxelinux.0");
    assert_false(choice.is_proxy);
    assert_string_equal(choice.why, "boot file field and next-server of DHCP server 192.168.111.130");

    start();
    parse();
    assert_int_equal(boot_options_choose(&lease, &choice), STATUS_DHCP_NO_BOOTFILE);
    assert_string_equal(choice.why, "no boot file and no next-server of DHCP server 192.168.111.130");

    dhcp_reply_start(&reply, DHCP_ACK, 1, (struct mac){{2, 0, 0, 0, 0, 1}}, ADDRESS, 0);
    reply.fixed.file = text_slice("pxelinux.0");
    parse();
    assert_int_equal(boot_options_choose(&lease, &choice), STATUS_NO_PXE_SERVER);
}

/* shows: PXE-2.2-f */
static void proxy_comes_before_the_dhcp_server(void **state)
{
    struct boot_choice choice;
    struct dhcp_message m;
    struct slice raw;

    (void)state;
    start();
    reply.fixed.siaddr = SERVER;
    reply.fixed.file = text_slice("pxelinux.0");
    parse();
    dhcp_reply_start(&reply, DHCP_OFFER, 1, (struct mac){{2, 0, 0, 0, 0, 1}}, 0, OTHER);
    dhcp_reply_text(&reply, DHCP_TAG_BOOT_FILE, "proxy.0");
    raw = dhcp_reply_finish(&reply);
    lease.proxy.len = raw.len;
    memcpy(lease.proxy.bytes, raw.data, raw.len);
    m = message();
    dhcp_boot_parse(&m, &lease.proxy_boot);
    assert_int_equal(boot_options_choose(&lease, &choice), STATUS_OK);
    assert_true(choice.is_proxy);
    assert_int_equal(choice.server, OTHER);
    assert_string_equal(choice.file, "proxy.0");
    assert_string_equal(choice.why, "option 67 and no next-server of proxyDHCP server 192.168.111.131");
}

static void lease_of_another_client_is_restored(void **state)
{
    uint8_t ack[DHCP_MESSAGE_MAX] = {0}; /* as firmware keeps it: with zeros behind */
    struct dhcp_lease_packets packets;
    struct dhcp_lease restored;
    struct slice raw;

    (void)state;
    start();
    reply.fixed.siaddr = SERVER;
    reply.fixed.file = text_slice("pxelinux.0");
    raw = dhcp_reply_finish(&reply);
    memcpy(ack, raw.data, raw.len);
    dhcp_reply_start(&reply, DHCP_OFFER, 1, (struct mac){{2, 0, 0, 0, 0, 1}}, 0, OTHER);
    dhcp_reply_text(&reply, DHCP_TAG_BOOT_FILE, "proxy.0");
    packets = (struct dhcp_lease_packets){
        .discover = slice_of("\1", 1), .ack = slice_of(ack, sizeof(ack)), .proxy = dhcp_reply_finish(&reply)};
    assert_true(dhcp_lease_restore(&restored, &packets));
    assert_int_equal(restored.address, ADDRESS);
    assert_int_equal(restored.server_id, SERVER);
    assert_string_equal(restored.boot.file, "pxelinux.0");
    assert_string_equal(restored.proxy_boot.file, "proxy.0");
    assert_int_equal(restored.ack.len, sizeof(ack));
    assert_int_equal(restored.discover.len, 1);
    assert_int_equal(restored.reply.len, 0);
    packets.reply = packets.proxy;
    packets.discover = packets.proxy = slice_of(NULL, 0);
    assert_true(dhcp_lease_restore(&restored, &packets));
    assert_int_equal(restored.proxy.len, 0);
    assert_string_equal(restored.reply_boot.file, "proxy.0");
    packets.reply = packets.ack;
    ack[108] = 0; /* the boot file's first byte */
    assert_true(dhcp_lease_restore(&restored, &packets));
    assert_int_equal(restored.reply.len, 0);
    packets.reply = slice_of(NULL, 0);
    packets.ack.len = 200;
    assert_false(dhcp_lease_restore(&restored, &packets));
    packets.ack.len = sizeof(ack);
    memset(ack + 16, 0, 4); /* yiaddr */
    assert_false(dhcp_lease_restore(&restored, &packets));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ack_without_options_gives_defaults),
        cmocka_unit_test(netmask_with_holes_is_the_class_mask),
        cmocka_unit_test(router_and_dns_lists_are_read_in_whole_addresses),
        cmocka_unit_test(classless_routes_override_routers),
        cmocka_unit_test(classless_routes_that_lie_are_ignored),
        cmocka_unit_test(default_route_is_kept_among_too_many),
        cmocka_unit_test(times_are_clamped),
        cmocka_unit_test(names_are_printable),
        cmocka_unit_test(boot_file_field_comes_before_option_67),
        cmocka_unit_test(overloaded_file_field_is_no_name),
        cmocka_unit_test(odd_boot_file_names_are_bounded),
        cmocka_unit_test(boot_server_is_the_best_that_is_named),
        cmocka_unit_test(dotted_address_is_nothing_else),
        cmocka_unit_test(choice_says_why),
        cmocka_unit_test(proxy_comes_before_the_dhcp_server),
        cmocka_unit_test(lease_of_another_client_is_restored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
