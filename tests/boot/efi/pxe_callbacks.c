/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* EFI_PXE_BASE_CODE_CALLBACK_PROTOCOL (UEFI 2.10, section 24.4): who is told of what, and that an abort aborts. */
#include "tests/boot/efi/pxe_checks.h"
#include "tests/boot/efi/report.h"

static EFI_GUID callback_guid = EFI_PXE_BASE_CODE_CALLBACK_PROTOCOL_GUID;

static struct {
    EFI_PXE_BASE_CODE_CALLBACK_PROTOCOL protocol;
    unsigned calls, sent, received, wrong;
    EFI_PXE_BASE_CODE_FUNCTION expected;
    bool aborts;
    UINT64 bytes;
} listener;

static EFI_PXE_BASE_CODE_CALLBACK_STATUS EFIAPI heard(EFI_PXE_BASE_CODE_CALLBACK_PROTOCOL *callback,
                                                      EFI_PXE_BASE_CODE_FUNCTION function, BOOLEAN received, UINT32 len,
                                                      EFI_PXE_BASE_CODE_PACKET *packet)
{
    listener.calls++;
    if (callback != &listener.protocol || (len == 0) != (packet == NULL))
        listener.wrong++;
    if (function != listener.expected && function != EFI_PXE_BASE_CODE_FUNCTION_ARP)
        listener.wrong++;
    if (len != 0 && received)
        listener.received++;
    else if (len != 0)
        listener.sent++;
    listener.bytes += len;
    return listener.aborts ? EFI_PXE_BASE_CODE_CALLBACK_STATUS_ABORT : EFI_PXE_BASE_CODE_CALLBACK_STATUS_CONTINUE;
}

static void expect(EFI_PXE_BASE_CODE_FUNCTION function, bool aborts)
{
    listener.calls = listener.sent = listener.received = listener.wrong = 0;
    listener.bytes = 0;
    listener.expected = function;
    listener.aborts = aborts;
}

/* DontUseBuffer: only the callback sees the file. */
static EFI_STATUS read_file(BOOLEAN to_callback)
{
    static UINT8 buffer[65536];
    UINT64 size = sizeof(buffer);

    return pxe->Mtftp(pxe, EFI_PXE_BASE_CODE_TFTP_READ_FILE, to_callback ? NULL : buffer, FALSE, &size, NULL,
                      &server_ip, boot_file, NULL, to_callback);
}

static EFI_STATUS read_datagram(void)
{
    static UINT8 buffer[100];
    EFI_PXE_BASE_CODE_UDP_PORT port = 4445;
    UINTN size = sizeof(buffer);

    return pxe->UdpRead(pxe, EFI_PXE_BASE_CODE_UDP_OPFLAGS_ANY_SRC_IP | EFI_PXE_BASE_CODE_UDP_OPFLAGS_ANY_SRC_PORT,
                        NULL, &port, NULL, NULL, NULL, NULL, &size, buffer);
}

static void check_heard(void)
{
    UINT64 size = 0;

    expect(EFI_PXE_BASE_CODE_FUNCTION_MTFTP, false);
    check_status("24.4.1", "Mtftp size, with callbacks",
                 pxe->Mtftp(pxe, EFI_PXE_BASE_CODE_TFTP_GET_FILE_SIZE, NULL, FALSE, &size, NULL, &server_ip, boot_file,
                            NULL, FALSE),
                 EFI_SUCCESS);
    check(listener.sent > 0 && listener.received > 0, "24.4.1", "Callback: is told of packets both ways");
    expect(EFI_PXE_BASE_CODE_FUNCTION_MTFTP, false);
    check_status("24.3.6", "Mtftp read: DontUseBuffer", read_file(TRUE), EFI_SUCCESS);
    check(listener.received > 1 && listener.bytes >= size, "24.4.1", "Callback: is shown the whole file");
    check_number("24.4.1", "Callback: This, Function, Packet as they should be", listener.wrong, 0);
}

static void check_abort(void)
{
    EFI_IP_ADDRESS nobody = handed_over.StationIp;

    nobody.v4.Addr[3] = 9;
    expect(EFI_PXE_BASE_CODE_FUNCTION_MTFTP, true);
    check_status("24.3.6", "Mtftp read: aborted", read_file(FALSE), EFI_ABORTED);
    check(listener.calls > 0, "24.4.1", "Callback: was asked");
    expect(EFI_PXE_BASE_CODE_FUNCTION_ARP, true);
    check_status("24.3.10", "Arp: aborted", pxe->Arp(pxe, &nobody, NULL), EFI_ABORTED);
    expect(EFI_PXE_BASE_CODE_FUNCTION_UDP_READ, true);
    check_status("24.3.8", "UdpRead: aborted", read_datagram(), EFI_ABORTED);
    expect(EFI_PXE_BASE_CODE_FUNCTION_DHCP, true);
    check_status("24.3.4", "Dhcp: aborted", pxe->Dhcp(pxe, FALSE), EFI_ABORTED);
    expect(EFI_PXE_BASE_CODE_FUNCTION_MTFTP, false);
    check_status("24.3.6", "Mtftp read: not aborted, after all this", read_file(TRUE), EFI_SUCCESS);
}

void pxe_callbacks(void)
{
    BOOLEAN on = TRUE, off = FALSE;

    listener.protocol = (EFI_PXE_BASE_CODE_CALLBACK_PROTOCOL){
        .Revision = EFI_PXE_BASE_CODE_CALLBACK_PROTOCOL_REVISION,
        .Callback = heard,
    };
    check_status("7.3.2", "the callback protocol is installed",
                 bs->InstallMultipleProtocolInterfaces(&pxe_handle, &callback_guid, &listener.protocol, NULL),
                 EFI_SUCCESS);
    check_status("24.3.11", "SetParameters: callbacks", pxe->SetParameters(pxe, NULL, NULL, NULL, NULL, &on),
                 EFI_SUCCESS);
    check(pxe->Mode->MakeCallbacks, "24.3.11", "SetParameters: Mode tells it");
    check_heard();
    check_abort();
    check_status("24.3.11", "SetParameters: no callbacks", pxe->SetParameters(pxe, NULL, NULL, NULL, NULL, &off),
                 EFI_SUCCESS);
    expect(EFI_PXE_BASE_CODE_FUNCTION_MTFTP, false);
    check_status("24.3.10", "Arp", pxe->Arp(pxe, &server_ip, NULL), EFI_SUCCESS);
    check_number("24.4.1", "Callback: none without MakeCallbacks", listener.calls, 0);
    check_status("7.3.3", "the callback protocol is uninstalled",
                 bs->UninstallMultipleProtocolInterfaces(pxe_handle, &callback_guid, &listener.protocol, NULL),
                 EFI_SUCCESS);
}

/* Last of all, for it changes everything in Mode. */
void pxe_dhcp(void)
{
    UINT16 layer = 0;

    check_status("24.3.4", "Dhcp", pxe->Dhcp(pxe, FALSE), EFI_SUCCESS);
    check(pxe->Mode->DhcpDiscoverValid && pxe->Mode->DhcpAckReceived, "24.3.4", "Dhcp: Mode has the packets");
    check(memcmp(&pxe->Mode->StationIp, pxe->Mode->DhcpAck.Dhcpv4.BootpYiAddr, 4) == 0 &&
              !is_zero(&pxe->Mode->StationIp, 4) && !is_zero(&pxe->Mode->SubnetMask, 4),
          "24.3.4", "Dhcp: Mode has the address");
    check(pxe->Mode->IpFilter.Filters == EFI_PXE_BASE_CODE_IP_FILTER_STATION_IP && pxe->Mode->IpFilter.IpCnt == 0,
          "24.3.4", "Dhcp: IpFilter is STATION_IP");
    check_status("24.3.4", "Dhcp: again, sorted", pxe->Dhcp(pxe, TRUE), EFI_SUCCESS);
    check_status_either("24.3.5", "Discover: no boot servers anywhere", pxe->Discover(pxe, 3, &layer, FALSE, NULL),
                        EFI_TIMEOUT, EFI_INVALID_PARAMETER);
    check_status("24.3.3", "Stop", pxe->Stop(pxe), EFI_SUCCESS);
}
