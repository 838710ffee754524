/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* PXE's tags in option 43; adversarial rows T-DH-10 to T-DH-13. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/base/text.h"
#include "firmware/wire/pxe_options.h"
#include "tests/harness/guard_page.h"

#define BYTES(...) slice_of((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static struct guard_page page;

static int open_page(void **state)
{
    (void)state;
    guard_page_open(&page, 65536);
    return 0;
}

static int close_page(void **state)
{
    (void)state;
    guard_page_close(&page);
    return 0;
}

static void assert_text(struct slice s, const char *text)
{
    assert_int_equal(s.len, text_length(text));
    assert_memory_equal(s.data, text, s.len);
}

static bool parse_pxe(struct slice bytes, struct pxe_options *out)
{
    return pxe_options_parse(guard_page_copy(&page, bytes), out);
}

/* Tags 2 and 3 come in Intel's order, and from ISC dhcpd in the network's. */
static void mtftp_ports_are_read_in_either_order(void **state)
{
    static const struct {
        uint8_t client[2], server[2];
        uint16_t client_port, server_port;
    } cases[] = {
        {{0xdd, 0x06}, {0xde, 0x06}, 1757, 1758}, /* 56582 and 56838 the other way round */
        {{0x06, 0xdd}, {0x06, 0xde}, 1757, 1758},
        {{0x4a, 0x00}, {0x4b, 0x00}, 74, 75},
        {{0x00, 0x4a}, {0x00, 0x4b}, 74, 75},
        {{0x10, 0x27}, {0x11, 0x27}, 10000, 10001}, /* nothing against 4135 and 4391 either: Intel's order */
        {{0x27, 0x10}, {0x27, 0x11}, 4135, 4391},
    };

    (void)state;
    for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
        uint8_t bytes[] = {2, 2, cases[n].client[0], cases[n].client[1], 3, 2, cases[n].server[0], cases[n].server[1]};
        struct pxe_options pxe;

        assert_true(parse_pxe(slice_of(bytes, sizeof(bytes)), &pxe));
        assert_int_equal(pxe.mtftp_client_port, cases[n].client_port);
        assert_int_equal(pxe.mtftp_server_port, cases[n].server_port);
    }
}

/* shows: RFC2132-8.4-a, PXE-2.5-a, PXE-2.5-c */
static void pxe_tags_are_read(void **state)
{
    static const uint8_t bytes[] = "\6\1\x0b"
                                   "\7\4\xe0\0\1\2"
                                   "\x08\x07\0\3\1\x0a\0\0\1"
                                   "\x09\x05\0\3\2hi"
                                   "\x0a\x03\x14"
                                   "F8"
                                   "\x47\4\0\3\0\1"
                                   "\1\4\xe0\0\0\x63"
                                   "\2\2\x06\xe2"
                                   "\3\2\x06\xdb"
                                   "\4\1\5"
                                   "\5\1\6"
                                   "\xff"
                                   "\6\1\0";
    struct pxe_options pxe;
    struct pxe_boot_server server;
    struct pxe_menu_item item;
    struct reader r;

    (void)state;
    assert_true(parse_pxe(slice_of(bytes, sizeof(bytes) - 1), &pxe));
    assert_true(pxe.has_control);
    assert_int_equal(pxe.control, 0x0b);
    assert_int_equal(pxe.discovery_address, 0xe0000102u);
    assert_int_equal(pxe.prompt_timeout_s, 20);
    assert_text(pxe.prompt, "F8");
    assert_int_equal(pxe.boot_item_type, 3);
    assert_int_equal(pxe.boot_item_layer, 1);
    assert_true(pxe.has_mtftp);
    assert_int_equal(pxe.mtftp_address, 0xe0000063u);
    assert_int_equal(pxe.mtftp_client_port, 1762);
    assert_int_equal(pxe.mtftp_server_port, 1755);
    assert_int_equal(pxe.mtftp_timeout_s, 5);
    assert_int_equal(pxe.mtftp_delay_s, 6);
    r = reader_of(pxe.boot_servers);
    assert_true(pxe_boot_server_next(&r, &server));
    assert_int_equal(server.type, 3);
    assert_int_equal(server.addresses.len, 4);
    assert_false(pxe_boot_server_next(&r, &server));
    assert_false(r.failed);
    r = reader_of(pxe.boot_menu);
    assert_true(pxe_menu_item_next(&r, &item));
    assert_int_equal(item.type, 3);
    assert_text(item.text, "hi");
    assert_false(pxe_menu_item_next(&r, &item));
    assert_false(r.failed);
}

/* T-DH-10; a missing end tag is common in hand-written option 43 and harmless. */
/* shows: RFC2132-8.4-a, PXE-2.5-a, PXE-2.5-b */
static void pxe_tags_that_run_past_the_end_are_dropped_together(void **state)
{
    struct pxe_options pxe;

    (void)state;
    assert_true(parse_pxe(BYTES(6, 1, 8), &pxe));
    assert_int_equal(pxe.control, 8);
    assert_true(parse_pxe(BYTES(43, 3, 6, 1, 8, 255), &pxe));
    assert_false(pxe.has_control);
    assert_false(parse_pxe(BYTES(6, 1, 8, 10, 5, 0), &pxe));
    assert_false(pxe.has_control);
    assert_false(parse_pxe(BYTES(6, 1, 8, 10), &pxe));
}

/* shows: PXE-2.5-b */
static void a_pxe_tag_of_a_wrong_length_is_dropped_alone(void **state)
{
    struct pxe_options pxe;

    (void)state;
    assert_true(parse_pxe(BYTES(6, 1, 8, 8, 0, 9, 0, 10, 0, 7, 3, 1, 2, 3, 71, 2, 0, 1, 1, 5, 1, 2, 3, 4, 5), &pxe));
    assert_int_equal(pxe.control, 8);
    assert_int_equal(pxe.boot_servers.len + pxe.boot_menu.len, 0);
    assert_false(pxe.has_prompt || pxe.has_discovery_address || pxe.has_boot_item || pxe.has_mtftp);
    assert_int_equal(pxe.ignored, 6);
    assert_true(parse_pxe(BYTES(6, 2, 8, 8, 10, 1, 5), &pxe));
    assert_false(pxe.has_control);
    assert_int_equal(pxe.control, 0);
    assert_int_equal(pxe.prompt_timeout_s, 5);
}

static void of_repeated_pxe_tags_the_first_good_one_counts(void **state)
{
    struct pxe_options pxe;

    (void)state;
    assert_true(parse_pxe(BYTES(6, 2, 9, 9, 6, 1, 8, 6, 1, 3, 9, 4, 0, 1, 1, 'a', 9, 4, 0, 2, 1, 'b', 255), &pxe));
    assert_int_equal(pxe.control, 8);
    assert_int_equal(pxe.boot_menu.len, 4);
    assert_int_equal(pxe.boot_menu.data[1], 1);
    assert_int_equal(pxe.ignored, 3);
    assert_true(parse_pxe(BYTES(64, 1, 8, 200, 0, 12, 1, 1), &pxe)); /* unknown, or not for us: not even counted */
    assert_int_equal(pxe.ignored, 0);
}

/* T-DH-11 */
/* shows: PXE-2.5-c */
static void boot_server_list_is_bounded(void **state)
{
    uint8_t many[64 * 7];
    struct pxe_boot_server server;
    struct reader r = reader_of(guard_page_copy(&page, BYTES(0, 1, 0)));
    unsigned count = 0;

    (void)state;
    assert_true(pxe_boot_server_next(&r, &server));
    assert_int_equal(server.addresses.len, 0);
    r = reader_of(guard_page_copy(&page, BYTES(0, 1, 2, 10, 0, 0, 1)));
    assert_false(pxe_boot_server_next(&r, &server));
    assert_true(r.failed);
    for (size_t i = 0; i < sizeof(many); i++)
        many[i] = i % 7 == 2 ? 1 : 9;
    r = reader_of(guard_page_copy(&page, slice_of(many, sizeof(many))));
    while (pxe_boot_server_next(&r, &server))
        count++;
    assert_int_equal(count, 64);
    assert_false(r.failed);
}

static void menu_text_past_the_end_is_not_read(void **state)
{
    struct pxe_menu_item item;
    struct reader r = reader_of(guard_page_copy(&page, BYTES(0, 1, 255, 'a')));

    (void)state;
    assert_false(pxe_menu_item_next(&r, &item));
    assert_true(r.failed);
}

/* T-DH-12 */
static void prompt_timeouts_are_kept_as_they_are(void **state)
{
    static const uint8_t timeouts[] = {0, 254, 255};
    struct pxe_options pxe;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_true(parse_pxe(BYTES(10, 1, timeouts[i]), &pxe));
        assert_true(pxe.has_prompt);
        assert_int_equal(pxe.prompt_timeout_s, timeouts[i]);
        assert_int_equal(pxe.prompt.len, 0);
    }
}

/* T-DH-13, as far as parsing goes. */
/* shows: PXE-2.5-a */
static void every_discovery_control_value_is_read(void **state)
{
    struct pxe_options pxe;

    (void)state;
    for (unsigned value = 0; value < 256; value++) {
        assert_true(parse_pxe(BYTES(6, 1, (uint8_t)value, 255), &pxe));
        assert_int_equal(pxe.control, value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mtftp_ports_are_read_in_either_order),
        cmocka_unit_test(pxe_tags_are_read),
        cmocka_unit_test(pxe_tags_that_run_past_the_end_are_dropped_together),
        cmocka_unit_test(a_pxe_tag_of_a_wrong_length_is_dropped_alone),
        cmocka_unit_test(of_repeated_pxe_tags_the_first_good_one_counts),
        cmocka_unit_test(boot_server_list_is_bounded),
        cmocka_unit_test(menu_text_past_the_end_is_not_read),
        cmocka_unit_test(prompt_timeouts_are_kept_as_they_are),
        cmocka_unit_test(every_discovery_control_value_is_read),
    };

    return cmocka_run_group_tests(tests, open_page, close_page);
}
