/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The entry point of puck-x64-drivers.efi and of the option ROMs' EFI half. It registers the driver and touches
 * nothing; nothing is printed either, since ROMs run before there is a console.
 */
#include "efi/driver/binding.h"
#include "efi/driver/component_name.h"
#include "efi/platform/services.h"

#define UEFI_2_40 0x00020028u

static EFI_GUID binding_guid = EFI_DRIVER_BINDING_PROTOCOL_GUID;
static EFI_GUID name_guid = EFI_COMPONENT_NAME_PROTOCOL_GUID;
static EFI_GUID name2_guid = EFI_COMPONENT_NAME2_PROTOCOL_GUID;
static EFI_GUID version_guid = EFI_DRIVER_SUPPORTED_EFI_VERSION_GUID;

static struct efi_driver_supported_efi_version supported_version = {
    .length = sizeof(supported_version),
    .firmware_version = UEFI_2_40,
};

EFI_STATUS EFIAPI efi_main(EFI_HANDLE, EFI_SYSTEM_TABLE *);

static EFI_STATUS EFIAPI unload(EFI_HANDLE image)
{
    EFI_STATUS status = binding_release_all();

    if (EFI_ERROR(status))
        return status;
    return efi_boot->UninstallMultipleProtocolInterfaces(image, &binding_guid, &driver_binding, &name_guid,
                                                         &component_name, &name2_guid, &component_name2, &version_guid,
                                                         &supported_version, NULL);
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    static const EFI_GUID loaded_guid = EFI_LOADED_IMAGE_PROTOCOL_GUID;
    EFI_LOADED_IMAGE_PROTOCOL *loaded;

    services_start(image, system);
    loaded = services_protocol(image, &loaded_guid);
    if (loaded != NULL)
        loaded->Unload = unload;
    driver_binding.ImageHandle = image;
    driver_binding.DriverBindingHandle = image;
    return efi_boot->InstallMultipleProtocolInterfaces(&image, &binding_guid, &driver_binding, &name_guid,
                                                       &component_name, &name2_guid, &component_name2, &version_guid,
                                                       &supported_version, NULL);
}
