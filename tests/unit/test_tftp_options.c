/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Requests and their answers: RFC 1350, 2347, 2348, 2349, 7440; adversarial rows T-TF-01 to T-TF-10. */
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
    s.keeps_experience = false;
    return 0;
}

/* RFC 1350 section 2's exchange, after a server that ignores options; T-TF-09 and T-TF-10. */
static void a_server_without_options(struct transcript *t)
{
    tftp_script_start(&s, t, tftp_script_request);
    transcript_sends_bytes(t, 0, 0, BYTES(REQUEST ALL));
    transcript_gets(t, MS(1), s.server, tftp_script_data(1, 0, 512));
    tftp_script_acks(t, MS(1), MS(1), 1);
    transcript_gets(t, MS(2), s.server, tftp_script_data(2, 512, 512));
    tftp_script_acks(t, MS(2), MS(2), 2);
    transcript_gets(t, MS(3), s.server, tftp_script_data(3, 1024, 100));
    tftp_script_acks(t, MS(3), MS(3), 3);
    transcript_silent(t, SECONDS(60));
    assert_int_equal(s.twice, 0);
    if (!t->whole)
        return;
    assert_int_equal(s.tftp.state, TFTP_DONE);
    assert_int_equal(s.tftp.status, STATUS_OK);
    assert_int_equal(s.tftp.received, 1124);
    assert_int_equal(s.tftp.size, 1124);
    assert_int_equal(tftp_script_have(&s), 1124);
    assert_false(s.wrong);
    assert_false(s.experience.refuses_options);
}

/* shows: RFC1350-2-a, RFC1350-4-b, RFC1350-4-c, RFC1350-4-d, RFC1350-5-a, RFC1350-5-d, RFC1350-6-a, RFC2347-1-a,
   RFC2347-1-c, RFC2347-2-a, RFC2349-3-a, RFC7440-3-c, RFC1350-5-b */
static void t_tf_09_and_10_a_server_that_ignores_options(void **state)
{
    (void)state;
    transcript_run_cut(a_server_without_options);
}

/* RFC 7440 section 3's exchange: windows of 4, ACKs for 4 and 8. */
static void windows_of_4(struct transcript *t)
{
    tftp_script_start(&s, t, tftp_script_request);
    transcript_sends(t, 0, 0);
    transcript_gets(t, MS(1), s.server, tftp_script_oack(BYTES("blksize\0001000\0windowsize\0004\0tsize\0007500\0")));
    tftp_script_acks(t, MS(1), MS(1), 0);
    for (uint16_t n = 0; n < 8; n++) {
        transcript_gets(t, MS(2) + n * 10, s.server,
                        tftp_script_data((uint16_t)(n + 1), n * 1000u, n == 7 ? 500 : 1000));
        if (n % 4 == 3)
            tftp_script_acks(t, MS(2) + n * 10, MS(2) + n * 10, (uint16_t)(n + 1));
    }
    transcript_silent(t, SECONDS(60));
    assert_int_equal(s.twice, 0);
    if (!t->whole)
        return;
    assert_int_equal(s.tftp.status, STATUS_OK);
    assert_int_equal(s.tftp.received, 7500);
    assert_int_equal(s.told_size, 7500);
    assert_int_equal(tftp_script_have(&s), 7500);
    assert_false(s.wrong);
}

/* shows: RFC2347-1-d, RFC2347-3-a, RFC2348-2-b, RFC2348-2-c, RFC2349-3-a, RFC7440-3-b, RFC7440-4-a, RFC7440-4-b */
static void rfc_7440_windows(void **state)
{
    (void)state;
    transcript_run_cut(windows_of_4);
}

/* --- bad OACKs --------------------------------------------------------------------------------------------------- */

static struct slice bad_options;
static const char *next_request;
static size_t next_request_len;

/* RFC 2347: ERROR 8 ends the negotiation; then the file is asked for with less. */
static void bent_options(struct transcript *t)
{
    tftp_script_start(&s, t, tftp_script_request);
    transcript_sends(t, 0, 0);
    transcript_gets(t, MS(1), s.server, tftp_script_oack(bad_options));
    tftp_script_complains(t, MS(1), s.server, TFTP_ERROR_OPTIONS);
    transcript_sends_bytes(t, MS(1), MS(1), slice_of(next_request, next_request_len));
    s.server.port = 32768 + 1;
    transcript_gets(t, MS(2), s.server, tftp_script_data(1, 0, 7));
    transcript_sends_bytes(t, MS(2), MS(2), BYTES("\0\4\0\1"));
    transcript_silent(t, SECONDS(10));
    assert_int_equal(s.tftp.status, STATUS_OK);
    assert_int_equal(tftp_script_have(&s), 7);
    assert_int_equal(s.told_size, UINT64_MAX);
}

static void bends(struct slice options)
{
    bad_options = options;
    next_request = REQUEST;
    next_request_len = sizeof(REQUEST) - 1;
    transcript_run(bent_options);
}

/* shows: RFC2347-3-d, RFC2347-2-c */
static void t_tf_01_malformed_oack(void **state)
{
    static uint8_t many[1400 * 4];

    (void)state;
    bends(BYTES("blksize\0"));
    bends(BYTES("blksize"));
    bends(BYTES("blksize\0001468"));
    bends(BYTES("\0\0"));
    bends(BYTES("blksize\0001468\0\0"));
    for (size_t n = 0; n < 1400; n++)
        memcpy(many + 4 * n, "x\0001\0", 4);
    bends(slice_of(many, sizeof(many)));
}

/* An OACK without any option grants nothing. */
static void empty_oack(struct transcript *t)
{
    tftp_script_open(&s, t, tftp_script_request, BYTES(""));
    transcript_gets(t, MS(2), s.server, tftp_script_data(1, 0, 512));
    tftp_script_acks(t, MS(2), MS(2), 1);
    transcript_gets(t, MS(3), s.server, tftp_script_data(2, 512, 0));
    tftp_script_acks(t, MS(3), MS(3), 2);
    if (t->whole)
        assert_int_equal(s.tftp.received, 512);
}

/* shows: RFC2347-2-b, RFC7440-3-c */
static void t_tf_01_empty_oack(void **state)
{
    (void)state;
    transcript_run_cut(empty_oack);
}

static void t_tf_02_option_twice(void **state)
{
    (void)state;
    bends(BYTES("blksize\0001468\0blksize\0001024\0"));
    bends(BYTES("tsize\0005\0TSIZE\0005\0"));
}

/* shows: RFC2347-2-c */
static void t_tf_03_option_not_asked_for(void **state)
{
    (void)state;
    bends(BYTES("multicast\000,,1\0"));
    bends(BYTES("blksize\0001468\0utimeout\0001000\0"));
}

/* shows: RFC2347-2-d, RFC2348-2-b */
static void t_tf_04_block_sizes_out_of_range(void **state)
{
    (void)state;
    bends(BYTES("blksize\0000\0"));
    bends(BYTES("blksize\0007\0"));
    bends(BYTES("blksize\0005909\0"));
    bends(BYTES("blksize\00065465\0"));
    bends(BYTES("blksize\0001e9\0"));
    bends(BYTES("blksize\000-1\0"));
    bends(BYTES("blksize\000 512\0"));
    bends(BYTES("blksize\0000x200\0"));
    bends(BYTES("blksize\00018446744073709552128\0")); /* 512 modulo 2^64 */
    bends(BYTES("blksize\000\0"));
}

/* shows: RFC2347-2-d, RFC7440-3-b */
static void t_tf_06_window_sizes_out_of_range(void **state)
{
    static const char without_window[] = REQUEST "tsize\0000\0blksize\0001468\0";

    (void)state;
    next_request = without_window;
    next_request_len = sizeof(without_window) - 1;
    bad_options = BYTES("windowsize\0000\0");
    transcript_run(bent_options);
    bad_options = BYTES("windowsize\00065536\0");
    transcript_run(bent_options);
    bad_options = BYTES("windowsize\00017\0");
    transcript_run(bent_options);
    assert_true(s.experience.refuses_window);
}

/* shows: RFC2349-2-b */
static void t_tf_07_timeout_nobody_asked_for(void **state)
{
    (void)state;
    bends(BYTES("timeout\0003\0"));
}

/* A server that goes on bending is given up, in bounded time. */
static void bends_for_ever(struct transcript *t)
{
    tftp_script_start(&s, t, tftp_script_request);
    transcript_sends(t, 0, 0);
    transcript_gets(t, MS(1), s.server, tftp_script_oack(BYTES("multicast\000,,1\0")));
    transcript_sends(t, MS(1), MS(1));
    transcript_sends(t, MS(1), MS(1));
    s.server.port++;
    transcript_gets(t, MS(2), s.server, tftp_script_oack(BYTES("multicast\000,,1\0")));
    tftp_script_complains(t, MS(2), s.server, TFTP_ERROR_OPTIONS);
    transcript_silent(t, SECONDS(200));
    if (t->whole)
        assert_int_equal(s.tftp.status, STATUS_TFTP_CANNOT_OPEN);
}

static void t_tf_03_a_server_that_never_stops_bending(void **state)
{
    (void)state;
    transcript_run_cut(bends_for_ever);
}

/* --- tsize ------------------------------------------------------------------------------------------------------- */

static struct slice told_size;

/* A size that is no number is no size, and not worth 512 byte blocks. */
static void senseless_size(struct transcript *t)
{
    tftp_script_open(&s, t, tftp_script_request, told_size);
    assert_int_equal(s.told_size, UINT64_MAX);
    assert_false(s.tftp.has_size);
    transcript_gets(t, MS(2), s.server, tftp_script_data(1, 0, 100));
    transcript_sends(t, MS(2), MS(2));
    assert_int_equal(s.tftp.size, 100);
}

/* Nothing has that much memory: refused before a byte is written. */
static void immense_size(struct transcript *t)
{
    tftp_script_start(&s, t, tftp_script_request);
    transcript_sends(t, 0, 0);
    transcript_gets(t, MS(1), s.server, tftp_script_oack(told_size));
    tftp_script_complains(t, MS(1), s.server, TFTP_ERROR_DISK_FULL);
    transcript_silent(t, SECONDS(200));
    assert_int_equal(s.tftp.status, STATUS_FILE_TOO_BIG);
    assert_int_equal(s.writes, 0);
}

/* The data decide; that the size was wrong is told in the log. */
static void wrong_size(struct transcript *t)
{
    tftp_script_open(&s, t, tftp_script_request, told_size);
    transcript_gets(t, MS(2), s.server, tftp_script_data(1, 0, 100));
    transcript_sends(t, MS(2), MS(2));
    assert_int_equal(s.tftp.status, STATUS_OK);
    assert_int_equal(s.tftp.size, 100);
    assert_int_equal(s.tftp.received, 100);
}

/* shows: RFC2349-3-c */
static void t_tf_05_sizes(void **state)
{
    static const struct slice senseless[] = {
        {(const uint8_t *)"tsize\000-1\0", 9},
        {(const uint8_t *)"tsize\0001k\0", 9},
        {(const uint8_t *)"tsize\000\0", 7},
        {(const uint8_t *)"tsize\00018446744073709551616\0", 27},
    };

    (void)state;
    for (size_t n = 0; n < sizeof(senseless) / sizeof(senseless[0]); n++) {
        told_size = senseless[n];
        transcript_run(senseless_size);
    }
    told_size = BYTES("tsize\0004294967296\0");
    transcript_run(immense_size);
    told_size = BYTES("tsize\0009223372036854775808\0");
    transcript_run(immense_size);
    told_size = BYTES("tsize\00099\0");
    transcript_run(wrong_size);
    told_size = BYTES("tsize\000101\0");
    transcript_run(wrong_size);
}

static void size_only(struct transcript *t)
{
    tftp_script_start(&s, t, (struct tftp_request){.size_only = true});
    transcript_sends_bytes(t, 0, 0, BYTES(REQUEST "tsize\0000\0"));
    transcript_gets(t, MS(1), s.server, tftp_script_oack(BYTES("tsize\00012345678901\0")));
    tftp_script_complains(t, MS(1), s.server, TFTP_ERROR_OPTIONS);
    transcript_silent(t, SECONDS(200));
    if (!t->whole)
        return;
    assert_true(tftp_is_complete(&s.tftp));
    assert_true(tftp_is_quiet(&s.tftp));
    assert_int_equal(s.tftp.size, 12345678901u);
    assert_int_equal(s.told_size, UINT64_MAX);
}

static void size_not_told(struct transcript *t)
{
    tftp_script_start(&s, t, (struct tftp_request){.size_only = true});
    transcript_sends(t, 0, 0);
    transcript_gets(t, MS(1), s.server, tftp_script_data(1, 0, 512));
    tftp_script_complains(t, MS(1), s.server, TFTP_ERROR_OPTIONS);
    transcript_silent(t, SECONDS(200));
    if (t->whole)
        assert_int_equal(s.tftp.status, STATUS_TFTP_NO_FILESIZE);
    assert_int_equal(s.writes, 0);
}

/* shows: RFC2349-3-a */
static void size_can_be_asked_alone(void **state)
{
    (void)state;
    transcript_run_cut(size_only);
    transcript_run_cut(size_not_told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(t_tf_09_and_10_a_server_that_ignores_options, fresh),
        cmocka_unit_test_setup(rfc_7440_windows, fresh),
        cmocka_unit_test_setup(t_tf_01_malformed_oack, fresh),
        cmocka_unit_test_setup(t_tf_01_empty_oack, fresh),
        cmocka_unit_test_setup(t_tf_02_option_twice, fresh),
        cmocka_unit_test_setup(t_tf_03_option_not_asked_for, fresh),
        cmocka_unit_test_setup(t_tf_03_a_server_that_never_stops_bending, fresh),
        cmocka_unit_test_setup(t_tf_04_block_sizes_out_of_range, fresh),
        cmocka_unit_test_setup(t_tf_05_sizes, fresh),
        cmocka_unit_test_setup(t_tf_06_window_sizes_out_of_range, fresh),
        cmocka_unit_test_setup(t_tf_07_timeout_nobody_asked_for, fresh),
        cmocka_unit_test_setup(size_can_be_asked_alone, fresh),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
