/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Where a PXE server's option 43 lets us look for boot servers (PXE 2.1 table 2-1, tags 6 to 8). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/proto/boot_server.h"

#define GROUP     0xe0000102u
#define BROADCAST 0xffffffffu

enum {
    TYPE = 15
};

static struct boot_server machine;
static struct random dice;

static const struct boot_server_config item_15 = {.address = 0xc0a86f64, .has_item = true, .type = TYPE};
static const struct boot_server_config broadcasting = {.uses_broadcast = true};

/*
 * T-DH-13: all values of discovery control, without a list, with one that names servers of our type, with one that lets
 * any of our type answer, and with one that knows our type not. What is asked, in order, and whether a stranger's
 * answer counts.
 */
static void assert_control(uint8_t control, struct slice list, size_t listed, bool accepts_any)
{
    struct pxe_options pxe = {
        .has_control = true, .control = control, .discovery_address = GROUP, .boot_servers = list};
    struct boot_server_config config = item_15;
    bool only_listed = (control & 4) != 0;
    size_t ways = ((control & 1) == 0) + ((control & 2) == 0) + listed;
    enum status status;

    boot_server_config_set(&config, &pxe, TYPE);
    assert_int_equal(config.uses_broadcast, (control & 1) == 0);
    assert_int_equal(config.multicast, (control & 2) == 0 ? GROUP : 0);
    assert_int_equal(config.only_listed, only_listed);
    assert_int_equal(config.server_count, listed);
    assert_int_equal(config.accepts_any, accepts_any);
    status = boot_server_start(&machine, 0, &config, &dice, NULL);
    if (ways == 0 || (only_listed && listed == 0 && !accepts_any)) {
        assert_int_equal(status, STATUS_NO_SERVER_LIST);
        return;
    }
    assert_int_equal(status, STATUS_OK);
    for (size_t n = 0; n < ways; n++) {
        uint8_t room[UDP_PAYLOAD_MAX];
        struct writer payload = writer_of(room, sizeof(room));
        struct udp_address to = machine.udp.ops->destination(&machine.udp);

        assert_int_equal(ipv4_value(to.ip), (control & 2) == 0 && n == 0 ? GROUP
                                            : n < ways - listed          ? BROADCAST
                                                                         : 0x01020304 + n - (ways - listed));
        assert_true(machine.udp.ops->output(&machine.udp, machine.due, &payload));
    }
    assert_int_equal(machine.round, 2);
}

/* shows: PXE-2.3-e, PXE-2.3-f, PXE-2.3-g, PXE-2.3-i, PXE-2.3-m */
static void discovery_control_says_where_to_look(void **state)
{
    static const uint8_t named[] = {0, 16, 1, 9, 9, 9, 9, 0, 15, 2, 1, 2, 3, 4, 1, 2, 3, 5, 0, 17, 1, 9, 9, 9, 9};
    static const uint8_t any[] = {0, 15, 0};
    static const uint8_t others[] = {0, 16, 1, 9, 9, 9, 9, 0, 17, 0};

    (void)state;
    for (unsigned control = 0; control < 256; control++) {
        assert_control((uint8_t)control, slice_of(NULL, 0), 0, false);
        assert_control((uint8_t)control, slice_of(named, sizeof(named)), 2, false);
        assert_control((uint8_t)control, slice_of(any, sizeof(any)), 0, true);
        assert_control((uint8_t)control, slice_of(others, sizeof(others)), 0, false);
    }
}

static void a_group_that_is_none_is_not_asked(void **state)
{
    static const uint32_t wrong[] = {0x0a000005, 0xffffffff, 0x7f000001, 0xdfffffff, 0xf0000000};

    (void)state;
    for (size_t n = 0; n < sizeof(wrong) / sizeof(wrong[0]); n++) {
        struct pxe_options pxe = {.has_discovery_address = true, .discovery_address = wrong[n]};
        struct boot_server_config config = item_15;

        boot_server_config_set(&config, &pxe, TYPE);
        assert_int_equal(config.multicast, 0);
        assert_true(config.uses_broadcast);
    }
}

/* And it is no "any server will do": that takes an entry without addresses. */
static void an_address_of_nobody_in_a_list_is_left_out(void **state)
{
    static const uint8_t list[] = {0, 15, 3, 0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0};
    struct pxe_options pxe = {.boot_servers = slice_of(list, sizeof(list))};
    struct boot_server_config config = item_15;

    (void)state;
    boot_server_config_set(&config, &pxe, TYPE);
    assert_int_equal(config.server_count, 1);
    assert_int_equal(config.servers[0], 0x01020304);
    assert_false(config.accepts_any);
}

static void servers_that_are_asked_are_told(void **state)
{
    struct boot_server_config config = broadcasting;
    char text[BOOT_SERVER_DESTINATIONS_TEXT];

    (void)state;
    assert_string_equal(boot_server_destinations(&item_15, text), "nobody");
    assert_string_equal(boot_server_destinations(&config, text), "broadcast");
    config.multicast = 0xefffffff;
    config.uses_list = true;
    config.server_count = BOOT_SERVERS_MAX;
    for (size_t n = 0; n < BOOT_SERVERS_MAX; n++)
        config.servers[n] = 0xfefefefeu;
    assert_string_equal(boot_server_destinations(&config, text),
                        "multicast 239.255.255.255, broadcast, 254.254.254.254, 254.254.254.254 and 30 more");
    config.uses_broadcast = false;
    config.multicast = 0;
    config.server_count = 1;
    assert_string_equal(boot_server_destinations(&config, text), "254.254.254.254");
}

static void a_long_or_broken_list_is_bounded(void **state)
{
    uint8_t list[3 + 255 * 4] = {0, 15, 255};
    struct pxe_options pxe = {.boot_servers = slice_of(list, sizeof(list))};
    struct boot_server_config config = item_15;

    (void)state;
    memset(list + 3, 9, sizeof(list) - 3);
    boot_server_config_set(&config, &pxe, TYPE);
    assert_int_equal(config.server_count, BOOT_SERVERS_MAX);
    pxe.boot_servers.len--;
    boot_server_config_set(&config, &pxe, TYPE);
    assert_int_equal(config.server_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(discovery_control_says_where_to_look),
        cmocka_unit_test(a_group_that_is_none_is_not_asked),
        cmocka_unit_test(an_address_of_nobody_in_a_list_is_left_out),
        cmocka_unit_test(servers_that_are_asked_are_told),
        cmocka_unit_test(a_long_or_broken_list_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
