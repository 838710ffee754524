/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* PXENV_TFTP_READ_FILE and RESTART_TFTP with a multicast address: MTFTP (PXE 2.1 sections 4.2.7 and 4.1.5). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/sim/mtftp_host.h"
#include "tests/sim/pxe_world.h"

enum {
    BIG = 200000,
};

static struct mtftp_host mtftp;
static uint8_t big[BIG];

static int start(void **state)
{
    int result = pxe_world_start(state);

    for (size_t at = 0; at < sizeof(big); at++)
        big[at] = pxe_world_file_byte(at);
    if (result == 0)
        mtftp_host_start(&mtftp, &((struct pxe_world *)*state)->server, "big", slice_of(big, sizeof(big)));
    return result;
}

static struct pxenv_tftp_read_file block_of(uint32_t room)
{
    return (struct pxenv_tftp_read_file){
        .FileName = "big",
        .Buffer = 0x200000,
        .BufferSize = room,
        .ServerIPAddress = {192, 168, 111, 130},
        .McastIPAddress = {239, 255, 1, 1},
        .TFTPClntPort = {MTFTP_HOST_CLIENT_PORT >> 8, MTFTP_HOST_CLIENT_PORT & 0xff}, /* network byte order */
        .TFTPSrvPort = {MTFTP_HOST_PORT >> 8, MTFTP_HOST_PORT & 0xff},
        .TFTPOpenTimeOut = 1,
        .TFTPReopenDelay = 1,
    };
}

static void is_big(const struct pxe_world *w)
{
    assert_memory_equal(w->memory + 0x200000, big, sizeof(big));
    assert_int_equal(w->memory[0x200000 + BIG], 0);
}

/* shows: PXE-3.3-g */
static void read_file_comes_by_multicast(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_tftp_read_file read = block_of(BIG);
    unsigned requests = w->tftp.requests;

    assert_int_equal(pxe_world_call(w, PXENV_TFTP_READ_FILE, &read, sizeof(read)), 0);
    assert_int_equal(read.BufferSize, BIG);
    is_big(w);
    assert_int_equal(w->tftp.requests, requests);
    assert_int_equal(mtftp.model.sessions, 1);
}

static void read_file_listens_for_as_long_as_it_is_told(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_tftp_read_file read = block_of(BIG);
    time_us begin = w->world.now;

    read.TFTPOpenTimeOut = 20;
    assert_int_equal(pxe_world_call(w, PXENV_TFTP_READ_FILE, &read, sizeof(read)), 0);
    assert_in_range(w->world.now - begin, SECONDS(20), SECONDS(23));
}

/* shows: PXE-2.6-i */
static void without_an_mtftp_server_it_comes_by_unicast(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_tftp_read_file read = block_of(BIG);

    mtftp.model.knobs.is_deaf = true;
    assert_int_equal(pxe_world_call(w, PXENV_TFTP_READ_FILE, &read, sizeof(read)), 0);
    assert_int_equal(read.BufferSize, BIG);
    is_big(w);
}

static void a_buffer_too_small_is_told_its_size(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_tftp_read_file read = block_of(BIG - 1);

    assert_int_equal(pxe_world_call(w, PXENV_TFTP_READ_FILE, &read, sizeof(read)), 0x79);
    assert_int_equal(read.BufferSize, BIG);
    assert_int_equal(w->memory[0x200000 + BIG - 1], 0);
}

/* What is no group, or lacks a port, is what callers leave in fields they do not mean. */
static void half_a_group_is_none(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_tftp_read_file read = block_of(BIG);

    read.McastIPAddress[0] = 10;
    read.TFTPSrvPort[0] = 0;
    read.TFTPSrvPort[1] = 69;
    assert_int_equal(pxe_world_call(w, PXENV_TFTP_READ_FILE, &read, sizeof(read)), 0);
    read = block_of(BIG);
    read.TFTPSrvPort[0] = read.TFTPSrvPort[1] = 0;
    assert_int_equal(pxe_world_call(w, PXENV_TFTP_READ_FILE, &read, sizeof(read)), 0);
    is_big(w);
    assert_int_equal(mtftp.model.requests, 0);
}

/* shows: PXE-3.2-f */
static void restart_comes_by_multicast(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_tftp_read_file restart = block_of(0);

    assert_int_equal(pxe_world_call(w, PXENV_RESTART_TFTP, &restart, sizeof(restart)), 0);
    assert_int_equal(w->restarts, 1);
    assert_int_equal(w->restarted_len, BIG);
    assert_memory_equal(w->file_memory, big, sizeof(big));
    assert_int_equal(mtftp.model.sessions, 1);
}

static void a_packet_by_packet_transfer_follows_unharmed(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_tftp_read_file read = block_of(BIG);
    struct pxenv_tftp_open open = {.ServerIPAddress = {192, 168, 111, 130}, .FileName = "text", .TFTPPort = {0, 69}};

    assert_int_equal(pxe_world_call(w, PXENV_TFTP_READ_FILE, &read, sizeof(read)), 0);
    open.PacketSize = 512;
    assert_int_equal(pxe_world_call(w, PXENV_TFTP_OPEN, &open, sizeof(open)), 0);
    assert_int_equal(w->session.transfer.mode, DOWNLOAD_UNICAST);
    assert_int_equal(w->session.nic->owner, NIC_OWNER_STACK);
    assert_int_equal(w->world.wire.ends[0].group_count, 0); /* nobody listens to it any more */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, pxe_world_stop)
    const struct CMUnitTest tests[] = {
        TEST(read_file_comes_by_multicast),
        TEST(read_file_listens_for_as_long_as_it_is_told),
        TEST(without_an_mtftp_server_it_comes_by_unicast),
        TEST(a_buffer_too_small_is_told_its_size),
        TEST(half_a_group_is_none),
        TEST(restart_comes_by_multicast),
        TEST(a_packet_by_packet_transfer_follows_unharmed),
    };

    return cmocka_run_group_tests_name("PXE API: MTFTP", tests, NULL, NULL);
}
