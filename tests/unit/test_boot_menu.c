/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The boot menu as transcripts of time and keys on one side, the screen on the other (PXE 2.1 table 2-1, tags 9, 10).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/base/text.h"
#include "firmware/boot/boot_menu.h"
#include "tests/harness/guard_page.h"

#define BYTES(literal) slice_of((const uint8_t *)(literal), sizeof(literal) - 1)
#define EPOCH          SECONDS(1000)

static struct guard_page page;
static struct boot_menu menu;
static char shown[40000];

static const char three[] = "\x80\1\6Debian"
                            "\0\0\5Local"
                            "\x80\2\6Rescue";

static int open_page(void **state)
{
    (void)state;
    guard_page_open(&page, 4096);
    return 0;
}

static int close_page(void **state)
{
    (void)state;
    guard_page_close(&page);
    return 0;
}

/* What has been printed since the last look. */
static const char *lines(void)
{
    char line[BOOT_MENU_LINE];
    size_t at = 0;

    while (boot_menu_line(&menu, line)) {
        assert_true(text_length(line) < 80);
        assert_true(at + sizeof(line) + 1 < sizeof(shown));
        memcpy(shown + at, line, text_length(line));
        at += text_length(line);
        shown[at++] = '\n';
    }
    shown[at] = '\0';
    return shown;
}

static const char *status_at(time_us at)
{
    static char line[BOOT_MENU_LINE];

    boot_menu_step(&menu, EPOCH + at);
    boot_menu_status(&menu, EPOCH + at, line);
    return line;
}

static void start(struct slice items, struct slice prompt)
{
    struct pxe_options options = {.boot_menu = guard_page_copy(&page, items)};

    if (prompt.len != 0) {
        options.has_prompt = true;
        options.prompt_timeout_s = prompt.data[0];
        options.prompt = slice_of(prompt.data + 1, prompt.len - 1);
    }
    boot_menu_start(&menu, EPOCH, &options, false);
}

static void press(time_us at, int key)
{
    boot_menu_step(&menu, EPOCH + at);
    boot_menu_key(&menu, EPOCH + at, key);
}

static void assert_chosen(unsigned n)
{
    assert_int_equal(menu.state, BOOT_MENU_CHOSEN);
    assert_int_equal(menu.selected, n);
}

/* shows: PXE-2.4-a, PXE-2.4-c */
static void a_prompt_counts_down_to_the_first_item(void **state)
{
    (void)state;
    start(BYTES(three), BYTES("\3Press F8 ..."));
    assert_string_equal(status_at(0), "Press F8 ... 3");
    assert_string_equal(status_at(1), "Press F8 ... 3");
    assert_string_equal(status_at(SECONDS(1)), "Press F8 ... 2");
    assert_string_equal(lines(), "");
    press(SECONDS(1), 'x'); /* only F8 and Enter mean something */
    press(SECONDS(1), KEY_DOWN);
    assert_string_equal(status_at(SECONDS(3) - 1), "Press F8 ... 1");
    assert_int_equal(menu.state, BOOT_MENU_PROMPT);
    assert_string_equal(status_at(SECONDS(3)), "");
    assert_chosen(0);
    assert_string_equal(lines(), "");
}

/* shows: PXE-2.4-b, PXE-2.4-d */
static void f8_opens_the_menu_and_enter_chooses(void **state)
{
    (void)state;
    start(BYTES(three), BYTES("\3Press F8 ..."));
    press(SECONDS(2), KEY_F8);
    assert_string_equal(lines(), "Press F8 ...\n"
                                 "    1  Debian\n"
                                 "    2  Local\n"
                                 "    3  Rescue\n"
                                 "Up, Down or a number of 1 to 3, then Enter. ESC leaves the network boot.\n");
    assert_string_equal(status_at(SECONDS(200)), ">   1  Debian");
    press(SECONDS(200), KEY_DOWN);
    press(SECONDS(201), KEY_DOWN);
    press(SECONDS(202), KEY_DOWN);
    assert_string_equal(status_at(SECONDS(203)), ">   3  Rescue");
    press(SECONDS(203), KEY_UP);
    assert_string_equal(lines(), ""); /* the list is not repeated */
    press(SECONDS(204), KEY_ENTER);
    assert_chosen(1);
}

static void enter_at_the_prompt_waits_no_longer(void **state)
{
    (void)state;
    start(BYTES(three), BYTES("\3"));
    assert_string_equal(status_at(0), "Press F8 for the boot menu 3");
    press(SECONDS(1), KEY_ENTER);
    assert_chosen(0);
}

/* shows: PXE-2.4-a */
static void zero_seconds_are_no_prompt_at_all(void **state)
{
    (void)state;
    start(BYTES(three), BYTES("\0Press F8"));
    assert_chosen(0);
    assert_string_equal(lines(), "");
}

static void f8_before_the_prompt_opens_it_too(void **state)
{
    struct pxe_options options = {.boot_menu = BYTES(three), .has_prompt = true, .prompt_timeout_s = 9};

    (void)state;
    boot_menu_start(&menu, EPOCH, &options, true);
    assert_int_equal(menu.state, BOOT_MENU_OPEN);
    options.prompt_timeout_s = 0;
    boot_menu_start(&menu, EPOCH, &options, true);
    assert_chosen(0);
}

/* T-DH-12 */
/* shows: PXE-2.4-a, PXE-2.4-c */
static void every_time_out_is_kept(void **state)
{
    (void)state;
    for (unsigned s = 1; s < 255; s++) {
        uint8_t prompt[2] = {(uint8_t)s, 'P'};

        start(BYTES(three), slice_of(prompt, 2));
        (void)status_at(SECONDS(s) - 1);
        assert_int_equal(menu.state, BOOT_MENU_PROMPT);
        (void)status_at(SECONDS(s));
        assert_chosen(0);
    }
    start(BYTES(three), BYTES("\xffPick"));
    assert_memory_equal(lines(), "Pick\n", 5);
    (void)status_at(SECONDS(1000000));
    assert_int_equal(menu.state, BOOT_MENU_OPEN);
    assert_true(menu.until == TIME_NEVER);
}

static void a_menu_without_a_prompt_is_shown_but_not_for_ever(void **state)
{
    (void)state;
    start(BYTES(three), slice_of(NULL, 0));
    assert_memory_equal(lines(), "Boot menu\n    1  Debian\n", 20);
    press(SECONDS(299), KEY_DOWN);
    (void)status_at(SECONDS(598));
    assert_int_equal(menu.state, BOOT_MENU_OPEN);
    (void)status_at(SECONDS(599));
    assert_int_equal(menu.state, BOOT_MENU_DESERTED);
    start(BYTES("\0\1\1a"), slice_of(NULL, 0));
    assert_chosen(0);
}

/* The server has said what happens when nobody is there. */
static void a_menu_that_was_opened_and_left_takes_the_first_item(void **state)
{
    (void)state;
    start(BYTES(three), BYTES("\3P"));
    press(SECONDS(1), KEY_F8);
    press(SECONDS(2), KEY_DOWN);
    (void)status_at(SECONDS(302) - 1);
    assert_int_equal(menu.state, BOOT_MENU_OPEN);
    (void)status_at(SECONDS(302));
    assert_chosen(0);
}

static struct slice items_of(unsigned count, uint8_t bytes[800])
{
    struct writer w = writer_of(bytes, 800);

    for (unsigned n = 0; n < count; n++) {
        write_be16(&w, (uint16_t)(n + 1));
        write_u8(&w, 0);
    }
    return writer_written(&w);
}

static void long_menus_are_listed_a_page_at_a_time(void **state)
{
    uint8_t bytes[800];

    (void)state;
    start(items_of(255, bytes), BYTES("\xff"));
    assert_int_equal(menu.count, 255);
    (void)lines();
    assert_non_null(strstr(shown, "   16  (item 16)\nUp, Down or a number of 1 to 255"));
    assert_null(strstr(shown, "   17"));
    for (unsigned n = 0; n < 15; n++)
        press(1, KEY_DOWN);
    assert_string_equal(lines(), "");
    press(1, KEY_DOWN);
    (void)lines();
    assert_memory_equal(shown, "   17  (item 17)\n", 17);
    assert_non_null(strstr(shown, "   32  (item 32)\n"));
    assert_null(strstr(shown, "   33"));
    press(2, '2');
    press(2, '5');
    press(2, '5');
    assert_string_equal(status_at(3), "> 255  (item 255)");
    (void)lines();
    assert_non_null(strstr(shown, "  255  (item 255)\n"));
    assert_null(strstr(shown, "  240  "));
    for (unsigned n = 0; n < 300; n++)
        press(3, KEY_DOWN);
    press(4, KEY_ENTER);
    assert_chosen(254);
}

/* shows: PXE-2.4-d */
static void numbers_are_typed(void **state)
{
    uint8_t bytes[800];

    (void)state;
    start(items_of(30, bytes), BYTES("\xff"));
    press(1, '1');
    assert_int_equal(menu.selected, 0);
    press(1, '2');
    assert_int_equal(menu.selected, 11);
    press(1, '3'); /* there is no 123: another number begins */
    assert_int_equal(menu.selected, 2);
    press(1, '0');
    assert_int_equal(menu.selected, 29);
    press(1, KEY_UP);
    press(1, '9');
    assert_int_equal(menu.selected, 8);
    press(1, '0');
    assert_int_equal(menu.selected, 8); /* there is no 90, and no 0 */
    press(1, KEY_ENTER);
    assert_chosen(8);
}

/* T-DH-11: what comes from strangers is cut, made printable, or named by its number. */
/* shows: PXE-2.4-f */
static void descriptions_are_bounded_and_printable(void **state)
{
    uint8_t bytes[300] = {0, 1, 200};

    (void)state;
    for (unsigned n = 3; n < 203; n++)
        bytes[n] = (uint8_t)(n * 7);
    memcpy(bytes + 3, "ab\33[2J\r\n\x7f\xff", 10);
    memcpy(bytes + 203, "\0\2\0\0\3\4\0\0\0\0", 10);
    start(slice_of(bytes, 213), BYTES("\xff\33[31mred\r\n"));
    (void)lines();
    assert_memory_equal(shown, "?[31mred??\n    1  ab?[2J????", 28);
    assert_non_null(strstr(shown, "    2  (item 2)\n    3  (item 3)\n"));
    for (const char *c = shown; *c != '\0'; c++)
        assert_true((*c >= ' ' && *c <= '~') || *c == '\n');
    start(slice_of(bytes, 213), slice_of((const uint8_t *)"\5long long long long long long long long long long long "
                                                          "long long long long long prompt",
                                         85));
    assert_true(text_length(status_at(0)) < 80);
    assert_non_null(strstr(status_at(0), " 5"));
}

static void of_a_menu_that_is_cut_the_items_before_count(void **state)
{
    struct pxe_options options;

    (void)state;
    for (size_t len = 9; len < sizeof(three) - 1; len++) {
        unsigned whole = len < 17 ? 1 : 2;

        options = (struct pxe_options){.boot_menu = guard_page_copy(&page, slice_of((const uint8_t *)three, len)),
                                       .has_prompt = true,
                                       .prompt_timeout_s = 255};
        assert_int_equal(boot_menu_count(&options), whole);
        boot_menu_start(&menu, EPOCH, &options, false);
        assert_int_equal(menu.count, whole);
        assert_int_equal(menu.is_cut, len != 9 && len != 17);
        for (unsigned n = 0; n < 5; n++)
            press(0, KEY_DOWN);
        assert_int_equal(menu.selected, whole - 1);
        (void)lines();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_prompt_counts_down_to_the_first_item),
        cmocka_unit_test(f8_opens_the_menu_and_enter_chooses),
        cmocka_unit_test(enter_at_the_prompt_waits_no_longer),
        cmocka_unit_test(zero_seconds_are_no_prompt_at_all),
        cmocka_unit_test(f8_before_the_prompt_opens_it_too),
        cmocka_unit_test(every_time_out_is_kept),
        cmocka_unit_test(a_menu_without_a_prompt_is_shown_but_not_for_ever),
        cmocka_unit_test(a_menu_that_was_opened_and_left_takes_the_first_item),
        cmocka_unit_test(long_menus_are_listed_a_page_at_a_time),
        cmocka_unit_test(numbers_are_typed),
        cmocka_unit_test(descriptions_are_bounded_and_printable),
        cmocka_unit_test(of_a_menu_that_is_cut_the_items_before_count),
    };

    return cmocka_run_group_tests(tests, open_page, close_page);
}
