/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A boot program that takes the SNP below its device handle for itself and calls every function of it in every state,
 * with every argument that can be wrong, and then sends and receives frames (UEFI 2.10, section 24.1). For our own SNP,
 * the driver's; firmware's own take liberties.
 */
#include "tests/boot/efi/report.h"
#include "tests/boot/efi/snp_checks.h"

EFI_SIMPLE_NETWORK_PROTOCOL *snp;
UINT8 station_ip[4], server_ip[4];

static EFI_GUID snp_guid = EFI_SIMPLE_NETWORK_PROTOCOL_GUID;
static EFI_GUID path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID;
static EFI_GUID pxe_guid = EFI_PXE_BASE_CODE_PROTOCOL_GUID;

static size_t node_len(const EFI_DEVICE_PATH *node)
{
    return node->Length[0] | (size_t)node->Length[1] << 8;
}

/* The length of a path up to and with its MAC node; 0: it has none. */
static size_t len_to_mac(const EFI_DEVICE_PATH *path)
{
    const UINT8 *at = (const UINT8 *)path;

    for (;;) {
        const EFI_DEVICE_PATH *node = (const EFI_DEVICE_PATH *)at;

        if (node->Type == DEVICE_PATH_END)
            return 0;
        at += node_len(node);
        if (node->Type == DEVICE_PATH_MESSAGING && node->SubType == DEVICE_PATH_MAC)
            return (size_t)(at - (const UINT8 *)path);
    }
}

/* The handle whose path ends with the MAC node of our device handle's. */
static EFI_HANDLE mac_handle(void)
{
    EFI_DEVICE_PATH *ours = protocol_of(loaded_image->DeviceHandle, path_guid);
    size_t len = ours != NULL ? len_to_mac(ours) : 0;
    EFI_HANDLE *handles, found = NULL;
    UINTN count;

    if (len == 0 || EFI_ERROR(bs->LocateHandleBuffer(ByProtocol, &snp_guid, NULL, &count, &handles)))
        return NULL;
    for (UINTN i = 0; i < count; i++) {
        EFI_DEVICE_PATH *path = protocol_of(handles[i], path_guid);

        if (path != NULL && len_to_mac(path) == len && memcmp(path, ours, len) == 0 &&
            ((EFI_DEVICE_PATH *)((UINT8 *)path + len))->Type == DEVICE_PATH_END)
            found = handles[i];
    }
    bs->FreePool(handles);
    return found;
}

/* What the frames are made with; PXE_BASE_CODE is stopped, for the NIC has one user at a time. */
static void take_addresses(void)
{
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = protocol_of(loaded_image->DeviceHandle, pxe_guid);

    if (pxe == NULL)
        return;
    memcpy(station_ip, &pxe->Mode->StationIp, sizeof(station_ip));
    memcpy(server_ip, pxe->Mode->DhcpAck.Dhcpv4.BootpSiAddr, sizeof(server_ip));
    check_status("24.3.3", "PXE_BASE_CODE: Stop", pxe->Stop(pxe), EFI_SUCCESS);
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    EFI_HANDLE handle;
    void *interface = NULL;

    report_start(image, system);
    take_addresses();
    handle = mac_handle();
    check(handle != NULL, "24.1", "a handle whose path ends with MAC has SNP");
    if (handle != NULL) {
        check_status("7.3.9", "OpenProtocol: SNP for us alone",
                     bs->OpenProtocol(handle, &snp_guid, &interface, image, NULL, EFI_OPEN_PROTOCOL_EXCLUSIVE),
                     EFI_SUCCESS);
        snp = interface;
    }
    if (snp != NULL) {
        snp_states();
        snp_frames();
        snp_end();
        check_status("7.3.10", "CloseProtocol", bs->CloseProtocol(handle, &snp_guid, image, NULL), EFI_SUCCESS);
        check_status("7.3.12", "ConnectController: the firmware's stack comes back",
                     bs->ConnectController(handle, NULL, NULL, TRUE), EFI_SUCCESS);
        check_number("24.1.1", "the firmware's stack has initialized it", snp->Mode->State,
                     EfiSimpleNetworkInitialized);
    }
    return report_end("snp") == 0 ? EFI_SUCCESS : EFI_ABORTED;
}
