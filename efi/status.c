/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/status.h"

EFI_STATUS efi_status(enum status status)
{
    switch ((int)status) {
    case STATUS_OK:
        return EFI_SUCCESS;
    case STATUS_PENDING:
    case STATUS_ARP_TIMEOUT:
    case STATUS_TFTP_OPEN_TIMEOUT:
    case STATUS_TFTP_READ_TIMEOUT:
    case STATUS_TFTP_CANNOT_ARP:
    case STATUS_DHCP_TIMEOUT:
    case STATUS_NO_BOOT_SERVER:
        return EFI_TIMEOUT;
    case STATUS_UNSUPPORTED:
    case STATUS_BAD_FUNCTION:
        return EFI_UNSUPPORTED;
    case STATUS_OUT_OF_RESOURCES:
        return EFI_OUT_OF_RESOURCES;
    case STATUS_BAD_PARAMETER:
    case STATUS_NO_SERVER_LIST:
        return EFI_INVALID_PARAMETER;
    case STATUS_FILE_TOO_BIG:
    case STATUS_TFTP_TOO_MANY:
        return EFI_BUFFER_TOO_SMALL;
    case STATUS_TFTP_ERROR:
    case STATUS_TFTP_NOT_FOUND:
    case STATUS_TFTP_ACCESS:
        return EFI_TFTP_ERROR;
    case STATUS_TFTP_NO_FILESIZE:
        return EFI_NOT_FOUND;
    case STATUS_DHCP_NO_ADDRESS:
    case STATUS_DHCP_NO_BOOTFILE:
    case STATUS_DHCP_BAD_ADDRESS:
    case STATUS_NO_PXE_SERVER:
        return EFI_NO_RESPONSE;
    case STATUS_LINK_DOWN:
        return EFI_NO_MEDIA;
    case STATUS_IMAGE_INVALID:
        return EFI_LOAD_ERROR;
    case STATUS_IMAGE_REFUSED:
        return EFI_SECURITY_VIOLATION;
    case STATUS_CANCELLED:
    case STATUS_LOCAL_BOOT:
        return EFI_ABORTED;
    default:
        return EFI_DEVICE_ERROR;
    }
}
