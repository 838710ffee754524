/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/platform/services.h"

#include "firmware/base/bytes.h"

EFI_HANDLE efi_image;
EFI_SYSTEM_TABLE *efi_system;
EFI_BOOT_SERVICES *efi_boot;

void services_start(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    efi_image = image;
    efi_system = system;
    efi_boot = system->BootServices;
}

void *services_protocol(EFI_HANDLE handle, const EFI_GUID *guid)
{
    EFI_GUID wanted = *guid; /* the prototype takes no const */
    void *interface = NULL;

    if (handle == NULL || EFI_ERROR(efi_boot->HandleProtocol(handle, &wanted, &interface)))
        return NULL;
    return interface;
}

EFI_HANDLE *services_handles(const EFI_GUID *guid, size_t *count)
{
    EFI_GUID wanted = *guid;
    EFI_HANDLE *handles = NULL;
    UINTN found = 0;

    *count = 0;
    if (EFI_ERROR(efi_boot->LocateHandleBuffer(ByProtocol, &wanted, NULL, &found, &handles)))
        return NULL;
    *count = (size_t)found;
    return handles;
}

void *services_alloc(size_t len)
{
    void *memory = NULL;

    if (EFI_ERROR(efi_boot->AllocatePool(EfiBootServicesData, len, &memory)))
        return NULL;
    return memset(memory, 0, len);
}

void services_free(void *memory)
{
    if (memory != NULL)
        efi_boot->FreePool(memory);
}
