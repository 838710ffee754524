/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* UdpWrite and UdpRead: a TFTP request for a file that is not there, made by hand, and the error that answers it. */
#include "tests/boot/efi/pxe_checks.h"
#include "tests/boot/efi/report.h"

enum {
    TFTP_PORT = 69,
    OPCODE_READ_REQUEST = 1,
    OPCODE_ERROR = 5,
    FLAG_ANY_IP = EFI_PXE_BASE_CODE_UDP_OPFLAGS_ANY_SRC_IP,
    FLAG_ANY_FROM_PORT = EFI_PXE_BASE_CODE_UDP_OPFLAGS_ANY_SRC_PORT,
    FLAG_ANY_PORT = EFI_PXE_BASE_CODE_UDP_OPFLAGS_ANY_DEST_PORT,
    FLAG_FRAGMENT = EFI_PXE_BASE_CODE_UDP_OPFLAGS_MAY_FRAGMENT,
    LARGER_THAN_FRAME = 3000,
};

static UINT8 answer[600];

/* The request in two parts, as header and data; *port 0 asks for one. */
static EFI_STATUS ask(EFI_PXE_BASE_CODE_UDP_PORT *port)
{
    static UINT8 opcode[2] = {0, OPCODE_READ_REQUEST};
    static UINT8 rest[] = "no/such.file\0octet";
    EFI_PXE_BASE_CODE_UDP_PORT to = TFTP_PORT;
    UINTN header = sizeof(opcode), size = sizeof(rest);

    return pxe->UdpWrite(pxe, 0, &server_ip, &to, NULL, NULL, port, &header, opcode, &size, rest);
}

static void check_round_trip(void)
{
    EFI_PXE_BASE_CODE_UDP_PORT port = 0, from_port = 0;
    EFI_IP_ADDRESS from;
    UINT8 opcode[2] = {0};
    UINTN header = sizeof(opcode), size = sizeof(answer);

    memset(&from, 0, sizeof(from));
    check_status("24.3.7", "UdpWrite: header and data, any source port", ask(&port), EFI_SUCCESS);
    check(port != 0, "24.3.7", "UdpWrite: says which source port");
    check_status("24.3.8", "UdpRead: from anywhere to that port",
                 pxe->UdpRead(pxe, FLAG_ANY_IP | FLAG_ANY_FROM_PORT, NULL, &port, &from, &from_port, &header, opcode,
                              &size, answer),
                 EFI_SUCCESS);
    check(opcode[1] == OPCODE_ERROR && answer[1] == 1 && size > 3 && size < sizeof(answer), "24.3.8",
          "UdpRead: the answer, its first bytes as header");
    check(memcmp(&from, &server_ip, 4) == 0 && from_port != 0, "24.3.8", "UdpRead: says who sent it");
}

static void check_filters(void)
{
    EFI_PXE_BASE_CODE_UDP_PORT port = 4444, any = 0, from_port = 1;
    EFI_IP_ADDRESS from = server_ip, to = ip(0, 0, 0, 0);
    UINTN size = sizeof(answer);

    check_status("24.3.7", "UdpWrite: a source port of our own", ask(&port), EFI_SUCCESS);
    check_number("24.3.7", "UdpWrite: keeps it", port, 4444);
    check_status("24.3.8", "UdpRead: from port 1 alone",
                 pxe->UdpRead(pxe, 0, NULL, &port, &from, &from_port, NULL, NULL, &size, answer), EFI_TIMEOUT);
    check_status("24.3.7", "UdpWrite", ask(&port), EFI_SUCCESS);
    size = sizeof(answer);
    check_status("24.3.8", "UdpRead: to any port, from the server's any port",
                 pxe->UdpRead(pxe, FLAG_ANY_PORT | FLAG_ANY_FROM_PORT | EFI_PXE_BASE_CODE_UDP_OPFLAGS_ANY_DEST_IP, &to,
                              &any, &from, &from_port, NULL, NULL, &size, answer),
                 EFI_SUCCESS);
    check(any == port && memcmp(&to, &pxe->Mode->StationIp, 4) == 0, "24.3.8", "UdpRead: says to whom it was sent");
}

static void check_sizes(void)
{
    EFI_PXE_BASE_CODE_UDP_PORT port = 0, from_port = 0, to = 9;
    EFI_IP_ADDRESS from = server_ip;
    UINTN size = 2;
    static UINT8 large[LARGER_THAN_FRAME];

    check_status("24.3.7", "UdpWrite", ask(&port), EFI_SUCCESS);
    check_status("24.3.8", "UdpRead: a buffer of 2 bytes",
                 pxe->UdpRead(pxe, FLAG_ANY_FROM_PORT, NULL, &port, &from, &from_port, NULL, NULL, &size, answer),
                 EFI_BUFFER_TOO_SMALL);
    size = sizeof(answer);
    check_status(
        "24.3.8", "UdpRead: nobody sends anything",
        pxe->UdpRead(pxe, FLAG_ANY_FROM_PORT | FLAG_ANY_IP, NULL, &port, NULL, NULL, NULL, NULL, &size, answer),
        EFI_TIMEOUT);
    size = sizeof(large);
    check_status("24.3.7", "UdpWrite: larger than a frame, may not be fragmented",
                 pxe->UdpWrite(pxe, 0, &server_ip, &to, NULL, NULL, NULL, NULL, NULL, &size, large),
                 EFI_BAD_BUFFER_SIZE);
    check_status("24.3.7", "UdpWrite: larger than a frame, may be fragmented",
                 pxe->UdpWrite(pxe, FLAG_FRAGMENT, &server_ip, &to, NULL, NULL, NULL, NULL, NULL, &size, large),
                 EFI_SUCCESS);
}

void pxe_datagrams(void)
{
    check_round_trip();
    check_filters();
    check_sizes();
}
