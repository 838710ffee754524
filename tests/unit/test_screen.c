/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/base/text.h"
#include "firmware/boot/screen.h"

static char shown[1024];

static void keep(struct screen *screen, const char *text)
{
    size_t len = text_length(shown);

    (void)screen;
    assert_true(text_copy(shown + len, sizeof(shown) - len, text_slice(text)));
}

static int start(void **state)
{
    (void)state;
    shown[0] = '\0';
    return 0;
}

static void a_short_line_stays_one_line(void **state)
{
    struct screen screen = {.print = keep};

    (void)state;
    screen_line(&screen, "%s %u", "abc", 7u);
    screen_line(&screen, "%s", "");
    assert_string_equal(shown, "abc 7\n\n");
}

static void a_long_line_breaks_at_a_space_and_is_indented(void **state)
{
    struct screen screen = {.print = keep};

    (void)state;
    screen_line(&screen, "%s",
                "1234567890 1234567890 1234567890 1234567890 1234567890 1234567890 1234567890 1234567890 x");
    assert_string_equal(shown, "1234567890 1234567890 1234567890 1234567890 1234567890 1234567890 1234567890\n"
                               "    1234567890 x\n");
}

static void a_word_longer_than_the_screen_is_broken(void **state)
{
    struct screen screen = {.print = keep};
    char word[201];

    (void)state;
    memset(word, 'w', 200);
    word[200] = '\0';
    screen_line(&screen, "%s", word);
    assert_int_equal(shown[79], '\n');
    assert_memory_equal(shown + 80, "    w", 5);
    assert_int_equal(text_length(shown), 200 + 3 + 2 * 4);
}

static void progress_is_written_over_and_not_too_often(void **state)
{
    struct screen screen = {.print = keep};

    (void)state;
    screen_progress(&screen, SECONDS(1), "%s", "1 of 10");
    screen_progress(&screen, SECONDS(1) + MILLISECONDS(249), "%s", "2 of 10");
    assert_string_equal(shown, "1 of 10");
    screen_progress(&screen, SECONDS(2), "%s", "1 of 10");
    assert_string_equal(shown, "1 of 10");
    screen_progress(&screen, SECONDS(3), "%s", "10 of 10");
    assert_string_equal(shown, "1 of 10\r10 of 10");
    screen_line(&screen, "done");
    assert_string_equal(shown, "1 of 10\r10 of 10\r        \rdone\n");
}

static void sizes_are_told_in_decimal_units(void **state)
{
    static const struct {
        uint64_t bytes;
        const char *text;
    } sizes[] = {
        {0, "0 B"},
        {999, "999 B"},
        {1000, "1.0 KB"},
        {42430, "42.4 KB"},
        {999999, "999.9 KB"},
        {1000000, "1.0 MB"},
        {40000000, "40.0 MB"},
        {5368709120, "5.3 GB"},
        {UINT64_MAX, "18446744.0 TB"},
    };
    char text[SCREEN_BYTES_TEXT];

    (void)state;
    for (size_t n = 0; n < sizeof(sizes) / sizeof(sizes[0]); n++)
        assert_string_equal(screen_bytes(text, sizes[n].bytes), sizes[n].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_short_line_stays_one_line, start),
        cmocka_unit_test_setup(a_long_line_breaks_at_a_space_and_is_indented, start),
        cmocka_unit_test_setup(a_word_longer_than_the_screen_is_broken, start),
        cmocka_unit_test_setup(progress_is_written_over_and_not_too_often, start),
        cmocka_unit_test_setup(sizes_are_told_in_decimal_units, start),
    };

    return cmocka_run_group_tests_name("screen", tests, NULL, NULL);
}
