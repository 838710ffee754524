/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Downloads that begin by MTFTP: whole boots by it, and what comes of them by unicast when it does not last. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/sim/mtftp_host.h"
#include "tests/sim/network.h"

enum {
    FILE_LEN = 300000,
    FILE_BLOCKS = FILE_LEN / 512 + 1,
    PEER = NETWORK_CLIENT + 1,
};

/* Another client of the same file. */
struct peer {
    struct server host;
    struct mtftp mtftp;
    struct block_map map;
    struct buffer_sink sink;
    uint8_t memory[FILE_LEN];
};

static struct network *n;
static struct mtftp_host mtftp;
static struct peer peer;

static void begin(uint32_t seed)
{
    n = network_new(seed, FILE_LEN);
    n->dhcp.config.class = "PXEClient";
    n->dhcp.config.vendor = mtftp_host_option_43();
    mtftp_host_start(&mtftp, &n->server, "boot/kernel", n->file.bytes);
}

static void end(void)
{
    network_free(n);
}

static void start_peer(void)
{
    struct mtftp_request request = {
        .server = ipv4_address(NETWORK_SERVER),
        .file = "boot/kernel",
        .sink = &peer.sink.sink,
        .map = &peer.map,
        .group = {.address = MTFTP_HOST_GROUP, .client_port = MTFTP_HOST_CLIENT_PORT, .server_port = MTFTP_HOST_PORT},
    };

    memset(&peer, 0, sizeof(peer));
    server_start(&peer.host, &n->world, 2, PEER, NETWORK_MASK);
    buffer_sink_start(&peer.sink, peer.memory, sizeof(peer.memory));
    peer.mtftp.udp.port = 50001;
    assert_int_equal(mtftp_start(&peer.mtftp, n->world.now, &request, &peer.host.random, NULL), STATUS_OK);
    assert_true(net_attach(&peer.host.net, &peer.mtftp.udp));
}

static void is_right(void)
{
    assert_int_equal(network_boot(n), STATUS_OK);
    assert_true(network_file_is_right(n));
    assert_int_equal(download_status(&n->session.transfer), STATUS_OK);
    assert_int_equal(download_received(&n->session.transfer), FILE_LEN);
    assert_true(world_screen_has(&n->world, "mtftp://192.168.111.130/boot/kernel"));
}

static void the_boot_file_comes_by_multicast(void **state)
{
    (void)state;
    begin(1);
    is_right();
    assert_int_equal(n->tftp.requests, 0);
    assert_int_equal(mtftp.model.sessions, 1);
    assert_int_equal(mtftp.model.blocks_sent, FILE_BLOCKS + 1);
    end();
}

static void losses_are_repaired(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 20; seed++) {
        const struct wire_conditions bad = {
            .delay = 100, .loss = seed * 5, .duplicate = 10, .reorder = 10, .late_by = 1000};

        begin(seed);
        wire_set_conditions(&n->world.wire, &bad);
        is_right();
        end();
    }
}

static void two_machines_share_what_is_sent(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 5; seed++) {
        begin(seed);
        start_peer();
        is_right();
        world_run(&n->world, n->world.now + SECONDS(20));
        assert_int_equal(peer.mtftp.status, STATUS_OK);
        assert_memory_equal(peer.memory, n->content, FILE_LEN);
        assert_int_equal(n->tftp.requests, 0);
        assert_true(mtftp.model.blocks_sent <= 2 * FILE_BLOCKS);
        end();
    }
}

/* shows: PXE-2.6-i */
static void a_server_without_mtftp(void **state)
{
    (void)state;
    begin(1);
    mtftp.model.knobs.is_deaf = true;
    is_right();
    assert_int_equal(n->tftp.requests, 1);
    assert_true(n->took < SECONDS(12));
    end();
    begin(1);
    mtftp.requests.port = 9; /* an ICMP port unreachable */
    is_right();
    end();
}

/* shows: PXE-2.6-i */
static void a_group_that_a_switch_keeps_from_us(void **state)
{
    (void)state;
    begin(1);
    mtftp.model.knobs.only_unicast = true;
    mtftp.model.knobs.silent_from = 2;
    is_right();
    assert_int_equal(n->tftp.requests, 1);
    assert_true(n->took < SECONDS(15));
    end();
}

/* Nobody knows how long the file is: by unicast it comes from the start, for its end has to. */
static void a_server_that_dies_in_the_middle(void **state)
{
    (void)state;
    begin(1);
    mtftp.model.knobs.dies_at = 200;
    is_right();
    assert_true(n->session.transfer.has_fallen_back);
    assert_int_equal(n->session.transfer.mtftp.received, 199 * 512);
    assert_int_equal(n->session.transfer.holes.written, FILE_LEN);
    end();
}

static void a_server_that_is_started_again(void **state)
{
    (void)state;
    begin(1);
    mtftp.model.knobs.dies_at = 200;
    mtftp.model.knobs.dead_for = SECONDS(5);
    is_right();
    assert_int_equal(n->tftp.requests, 0);
    assert_true(mtftp.model.blocks_sent <= FILE_BLOCKS + 10);
    end();
}

/* What is missing lies at the beginning: the server is stopped behind it. */
/* shows: PXE-2.6-e, PXE-2.6-i */
static void what_is_missing_alone_by_unicast(void **state)
{
    const struct hole_sink *holes;

    (void)state;
    begin(1);
    n->world.wire.ends[2].conditions.delay = MILLISECONDS(10); /* a slow one, whose session is joined in the middle */
    start_peer();
    world_run(&n->world, n->world.now + SECONDS(4));
    assert_in_range(peer.map.count, 50, FILE_BLOCKS - 200);
    mtftp.model.knobs.dies_after_session = true;
    is_right();
    holes = &n->session.transfer.holes;
    assert_true(n->session.transfer.is_filled);
    assert_true(holes->kept > 10000);
    assert_int_equal(holes->kept + holes->written, FILE_LEN);
    world_run(&n->world, n->world.now + SECONDS(1));
    assert_int_equal(n->tftp.errors_received, 1);
    assert_int_equal(n->tftp.completed, 0);
    assert_memory_equal(peer.memory, n->content, FILE_LEN);
    end();
}

/* TFTP's file is another one: none of MTFTP's bytes may be in what boots. */
static void sizes_that_disagree(void **state)
{
    static uint8_t other[FILE_LEN + 700];

    (void)state;
    begin(1);
    memset(other, 0x55, sizeof(other));
    mtftp.model.file = slice_of(other, sizeof(other));
    mtftp.model.knobs.dies_at = FILE_BLOCKS;
    is_right();
    mtftp.model.file = slice_of(NULL, 0);
    end();
    begin(1);
    mtftp.model.file = slice_of(other, sizeof(other));
    mtftp.model.knobs.dies_at = 100;
    n->tftp.knobs.knows_no_tsize = true;
    is_right();
    assert_false(n->session.transfer.holes.is_filling);
    end();
}

static void no_file_anywhere(void **state)
{
    (void)state;
    begin(1);
    mtftp.model.knobs.refuses = true;
    n->tftp.file_count = 0;
    assert_int_equal(network_boot(n), STATUS_TFTP_NOT_FOUND);
    assert_true(world_screen_has(&n->world, "File not found"));
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_boot_file_comes_by_multicast),
        cmocka_unit_test(losses_are_repaired),
        cmocka_unit_test(two_machines_share_what_is_sent),
        cmocka_unit_test(a_server_without_mtftp),
        cmocka_unit_test(a_group_that_a_switch_keeps_from_us),
        cmocka_unit_test(a_server_that_dies_in_the_middle),
        cmocka_unit_test(a_server_that_is_started_again),
        cmocka_unit_test(what_is_missing_alone_by_unicast),
        cmocka_unit_test(sizes_that_disagree),
        cmocka_unit_test(no_file_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
