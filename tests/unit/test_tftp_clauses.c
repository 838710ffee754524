/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Clauses of RFC 1350, 2347 and 7440 that no adversarial row covers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/wire/tftp_packet.h"
#include "tests/harness/tftp_script.h"
#include "tests/sim/net_bench.h"

#define MS(n) MILLISECONDS(n)

static struct tftp_script s;

static void capitals(struct transcript *t)
{
    tftp_script_start(&s, t, tftp_script_request);
    transcript_sends(t, 0, 0);
    if (t->whole)
        assert_int_equal(t->sent_to.port, 69);
    transcript_gets(t, MS(1), s.server, tftp_script_oack(BYTES("BLKSIZE\0001000\0WindowSize\0002\0tSize\0002010\0")));
    tftp_script_acks(t, MS(1), MS(1), 0);
    tftp_script_block(&s, t, MS(2), 1);
    tftp_script_block(&s, t, MS(2), 2);
    tftp_script_acks(t, MS(2), MS(2), 2);
    tftp_script_last_block(&s, t, MS(3), 3);
    if (t->whole)
        assert_int_equal(s.told_size, 2010);
}

/* shows: RFC1350-4-b, RFC2347-1-b */
static void option_names_are_the_same_in_capitals(void **state)
{
    (void)state;
    transcript_run_cut(capitals);
}

static char name[TFTP_FILE_NAME_MAX + 1];

static void longest(struct transcript *t)
{
    struct tftp_request request = {.file = name, .receive_frames = 4096, .directory = true};

    for (unsigned n = 0; n < 2; n++) {
        /* Large blocks take most digits where there are no windows, the window where there are. */
        s.keeps_experience = true;
        s.experience = n == 0 ? (struct tftp_experience){.server = 0xc0a86f82u, .window = 64, .frames = 44}
                              : (struct tftp_experience){.server = 0xc0a86f82u, .ignores_window = true, .frames = 44};
        tftp_script_start(&s, t, request);
        assert_in_range(transcript_sends(t, 0, 0).len, 256 + 2, 512);
    }
}

/* shows: RFC2347-1-e */
static void the_longest_request_has_512_bytes_at_most(void **state)
{
    (void)state;
    memset(name, 'n', TFTP_FILE_NAME_MAX);
    transcript_run(longest);
}

/* The server did not get the ACK of its window, and sends the window again. */
static void window_again(struct transcript *t)
{
    s.keeps_experience = false;
    tftp_script_open(&s, t, tftp_script_request, BYTES("blksize\0001000\0windowsize\0004\0"));
    for (unsigned block = 1; block <= 4; block++)
        tftp_script_block(&s, t, MS(2), block);
    tftp_script_acks(t, MS(2), MS(2), 4);
    for (unsigned block = 1; block <= 4; block++)
        tftp_script_block(&s, t, MS(15), block);
    tftp_script_acks(t, MS(15), MS(15), 4); /* once, not for each of them */
    tftp_script_last_block(&s, t, MS(16), 5);
    assert_int_equal(t->sent, t->whole ? 5 : t->sent);
}

/* shows: RFC7440-4-f, RFC7440-5-c */
static void a_window_that_comes_again_is_acknowledged_once(void **state)
{
    (void)state;
    transcript_run_cut(window_again);
}

/* shows: RFC1350-4-a */
static void each_transfer_has_a_port_at_random(void **state)
{
    enum {
        TRANSFERS = 300
    };
    struct bench *b = *state;
    unsigned same = 0, near = 0;
    uint16_t before = 0;

    for (unsigned n = 0; n < TRANSFERS; n++) {
        uint16_t port = net_pick_port(&b->net);

        same += port == before;
        near += port == before + 1;
        before = port;
    }
    assert_true(same <= 1);
    assert_true(near <= 2); /* nor are they counted up */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(option_names_are_the_same_in_capitals),
        cmocka_unit_test(the_longest_request_has_512_bytes_at_most),
        cmocka_unit_test(a_window_that_comes_again_is_acknowledged_once),
        cmocka_unit_test_setup_teardown(each_transfer_has_a_port_at_random, bench_start, bench_stop),
    };

    return cmocka_run_group_tests_name("tftp_clauses", tests, NULL, NULL);
}
