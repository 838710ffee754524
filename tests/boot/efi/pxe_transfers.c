/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Arp and Mtftp against a real server: its own boot file is what is there for certain. */
#include "tests/boot/efi/pxe_checks.h"
#include "tests/boot/efi/report.h"

enum {
    TFTP_NOT_FOUND = 1,
    TFTP_BLOCK = 512,
};

static UINT64 file_size;

static EFI_STATUS mtftp(EFI_PXE_BASE_CODE_TFTP_OPCODE operation, void *buffer, UINT64 *size, UINTN *block,
                        const char *name)
{
    return pxe->Mtftp(pxe, operation, buffer, FALSE, size, block, &server_ip, (UINT8 *)name, NULL, FALSE);
}

static void check_arp(void)
{
    EFI_MAC_ADDRESS mac;
    EFI_IP_ADDRESS nobody = handed_over.StationIp;
    BOOLEAN auto_arp = FALSE;
    bool is_cached = false;

    memset(&mac, 0, sizeof(mac));
    check_status("24.3.10", "Arp: the server", pxe->Arp(pxe, &server_ip, &mac), EFI_SUCCESS);
    check(!is_zero(&mac, 6) && (mac.Addr[0] & 1) == 0, "24.3.10", "Arp: a station's MAC address");
    for (UINT32 i = 0; i < pxe->Mode->ArpCacheEntries && i < EFI_PXE_BASE_CODE_MAX_ARP_ENTRIES; i++)
        is_cached = is_cached || (memcmp(&pxe->Mode->ArpCache[i].IpAddr, &server_ip, 4) == 0 &&
                                  memcmp(&pxe->Mode->ArpCache[i].MacAddr, &mac, 6) == 0);
    check(is_cached, "24.3.10", "Arp: Mode has it in the ARP cache");
    check_status("24.3.10", "Arp: no room for the answer", pxe->Arp(pxe, &server_ip, NULL), EFI_SUCCESS);
    nobody.v4.Addr[3] = 7;
    check_status("24.3.10", "Arp: an address that nobody has", pxe->Arp(pxe, &nobody, &mac), EFI_TIMEOUT);
    (void)pxe->SetParameters(pxe, &auto_arp, NULL, NULL, NULL, NULL);
    check_status("24.3.10", "Arp: the same, from the cache alone", pxe->Arp(pxe, &nobody, &mac), EFI_DEVICE_ERROR);
    auto_arp = TRUE;
    (void)pxe->SetParameters(pxe, &auto_arp, NULL, NULL, NULL, NULL);
}

static void check_read(void)
{
    UINT8 *file = NULL;
    UINT64 size = file_size, small = file_size - 1;
    UINTN block = TFTP_BLOCK;

    if (file_size == 0 || EFI_ERROR(bs->AllocatePool(EfiLoaderData, (UINTN)file_size, (void **)&file))) {
        check(false, "24.3.6", "memory for the file");
        return;
    }
    memset(file, 0, (size_t)file_size);
    check_status("24.3.6", "Mtftp read: a buffer that fits",
                 mtftp(EFI_PXE_BASE_CODE_TFTP_READ_FILE, file, &size, NULL, (char *)boot_file), EFI_SUCCESS);
    check_number("24.3.6", "Mtftp read: BufferSize is the file's", size, file_size);
    check(file[0] == 'M' && file[1] == 'Z', "24.3.6", "Mtftp read: the file starts as a PE image does");
    check(pxe->Mode->IpFilter.Filters == EFI_PXE_BASE_CODE_IP_FILTER_STATION_IP && pxe->Mode->IpFilter.IpCnt == 0,
          "24.3.6", "Mtftp read: IpFilter is STATION_IP afterwards");
    memset(file, 0, (size_t)file_size);
    size = file_size;
    check_status("24.3.6", "Mtftp read: BlockSize 512",
                 mtftp(EFI_PXE_BASE_CODE_TFTP_READ_FILE, file, &size, &block, (char *)boot_file), EFI_SUCCESS);
    check(size == file_size && file[0] == 'M' && file[1] == 'Z', "24.3.6", "Mtftp read: the same file again");
    check_status("24.3.6", "Mtftp read: a buffer one byte too small",
                 mtftp(EFI_PXE_BASE_CODE_TFTP_READ_FILE, file, &small, NULL, (char *)boot_file), EFI_BUFFER_TOO_SMALL);
    check_number("24.3.6", "Mtftp read: BufferSize is what is needed", small, file_size);
    size = 0;
    check_status("24.3.6", "Mtftp read: a buffer of 0 bytes",
                 mtftp(EFI_PXE_BASE_CODE_TFTP_READ_FILE, file, &size, NULL, (char *)boot_file), EFI_BUFFER_TOO_SMALL);
    check_number("24.3.6", "Mtftp read: BufferSize is what is needed", size, file_size);
    bs->FreePool(file);
}

/* shim goes on without a file when TftpError says that it is not there, and only then. */
static void check_missing_file(const char *what, EFI_PXE_BASE_CODE_TFTP_OPCODE operation)
{
    static UINT8 buffer[TFTP_BLOCK];
    UINT64 size = sizeof(buffer);

    check_status("24.3.6", what, mtftp(operation, buffer, &size, NULL, "no/such.file"), EFI_TFTP_ERROR);
    check(pxe->Mode->TftpErrorReceived, "24.3.1", "Mode: TftpErrorReceived");
    check_number("24.3.1", "Mode: TftpError.ErrorCode", pxe->Mode->TftpError.ErrorCode, TFTP_NOT_FOUND);
    check(pxe->Mode->TftpError.ErrorString[0] != 0 && pxe->Mode->TftpError.ErrorString[126] == 0, "24.3.1",
          "Mode: TftpError.ErrorString is a text");
}

static void check_write(void)
{
    static UINT8 data[] = "not wanted";
    UINT64 size = sizeof(data);
    EFI_STATUS status = mtftp(EFI_PXE_BASE_CODE_TFTP_WRITE_FILE, data, &size, NULL, "puck-test-write");

    check_status_either("24.3.6", "Mtftp write: the server does not let us", status, EFI_TFTP_ERROR, EFI_UNSUPPORTED);
    check(status != EFI_TFTP_ERROR || pxe->Mode->TftpErrorReceived, "24.3.1", "Mode: TftpErrorReceived");
}

/* An address on the wire that is no TFTP server: our own would answer itself, a stranger never. */
static void check_no_server(void)
{
    static UINT8 buffer[TFTP_BLOCK];
    EFI_IP_ADDRESS nobody = handed_over.StationIp;
    UINT64 size = sizeof(buffer);
    EFI_STATUS status;

    nobody.v4.Addr[3] = 8;
    status =
        pxe->Mtftp(pxe, EFI_PXE_BASE_CODE_TFTP_READ_FILE, buffer, FALSE, &size, NULL, &nobody, boot_file, NULL, FALSE);
    check_status("24.3.6", "Mtftp read: nobody at that address", status, EFI_TIMEOUT);
}

void pxe_transfers(void)
{
    check_arp();
    check_status("24.3.6", "Mtftp size",
                 mtftp(EFI_PXE_BASE_CODE_TFTP_GET_FILE_SIZE, NULL, &file_size, NULL, (char *)boot_file), EFI_SUCCESS);
    check(file_size > TFTP_BLOCK, "24.3.6", "Mtftp size: this program's");
    check_missing_file("Mtftp read: no such file", EFI_PXE_BASE_CODE_TFTP_READ_FILE);
    check_missing_file("Mtftp size: no such file", EFI_PXE_BASE_CODE_TFTP_GET_FILE_SIZE);
    check_read();
    check(!pxe->Mode->TftpErrorReceived, "24.3.1", "Mode: a good transfer clears TftpErrorReceived");
    check_write();
    check_no_server();
}
