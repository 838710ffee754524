/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Which request is sent when: refusals, silence, the receive ring, experience; adversarial rows T-TF-25 and T-TF-31. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/wire/tftp_packet.h"
#include "tests/harness/tftp_script.h"

#define MS(n)   MILLISECONDS(n)
#define REQUEST "\0\1boot/kernel\0octet\0"
#define ALL     "tsize\0000\0blksize\0005908\0windowsize\00016\0"

static struct tftp_script s;

static int fresh(void **state)
{
    (void)state;
    s.keeps_experience = true;
    s.experience = (struct tftp_experience){0};
    return 0;
}

/* --- refusals ---------------------------------------------------------------------------------------------------- */

static void refused_twice(struct transcript *t)
{
    s.experience = (struct tftp_experience){0};
    tftp_script_start(&s, t, tftp_script_request);
    transcript_sends_bytes(t, 0, 0, BYTES(REQUEST ALL));
    transcript_gets(t, MS(1), s.server, tftp_script_error(8, BYTES("no options\0")));
    transcript_sends_bytes(t, MS(1), MS(1), BYTES(REQUEST "tsize\0000\0blksize\0001468\0"));
    s.server.port++;
    transcript_gets(t, MS(2), s.server, tftp_script_error(8, BYTES("no options\0")));
    transcript_sends_bytes(t, MS(2), MS(2), BYTES(REQUEST));
    s.server.port++;
    transcript_gets(t, MS(3), s.server, tftp_script_error(1, BYTES("File not found\0")));
    transcript_silent(t, SECONDS(200));
    if (!t->whole)
        return;
    assert_int_equal(s.tftp.status, STATUS_TFTP_NOT_FOUND);
    assert_string_equal(s.tftp.server_text, "File not found");
    assert_true(s.experience.refuses_options);
    /* The next transfer does not try. */
    tftp_script_start(&s, t, tftp_script_request);
    transcript_sends_bytes(t, SECONDS(200), SECONDS(200), BYTES(REQUEST));
}

/* shows: RFC2347-2-e */
static void error_8_asks_for_less(void **state)
{
    (void)state;
    transcript_run_cut(refused_twice);
}

/* 0.5 s, doubled each time up to 4 s, jittered by an eighth; from the fifth on every other request is plain. */
static void silence(struct transcript *t)
{
    time_us at = 0, wait = MS(500);

    s.experience = (struct tftp_experience){0};
    tftp_script_start(&s, t, tftp_script_request);
    for (unsigned n = 0; at < SECONDS(31); n++) {
        bool plain = n >= 4 && n % 2 == 0;
        struct slice request = plain ? BYTES(REQUEST) : BYTES(REQUEST ALL);

        transcript_sends_bytes(t, n == 0 ? 0 : at + wait - wait / 8, n == 0 ? 0 : at + wait + wait / 8, request);
        if (n != 0)
            wait = time_earlier(wait * 2, SECONDS(4));
        at = t->now - TRANSCRIPT_EPOCH;
    }
    transcript_passes(t, SECONDS(45));
    assert_int_equal(s.tftp.status, STATUS_TFTP_OPEN_TIMEOUT);
    assert_true(tftp_is_quiet(&s.tftp));
    assert_true(t->sent < 15);
}

/* Options that are dropped on the floor: the plain request is answered; believed when it happens twice. */
static void only_plain_is_answered(struct transcript *t)
{
    s.experience = (struct tftp_experience){0};
    for (unsigned n = 0; n < 2; n++) {
        tftp_script_start(&s, t, tftp_script_request);
        for (unsigned tries = 0; tries < 5; tries++)
            transcript_sends(t, 0, SECONDS(100));
        transcript_gets(t, t->now - TRANSCRIPT_EPOCH + MS(1), s.server, tftp_script_data(1, 0, 1));
        transcript_sends(t, 0, SECONDS(100));
        assert_int_equal(s.tftp.status, STATUS_OK);
        assert_true(s.experience.refuses_options == (n == 1));
    }
}

/* shows: RFC1350-2-c, RFC1350-2-e */
static void t_tf_25_no_answer_to_a_request_with_options(void **state)
{
    (void)state;
    transcript_run(silence);
    transcript_run(only_plain_is_answered);
}

/* --- what is asked for ------------------------------------------------------------------------------------------- */

static struct tftp_request with;
static struct slice expected;

static void asks_for(struct transcript *t)
{
    tftp_script_start(&s, t, with);
    transcript_sends_bytes(t, 0, 0, expected);
}

static void asks(struct tftp_request request, struct slice options)
{
    static char bytes[256];

    memcpy(bytes, REQUEST, sizeof(REQUEST) - 1);
    memcpy(bytes + sizeof(REQUEST) - 1, options.data, options.len);
    expected = slice_of(bytes, sizeof(REQUEST) - 1 + options.len);
    with = request;
    transcript_run(asks_for);
}

/* shows: RFC2347-1-c, RFC7440-3-a, RFC7440-3-d */
static void block_and_window_fit_the_receive_ring(void **state)
{
    (void)state;
    s.experience = (struct tftp_experience){0};
    asks((struct tftp_request){.receive_frames = 256}, BYTES(ALL));
    asks((struct tftp_request){0}, BYTES("tsize\0000\0blksize\0004428\0windowsize\00016\0"));
    asks((struct tftp_request){.receive_frames = 16}, BYTES("tsize\0000\0blksize\0001468\0windowsize\00012\0"));
    asks((struct tftp_request){.receive_frames = 4}, BYTES("tsize\0000\0blksize\0001468\0windowsize\0004\0"));
    asks((struct tftp_request){.receive_frames = 1}, BYTES("tsize\0000\0blksize\0001468\0"));
}

/* shows: RFC2349-2-a */
static void the_callers_limits_hold(void **state)
{
    (void)state;
    s.experience = (struct tftp_experience){0};
    asks((struct tftp_request){.receive_frames = 256, .block_size_max = 1408, .paced = true},
         BYTES("tsize\0000\0blksize\0001408\0"));
    asks((struct tftp_request){.receive_frames = 256, .window_max = 1}, BYTES("tsize\0000\0blksize\0005908\0"));
    asks((struct tftp_request){.receive_frames = 256, .block_size_max = 512, .window_max = 4},
         BYTES("tsize\0000\0blksize\000512\0windowsize\0004\0"));
}

/* shows: RFC2348-2-a, RFC2349-2-a, RFC7440-5-a */
static void experience_decides_what_comes_next(void **state)
{
    static const struct tftp_lesson clean = {.block_size = 1468, .window = 16, .window_asked = 16, .blocks = 1000};
    static const struct tftp_lesson lossy = {
        .block_size = 1468, .window = 16, .window_asked = 16, .blocks = 1000, .losses = 60};
    static const struct tftp_lesson lock_step = {.block_size = 5908, .window = 1, .window_asked = 16, .blocks = 1000};
    static const struct tftp_lesson short_lock_step = {
        .block_size = 5908, .window = 1, .window_asked = 16, .blocks = 1};
    struct tftp_experience *e = &s.experience;

    (void)state;
    *e = (struct tftp_experience){.server = 0xc0a86f82u};
    tftp_experience_learn(e, &clean);
    asks(tftp_script_request, BYTES("tsize\0000\0blksize\0001468\0windowsize\00032\0"));
    e->window = 64;
    asks(tftp_script_request, BYTES("tsize\0000\0blksize\0001468\0windowsize\00064\0"));
    tftp_experience_learn(e, &lossy);
    asks(tftp_script_request, BYTES("tsize\0000\0blksize\0001468\0windowsize\0004\0"));
    *e = (struct tftp_experience){.server = 0xc0a86f82u};
    tftp_experience_learn(e, &short_lock_step);
    asks(tftp_script_request, BYTES("tsize\0000\0blksize\00023668\0"));
    *e = (struct tftp_experience){.server = 0xc0a86f82u};
    tftp_experience_learn(e, &lock_step);
    asks(tftp_script_request, BYTES("tsize\0000\0blksize\00023668\0"));
    e->frames = 44;
    asks(tftp_script_request, BYTES("tsize\0000\0blksize\00065108\0"));
    e->fragments_lost = true;
    asks(tftp_script_request, BYTES("tsize\0000\0blksize\0001468\0"));
    e->server = 1; /* another server: all is new */
    asks(tftp_script_request, BYTES(ALL));
}

/* shows: RFC2348-2-a */
static void t_tf_31_file_names(void **state)
{
    static char name[4097];
    struct tftp_request request = {.server = {.ip = ipv4_address(1)}, .file = name, .sink = &s.sink};
    struct random random = {0};
    struct tftp tftp = {0};
    uint8_t packet[UDP_PAYLOAD_MAX];
    struct writer w = writer_of(packet, sizeof(packet));

    (void)state;
    assert_int_equal(tftp_start(&tftp, 0, &request, &s.experience, &random, NULL), STATUS_BAD_PARAMETER);
    assert_true(tftp_is_quiet(&tftp));
    memset(name, 'a', 4096);
    assert_int_equal(tftp_start(&tftp, 0, &request, &s.experience, &random, NULL), STATUS_BAD_PARAMETER);
    name[512] = '\0';
    assert_int_equal(tftp_start(&tftp, 0, &request, &s.experience, &random, NULL), STATUS_BAD_PARAMETER);
    name[256] = '\0';
    assert_int_equal(tftp_start(&tftp, 0, &request, &s.experience, &random, NULL), STATUS_BAD_PARAMETER);
    name[255] = '\0';
    memcpy(name, "\xc3\xbc b", 4);
    assert_int_equal(tftp_start(&tftp, 0, &request, &s.experience, &random, NULL), STATUS_OK);
    assert_true(tftp.udp.ops->output(&tftp.udp, 0, &w));
    assert_memory_equal(packet + 2, name, 256);
    request.block_size_max = 511;
    assert_int_equal(tftp_start(&tftp, 0, &request, &s.experience, &random, NULL), STATUS_BAD_PARAMETER);
    request.block_size_max = 65465;
    assert_int_equal(tftp_start(&tftp, 0, &request, &s.experience, &random, NULL), STATUS_BAD_PARAMETER);
}

static void directory(struct transcript *t)
{
    struct tftp_request request = tftp_script_request;

    s.experience = (struct tftp_experience){0};
    request.directory = true;
    tftp_script_start(&s, t, request);
    transcript_sends_bytes(t, 0, 0, BYTES("\0\7boot/kernel\0octet\0" ALL));
    transcript_gets(t, MS(1), s.server, tftp_script_oack(BYTES("blksize\0001000\0")));
    tftp_script_acks(t, MS(1), MS(1), 0);
    tftp_script_last_block(&s, t, MS(2), 1);
    s.experience = (struct tftp_experience){0}; /* now to a server that does not know the opcode */
    tftp_script_start(&s, t, request);
    transcript_sends(t, MS(2), MS(2));
    transcript_gets(t, MS(3), s.server, tftp_script_error(4, BYTES("Illegal TFTP operation\0")));
    transcript_sends_bytes(t, MS(3), MS(3), BYTES("\0\7boot/kernel\0octet\0tsize\0000\0blksize\0001468\0"));
}

static void a_directory_is_asked_for_by_its_own_opcode(void **state)
{
    (void)state;
    transcript_run(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_directory_is_asked_for_by_its_own_opcode, fresh),
        cmocka_unit_test_setup(error_8_asks_for_less, fresh),
        cmocka_unit_test_setup(t_tf_25_no_answer_to_a_request_with_options, fresh),
        cmocka_unit_test_setup(block_and_window_fit_the_receive_ring, fresh),
        cmocka_unit_test_setup(the_callers_limits_hold, fresh),
        cmocka_unit_test_setup(experience_decides_what_comes_next, fresh),
        cmocka_unit_test_setup(t_tf_31_file_names, fresh),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
