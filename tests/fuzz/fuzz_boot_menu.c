/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Prompt and menu of an option 43 from a stranger, and a person who presses keys. The input: the length of the option,
 * the option, then pairs of delay and key. Required: only printable text of less than a line's width, a bounded number
 * of lines, a choice that exists, and an end when nobody presses a key, unless the server says that there is none.
 */
#include "firmware/base/text.h"
#include "firmware/boot/boot_menu.h"
#include "tests/fuzz/fuzz.h"

static void check_text(const char *line)
{
    check(text_length(line) < 80);
    for (; *line != '\0'; line++)
        check(*line >= ' ' && *line <= '~');
}

static void look(struct boot_menu *menu, time_us now)
{
    char line[BOOT_MENU_LINE];
    unsigned lines = 0;

    while (boot_menu_line(menu, line)) {
        check_text(line);
        check(++lines <= BOOT_MENU_PAGE + 2);
    }
    boot_menu_status(menu, now, line);
    check_text(line);
}

static int key_of(uint8_t byte)
{
    switch (byte) {
    case 0x80:
        return KEY_F8;
    case 0x81:
        return KEY_UP;
    case 0x82:
        return KEY_DOWN;
    case 0x83:
        return KEY_ENTER;
    default:
        return byte;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct reader in = reader_of(slice_of(bytes, len));
    struct boot_menu_item item;
    struct pxe_options options;
    struct key_decoder decoder = {0};
    struct boot_menu menu;
    time_us now = SECONDS(1);

    if (len < 2 || !pxe_options_parse(read_at_most(&in, (size_t)read_u8(&in) * 4), &options) ||
        boot_menu_count(&options) == 0)
        return 0;
    boot_menu_start(&menu, now, &options, false);
    while (reader_left(&in) >= 2) {
        now += MILLISECONDS(read_u8(&in)) * 16;
        boot_menu_step(&menu, now);
        boot_menu_key(&menu, now, key_decoder_input(&decoder, now, key_of(read_u8(&in))));
        check(menu.selected < menu.count);
        look(&menu, now);
    }
    boot_menu_step(&menu, now + SECONDS(301));
    look(&menu, now);
    check(menu.state != BOOT_MENU_PROMPT);
    check(menu.state != BOOT_MENU_OPEN || (options.has_prompt && options.prompt_timeout_s == 255));
    check(boot_menu_item(&menu, menu.selected, &item));
    check_text(item.text);
    return 0;
}
