/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Blocks that come late, twice, out of order or not at all: adversarial rows T-TF-08, 11 to 14, 19 to 24 and 29. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/wire/tftp_packet.h"
#include "tests/harness/tftp_script.h"

#define MS(n) MILLISECONDS(n)

static struct tftp_script s;

static int fresh(void **state)
{
    (void)state;
    s.keeps_experience = false;
    return 0;
}

static void second_oack(struct transcript *t)
{
    tftp_script_open(&s, t, tftp_script_request, BYTES("blksize\0001000\0"));
    transcript_gets(t, MS(1) + 100, s.server, tftp_script_oack(BYTES("blksize\0001000\0"))); /* the network's */
    transcript_gets(t, MS(15), s.server, tftp_script_oack(BYTES("blksize\0001000\0")));      /* ACK 0 was lost */
    tftp_script_acks(t, MS(15), MS(15), 0);
    tftp_script_block(&s, t, MS(16), 1);
    tftp_script_acks(t, MS(16), MS(16), 1);
    transcript_gets(t, MS(17), s.server, tftp_script_oack(BYTES("blksize\000500\0")));
    tftp_script_block(&s, t, MS(18), 2);
    tftp_script_acks(t, MS(18), MS(18), 2);
    tftp_script_last_block(&s, t, MS(19), 3);
}

/* shows: RFC2347-3-c */
static void t_tf_08_second_oack(void **state)
{
    (void)state;
    transcript_run_cut(second_oack);
}

static void not_block_1_first(struct transcript *t)
{
    tftp_script_start(&s, t, tftp_script_request);
    transcript_sends(t, 0, 0);
    transcript_gets(t, MS(1), s.server, tftp_script_data(0, 0, 512));
    transcript_gets(t, MS(2), s.server, tftp_script_data(65535, 0, 512));
    transcript_gets(t, MS(3), s.server, tftp_script_data(2, 0, 512));
    transcript_gets(t, MS(4), s.server, tftp_script_oack(BYTES("blksize\0001000\0windowsize\0004\0")));
    tftp_script_acks(t, MS(4), MS(4), 0);
    assert_int_equal(s.writes, 0);
    transcript_gets(t, MS(5), s.server, tftp_script_data(0, 0, 1000));
    transcript_gets(t, MS(5), s.server, tftp_script_data(65535, 0, 1000));
    transcript_gets(t, MS(5), s.server, tftp_script_data(1000, 0, 1000));
    assert_int_equal(s.writes, 0);
    tftp_script_last_block(&s, t, MS(6), 1);
}

/* shows: RFC1350-4-c, RFC1350-4-d */
static void t_tf_11_other_blocks_first(void **state)
{
    (void)state;
    transcript_run(not_block_1_first);
}

static void too_long(struct transcript *t)
{
    tftp_script_open(&s, t, tftp_script_request, BYTES("blksize\0001000\0"));
    transcript_gets(t, MS(2), s.server, tftp_script_data(1, 0, 1001));
    tftp_script_complains(t, MS(2), s.server, TFTP_ERROR_ILLEGAL_OPERATION);
    transcript_silent(t, SECONDS(200));
    if (t->whole)
        assert_int_equal(s.tftp.status, STATUS_TFTP_BAD_SIZE);
    else
        return;
    assert_int_equal(s.writes, 0);
}

static void too_long_without_options(struct transcript *t)
{
    tftp_script_start(&s, t, tftp_script_request);
    transcript_sends(t, 0, 0);
    transcript_gets(t, MS(1), s.server, tftp_script_data(1, 0, 1468));
    tftp_script_complains(t, MS(1), s.server, TFTP_ERROR_ILLEGAL_OPERATION);
    transcript_silent(t, SECONDS(200));
    assert_int_equal(s.tftp.status, STATUS_TFTP_BAD_SIZE);
    assert_int_equal(s.writes, 0);
}

static void short_in_the_middle(struct transcript *t)
{
    tftp_script_open(&s, t, tftp_script_request, BYTES("blksize\0001000\0windowsize\0004\0"));
    tftp_script_block(&s, t, MS(2), 1);
    tftp_script_last_block(&s, t, MS(3), 2);
    tftp_script_block(&s, t, MS(4), 3);
    tftp_script_block(&s, t, MS(4), 4);
    transcript_silent(t, SECONDS(200));
    assert_int_equal(s.tftp.state, TFTP_DONE);
    assert_int_equal(s.highest, 1010);
}

/* shows: RFC1350-1-a, RFC1350-5-c, RFC2348-2-c, RFC2348-2-e */
static void t_tf_13_blocks_of_the_wrong_length(void **state)
{
    (void)state;
    transcript_run_cut(too_long);
    transcript_run(too_long_without_options);
    transcript_run(short_in_the_middle);
}

static void empty_file(struct transcript *t)
{
    tftp_script_open(&s, t, tftp_script_request, BYTES("tsize\0000\0blksize\0001000\0"));
    transcript_gets(t, MS(2), s.server, tftp_script_data(1, 0, 0));
    tftp_script_acks(t, MS(2), MS(2), 1);
    assert_int_equal(s.tftp.status, t->whole ? STATUS_OK : s.tftp.status);
    assert_int_equal(s.writes, 0);
    assert_int_equal(s.tftp.received, 0);
}

static void empty_last_block(struct transcript *t)
{
    tftp_script_open(&s, t, tftp_script_request, BYTES("tsize\0002000\0blksize\0001000\0windowsize\0002\0"));
    tftp_script_block(&s, t, MS(2), 1);
    tftp_script_block(&s, t, MS(2), 2);
    tftp_script_acks(t, MS(2), MS(2), 2);
    transcript_gets(t, MS(3), s.server, tftp_script_data(3, 2000, 0));
    tftp_script_acks(t, MS(3), MS(3), 3);
    if (!t->whole)
        return;
    assert_int_equal(s.tftp.status, STATUS_OK);
    assert_int_equal(s.tftp.received, 2000);
    assert_int_equal(tftp_script_have(&s), 2000);
}

/* shows: RFC2348-2-d */
static void t_tf_14_lengths_that_are_multiples(void **state)
{
    (void)state;
    transcript_run_cut(empty_file);
    transcript_run_cut(empty_last_block);
}

static unsigned copies;

static void each_block_many_times(struct transcript *t)
{
    tftp_script_open(&s, t, tftp_script_request, BYTES("blksize\0001000\0windowsize\0004\0"));
    for (unsigned block = 1; block <= 12; block++) {
        tftp_script_block(&s, t, MS(block), block);
        if (block % 4 == 0)
            tftp_script_acks(t, MS(block), MS(block), (uint16_t)block);
        for (unsigned n = 1; n < copies; n++)
            tftp_script_block(&s, t, MS(block) + n, block);
    }
    tftp_script_last_block(&s, t, MS(13), 13);
    for (unsigned n = 1; n < copies; n++)
        transcript_gets(t, MS(13) + n, s.server, tftp_script_data(13, 12000, 10));
    transcript_silent(t, SECONDS(60));
    assert_int_equal(t->sent, 1 + 1 + 3 + 1);
}

static void each_block_many_times_in_lock_step(struct transcript *t)
{
    tftp_script_open(&s, t, tftp_script_request, BYTES("blksize\0001000\0"));
    for (unsigned block = 1; block <= 12; block++) {
        tftp_script_block(&s, t, MS(block), block);
        tftp_script_acks(t, MS(block), MS(block), (uint16_t)block);
        for (unsigned n = 1; n < copies; n++)
            tftp_script_block(&s, t, MS(block) + n, block);
    }
    assert_int_equal(t->sent, 2 + 12);
}

/* shows: RFC7440-5-c */
static void t_tf_19_duplicates(void **state)
{
    (void)state;
    for (copies = 2; copies <= 10; copies += 8) {
        transcript_run(each_block_many_times);
        transcript_run(each_block_many_times_in_lock_step);
    }
}

/* Two windows' worth of blocks, the one numbered `lost` lost the first time. The server goes on from each ACK. */
static unsigned window, lost;

static void one_block_lost(struct transcript *t)
{
    static char options[64];
    struct writer w = writer_of(options, sizeof(options));
    unsigned total = 2 * window + 1, acked = 0, sent = 0, retold = 0;
    time_us at = MS(2);

    tftp_option_emit(&w, "blksize", 1000);
    tftp_option_emit(&w, "windowsize", window);
    s.experience = (struct tftp_experience){.server = 0xc0a86f82u, .window = 64};
    s.keeps_experience = true;
    tftp_script_open(&s, t, tftp_script_request, writer_written(&w));
    while (s.tftp.status == STATUS_PENDING) {
        unsigned packets = t->sent;

        for (unsigned block = acked + 1; block <= acked + window && block <= total; block++) {
            sent++;
            if (block != lost)
                transcript_gets(t, at, s.server,
                                tftp_script_data((uint16_t)block, (block - 1) * 1000u, block == total ? 10 : 1000));
            else
                lost = 0, retold++;
            transcript_passes(t, at);
            at += 10;
        }
        if (t->sent == packets) /* the last one of the window was lost: the timer's turn */
            transcript_sends(t, at, at + MS(300));
        assert_int_equal(t->sent, packets + 1 + (s.tftp.window.gaps != 0 && retold == 1 && t->sent == packets + 2));
        retold += retold != 0;
        acked = s.tftp.window.acked;
        at = t->now - TRANSCRIPT_EPOCH + MS(1);
    }
    assert_int_equal(s.tftp.received, 2 * window * 1000 + 10);
    assert_int_equal(tftp_script_have(&s), s.tftp.received);
    assert_int_equal(s.twice, 0);
    assert_true(sent <= total + window);
    /* The request, ACK 0, two windows and the end; and one for the gap. */
    assert_true(t->sent <= 2 + 3 + 1);
}

/* shows: RFC7440-4-c, RFC7440-4-d, RFC7440-4-e */
static void t_tf_20_one_block_lost_at_each_position(void **state)
{
    static const unsigned windows[] = {4, 16, 64};

    (void)state;
    for (unsigned n = 0; n < 3; n++) {
        window = windows[n];
        for (unsigned position = 1; position <= 2 * window + 1; position++) {
            lost = position;
            transcript_run(one_block_lost);
        }
    }
}

static void neighbours_swapped(struct transcript *t)
{
    tftp_script_open(&s, t, tftp_script_request, BYTES("blksize\0001000\0windowsize\0004\0"));
    tftp_script_block(&s, t, MS(2), 2);
    tftp_script_acks(t, MS(2), MS(2), 0);
    tftp_script_block(&s, t, MS(2) + 1, 1);
    tftp_script_block(&s, t, MS(2) + 2, 4);
    tftp_script_acks(t, MS(2) + 2, MS(2) + 2, 2);
    tftp_script_block(&s, t, MS(2) + 3, 3);
    /* What the server sends for ACK 0, then for ACK 2. */
    for (unsigned block = 1; block <= 4; block++)
        tftp_script_block(&s, t, MS(3) + block, block);
    for (unsigned block = 3; block <= 6; block++)
        tftp_script_block(&s, t, MS(3) + 10 + block, block);
    tftp_script_acks(t, MS(3) + 16, MS(3) + 16, 6);
    tftp_script_last_block(&s, t, MS(4), 7);
    assert_int_equal(t->sent, 2 + 2 + 2);
}

static void one_block_delayed(struct transcript *t)
{
    tftp_script_open(&s, t, tftp_script_request, BYTES("blksize\0001000\0windowsize\0004\0"));
    tftp_script_block(&s, t, MS(2), 1);
    tftp_script_block(&s, t, MS(2), 3);
    tftp_script_acks(t, MS(2), MS(2), 1);
    tftp_script_block(&s, t, MS(2), 4);
    for (unsigned block = 2; block <= 5; block++)
        tftp_script_block(&s, t, MS(3), block);
    tftp_script_acks(t, MS(3), MS(3), 5);
    tftp_script_block(&s, t, MS(12), 2); /* ten round trips late */
    for (unsigned block = 6; block <= 9; block++)
        tftp_script_block(&s, t, MS(13), block);
    tftp_script_acks(t, MS(13), MS(13), 9);
    tftp_script_last_block(&s, t, MS(14), 10);
}

/* shows: RFC7440-4-c, RFC7440-5-c, RFC7440-4-b */
static void t_tf_21_reordered_blocks(void **state)
{
    (void)state;
    transcript_run(neighbours_swapped);
    transcript_run(one_block_delayed);
}

/* The gap's block is lost again: told again, but only once the server has passed it a second time. */
static void lost_twice(struct transcript *t)
{
    tftp_script_open(&s, t, tftp_script_request, BYTES("blksize\0001000\0windowsize\0004\0"));
    tftp_script_block(&s, t, MS(2), 2);
    tftp_script_acks(t, MS(2), MS(2), 0);
    tftp_script_block(&s, t, MS(2) + 10, 3);
    tftp_script_block(&s, t, MS(2) + 20, 4);
    tftp_script_block(&s, t, MS(3), 2);
    tftp_script_acks(t, MS(3), MS(3), 0);
    tftp_script_block(&s, t, MS(3) + 10, 3);
    tftp_script_block(&s, t, MS(3) + 20, 4);
    tftp_script_block(&s, t, MS(4), 1);
    tftp_script_acks(t, MS(4), MS(4), 4); /* the window is complete, though the server sends the rest of it again */
    for (unsigned block = 2; block <= 4; block++)
        tftp_script_block(&s, t, MS(4) + block, block);
    tftp_script_last_block(&s, t, MS(5), 5);
}

/* shows: RFC7440-4-c, RFC7440-4-d */
static void t_tf_20_the_same_block_lost_twice(void **state)
{
    (void)state;
    transcript_run_cut(lost_twice);
}

/* A server that repeats its last block every 3 s and never hears us. */
static void last_ack_lost(struct transcript *t)
{
    tftp_script_open(&s, t, tftp_script_request, BYTES("blksize\0001000\0"));
    tftp_script_last_block(&s, t, MS(2), 1);
    for (time_us at = SECONDS(3); at <= SECONDS(9); at += SECONDS(3)) {
        transcript_gets(t, at, s.server, tftp_script_data(1, 0, 10));
        tftp_script_acks(t, at, at, 1);
        assert_true(tftp_is_complete(&s.tftp));
        assert_false(tftp_is_quiet(&s.tftp));
    }
    transcript_silent(t, SECONDS(60));
    assert_true(tftp_is_quiet(&s.tftp));
    assert_int_equal(s.twice, 0);
}

/* shows: RFC1350-6-b */
static void t_tf_24_last_ack_lost(void **state)
{
    (void)state;
    transcript_run(last_ack_lost);
}

static void window_ahead_of_the_ack(struct transcript *t)
{
    tftp_script_open(&s, t, tftp_script_request, BYTES("blksize\0001000\0windowsize\0004\0"));
    for (unsigned block = 1; block <= 4; block++)
        tftp_script_block(&s, t, MS(2), block);
    for (unsigned block = 5; block <= 7; block++) {
        struct udp_datagram early = {.from = s.server, .to = t->own};

        early.payload = tftp_script_data((uint16_t)block, (block - 1) * 1000u, 1000);
        s.tftp.udp.ops->input(&s.tftp.udp, t->now, &early);
    }
    tftp_script_acks(t, MS(2), MS(2), 7);
    tftp_script_last_block(&s, t, MS(3), 8);
}

static void t_tf_29_next_window_before_the_ack(void **state)
{
    (void)state;
    transcript_run(window_ahead_of_the_ack);
}

/* PXENV_TFTP_READ: the ACK waits for the caller, and blocks sent again meanwhile change nothing. */
static void held_back(struct transcript *t)
{
    tftp_script_open(&s, t, (struct tftp_request){.block_size_max = 1000, .paced = true}, BYTES("blksize\0001000\0"));
    tftp_script_block(&s, t, MS(2), 1);
    transcript_silent(t, SECONDS(3));
    tftp_script_block(&s, t, SECONDS(4), 1);
    tftp_script_block(&s, t, SECONDS(4), 2); /* it may not come before the ACK, and finds no room */
    transcript_silent(t, SECONDS(5));
    assert_int_equal(s.writes, t->whole ? 1 : s.writes);
    tftp_resume(&s.tftp, t->now);
    tftp_script_acks(t, SECONDS(5), SECONDS(5), 1);
    tftp_resume(&s.tftp, t->now);
    transcript_silent(t, SECONDS(5) + MS(3));
    tftp_script_last_block(&s, t, SECONDS(5) + MS(5), 2);
}

static void held_window(struct transcript *t)
{
    tftp_script_open(&s, t, (struct tftp_request){.window_max = 2, .paced = true},
                     BYTES("blksize\0001000\0windowsize\0002\0"));
    tftp_script_block(&s, t, MS(2), 2);
    tftp_script_acks(t, MS(2), MS(2), 0); /* a gap is told at once */
    tftp_script_block(&s, t, MS(3), 1);
    transcript_silent(t, SECONDS(3));
    tftp_resume(&s.tftp, t->now);
    tftp_script_acks(t, SECONDS(3), SECONDS(3), 2);
    tftp_script_last_block(&s, t, SECONDS(3) + MS(5), 3);
}

static void a_paced_caller_holds_the_ack(void **state)
{
    (void)state;
    transcript_run_cut(held_back);
    transcript_run(held_window);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(t_tf_08_second_oack, fresh),
        cmocka_unit_test_setup(t_tf_11_other_blocks_first, fresh),
        cmocka_unit_test_setup(t_tf_13_blocks_of_the_wrong_length, fresh),
        cmocka_unit_test_setup(t_tf_14_lengths_that_are_multiples, fresh),
        cmocka_unit_test_setup(t_tf_19_duplicates, fresh),
        cmocka_unit_test_setup(t_tf_20_one_block_lost_at_each_position, fresh),
        cmocka_unit_test_setup(t_tf_20_the_same_block_lost_twice, fresh),
        cmocka_unit_test_setup(t_tf_21_reordered_blocks, fresh),
        cmocka_unit_test_setup(t_tf_24_last_ack_lost, fresh),
        cmocka_unit_test_setup(t_tf_29_next_window_before_the_ack, fresh),
        cmocka_unit_test_setup(a_paced_caller_holds_the_ack, fresh),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
