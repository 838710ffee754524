/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Strangers, errors, lost servers and full memory: adversarial rows T-TF-15 to T-TF-18, 26 to 28 and 30. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/wire/tftp_packet.h"
#include "tests/harness/tftp_script.h"
#include "tests/harness/tftp_simulation.h"

#define MS(n)   MILLISECONDS(n)
#define OPTIONS "blksize\0001000\0"

static struct tftp_script s;

static void one_block(struct transcript *t, time_us at, unsigned block)
{
    tftp_script_block(&s, t, at, block);
    tftp_script_acks(t, at, at, (uint16_t)block);
}

/* RFC 1350 section 4: a wrong TID gets an ERROR, and the transfer is not disturbed. */
static void strangers(struct transcript *t)
{
    struct udp_address other_port, other_host;

    tftp_script_open(&s, t, tftp_script_request, BYTES(OPTIONS));
    other_port = other_host = s.server;
    other_port.port = 4444;
    other_host.ip = ipv4_address(0xc0a86f83u);
    one_block(t, MS(2), 1);
    transcript_gets(t, MS(3), other_port, tftp_script_data(2, 0, 1000));
    tftp_script_complains(t, MS(3), other_port, TFTP_ERROR_UNKNOWN_TID);
    for (unsigned n = 0; n < 10; n++)
        transcript_gets(t, MS(4), other_host, tftp_script_data(2, 0, 1000));
    one_block(t, MS(5), 2);
    transcript_gets(t, MS(6), other_port, tftp_script_error(1, BYTES("not yours\0")));
    transcript_gets(t, MS(6), other_host, tftp_script_error(1, BYTES("not yours\0")));
    one_block(t, MS(7), 3);
    for (unsigned block = 4; block < 107; block++)
        one_block(t, MS(10 * (block - 3)), block);
    transcript_gets(t, MS(1035), other_host, tftp_script_data(2, 0, 1000));
    tftp_script_complains(t, MS(1035), other_host, TFTP_ERROR_UNKNOWN_TID);
    tftp_script_last_block(&s, t, MS(1036), 107);
}

/* shows: RFC1350-4-e, RFC1350-4-f */
static void t_tf_15_blocks_from_strangers(void **state)
{
    (void)state;
    transcript_run(strangers);
}

/* Finding a stranger by ARP may fail, or take long: the server's next block is acknowledged all the same. */
static void stranger_without_arp(struct transcript *t)
{
    struct udp_address other_host;
    struct udp_client *udp = &s.tftp.udp;
    struct udp_datagram datagram;

    tftp_script_open(&s, t, tftp_script_request, BYTES(OPTIONS));
    other_host = s.server;
    other_host.ip = ipv4_address(0xc0a86f83u);
    datagram = (struct udp_datagram){.from = other_host, .payload = tftp_script_data(2, 0, 1000)};
    udp->ops->input(udp, t->now, &datagram);
    assert_int_equal(udp->ops->destination(udp).ip.byte[3], other_host.ip.byte[3]);
    datagram = (struct udp_datagram){.from = s.server, .payload = tftp_script_data(1, 0, 1000)};
    udp->ops->input(udp, t->now, &datagram);
    tftp_script_acks(t, MS(1), MS(1), 1);
    datagram = (struct udp_datagram){.from = other_host, .payload = tftp_script_data(2, 0, 1000)};
    udp->ops->input(udp, t->now, &datagram);
    udp->ops->unreachable(udp, t->now, STATUS_ARP_TIMEOUT);
    udp->ops->input(udp, t->now, &datagram);
    transcript_silent(t, MS(2));
    one_block(t, MS(3), 2);
    tftp_script_last_block(&s, t, MS(4), 3);
}

/* shows: RFC1350-4-f */
static void t_tf_15_a_stranger_that_cannot_be_found(void **state)
{
    (void)state;
    transcript_run(stranger_without_arp);
}

static void two_answers(struct transcript *t)
{
    struct udp_address second;

    tftp_script_open(&s, t, tftp_script_request, BYTES(OPTIONS));
    second = s.server;
    second.port = 4444;
    transcript_gets(t, MS(2), second, tftp_script_oack(BYTES("blksize\000512\0")));
    tftp_script_complains(t, MS(2), second, TFTP_ERROR_UNKNOWN_TID);
    one_block(t, MS(3), 1);
    tftp_script_last_block(&s, t, MS(4), 2);
}

static void another_hosts_answer(struct transcript *t)
{
    struct udp_address other_host = {.ip = ipv4_address(0xc0a86f83u), .port = 32768};

    tftp_script_start(&s, t, tftp_script_request);
    transcript_sends(t, 0, 0);
    transcript_gets(t, MS(1), other_host, tftp_script_oack(BYTES(OPTIONS)));
    tftp_script_complains(t, MS(1), other_host, TFTP_ERROR_UNKNOWN_TID);
    transcript_gets(t, MS(2), other_host, tftp_script_error(1, BYTES("no\0")));
    transcript_gets(t, MS(3), s.server, tftp_script_oack(BYTES(OPTIONS)));
    tftp_script_acks(t, MS(3), MS(3), 0);
    tftp_script_last_block(&s, t, MS(4), 1);
}

/* shows: RFC1350-4-g */
static void t_tf_16_two_servers_answer(void **state)
{
    (void)state;
    transcript_run_cut(two_answers);
    transcript_run(another_hosts_answer);
}

static uint16_t code;
static struct slice words;
static bool in_mid_transfer;

static void server_says_no(struct transcript *t)
{
    tftp_script_start(&s, t, (struct tftp_request){.block_size_max = 1000, .window_max = 1});
    transcript_sends(t, 0, 0);
    if (in_mid_transfer) {
        transcript_gets(t, MS(1), s.server, tftp_script_oack(BYTES(OPTIONS)));
        transcript_sends(t, MS(1), MS(1));
        one_block(t, MS(2), 1);
    }
    transcript_gets(t, MS(3), s.server, tftp_script_error(code, words));
    transcript_silent(t, SECONDS(200));
}

/* shows: RFC1350-2-f, RFC1350-5-f */
static void t_tf_17_errors(void **state)
{
    static char long_text[60000];
    static const uint16_t codes[] = {0, 1, 2, 3, 6, 7, 9999};

    (void)state;
    for (unsigned where = 0; where < 2; where++) {
        in_mid_transfer = where == 1;
        for (size_t n = 0; n < sizeof(codes) / sizeof(codes[0]); n++) {
            code = codes[n];
            words = BYTES("Sorry\x1b[2J\0");
            transcript_run(server_says_no);
            assert_int_equal(s.tftp.status, code == 1   ? STATUS_TFTP_NOT_FOUND
                                            : code == 2 ? STATUS_TFTP_ACCESS
                                                        : STATUS_TFTP_ERROR);
            assert_int_equal(s.tftp.server_error, code);
            assert_string_equal(s.tftp.server_text, "Sorry?[2J");
        }
        words = BYTES("no NUL");
        transcript_run(server_says_no);
        assert_string_equal(s.tftp.server_text, "no NUL");
        words = BYTES("");
        transcript_run_cut(server_says_no);
        memset(long_text, 'x', sizeof(long_text));
        words = slice_of(long_text, sizeof(long_text));
        transcript_run(server_says_no);
        assert_int_equal(s.tftp.state, TFTP_FAILED);
    }
}

static void other_opcodes(struct transcript *t)
{
    tftp_script_start(&s, t, tftp_script_request);
    transcript_sends(t, 0, 0);
    for (unsigned round = 0; round < 2; round++) {
        time_us at = MS(2 * round + 1);

        transcript_gets(t, at, s.server, BYTES("\0\1x\0octet\0"));
        transcript_gets(t, at, s.server, BYTES("\0\2x\0octet\0"));
        transcript_gets(t, at, s.server, BYTES("\0\4\0\1"));
        transcript_gets(t, at, s.server, BYTES("\0\0\0\1"));
        transcript_gets(t, at, s.server, BYTES("\0\7\0\1"));
        transcript_gets(t, at, s.server, BYTES("\377\377\0\1"));
        transcript_gets(t, at, s.server, BYTES(""));
        if (round == 0) {
            transcript_gets(t, MS(2), s.server, tftp_script_oack(BYTES(OPTIONS)));
            tftp_script_acks(t, MS(2), MS(2), 0);
        }
    }
    tftp_script_last_block(&s, t, MS(4), 1);
}

/* shows: RFC1350-2-g */
static void t_tf_18_other_opcodes(void **state)
{
    (void)state;
    transcript_run(other_opcodes);
}

/* --- the server goes away ---------------------------------------------------------------------------------------- */

static struct tftp_simulation network(void)
{
    return (struct tftp_simulation){
        .kind = TFTP_SERVER_WINDOWS,
        .size = 400000,
        .round_trip = MS(1),
        .rate = 1000,
        .seed = 7,
        .request = {.receive_frames = 256, .block_size_max = TFTP_BLOCK_FRAME},
    };
}

static void arrives(struct tftp_simulation *sim)
{
    tftp_simulate(sim);
    assert_int_equal(sim->status, STATUS_OK);
    assert_true(sim->content_is_right);
    assert_int_equal(sim->written_twice, 0);
}

static void t_tf_26_silence_in_mid_file(void **state)
{
    static const unsigned seconds[] = {1, 5, 10, 30, 60};

    (void)state;
    for (unsigned n = 0; n < 5; n++) {
        for (unsigned kind = TFTP_SERVER_WINDOWS; kind <= TFTP_SERVER_PLAIN; kind++) {
            struct tftp_simulation sim = network();

            sim.kind = (enum tftp_server_kind)kind;
            sim.silent_from = MS(6);
            sim.silent_until = SECONDS(seconds[n]);
            arrives(&sim);
            assert_true(sim.took < SECONDS(seconds[n]) + SECONDS(5));
            assert_int_equal(sim.requests, 1);
            assert_true(sim.client_packets < 900);
        }
    }
}

static void t_tf_27_a_restarted_server_is_asked_again(void **state)
{
    (void)state;
    for (unsigned kind = TFTP_SERVER_WINDOWS; kind <= TFTP_SERVER_LOCK_STEP; kind++) {
        struct tftp_simulation sim = network();

        sim.kind = (enum tftp_server_kind)kind;
        sim.silent_from = MS(6);
        sim.silent_until = SECONDS(20);
        sim.forgets = true;
        tftp_simulate(&sim);
        assert_int_equal(sim.status, STATUS_OK);
        assert_true(sim.content_is_right);
        assert_int_equal(sim.requests, 2);
        assert_true(sim.bytes_arrived < 2 * sim.size);
        assert_true(sim.took < SECONDS(25) + MS(2 * 280));
    }
}

/* shows: RFC1350-7-b, RFC7440-5-b */
static void t_tf_28_a_server_that_never_comes_back(void **state)
{
    struct tftp_simulation sim = network();

    (void)state;
    sim.silent_from = MS(6);
    sim.silent_until = SECONDS(100000);
    tftp_simulate(&sim);
    assert_int_equal(sim.status, STATUS_TFTP_READ_TIMEOUT);
    assert_true(sim.took < SECONDS(120));
    assert_true(sim.client_packets < 60);
}

/* shows: RFC2348-3-a */
static void large_blocks_fall_back_when_fragments_are_blocked(void **state)
{
    struct tftp_experience experience = {0};

    (void)state;
    for (unsigned kind = TFTP_SERVER_WINDOWS; kind <= TFTP_SERVER_LOCK_STEP; kind++) {
        struct tftp_simulation sim = network();

        experience = (struct tftp_experience){0};
        sim.kind = (enum tftp_server_kind)kind;
        sim.request.block_size_max = 0;
        sim.fragments_blocked = true;
        sim.experience = &experience;
        arrives(&sim);
        assert_int_equal(sim.block_size, TFTP_BLOCK_FRAME);
        assert_int_equal(sim.requests, 2);
        assert_true(sim.took < SECONDS(3));
        assert_true(experience.fragments_lost);
        sim = network();
        sim.request.block_size_max = 0;
        sim.fragments_blocked = true;
        sim.experience = &experience;
        arrives(&sim);
        assert_int_equal(sim.requests, 1);
    }
}

static void nobody_listens(struct transcript *t)
{
    struct udp_client *udp = &s.tftp.udp;

    tftp_script_start(&s, t, tftp_script_request);
    for (unsigned n = 0; n < 3; n++) {
        transcript_sends(t, 0, SECONDS(4));
        assert_int_equal(s.tftp.status, STATUS_PENDING);
        udp->ops->unreachable(udp, t->now, STATUS_FAILURE);
    }
    transcript_silent(t, SECONDS(200));
    assert_int_equal(s.tftp.status, STATUS_TFTP_CANNOT_OPEN);
}

static void no_arp(struct transcript *t)
{
    struct udp_client *udp = &s.tftp.udp;

    tftp_script_start(&s, t, tftp_script_request);
    udp->ops->unreachable(udp, t->now + SECONDS(6), STATUS_ARP_TIMEOUT);
    assert_int_equal(s.tftp.status, STATUS_PENDING);
    udp->ops->unreachable(udp, t->now + SECONDS(12), STATUS_ARP_TIMEOUT);
    assert_int_equal(s.tftp.status, STATUS_TFTP_CANNOT_ARP);
    assert_true(tftp_is_quiet(&s.tftp));
}

/* One forged ICMP message must not end a transfer. */
static void one_icmp(struct transcript *t)
{
    struct udp_client *udp = &s.tftp.udp;

    tftp_script_open(&s, t, tftp_script_request, BYTES(OPTIONS));
    one_block(t, MS(2), 1);
    udp->ops->unreachable(udp, t->now, STATUS_FAILURE);
    one_block(t, MS(3), 2);
    udp->ops->unreachable(udp, t->now, STATUS_FAILURE);
    tftp_script_last_block(&s, t, MS(4), 3);
    udp->ops->unreachable(udp, t->now, STATUS_FAILURE);
    assert_true(tftp_is_quiet(&s.tftp));
    assert_int_equal(s.tftp.status, STATUS_OK);
}

static void unreachable_is_believed_in_measure(void **state)
{
    (void)state;
    transcript_run(nobody_listens);
    transcript_run(no_arp);
    transcript_run(one_icmp);
}

/* --- the caller's side ------------------------------------------------------------------------------------------- */

static void memory_runs_out(struct transcript *t)
{
    tftp_script_open(&s, t, tftp_script_request, BYTES(OPTIONS));
    s.capacity = 1500;
    one_block(t, MS(2), 1);
    transcript_gets(t, MS(3), s.server, tftp_script_data(2, 1000, 1000));
    tftp_script_complains(t, MS(3), s.server, TFTP_ERROR_DISK_FULL);
    transcript_silent(t, SECONDS(200));
    if (!t->whole)
        return;
    assert_int_equal(s.tftp.status, STATUS_FILE_TOO_BIG);
    assert_int_equal(s.highest, 1000);
}

/* shows: RFC1350-2-h */
static void t_tf_30_memory_runs_out(void **state)
{
    (void)state;
    transcript_run_cut(memory_runs_out);
}

static void cancelled(struct transcript *t)
{
    tftp_script_open(&s, t, tftp_script_request, BYTES(OPTIONS));
    one_block(t, MS(2), 1);
    tftp_cancel(&s.tftp, t->now, STATUS_CANCELLED);
    assert_false(tftp_is_quiet(&s.tftp));
    tftp_script_complains(t, MS(2), s.server, TFTP_ERROR_OTHER);
    transcript_silent(t, SECONDS(200));
    assert_true(tftp_is_quiet(&s.tftp));
    assert_int_equal(s.tftp.status, STATUS_CANCELLED);
    tftp_cancel(&s.tftp, t->now, STATUS_FAILURE);
    assert_int_equal(s.tftp.status, STATUS_CANCELLED);
}

static void cancelled_early(struct transcript *t)
{
    tftp_script_start(&s, t, tftp_script_request);
    transcript_sends(t, 0, 0);
    tftp_cancel(&s.tftp, t->now, STATUS_CANCELLED);
    transcript_silent(t, SECONDS(200));
    assert_int_equal(s.tftp.status, STATUS_CANCELLED);
}

/* shows: RFC1350-7-a */
static void cancelling(void **state)
{
    (void)state;
    transcript_run(cancelled);
    transcript_run(cancelled_early);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(t_tf_15_blocks_from_strangers),
        cmocka_unit_test(t_tf_15_a_stranger_that_cannot_be_found),
        cmocka_unit_test(t_tf_16_two_servers_answer),
        cmocka_unit_test(t_tf_17_errors),
        cmocka_unit_test(t_tf_18_other_opcodes),
        cmocka_unit_test(t_tf_26_silence_in_mid_file),
        cmocka_unit_test(t_tf_27_a_restarted_server_is_asked_again),
        cmocka_unit_test(t_tf_28_a_server_that_never_comes_back),
        cmocka_unit_test(large_blocks_fall_back_when_fragments_are_blocked),
        cmocka_unit_test(unreachable_is_believed_in_measure),
        cmocka_unit_test(t_tf_30_memory_runs_out),
        cmocka_unit_test(cancelling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
