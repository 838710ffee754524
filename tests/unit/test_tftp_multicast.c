/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The multicast option (RFC 2090): what is asked, what is taken for an answer, and the transfer as master and listener.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "firmware/wire/tftp_packet.h"
#include "tests/harness/tftp_script.h"

#define MS(n)     MILLISECONDS(n)
#define REQUEST   "\0\1boot/kernel\0octet\0"
#define ALL       "tsize\0000\0blksize\0005908\0windowsize\00016\0"
#define MULTICAST "multicast\0\0"
#define GROUP     "multicast\000239.255.0.1,1758,"
/* A file of 10 blocks: nine of 100 bytes and one of 10. */
#define LOCK_STEP "blksize\000100\0tsize\000910\0"
#define WINDOWS   "blksize\000100\0tsize\000910\0windowsize\0004\0"

static struct tftp_script s;
static struct block_map map;
static const struct udp_address group = {.ip = {.family = IP_V4, .byte = {239, 255, 0, 1}}, .port = 1758};

static int fresh(void **state)
{
    (void)state;
    s.keeps_experience = false;
    return 0;
}

static struct tftp_request with_map(void)
{
    struct tftp_request request = tftp_script_request;

    memset(&map, 0xff, sizeof(map)); /* of the transfer before */
    request.map = &map;
    return request;
}

static void gets_oack(struct transcript *t, time_us at, struct slice options)
{
    transcript_gets(t, at, s.server, tftp_script_oack(options));
}

/* Block `n` of the ten, to the group. */
static void group_gets(struct transcript *t, time_us at, unsigned n)
{
    struct udp_address own = t->own;

    t->own = group;
    transcript_gets(t, at, s.server, tftp_script_data((uint16_t)n, (n - 1) * 100u, n == 10 ? 10 : 100));
    t->own = own;
}

static void all_is_here(struct transcript *t)
{
    assert_int_equal(s.twice, 0);
    if (!t->whole)
        return;
    assert_int_equal(s.tftp.status, STATUS_OK);
    assert_int_equal(s.tftp.received, 910);
    assert_int_equal(tftp_script_have(&s), 910);
    assert_false(s.wrong);
}

static void opens(struct transcript *t, struct slice options)
{
    tftp_script_start(&s, t, with_map());
    transcript_sends_bytes(t, 0, 0, BYTES(REQUEST ALL MULTICAST));
    gets_oack(t, MS(1), options);
}

static void lock_step_master(struct transcript *t)
{
    opens(t, BYTES(LOCK_STEP GROUP "1\0"));
    tftp_script_acks(t, MS(1), MS(1), 0);
    if (t->whole) {
        assert_int_equal(s.tftp.udp.group, 0xefff0001);
        assert_int_equal(s.tftp.udp.group_port, 1758);
    }
    for (unsigned n = 1; n <= 10; n++) {
        group_gets(t, MS(1 + n), n);
        tftp_script_acks(t, MS(1 + n), MS(1 + n), (uint16_t)n);
    }
    /* Whoever does not hear the last ACK hears this. */
    tftp_script_complains(t, MS(11), s.server, TFTP_ERROR_OTHER);
    transcript_silent(t, SECONDS(60));
    all_is_here(t);
    if (t->whole)
        assert_int_equal(s.tftp.state, TFTP_DONE);
}

/* shows: RFC2090-1-a, RFC2090-2-a, RFC2090-2-b, RFC2090-2-h, RFC2090-2-i */
static void rfc_2090_master_asks_block_by_block(void **state)
{
    (void)state;
    transcript_run_cut(lock_step_master);
}

/* --- listeners --------------------------------------------------------------------------------------------------- */

/* Blocks in any order, some twice; off the list by ERROR, for atftpd does not count a listener's last ACK. */
static void listener(struct transcript *t)
{
    static const uint8_t order[] = {4, 3, 3, 10, 5, 6, 2, 9, 4, 8, 1};

    opens(t, BYTES(LOCK_STEP GROUP "0\0"));
    for (unsigned n = 0; n < sizeof(order); n++)
        group_gets(t, MS(2 + n), order[n]);
    transcript_silent(t, SECONDS(3));
    group_gets(t, SECONDS(4), 7);
    tftp_script_complains(t, SECONDS(4), s.server, TFTP_ERROR_OTHER);
    transcript_sends(t, SECONDS(4) + MS(5), SECONDS(4) + MS(45)); /* ERRORs get lost too */
    transcript_silent(t, SECONDS(60));
    all_is_here(t);
}

/* shows: RFC2090-2-c, RFC2090-2-g, RFC2090-2-i, RFC2090-2-j */
static void a_listener_says_nothing_until_all_is_here(void **state)
{
    (void)state;
    transcript_run_cut(listener);
}

static void promoted(struct transcript *t)
{
    opens(t, BYTES(LOCK_STEP GROUP "0\0"));
    for (unsigned n = 3; n <= 8; n++)
        group_gets(t, MS(n), n);
    group_gets(t, MS(9), 10);
    gets_oack(t, MS(20), BYTES("multicast\0,,1\0"));
    tftp_script_acks(t, MS(20), MS(20), 0);
    group_gets(t, MS(21), 1);
    tftp_script_acks(t, MS(21), MS(21), 1);
    group_gets(t, MS(22), 2);
    tftp_script_acks(t, MS(22), MS(22), 8);
    group_gets(t, MS(23), 9);
    tftp_script_acks(t, MS(23), MS(23), 10);
    tftp_script_complains(t, MS(23), s.server, TFTP_ERROR_OTHER);
    transcript_silent(t, SECONDS(60));
    all_is_here(t);
}

/* shows: RFC2090-2-d, RFC2090-2-e, RFC2090-2-h, RFC2090-2-j */
static void t_mt_05_a_listener_becomes_master_and_asks_for_holes(void **state)
{
    (void)state;
    transcript_run_cut(promoted);
}

static void demoted(struct transcript *t)
{
    opens(t, BYTES(LOCK_STEP GROUP "1\0"));
    tftp_script_acks(t, MS(1), MS(1), 0);
    group_gets(t, MS(2), 1);
    tftp_script_acks(t, MS(2), MS(2), 1);
    gets_oack(t, MS(3), BYTES(LOCK_STEP GROUP "0\0"));
    for (unsigned n = 2; n <= 9; n++)
        group_gets(t, MS(10 * n), n);
    transcript_silent(t, SECONDS(3));
    /* Not about our group, or nonsense: neither makes a master. */
    gets_oack(t, SECONDS(3), BYTES("multicast\000239.255.0.2,1758,1\0"));
    gets_oack(t, SECONDS(3), BYTES("multicast\0,,2\0"));
    gets_oack(t, SECONDS(3), BYTES("blksize\000100\0"));
    transcript_silent(t, SECONDS(4));
    group_gets(t, SECONDS(4), 10);
    tftp_script_complains(t, SECONDS(4), s.server, TFTP_ERROR_OTHER);
    all_is_here(t);
}

/* shows: RFC2090-2-f */
static void a_master_becomes_listener(void **state)
{
    (void)state;
    transcript_run(demoted);
}

/* T-MT-06: what others send to the group is passed over without a word, for anybody can. */
static void forged(struct transcript *t)
{
    struct udp_address own = t->own, other = s.server;

    opens(t, BYTES(LOCK_STEP GROUP "0\0"));
    t->own = group;
    other.port = 32769;
    transcript_gets(t, MS(2), other, tftp_script_data(1, 500, 100));
    other.ip = ipv4_address(0xc0a86f83u);
    other.port = s.server.port;
    transcript_gets(t, MS(2), other, tftp_script_data(1, 500, 100));
    t->own.port = 1759;
    transcript_gets(t, MS(2), s.server, tftp_script_data(1, 500, 100));
    t->own = (struct udp_address){.ip = ipv4_address(0xefff0002u), .port = 1758};
    transcript_gets(t, MS(2), s.server, tftp_script_data(1, 500, 100));
    t->own = own;
    transcript_silent(t, SECONDS(5));
    assert_int_equal(s.writes, 0);
    assert_false(s.wrong);
}

/* shows: RFC2090-2-k */
static void t_mt_06_group_packets_of_others(void **state)
{
    (void)state;
    transcript_run(forged);
}

/* --- when the group is silent ------------------------------------------------------------------------------------ */

static void silent_group(struct transcript *t)
{
    time_us at = MS(2);

    opens(t, BYTES(LOCK_STEP GROUP "0\0"));
    for (unsigned n = 1; n <= 5; n++)
        group_gets(t, MS(2), n);
    group_gets(t, MS(2), 7);
    for (unsigned n = 0; n < 3; n++) {
        /* The same as before, or it would be another session. */
        transcript_sends_bytes(t, at + SECONDS(7), at + MS(10600), BYTES(REQUEST ALL MULTICAST));
        at = t->now - TRANSCRIPT_EPOCH;
        gets_oack(t, at, BYTES(LOCK_STEP GROUP "0\0"));
    }
    tftp_script_complains(t, t->client->ops->deadline(t->client) - TRANSCRIPT_EPOCH, s.server, TFTP_ERROR_OTHER);
    at = t->now - TRANSCRIPT_EPOCH;
    transcript_sends_bytes(t, at, at, BYTES(REQUEST ALL));
    if (!t->whole)
        return;
    assert_int_equal(s.tftp.received, 500); /* in one piece; the seventh block comes again */
    assert_true(s.experience.refuses_multicast);
    s.server.port = 40000;
    gets_oack(t, at, BYTES(LOCK_STEP));
    transcript_sends(t, at, at);
    for (unsigned n = 1; n <= 10; n++) {
        transcript_gets(t, at, s.server, tftp_script_data((uint16_t)n, (n - 1) * 100u, n == 10 ? 10 : 100));
        transcript_sends(t, at, at);
    }
    assert_int_equal(s.tftp.status, STATUS_OK);
    assert_int_equal(tftp_script_have(&s), 910);
    assert_int_equal(s.twice, 100);
    assert_false(s.wrong);
}

/* shows: RFC2090-3-a */
static void a_group_that_falls_silent(void **state)
{
    (void)state;
    transcript_run(silent_group);
}

/* T-MT-02: multicast does not get through at all. */
static void deaf_master(struct transcript *t)
{
    struct slice sent;

    opens(t, BYTES(WINDOWS GROUP "1\0"));
    do
        sent = transcript_sends(t, 0, SECONDS(4));
    while (sent.data[1] == TFTP_ACK);
    assert_int_equal(sent.data[1], TFTP_ERROR);
    transcript_sends_bytes(t, 0, SECONDS(4), BYTES(REQUEST ALL));
    assert_true(s.experience.refuses_multicast);
}

static void t_mt_02_a_network_that_drops_groups(void **state)
{
    (void)state;
    transcript_run(deaf_master);
}

/* A server that is stopped says ERROR 0 to all. Started again, it has another session; what is here is kept. */
static void restarted_server(struct transcript *t)
{
    opens(t, BYTES(LOCK_STEP GROUP "0\0"));
    for (unsigned n = 1; n <= 5; n++)
        group_gets(t, MS(1 + n), n);
    transcript_gets(t, MS(10), s.server, tftp_script_error(TFTP_ERROR_OTHER, BYTES("Undefined error code")));
    transcript_sends_bytes(t, MS(10), MS(10), BYTES(REQUEST ALL MULTICAST));
    s.server.port = 40000;
    gets_oack(t, MS(11), BYTES(LOCK_STEP GROUP "1\0"));
    transcript_sends_bytes(t, MS(11), MS(11), BYTES("\0\4\0\5"));
    for (unsigned n = 6; n <= 10; n++) {
        group_gets(t, MS(6 + n), n);
        transcript_sends(t, MS(6 + n), MS(6 + n));
    }
    all_is_here(t);
}

/* shows: RFC2090-2-b */
static void a_server_that_is_restarted(void **state)
{
    (void)state;
    transcript_run_cut(restarted_server);
}

/* --- windows and loss -------------------------------------------------------------------------------------------- */

/* A hole is left behind, the end of a window asked for; then off the list and on again, without a window, for it. */
static void holes(struct transcript *t)
{
    opens(t, BYTES(WINDOWS GROUP "1\0"));
    tftp_script_acks(t, MS(1), MS(1), 0);
    group_gets(t, MS(2), 1);
    group_gets(t, MS(2), 3);
    group_gets(t, MS(2), 4);
    tftp_script_acks(t, MS(2), MS(2), 4);
    for (unsigned n = 5; n <= 7; n++)
        group_gets(t, MS(3), n);
    tftp_script_acks(t, MS(22), MS(24), 7); /* the window's last was lost */
    for (unsigned n = 8; n <= 10; n++)
        group_gets(t, MS(24), n);
    tftp_script_complains(t, MS(25), s.server, TFTP_ERROR_OTHER);
    transcript_sends_bytes(t, MS(35), MS(35), BYTES(REQUEST "tsize\0000\0blksize\0005908\0" MULTICAST));
    gets_oack(t, MS(36), BYTES(LOCK_STEP GROUP "1\0"));
    tftp_script_acks(t, MS(36), MS(36), 1);
    tftp_script_acks(t, MS(50), MS(64), 1); /* it, or the block, was lost */
    group_gets(t, MS(65), 2);
    tftp_script_acks(t, MS(65), MS(65), 10);
    all_is_here(t);
}

/* shows: RFC2090-2-b, RFC2090-2-h, RFC2090-2-j */
static void lost_blocks_are_asked_for_in_another_turn(void **state)
{
    (void)state;
    transcript_run_cut(holes);
}

/* atftpd 0.8.0 may send empty blocks from beyond the file; a block of a wrong length within it means another size. */
static void strange_blocks(struct transcript *t)
{
    struct udp_address own = t->own;

    opens(t, BYTES(LOCK_STEP GROUP "0\0"));
    t->own = group;
    transcript_gets(t, MS(2), s.server, tftp_script_data(29812, 0, 0));
    transcript_gets(t, MS(2), s.server, tftp_script_data(0, 0, 100));
    transcript_silent(t, SECONDS(2));
    assert_int_equal(s.writes, 0);
    transcript_gets(t, SECONDS(3), s.server, tftp_script_data(4, 300, 99));
    t->own = own;
    tftp_script_complains(t, SECONDS(3), s.server, TFTP_ERROR_OTHER);
    transcript_sends_bytes(t, SECONDS(3), SECONDS(3), BYTES(REQUEST ALL));
    assert_int_equal(s.writes, 0);
}

static void t_mt_03_blocks_that_do_not_fit_the_file(void **state)
{
    (void)state;
    transcript_run(strange_blocks);
}

/* The second of two requests is answered by "listener" even to the master. */
static void two_answers(struct transcript *t)
{
    tftp_script_start(&s, t, with_map());
    transcript_sends(t, 0, 0);
    transcript_sends_bytes(t, MS(400), MS(600), BYTES(REQUEST ALL MULTICAST));
    gets_oack(t, MS(601), BYTES(LOCK_STEP GROUP "1\0"));
    tftp_script_acks(t, MS(601), MS(601), 0);
    gets_oack(t, MS(602), BYTES(LOCK_STEP GROUP "0\0"));
    for (unsigned n = 1; n <= 10; n++) {
        group_gets(t, MS(602), n);
        tftp_script_acks(t, MS(602), MS(602), (uint16_t)n);
    }
    all_is_here(t);
}

static void a_repeated_request_has_two_answers(void **state)
{
    (void)state;
    transcript_run(two_answers);
}

/* Others' sessions go round without what is missing here, and our turn never comes. */
static void starved(struct transcript *t)
{
    opens(t, BYTES(LOCK_STEP GROUP "0\0"));
    for (unsigned n = 1; n < 120; n++)
        group_gets(t, SECONDS(n), 1 + n % 2);
    tftp_script_complains(t, SECONDS(122), s.server, TFTP_ERROR_OTHER);
    transcript_sends_bytes(t, SECONDS(122), SECONDS(122), BYTES(REQUEST ALL));
}

static void gaps_for_ever_end_it(void **state)
{
    (void)state;
    transcript_run(starved);
}

/* The harness offers too little room before each packet, as a full ring does: that must not use up a turn. */
static void lost_block(struct transcript *t)
{
    opens(t, BYTES(LOCK_STEP GROUP "1\0"));
    tftp_script_acks(t, MS(1), MS(1), 0);
    group_gets(t, MS(2), 1);
    for (unsigned n = 0; n < 4; n++)
        tftp_script_acks(t, MS(2), SECONDS(2), 1);
    tftp_script_acks(t, MS(2), SECONDS(2), 2);
    if (t->whole)
        assert_int_equal(s.tftp.timeouts, 4);
}

static void a_full_ring_leaves_out_no_block(void **state)
{
    (void)state;
    transcript_run(lost_block);
}

static void next_file(struct transcript *t)
{
    struct tftp_request request = tftp_script_request;

    lock_step_master(t);
    request.server = s.port69;
    request.file = "boot/initrd";
    request.sink = &s.sink;
    assert_int_equal(tftp_start(&s.tftp, t->now, &request, &s.experience, &s.random, NULL), STATUS_OK);
    assert_int_equal(s.tftp.udp.group, 0);
}

static void the_next_file_is_not_in_the_group(void **state)
{
    (void)state;
    transcript_run(next_file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(rfc_2090_master_asks_block_by_block, fresh),
        cmocka_unit_test_setup(a_listener_says_nothing_until_all_is_here, fresh),
        cmocka_unit_test_setup(t_mt_05_a_listener_becomes_master_and_asks_for_holes, fresh),
        cmocka_unit_test_setup(a_master_becomes_listener, fresh),
        cmocka_unit_test_setup(t_mt_06_group_packets_of_others, fresh),
        cmocka_unit_test_setup(a_group_that_falls_silent, fresh),
        cmocka_unit_test_setup(t_mt_02_a_network_that_drops_groups, fresh),
        cmocka_unit_test_setup(a_server_that_is_restarted, fresh),
        cmocka_unit_test_setup(lost_blocks_are_asked_for_in_another_turn, fresh),
        cmocka_unit_test_setup(t_mt_03_blocks_that_do_not_fit_the_file, fresh),
        cmocka_unit_test_setup(a_repeated_request_has_two_answers, fresh),
        cmocka_unit_test_setup(gaps_for_ever_end_it, fresh),
        cmocka_unit_test_setup(a_full_ring_leaves_out_no_block, fresh),
        cmocka_unit_test_setup(the_next_file_is_not_in_the_group, fresh),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
