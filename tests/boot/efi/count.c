/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Started from the Shell before and after something else: the second time it says what the other left behind. The
 * numbers of the first time wait in a variable that is gone at the next reset.
 */
#include "tests/boot/efi/census.h"
#include "tests/boot/efi/report.h"

/* EDK2's network stack itself keeps half a page each time that it is connected to a card, which is thrice in a boot. */
enum {
    SLACK_PAGES = 48
};

static EFI_GUID puck_test = {0x51d3b0a6, 0x6e0f, 0x4d0a, {0x9b, 0x1c, 0x6f, 0x2d, 0x5c, 0x1e, 0x77, 0x42}};
static CHAR16 name[] = L"PuckTestCount";

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    struct census before, now;
    UINTN size = sizeof(before);
    EFI_STATUS status;

    report_start(image, system);
    census_take(&now);
    status = st->RuntimeServices->GetVariable(name, &puck_test, NULL, &size, &before);
    if (EFI_ERROR(status) || size != sizeof(before)) {
        status = st->RuntimeServices->SetVariable(name, &puck_test, EFI_VARIABLE_BOOTSERVICE_ACCESS, sizeof(now), &now);
        say("PUCK-TEST: counted\n");
        return status;
    }
    census_compare(&before, &now, SLACK_PAGES);
    return report_end("count") == 0 ? EFI_SUCCESS : EFI_ABORTED;
}
