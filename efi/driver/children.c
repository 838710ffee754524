/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/driver/binding.h"
#include "efi/driver/controller.h"
#include "efi/platform/device_path.h"
#include "efi/platform/services.h"

enum {
    INTERFACE_TYPE_ETHERNET = 1,
    PROTOCOL_UDP = 17,
};

static EFI_GUID pci_io_guid = EFI_PCI_IO_PROTOCOL_GUID;
static EFI_GUID path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID;
static EFI_GUID snp_guid = EFI_SIMPLE_NETWORK_PROTOCOL_GUID;
static EFI_GUID load_file_guid = EFI_LOAD_FILE_PROTOCOL_GUID;
static EFI_GUID pxe_guid = EFI_PXE_BASE_CODE_PROTOCOL_GUID;

/* --- the children's hold on the PCI function --- */

static EFI_STATUS tie(struct controller *c, const struct child *child)
{
    void *io;

    return efi_boot->OpenProtocol(c->handle, &pci_io_guid, &io, driver_binding.DriverBindingHandle, child->handle,
                                  EFI_OPEN_PROTOCOL_BY_CHILD_CONTROLLER);
}

static void untie(struct controller *c, const struct child *child)
{
    efi_boot->CloseProtocol(c->handle, &pci_io_guid, driver_binding.DriverBindingHandle, child->handle);
}

static void forget(struct child *child)
{
    services_free(child->path);
    *child = (struct child){0};
}

/* --- the station --- */

static EFI_STATUS remove_station(struct controller *c)
{
    struct child *child = &c->station;

    untie(c, child);
    if (EFI_ERROR(efi_boot->UninstallMultipleProtocolInterfaces(child->handle, &path_guid, child->path, &snp_guid,
                                                                &c->snp.protocol, NULL))) {
        (void)tie(c, child);
        return EFI_DEVICE_ERROR;
    }
    forget(child);
    return EFI_SUCCESS;
}

static EFI_STATUS add_station(struct controller *c)
{
    struct child *child = &c->station;
    MAC_ADDR_DEVICE_PATH node = {
        .Header = {DEVICE_PATH_MESSAGING, DEVICE_PATH_MAC, {sizeof(node), 0}},
        .IfType = INTERFACE_TYPE_ETHERNET,
    };
    EFI_STATUS status;

    memcpy(node.MacAddress.Addr, c->nic->permanent_mac.byte, sizeof(c->nic->permanent_mac.byte));
    child->path = device_path_append(c->path, &node.Header);
    if (child->path == NULL)
        return EFI_OUT_OF_RESOURCES;
    status = efi_boot->InstallMultipleProtocolInterfaces(&child->handle, &path_guid, child->path, &snp_guid,
                                                         &c->snp.protocol, NULL);
    if (EFI_ERROR(status)) {
        forget(child);
        return status;
    }
    status = tie(c, child);
    if (EFI_ERROR(status))
        (void)remove_station(c);
    return status;
}

/* --- the boot entry --- */

static EFI_STATUS hold_snp(const struct child *child)
{
    void *snp;

    return efi_boot->OpenProtocol(child->handle, &snp_guid, &snp, efi_image, NULL, EFI_OPEN_PROTOCOL_EXCLUSIVE);
}

static EFI_STATUS remove_boot_entry(struct controller *c)
{
    struct child *child = &c->boot_entry;

    untie(c, child);
    efi_boot->CloseProtocol(child->handle, &snp_guid, efi_image, NULL);
    if (EFI_ERROR(efi_boot->UninstallMultipleProtocolInterfaces(
            child->handle, &path_guid, child->path, &load_file_guid, &c->boot.load_file.protocol, &pxe_guid,
            &c->boot.pxe.protocol, &snp_guid, &c->snp.protocol, NULL))) {
        (void)hold_snp(child);
        (void)tie(c, child);
        return EFI_DEVICE_ERROR;
    }
    c->boot.pxe.handle = NULL;
    forget(child);
    return EFI_SUCCESS;
}

static EFI_DEVICE_PATH *boot_entry_path(const struct controller *c)
{
    struct efi_ipv4_node node = {
        .type = DEVICE_PATH_MESSAGING,
        .subtype = DEVICE_PATH_IPV4,
        .length = {sizeof(node), 0},
        .protocol = {PROTOCOL_UDP, 0},
    };

    return device_path_append(c->station.path, (const EFI_DEVICE_PATH *)(const void *)&node);
}

static EFI_STATUS add_boot_entry(struct controller *c)
{
    struct child *child = &c->boot_entry;
    EFI_STATUS status;

    child->path = boot_entry_path(c);
    if (child->path == NULL)
        return EFI_OUT_OF_RESOURCES;
    status = efi_boot->InstallMultipleProtocolInterfaces(&child->handle, &path_guid, child->path, &load_file_guid,
                                                         &c->boot.load_file.protocol, &pxe_guid, &c->boot.pxe.protocol,
                                                         &snp_guid, &c->snp.protocol, NULL);
    if (EFI_ERROR(status)) {
        forget(child);
        return status;
    }
    c->boot.pxe.handle = child->handle;
    status = hold_snp(child);
    if (!EFI_ERROR(status))
        status = tie(c, child);
    if (EFI_ERROR(status))
        (void)remove_boot_entry(c);
    return status;
}

/* --- both --- */

bool controller_has_children(const struct controller *c)
{
    return c->station.handle != NULL && c->boot_entry.handle != NULL;
}

EFI_STATUS controller_add_children(struct controller *c)
{
    EFI_STATUS status = EFI_SUCCESS;

    if (c->station.handle == NULL)
        status = add_station(c);
    if (!EFI_ERROR(status) && c->boot_entry.handle == NULL)
        status = add_boot_entry(c);
    return status;
}

EFI_STATUS controller_remove_child(struct controller *c, EFI_HANDLE handle)
{
    if (handle == c->boot_entry.handle)
        return remove_boot_entry(c);
    return handle == c->station.handle ? remove_station(c) : EFI_DEVICE_ERROR;
}
