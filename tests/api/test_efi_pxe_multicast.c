/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Mtftp() with the multicast operations (UEFI 2.10 section 24.3.7). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/sim/efi_mtftp.h"
#include "tests/sim/mtftp_host.h"

static struct mtftp_host mtftp;
static uint8_t content[EFI_WORLD_BIG];
static uint8_t buffer[EFI_WORLD_BIG + 1];

static int start(void **state)
{
    int result = efi_world_booted(state);

    for (size_t at = 0; at < sizeof(content); at++)
        content[at] = efi_world_file_byte(at);
    memset(buffer, 0xaa, sizeof(buffer));
    if (result == 0)
        mtftp_host_start(&mtftp, &((struct efi_world *)*state)->server, "big", slice_of(content, sizeof(content)));
    return result;
}

static EFI_STATUS call(struct efi_world *w, EFI_PXE_BASE_CODE_TFTP_OPCODE operation, UINT64 *size, BOOLEAN dont_use)
{
    EFI_PXE_BASE_CODE_MTFTP_INFO info = {
        .MCastIp = efi_ip(MTFTP_HOST_GROUP),
        .CPort = MTFTP_HOST_CLIENT_PORT,
        .SPort = MTFTP_HOST_PORT,
        .ListenTimeout = 1,
        .TransmitTimeout = 1,
    };
    struct efi_mtftp_call c = {
        .operation = operation,
        .buffer = dont_use ? NULL : buffer,
        .size = *size,
        .file = "big",
        .info = &info,
        .dont_use_buffer = dont_use,
    };
    EFI_STATUS status = efi_mtftp(w, &c);

    *size = c.size;
    return status;
}

static void a_file_is_read_by_multicast(void **state)
{
    struct efi_world *w = *state;
    unsigned requests = w->tftp.requests;
    UINT64 size = sizeof(buffer);

    assert_int_equal(call(w, EFI_PXE_BASE_CODE_MTFTP_READ_FILE, &size, FALSE), EFI_SUCCESS);
    assert_int_equal(size, EFI_WORLD_BIG);
    assert_true(efi_mtftp_is_content(buffer, EFI_WORLD_BIG));
    assert_int_equal(buffer[EFI_WORLD_BIG], 0xaa);
    assert_int_equal(w->tftp.requests, requests);
    assert_int_equal(mtftp.model.sessions, 1);
}

static void it_comes_by_unicast_where_nobody_sends_it(void **state)
{
    struct efi_world *w = *state;
    UINT64 size = sizeof(buffer);

    mtftp.model.knobs.is_deaf = true;
    assert_int_equal(call(w, EFI_PXE_BASE_CODE_MTFTP_READ_FILE, &size, FALSE), EFI_SUCCESS);
    assert_int_equal(size, EFI_WORLD_BIG);
    assert_true(efi_mtftp_is_content(buffer, EFI_WORLD_BIG));
}

static void a_buffer_too_small_is_told_the_size(void **state)
{
    struct efi_world *w = *state;
    UINT64 size = 1000;

    assert_int_equal(call(w, EFI_PXE_BASE_CODE_MTFTP_READ_FILE, &size, FALSE), EFI_BUFFER_TOO_SMALL);
    assert_int_equal(size, EFI_WORLD_BIG);
    assert_true(efi_mtftp_is_content(buffer, 1000));
    assert_int_equal(buffer[1000], 0xaa);
}

static void a_size_is_told(void **state)
{
    struct efi_world *w = *state;
    UINT64 size = 0;

    assert_int_equal(call(w, EFI_PXE_BASE_CODE_MTFTP_GET_FILE_SIZE, &size, FALSE), EFI_SUCCESS);
    assert_int_equal(size, EFI_WORLD_BIG);
    assert_int_equal(mtftp.model.requests, 0);
    w->tftp.knobs.is_deaf = true; /* MTFTP alone: counted */
    size = 0;
    assert_int_equal(call(w, EFI_PXE_BASE_CODE_MTFTP_GET_FILE_SIZE, &size, FALSE), EFI_SUCCESS);
    assert_int_equal(size, EFI_WORLD_BIG);
    assert_int_equal(mtftp.model.sessions, 1);
}

static void no_list_is_to_be_had(void **state)
{
    struct efi_world *w = *state;
    UINT64 size = sizeof(buffer);

    assert_int_equal(call(w, EFI_PXE_BASE_CODE_MTFTP_READ_DIRECTORY, &size, FALSE), EFI_UNSUPPORTED);
    assert_int_equal(mtftp.model.requests, 0);
}

/* Whoever wants the packets and no buffer sees each block, those by multicast too. */
static void a_callback_sees_the_blocks(void **state)
{
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    BOOLEAN yes = TRUE;
    UINT64 size = 0;

    efi_world_add_callback(w);
    assert_int_equal(pxe->SetParameters(pxe, NULL, NULL, NULL, NULL, &yes), EFI_SUCCESS);
    assert_int_equal(call(w, EFI_PXE_BASE_CODE_MTFTP_READ_FILE, &size, TRUE), EFI_SUCCESS);
    assert_int_equal(size, EFI_WORLD_BIG);
    assert_true(w->callback.received >= EFI_WORLD_BIG / 512 + 1);
    assert_int_equal(mtftp.model.sessions, 1);
    w->callback.received = w->callback.sent = 0;
    w->callback.abort_at = 100;
    assert_int_equal(call(w, EFI_PXE_BASE_CODE_MTFTP_READ_FILE, &size, TRUE), EFI_ABORTED);
    world_run(&w->world, w->world.now + SECONDS(1));
    assert_int_equal(mtftp.model.errors_received, 1);
}

int main(void)
{
#define BOOTED(test) cmocka_unit_test_setup_teardown(test, start, efi_world_stop)
    const struct CMUnitTest tests[] = {
        BOOTED(a_file_is_read_by_multicast),
        BOOTED(it_comes_by_unicast_where_nobody_sends_it),
        BOOTED(a_buffer_too_small_is_told_the_size),
        BOOTED(a_size_is_told),
        BOOTED(no_list_is_to_be_had),
        BOOTED(a_callback_sees_the_blocks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
