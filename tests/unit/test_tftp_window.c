/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Block numbers that roll over (T-TF-12), offsets beyond 32 bits, and TFTP packets themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/base/text.h"
#include "firmware/proto/tftp_window.h"
#include "firmware/wire/tftp_packet.h"
#include "tests/harness/tftp_simulation.h"

static uint16_t number_of(uint64_t block, bool skips_zero)
{
    return skips_zero ? (uint16_t)((block - 1) % 65535 + 1) : (uint16_t)block;
}

static void receives(uint64_t size, uint16_t block_size, uint16_t window, bool skips_zero)
{
    struct tftp_window w;
    uint64_t last = size / block_size + 1;

    tftp_window_start(&w, block_size, window, false);
    for (uint64_t block = 1; block <= last; block++) {
        struct tftp_taken taken = tftp_window_find(&w, number_of(block, skips_zero));
        bool due;

        assert_int_equal(taken.kind, TFTP_BLOCK_NEW);
        assert_true(taken.position == (block - 1) * block_size);
        due = tftp_window_add(&w, block, 1, &taken, block == last ? (size_t)(size % block_size) : block_size);
        assert_true(due == (block % window == 0 || block == last));
        if (due) {
            assert_int_equal(tftp_window_ack_number(&w), number_of(block, skips_zero));
            tftp_window_acked(&w, block);
        }
    }
    assert_true(tftp_window_is_complete(&w));
    assert_true(w.position == size);
}

static void t_tf_12_sizes_around_the_rollover(void **state)
{
    (void)state;
    receives(32ull << 20, 512, 1, false);
    receives((32ull << 20) - 1, 512, 1, true);
    receives((32ull << 20) - 1, 512, 16, false);
    receives(93ull << 20, 512, 1, true);
    receives(93ull << 20, 1468, 16, false);
    receives((4ull << 30) + 1, 1468, 16, false);
    receives((4ull << 30) + 1, 65464, 1, true);
    receives(5ull << 30, 1468, 64, false);
}

/* With windows the block numbered 1 does not tell by itself whether 0 was lost or left out. */
static void t_tf_12_both_rollovers_in_windows(void **state)
{
    (void)state;
    for (unsigned loss = 0; loss <= 1000; loss += 500) {
        for (unsigned skips = 0; skips < 2; skips++) {
            for (unsigned window = 1; window <= 16; window += 5) {
                struct tftp_simulation s = {
                    .kind = TFTP_SERVER_WINDOWS,
                    .size = 65550 * 8,
                    .block_size_granted = 8,
                    .round_trip = MILLISECONDS(1),
                    .rate = 1000,
                    .loss = window == 1 ? 0 : loss,
                    .seed = 11 + loss,
                    .skips_zero = skips == 1,
                    .request = {.window_max = (uint16_t)window, .block_size_max = 512},
                };

                tftp_simulate(&s);
                assert_int_equal(s.status, STATUS_OK);
                assert_true(s.content_is_right);
                assert_int_equal(s.written_twice, 0);
                assert_int_equal(s.requests, 1);
            }
        }
    }
}

/* The block numbered 0 itself is lost, from a server that has it. */
static void block_0_lost_is_not_taken_for_left_out(void **state)
{
    struct tftp_window w;
    struct tftp_taken taken;

    (void)state;
    tftp_window_start(&w, 8, 16, false);
    for (uint32_t block = 1; block <= 65535; block++) {
        taken = tftp_window_find(&w, (uint16_t)block);
        if (tftp_window_add(&w, block, 1, &taken, 8))
            tftp_window_acked(&w, block);
    }
    /* ACK 65520 was the last: the window goes up to 65536, and the next one is complete without 0. */
    taken = tftp_window_find(&w, 1);
    assert_int_not_equal(taken.kind, TFTP_BLOCK_USELESS); /* one above the window's last: 0 is left out */
    tftp_window_start(&w, 8, 16, false);
    for (uint32_t block = 1; block <= 65530; block++) {
        taken = tftp_window_find(&w, (uint16_t)block);
        tftp_window_add(&w, block, 1, &taken, 8);
    }
    tftp_window_acked(&w, 65530);
    for (uint32_t block = 65531; block <= 65546; block++) {
        if (block == 65536)
            continue;
        taken = tftp_window_find(&w, (uint16_t)block);
        assert_int_equal(taken.kind, block < 65536 ? TFTP_BLOCK_NEW : TFTP_BLOCK_USELESS);
        assert_true(tftp_window_add(&w, block, 1, &taken, 8) == (block == 65537));
    }
    assert_int_equal(tftp_window_ack_number(&w), 65535);
    tftp_window_acked(&w, 65550);
    for (uint32_t block = 65536; block <= 65551; block++) {
        taken = tftp_window_find(&w, (uint16_t)block);
        assert_int_equal(taken.kind, TFTP_BLOCK_NEW);
        assert_true(taken.position == (block - 1) * 8u);
        assert_true(tftp_window_add(&w, block, 1, &taken, 8) == (block == 65551));
    }
}

/* shows: RFC1350-5-a, RFC1350-5-e, RFC2347-1-a */
static void packets_are_emitted_and_parsed(void **state)
{
    uint8_t bytes[64];
    struct writer w = writer_of(bytes, sizeof(bytes));
    struct tftp_packet packet;
    struct reader r;
    struct slice file, mode, options;
    struct tftp_option option;

    (void)state;
    tftp_request_emit(&w, TFTP_RRQ, "f");
    tftp_option_emit(&w, "tsize", 18446744073709551615u);
    assert_int_equal(writer_len(&w), 2 + 2 + 6 + 6 + 21);
    r = reader_of(writer_written(&w));
    assert_true(tftp_packet_parse(&r, &packet));
    assert_int_equal(packet.opcode, TFTP_RRQ);
    assert_true(tftp_rrq_parse(packet.body, &file, &mode, &options));
    assert_true(slice_equal(file, text_slice("f")));
    assert_true(slice_equal(mode, text_slice("octet")));
    assert_int_equal(tftp_option_next(&options, &option), TFTP_OPTION_OK);
    assert_true(slice_equal(option.name, text_slice("tsize")));
    assert_true(slice_equal(option.value, text_slice("18446744073709551615")));
    assert_int_equal(tftp_option_next(&options, &option), TFTP_OPTION_END);
    for (size_t len = 0; len < 10; len++) { /* file and mode are cut */
        r = reader_of(slice_of(bytes, len));
        assert_true(tftp_packet_parse(&r, &packet) == (len >= 2));
        assert_false(len >= 2 && tftp_rrq_parse(packet.body, &file, &mode, &options));
    }
    w = writer_of(bytes, 3);
    tftp_ack_emit(&w, 7);
    assert_true(w.failed);
    w = writer_of(bytes, sizeof(bytes));
    tftp_error_emit(&w, 3, "full");
    r = reader_of(writer_written(&w));
    assert_true(tftp_packet_parse(&r, &packet));
    assert_int_equal(packet.opcode, TFTP_ERROR);
    assert_int_equal(packet.number, 3);
    assert_int_equal(packet.body.len, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(t_tf_12_sizes_around_the_rollover),
        cmocka_unit_test(t_tf_12_both_rollovers_in_windows),
        cmocka_unit_test(block_0_lost_is_not_taken_for_left_out),
        cmocka_unit_test(packets_are_emitted_and_parsed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
