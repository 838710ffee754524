/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A boot program that has PXE_BASE_CODE fetch "group.bin" from a multicast group (UEFI 2.10, section 24.3.6) and says
 * how long it is and its CRC-32. Group and ports are those of tests/boot/cases_multicast.py.
 */
#include "tests/boot/efi/report.h"

enum {
    ROOM = 48 << 20,
    CLIENT_PORT = 1759,
    SERVER_PORT = 1758,
    TIMEOUT_S = 2,
};

static EFI_PXE_BASE_CODE_PROTOCOL *pxe;
static UINT8 file_name[] = "group.bin";

static EFI_STATUS read_file(void *buffer, UINT64 *size)
{
    const UINT8 group[4] = {239, 255, 77, 1};
    EFI_PXE_BASE_CODE_MTFTP_INFO info = {
        .CPort = CLIENT_PORT, .SPort = SERVER_PORT, .ListenTimeout = TIMEOUT_S, .TransmitTimeout = TIMEOUT_S};
    EFI_IP_ADDRESS server;

    memcpy(&info.MCastIp, group, sizeof(group));
    memset(&server, 0, sizeof(server));
    memcpy(&server, pxe->Mode->DhcpAck.Dhcpv4.BootpSiAddr, 4);
    return pxe->Mtftp(pxe, EFI_PXE_BASE_CODE_MTFTP_READ_FILE, buffer, FALSE, size, NULL, &server, file_name, &info,
                      FALSE);
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    EFI_GUID pxe_guid = EFI_PXE_BASE_CODE_PROTOCOL_GUID;
    EFI_PHYSICAL_ADDRESS memory = 0;
    UINT64 size = ROOM;
    UINT32 crc = 0;
    EFI_STATUS status;
    void *buffer;

    report_start(image, system);
    pxe = protocol_of(loaded_image->DeviceHandle, pxe_guid);
    check(pxe != NULL, "24.3", "the device handle has EFI_PXE_BASE_CODE_PROTOCOL");
    if (pxe == NULL || EFI_ERROR(bs->AllocatePages(AllocateAnyPages, EfiLoaderData, EFI_SIZE_TO_PAGES(ROOM), &memory)))
        return EFI_OUT_OF_RESOURCES;
    buffer = (void *)(uintptr_t)memory;
    memset(buffer, 0, ROOM);
    status = read_file(buffer, &size);
    check_status("24.3.6", "Mtftp: MTFTP_READ_FILE", status, EFI_SUCCESS);
    if (!EFI_ERROR(status))
        (void)bs->CalculateCrc32(buffer, (UINTN)size, &crc);
    say("PUCK-LAB: file status=%x size=%x crc=%x\r\n", (unsigned)(status & 0xffff), (unsigned)size, crc);
    return report_end("multicast") == 0 ? EFI_SUCCESS : EFI_ABORTED;
}
