/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The callback protocol during Mtftp(): what it is told, and how it ends a call. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/sim/efi_mtftp.h"

#define READ_FILE EFI_PXE_BASE_CODE_TFTP_READ_FILE

static void with_callbacks(struct efi_world *w)
{
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    BOOLEAN yes = TRUE;

    efi_world_add_callback(w);
    assert_int_equal(pxe->SetParameters(pxe, NULL, NULL, NULL, NULL, &yes), EFI_SUCCESS);
    assert_true(pxe->Mode->MakeCallbacks);
}

static void the_callback_sees_packets(void **state)
{
    static uint8_t buffer[EFI_WORLD_BIG];
    struct efi_world *w = *state;
    struct efi_mtftp_call c = {.operation = READ_FILE, .buffer = buffer, .size = sizeof(buffer), .file = "big"};

    with_callbacks(w);
    assert_int_equal(efi_mtftp(w, &c), EFI_SUCCESS);
    assert_true(efi_mtftp_is_content(buffer, EFI_WORLD_BIG));
    assert_int_equal(w->callback.function, EFI_PXE_BASE_CODE_FUNCTION_MTFTP);
    assert_true(w->callback.received > EFI_WORLD_BIG / 1468);
    assert_true(w->callback.sent > 1);
    assert_true(w->callback.largest <= sizeof(EFI_PXE_BASE_CODE_PACKET));
}

/* Real machines look around all the time; here somebody has to make the clock stop on its way. */
static void no_work(struct world_host *host, time_us now)
{
    (void)host, (void)now;
}

static time_us often(const struct world_host *host)
{
    (void)host;
    return session_now() + MILLISECONDS(10);
}

static void the_callback_is_told_that_we_wait(void **state)
{
    struct world_host clock = {.poll = no_work, .deadline = often};
    struct efi_world *w = *state;
    time_us before = session_now();
    uint8_t byte;
    UINT64 size = 1;

    with_callbacks(w);
    w->tftp.knobs.is_deaf = true;
    w->callback.abort_at_tick = 40;
    world_add(&w->world, &clock);
    assert_int_equal(efi_mtftp_read(w, "text", &byte, &size), EFI_ABORTED);
    assert_int_equal(w->callback.ticks, 40);
    assert_in_range(session_now() - before, SECONDS(2), SECONDS(3));
    assert_int_equal(w->callback.received, 0);
}

static void the_callback_ends_the_call(void **state)
{
    static uint8_t buffer[EFI_WORLD_BIG];
    struct efi_world *w = *state;
    UINT64 size = sizeof(buffer);

    with_callbacks(w);
    for (unsigned at = 1; at < 12; at++) {
        w->callback.received = w->callback.sent = 0;
        w->callback.abort_at = at;
        size = sizeof(buffer);
        assert_int_equal(efi_mtftp_read(w, "big", buffer, &size), EFI_ABORTED);
        assert_true(w->callback.received + w->callback.sent <= at + 33); /* what came in the same turn, and ERROR */
    }
    assert_true(w->tftp.errors_received > 3); /* the server knows */
    w->callback.abort_at = 0;
    assert_int_equal(efi_mtftp_read(w, "big", buffer, &size), EFI_SUCCESS);
}

static void a_call_from_the_callback_is_refused(void **state)
{
    struct efi_world *w = *state;
    uint8_t bytes[5];
    UINT64 size = 5;

    with_callbacks(w);
    w->callback.calls_back = true;
    assert_int_equal(efi_mtftp_read(w, "text", bytes, &size), EFI_SUCCESS);
    assert_int_equal(w->callback.nested_mtftp, EFI_NOT_READY);
    assert_int_equal(w->callback.nested_stop, EFI_NOT_READY);
    assert_true(efi_mtftp_is_content(bytes, 5));
}

/* DontUseBuffer: the callback protocol sees each byte once and in order, also in spite of losses. */
static void without_a_buffer_the_callback_has_the_file(void **state)
{
    struct efi_world *w = *state;
    struct efi_mtftp_call c = {.operation = READ_FILE, .file = "big", .dont_use_buffer = TRUE};
    const struct wire_conditions conditions = {.delay = 200, .loss = 20, .duplicate = 20};

    with_callbacks(w);
    assert_int_equal(efi_mtftp(w, &c), EFI_SUCCESS);
    assert_int_equal(c.size, EFI_WORLD_BIG);
    assert_int_equal(w->callback.data_len, EFI_WORLD_BIG);
    assert_int_equal(w->callback.largest, 1472);
    w->callback.data_len = w->callback.block = 0;
    w->callback.largest = 0;
    c.block_size = 512;
    wire_set_conditions(&w->world.wire, &conditions);
    assert_int_equal(efi_mtftp(w, &c), EFI_SUCCESS);
    assert_int_equal(w->callback.data_len, EFI_WORLD_BIG);
    assert_int_equal(w->callback.largest, 516);
}

/* Few servers know opcode 7; those that do send a list of files as they send a file. */
static void a_directory_is_asked_for(void **state)
{
    struct efi_world *w = *state;
    uint8_t bytes[8];
    struct efi_mtftp_call c = {
        .operation = EFI_PXE_BASE_CODE_TFTP_READ_DIRECTORY, .buffer = bytes, .size = sizeof(bytes), .file = "boot"};

    with_callbacks(w);
    assert_int_equal(efi_mtftp(w, &c), EFI_TIMEOUT); /* this one drops it */
    assert_int_equal(w->callback.first_sent, 7);
}

/* Its owner has gone without a word. */
static void a_callback_protocol_that_is_gone_is_not_called(void **state)
{
    static EFI_GUID guid = EFI_PXE_BASE_CODE_CALLBACK_PROTOCOL_GUID;
    struct efi_world *w = *state;
    uint8_t bytes[5];
    UINT64 size = 5;

    with_callbacks(w);
    assert_int_equal(
        efi_boot->UninstallMultipleProtocolInterfaces(w->boot.pxe.handle, &guid, &w->callback.protocol, NULL),
        EFI_SUCCESS);
    assert_int_equal(efi_mtftp_read(w, "text", bytes, &size), EFI_SUCCESS);
    assert_int_equal(w->callback.received, 0);
}

#define BOOTED(test) cmocka_unit_test_setup_teardown(test, efi_world_booted, efi_world_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOOTED(the_callback_sees_packets),
        BOOTED(the_callback_is_told_that_we_wait),
        BOOTED(the_callback_ends_the_call),
        BOOTED(a_call_from_the_callback_is_refused),
        BOOTED(without_a_buffer_the_callback_has_the_file),
        BOOTED(a_directory_is_asked_for),
        BOOTED(a_callback_protocol_that_is_gone_is_not_called),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
