/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Whole boots, from a NIC to a boot file in memory, over good and bad cables and with good and bad servers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/sim/network.h"
#include "tests/sim/proxy_server.h"

/* Boots, and must end with the file as it is at the server. */
static void assert_boots(struct network *n)
{
    enum status status = network_boot(n);

    if (status != STATUS_OK)
        print_message("seed %u: %s\n%s\n", n->world.seed, status_text(status), n->world.screen);
    assert_int_equal(status, STATUS_OK);
    assert_true(network_file_is_right(n));
}

/* Must end with this status, have told the person so, and leave the NIC closed. */
static void assert_fails(struct network *n, enum status expected)
{
    enum status status = network_boot(n);

    if (status != expected)
        print_message("%s\n", n->world.screen);
    assert_int_equal(status, expected);
    assert_true(world_screen_has(&n->world, "PXE-E"));
    assert_false(n->world.wire.ends[0].nic.is_open);
}

/* shows: PXE-2.6-j, RFC951-7.5-a */
static void a_good_network_boots_at_once(void **state)
{
    struct network *n = network_new(1, 3000000);
    const struct wire_conditions gigabit = {.delay = 100, .bytes_per_ms = 125000};

    (void)state;
    wire_set_conditions(&n->world.wire, &gigabit);
    assert_boots(n);
    assert_true(n->took < MILLISECONDS(700));
    assert_int_equal(n->dhcp.discovers, 1);
    assert_int_equal(n->dhcp.acks, 1);
    assert_int_equal(n->tftp.requests, 1); /* the file is asked for once */
    assert_true(n->tftp.acks <= 3 * 45 + 3);
    network_free(n);
}

static void an_efi_program_on_a_bios_is_told(void **state)
{
    struct network *n = network_new(1, 1000);

    (void)state;
    assert_boots(n);
    assert_false(world_screen_has(&n->world, "EFI"));
    network_free(n);
    n = network_new(1, 1000);
    n->content[0] = 'M';
    n->content[1] = 'Z';
    assert_boots(n);
    assert_true(world_screen_has(&n->world, "looks like an EFI program"));
    network_free(n);
}

static void sizes_around_the_block_arrive_whole(void **state)
{
    static const size_t sizes[] = {0,    1,    511,  512,  513,  1407, 1408, 1409,  1427,  1428,
                                   1429, 1455, 1456, 1457, 1467, 1468, 1469, 65463, 65464, 65465};

    (void)state;
    for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
        struct network *n = network_new((uint32_t)k + 1, sizes[k]);

        assert_boots(n);
        network_free(n);
    }
}

/* Seeds x loss x reorder x duplicate, and some damage. */
static void bad_cables_only_take_longer(void **state)
{
    static const unsigned losses[] = {0, 10, 50, 150};

    (void)state;
    for (uint32_t seed = 1; seed <= 12; seed++) {
        for (unsigned k = 0; k < 4; k++) {
            struct network *n = network_new(seed * 4 + k, 400000);
            const struct wire_conditions bad = {
                .delay = 50 * seed * seed,
                .loss = losses[k],
                .duplicate = seed % 3 == 0 ? 30 : 0,
                .reorder = seed % 2 == 0 ? 40 : 0,
                .corrupt = seed % 4 == 0 ? 10 : 0,
                .late_by = 2000,
            };

            wire_set_conditions(&n->world.wire, &bad);
            assert_boots(n);
            network_free(n);
        }
    }
}

static void every_kind_of_tftp_server_serves(void **state)
{
    static const struct tftp_server_knobs servers[] = {
        {.ignores_options = true},
        {.refuses_options = true},
        {.knows_no_window = true},
        {.knows_no_tsize = true, .block_size_max = 512},
        {.block_size_max = 1024, .window_max = 1},
        {.block_size_max = 8, .window_max = 4},
        {.window_max = 2},
    };

    (void)state;
    for (size_t k = 0; k < sizeof(servers) / sizeof(servers[0]); k++) {
        for (unsigned loss = 0; loss <= 30; loss += 30) {
            struct network *n = network_new((uint32_t)k + 1, 60000);
            const struct wire_conditions conditions = {.delay = 100, .loss = loss, .late_by = 100};

            wire_set_conditions(&n->world.wire, &conditions);
            n->tftp.knobs = servers[k];
            assert_boots(n);
            network_free(n);
        }
    }
}

static void block_numbers_roll_over(void **state)
{
    struct network *n = network_new(7, 70000 * 8);

    (void)state;
    n->tftp.knobs.block_size_max = 8;
    assert_boots(n);
    network_free(n);
}

static void strays_from_other_ports_change_nothing(void **state)
{
    struct network *n = network_new(3, 100000);

    (void)state;
    n->tftp.knobs.strays = true;
    assert_boots(n);
    network_free(n);
}

static void a_slow_and_long_path_is_no_obstacle(void **state)
{
    struct network *n = network_new(5, 300000);
    const struct wire_conditions satellite = {.delay = MILLISECONDS(300), .bytes_per_ms = 1000, .late_by = 1};

    (void)state;
    wire_set_conditions(&n->world.wire, &satellite);
    assert_boots(n);
    network_free(n);
}

/* Large blocks never arrive: the client finds out, and asks for blocks of one frame. */
static void fragments_that_do_not_get_through_are_avoided(void **state)
{
    struct network *n = network_new(6, 300000);
    const struct wire_conditions firewall = {.delay = 500, .drops_fragments = true};

    (void)state;
    n->tftp.knobs.knows_no_window = true; /* then large blocks are all there is to gain from */
    wire_set_conditions(&n->world.wire, &firewall);
    assert_boots(n);
    assert_true(n->world.wire.lost > 0);
    assert_true(n->took < SECONDS(20));
    network_free(n);
}

/* An old NIC with a ring of eight: no window, and no block in fragments, overruns it. */
static void a_small_ring_is_not_overrun(void **state)
{
    static const struct wire_conditions old = {.delay = 500, .bytes_per_ms = 125000, .ring = 8};

    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        struct network *n = network_new(8, 1000000);

        n->tftp.knobs.knows_no_window = k == 1;
        wire_set_conditions(&n->world.wire, &old);
        assert_boots(n);
        assert_int_equal(n->world.wire.lost, 0);
        network_free(n);
    }
}

struct flood {
    struct network *network;
    struct slice frame;
    time_us next;
};

static void flood_with_conflicts(void *context)
{
    struct flood *flood = context;

    for (; flood->next <= flood->network->world.now; flood->next += 100)
        wire_inject(&flood->network->world.wire.ends[0], flood->frame);
}

/* T-ARP-04: ten thousand times a second another host claims our address while the file comes in. */
static void a_flood_does_not_stop_the_file(void **state)
{
    static const uint8_t conflict[42] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0,   9,   8,   6,
                                         0,    1,    8,    0,    6,    4,    0, 1, 2, 0, 0,   0,   0,   9,
                                         192,  168,  111,  100,  0,    0,    0, 0, 0, 0, 192, 168, 111, 100};
    struct network *n = network_new(4, 2000000);
    const struct wire_conditions gigabit = {.delay = 100, .bytes_per_ms = 125000};
    struct flood flood = {.network = n, .frame = slice_of(conflict, sizeof(conflict))};

    (void)state;
    wire_set_conditions(&n->world.wire, &gigabit);
    flood.next = n->world.now;
    n->world.in_idle = flood_with_conflicts;
    n->world.in_idle_context = &flood;
    assert_boots(n);
    assert_true(n->session.net.address_conflicts > 100);
    assert_true(n->took < SECONDS(1));
    network_free(n);
}

/* A switch port that forwards nothing for its first half minute, with the link up all the time. */
static void a_blocked_switch_port_is_waited_for(void **state)
{
    struct network *n = network_new(9, 10000);
    struct wire_conditions blocked = {.delay = 100, .cut_until = SECONDS(3600 + 33)};

    (void)state;
    wire_set_conditions(&n->world.wire, &blocked);
    assert_boots(n);
    assert_in_range(n->took, SECONDS(33), SECONDS(33 + 9));
    network_free(n);
}

/* A cable pulled for ten seconds in the middle of it. */
static void an_interruption_is_survived(void **state)
{
    struct network *n = network_new(11, 4000000);
    struct wire_conditions gap = {
        .delay = 1000,
        .bytes_per_ms = 12500,
        .cut_from = SECONDS(3600) + MILLISECONDS(300),
        .cut_until = SECONDS(3600) + MILLISECONDS(5600),
    };

    (void)state;
    wire_set_conditions(&n->world.wire, &gap);
    assert_boots(n);
    assert_true(n->took > MILLISECONDS(5600));
    network_free(n);
}

static void refused_addresses_are_asked_for_again(void **state)
{
    struct network *n = network_new(2, 1000);

    (void)state;
    n->dhcp.config.naks = 2;
    n->dhcp.config.misses = 1;
    n->dhcp.config.always_broadcasts = true;
    assert_boots(n);
    network_free(n);
}

static void a_proxy_names_the_boot_file(void **state)
{
    struct network *n = network_new(2, 1000);
    const struct dhcp_server_config proxy = {.next_server = NETWORK_SERVER,
                                             .file = "boot/kernel",
                                             .class = "PXEClient",
                                             .vendor = slice_of("\6\1\10\377", 4)};
    struct server host;
    struct dhcp_server service;

    (void)state;
    n->dhcp.config.file = NULL;
    n->dhcp.config.next_server = 0;
    server_start(&host, &n->world, 2, NETWORK_SERVER + 1, NETWORK_MASK);
    dhcp_server_start(&service, &host, &proxy);
    assert_boots(n);
    assert_true(n->took < SECONDS(1));
    network_free(n);
}

/* A network whose proxyDHCP server names the boot file only to those who ask for it. */
static struct network *with_silent_proxy(struct server *host, struct proxy_server *service, struct slice vendor)
{
    struct network *n = network_new(2, 1000);
    const struct proxy_server_config proxy = {.next_server = NETWORK_SERVER,
                                              .file = "boot/kernel",
                                              .names_file_when_asked_only = true,
                                              .vendor = vendor,
                                              .has_boot_service = true,
                                              .items = {{.type = 0x8000, .file = "boot/kernel"}},
                                              .item_count = 1};

    n->dhcp.config.file = NULL;
    n->dhcp.config.next_server = 0;
    server_start(host, &n->world, 2, NETWORK_SERVER + 1, NETWORK_MASK);
    proxy_server_start(service, host, &proxy);
    return n;
}

/* shows: PXE-2.2-g */
static void a_silent_proxy_is_asked(void **state)
{
    /* Server type 0x8000 at .3 (or .131), and a menu whose first item it is: what dnsmasq sends to a BIOS. */
    static uint8_t menu[] = {6,  1, 3, 8,   7, 0x80, 0,    1, 192, 168, 111, 3,
                             10, 2, 0, 'p', 9, 5,    0x80, 0, 2,   'h', 'i', 255};
    struct server host;
    struct proxy_server service;
    struct network *n = with_silent_proxy(&host, &service, slice_of(NULL, 0));

    (void)state;
    assert_boots(n);
    assert_int_equal(service.asked, 1);
    assert_false(service.asked_item);
    assert_true(n->took < SECONDS(1));
    assert_true(world_screen_has(&n->world, "of boot server 192.168.111.131"));
    network_free(n);

    n = with_silent_proxy(&host, &service, slice_of(menu, sizeof(menu)));
    assert_int_not_equal(network_boot(n), STATUS_OK); /* nobody is at .3, and the list is all that may be asked */
    assert_int_equal(service.asked, 0);
    network_free(n);

    menu[11] = 131;
    n = with_silent_proxy(&host, &service, slice_of(menu, sizeof(menu)));
    assert_boots(n);
    assert_int_equal(service.asked, 1);
    assert_int_equal(service.asked_type, 0x8000);
    network_free(n);

    n = with_silent_proxy(&host, &service, slice_of(NULL, 0));
    net_detach(&host.net, &service.boot_port);
    assert_fails(n, STATUS_DHCP_NO_BOOTFILE);
    assert_true(n->took > SECONDS(9) && n->took < SECONDS(15));
    network_free(n);
}

static void failures_are_told_by_their_number(void **state)
{
    struct network *n = network_new(1, 1000);

    (void)state;
    n->tftp.file_count = 0;
    assert_fails(n, STATUS_TFTP_NOT_FOUND);
    assert_true(world_screen_has(&n->world, "PXE-E3B"));
    network_free(n);
    n = network_new(1, 1000);
    n->tftp.knobs.is_deaf = true;
    assert_fails(n, STATUS_TFTP_OPEN_TIMEOUT);
    network_free(n);
    n = network_new(1, 100000);
    n->tftp.knobs.silent_from = 2;
    assert_fails(n, STATUS_TFTP_READ_TIMEOUT);
    network_free(n);
    n = network_new(1, 100000);
    n->tftp.knobs.error_at = 2;
    assert_fails(n, STATUS_TFTP_ERROR);
    assert_true(world_screen_has(&n->world, "disk on fire"));
    network_free(n);
    n = network_new(1, 100000);
    n->dhcp.config.misses = 1000000;
    assert_fails(n, STATUS_DHCP_TIMEOUT);
    assert_true(n->took >= SECONDS(60));
    network_free(n);
    n = network_new(1, 100000);
    n->dhcp.config.file = NULL;
    assert_fails(n, STATUS_DHCP_NO_BOOTFILE);
    network_free(n);
    n = network_new(1, 100000);
    n->dhcp.config.next_server = NETWORK_SERVER + 5; /* nobody is there */
    assert_fails(n, STATUS_TFTP_CANNOT_ARP);
    network_free(n);
    n = network_new(1, 100000);
    n->memory_len--;
    assert_fails(n, STATUS_FILE_TOO_BIG);
    network_free(n);
}

static void lying_servers_do_no_harm(void **state)
{
    static const struct tftp_server_knobs liars[] = {
        {.lies_block_size = 65000}, {.lies_block_size = 1},    {.lies_window = 60000},
        {.lies_size = 1},           {.lies_size = UINT64_MAX}, {.sends_unasked_option = true},
    };

    (void)state;
    for (size_t k = 0; k < sizeof(liars) / sizeof(liars[0]); k++) {
        struct network *n = network_new((uint32_t)k + 1, 50000);

        n->tftp.knobs = liars[k];
        if (network_boot(n) == STATUS_OK)
            assert_true(network_file_is_right(n));
        else
            assert_true(world_screen_has(&n->world, "PXE-E"));
        assert_true(n->took < SECONDS(120));
        network_free(n);
    }
}

static void escape_ends_it_at_any_time(void **state)
{
    (void)state;
    for (unsigned ms = 0; ms < 900; ms += 60) {
        struct network *n = network_new(ms + 1, 30000000);
        const struct wire_conditions slow = {.delay = 3000, .bytes_per_ms = 12500};
        const struct world_key escape = {.at = SECONDS(3600) + MILLISECONDS(ms), .key = KEY_ESC};

        wire_set_conditions(&n->world.wire, &slow);
        n->world.keys = &escape;
        n->world.key_count = 1;
        assert_int_equal(network_boot(n), STATUS_CANCELLED);
        assert_true(n->took < MILLISECONDS(ms + 200)); /* it might have begun a function key's sequence */
        assert_false(n->world.wire.ends[0].nic.is_open);
        network_free(n);
    }
}

static void the_ring_sticks(void *context)
{
    struct network *n = context;

    n->world.wire.ends[0].ring_is_full |= n->dhcp.discovers != 0;
    n->world.now += MILLISECONDS(10);
}

/* With an offer in hand, and then nothing more can be sent. */
static void a_card_that_stops_sending_ends_the_boot(void **state)
{
    struct network *n = network_new(1, 1000);

    (void)state;
    n->world.in_idle = the_ring_sticks;
    n->world.in_idle_context = n;
    assert_fails(n, STATUS_DHCP_TIMEOUT);
    assert_int_equal(n->dhcp.discovers, 1);
    assert_int_equal(n->dhcp.requests, 0);
    network_free(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_network_boots_at_once),
        cmocka_unit_test(an_efi_program_on_a_bios_is_told),
        cmocka_unit_test(sizes_around_the_block_arrive_whole),
        cmocka_unit_test(bad_cables_only_take_longer),
        cmocka_unit_test(every_kind_of_tftp_server_serves),
        cmocka_unit_test(block_numbers_roll_over),
        cmocka_unit_test(strays_from_other_ports_change_nothing),
        cmocka_unit_test(a_slow_and_long_path_is_no_obstacle),
        cmocka_unit_test(fragments_that_do_not_get_through_are_avoided),
        cmocka_unit_test(a_small_ring_is_not_overrun),
        cmocka_unit_test(a_flood_does_not_stop_the_file),
        cmocka_unit_test(a_blocked_switch_port_is_waited_for),
        cmocka_unit_test(an_interruption_is_survived),
        cmocka_unit_test(refused_addresses_are_asked_for_again),
        cmocka_unit_test(a_proxy_names_the_boot_file),
        cmocka_unit_test(a_silent_proxy_is_asked),
        cmocka_unit_test(failures_are_told_by_their_number),
        cmocka_unit_test(lying_servers_do_no_harm),
        cmocka_unit_test(escape_ends_it_at_any_time),
        cmocka_unit_test(a_card_that_stops_sending_ends_the_boot),
    };

    return cmocka_run_group_tests_name("boot", tests, NULL, NULL);
}
