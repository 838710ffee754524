/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/boot/efi/report.h"

#include <stdarg.h>

enum {
    LINE = 160
};

EFI_BOOT_SERVICES *bs;
EFI_SYSTEM_TABLE *st;
EFI_HANDLE this_image;
EFI_LOADED_IMAGE *loaded_image;

static EFI_TPL tpl_at_start;
static unsigned passed, failed;

static EFI_TPL tpl_now(void)
{
    EFI_TPL tpl = bs->RaiseTPL(TPL_HIGH_LEVEL);

    bs->RestoreTPL(tpl);
    return tpl;
}

void report_start(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    EFI_GUID guid = EFI_LOADED_IMAGE_PROTOCOL_GUID;

    st = system;
    bs = system->BootServices;
    this_image = image;
    loaded_image = protocol_of(image, guid);
    tpl_at_start = tpl_now();
}

void say(const char *format, ...)
{
    char text[LINE];
    CHAR16 wide[2 * LINE];
    size_t len = 0;
    va_list args;

    va_start(args, format);
    text_format_args(text, sizeof(text), format, args);
    va_end(args);
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '\n')
            wide[len++] = '\r';
        wide[len++] = (CHAR16)*at;
    }
    wide[len] = 0;
    st->ConOut->OutputString(st->ConOut, wide);
}

static const char *status_name(EFI_STATUS status)
{
    static const struct {
        EFI_STATUS status;
        const char *name;
    } names[] = {
        {EFI_SUCCESS, "SUCCESS"},
        {EFI_INVALID_PARAMETER, "INVALID_PARAMETER"},
        {EFI_UNSUPPORTED, "UNSUPPORTED"},
        {EFI_BAD_BUFFER_SIZE, "BAD_BUFFER_SIZE"},
        {EFI_BUFFER_TOO_SMALL, "BUFFER_TOO_SMALL"},
        {EFI_NOT_READY, "NOT_READY"},
        {EFI_DEVICE_ERROR, "DEVICE_ERROR"},
        {EFI_OUT_OF_RESOURCES, "OUT_OF_RESOURCES"},
        {EFI_NOT_FOUND, "NOT_FOUND"},
        {EFI_ACCESS_DENIED, "ACCESS_DENIED"},
        {EFI_NO_RESPONSE, "NO_RESPONSE"},
        {EFI_NO_MEDIA, "NO_MEDIA"},
        {EFI_TIMEOUT, "TIMEOUT"},
        {EFI_NOT_STARTED, "NOT_STARTED"},
        {EFI_ALREADY_STARTED, "ALREADY_STARTED"},
        {EFI_ABORTED, "ABORTED"},
        {EFI_ICMP_ERROR, "ICMP_ERROR"},
        {EFI_TFTP_ERROR, "TFTP_ERROR"},
        {EFI_PROTOCOL_ERROR, "PROTOCOL_ERROR"},
        {EFI_SECURITY_VIOLATION, "SECURITY_VIOLATION"},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].status == status)
            return names[i].name;
    return "another status";
}

static bool verdict(bool holds, const char *section, const char *what)
{
    EFI_TPL tpl = tpl_now();

    if (tpl != tpl_at_start) {
        say("FAIL %s %s: TPL %u, it was %u\n", section, what, (unsigned)tpl, (unsigned)tpl_at_start);
        bs->RestoreTPL(tpl_at_start);
        holds = false;
    }
    if (holds)
        passed++;
    else
        failed++;
    return holds;
}

void check(bool holds, const char *section, const char *what)
{
    say("%s %s %s\n", verdict(holds, section, what) ? "ok  " : "FAIL", section, what);
}

void check_number(const char *section, const char *what, UINT64 got, UINT64 wanted)
{
    if (verdict(got == wanted, section, what))
        say("ok   %s %s\n", section, what);
    else
        say("FAIL %s %s: %llu, not %llu\n", section, what, (unsigned long long)got, (unsigned long long)wanted);
}

void check_status_either(const char *section, const char *what, EFI_STATUS got, EFI_STATUS wanted, EFI_STATUS or)
{
    if (verdict(got == wanted || got == or, section, what))
        say("ok   %s %s: %s\n", section, what, status_name(got));
    else
        say("FAIL %s %s: %s (%llX), not %s\n", section, what, status_name(got), (unsigned long long)got,
            status_name(wanted));
}

void check_status(const char *section, const char *what, EFI_STATUS got, EFI_STATUS wanted)
{
    check_status_either(section, what, got, wanted, wanted);
}

unsigned report_end(const char *program)
{
    say("PUCK-TEST: %s: %u passed, %u failed\n", program, passed, failed);
    return failed;
}

void *protocol_of(EFI_HANDLE handle, EFI_GUID guid)
{
    void *interface;

    if (handle == NULL || EFI_ERROR(bs->HandleProtocol(handle, &guid, &interface)))
        return NULL;
    return interface;
}

bool is_zero(const void *memory, size_t len)
{
    const UINT8 *bytes = memory;

    while (len > 0 && bytes[len - 1] == 0)
        len--;
    return len == 0;
}
