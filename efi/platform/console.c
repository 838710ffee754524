/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/platform/services.h"
#include "firmware/platform.h"

enum {
    PIECE = 100, /* characters handed to the firmware at a time */
    SCAN_UP_KEY = 0x01,
    SCAN_DOWN_KEY = 0x02,
    SCAN_F8_KEY = 0x12,
    SCAN_ESC_KEY = 0x17, /* UEFI 2.10, table 12-2 */
};

/* A USB keyboard may cost a millisecond to ask: that is the time of many packets. */
#define KEY_INTERVAL MILLISECONDS(30)

void platform_print(const char *text)
{
    CHAR16 piece[PIECE + 3];
    size_t len = 0;

    if (efi_system->ConOut == NULL)
        return;
    for (; *text != '\0'; text++) {
        if (*text == '\n')
            piece[len++] = '\r';
        piece[len++] = (CHAR16)(unsigned char)*text;
        if (len >= PIECE || text[1] == '\0') {
            piece[len] = 0;
            efi_system->ConOut->OutputString(efi_system->ConOut, piece);
            len = 0;
        }
    }
}

/* OVMF writes its own log there too. Real machines have nothing at this port. */
void platform_log(enum log_level level, const char *line)
{
    (void)level;
#ifdef EFI_DEBUG_PORT
    for (; *line != '\0'; line++)
        __asm__ volatile("outb %0, %1" : : "a"(*line), "Nd"((unsigned short)0x402));
    __asm__ volatile("outb %0, %1" : : "a"((char)'\n'), "Nd"((unsigned short)0x402));
#else
    (void)line;
#endif
}

static int key_of(EFI_INPUT_KEY pressed)
{
    switch (pressed.ScanCode) {
    case SCAN_UP_KEY:
        return KEY_UP;
    case SCAN_DOWN_KEY:
        return KEY_DOWN;
    case SCAN_F8_KEY:
        return KEY_F8;
    case SCAN_ESC_KEY:
        return KEY_ESC;
    default:
        return pressed.UnicodeChar < 0x80 ? pressed.UnicodeChar : KEY_NONE;
    }
}

/* Where one key was, the rest of an escape sequence may wait: the next look is not put off then. */
int platform_key(void)
{
    static time_us next_look;
    time_us now = platform_now();
    EFI_INPUT_KEY key;

    if (now < next_look || efi_system->ConIn == NULL)
        return KEY_NONE;
    if (EFI_ERROR(efi_system->ConIn->ReadKeyStroke(efi_system->ConIn, &key))) {
        next_look = now + KEY_INTERVAL;
        return KEY_NONE;
    }
    return key_of(key);
}
