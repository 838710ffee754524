/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* MTFTP as it should not be: silence, refusals, wrong blocks, two files on one group, block numbers that roll over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/wire/tftp_packet.h"
#include "tests/harness/mtftp_script.h"
#include "tests/harness/tftp_script.h"

#define MS(n) MILLISECONDS(n)

enum {
    PORT = 40000,
    OTHER = 40001,
    THIRD = 40002,
};

static struct mtftp_script s;

static const struct udp_address server = {.ip = {.family = IP_V4, .byte = {192, 168, 111, 130}}, .port = PORT};

static time_us now_of(const struct transcript *t)
{
    return t->now - TRANSCRIPT_EPOCH;
}

static void gave_up(const struct transcript *t, enum status status)
{
    if (!t->whole)
        return;
    assert_int_equal(s.mtftp.state, MTFTP_FAILED);
    assert_int_equal(s.mtftp.status, status);
    assert_true(s.mtftp.wants_unicast);
}

/* T-MT-02. */
static void nobody(struct transcript *t)
{
    mtftp_script_start(&s, t, mtftp_script_group);
    mtftp_script_asks(t, SECONDS(1), SECONDS(2), MTFTP_SCRIPT_SERVER_PORT);
    transcript_passes(t, SECONDS(5));
    gave_up(t, STATUS_TFTP_OPEN_TIMEOUT);
    if (t->whole)
        assert_in_range(s.mtftp.requests, 2, 4);
    transcript_silent(t, SECONDS(60));
}

static void nobody_answers_for_three_timeouts(void **state)
{
    (void)state;
    transcript_run(nobody);
}

static void swapped_ports(struct transcript *t)
{
    struct mtftp_group group = mtftp_script_group;

    group.ports_may_be_swapped = true;
    mtftp_script_start(&s, t, group);
    mtftp_script_asks(t, SECONDS(1), SECONDS(2), MTFTP_SCRIPT_SERVER_PORT);
    mtftp_script_asks(t, SECONDS(1), SECONDS(3), MTFTP_SCRIPT_SERVER_PORT);
    mtftp_script_asks(t, SECONDS(1), SECONDS(4), 0xde06);
    if (t->whole)
        assert_int_equal(s.mtftp.udp.group_port, 0xdd06);
    mtftp_script_own_block(t, now_of(t), PORT, 1, 3);
    mtftp_script_acks(t, now_of(t), PORT, 1);
    mtftp_script_is_whole(&s, t, 3);
}

static void the_other_reading_of_the_ports_is_tried(void **state)
{
    (void)state;
    transcript_run(swapped_ports);
}

static void unreachable(struct transcript *t)
{
    mtftp_script_start(&s, t, mtftp_script_group);
    for (unsigned n = 0; n < 2; n++) {
        transcript_sends(t, 0, SECONDS(4));
        t->client->ops->unreachable(t->client, t->now, STATUS_FAILURE);
    }
    gave_up(t, STATUS_TFTP_CANNOT_OPEN);
}

static void a_port_that_nobody_listens_at(void **state)
{
    (void)state;
    transcript_run(unreachable);
}

static void refused(struct transcript *t)
{
    mtftp_script_start(&s, t, mtftp_script_group);
    transcript_sends(t, 0, SECONDS(2));
    transcript_gets(t, now_of(t), server, tftp_script_error(TFTP_ERROR_NOT_FOUND, BYTES("no such file\0")));
    gave_up(t, STATUS_TFTP_NOT_FOUND);
    if (t->whole)
        assert_string_equal(s.mtftp.server_text, "no such file");
}

static void a_server_that_refuses(void **state)
{
    (void)state;
    transcript_run_cut(refused);
}

static void mute_group(struct transcript *t)
{
    time_us at;

    mtftp_script_start(&s, t, mtftp_script_group);
    transcript_sends(t, 0, SECONDS(2));
    at = t->whole ? now_of(t) : SECONDS(2);
    mtftp_script_own_block(t, at, PORT, 1, 512);
    mtftp_script_acks(t, at, PORT, 1);
    transcript_passes(t, at + SECONDS(8));
    gave_up(t, STATUS_TFTP_NO_MULTICAST);
    if (t->whole) {
        assert_int_equal(s.map.count, 1);
        assert_true(mtftp_is_quiet(&s.mtftp)); /* the ERROR is sent */
        assert_in_range(t->sent, 4, 8);
    }
}

static void a_group_that_never_speaks(void **state)
{
    (void)state;
    transcript_run(mute_group);
}

static void strangers(struct transcript *t)
{
    struct udp_address own = t->own, from = {.ip = ipv4_address(0xc0a86f05), .port = PORT};

    mtftp_script_start(&s, t, mtftp_script_group);
    t->own = (struct udp_address){.ip = ipv4_address(MTFTP_SCRIPT_GROUP), .port = MTFTP_SCRIPT_CLIENT_PORT};
    transcript_gets(t, MS(1), from, tftp_script_data(1, 0, 512));
    transcript_gets(t, MS(2), from, tftp_script_data(2, 512, 3));
    transcript_gets(t, MS(3), server, BYTES("\0\4\0\1"));
    transcript_gets(t, MS(4), server, BYTES("\0\3\0"));
    transcript_gets(t, MS(5), server, tftp_script_error(0, BYTES("go away\0")));
    transcript_gets(t, MS(6), server, tftp_script_data(1, 0, 513));
    t->own = own;
    mtftp_script_own_block(t, MS(7), PORT, 1, 512); /* nobody has asked */
    if (t->whole) {
        assert_int_equal(s.mtftp.ignored, 7);
        assert_int_equal(s.writes, 0);
        assert_int_equal(s.mtftp.state, MTFTP_LISTENING);
    }
}

/* T-MT-06. */
static void what_is_not_our_servers_is_counted_and_ignored(void **state)
{
    (void)state;
    transcript_run(strangers);
}

static void long_blocks(struct transcript *t)
{
    mtftp_script_start(&s, t, mtftp_script_group);
    transcript_sends(t, 0, SECONDS(2));
    mtftp_script_own_block(t, now_of(t), PORT, 1, 1024);
    mtftp_script_complains(t, now_of(t), PORT, TFTP_ERROR_ILLEGAL_OPERATION);
    gave_up(t, STATUS_TFTP_BAD_SIZE);
    if (t->whole)
        assert_int_equal(s.writes, 0);
}

static void a_server_with_longer_blocks(void **state)
{
    (void)state;
    transcript_run(long_blocks);
}

static void block_zero(struct transcript *t)
{
    mtftp_script_start(&s, t, mtftp_script_group);
    mtftp_script_group_block(t, MS(1), PORT, 65534, 512);
    mtftp_script_group_block(t, MS(2), PORT, 0, 512);
    gave_up(t, STATUS_TFTP_CANNOT_READ);
    if (t->whole)
        assert_int_equal(s.map.count, 0);
}

static void block_numbers_that_roll_over_to_zero(void **state)
{
    (void)state;
    transcript_run(block_zero);
}

static void roll_to_one(struct transcript *t)
{
    mtftp_script_start(&s, t, mtftp_script_group);
    mtftp_script_group_block(t, MS(1), PORT, 65530, 512);
    mtftp_script_group_block(t, MS(2), PORT, 3, 512);
    gave_up(t, STATUS_TFTP_CANNOT_READ);
    if (t->whole)
        assert_int_equal(s.map.count, 0);
}

static void full_last_number(struct transcript *t)
{
    mtftp_script_start(&s, t, mtftp_script_group);
    mtftp_script_group_block(t, MS(1), PORT, 65535, 512);
    gave_up(t, STATUS_TFTP_CANNOT_READ);
}

static void block_numbers_that_roll_over_unheard(void **state)
{
    (void)state;
    transcript_run(roll_to_one);
    transcript_run(full_last_number);
}

/*
 * A file of 65538 blocks whose numbers roll over. Who joins in the second round takes its blocks for the first ones;
 * they must not survive the session of its own, in which block 3 is not the last one.
 */
static void second_round(struct transcript *t)
{
    time_us at;

    mtftp_script_start(&s, t, mtftp_script_group);
    mtftp_script_group_block(t, MS(1), PORT, 2, 512);
    mtftp_script_group_block(t, MS(2), PORT, 3, 100);
    if (t->whole)
        assert_int_equal(s.mtftp.last, 3);
    transcript_sends(t, 0, SECONDS(3));
    at = t->whole ? now_of(t) : SECONDS(3);
    mtftp_script_own_block(t, at, OTHER, 1, 512);
    mtftp_script_acks(t, at, OTHER, 2); /* all is here, and not believed */
    if (t->whole)
        assert_int_equal(s.mtftp.status, STATUS_PENDING);
    mtftp_script_group_block(t, at + MS(1), OTHER, 3, 512);
    mtftp_script_acks(t, at + MS(1), OTHER, 3);
    if (t->whole) {
        assert_int_equal(s.mtftp.start_overs, 1);
        assert_int_equal(s.map.count, 1);
    }
}

static void who_joins_in_the_second_round_starts_over(void **state)
{
    (void)state;
    transcript_run(second_round);
}

static void gets_of(struct transcript *t, time_us at, uint16_t port, uint16_t number, uint64_t place, size_t len)
{
    struct udp_address own = t->own, from = {.ip = server.ip, .port = port};

    t->own = (struct udp_address){.ip = ipv4_address(MTFTP_SCRIPT_GROUP), .port = MTFTP_SCRIPT_CLIENT_PORT};
    transcript_gets(t, at, from, tftp_script_data(number, place, len));
    t->own = own;
}

/* T-MT-03: one after the other on the same group. */
static void other_file(struct transcript *t)
{
    mtftp_script_start(&s, t, mtftp_script_group);
    for (uint16_t block = 2; block <= 4; block++)
        gets_of(t, MS(block), PORT, block, 100000 + block * 512u, 512);
    mtftp_script_group_block(t, MS(300), OTHER, 2, 512); /* useless, as far as anybody knows */
    mtftp_script_group_block(t, MS(301), OTHER, 3, 10);  /* but the file has four blocks at least */
    if (t->whole) {
        assert_int_equal(s.mtftp.start_overs, 1);
        assert_int_equal(s.map.count, 1);
        assert_int_equal(s.mtftp.last, 3);
    }
    mtftp_script_group_block(t, MS(310), THIRD, 1, 512);
    mtftp_script_group_block(t, MS(311), THIRD, 2, 512);
    mtftp_script_group_block(t, MS(312), THIRD, 3, 10);
    mtftp_script_is_whole(&s, t, 1034);
}

static void another_file_on_the_group_starts_over(void **state)
{
    (void)state;
    transcript_run(other_file);
}

/* Both of four blocks, in turn: no size contradicts, their first blocks came before. */
static void two_streams(struct transcript *t)
{
    time_us at = SECONDS(1);

    mtftp_script_start(&s, t, mtftp_script_group);
    for (uint16_t block = 2; block < 200; block++, at += MS(1)) {
        gets_of(t, at, PORT, block, (block - 1) * 512u, 512);
        gets_of(t, at, OTHER, block, 100000 + block * 512u, 512);
    }
    if (!t->whole)
        return;
    assert_int_equal(s.mtftp.start_overs, 1);
    assert_int_equal(s.map.count, 0);
    transcript_sends(t, at, at + SECONDS(3));
    at = now_of(t);
    mtftp_script_own_block(t, at, THIRD, 1, 512);
    mtftp_script_acks(t, at, THIRD, 1);
    gets_of(t, at + MS(1), OTHER, 2, 100000, 512); /* another one is at it again */
    mtftp_script_group_block(t, at + MS(2), THIRD, 2, 100);
    mtftp_script_acks(t, at + MS(2), THIRD, 2);
    mtftp_script_is_whole(&s, t, 612);
}

static void two_streams_at_once_are_not_mixed(void **state)
{
    (void)state;
    transcript_run(two_streams);
}

static void contradictions(struct transcript *t)
{
    mtftp_script_start(&s, t, mtftp_script_group);
    mtftp_script_group_block(t, MS(1), PORT, 5, 512);
    mtftp_script_group_block(t, MS(2), PORT, 3, 7);
    mtftp_script_group_block(t, MS(3), PORT, 4, 7);
    mtftp_script_group_block(t, MS(4), PORT, 5, 7);
    if (!t->whole)
        return;
    assert_int_equal(s.mtftp.start_overs, 2);
    assert_int_equal(s.map.count, 0); /* from now on sessions of our own alone count */
    transcript_sends(t, MS(4), SECONDS(3));
    mtftp_script_own_block(t, now_of(t), OTHER, 1, 512);
    mtftp_script_acks(t, now_of(t), OTHER, 1);
    mtftp_script_group_block(t, now_of(t), OTHER, 3, 512);
    mtftp_script_acks(t, now_of(t), OTHER, 3);
    mtftp_script_group_block(t, now_of(t), OTHER, 2, 7); /* and they had better hold */
    mtftp_script_complains(t, now_of(t), OTHER, TFTP_ERROR_OTHER);
    gave_up(t, STATUS_TFTP_CANNOT_READ);
    assert_int_equal(s.map.count, 0);
}

static void contradiction_after_contradiction_ends_it(void **state)
{
    (void)state;
    transcript_run(contradictions);
}

/* Its requests are not answered, and the stream of others goes round without what is missing. */
static void starved(struct transcript *t)
{
    time_us at = MS(500);

    mtftp_script_start(&s, t, mtftp_script_group);
    for (unsigned n = 0; n < 400 && (!t->whole || s.mtftp.status == STATUS_PENDING); n++, at += MS(500))
        mtftp_script_group_block(t, at, PORT, (uint16_t)(2 + n % 2), 512);
    gave_up(t, STATUS_TFTP_READ_TIMEOUT);
    if (t->whole) {
        assert_int_equal(s.map.count, 2);
        assert_in_range(now_of(t), SECONDS(115), SECONDS(125));
    }
}

static void gaps_for_ever_end_it(void **state)
{
    (void)state;
    transcript_run(starved);
}

/* The server dies under our session; a new one answers, and the blocks that are here stay. */
static void restarted(struct transcript *t)
{
    time_us at = mtftp_script_open(&s, t, PORT);

    mtftp_script_group_block(t, at, PORT, 2, 512);
    mtftp_script_acks(t, at, PORT, 2);
    transcript_sends(t, at, at + SECONDS(1));
    t->client->ops->unreachable(t->client, t->now, STATUS_FAILURE);
    transcript_sends(t, at, at + SECONDS(1));
    t->client->ops->unreachable(t->client, t->now, STATUS_FAILURE);
    if (!t->whole)
        return;
    mtftp_script_asks(t, now_of(t) + SECONDS(1), now_of(t) + SECONDS(2), MTFTP_SCRIPT_SERVER_PORT);
    at = now_of(t);
    mtftp_script_own_block(t, at, OTHER, 1, 512);
    mtftp_script_acks(t, at, OTHER, 2);
    mtftp_script_group_block(t, at, OTHER, 3, 5);
    mtftp_script_acks(t, at, OTHER, 3);
    mtftp_script_is_whole(&s, t, 1029);
}

static void a_server_that_forgot_us_is_asked_again(void **state)
{
    (void)state;
    transcript_run(restarted);
}

static void cancelled(struct transcript *t)
{
    time_us at = mtftp_script_open(&s, t, PORT);

    mtftp_cancel(&s.mtftp, t->now, STATUS_CANCELLED);
    mtftp_script_complains(t, at, PORT, TFTP_ERROR_OTHER);
    if (!t->whole)
        return;
    assert_int_equal(s.mtftp.status, STATUS_CANCELLED);
    assert_false(s.mtftp.wants_unicast);
    assert_true(mtftp_is_quiet(&s.mtftp));
}

static void cancelling_tells_the_server(void **state)
{
    (void)state;
    transcript_run(cancelled);
}

static void too_big(struct transcript *t)
{
    mtftp_script_start(&s, t, mtftp_script_group);
    s.capacity = 1000;
    mtftp_script_group_block(t, MS(1), PORT, 1, 512);
    mtftp_script_group_block(t, MS(2), PORT, 2, 512);
    gave_up(t, STATUS_FILE_TOO_BIG); /* TFTP's size tells whether that is so */
}

static void a_file_that_does_not_fit(void **state)
{
    (void)state;
    transcript_run(too_big);
}

static void second_session(struct transcript *t)
{
    time_us at = mtftp_script_open(&s, t, PORT);

    mtftp_script_own_block(t, at, OTHER, 1, 512);
    mtftp_script_complains(t, at, OTHER, TFTP_ERROR_UNKNOWN_TID);
    mtftp_script_group_block(t, at, OTHER, 2, 100); /* not ours, and not believed */
    mtftp_script_group_block(t, at, PORT, 2, 50);
    mtftp_script_acks(t, at, PORT, 2);
    mtftp_script_is_whole(&s, t, 562);
}

static void a_second_answer_to_the_request_is_told_off(void **state)
{
    (void)state;
    transcript_run(second_session);
}

static void wrong_requests_are_refused(void **state)
{
    struct mtftp_request good = {
        .server = server.ip, .file = "f", .sink = &s.sink, .map = &s.map, .group = mtftp_script_group};
    struct mtftp_request bad[5];

    (void)state;
    for (unsigned n = 0; n < 5; n++)
        bad[n] = good;
    bad[0].file = "";
    bad[1].server = ipv4_address(0);
    bad[2].group.address = 0x0a000001;
    bad[3].group.client_port = 0;
    bad[4].group.server_port = 0;
    for (unsigned n = 0; n < 5; n++)
        assert_int_equal(mtftp_start(&s.mtftp, 1, &bad[n], &s.random, NULL), STATUS_BAD_PARAMETER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_answers_for_three_timeouts),
        cmocka_unit_test(the_other_reading_of_the_ports_is_tried),
        cmocka_unit_test(a_port_that_nobody_listens_at),
        cmocka_unit_test(a_server_that_refuses),
        cmocka_unit_test(a_group_that_never_speaks),
        cmocka_unit_test(what_is_not_our_servers_is_counted_and_ignored),
        cmocka_unit_test(a_server_with_longer_blocks),
        cmocka_unit_test(block_numbers_that_roll_over_to_zero),
        cmocka_unit_test(block_numbers_that_roll_over_unheard),
        cmocka_unit_test(who_joins_in_the_second_round_starts_over),
        cmocka_unit_test(another_file_on_the_group_starts_over),
        cmocka_unit_test(two_streams_at_once_are_not_mixed),
        cmocka_unit_test(contradiction_after_contradiction_ends_it),
        cmocka_unit_test(gaps_for_ever_end_it),
        cmocka_unit_test(a_server_that_forgot_us_is_asked_again),
        cmocka_unit_test(cancelling_tells_the_server),
        cmocka_unit_test(a_file_that_does_not_fit),
        cmocka_unit_test(a_second_answer_to_the_request_is_told_off),
        cmocka_unit_test(wrong_requests_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
