/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Mtftp(): sizes, buffers, errors, what shim does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/sim/efi_mtftp.h"

#define READ_FILE EFI_PXE_BASE_CODE_TFTP_READ_FILE
#define GET_SIZE  EFI_PXE_BASE_CODE_TFTP_GET_FILE_SIZE

static EFI_STATUS size_of(struct efi_world *w, const char *file, UINT64 *size)
{
    struct efi_mtftp_call c = {.operation = GET_SIZE, .size = 77, .file = file};
    EFI_STATUS status = efi_mtftp(w, &c);

    *size = c.size;
    return status;
}

static void a_file_is_read(void **state)
{
    static uint8_t buffer[EFI_WORLD_BIG + 1];
    struct efi_world *w = *state;
    UINT64 size = sizeof(buffer);

    buffer[EFI_WORLD_BIG] = 0xaa;
    assert_int_equal(efi_mtftp_read(w, "big", buffer, &size), EFI_SUCCESS);
    assert_int_equal(size, EFI_WORLD_BIG);
    assert_true(efi_mtftp_is_content(buffer, EFI_WORLD_BIG));
    assert_int_equal(buffer[EFI_WORLD_BIG], 0xaa);
    size = EFI_WORLD_BIG; /* exactly as long */
    assert_int_equal(efi_mtftp_read(w, "big", buffer, &size), EFI_SUCCESS);
    size = 5;
    assert_int_equal(efi_mtftp_read(w, "text", buffer, &size), EFI_SUCCESS);
    assert_int_equal(size, 5);
    size = 5;
    assert_int_equal(efi_mtftp_read(w, "empty", buffer, &size), EFI_SUCCESS);
    assert_int_equal(size, 0);
    assert_int_equal(w->acquired, w->released);
    assert_int_equal(w->expecting, 0);
    assert_false(w->is_acquired);
}

static void sizes_are_told(void **state)
{
    struct efi_world *w = *state;
    unsigned blocks = w->tftp.blocks_sent;
    UINT64 size;

    assert_int_equal(size_of(w, "big", &size), EFI_SUCCESS);
    assert_int_equal(size, EFI_WORLD_BIG);
    assert_int_equal(w->tftp.blocks_sent, blocks);
    assert_int_equal(size_of(w, "empty", &size), EFI_SUCCESS);
    assert_int_equal(size, 0);
}

static void sizes_are_counted_for_servers_that_do_not_tell(void **state)
{
    struct efi_world *w = *state;
    UINT64 size;

    w->tftp.knobs.knows_no_tsize = true;
    assert_int_equal(size_of(w, "big", &size), EFI_SUCCESS);
    assert_int_equal(size, EFI_WORLD_BIG);
    w->tftp.knobs = (struct tftp_server_knobs){.ignores_options = true};
    assert_int_equal(size_of(w, "even", &size), EFI_SUCCESS);
    assert_int_equal(size, 2048);
    w->tftp.knobs = (struct tftp_server_knobs){.refuses_options = true};
    assert_int_equal(size_of(w, "text", &size), EFI_SUCCESS);
    assert_int_equal(size, 5);
}

/* With tsize the transfer ends before a byte is sent; without it the file is counted. Never is the answer 0. */
static void a_buffer_too_small_is_told_its_size(void **state)
{
    static uint8_t buffer[1000];
    struct efi_world *w = *state;
    unsigned blocks = w->tftp.blocks_sent;
    UINT64 size = 999;

    memset(buffer, 0xaa, sizeof(buffer));
    assert_int_equal(efi_mtftp_read(w, "big", buffer, &size), EFI_BUFFER_TOO_SMALL);
    assert_int_equal(size, EFI_WORLD_BIG);
    assert_true(w->tftp.blocks_sent - blocks < 5);
    w->tftp.knobs.knows_no_tsize = true;
    size = 999;
    assert_int_equal(efi_mtftp_read(w, "big", buffer, &size), EFI_BUFFER_TOO_SMALL);
    assert_int_equal(size, EFI_WORLD_BIG);
    assert_true(efi_mtftp_is_content(buffer, 999));
    assert_int_equal(buffer[999], 0xaa);
    size = 0;
    assert_int_equal(efi_mtftp_read(w, "text", buffer, &size), EFI_BUFFER_TOO_SMALL);
    assert_int_equal(size, 5);
    w->tftp.knobs = (struct tftp_server_knobs){.lies_size = UINT64_MAX};
    size = UINT64_MAX; /* nothing is larger */
    assert_int_equal(efi_mtftp_read(w, "text", buffer, &size), EFI_BUFFER_TOO_SMALL);
    assert_int_equal(size, UINT64_MAX);
}

/* The size that a server tells may be a lie. */
static void a_size_that_is_a_lie_does_no_harm(void **state)
{
    static uint8_t buffer[EFI_WORLD_BIG];
    struct efi_world *w = *state;
    UINT64 size = 2000;

    w->tftp.knobs.lies_size = 1;
    assert_int_equal(efi_mtftp_read(w, "even", buffer, &size), EFI_BUFFER_TOO_SMALL);
    assert_true(size >= 2001);
    size = 2048;
    assert_int_equal(efi_mtftp_read(w, "even", buffer, &size), EFI_SUCCESS);
    assert_int_equal(size, 2048);
    assert_true(efi_mtftp_is_content(buffer, 2048));
    w->tftp.knobs.lies_size = UINT64_MAX;
    size = 2048;
    assert_int_equal(efi_mtftp_read(w, "even", buffer, &size), EFI_BUFFER_TOO_SMALL);
    assert_true(size > 2048);
}

/* shim 16: 4 MiB first, BlockSize 512, twice what is asked for next; optional files are skipped by the error's code. */
static void shim_finds_its_files(void **state)
{
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_MODE *mode = efi_world_pxe(w)->Mode;
    struct efi_mtftp_call c = {
        .operation = READ_FILE, .size = 4 << 20, .block_size = 512, .file = "revocations_sbat.efi"};
    unsigned blocks;

    c.buffer = malloc(c.size);
    assert_int_equal(efi_mtftp(w, &c), EFI_TFTP_ERROR);
    assert_true(mode->TftpErrorReceived);
    assert_int_equal(mode->TftpError.ErrorCode, 1);
    assert_true(mode->TftpError.ErrorString[0] != '\0');
    c.file = "dir/grubx64.efi";
    c.size = 4 << 20;
    assert_int_equal(efi_mtftp(w, &c), EFI_SUCCESS);
    assert_int_equal(c.size, 3000);
    assert_false(mode->TftpErrorReceived);
    assert_int_equal(mode->TftpError.ErrorCode, 0);
    c.file = "huge";
    c.size = 4 << 20;
    assert_int_equal(efi_mtftp(w, &c), EFI_BUFFER_TOO_SMALL);
    assert_int_equal(c.size, EFI_WORLD_HUGE);
    free(c.buffer);
    c.size *= 2;
    c.buffer = malloc(c.size);
    blocks = w->tftp.blocks_sent;
    assert_int_equal(efi_mtftp(w, &c), EFI_SUCCESS);
    assert_int_equal(c.size, EFI_WORLD_HUGE);
    assert_true(efi_mtftp_is_content(c.buffer, EFI_WORLD_HUGE));
    assert_true(w->tftp.blocks_sent - blocks < EFI_WORLD_HUGE / 1024); /* not 512 bytes each */
    free(c.buffer);
}

static void silence_ends_in_a_timeout(void **state)
{
    struct efi_world *w = *state;
    uint8_t byte;
    UINT64 size = 1;

    w->tftp.knobs.is_deaf = true;
    assert_int_equal(efi_mtftp_read(w, "text", &byte, &size), EFI_TIMEOUT);
    assert_false(efi_world_pxe(w)->Mode->IcmpErrorReceived);
}

static void nobody_at_the_address_ends_in_a_timeout(void **state)
{
    struct efi_world *w = *state;
    uint8_t bytes[10];
    struct efi_mtftp_call c = {
        .operation = READ_FILE, .buffer = bytes, .size = 10, .file = "text", .server = 0xc0a86f77};

    assert_int_equal(efi_mtftp(w, &c), EFI_TIMEOUT);
}

static void a_closed_port_is_an_icmp_error(void **state)
{
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_MODE *mode = efi_world_pxe(w)->Mode;
    uint8_t byte[5];
    UINT64 size = 5;

    net_detach(&w->server.net, &w->tftp.udp);
    assert_int_equal(efi_mtftp_read(w, "text", byte, &size), EFI_ICMP_ERROR);
    assert_true(mode->IcmpErrorReceived);
    assert_int_equal(mode->IcmpError.Type, 3);
    assert_int_equal(mode->IcmpError.Code, 3);
    assert_int_equal(mode->IcmpError.Data[0], 0x45); /* the IPv4 header it quotes */
    net_attach(&w->server.net, &w->tftp.udp);
    assert_int_equal(efi_mtftp_read(w, "text", byte, &size), EFI_SUCCESS);
    assert_false(mode->IcmpErrorReceived);
    assert_int_equal(mode->IcmpError.Type, 0);
}

static void an_error_in_mid_file_is_told(void **state)
{
    static uint8_t buffer[EFI_WORLD_BIG];
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_MODE *mode = efi_world_pxe(w)->Mode;
    UINT64 size = sizeof(buffer);

    w->tftp.knobs.error_at = 9;
    assert_int_equal(efi_mtftp_read(w, "big", buffer, &size), EFI_TFTP_ERROR);
    assert_true(mode->TftpErrorReceived);
    assert_int_equal(mode->TftpError.ErrorCode, 0);
    assert_string_equal((char *)mode->TftpError.ErrorString, "disk on fire");
}

static void loss_is_made_good(void **state)
{
    static uint8_t buffer[EFI_WORLD_BIG];

    for (uint32_t seed = 1; seed <= 20; seed++) {
        struct efi_world *w = efi_world_new(seed);
        const struct wire_conditions conditions = {
            .delay = MILLISECONDS(1), .loss = 40, .duplicate = 20, .reorder = 20, .late_by = MILLISECONDS(3)};
        UINT64 size = sizeof(buffer);

        (void)state;
        assert_int_equal(net_boot_run(&w->boot), STATUS_OK);
        wire_set_conditions(&w->world.wire, &conditions);
        memset(buffer, 0, sizeof(buffer));
        w->tftp.knobs.knows_no_tsize = seed % 2 != 0;
        assert_int_equal(efi_mtftp_read(w, "big", buffer, &size), EFI_SUCCESS);
        assert_true(efi_mtftp_is_content(buffer, sizeof(buffer)));
        efi_world_free(w);
    }
}

static void wrong_arguments_move_no_packet(void **state)
{
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    EFI_IP_ADDRESS server = efi_ip(EFI_WORLD_SERVER_IP), nobody = efi_ip(0), everybody = efi_ip(0xffffffff);
    EFI_PXE_BASE_CODE_MTFTP_INFO info = {0};
    uint8_t buffer[8], name[] = "text", none[] = "", long_name[400];
    UINT64 size = 8;
    UINTN small = 511, fits = 512;
    unsigned carried = w->world.wire.carried;

    memset(long_name, 'x', sizeof(long_name));
    long_name[399] = 0;
#define CALL(op, buffer, size, block, server, name, info, dont) \
    pxe->Mtftp(pxe, op, buffer, FALSE, size, block, server, name, info, dont)
#define INVALID(...) assert_int_equal(CALL(__VA_ARGS__), EFI_INVALID_PARAMETER)
    INVALID(0, buffer, &size, &fits, &server, name, NULL, FALSE);
    INVALID(8, buffer, &size, &fits, &server, name, NULL, FALSE);
    INVALID((EFI_PXE_BASE_CODE_TFTP_OPCODE)-1, buffer, &size, &fits, &server, name, NULL, FALSE);
    INVALID(READ_FILE, NULL, &size, &fits, &server, name, NULL, FALSE);
    INVALID(READ_FILE, buffer, NULL, &fits, &server, name, NULL, FALSE);
    INVALID(READ_FILE, buffer, &size, &small, &server, name, NULL, FALSE);
    INVALID(READ_FILE, buffer, &size, &fits, NULL, name, NULL, FALSE);
    INVALID(READ_FILE, buffer, &size, &fits, &nobody, name, NULL, FALSE);
    INVALID(READ_FILE, buffer, &size, &fits, &everybody, name, NULL, FALSE);
    INVALID(READ_FILE, buffer, &size, &fits, &server, NULL, NULL, FALSE);
    INVALID(READ_FILE, buffer, &size, &fits, &server, none, NULL, FALSE);
    INVALID(READ_FILE, buffer, &size, &fits, &server, long_name, NULL, FALSE);
    INVALID(GET_SIZE, NULL, NULL, &fits, &server, name, NULL, FALSE);
    INVALID(GET_SIZE, NULL, &size, &fits, &server, NULL, NULL, FALSE);
    INVALID(EFI_PXE_BASE_CODE_TFTP_READ_DIRECTORY, NULL, &size, &fits, &server, name, NULL, FALSE);
    INVALID(EFI_PXE_BASE_CODE_TFTP_WRITE_FILE, NULL, &size, &fits, &server, name, NULL, FALSE);
    INVALID(EFI_PXE_BASE_CODE_TFTP_WRITE_FILE, buffer, &size, &fits, &server, name, NULL, TRUE);
    INVALID(EFI_PXE_BASE_CODE_MTFTP_READ_FILE, buffer, &size, &fits, &server, name, NULL, FALSE);
    INVALID(EFI_PXE_BASE_CODE_MTFTP_GET_FILE_SIZE, NULL, &size, &fits, &server, NULL, &info, FALSE);
    for (unsigned op = EFI_PXE_BASE_CODE_MTFTP_GET_FILE_SIZE; op <= EFI_PXE_BASE_CODE_MTFTP_READ_DIRECTORY; op++)
        INVALID((EFI_PXE_BASE_CODE_TFTP_OPCODE)op, buffer, &size, &fits, &server, name, &info, FALSE);
    info = (EFI_PXE_BASE_CODE_MTFTP_INFO){.MCastIp = efi_ip(0xefff0101), .CPort = 1757, .SPort = 1758};
    assert_int_equal(CALL(EFI_PXE_BASE_CODE_MTFTP_READ_DIRECTORY, buffer, &size, &fits, &server, name, &info, FALSE),
                     EFI_UNSUPPORTED);
    assert_int_equal(pxe->Mtftp(NULL, READ_FILE, buffer, FALSE, &size, NULL, &server, name, NULL, FALSE),
                     EFI_INVALID_PARAMETER);
    assert_int_equal(w->world.wire.carried, carried);
    assert_int_equal(size, 8);
}

static void without_an_address_nothing_is_fetched(void **state)
{
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    uint8_t bytes[5];
    UINT64 size = 5;
    EFI_IP_ADDRESS station = efi_ip(EFI_WORLD_OUR_IP), netmask = efi_ip(EFI_WORLD_NETMASK);

    assert_int_equal(efi_mtftp_read(w, "text", bytes, &size), EFI_NOT_STARTED);
    assert_int_equal(pxe->Start(pxe, FALSE), EFI_SUCCESS);
    assert_int_equal(efi_mtftp_read(w, "text", bytes, &size), EFI_INVALID_PARAMETER);
    assert_int_equal(pxe->SetStationIp(pxe, &station, &netmask), EFI_SUCCESS);
    assert_int_equal(efi_mtftp_read(w, "text", bytes, &size), EFI_SUCCESS);
    assert_true(efi_mtftp_is_content(bytes, 5));
    assert_int_equal(pxe->Stop(pxe), EFI_SUCCESS);
}

/* The NIC cannot be had: the status says so, and nothing is held. */
static void a_nic_that_cannot_be_had(void **state)
{
    struct efi_world *w = *state;
    uint8_t bytes[5];
    UINT64 size = 5;

    w->acquire_status = STATUS_LINK_DOWN;
    assert_int_equal(efi_mtftp_read(w, "text", bytes, &size), EFI_NO_MEDIA);
    w->acquire_status = STATUS_NIC_FAILED;
    assert_int_equal(efi_mtftp_read(w, "text", bytes, &size), EFI_DEVICE_ERROR);
    w->acquire_status = STATUS_OK;
    assert_int_equal(efi_mtftp_read(w, "text", bytes, &size), EFI_SUCCESS);
}

static void the_filter_is_left_as_the_specification_says(void **state)
{
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    EFI_PXE_BASE_CODE_IP_FILTER filter = {.Filters = 7, .IpCnt = 1, .IpList = {efi_ip(0xef010203)}};
    uint8_t bytes[5];
    UINT64 size = 5;

    assert_int_equal(pxe->SetIpFilter(pxe, &filter), EFI_SUCCESS);
    assert_int_equal(pxe->Mode->IpFilter.IpCnt, 1);
    assert_int_equal(efi_mtftp_read(w, "text", bytes, &size), EFI_SUCCESS);
    assert_int_equal(pxe->Mode->IpFilter.Filters, EFI_PXE_BASE_CODE_IP_FILTER_STATION_IP);
    assert_int_equal(pxe->Mode->IpFilter.IpCnt, 0);
    assert_int_equal(w->boot.session.net.filter.count, 0);
    assert_false(w->boot.session.net.filter.everything);
}

#define BOOTED(test) cmocka_unit_test_setup_teardown(test, efi_world_booted, efi_world_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOOTED(a_file_is_read),
        BOOTED(sizes_are_told),
        BOOTED(sizes_are_counted_for_servers_that_do_not_tell),
        BOOTED(a_buffer_too_small_is_told_its_size),
        BOOTED(a_size_that_is_a_lie_does_no_harm),
        BOOTED(shim_finds_its_files),
        BOOTED(silence_ends_in_a_timeout),
        BOOTED(nobody_at_the_address_ends_in_a_timeout),
        BOOTED(a_closed_port_is_an_icmp_error),
        BOOTED(an_error_in_mid_file_is_told),
        cmocka_unit_test(loss_is_made_good),
        BOOTED(wrong_arguments_move_no_packet),
        cmocka_unit_test_setup_teardown(without_an_address_nothing_is_fetched, efi_world_start, efi_world_stop),
        BOOTED(a_nic_that_cannot_be_had),
        BOOTED(the_filter_is_left_as_the_specification_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
