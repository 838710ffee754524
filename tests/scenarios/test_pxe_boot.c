/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Whole boots behind PXE servers that do not simply name a file: menus, prompts, boot server discovery. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/base/text.h"
#include "firmware/wire/pxe_options.h"
#include "tests/sim/network.h"
#include "tests/sim/proxy_server.h"

enum {
    PROXY = NETWORK_SERVER + 1,       /* 192.168.111.131 */
    BOOT_SERVER = NETWORK_SERVER + 2, /* 192.168.111.132 */
    GROUP = 0xe0000102,
    DEBIAN = 0x8001,
    RESCUE = 0x8002,
    BEGIN = 3600, /* s, where the world's clock starts */
};

/* A DHCP server that gives addresses alone, a proxyDHCP server, and a boot server that offers nothing by itself. */
struct site {
    struct network *n;
    struct server proxy_host, boot_host;
    struct proxy_server proxy, boot_server;
};

static struct site site;
static uint8_t vendor_bytes[1000];
static struct writer vendor;

static void tag(uint8_t number, struct slice value)
{
    write_u8(&vendor, number);
    write_u8(&vendor, (uint8_t)value.len);
    write_bytes(&vendor, value.data, value.len);
}

#define TAG(number, literal) tag(number, slice_of(literal, sizeof(literal) - 1))

static const char three_items[] = "\x80\1\6Debian"
                                  "\0\0\5Local"
                                  "\x80\2\6Rescue";

/* Begins an option 43: discovery control, and a prompt unless it is NULL. */
static void say(uint8_t control, const char *prompt, uint8_t timeout_s)
{
    uint8_t bytes[80] = {timeout_s};

    vendor = writer_of(vendor_bytes, sizeof(vendor_bytes));
    tag(PXE_TAG_DISCOVERY_CONTROL, slice_of(&control, 1));
    if (prompt == NULL)
        return;
    memcpy(bytes + 1, prompt, text_length(prompt));
    tag(PXE_TAG_MENU_PROMPT, slice_of(bytes, 1 + text_length(prompt)));
}

static void say_menu(void)
{
    tag(PXE_TAG_BOOT_MENU, slice_of(three_items, sizeof(three_items) - 1));
}

/* A list that names one server for an item. */
static void say_server(uint16_t type, uint32_t address)
{
    uint8_t bytes[7] = {(uint8_t)(type >> 8), (uint8_t)type, 1};

    store_be32(bytes + 3, address);
    tag(PXE_TAG_BOOT_SERVERS, slice_of(bytes, sizeof(bytes)));
}

static void say_group(void)
{
    uint8_t bytes[4];

    store_be32(bytes, GROUP);
    tag(PXE_TAG_DISCOVERY_ADDRESS, slice_of(bytes, sizeof(bytes)));
}

static struct network *start(uint32_t seed)
{
    const struct proxy_server_config proxy = {.vendor = writer_written(&vendor)};
    const struct proxy_server_config boot_server = {
        .is_silent = true,
        .has_boot_service = true,
        .hears_broadcast = true,
        .group = GROUP,
        .next_server = NETWORK_SERVER,
        .items = {{.type = DEBIAN, .file = "boot/kernel"}, {.type = RESCUE, .file = "boot/kernel"}},
        .item_count = 2,
    };

    assert_false(vendor.failed);
    memset(&site, 0, sizeof(site));
    site.n = network_new(seed, 1000);
    site.n->dhcp.config.file = NULL;
    site.n->dhcp.config.next_server = 0;
    server_start(&site.proxy_host, &site.n->world, 2, PROXY, NETWORK_MASK);
    server_start(&site.boot_host, &site.n->world, 3, BOOT_SERVER, NETWORK_MASK);
    proxy_server_start(&site.proxy, &site.proxy_host, &proxy);
    proxy_server_start(&site.boot_server, &site.boot_host, &boot_server);
    return site.n;
}

static void assert_ends(struct network *n, enum status expected)
{
    enum status status = network_boot(n);

    if (status != expected)
        print_message("seed %u: %s\n%s\n", n->world.seed, status_text(status), n->world.screen);
    assert_int_equal(status, expected);
    if (expected == STATUS_OK)
        assert_true(network_file_is_right(n));
    else
        assert_false(n->world.wire.ends[0].nic.is_open);
}

static void assert_shown(const char *text)
{
    if (!world_screen_has(&site.n->world, text))
        print_message("%s\n", site.n->world.screen);
    assert_true(world_screen_has(&site.n->world, text));
}

/* Keys from `at` seconds on, 10 ms apart, as a serial line brings them. */
static void type(struct world_key keys[16], unsigned at, const char *text)
{
    size_t len = text_length(text);

    assert_true(len <= 16);
    for (size_t n = 0; n < len; n++)
        keys[n] = (struct world_key){.at = SECONDS(BEGIN + at) + MILLISECONDS(10 * n), .key = text[n]};
    site.n->world.keys = keys;
    site.n->world.key_count = len;
}

/* shows: PXE-2.4-a, PXE-2.4-c */
static void a_prompt_that_times_out_takes_the_first_item(void **state)
{
    struct network *n;

    (void)state;
    say(3, "Press F8 for the menu", 5);
    say_menu();
    say_server(DEBIAN, BOOT_SERVER);
    n = start(1);
    assert_ends(n, STATUS_OK);
    assert_true(n->took >= SECONDS(5) && n->took < SECONDS(8));
    assert_int_equal(site.boot_server.asked_type, DEBIAN);
    assert_int_equal(site.boot_server.asked_layer, 0);
    assert_int_equal(site.boot_server.asked, 1);
    assert_shown("Press F8 for the menu 5");
    assert_shown("Press F8 for the menu 1");
    assert_shown("Asking 192.168.111.132 for item 1, \"Debian\"");
    assert_false(world_screen_has(&n->world, "Rescue"));
    network_free(n);
}

static void a_prompt_of_no_time_is_not_shown(void **state)
{
    struct network *n;

    (void)state;
    say(3, "Press F8 for the menu", 0);
    say_menu();
    say_server(DEBIAN, BOOT_SERVER);
    n = start(1);
    assert_ends(n, STATUS_OK);
    assert_true(n->took < SECONDS(1));
    assert_int_equal(site.boot_server.asked_type, DEBIAN);
    assert_false(world_screen_has(&n->world, "Press F8"));
    network_free(n);
}

/* shows: PXE-2.4-b, PXE-2.4-d */
static void f8_on_a_serial_line_opens_the_menu(void **state)
{
    static const char *const ways[] = {"\33[19~3\r", "\33[19~\33[B\33[B\n", "\0338\33OB\33OB\r"};
    struct world_key keys[16];
    struct network *n;

    (void)state;
    for (unsigned k = 0; k < 3; k++) {
        say(3, "Press F8", 10);
        say_menu();
        say_server(RESCUE, BOOT_SERVER);
        n = start(1);
        type(keys, 4, ways[k]);
        assert_ends(n, STATUS_OK);
        assert_true(n->took < SECONDS(6));
        assert_int_equal(site.boot_server.asked_type, RESCUE);
        assert_shown("1 Debian 2 Local 3 Rescue");
        network_free(n);
    }
}

static void f8_pressed_too_early_is_not_lost(void **state)
{
    static const struct world_key f8 = {.at = SECONDS(BEGIN), .key = KEY_F8};
    struct network *n;

    (void)state;
    say(3, "Press F8", 10);
    say_menu();
    say_server(DEBIAN, BOOT_SERVER);
    n = start(1);
    n->world.keys = &f8;
    n->world.key_count = 1;
    assert_ends(n, STATUS_OK); /* nobody goes on: the first item, as the prompt says */
    assert_shown("3 Rescue");
    assert_true(n->took > SECONDS(300) && n->took < SECONDS(310));
    network_free(n);
}

/* shows: PXE-2.4-e */
static void local_boot_is_no_failure(void **state)
{
    struct world_key keys[16];
    struct network *n;

    (void)state;
    say(3, "Press F8", 255);
    say_menu();
    n = start(1);
    type(keys, 100, "2\r");
    assert_ends(n, STATUS_LOCAL_BOOT);
    assert_true(n->took >= SECONDS(100) && n->took < SECONDS(102));
    assert_shown("Chosen: item 2, \"Local\"");
    assert_shown("Booting from the local disk; the next boot device follows.");
    assert_false(world_screen_has(&n->world, "PXE-E"));
    network_free(n);
}

static void a_menu_nobody_attends_is_left_in_the_end(void **state)
{
    struct network *n;

    (void)state;
    say(3, NULL, 0);
    say_menu();
    n = start(1);
    assert_ends(n, STATUS_LOCAL_BOOT);
    assert_true(n->took > SECONDS(300) && n->took < SECONDS(310));
    assert_shown("Nobody chose");
    assert_false(world_screen_has(&n->world, "as chosen"));
    network_free(n);
}

static void escape_leaves_the_menu(void **state)
{
    struct world_key keys[16];
    struct network *n;

    (void)state;
    say(3, "Press F8", 255);
    say_menu();
    n = start(1);
    type(keys, 9, "\33");
    assert_ends(n, STATUS_CANCELLED);
    assert_true(n->took < SECONDS(10));
    network_free(n);
}

/* shows: PXE-2.3-c, PXE-2.3-d, PXE-2.3-e, PXE-2.3-f */
static void servers_are_found_by_each_way(void **state)
{
    (void)state;
    for (uint32_t loss = 0; loss <= 100; loss += 100) {
        struct wire_conditions conditions = {.delay = 200, .loss = loss};

        for (uint32_t seed = 1; seed <= 6; seed++) {
            unsigned way = seed % 3;

            say(way == 0 ? 2 : way == 1 ? 1 : 3, "P", 0);
            say_menu();
            say_group();
            if (way == 2)
                say_server(DEBIAN, BOOT_SERVER);
            (void)start(seed);
            wire_set_conditions(&site.n->world.wire, &conditions);
            assert_ends(site.n, STATUS_OK);
            assert_true(site.boot_server.asked != 0);
            assert_int_equal(site.boot_server.asked_by_broadcast, way == 0 ? site.boot_server.asked : 0);
            assert_int_equal(site.boot_server.asked_at_group, way == 1 ? site.boot_server.asked : 0);
            assert_true(loss != 0 || (site.n->took < SECONDS(1) && site.boot_server.asked == 1));
            network_free(site.n);
        }
    }
}

/* The DHCP server that gives the address is asked nothing, even where it hears the broadcast. */
static void a_boot_server_of_no_menu_is_found_by_its_list(void **state)
{
    struct network *n;

    (void)state;
    say(3, NULL, 0);
    say_server(RESCUE, BOOT_SERVER);
    n = start(1);
    assert_ends(n, STATUS_OK);
    assert_int_equal(site.boot_server.asked_type, RESCUE);
    assert_shown("a boot server of type 32770");
    assert_int_equal(n->dhcp.requests, 1);
    network_free(n);
}

/* The proxy is a boot server of another address that answers first, and is not on the list. */
/* shows: PXE-2.3-g */
static void who_is_not_listed_is_not_heard(void **state)
{
    struct network *n;

    (void)state;
    say(4, "P", 0);
    say_menu();
    say_server(DEBIAN, BOOT_SERVER);
    n = start(1);
    site.proxy.config.has_boot_service = site.proxy.config.hears_broadcast = true;
    site.proxy.config.items[0] = (struct proxy_server_item){.type = DEBIAN, .file = "boot/trojan"};
    site.proxy.config.item_count = 1;
    site.boot_server.config.thinks = MILLISECONDS(400);
    assert_ends(n, STATUS_OK);
    assert_true(site.proxy.answered >= 1);
    assert_shown("192.168.111.132 answers; 2 other answers were ignored"); /* the DHCP server's too */
    network_free(n);
}

/* T-DH-25 */
/* shows: PXE-2.3-j, PXE-2.3-k, PXE-2.3-m */
static void answers_about_something_else_end_with_what_was_asked(void **state)
{
    struct network *n;

    (void)state;
    for (unsigned k = 0; k < 3; k++) {
        say(3, "P", 0);
        say_menu();
        say_server(DEBIAN, BOOT_SERVER);
        n = start(1);
        if (k == 0)
            site.boot_server.config.answers_as = RESCUE;
        else if (k == 1)
            site.boot_server.config.layer = 7;
        else
            site.boot_server.config.misses = 1000;
        assert_ends(n, STATUS_NO_BOOT_SERVER);
        assert_true(n->took > SECONDS(10) && n->took < SECONDS(13)); /* 1, 2, 3 and 4 s */
        assert_shown("PXE-E78");
        assert_shown("PXE server 192.168.111.131 lets us ask 192.168.111.132 for item 1, \"Debian\"");
        assert_int_equal(world_screen_has(&n->world, "4 answers were ignored"), k < 2);
        network_free(n);
    }
}

static void a_message_that_lets_nobody_be_asked_means_its_own_file(void **state)
{
    struct network *n;

    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        say(3, "P", 0);
        say_menu();
        n = start(1);
        site.proxy.config.next_server = NETWORK_SERVER;
        site.proxy.config.file = k == 0 ? "boot/kernel" : NULL;
        assert_ends(n, k == 0 ? STATUS_OK : STATUS_NO_SERVER_LIST);
        assert_true(n->took < SECONDS(1));
        if (k == 1)
            assert_shown("lets us ask nobody for item 1, \"Debian\"");
        network_free(n);
    }
}

/* shows: PXE-2.3-h */
static void control_bit_3_goes_straight_to_the_file(void **state)
{
    struct network *n;

    (void)state;
    say(8, "P", 255);
    say_menu();
    n = start(1);
    site.proxy.config.next_server = NETWORK_SERVER;
    site.proxy.config.file = "boot/kernel";
    assert_ends(n, STATUS_OK);
    assert_true(n->took < SECONDS(1));
    network_free(n);
}

/* The boot server's answer has the same menu again, and again: a few are followed. */
static void menus_in_answers_are_followed_but_not_in_circles(void **state)
{
    struct network *n;

    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        say(3, "P", 0);
        say_menu();
        say_server(DEBIAN, BOOT_SERVER);
        n = start(1);
        site.boot_server.config.reply_vendor = writer_written(&vendor);
        if (k == 1)
            site.boot_server.config.items[0].file = NULL;
        assert_ends(n, k == 0 ? STATUS_OK : STATUS_NO_BOOT_SERVER);
        assert_int_equal(site.boot_server.asked, 4);
        assert_shown("menu in a row: not followed");
        network_free(n);
    }
}

/* The offer is a mark alone; port 4011 says whom to ask then, and that server has the file. */
static void a_list_in_the_answer_of_port_4011_is_followed(void **state)
{
    struct network *n;

    (void)state;
    say(3, NULL, 0);
    say_server(RESCUE, BOOT_SERVER);
    n = start(1);
    site.proxy.config.vendor = slice_of(NULL, 0);
    site.proxy.config.reply_vendor = writer_written(&vendor);
    assert_true(net_attach(&site.proxy_host.net, &site.proxy.boot_port));
    assert_ends(n, STATUS_OK);
    assert_int_equal(site.proxy.asked, 1);
    assert_int_equal(site.boot_server.asked_type, RESCUE);
    assert_int_equal(site.boot_server.asked, 1);
    network_free(n);
}

static void an_answer_without_a_file_is_told(void **state)
{
    struct network *n;

    (void)state;
    say(3, "P", 0);
    say_menu();
    say_server(DEBIAN, BOOT_SERVER);
    n = start(1);
    site.boot_server.config.items[0].file = NULL;
    assert_ends(n, STATUS_DHCP_NO_BOOTFILE);
    assert_shown("192.168.111.132 answers, but names no boot file");
    assert_shown("Boot server 192.168.111.132 was asked for it and named none.");
    assert_true(n->took < SECONDS(2));
    network_free(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_prompt_that_times_out_takes_the_first_item),
        cmocka_unit_test(a_prompt_of_no_time_is_not_shown),
        cmocka_unit_test(f8_on_a_serial_line_opens_the_menu),
        cmocka_unit_test(f8_pressed_too_early_is_not_lost),
        cmocka_unit_test(local_boot_is_no_failure),
        cmocka_unit_test(a_menu_nobody_attends_is_left_in_the_end),
        cmocka_unit_test(escape_leaves_the_menu),
        cmocka_unit_test(servers_are_found_by_each_way),
        cmocka_unit_test(a_boot_server_of_no_menu_is_found_by_its_list),
        cmocka_unit_test(who_is_not_listed_is_not_heard),
        cmocka_unit_test(answers_about_something_else_end_with_what_was_asked),
        cmocka_unit_test(a_message_that_lets_nobody_be_asked_means_its_own_file),
        cmocka_unit_test(control_bit_3_goes_straight_to_the_file),
        cmocka_unit_test(menus_in_answers_are_followed_but_not_in_circles),
        cmocka_unit_test(a_list_in_the_answer_of_port_4011_is_followed),
        cmocka_unit_test(an_answer_without_a_file_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
