/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/protocols/load_file.h"

#include "efi/platform/device_path.h"
#include "efi/platform/tpl.h"
#include "efi/protocols/net_boot.h"

/* A probe need not be followed by anything; whoever comes back later wants to know what the servers say then. */
#define KEPT_FOR SECONDS(60)

/* The codes that section 13.1.1 lists, as far as they fit. A probe must not see EFI_BUFFER_TOO_SMALL for a failure. */
static EFI_STATUS load_status(enum status status)
{
    switch ((int)status) {
    case STATUS_LINK_DOWN:
        return EFI_NO_MEDIA;
    case STATUS_CANCELLED:
    case STATUS_LOCAL_BOOT: /* the boot manager goes on to its next boot option */
        return EFI_ABORTED;
    case STATUS_TFTP_NOT_FOUND:
    case STATUS_DHCP_NO_BOOTFILE:
        return EFI_NOT_FOUND;
    case STATUS_DHCP_TIMEOUT:
    case STATUS_DHCP_NO_ADDRESS:
    case STATUS_DHCP_BAD_ADDRESS:
    case STATUS_NO_PXE_SERVER:
    case STATUS_NO_BOOT_SERVER:
    case STATUS_ARP_TIMEOUT:
    case STATUS_TFTP_CANNOT_ARP:
    case STATUS_TFTP_OPEN_TIMEOUT:
    case STATUS_TFTP_READ_TIMEOUT:
        return EFI_NO_RESPONSE;
    default:
        return EFI_DEVICE_ERROR;
    }
}

static EFI_STATUS hand_over(struct load_file *load, UINTN *size, void *buffer)
{
    if (buffer == NULL || *size < load->file.len) {
        *size = load->file.len;
        return EFI_BUFFER_TOO_SMALL;
    }
    memcpy(buffer, load->file.data, load->file.len);
    *size = load->file.len;
    page_sink_empty(&load->boot->file);
    load->file = (struct slice){0};
    return EFI_SUCCESS;
}

static EFI_STATUS load(struct load_file *load, UINTN *size, void *buffer)
{
    enum status status;

    if (load->boot->is_busy)
        return EFI_NOT_READY;
    if (load->file.len != 0 && session_now() - load->fetched > KEPT_FOR)
        load->file = (struct slice){0};
    if (load->file.len == 0) {
        status = net_boot_run(load->boot);
        if (status != STATUS_OK)
            return load_status(status);
        load->file = session_boot_file(&load->boot->session);
        load->fetched = session_now();
    }
    return hand_over(load, size, buffer);
}

static EFI_STATUS EFIAPI load_file(EFI_LOAD_FILE_PROTOCOL *this, EFI_DEVICE_PATH *path, BOOLEAN boot_policy,
                                   UINTN *size, void *buffer)
{
    struct tpl_entry entry;
    EFI_STATUS status;

    if (this == NULL || size == NULL || path == NULL || !device_path_is_end(path))
        return EFI_INVALID_PARAMETER;
    if (!boot_policy)
        return EFI_UNSUPPORTED;
    entry = tpl_enter();
    status = load((struct load_file *)this, size, buffer);
    tpl_leave(entry);
    return status;
}

void load_file_init(struct load_file *load, struct net_boot *boot)
{
    *load = (struct load_file){.protocol = {.LoadFile = load_file}, .boot = boot};
}
