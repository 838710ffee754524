/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The BIOS's screen and keyboard. Plain text through INT 10h, so that whatever mirrors it (a serial console, a
 * management controller) sees it too. */
#include "bios/platform/console.h"

#include "bios/platform/io.h"
#include "bios/realmode/low.h"
#include "firmware/platform.h"

enum {
    BDA_KEYBOARD_HEAD = 0x41a,
    BDA_KEYBOARD_TAIL = 0x41c,
    DEBUG_PORT = 0xe9, /* QEMU and Bochs */
    SCAN_F8 = 0x42,
    SCAN_UP = 0x48,
    SCAN_DOWN = 0x50,
    GREY_KEY = 0xe0,  /* in place of a character, from BIOSes that tell the cursor block from the keypad */
    TEXT_PIECE = 200, /* what low_print_text() is given at a time */
};

/* INT 16h is asked at least so often, for BIOSes that look at a USB or serial keyboard only then. */
#define KEYBOARD_INTERVAL MILLISECONDS(50)

static time_us keyboard_next;
static bool silent;

void console_set_silent(bool on)
{
    silent = on;
}

static void debug_print(const char *text)
{
#ifdef BIOS_DEBUG_PORT
    while (*text)
        out8(DEBUG_PORT, (uint8_t)*text++);
#else
    (void)text;
#endif
}

void platform_print(const char *text)
{
    char piece[TEXT_PIECE + 1];
    unsigned len = 0;

    debug_print(text);
    if (silent)
        return;
    for (;;) {
        if (*text == 0 || len >= TEXT_PIECE - 1) {
            piece[len] = 0;
            if (len)
                low_print_text(piece);
            len = 0;
        }
        if (*text == 0)
            return;
        if (*text == '\n')
            piece[len++] = '\r';
        piece[len++] = *text++;
    }
}

void platform_log(enum log_level level, const char *line)
{
    (void)level;
    debug_print(line);
    debug_print("\n");
}

static int key_of_scan_code(uint8_t code)
{
    if (code == SCAN_F8)
        return KEY_F8;
    if (code == SCAN_UP)
        return KEY_UP;
    return code == SCAN_DOWN ? KEY_DOWN : KEY_NONE;
}

int platform_key(void)
{
    const volatile uint16_t *head = memory_at(BDA_KEYBOARD_HEAD), *tail = memory_at(BDA_KEYBOARD_TAIL);
    struct real_regs regs = {.eax = 0x0100};
    time_us now;

    if (silent)
        return KEY_NONE;
    now = platform_now();
    if (*head == *tail && now < keyboard_next)
        return KEY_NONE;
    keyboard_next = now + KEYBOARD_INTERVAL;
    bios_int(0x16, &regs);
    if (regs.flags & FLAG_ZERO)
        return KEY_NONE;
    regs = (struct real_regs){.eax = 0x0000};
    bios_int(0x16, &regs);
    if ((uint8_t)regs.eax != 0 && (uint8_t)regs.eax != GREY_KEY)
        return (uint8_t)regs.eax;
    return key_of_scan_code((uint8_t)(regs.eax >> 8));
}
