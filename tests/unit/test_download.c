/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What multicast left out comes by unicast: how many bytes a download then has, and whether that is the file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/boot/buffer_sink.h"
#include "firmware/boot/download.h"

enum {
    SIZE = 3 * 512 + 100,
};

static struct download d;
static struct buffer_sink buffer;
static struct block_map map;
static uint8_t memory[SIZE], zeros[SIZE];

/* Multicast brought the second and the last block, and gave up. */
static void fell_back(uint64_t size)
{
    memset(&d, 0, sizeof(d));
    block_map_clear(&map);
    (void)block_map_add(&map, 2);
    (void)block_map_add(&map, 4);
    buffer_sink_start(&buffer, memory, sizeof(memory));
    hole_sink_start(&d.holes, &buffer.sink, &map, 512 + 100, size);
    d.mode = DOWNLOAD_UNICAST;
    d.status = STATUS_PENDING;
    d.has_fallen_back = true;
    d.tftp.status = STATUS_PENDING;
    d.tftp.state = TFTP_RECEIVING;
}

static void comes(uint64_t at, size_t len)
{
    assert_int_equal(d.holes.sink.write(&d.holes.sink, at, slice_of(zeros, len)), STATUS_OK);
}

static void tftp_is_done(uint64_t received)
{
    d.tftp.state = TFTP_DONE;
    d.tftp.status = STATUS_OK;
    d.tftp.received = received;
}

/* Blocks behind a gap come again once a server was lost, or asked for smaller blocks. */
static void what_comes_twice_counts_once(void **state)
{
    (void)state;
    fell_back(SIZE);
    assert_int_equal(d.holes.sink.size_known(&d.holes.sink, SIZE), STATUS_OK);
    comes(1024, 512);
    comes(0, 1536);
    assert_in_range(download_received(&d), 1, SIZE);
    tftp_is_done(SIZE);
    assert_int_equal(download_status(&d), STATUS_OK);
    assert_int_equal(download_received(&d), SIZE);
}

static void who_tells_a_size_and_sends_less_has_not_sent_the_file(void **state)
{
    (void)state;
    fell_back(SIZE);
    assert_int_equal(d.holes.sink.size_known(&d.holes.sink, SIZE), STATUS_OK);
    comes(0, 600);
    tftp_is_done(600);
    assert_int_equal(download_status(&d), STATUS_TFTP_CANNOT_READ);
}

static void a_size_that_nobody_knows_agrees_with_none(void **state)
{
    (void)state;
    fell_back(UINT64_MAX);
    assert_int_equal(d.holes.sink.size_known(&d.holes.sink, UINT64_MAX), STATUS_FILE_TOO_BIG);
    assert_false(d.holes.is_filling);
    comes(0, 1536);
    comes(1536, 100);
    tftp_is_done(SIZE);
    assert_int_equal(download_received(&d), SIZE);
}

static void a_file_that_does_not_fit_says_how_long_it_is(void **state)
{
    (void)state;
    fell_back(UINT64_MAX);
    assert_int_equal(d.holes.sink.size_known(&d.holes.sink, 5000), STATUS_FILE_TOO_BIG);
    assert_int_equal(buffer.needed, 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_comes_twice_counts_once),
        cmocka_unit_test(who_tells_a_size_and_sends_less_has_not_sent_the_file),
        cmocka_unit_test(a_size_that_nobody_knows_agrees_with_none),
        cmocka_unit_test(a_file_that_does_not_fit_says_how_long_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
