/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/sim/pxe_world.h"

static void open_udp(struct pxe_world *w)
{
    struct pxenv_udp_open open = {0};

    assert_int_equal(pxe_world_call(w, PXENV_UDP_OPEN, &open, sizeof(open)), 0);
}

static uint16_t write_udp(struct pxe_world *w, const void *bytes, uint16_t len, uint16_t source_port)
{
    struct pxenv_udp_write write = {.ip = {192, 168, 111, 130}, .buffer_size = len};

    pxe_put_port(write.src_port, source_port);
    pxe_put_port(write.dst_port, PXE_WORLD_ECHO_PORT);
    write.buffer = pxe_world_far(PXE_WORLD_BUFFER);
    if (len <= 1472)
        memcpy(w->memory + PXE_WORLD_BUFFER, bytes, len);
    return pxe_world_call(w, PXENV_UDP_WRITE, &write, sizeof(write));
}

static uint16_t read_udp(struct pxe_world *w, struct pxenv_udp_read *read, uint16_t port, uint16_t size)
{
    *read = (struct pxenv_udp_read){.dest_ip = {192, 168, 111, 100}, .buffer_size = size};
    pxe_put_port(read->d_port, port);
    read->buffer = pxe_world_far(PXE_WORLD_BUFFER);
    memset(w->memory + PXE_WORLD_BUFFER, 0xee, 4096);
    return pxe_world_call(w, PXENV_UDP_READ, read, sizeof(*read));
}

static void wait_ms(struct pxe_world *w, unsigned ms)
{
    world_run(&w->world, w->world.now + MILLISECONDS(ms));
}

/* shows: PXE-3.4-d */
static void read_without_a_datagram_fails_soon(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_udp_read read;
    time_us before;

    open_udp(w);
    before = w->world.now;
    assert_int_equal(read_udp(w, &read, 2000, 512), 0x01);
    assert_in_range(w->world.now - before, 0, MILLISECONDS(1));
}

/* shows: PXE-3.4-a, PXE-3.4-b, PXE-3.4-d */
static void a_datagram_comes_back_with_every_address_filled_in(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_udp_read read;

    open_udp(w);
    assert_int_equal(write_udp(w, "hello", 5, 2000), 0);
    wait_ms(w, 10);
    assert_int_equal(read_udp(w, &read, 2000, 512), 0);
    assert_int_equal(read.buffer_size, 5);
    assert_memory_equal(w->memory + PXE_WORLD_BUFFER, "hello", 5);
    assert_int_equal(w->memory[PXE_WORLD_BUFFER + 5], 0xee);
    assert_memory_equal(read.src_ip, ((uint8_t[]){192, 168, 111, 130}), 4);
    assert_memory_equal(read.dest_ip, ((uint8_t[]){192, 168, 111, 100}), 4);
    assert_int_equal(pxe_port(read.s_port), PXE_WORLD_ECHO_PORT);
    assert_int_equal(pxe_port(read.d_port), 2000);
}

/* pxelinux passes no source port before its first transfer. */
/* shows: PXE-3.4-b */
static void source_port_0_is_2069(void **state)
{
    struct pxe_world *w = *state;

    open_udp(w);
    assert_int_equal(write_udp(w, "x", 1, 0), 0);
    wait_ms(w, 10);
    assert_int_equal(w->echo.from.port, 2069);
}

static void a_longer_datagram_is_cut_to_the_buffer(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_udp_read read;

    open_udp(w);
    assert_int_equal(write_udp(w, "0123456789", 10, 2000), 0);
    wait_ms(w, 10);
    assert_int_equal(read_udp(w, &read, 2000, 4), 0);
    assert_int_equal(read.buffer_size, 4);
    assert_memory_equal(w->memory + PXE_WORLD_BUFFER, "0123\xee", 5);
    assert_int_equal(read_udp(w, &read, 2000, 512), 0x01);
}

/* shows: PXE-3.4-d */
static void a_datagram_for_another_port_waits_its_turn(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_udp_read read;

    open_udp(w);
    assert_int_equal(write_udp(w, "first", 5, 2000), 0);
    wait_ms(w, 10);
    assert_int_equal(write_udp(w, "second", 6, 2001), 0);
    wait_ms(w, 10);
    assert_int_equal(read_udp(w, &read, 2001, 512), 0);
    assert_int_equal(read.buffer_size, 6);
    assert_int_equal(read_udp(w, &read, 2001, 512), 0x01);
    assert_int_equal(read_udp(w, &read, 2000, 512), 0);
    assert_memory_equal(w->memory + PXE_WORLD_BUFFER, "first", 5);
}

static void order_is_kept_and_a_flood_is_bounded(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_udp_read read;
    unsigned got = 0;

    open_udp(w);
    for (uint8_t n = 0; n < 100; n++) {
        assert_int_equal(write_udp(w, &n, 1, 2000), 0);
        wait_ms(w, 1);
    }
    for (int last = -1; read_udp(w, &read, 2000, 512) == 0; got++) {
        assert_true(w->memory[PXE_WORLD_BUFFER] > last);
        last = w->memory[PXE_WORLD_BUFFER];
    }
    assert_in_range(got, PXE_UDP_QUEUE, 100);
    assert_int_equal(got + w->api.udp.dropped, 100);
}

static void sizes_that_no_frame_holds_are_refused(void **state)
{
    struct pxe_world *w = *state;

    open_udp(w);
    assert_int_equal(write_udp(w, "", 0, 2000), 0);
    assert_int_equal(write_udp(w, "", 1473, 2000), 0x6c);
    assert_int_equal(write_udp(w, "", 65535, 2000), 0x6c);
}

static void nobody_there_ends_in_a_failure_soon(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_udp_write write = {.ip = {192, 168, 111, 77}, .buffer_size = 1};
    time_us before;

    open_udp(w);
    write.buffer = pxe_world_far(PXE_WORLD_BUFFER);
    before = w->world.now;
    assert_int_not_equal(pxe_world_call(w, PXENV_UDP_WRITE, &write, sizeof(write)), 0);
    assert_in_range(w->world.now - before, 0, MILLISECONDS(110));
}

/* pxelinux names a gateway when the server is on another network; here no router came with the lease. */
/* shows: PXE-3.4-c */
static void the_callers_gateway_is_the_way_where_no_route_is_known(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_udp_write write = {.ip = {10, 1, 2, 3}, .gw = {192, 168, 111, 130}, .buffer_size = 1};
    uint32_t forwarded;

    open_udp(w);
    write.buffer = pxe_world_far(PXE_WORLD_BUFFER);
    forwarded = w->server.net.dropped[DROP_NOT_FOR_US];
    assert_int_equal(pxe_world_call(w, PXENV_UDP_WRITE, &write, sizeof(write)), 0);
    wait_ms(w, 10);
    assert_int_equal(w->server.net.dropped[DROP_NOT_FOR_US], forwarded + 1); /* it is no router, but it was asked */
    memset(write.gw, 0, sizeof(write.gw));
    assert_int_not_equal(pxe_world_call(w, PXENV_UDP_WRITE, &write, sizeof(write)), 0);
}

/* shows: PXE-3.4-a, PXE-3.4-e */
static void closed_means_closed(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_udp_read read;
    struct pxenv_status_only close;

    assert_int_equal(read_udp(w, &read, 0, 512), 0x18);
    assert_int_equal(write_udp(w, "x", 1, 0), 0x18);
    assert_int_equal(pxe_world_call(w, PXENV_UDP_CLOSE, &close, sizeof(close)), 0x18);
    open_udp(w);
    open_udp(w); /* again: accepted, as other stacks do */
    assert_int_equal(pxe_world_call(w, PXENV_UDP_CLOSE, &close, sizeof(close)), 0);
    assert_int_equal(read_udp(w, &read, 0, 512), 0x18);
}

/* GRUB closes UNDI and returns to pxelinux, which goes on with UDP. */
static void udp_open_brings_a_closed_nic_back(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_status_only close;

    assert_int_equal(pxe_world_call(w, PXENV_UNDI_CLOSE, &close, sizeof(close)), 0);
    assert_false(w->session.nic->is_open);
    open_udp(w);
    assert_int_equal(write_udp(w, "x", 1, 0), 0);
    wait_ms(w, 10);
    assert_int_equal(w->echo.received, 1);
}

static void pointers_into_our_own_memory_are_refused(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_udp_read read = {.buffer_size = 512, .buffer = pxe_world_far(PXE_WORLD_LOW + PXE_WORLD_LOW_LEN - 1)};
    struct pxenv_udp_write write = {.ip = {192, 168, 111, 130}, .buffer_size = 512};

    open_udp(w);
    assert_int_equal(pxe_world_call(w, PXENV_UDP_READ, &read, sizeof(read)), 0x6c);
    write.buffer = pxe_world_far(PXE_WORLD_LOW - 511);
    assert_int_equal(pxe_world_call(w, PXENV_UDP_WRITE, &write, sizeof(write)), 0x6c);
}

static void udp_takes_the_nic_back_from_undi(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_undi_open undi = {.PktFilter = FLTR_DIRECTED};
    struct pxenv_udp_read read;

    open_udp(w);
    assert_int_equal(pxe_world_call(w, PXENV_UNDI_OPEN, &undi, sizeof(undi)), 0);
    assert_int_equal(write_udp(w, "hello", 5, 2000), 0);
    assert_int_equal(pxe_world_call(w, PXENV_UNDI_OPEN, &undi, sizeof(undi)), 0);
    wait_ms(w, 1);
    assert_int_equal(read_udp(w, &read, 2000, 512), 0);
    assert_int_equal(read.buffer_size, 5);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, pxe_world_start, pxe_world_stop)
    const struct CMUnitTest tests[] = {
        TEST(read_without_a_datagram_fails_soon),
        TEST(a_datagram_comes_back_with_every_address_filled_in),
        TEST(source_port_0_is_2069),
        TEST(a_longer_datagram_is_cut_to_the_buffer),
        TEST(a_datagram_for_another_port_waits_its_turn),
        TEST(order_is_kept_and_a_flood_is_bounded),
        TEST(sizes_that_no_frame_holds_are_refused),
        TEST(nobody_there_ends_in_a_failure_soon),
        TEST(the_callers_gateway_is_the_way_where_no_route_is_known),
        TEST(closed_means_closed),
        TEST(udp_open_brings_a_closed_nic_back),
        TEST(pointers_into_our_own_memory_are_refused),
        TEST(udp_takes_the_nic_back_from_undi),
    };

    return cmocka_run_group_tests_name("PXE API: UDP", tests, NULL, NULL);
}
