/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The packets that boot programs get from PXENV_GET_CACHED_INFO. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/base/text.h"
#include "firmware/boot/cached_packets.h"
#include "tests/harness/dhcp_reply.h"

#define SERVER     0xc0a86f82u
#define PROXY      0xc0a86f84u
#define ADDRESS    0xc0a86f64u
#define BYTES(...) slice_of((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static const struct mac mac = {{0x52, 0x54, 0, 1, 2, 3}};
static struct dhcp_reply reply;
static struct dhcp_lease lease;
static struct boot_choice choice;
static struct {
    struct cached_packets cached;
    uint8_t behind[16];
} memory;

static void keep(struct dhcp_packet *packet, struct slice raw)
{
    packet->len = raw.len;
    memcpy(packet->bytes, raw.data, raw.len);
}

static void start(void)
{
    memset(&lease, 0, sizeof(lease));
    dhcp_reply_start(&reply, DHCP_DISCOVER, 0x01020304, mac, 0, 0);
    reply.fixed.op = DHCP_OP_REQUEST;
    keep(&lease.discover, dhcp_reply_finish(&reply));
    dhcp_reply_start(&reply, DHCP_ACK, 0x01020304, mac, ADDRESS, SERVER);
}

static struct dhcp_message parsed(struct dhcp_packet *packet)
{
    struct reader r = reader_of(slice_of(packet->bytes, packet->len));
    struct dhcp_message m;

    assert_true(dhcp_message_parse(&r, &m));
    return m;
}

/* Takes `reply` as the ACK, chooses and builds. */
static void build(void)
{
    struct dhcp_message m;

    keep(&lease.ack, dhcp_reply_finish(&reply));
    m = parsed(&lease.ack);
    dhcp_lease_parse(&m, &lease);
    if (lease.proxy.len != 0) {
        m = parsed(&lease.proxy);
        dhcp_boot_parse(&m, &lease.proxy_boot);
    }
    if (lease.reply.len != 0) {
        m = parsed(&lease.reply);
        dhcp_boot_parse(&m, &lease.reply_boot);
    }
    (void)boot_options_choose(&lease, &choice);
    memset(&memory, 0xee, sizeof(memory));
    cached_packets_build(&memory.cached, &lease, &choice);
    for (size_t i = 0; i < sizeof(memory.behind); i++)
        assert_int_equal(memory.behind[i], 0xee);
}

static struct dhcp_message cached(unsigned type)
{
    struct reader r = reader_of(slice_of(cached_packets_get(&memory.cached, type), CACHED_PACKET_LEN));
    struct dhcp_message m;

    assert_true(dhcp_message_parse(&r, &m));
    return m;
}

/* shows: PXE-3.2-a, PXE-3.2-d */
static void all_three_types_are_there(void **state)
{
    struct dhcp_message m;

    (void)state;
    start();
    reply.fixed.siaddr = SERVER;
    reply.fixed.file = text_slice("pxelinux.0");
    build();
    assert_int_equal(sizeof(memory.cached), 3 * 1260);
    m = cached(CACHED_DHCP_DISCOVER);
    assert_int_equal(m.op, DHCP_OP_REQUEST);
    assert_int_equal(m.type, DHCP_DISCOVER);
    m = cached(CACHED_DHCP_ACK);
    assert_int_equal(m.op, DHCP_OP_REPLY);
    assert_int_equal(m.htype, 1);
    assert_int_equal(m.hlen, 6);
    assert_int_equal(m.xid, 0x01020304);
    assert_int_equal(m.yiaddr, ADDRESS);
    assert_int_equal(m.ciaddr, 0);
    assert_int_equal(m.siaddr, SERVER);
    assert_true(mac_equal(m.chaddr, mac));
    assert_string_equal(m.file.data, "pxelinux.0");
    assert_memory_equal(cached_packets_get(&memory.cached, 2), cached_packets_get(&memory.cached, 3), 1260);
    assert_null(cached_packets_get(&memory.cached, 0));
    assert_null(cached_packets_get(&memory.cached, 4));
}

static void rest_is_zero(void **state)
{
    (void)state;
    start();
    build();
    for (unsigned type = 1; type <= 3; type++) {
        const uint8_t *packet = cached_packets_get(&memory.cached, type);
        size_t end = DHCP_FIXED_LEN + 4 + (type == 1 ? 3 : 9);

        assert_int_equal(packet[end], DHCP_TAG_END);
        for (size_t i = end + 1; i < CACHED_PACKET_LEN; i++)
            assert_int_equal(packet[i], 0);
    }
}

/* GRUB reads server and file from the header alone. */
static void header_is_filled_from_options(void **state)
{
    struct dhcp_message m;

    (void)state;
    start();
    dhcp_reply_text(&reply, DHCP_TAG_TFTP_SERVER, "192.168.111.131");
    dhcp_reply_text(&reply, DHCP_TAG_BOOT_FILE, "grub/core.0");
    build();
    m = cached(CACHED_DHCP_ACK);
    assert_int_equal(m.siaddr, 0xc0a86f83u);
    assert_string_equal(m.file.data, "grub/core.0");
    assert_string_equal(m.sname.data, "192.168.111.131");
    assert_true(dhcp_has_option(&m, DHCP_TAG_BOOT_FILE));
}

static void overloaded_options_move_to_the_main_field(void **state)
{
    struct dhcp_message m;
    uint8_t name[16];
    struct writer w = writer_of(name, sizeof(name));

    (void)state;
    start();
    dhcp_option_emit_u8(&reply.options, DHCP_TAG_OVERLOAD, 3);
    reply.fixed.file = BYTES(DHCP_TAG_BOOT_FILE, 3, 'a', '.', '0', 255);
    reply.fixed.sname = BYTES(DHCP_TAG_HOST_NAME, 2, 'm', 'e', 255);
    build();
    m = cached(CACHED_DHCP_ACK);
    assert_int_equal(m.overload, 0);
    assert_string_equal(m.file.data, "a.0");
    assert_int_equal(m.sname.data[0], 0);
    assert_true(dhcp_option(&m, DHCP_TAG_HOST_NAME, &w));
    assert_memory_equal(name, "me", 2);
}

/* pxelinux and GRUB ignore an option 3 whose length is not 4. */
static void routers_are_cut_to_the_first(void **state)
{
    struct dhcp_message m;
    uint32_t router = 0;

    (void)state;
    start();
    dhcp_option_emit(&reply.options, DHCP_TAG_ROUTERS, BYTES(10, 0, 0, 1, 10, 0, 0, 2, 10, 0, 0, 3));
    build();
    m = cached(CACHED_DHCP_ACK);
    assert_true(dhcp_option_u32(&m, DHCP_TAG_ROUTERS, &router));
    assert_int_equal(router, 0x0a000001u);
}

static void long_name_ends_in_its_field(void **state)
{
    char name[200];
    struct dhcp_message m;

    (void)state;
    memset(name, 'n', sizeof(name));
    start();
    dhcp_option_emit(&reply.options, DHCP_TAG_BOOT_FILE, slice_of(name, sizeof(name)));
    dhcp_option_emit(&reply.options, DHCP_TAG_TFTP_SERVER, slice_of(name, sizeof(name)));
    build();
    m = cached(CACHED_DHCP_ACK);
    assert_int_equal(m.file.data[126], 'n');
    assert_int_equal(m.file.data[127], 0);
    assert_int_equal(m.sname.data[62], 'n');
    assert_int_equal(m.sname.data[63], 0);
}

/* shows: PXE-3.2-e */
static void proxy_reply_is_its_own_with_our_address(void **state)
{
    struct dhcp_reply ack;
    struct dhcp_message m;

    (void)state;
    start();
    reply.fixed.siaddr = SERVER;
    reply.fixed.file = text_slice("router.0");
    ack = reply;
    dhcp_reply_start(&reply, DHCP_OFFER, 0x01020304, mac, 0, PROXY);
    dhcp_reply_text(&reply, DHCP_TAG_CLASS, "PXEClient");
    dhcp_reply_text(&reply, DHCP_TAG_BOOT_FILE, "proxy.0");
    keep(&lease.proxy, dhcp_reply_finish(&reply));
    reply = ack;
    reply.options = writer_of(reply.option_bytes, sizeof(reply.option_bytes));
    reply.options.next += writer_len(&ack.options);
    build();
    m = cached(CACHED_REPLY);
    assert_int_equal(m.type, DHCP_OFFER);
    assert_int_equal(m.ciaddr, ADDRESS);
    assert_int_equal(m.yiaddr, 0);
    assert_int_equal(m.siaddr, PROXY);
    assert_string_equal(m.file.data, "proxy.0");
    m = cached(CACHED_DHCP_ACK);
    assert_int_equal(m.type, DHCP_ACK);
    assert_int_equal(m.yiaddr, ADDRESS);
    assert_int_equal(m.siaddr, PROXY);
    assert_string_equal(m.file.data, "proxy.0");
}

/* What was booted is what it named: boot programs look for it in type 3 alone. */
static void boot_servers_reply_comes_before_the_proxys(void **state)
{
    struct dhcp_message m;

    (void)state;
    start();
    dhcp_reply_start(&reply, DHCP_OFFER, 0x01020304, mac, 0, PROXY);
    dhcp_reply_text(&reply, DHCP_TAG_CLASS, "PXEClient");
    keep(&lease.proxy, dhcp_reply_finish(&reply));
    dhcp_reply_start(&reply, DHCP_ACK, 0x01020304, mac, 0, PROXY + 1);
    dhcp_reply_text(&reply, DHCP_TAG_CLASS, "PXEClient");
    reply.fixed.file = text_slice("item.0");
    keep(&lease.reply, dhcp_reply_finish(&reply));
    dhcp_reply_start(&reply, DHCP_ACK, 0x01020304, mac, ADDRESS, SERVER);
    build();
    assert_int_equal(choice.said_by, PROXY + 1);
    m = cached(CACHED_REPLY);
    assert_int_equal(m.type, DHCP_ACK);
    assert_int_equal(m.ciaddr, ADDRESS);
    assert_int_equal(m.yiaddr, 0);
    assert_int_equal(m.siaddr, PROXY + 1);
    assert_string_equal(m.file.data, "item.0");
    m = cached(CACHED_DHCP_ACK);
    assert_int_equal(m.yiaddr, ADDRESS);
    assert_string_equal(m.file.data, "item.0");
}

/* More than 1024 bytes of options: what does not fit is left out, what is small and behind it is not. */
static void too_many_options_are_left_out(void **state)
{
    uint8_t junk[255] = {7};
    struct dhcp_message m;
    uint32_t mask = 0;

    (void)state;
    start();
    for (uint8_t tag = 224; tag < 228; tag++)
        dhcp_option_emit(&reply.options, tag, slice_of(junk, sizeof(junk)));
    dhcp_option_emit_u32(&reply.options, DHCP_TAG_NETMASK, 0xffffff00u);
    build();
    m = cached(CACHED_DHCP_ACK);
    assert_true(dhcp_has_option(&m, 226));
    assert_false(dhcp_has_option(&m, 227));
    assert_true(dhcp_option_u32(&m, DHCP_TAG_NETMASK, &mask));
    assert_int_equal(mask, 0xffffff00u);
}

/* 1020 bytes are there for options and their end. */
static void end_option_always_has_its_byte(void **state)
{
    uint8_t junk[255] = {7};

    (void)state;
    for (unsigned len = 236; len <= 239; len++) {
        struct dhcp_message m;

        start();
        for (uint8_t tag = 224; tag < 227; tag++)
            dhcp_option_emit(&reply.options, tag, slice_of(junk, sizeof(junk)));
        dhcp_option_emit(&reply.options, 227, slice_of(junk, len));
        build();
        m = cached(CACHED_DHCP_ACK);
        assert_true(dhcp_has_option(&m, 226));
        assert_int_equal(dhcp_has_option(&m, 227), 9 + 3 * 257 + 2 + len + 1 <= 1020);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_three_types_are_there),
        cmocka_unit_test(rest_is_zero),
        cmocka_unit_test(header_is_filled_from_options),
        cmocka_unit_test(overloaded_options_move_to_the_main_field),
        cmocka_unit_test(routers_are_cut_to_the_first),
        cmocka_unit_test(long_name_ends_in_its_field),
        cmocka_unit_test(proxy_reply_is_its_own_with_our_address),
        cmocka_unit_test(boot_servers_reply_comes_before_the_proxys),
        cmocka_unit_test(too_many_options_are_left_out),
        cmocka_unit_test(end_option_always_has_its_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
