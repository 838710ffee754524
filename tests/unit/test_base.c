/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/base/address.h"
#include "firmware/base/checksum.h"
#include "firmware/base/format.h"
#include "firmware/base/retry.h"
#include "firmware/base/status.h"
#include "firmware/base/text.h"

static void format_writes_what_printf_would(void **state)
{
    char text[64];

    (void)state;
    assert_int_equal(text_format(text, sizeof(text), "%5u|%-5d|%05x|%c|%s|%%", 42u, -7, 0xbeefu, 'z', "abc"), 25);
    assert_string_equal(text, "   42|-7   |0beef|z|abc|%");
    text_format(text, sizeof(text), "%llu %llx %02X %zu %.2s", 18446744073709551615ull, 0x123456789abcdef0ull, 0xebu,
                (size_t)7, "xyz");
    assert_string_equal(text, "18446744073709551615 123456789abcdef0 EB 7 xy");
    text_format(text, sizeof(text), IPV4_FORMAT, IPV4_ARGS(0xc0a86f82u));
    assert_string_equal(text, "192.168.111.130");
}

static void format_cuts_at_the_end_of_its_buffer(void **state)
{
    char text[6] = "#####";

    (void)state;
    assert_int_equal(text_format(text, 4, "%s", "abcdef"), 3);
    assert_string_equal(text, "abc");
    assert_int_equal(text[4], '#');
    assert_int_equal(text_format(text, 0, "x"), 0);
    assert_string_equal(text, "abc");
}

/* RFC 1071 section 3's example, whole and split. */
static void checksum_matches_the_rfc(void **state)
{
    static const uint8_t example[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    uint32_t sum;

    (void)state;
    assert_int_equal(checksum_finish(checksum_add(0, slice_of(example, 8))), (uint16_t)~0xddf2);
    sum = checksum_add(0, slice_of(example, 2));
    sum = checksum_add(sum, slice_of(example + 2, 6));
    assert_int_equal(checksum_finish(sum), (uint16_t)~0xddf2);
    assert_int_equal(checksum_finish(checksum_add(0, slice_of(example, 7))), (uint16_t)~0xdcfb);
    assert_int_equal(checksum_finish(checksum_add_be16(0, 0x1234)), (uint16_t)~0x1234);
}

/* All lengths around the sizes of block and word, at all alignments, against a sum of byte pairs. */
static void checksum_is_right_at_every_length(void **state)
{
    uint8_t bytes[300];

    (void)state;
    for (size_t n = 0; n < sizeof(bytes); n++)
        bytes[n] = (uint8_t)(n % 3 == 0 ? 0xff : n * 151);
    for (size_t at = 0; at < 4; at++) {
        for (size_t len = 0; len < 290; len++) {
            uint32_t expected = 0xfffe;

            for (size_t n = 0; n < len; n++)
                expected += (uint32_t)bytes[at + n] << (n % 2 == 0 ? 8 : 0);
            expected = (expected & 0xffff) + (expected >> 16);
            expected = (expected & 0xffff) + (expected >> 16);
            assert_int_equal(checksum_finish(checksum_add(checksum_add_be16(0, 0xfffe), slice_of(bytes + at, len))),
                             (uint16_t)~expected);
        }
    }
}

static void reader_sticks_at_its_first_overrun(void **state)
{
    static const uint8_t bytes[] = {1, 2, 3};
    struct reader r = reader_of(slice_of(bytes, sizeof(bytes)));

    (void)state;
    assert_int_equal(read_be16(&r), 0x0102);
    assert_int_equal(read_be16(&r), 0);
    assert_true(r.failed);
    assert_int_equal(read_u8(&r), 0);
}

static void writer_never_leaves_its_room(void **state)
{
    uint8_t bytes[4] = {0, 0, 0, 0xee};
    struct writer w = writer_of(bytes, 3);

    (void)state;
    write_be16(&w, 0x0102);
    write_be16(&w, 0x0304);
    write_u8(&w, 5);
    assert_true(w.failed);
    assert_int_equal(writer_len(&w), 2);
    assert_int_equal(bytes[3], 0xee);
}

static void strangers_text_is_filtered(void **state)
{
    char text[8];

    (void)state;
    text_copy_printable(text, sizeof(text), slice_of("a\033[2J\0z", 7));
    assert_string_equal(text, "a?[2J");
    text_copy_printable(text, sizeof(text), slice_of("0123456789", 10));
    assert_string_equal(text, "0123456");
}

static void decimal_is_plain_digits_without_overflow(void **state)
{
    uint64_t value = 9;

    (void)state;
    assert_true(text_parse_decimal(text_slice("18446744073709551615"), &value));
    assert_true(value == UINT64_MAX);
    assert_false(text_parse_decimal(text_slice("18446744073709551616"), &value));
    assert_false(text_parse_decimal(text_slice("-1"), &value));
    assert_false(text_parse_decimal(text_slice(" 1"), &value));
    assert_false(text_parse_decimal(text_slice(""), &value));
}

static void retry_backs_off_to_its_ceiling_with_jitter(void **state)
{
    struct random random = {0};
    struct retry r;
    time_us now = SECONDS(1);

    (void)state;
    random_seed(&random, text_slice("seed"));
    retry_start(&r, now, SECONDS(4), SECONDS(16));
    assert_true(r.deadline == now);
    for (unsigned n = 0; n < 6; n++) {
        time_us wait = n == 0 ? SECONDS(4) : n == 1 ? SECONDS(8) : SECONDS(16);

        retry_sent(&r, now, &random);
        assert_in_range(r.deadline - now, wait - wait / 8, wait + wait / 8);
    }
    assert_int_equal(r.attempts, 6);
}

/* RFC 8439 section 2.3.2 gives no vector for an all-zero key and nonce; its appendix A.1 #1 does. */
static void random_is_chacha20(void **state)
{
    struct random random = {.used = 16};

    (void)state;
    assert_int_equal(random_u32(&random), 0xade0b876);
    assert_int_equal(random_u32(&random), 0x903df1a0);
    for (unsigned n = 0; n < 1000; n++)
        assert_in_range(random_below(&random, 7), 0, 6);
}

static void every_status_has_number_and_text(void **state)
{
    (void)state;
    assert_int_equal(status_number(STATUS_TFTP_NOT_FOUND), 0x3b);
    for (unsigned s = 0; s <= STATUS_PENDING; s++)
        assert_true(text_length(status_text((enum status)s)) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(format_writes_what_printf_would),
        cmocka_unit_test(format_cuts_at_the_end_of_its_buffer),
        cmocka_unit_test(checksum_matches_the_rfc),
        cmocka_unit_test(checksum_is_right_at_every_length),
        cmocka_unit_test(reader_sticks_at_its_first_overrun),
        cmocka_unit_test(writer_never_leaves_its_room),
        cmocka_unit_test(strangers_text_is_filtered),
        cmocka_unit_test(decimal_is_plain_digits_without_overflow),
        cmocka_unit_test(retry_backs_off_to_its_ceiling_with_jitter),
        cmocka_unit_test(random_is_chacha20),
        cmocka_unit_test(every_status_has_number_and_text),
    };

    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
