/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Outcomes as EFI_STATUS. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "efi/status.h"

static const enum status all[] = {
#define X(name, number, text) name,
#include "firmware/base/status.def"
#undef X
};

/* Nobody takes a failure for a success, and only what a larger buffer helps against is EFI_BUFFER_TOO_SMALL. */
static void failures_are_errors(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof(all) / sizeof(all[0]); n++) {
        EFI_STATUS status = efi_status(all[n]);

        assert_int_equal(EFI_ERROR(status), all[n] != STATUS_OK);
        assert_int_equal(status == EFI_BUFFER_TOO_SMALL,
                         all[n] == STATUS_FILE_TOO_BIG || all[n] == STATUS_TFTP_TOO_MANY);
    }
    assert_int_equal(efi_status(STATUS_PENDING), EFI_TIMEOUT);
}

static void known_failures_keep_their_meaning(void **state)
{
    (void)state;
    assert_int_equal(efi_status(STATUS_TFTP_NOT_FOUND), EFI_TFTP_ERROR);
    assert_int_equal(efi_status(STATUS_ARP_TIMEOUT), EFI_TIMEOUT);
    assert_int_equal(efi_status(STATUS_DHCP_TIMEOUT), EFI_TIMEOUT);
    assert_int_equal(efi_status(STATUS_NO_BOOT_SERVER), EFI_TIMEOUT);
    assert_int_equal(efi_status(STATUS_DHCP_NO_BOOTFILE), EFI_NO_RESPONSE);
    assert_int_equal(efi_status(STATUS_CANCELLED), EFI_ABORTED);
    assert_int_equal(efi_status(STATUS_LOCAL_BOOT), EFI_ABORTED);
    assert_int_equal(efi_status(STATUS_LINK_DOWN), EFI_NO_MEDIA);
    assert_int_equal(efi_status(STATUS_IMAGE_REFUSED), EFI_SECURITY_VIOLATION);
    assert_int_equal(efi_status(STATUS_IMAGE_INVALID), EFI_LOAD_ERROR);
    assert_int_equal(efi_status(STATUS_BAD_PARAMETER), EFI_INVALID_PARAMETER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_are_errors),
        cmocka_unit_test(known_failures_keep_their_meaning),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
