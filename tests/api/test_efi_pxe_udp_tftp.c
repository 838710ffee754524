/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* TFTP clients as boot programs build them on UdpWrite() and UdpRead(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/sim/efi_world.h"

#define ANY_SRC_PORT EFI_PXE_BASE_CODE_UDP_OPFLAGS_ANY_SRC_PORT

/* A client in lock-step, as bootmgr's: its own request and ACKs through UdpWrite(), blocks through UdpRead(). */
static size_t fetch(struct efi_world *w, const char *request, size_t request_len, uint8_t *file)
{
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    EFI_IP_ADDRESS server = efi_ip(EFI_WORLD_SERVER_IP);
    EFI_PXE_BASE_CODE_UDP_PORT our_port = 0, port = 69;
    uint8_t ack[4] = {0, 4, 0, 0}, head[4];
    UINTN len = request_len, head_len, ack_len = 4;
    size_t got = 0;

    assert_int_equal(
        pxe->UdpWrite(pxe, 0, &server, &port, NULL, NULL, &our_port, NULL, NULL, &len, (void *)(uintptr_t)request),
        EFI_SUCCESS);
    for (uint16_t block = 1;; block++) {
        UINT16 flags = block == 1 ? ANY_SRC_PORT : 0;

        head_len = 4;
        len = 512;
        assert_int_equal(pxe->UdpRead(pxe, flags, NULL, &our_port, &server, &port, &head_len, head, &len, file + got),
                         EFI_SUCCESS);
        assert_int_equal(head_len, 4);
        assert_int_equal(load_be16(head), 3);
        assert_int_equal(load_be16(head + 2), block);
        got += len;
        memcpy(ack + 2, head + 2, 2);
        assert_int_equal(pxe->UdpWrite(pxe, 0, &server, &port, NULL, NULL, &our_port, NULL, NULL, &ack_len, ack),
                         EFI_SUCCESS);
        if (len < 512)
            return got;
    }
}

static void a_tftp_client_of_the_callers_own(void **state)
{
    static uint8_t file[EFI_WORLD_BIG + 512];
    static const char request[] = "\0\1big\0octet";
    struct efi_world *w = *state;
    time_us before = session_now();

    assert_int_equal(fetch(w, request, sizeof(request), file), EFI_WORLD_BIG);
    for (size_t at = 0; at < EFI_WORLD_BIG; at++)
        assert_int_equal(file[at], efi_world_file_byte(at));
    assert_true(session_now() - before < SECONDS(1));
    world_run(&w->world, w->world.now + MILLISECONDS(50));
    assert_int_equal(w->tftp.completed, 2); /* the boot file, and this */
}

/* A window of 32 blocks comes at once: none is lost between two calls. */
static void a_window_of_blocks_is_read(void **state)
{
    static const char request[] = "\0\1big\0octet\0blksize\0001456\0windowsize\00032";
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    EFI_IP_ADDRESS server = efi_ip(EFI_WORLD_SERVER_IP);
    EFI_PXE_BASE_CODE_UDP_PORT our_port = 0, port = 69;
    uint8_t ack[4] = {0, 4, 0, 0}, packet[1500];
    UINTN len = sizeof(request), ack_len = 4;
    uint16_t block = 0;

    assert_int_equal(
        pxe->UdpWrite(pxe, 0, &server, &port, NULL, NULL, &our_port, NULL, NULL, &len, (void *)(uintptr_t)request),
        EFI_SUCCESS);
    len = sizeof(packet);
    assert_int_equal(pxe->UdpRead(pxe, ANY_SRC_PORT, NULL, &our_port, &server, &port, NULL, NULL, &len, packet),
                     EFI_SUCCESS);
    assert_int_equal(load_be16(packet), 6);
    do {
        store_be16(ack + 2, block);
        assert_int_equal(pxe->UdpWrite(pxe, 0, &server, &port, NULL, NULL, &our_port, NULL, NULL, &ack_len, ack),
                         EFI_SUCCESS);
        for (unsigned n = 0; n < 32; n++) {
            len = sizeof(packet);
            assert_int_equal(pxe->UdpRead(pxe, 0, NULL, &our_port, &server, &port, NULL, NULL, &len, packet),
                             EFI_SUCCESS);
            assert_int_equal(load_be16(packet + 2), ++block);
            if (len < 1460)
                break;
        }
    } while (len == 1460);
    assert_int_equal(block, EFI_WORLD_BIG / 1456 + 1);
    assert_int_equal(w->boot.pxe.udp.dropped, 0);
}

#define BOOTED(test) cmocka_unit_test_setup_teardown(test, efi_world_booted, efi_world_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOOTED(a_tftp_client_of_the_callers_own),
        BOOTED(a_window_of_blocks_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
