/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Keys of keyboards and of terminals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/base/bytes.h"
#include "firmware/base/key.h"

/* What comes out when the characters come in so far apart, and nothing after them; ended by KEY_NONE. */
static void assert_keys(const char *characters, time_us apart, const int *expected)
{
    struct key_decoder decoder = {0};
    time_us now = SECONDS(5);
    int key;

    for (; *characters != '\0'; characters++, now += apart) {
        key = key_decoder_input(&decoder, now, *characters);
        if (key != KEY_NONE)
            assert_int_equal(key, *expected++);
        assert_int_equal(key_decoder_input(&decoder, now, KEY_NONE), KEY_NONE);
    }
    for (time_us end = now + SECONDS(1); now < end; now += MILLISECONDS(1)) {
        key = key_decoder_input(&decoder, now, KEY_NONE);
        if (key != KEY_NONE)
            assert_int_equal(key, *expected++);
    }
    assert_int_equal(*expected, KEY_NONE);
}

#define ASSERT_KEYS(characters, apart, ...) assert_keys(characters, apart, (const int[]){__VA_ARGS__, KEY_NONE})

static void characters_and_known_keys_pass(void **state)
{
    struct key_decoder decoder = {0};

    (void)state;
    ASSERT_KEYS("a1\r\n\b", 0, 'a', '1', KEY_ENTER, KEY_ENTER, KEY_BACKSPACE);
    assert_int_equal(key_decoder_input(&decoder, 0, KEY_F8), KEY_F8);
    assert_int_equal(key_decoder_input(&decoder, 0, KEY_UP), KEY_UP);
}

static void sequences_of_terminals_are_put_together(void **state)
{
    (void)state;
    for (time_us apart = 0; apart <= MILLISECONDS(100); apart += MILLISECONDS(10)) {
        ASSERT_KEYS("\33[19~x", apart, KEY_F8, 'x');
        ASSERT_KEYS("\0338", apart, KEY_F8);
        ASSERT_KEYS("\33[A\33[B\33OA\33OB", apart, KEY_UP, KEY_DOWN, KEY_UP, KEY_DOWN);
        ASSERT_KEYS("\33[1;5A", apart, KEY_UP);
    }
}

static void unknown_sequences_are_no_keys(void **state)
{
    (void)state;
    ASSERT_KEYS("\33[20~a", 0, 'a');
    ASSERT_KEYS("\33[99999999999999999999~a", 0, 'a');
    ASSERT_KEYS("\33[Ma", 0, 'a');
    ASSERT_KEYS("\33[?6ca", 0, 'a'); /* a terminal's answer to "what are you", not the keys 6 and c */
    ASSERT_KEYS("\33[>0;115;0ca", 0, 'a');
    ASSERT_KEYS("\33[1 qa", 0, 'a');
    ASSERT_KEYS("\33[", 0, KEY_NONE);
}

static void esc_alone_is_a_key_soon(void **state)
{
    struct key_decoder decoder = {0};
    time_us now = SECONDS(5), pressed = now;

    (void)state;
    ASSERT_KEYS("\33", 0, KEY_ESC);
    ASSERT_KEYS("\33\33", 0, KEY_ESC, KEY_ESC);
    ASSERT_KEYS("\33x", 0, KEY_ESC);
    ASSERT_KEYS("\33\33[A", 0, KEY_ESC, KEY_UP);
    assert_int_equal(key_decoder_input(&decoder, now, KEY_ESC), KEY_NONE);
    while (key_decoder_input(&decoder, now, KEY_NONE) == KEY_NONE)
        now += MILLISECONDS(1);
    assert_true(now - pressed <= MILLISECONDS(125));
}

/* Whoever is busy for seconds and then looks still sees the ESC. */
static void a_late_look_does_not_mix_keys(void **state)
{
    struct key_decoder decoder = {0};

    (void)state;
    assert_int_equal(key_decoder_input(&decoder, SECONDS(1), KEY_ESC), KEY_NONE);
    assert_int_equal(key_decoder_input(&decoder, SECONDS(9), '8'), KEY_ESC);
    assert_int_equal(key_decoder_input(&decoder, SECONDS(9), KEY_NONE), KEY_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_and_known_keys_pass), cmocka_unit_test(sequences_of_terminals_are_put_together),
        cmocka_unit_test(unknown_sequences_are_no_keys),  cmocka_unit_test(esc_alone_is_a_key_soon),
        cmocka_unit_test(a_late_look_does_not_mix_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
