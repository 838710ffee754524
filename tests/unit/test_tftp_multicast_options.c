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
/* A file of 10 blocks: nine of 1000 bytes and one of 10. */
#define LOCK_STEP "blksize\0001000\0tsize\0009010\0"

static struct tftp_script s;
static struct block_map map;

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

static void all_is_here(struct transcript *t)
{
    assert_int_equal(s.twice, 0);
    if (!t->whole)
        return;
    assert_int_equal(s.tftp.status, STATUS_OK);
    assert_int_equal(s.tftp.received, 9010);
    assert_int_equal(tftp_script_have(&s), 9010);
    assert_false(s.wrong);
}

static void opens(struct transcript *t, struct slice options)
{
    tftp_script_start(&s, t, with_map());
    transcript_sends_bytes(t, 0, 0, BYTES(REQUEST ALL MULTICAST));
    gets_oack(t, MS(1), options);
}

static void who_takes_it_in_order_does_not_ask(struct transcript *t)
{
    for (unsigned n = 0; n < 4; n++) {
        struct tftp_request request = with_map();
        struct slice sent;

        request.paced = n == 0;
        request.size_only = n == 1;
        request.directory = n == 2;
        request.window_max = n == 3;
        tftp_script_start(&s, t, request);
        sent = transcript_sends(t, 0, 0);
        assert_true(sent.len > 20 && memcmp(sent.data + sent.len - 11, "multicast\0", 11) != 0);
        tftp_cancel(&s.tftp, t->now, STATUS_CANCELLED);
    }
}

static void only_a_sink_that_takes_any_order(void **state)
{
    (void)state;
    transcript_run(who_takes_it_in_order_does_not_ask);
}

static const char *bad_value;

/* T-MT-04: ERROR 8, and the file by unicast. */
static void bad_group(struct transcript *t)
{
    uint8_t options[100] = LOCK_STEP "multicast";
    size_t len = sizeof(LOCK_STEP "multicast"), value_len = strlen(bad_value) + 1;

    memcpy(options + len, bad_value, value_len);
    opens(t, slice_of(options, len + value_len));
    tftp_script_complains(t, MS(1), s.server, TFTP_ERROR_OPTIONS);
    transcript_sends_bytes(t, MS(1), MS(1), BYTES(REQUEST ALL));
    assert_int_equal(s.tftp.udp.group, 0);
    assert_true(s.experience.refuses_multicast);
}

/* shows: RFC2090-1-b */
static void t_mt_04_groups_that_are_none(void **state)
{
    static const char *const values[] = {
        ",,1",
        ",,",
        "",
        "224.0.0.1,1,0",
        "224.0.0.251,1758,1",
        "10.0.0.1,1758,1",
        "240.0.0.1,1758,1",
        "239.255.0.1,0,1",
        "239.255.0.1,99999,1",
        "239.255.0.1,1758,2",
        "239.255.0.1,1758,",
        "239.255.0.1,1758",
        "239.255.0.1,1758,1,",
        "239.255.0.1,1758,11",
        "239.255.0,1758,1",
        "239.255.0.1.1,1758,1",
        "239.255.0.256,1758,1",
        "239.255.0.0001,1758,1",
        "239.255.0.1,-1,1",
        " 239.255.0.1,1758,1",
        "239.255.0.1,,1",
        ",1758,1",
        "239.255.0.x,1758,1",
        "\xff\xff,\x01,\x01",
    };

    (void)state;
    for (size_t n = 0; n < sizeof(values) / sizeof(values[0]); n++) {
        bad_value = values[n];
        transcript_run(bad_group);
    }
}

static void a_server_that_ignores_the_option(struct transcript *t)
{
    opens(t, BYTES(LOCK_STEP));
    tftp_script_acks(t, MS(1), MS(1), 0);
    for (unsigned n = 1; n <= 10; n++) {
        transcript_gets(t, MS(1 + n), s.server, tftp_script_data((uint16_t)n, (n - 1) * 1000u, n == 10 ? 10 : 1000));
        tftp_script_acks(t, MS(1 + n), MS(1 + n), (uint16_t)n);
    }
    transcript_silent(t, SECONDS(60));
    all_is_here(t);
    if (!t->whole)
        return;
    assert_true(s.experience.refuses_multicast);
    /* It is not asked a second time. */
    s.keeps_experience = true;
    tftp_script_start(&s, t, with_map());
    s.keeps_experience = false;
    transcript_sends_bytes(t, SECONDS(60), SECONDS(60), BYTES(REQUEST "tsize\0000\0blksize\00023668\0"));
}

/* shows: RFC2090-1-c */
static void ignored_by_the_server(void **state)
{
    (void)state;
    transcript_run(a_server_that_ignores_the_option);
}

static void a_server_that_refuses_the_option(struct transcript *t)
{
    tftp_script_start(&s, t, with_map());
    transcript_sends(t, 0, 0);
    transcript_gets(t, MS(1), s.server, tftp_script_error(TFTP_ERROR_OPTIONS, BYTES("no")));
    transcript_sends_bytes(t, MS(1), MS(1), BYTES(REQUEST ALL));
    assert_true(!t->whole || s.experience.refuses_multicast);
}

/* shows: RFC2090-1-c */
static void refused_by_error_8(void **state)
{
    (void)state;
    transcript_run_cut(a_server_that_refuses_the_option);
}

/* atftpd 0.8.0 refuses files of more than 65536 blocks to those who ask for multicast: ERROR 0. */
static void a_file_of_too_many_blocks(struct transcript *t)
{
    tftp_script_start(&s, t, with_map());
    transcript_sends(t, 0, 0);
    transcript_gets(t, MS(1), s.server, tftp_script_error(TFTP_ERROR_OTHER, BYTES("Undefined error code")));
    transcript_sends_bytes(t, MS(1), MS(1), BYTES(REQUEST ALL));
    assert_false(s.experience.refuses_multicast);
    /* And one who would do it: 70000 blocks. */
    tftp_script_start(&s, t, with_map());
    s.capacity = UINT64_MAX;
    transcript_sends(t, MS(1), MS(1));
    gets_oack(t, MS(2), BYTES("blksize\0001000\0tsize\00070000000\0" GROUP "1\0"));
    tftp_script_complains(t, MS(2), s.server, TFTP_ERROR_OTHER);
    transcript_sends_bytes(t, MS(2), MS(2), BYTES(REQUEST ALL));
}

static void too_many_blocks(void **state)
{
    (void)state;
    transcript_run(a_file_of_too_many_blocks);
}

/* Who multicasts in windows is asked for blocks of one frame, now and from the start the next time. */
static void smaller_blocks(struct transcript *t)
{
    opens(t, BYTES("tsize\0009010\0blksize\0005908\0windowsize\00016\0" GROUP "0\0"));
    tftp_script_complains(t, MS(1), s.server, TFTP_ERROR_OTHER);
    transcript_sends_bytes(t, MS(1), MS(1), BYTES(REQUEST "tsize\0000\0blksize\0001468\0windowsize\00016\0" MULTICAST));
    assert_true(s.experience.grants_multicast);
    s.keeps_experience = true;
    tftp_script_start(&s, t, with_map());
    s.keeps_experience = false;
    transcript_sends_bytes(t, MS(1), MS(1), BYTES(REQUEST "tsize\0000\0blksize\0001468\0windowsize\00016\0" MULTICAST));
}

static void blocks_of_one_frame(void **state)
{
    (void)state;
    transcript_run(smaller_blocks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(only_a_sink_that_takes_any_order, fresh),
        cmocka_unit_test_setup(t_mt_04_groups_that_are_none, fresh),
        cmocka_unit_test_setup(ignored_by_the_server, fresh),
        cmocka_unit_test_setup(refused_by_error_8, fresh),
        cmocka_unit_test_setup(too_many_blocks, fresh),
        cmocka_unit_test_setup(blocks_of_one_frame, fresh),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
