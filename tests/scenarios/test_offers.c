/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Boots with several servers that offer: what is booted, how long it takes, and what the person reads about it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/sim/network.h"
#include "tests/sim/proxy_server.h"

enum {
    SECOND = NETWORK_SERVER + 1,
    THIRD = NETWORK_SERVER + 2
};

static struct server hosts[2];

static void assert_boots(struct network *n, const char *text)
{
    enum status status = network_boot(n);

    if (status != STATUS_OK || !world_screen_has(&n->world, text))
        print_message("%s, not with \"%s\"\n%s\n", status_text(status), text, n->world.screen);
    assert_int_equal(status, STATUS_OK);
    assert_true(network_file_is_right(n));
    assert_true(world_screen_has(&n->world, text));
}

static void assert_fails(struct network *n, enum status expected, const char *text)
{
    enum status status = network_boot(n);

    if (status != expected || !world_screen_has(&n->world, text))
        print_message("%s, not with \"%s\"\n%s\n", status_text(status), text, n->world.screen);
    assert_int_equal(status, expected);
    assert_true(world_screen_has(&n->world, text));
}

static void has(const struct network *n, const char *text)
{
    if (!world_screen_has(&n->world, text))
        print_message("no \"%s\"\n%s\n", text, n->world.screen);
    assert_true(world_screen_has(&n->world, text));
}

/* A network whose DHCP server gives addresses only. */
static struct network *without_file(void)
{
    struct network *n = network_new(3, 1000);

    n->dhcp.config.file = NULL;
    n->dhcp.config.next_server = 0;
    return n;
}

static void add_proxy(struct network *n, struct proxy_server *service, unsigned place, const char *file)
{
    const struct proxy_server_config config = {.next_server = NETWORK_SERVER, .file = file};

    server_start(&hosts[place], &n->world, 2 + place, SECOND + place, NETWORK_MASK);
    proxy_server_start(service, &hosts[place], &config);
}

static void a_proxys_word_comes_before_a_plain_servers(void **state)
{
    struct network *n = network_new(3, 1000);
    struct proxy_server proxy;

    (void)state;
    n->dhcp.config.file = "wrong/file";
    add_proxy(n, &proxy, 0, "boot/kernel");
    assert_boots(n, "named by the boot file field and next-server of proxyDHCP server 192.168.111.131");
    has(n, "(DHCP server 192.168.111.130)");
    has(n, "ignored: boot file of DHCP server 192.168.111.130 (the proxyDHCP server's word comes first)");
    assert_true(n->took < MILLISECONDS(300));
    network_free(n);
}

static void of_two_proxies_one_is_followed(void **state)
{
    struct network *n = without_file();
    struct proxy_server first, second;

    (void)state;
    add_proxy(n, &first, 0, "boot/kernel");
    add_proxy(n, &second, 1, "other/kernel");
    second.config.thinks = MILLISECONDS(1);
    assert_boots(n, "of proxyDHCP server 192.168.111.131");
    network_free(n);

    n = without_file(); /* the first to come names nothing */
    add_proxy(n, &first, 0, NULL);
    add_proxy(n, &second, 1, "boot/kernel");
    second.config.thinks = MILLISECONDS(100);
    assert_boots(n, "of proxyDHCP server 192.168.111.132");
    has(n, "ignored: proxyDHCP server 192.168.111.131 (no boot file)");
    assert_int_equal(first.asked, 0);
    assert_true(n->took < MILLISECONDS(400));
    network_free(n);
}

/* PXE 2.1's own case, and the window it has to be heard in. */
static void a_late_proxy_is_heard_within_the_window(void **state)
{
    struct network *n = without_file();
    struct proxy_server proxy;

    (void)state;
    add_proxy(n, &proxy, 0, "boot/kernel");
    proxy.config.thinks = MILLISECONDS(3700);
    assert_boots(n, "of proxyDHCP server 192.168.111.131");
    assert_in_range(n->took, MILLISECONDS(3700), MILLISECONDS(4000));
    network_free(n);
}

static void a_marked_offer_is_not_held_up(void **state)
{
    struct network *n = network_new(3, 1000);
    struct proxy_server proxy;

    (void)state;
    n->dhcp.config.class = "PXEClient";
    add_proxy(n, &proxy, 0, "proxy/file");
    assert_boots(n, "of DHCP server 192.168.111.130");
    has(n, "ignored: proxyDHCP server 192.168.111.131 (the DHCP server is a PXE server itself)");
    assert_true(n->took < MILLISECONDS(100));
    network_free(n);
}

static void of_two_dhcp_servers_the_one_with_a_file_is_taken(void **state)
{
    struct network *n = network_new(3, 1000);
    const struct dhcp_server_config config = {.address = NETWORK_CLIENT + 1, .netmask = NETWORK_MASK};
    struct dhcp_server other;

    (void)state;
    server_start(&hosts[0], &n->world, 2, SECOND, NETWORK_MASK);
    dhcp_server_start(&other, &hosts[0], &config);
    n->dhcp.config.thinks = MILLISECONDS(30);
    assert_boots(n, "ignored: DHCP server 192.168.111.131 (no boot file)");
    has(n, "(DHCP server 192.168.111.130)");
    network_free(n);
}

static void broken_vendor_options_are_told(void **state)
{
    struct network *n = network_new(3, 1000);

    (void)state;
    n->dhcp.config.class = "PXEClient";
    n->dhcp.config.vendor = slice_of("\6\1\0\x09\xf0", 5);
    assert_boots(n, "Option 43 of 192.168.111.130 is broken: none of it is believed.");
    assert_int_equal(n->session.dhcp.broken_vendors, 1);
    network_free(n);

    n = network_new(3, 1000);
    n->dhcp.config.class = "PXEClient";
    n->dhcp.config.vendor = slice_of("\1\4\x0a\0\0\1\2\2\6\xdf\3\2\6\xde\xff", 15);
    assert_boots(n, "Option 43 of 192.168.111.130 has an MTFTP group that is none: not used.");
    network_free(n);
}

/* Option 60 set by hand, as guides for machines with UEFI have it, with nobody at port 4011. */
static void a_mark_with_nothing_behind_it_is_told(void **state)
{
    struct network *n = without_file();

    (void)state;
    n->dhcp.config.class = "PXEClient";
    assert_fails(n, STATUS_DHCP_NO_BOOTFILE, "Its option 60 says \"PXEClient\", so it was asked at port 4011");
    network_free(n);
}

/* A DHCP server and a boot server on one host: the first has the mark, the second the file. */
static void a_marked_dhcp_server_is_asked(void **state)
{
    struct network *n = without_file();

    (void)state;
    n->dhcp.config.class = "PXEClient";
    n->dhcp.config.next_server = NETWORK_SERVER;
    n->dhcp.config.file = "boot/kernel";
    n->dhcp.config.wants_asking = true;
    assert_true(net_attach(&n->server.net, &n->dhcp.boot_port)); /* as dhcp_server_start() does it then */
    assert_boots(n, "of boot server 192.168.111.130");
    assert_int_equal(n->dhcp.asked, 1);
    assert_true(n->took < MILLISECONDS(500));
    network_free(n);
}

static void proxies_alone_are_told(void **state)
{
    struct network *n = without_file();
    struct proxy_server proxy;

    (void)state;
    n->dhcp.config.misses = 1000000;
    add_proxy(n, &proxy, 0, "boot/kernel");
    assert_fails(n, STATUS_DHCP_NO_ADDRESS, "Only proxyDHCP servers answer, and they give no addresses.");
    network_free(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_proxys_word_comes_before_a_plain_servers),
        cmocka_unit_test(of_two_proxies_one_is_followed),
        cmocka_unit_test(a_late_proxy_is_heard_within_the_window),
        cmocka_unit_test(a_marked_offer_is_not_held_up),
        cmocka_unit_test(of_two_dhcp_servers_the_one_with_a_file_is_taken),
        cmocka_unit_test(broken_vendor_options_are_told),
        cmocka_unit_test(a_mark_with_nothing_behind_it_is_told),
        cmocka_unit_test(a_marked_dhcp_server_is_asked),
        cmocka_unit_test(proxies_alone_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
