/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/sim/efi_handles.h"

#include <stdlib.h>

#include "efi/platform/device_path.h"

enum {
    INTERFACES_MAX = 256,
    OPENS_MAX = 64,
};

struct interface {
    EFI_HANDLE handle; /* NULL: this entry is free */
    EFI_GUID guid;
    void *interface;
};

struct open {
    EFI_HANDLE handle; /* NULL: this entry is free */
    EFI_GUID guid;
    EFI_OPEN_PROTOCOL_INFORMATION_ENTRY entry;
};

void (*efi_firmware_connected)(EFI_HANDLE);

static struct interface interfaces[INTERFACES_MAX];
static struct open opens[OPENS_MAX];
static uintptr_t next_handle;

static const EFI_GUID binding_guid = EFI_DRIVER_BINDING_PROTOCOL_GUID;
static const EFI_GUID path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID;

static bool same(const EFI_GUID *a, const EFI_GUID *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

static struct interface *find(EFI_HANDLE handle, const EFI_GUID *guid)
{
    for (size_t i = 0; i < INTERFACES_MAX; i++)
        if (interfaces[i].handle != NULL && interfaces[i].handle == handle && same(&interfaces[i].guid, guid))
            return &interfaces[i];
    return NULL;
}

static EFI_STATUS EFIAPI install(EFI_HANDLE *handle, EFI_GUID *guid, EFI_INTERFACE_TYPE type, void *interface)
{
    (void)type;
    if (*handle == NULL)
        *handle = (EFI_HANDLE)++next_handle; /* never looked behind */
    if (find(*handle, guid) != NULL)
        return EFI_INVALID_PARAMETER;
    for (size_t i = 0; i < INTERFACES_MAX; i++) {
        if (interfaces[i].handle != NULL)
            continue;
        interfaces[i] = (struct interface){.handle = *handle, .guid = *guid, .interface = interface};
        return EFI_SUCCESS;
    }
    abort();
}

/* As CloseProtocol() when the agent is known, DisconnectController() when it is a driver. */
static bool evict(EFI_HANDLE handle, struct open *open)
{
    struct interface *driver = find(open->entry.AgentHandle, &binding_guid);
    EFI_DRIVER_BINDING_PROTOCOL *binding = driver != NULL ? driver->interface : NULL;

    return binding != NULL && !EFI_ERROR(binding->Stop(binding, handle, 0, NULL)) && open->handle == NULL;
}

static EFI_STATUS EFIAPI uninstall(EFI_HANDLE handle, EFI_GUID *guid, void *interface)
{
    struct interface *found = find(handle, guid);

    if (found == NULL || found->interface != interface)
        return EFI_NOT_FOUND;
    for (size_t i = 0; i < OPENS_MAX; i++) {
        if (opens[i].handle != handle || !same(&opens[i].guid, guid))
            continue;
        if ((opens[i].entry.Attributes & EFI_OPEN_PROTOCOL_BY_DRIVER) == 0)
            return EFI_ACCESS_DENIED;
        if (!evict(handle, &opens[i]))
            return EFI_ACCESS_DENIED;
    }
    found->handle = NULL;
    return EFI_SUCCESS;
}

static bool is_path_taken(const EFI_DEVICE_PATH *path)
{
    for (size_t i = 0; i < INTERFACES_MAX; i++)
        if (interfaces[i].handle != NULL && same(&interfaces[i].guid, &path_guid) &&
            device_path_starts_with(path, interfaces[i].interface) &&
            device_path_len(path) == device_path_len(interfaces[i].interface))
            return true;
    return false;
}

/* Two handles with the same path are refused here, and here only (UEFI 2.10, section 7.3.2). */
static EFI_STATUS EFIAPI install_multiple(EFI_HANDLE *handle, ...)
{
    __builtin_ms_va_list args;
    EFI_STATUS status = EFI_SUCCESS;
    EFI_GUID *guid;

    __builtin_ms_va_start(args, handle);
    while (!EFI_ERROR(status) && (guid = __builtin_va_arg(args, EFI_GUID *)) != NULL) {
        void *interface = __builtin_va_arg(args, void *);

        status = same(guid, &path_guid) && is_path_taken(interface)
                     ? EFI_ALREADY_STARTED
                     : install(handle, guid, EFI_NATIVE_INTERFACE, interface);
    }
    __builtin_ms_va_end(args);
    return status;
}

static EFI_STATUS EFIAPI uninstall_multiple(EFI_HANDLE handle, ...)
{
    __builtin_ms_va_list args;
    EFI_STATUS status = EFI_SUCCESS;
    EFI_GUID *guid;

    __builtin_ms_va_start(args, handle);
    while (!EFI_ERROR(status) && (guid = __builtin_va_arg(args, EFI_GUID *)) != NULL)
        status = uninstall(handle, guid, __builtin_va_arg(args, void *));
    __builtin_ms_va_end(args);
    return status;
}

static EFI_STATUS EFIAPI handle_protocol(EFI_HANDLE handle, EFI_GUID *guid, void **interface)
{
    struct interface *found = find(handle, guid);

    *interface = found != NULL ? found->interface : NULL;
    return found != NULL ? EFI_SUCCESS : EFI_UNSUPPORTED;
}

static EFI_STATUS EFIAPI locate_protocol(EFI_GUID *guid, void *registration, void **interface)
{
    (void)registration;
    for (size_t i = 0; i < INTERFACES_MAX; i++) {
        if (interfaces[i].handle == NULL || !same(&interfaces[i].guid, guid))
            continue;
        *interface = interfaces[i].interface;
        return EFI_SUCCESS;
    }
    return EFI_NOT_FOUND;
}

static EFI_STATUS EFIAPI locate_buffer(EFI_LOCATE_SEARCH_TYPE type, EFI_GUID *guid, void *key, UINTN *count,
                                       EFI_HANDLE **handles)
{
    void *memory;

    (void)key;
    if (type != ByProtocol ||
        EFI_ERROR(efi_boot->AllocatePool(EfiBootServicesData, sizeof(EFI_HANDLE) * INTERFACES_MAX, &memory)))
        abort();
    *handles = memory;
    *count = 0;
    for (size_t i = 0; i < INTERFACES_MAX; i++)
        if (interfaces[i].handle != NULL && same(&interfaces[i].guid, guid))
            (*handles)[(*count)++] = interfaces[i].handle;
    if (*count != 0)
        return EFI_SUCCESS;
    efi_boot->FreePool(memory);
    return EFI_NOT_FOUND;
}

static EFI_STATUS EFIAPI locate_path(EFI_GUID *guid, EFI_DEVICE_PATH **path, EFI_HANDLE *handle)
{
    const EFI_DEVICE_PATH *best = NULL;

    for (size_t i = 0; i < INTERFACES_MAX; i++) {
        const EFI_DEVICE_PATH *start = interfaces[i].interface;

        if (interfaces[i].handle == NULL || !same(&interfaces[i].guid, &path_guid) ||
            find(interfaces[i].handle, guid) == NULL || !device_path_starts_with(*path, start) ||
            (best != NULL && device_path_len(start) <= device_path_len(best)))
            continue;
        best = start;
        *handle = interfaces[i].handle;
    }
    if (best == NULL)
        return EFI_NOT_FOUND;
    *path = (EFI_DEVICE_PATH *)(void *)((uint8_t *)*path + device_path_len(best) - sizeof(*best));
    return EFI_SUCCESS;
}

/* UEFI 2.10, section 7.3.9: who wants it exclusively makes drivers go, nobody makes an application go. */
static EFI_STATUS make_room(EFI_HANDLE handle, const EFI_GUID *guid, UINT32 attributes)
{
    for (size_t i = 0; i < OPENS_MAX; i++) {
        UINT32 held = opens[i].entry.Attributes;

        if (opens[i].handle != handle || !same(&opens[i].guid, guid))
            continue;
        if ((held & EFI_OPEN_PROTOCOL_EXCLUSIVE) != 0 || (held & attributes & EFI_OPEN_PROTOCOL_BY_DRIVER) != 0)
            return EFI_ACCESS_DENIED;
        if ((attributes & EFI_OPEN_PROTOCOL_EXCLUSIVE) != 0 && (held & EFI_OPEN_PROTOCOL_BY_DRIVER) != 0 &&
            !evict(handle, &opens[i]))
            return EFI_ACCESS_DENIED;
    }
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI open_protocol(EFI_HANDLE handle, EFI_GUID *guid, void **interface, EFI_HANDLE agent,
                                       EFI_HANDLE controller, UINT32 attributes)
{
    EFI_STATUS status = handle_protocol(handle, guid, interface);

    if (EFI_ERROR(status) || (attributes & (EFI_OPEN_PROTOCOL_BY_DRIVER | EFI_OPEN_PROTOCOL_EXCLUSIVE)) == 0)
        return status;
    status = make_room(handle, guid, attributes);
    if (EFI_ERROR(status))
        return status;
    for (size_t i = 0; i < OPENS_MAX; i++) {
        if (opens[i].handle != NULL)
            continue;
        opens[i] = (struct open){
            .handle = handle,
            .guid = *guid,
            .entry = {.AgentHandle = agent, .ControllerHandle = controller, .Attributes = attributes, .OpenCount = 1},
        };
        return EFI_SUCCESS;
    }
    abort();
}

static EFI_STATUS EFIAPI close_protocol(EFI_HANDLE handle, EFI_GUID *guid, EFI_HANDLE agent, EFI_HANDLE controller)
{
    for (size_t i = 0; i < OPENS_MAX; i++) {
        if (opens[i].handle == NULL || opens[i].handle != handle || !same(&opens[i].guid, guid) ||
            opens[i].entry.AgentHandle != agent || opens[i].entry.ControllerHandle != controller)
            continue;
        opens[i].handle = NULL;
        return EFI_SUCCESS;
    }
    return EFI_NOT_FOUND;
}

static EFI_STATUS EFIAPI open_information(EFI_HANDLE handle, EFI_GUID *guid,
                                          EFI_OPEN_PROTOCOL_INFORMATION_ENTRY **entries, UINTN *count)
{
    void *memory;

    if (find(handle, guid) == NULL)
        return EFI_NOT_FOUND;
    if (EFI_ERROR(efi_boot->AllocatePool(EfiBootServicesData, OPENS_MAX * sizeof(**entries), &memory)))
        abort();
    *entries = memory;
    *count = 0;
    for (size_t i = 0; i < OPENS_MAX; i++)
        if (opens[i].handle == handle && same(&opens[i].guid, guid))
            (*entries)[(*count)++] = opens[i].entry;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI connect(EFI_HANDLE handle, EFI_HANDLE *drivers, EFI_DEVICE_PATH *remaining, BOOLEAN recursive)
{
    (void)drivers;
    (void)remaining;
    (void)recursive;
    if (efi_firmware_connected == NULL)
        return EFI_NOT_FOUND;
    efi_firmware_connected(handle);
    return EFI_SUCCESS;
}

EFI_HANDLE efi_firmware_handle(const EFI_GUID *guid, void *interface)
{
    EFI_HANDLE handle = NULL;

    if (guid == NULL)
        return (EFI_HANDLE)++next_handle;
    (void)install(&handle, (EFI_GUID *)(uintptr_t)guid, EFI_NATIVE_INTERFACE, interface);
    return handle;
}

void efi_firmware_install(EFI_HANDLE handle, const EFI_GUID *guid, void *interface)
{
    if (EFI_ERROR(install(&handle, (EFI_GUID *)(uintptr_t)guid, EFI_NATIVE_INTERFACE, interface)))
        abort();
}

void efi_handles_count(struct efi_firmware_counts *counts)
{
    for (size_t i = 0; i < OPENS_MAX; i++)
        counts->opens += opens[i].handle != NULL;
    for (size_t i = 0; i < INTERFACES_MAX; i++)
        counts->interfaces += interfaces[i].handle != NULL;
}

void efi_handles_start(EFI_BOOT_SERVICES *boot)
{
    efi_handles_stop();
    boot->InstallProtocolInterface = install;
    boot->UninstallProtocolInterface = uninstall;
    boot->InstallMultipleProtocolInterfaces = install_multiple;
    boot->UninstallMultipleProtocolInterfaces = uninstall_multiple;
    boot->HandleProtocol = handle_protocol;
    boot->LocateProtocol = locate_protocol;
    boot->LocateHandleBuffer = locate_buffer;
    boot->LocateDevicePath = locate_path;
    boot->OpenProtocol = open_protocol;
    boot->CloseProtocol = close_protocol;
    boot->OpenProtocolInformation = open_information;
    boot->ConnectController = connect;
}

void efi_handles_stop(void)
{
    memset(interfaces, 0, sizeof(interfaces));
    memset(opens, 0, sizeof(opens));
    next_handle = 0x1000;
    efi_firmware_connected = NULL;
}
