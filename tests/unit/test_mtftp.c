/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* MTFTP (PXE 2.1) as it should be: listening, opening, receiving, closing; who joins late, and who repairs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/wire/tftp_packet.h"
#include "tests/harness/mtftp_script.h"

#define MS(n) MILLISECONDS(n)

enum {
    PORT = 40000,
    OTHER = 40001,
};

static struct mtftp_script s;

static time_us now_of(const struct transcript *t)
{
    return t->now - TRANSCRIPT_EPOCH;
}

static void acknowledging_client(struct transcript *t)
{
    time_us at = mtftp_script_open(&s, t, PORT);

    for (uint16_t block = 2; block < 6; block++) {
        at += MS(1);
        mtftp_script_group_block(t, at, PORT, block, block == 5 ? 100 : 512);
        if (block < 5)
            mtftp_script_acks(t, at, PORT, block);
    }
    mtftp_script_acks_last(t, at, PORT, 5);
    mtftp_script_is_whole(&s, t, 4 * 512 + 100);
    transcript_silent(t, at + SECONDS(60));
    if (t->whole) {
        assert_int_equal(s.mtftp.state, MTFTP_DONE);
        assert_int_equal(s.mtftp.blocks_useless, 1); /* the first one, by both ways */
        assert_int_equal(s.mtftp.requests, 1);
    }
}

/* shows: PXE-2.6-a, PXE-2.6-b, PXE-2.6-c, PXE-2.6-h */
static void opens_acknowledges_and_closes(void **state)
{
    (void)state;
    transcript_run_cut(acknowledging_client);
}

static void one_block(struct transcript *t)
{
    mtftp_script_start(&s, t, mtftp_script_group);
    mtftp_script_asks(t, SECONDS(1), SECONDS(2), MTFTP_SCRIPT_SERVER_PORT);
    mtftp_script_own_block(t, now_of(t), PORT, 1, 0);
    mtftp_script_acks(t, now_of(t), PORT, 1);
    mtftp_script_is_whole(&s, t, 0);
}

static void an_empty_file(void **state)
{
    (void)state;
    transcript_run(one_block);
}

static void listener(struct transcript *t)
{
    time_us at = MS(300);

    mtftp_script_start(&s, t, mtftp_script_group);
    for (uint16_t block = 1; block < 6; block++, at += MS(400))
        mtftp_script_group_block(t, at, PORT, block, block == 5 ? 0 : 512);
    mtftp_script_is_whole(&s, t, 4 * 512);
    transcript_silent(t, SECONDS(60));
    if (t->whole)
        assert_int_equal(t->sent, 0);
}

/* shows: PXE-2.6-a, PXE-2.6-d */
static void a_listener_that_hears_all_says_nothing(void **state)
{
    (void)state;
    transcript_run(listener);
}

/* Blocks 4 to 6 of a session, then a session of our own that skips them and closes with the last. */
static void joins_in_the_middle(struct transcript *t)
{
    time_us at = MS(10);

    mtftp_script_start(&s, t, mtftp_script_group);
    for (uint16_t block = 4; block <= 6; block++, at += MS(1))
        mtftp_script_group_block(t, at, PORT, block, block == 6 ? 7 : 512);
    mtftp_script_asks(t, at + MS(40), at + MS(600), MTFTP_SCRIPT_SERVER_PORT); /* its end was heard: no reopen delay */
    at = t->whole ? now_of(t) + MS(1) : SECONDS(3);
    mtftp_script_own_block(t, at, OTHER, 1, 512);
    mtftp_script_acks(t, at, OTHER, 1);
    mtftp_script_group_block(t, at, OTHER, 2, 512);
    mtftp_script_acks(t, at, OTHER, 2);
    mtftp_script_group_block(t, at, OTHER, 3, 512);
    mtftp_script_acks(t, at, OTHER, 5);
    mtftp_script_group_block(t, at, OTHER, 6, 7);
    mtftp_script_acks(t, at, OTHER, 6);
    mtftp_script_is_whole(&s, t, 5 * 512 + 7);
    if (t->whole)
        assert_int_equal(s.mtftp.seeks, MTFTP_SEEKS_YES);
}

/* shows: PXE-2.6-e, PXE-2.6-g */
static void who_joins_late_skips_what_is_here(void **state)
{
    (void)state;
    transcript_run(joins_in_the_middle);
}

static void start_missing_a_few(struct transcript *t, time_us *at)
{
    mtftp_script_start(&s, t, mtftp_script_group);
    for (uint16_t block = 4; block <= 6; block++)
        mtftp_script_group_block(t, MS(10), PORT, block, block == 6 ? 7 : 512);
    transcript_sends(t, 0, SECONDS(1));
    *at = t->whole ? now_of(t) + MS(1) : SECONDS(3);
    for (uint16_t block = 1; block <= 3; block++) {
        if (block == 1)
            mtftp_script_own_block(t, *at, OTHER, block, 512);
        else
            mtftp_script_group_block(t, *at, OTHER, block, 512);
        mtftp_script_acks(t, *at, OTHER, block < 3 ? block : 5);
    }
}

static void counting_server(struct transcript *t)
{
    time_us at;

    start_missing_a_few(t, &at);
    mtftp_script_group_block(t, at, OTHER, 4, 512);
    mtftp_script_acks(t, at, OTHER, 5); /* to the last block: it counts, and sends the next one */
    mtftp_script_group_block(t, at, OTHER, 5, 512);
    mtftp_script_acks(t, at, OTHER, 5);
    mtftp_script_group_block(t, at, OTHER, 6, 7);
    mtftp_script_acks(t, at, OTHER, 6);
    mtftp_script_is_whole(&s, t, 5 * 512 + 7);
}

/* shows: PXE-2.6-c */
static void a_server_that_counts_gets_each_ack(void **state)
{
    (void)state;
    transcript_run(counting_server);
}

/* It takes ACK 5 for a wrong one, and repeats block 3 when its time is over; ours may be over before. */
static void strict_server(struct transcript *t)
{
    time_us at;

    start_missing_a_few(t, &at);
    mtftp_script_group_block(t, at + MS(15), OTHER, 3, 512);
    mtftp_script_acks(t, at + MS(15), OTHER, 3);
    mtftp_script_group_block(t, at + MS(16), OTHER, 4, 512);
    mtftp_script_acks(t, at + MS(16), OTHER, 5); /* one failure may have been a lost ACK */
    mtftp_script_group_block(t, at + MS(28), OTHER, 4, 512);
    mtftp_script_acks(t, at + MS(28), OTHER, 4);
    mtftp_script_group_block(t, at + MS(29), OTHER, 5, 512);
    mtftp_script_acks(t, at + MS(29), OTHER, 5);
    mtftp_script_group_block(t, at + MS(30), OTHER, 6, 7);
    mtftp_script_acks(t, at + MS(30), OTHER, 6);
    mtftp_script_is_whole(&s, t, 5 * 512 + 7);
}

/* shows: PXE-2.6-c */
static void a_server_that_repeats_instead_gets_each_ack(void **state)
{
    (void)state;
    transcript_run(strict_server);
}

static void silent_about_skips(struct transcript *t)
{
    time_us at;

    start_missing_a_few(t, &at);
    transcript_sends_bytes(t, at + MS(10), at + MS(400), BYTES("\0\4\0\5"));
    transcript_sends_bytes(t, at + MS(20), at + SECONDS(2), BYTES("\0\4\0\3"));
}

/* shows: PXE-2.6-c */
static void a_server_that_is_silent_gets_each_ack(void **state)
{
    (void)state;
    transcript_run(silent_about_skips);
}

/* The end of somebody else's session is no reason to open while another one runs. */
static void suppressed(struct transcript *t)
{
    time_us at = MS(900);

    mtftp_script_start(&s, t, mtftp_script_group);
    for (uint16_t block = 3; block < 60; block++, at += MS(900))
        mtftp_script_group_block(t, at, PORT, block, 512);
    mtftp_script_asks(t, at - MS(900) + SECONDS(1), at + SECONDS(1), MTFTP_SCRIPT_SERVER_PORT);
    /* Somebody else was faster. */
    at = t->whole ? now_of(t) : at + SECONDS(2);
    mtftp_script_group_block(t, at + MS(1), OTHER, 1, 512);
    transcript_silent(t, at + MS(900));
    mtftp_script_group_block(t, at + MS(900), OTHER, 2, 512);
    if (t->whole) {
        assert_int_equal(s.mtftp.state, MTFTP_LISTENING);
        assert_int_equal(s.map.count, 59);
    }
}

/* shows: PXE-2.6-f */
static void nobody_opens_while_a_session_runs(void **state)
{
    (void)state;
    transcript_run(suppressed);
}

/* The block by unicast was lost and comes when the server's time is over; the one by multicast came. */
static void late_unicast(struct transcript *t)
{
    time_us at;

    mtftp_script_start(&s, t, mtftp_script_group);
    transcript_sends(t, 0, SECONDS(2));
    at = t->whole ? now_of(t) : SECONDS(2);
    mtftp_script_group_block(t, at + MS(1), PORT, 1, 512);
    transcript_passes(t, at + MS(4999));
    if (t->whole)
        assert_int_equal(s.mtftp.status, STATUS_PENDING);
    mtftp_script_own_block(t, at + MS(5000), PORT, 1, 512);
    mtftp_script_acks(t, at + MS(5000), PORT, 1);
    mtftp_script_group_block(t, at + MS(5001), PORT, 2, 9);
    mtftp_script_acks(t, at + MS(5001), PORT, 2);
    mtftp_script_is_whole(&s, t, 521);
}

static void the_first_block_by_unicast_may_be_late(void **state)
{
    (void)state;
    transcript_run(late_unicast);
}

static void lost_last_ack(struct transcript *t)
{
    time_us at = mtftp_script_open(&s, t, PORT) + MS(1);

    mtftp_script_group_block(t, at, PORT, 2, 3);
    mtftp_script_acks_last(t, at, PORT, 2);
    mtftp_script_group_block(t, at + SECONDS(5), PORT, 2, 3);
    mtftp_script_acks_last(t, at + SECONDS(5), PORT, 2);
    mtftp_script_group_block(t, at + SECONDS(9), OTHER, 1, 512); /* others go on */
    transcript_silent(t, at + SECONDS(60));
    mtftp_script_is_whole(&s, t, 515);
}

static void a_lost_last_ack_is_repeated(void **state)
{
    (void)state;
    transcript_run(lost_last_ack);
}

static void lost_block(struct transcript *t)
{
    time_us at = mtftp_script_open(&s, t, PORT);

    mtftp_script_group_block(t, at + MS(1), PORT, 2, 512);
    mtftp_script_acks(t, at + MS(1), PORT, 2);
    transcript_sends_bytes(t, at + MS(15), at + MS(40), BYTES("\0\4\0\2"));
    transcript_sends_bytes(t, at + MS(40), at + MS(100), BYTES("\0\4\0\2"));
    mtftp_script_group_block(t, at + MS(101), PORT, 3, 512);
    mtftp_script_acks(t, at + MS(101), PORT, 3);
    mtftp_script_group_block(t, at + MS(102), PORT, 3, 512); /* the answer to the second: no reason for another ACK */
    transcript_silent(t, at + MS(110));
    if (t->whole)
        assert_int_equal(s.mtftp.repeats, 2);
}

static void a_block_that_does_not_come_is_asked_for_again(void **state)
{
    (void)state;
    transcript_run(lost_block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_acknowledges_and_closes),
        cmocka_unit_test(an_empty_file),
        cmocka_unit_test(a_listener_that_hears_all_says_nothing),
        cmocka_unit_test(who_joins_late_skips_what_is_here),
        cmocka_unit_test(a_server_that_counts_gets_each_ack),
        cmocka_unit_test(a_server_that_repeats_instead_gets_each_ack),
        cmocka_unit_test(a_server_that_is_silent_gets_each_ack),
        cmocka_unit_test(nobody_opens_while_a_session_runs),
        cmocka_unit_test(the_first_block_by_unicast_may_be_late),
        cmocka_unit_test(a_lost_last_ack_is_repeated),
        cmocka_unit_test(a_block_that_does_not_come_is_asked_for_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
