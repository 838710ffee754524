/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* EFI_LOAD_FILE_PROTOCOL (UEFI 2.10, section 13.1): what a boot manager is told, and that it asks twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/harness/pe_file.h"
#include "tests/sim/efi_world.h"

static EFI_DEVICE_PATH path_end = {END_DEVICE_PATH_TYPE, END_ENTIRE_DEVICE_PATH_SUBTYPE, {sizeof(EFI_DEVICE_PATH), 0}};

static EFI_STATUS load(struct efi_world *w, UINTN *size, void *buffer)
{
    EFI_LOAD_FILE_PROTOCOL *protocol = &w->boot.load_file.protocol;

    return protocol->LoadFile(protocol, &path_end, TRUE, size, buffer);
}

static void a_probe_and_the_load_are_one_boot(void **state)
{
    static uint8_t memory[PE_FILE_LEN];
    struct efi_world *w = *state;
    UINTN size = 0;

    assert_int_equal(load(w, &size, NULL), EFI_BUFFER_TOO_SMALL);
    assert_int_equal(size, PE_FILE_LEN);
    assert_int_equal(load(w, &size, memory), EFI_SUCCESS);
    assert_int_equal(w->dhcp.discovers, 1);
    assert_memory_equal(memory, "MZ", 2);
}

/* The boot manager goes on to its next boot option, and fetches nothing. */
static void a_chosen_local_boot_is_an_abort(void **state)
{
    static const uint8_t menu[] = {9, 8, 0, 0, 5, 'L', 'o', 'c', 'a', 'l', 10, 2, 0, 'P'};
    struct efi_world *w = *state;
    UINTN size = 0;

    w->dhcp.config.class = "PXEClient";
    w->dhcp.config.vendor = slice_of(menu, sizeof(menu));
    assert_int_equal(load(w, &size, NULL), EFI_ABORTED);
    assert_int_equal(size, 0);
    assert_int_equal(w->tftp.requests, 0);
    assert_int_equal(w->acquired, w->released);
}

/* It is no fault of the card. */
static void silent_boot_servers_do_not_respond(void **state)
{
    static const uint8_t menu[] = {6, 1, 3,    8, 7, 0x80, 1,   1,   192, 168, 111, 200,
                                   9, 6, 0x80, 1, 3, 'a',  'b', 'c', 10,  2,   0,   'P'};
    struct efi_world *w = *state;
    UINTN size = 0;

    w->dhcp.config.class = "PXEClient";
    w->dhcp.config.vendor = slice_of(menu, sizeof(menu));
    assert_int_equal(load(w, &size, NULL), EFI_NO_RESPONSE);
    assert_int_equal(w->acquired, w->released);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, efi_world_start, efi_world_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(a_probe_and_the_load_are_one_boot),
        FRESH(a_chosen_local_boot_is_an_abort),
        FRESH(silent_boot_servers_do_not_respond),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
