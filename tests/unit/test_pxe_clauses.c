/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Clauses of PXE 2.1 that no other test shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/base/text.h"
#include "firmware/boot/cached_packets.h"
#include "firmware/proto/boot_server.h"
#include "tests/harness/dhcp_reply.h"
#include "tests/harness/mtftp_script.h"

#define ADDRESS 0xc0a86f64u
#define SERVER  0xc0a86f82u
#define PROXY   0xc0a86f83u
#define ITEM    0xc0a86f84u

static const struct mac mac = {{0x52, 0x54, 0, 1, 2, 3}};

/* shows: PXE-2.5-d, PXE-2.3-f */
static void without_control_every_way_is_open(void **state)
{
    static const uint8_t vendor[] = {7, 4, 224, 0, 1, 2, 8, 7, 0, 15, 1, 192, 168, 111, 132, 255};
    struct boot_server_config config = {0};
    struct pxe_options pxe;

    (void)state;
    assert_true(pxe_options_parse(slice_of(vendor, sizeof(vendor)), &pxe));
    assert_false(pxe.has_control);
    boot_server_config_set(&config, &pxe, 15);
    assert_true(config.uses_broadcast);
    assert_int_equal(config.multicast, 0xe0000102u);
    assert_int_equal(config.server_count, 1);
    assert_false(config.only_listed);
}

static struct slice reply_of(struct dhcp_reply *reply, uint8_t type, uint32_t yiaddr, uint32_t server, const char *file)
{
    dhcp_reply_start(reply, type, 1, mac, yiaddr, server);
    if (yiaddr == 0)
        dhcp_reply_text(reply, DHCP_TAG_CLASS, "PXEClient");
    reply->fixed.siaddr = server;
    reply->fixed.file = text_slice(file);
    return dhcp_reply_finish(reply);
}

/* shows: PXE-3.2-e */
static void a_boot_servers_reply_comes_before_the_proxys(void **state)
{
    static struct dhcp_reply ack, proxy, item;
    static struct dhcp_lease lease;
    static struct cached_packets cached;
    struct dhcp_lease_packets packets = {
        .ack = reply_of(&ack, DHCP_ACK, ADDRESS, SERVER, "dhcp.0"),
        .proxy = reply_of(&proxy, DHCP_OFFER, 0, PROXY, "proxy.0"),
        .reply = reply_of(&item, DHCP_ACK, 0, ITEM, "item.0"),
    };
    struct boot_choice choice;

    (void)state;
    for (unsigned n = 0; n < 3; n++) {
        static const char *const files[] = {"item.0", "proxy.0", "dhcp.0"};
        static const uint8_t servers[] = {0x84, 0x83, 0x82};
        const uint8_t *packet;

        assert_true(dhcp_lease_restore(&lease, &packets));
        assert_int_equal(boot_options_choose(&lease, &choice), STATUS_OK);
        cached_packets_build(&cached, &lease, &choice);
        packet = cached_packets_get(&cached, CACHED_REPLY);
        assert_string_equal((const char *)packet + 108, files[n]);
        assert_int_equal(packet[23], servers[n]); /* siaddr */
        if (n == 0)
            packets.reply.len = 0;
        else
            packets.proxy.len = 0;
    }
}

/* Somebody else's session that broke off: listened for again before the file is asked for. */
static void broken_session(struct transcript *t)
{
    static struct mtftp_script s;
    struct mtftp_group group = mtftp_script_group;
    uint16_t port = 40000;

    group.reopen_s = 6;
    mtftp_script_start(&s, t, group);
    for (uint16_t block = 1; block <= 3; block++)
        mtftp_script_group_block(t, MILLISECONDS(10 * block), port, block, MTFTP_BLOCK);
    transcript_silent(t, SECONDS(6));
    mtftp_script_asks(t, SECONDS(6), SECONDS(9), MTFTP_SCRIPT_SERVER_PORT);
}

/* shows: PXE-2.6-f */
static void the_reopen_delay_is_waited_for(void **state)
{
    (void)state;
    transcript_run(broken_session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_control_every_way_is_open),
        cmocka_unit_test(a_boot_servers_reply_comes_before_the_proxys),
        cmocka_unit_test(the_reopen_delay_is_waited_for),
    };

    return cmocka_run_group_tests_name("pxe_clauses", tests, NULL, NULL);
}
