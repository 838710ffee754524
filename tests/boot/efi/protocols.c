/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A boot program that calls every function of the protocols on its device handle, in every wrong state and with every
 * argument that can be wrong, and compares status and Mode with UEFI 2.10. Ours and EDK2's both pass, but for what
 * tests/boot/README.md says of EDK2's.
 */
#include "tests/boot/efi/pxe_checks.h"
#include "tests/boot/efi/report.h"

EFI_PXE_BASE_CODE_PROTOCOL *pxe;
EFI_HANDLE pxe_handle;
EFI_PXE_BASE_CODE_MODE handed_over;
EFI_IP_ADDRESS server_ip;
UINT8 boot_file[129];

static EFI_DEVICE_PATH end_node = {DEVICE_PATH_END, DEVICE_PATH_END_ENTIRE, {sizeof(EFI_DEVICE_PATH), 0}};

/* File and server are in DhcpAck, or else in what a proxy offered. */
static void find_names(void)
{
    const EFI_PXE_BASE_CODE_PACKET *packet = &handed_over.DhcpAck;

    if (packet->Dhcpv4.BootpBootFile[0] == 0 && handed_over.ProxyOfferReceived)
        packet = &handed_over.ProxyOffer;
    if (packet->Dhcpv4.BootpBootFile[0] == 0 && handed_over.PxeReplyReceived)
        packet = &handed_over.PxeReply;
    memcpy(boot_file, packet->Dhcpv4.BootpBootFile, sizeof(packet->Dhcpv4.BootpBootFile));
    memcpy(&server_ip, packet->Dhcpv4.BootpSiAddr, sizeof(packet->Dhcpv4.BootpSiAddr));
}

/* GRUB takes the card whose path is the device handle's, or that with an IPv4 node behind: so MAC, IPv4, end. */
static void check_path(void)
{
    EFI_GUID path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID, snp_guid = EFI_SIMPLE_NETWORK_PROTOCOL_GUID;
    EFI_DEVICE_PATH *node = protocol_of(pxe_handle, path_guid);
    UINT8 last = 0, one_before = 0;

    check(node != NULL, "10.2", "the device handle has a path");
    for (; node != NULL && node->Type != DEVICE_PATH_END;
         node = (EFI_DEVICE_PATH *)((UINT8 *)node + (node->Length[0] | node->Length[1] << 8))) {
        one_before = last;
        last = node->Type == DEVICE_PATH_MESSAGING ? node->SubType : 0;
    }
    check(one_before == DEVICE_PATH_MAC && last == DEVICE_PATH_IPV4, "10.3.4", "its path ends with MAC and IPv4");
    check(protocol_of(pxe_handle, snp_guid) != NULL, "24.1", "the device handle has SNP");
}

static void check_load_file(EFI_LOAD_FILE_PROTOCOL *load)
{
    EFI_GUID path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID;
    EFI_DEVICE_PATH *ours = protocol_of(pxe_handle, path_guid);
    UINTN size = 0, small;
    UINT8 *file = NULL;

    check_status("13.1.1", "LoadFile: This NULL", load->LoadFile(NULL, &end_node, TRUE, &size, NULL),
                 EFI_INVALID_PARAMETER);
    check_status("13.1.1", "LoadFile: FilePath NULL", load->LoadFile(load, NULL, TRUE, &size, NULL),
                 EFI_INVALID_PARAMETER);
    check_status("13.1.1", "LoadFile: BufferSize NULL", load->LoadFile(load, &end_node, TRUE, NULL, NULL),
                 EFI_INVALID_PARAMETER);
    check_status("13.1.1", "LoadFile: not BootPolicy", load->LoadFile(load, &end_node, FALSE, &size, NULL),
                 EFI_UNSUPPORTED);
    check_status_either("13.1.1", "LoadFile: a path with something in it",
                        load->LoadFile(load, ours, TRUE, &size, NULL), EFI_INVALID_PARAMETER, EFI_UNSUPPORTED);
    check_status("13.1.1", "LoadFile: the size", load->LoadFile(load, &end_node, TRUE, &size, NULL),
                 EFI_BUFFER_TOO_SMALL);
    if (size < 2 || EFI_ERROR(bs->AllocatePool(EfiLoaderData, size, (void **)&file))) {
        check(false, "13.1.1", "LoadFile: a size that is a file's");
        return;
    }
    small = size - 1;
    check_status("13.1.1", "LoadFile: a buffer one byte too small", load->LoadFile(load, &end_node, TRUE, &small, file),
                 EFI_BUFFER_TOO_SMALL);
    check_number("13.1.1", "LoadFile: BufferSize is what is needed", small, size);
    check_status("13.1.1", "LoadFile", load->LoadFile(load, &end_node, TRUE, &small, file), EFI_SUCCESS);
    check(small == size && file[0] == 'M' && file[1] == 'Z', "13.1.1", "LoadFile: the file");
    bs->FreePool(file);
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    EFI_GUID pxe_guid = EFI_PXE_BASE_CODE_PROTOCOL_GUID, load_guid = EFI_LOAD_FILE_PROTOCOL_GUID;
    EFI_LOAD_FILE_PROTOCOL *load;

    report_start(image, system);
    pxe_handle = loaded_image != NULL ? loaded_image->DeviceHandle : NULL;
    pxe = protocol_of(pxe_handle, pxe_guid);
    check(pxe != NULL, "24.3", "the device handle has EFI_PXE_BASE_CODE_PROTOCOL");
    if (pxe != NULL) {
        handed_over = *pxe->Mode;
        find_names();
        check_path();
        pxe_handed_over();
        pxe_arguments(true);
        pxe_state();
        pxe_transfers();
        pxe_datagrams();
        pxe_callbacks();
        pxe_dhcp();
    }
    load = protocol_of(pxe_handle, load_guid);
    if (load != NULL)
        check_load_file(load);
    return report_end("protocols") == 0 ? EFI_SUCCESS : EFI_ABORTED;
}
