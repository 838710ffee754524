/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/driver/binding.h"

#include "efi/driver/controller.h"
#include "efi/platform/device_path.h"
#include "efi/platform/services.h"

static EFI_GUID pci_io_guid = EFI_PCI_IO_PROTOCOL_GUID;
static struct controller *controllers;

struct controller *binding_find(EFI_HANDLE handle)
{
    struct controller *c = controllers;

    while (c != NULL && c->handle != handle)
        c = c->next;
    return c;
}

static void unlink_controller(struct controller *gone)
{
    struct controller **link = &controllers;

    while (*link != gone)
        link = &(*link)->next;
    *link = gone->next;
}

/* --- Supported --- */

static EFI_STATUS open_function(EFI_HANDLE handle, EFI_PCI_IO_PROTOCOL **io)
{
    return efi_boot->OpenProtocol(handle, &pci_io_guid, (void **)io, driver_binding.DriverBindingHandle, handle,
                                  EFI_OPEN_PROTOCOL_BY_DRIVER);
}

static void close_function(EFI_HANDLE handle)
{
    efi_boot->CloseProtocol(handle, &pci_io_guid, driver_binding.DriverBindingHandle, handle);
}

/* A path that names another MAC asks for no child of ours, and an end node for none at all. */
static bool names(const EFI_DEVICE_PATH *rest, const struct controller *c)
{
    const MAC_ADDR_DEVICE_PATH *node = (const MAC_ADDR_DEVICE_PATH *)(const void *)rest;

    if (rest == NULL)
        return true;
    return device_path_is(rest, DEVICE_PATH_MESSAGING, DEVICE_PATH_MAC) &&
           device_path_node_len(rest) >= sizeof(*node) &&
           memcmp(node->MacAddress.Addr, c->nic->permanent_mac.byte, sizeof(c->nic->permanent_mac.byte)) == 0;
}

/* NULL asks for all children, an end node for none; else the path has to go on with a MAC. */
static bool is_sensible(const EFI_DEVICE_PATH *rest)
{
    return rest == NULL || device_path_is_end(rest) || device_path_is(rest, DEVICE_PATH_MESSAGING, DEVICE_PATH_MAC);
}

/* We manage it already: there is something to do only where children are missing and wanted. */
static EFI_STATUS supported_again(EFI_HANDLE handle, const EFI_DEVICE_PATH *rest)
{
    const struct controller *c = binding_find(handle);

    return c != NULL && !controller_has_children(c) && names(rest, c) ? EFI_SUCCESS : EFI_ALREADY_STARTED;
}

/* Called for every handle there is, and often: it looks at configuration space alone. */
static EFI_STATUS EFIAPI supported(EFI_DRIVER_BINDING_PROTOCOL *this, EFI_HANDLE handle, EFI_DEVICE_PATH *rest)
{
    EFI_PCI_IO_PROTOCOL *io;
    const struct pci_id *id;
    struct pci_io pci;
    EFI_STATUS status;

    (void)this;
    status = open_function(handle, &io);
    if (status == EFI_ALREADY_STARTED)
        return supported_again(handle, rest);
    if (EFI_ERROR(status))
        return status;
    pci_io_init(&pci, io);
    close_function(handle);
    return is_sensible(rest) && driver_for(&pci.device, &id) != NULL ? EFI_SUCCESS : EFI_UNSUPPORTED;
}

/* --- Start --- */

static EFI_STATUS start_function(EFI_HANDLE handle, struct controller **c)
{
    EFI_PCI_IO_PROTOCOL *io;
    EFI_STATUS status = open_function(handle, &io);

    if (EFI_ERROR(status))
        return status;
    status = controller_start(handle, io, c);
    if (EFI_ERROR(status)) {
        close_function(handle);
        return status;
    }
    (*c)->next = controllers;
    controllers = *c;
    return EFI_SUCCESS;
}

static void stop_function(struct controller *c)
{
    EFI_HANDLE handle = c->handle;

    unlink_controller(c);
    controller_stop(c);
    close_function(handle);
}

/* Undoes a Start() that failed half-way. What somebody keeps hold of stands on the function, which then stays too. */
static void abandon(struct controller *c)
{
    if (c->boot_entry.handle != NULL)
        (void)controller_remove_child(c, c->boot_entry.handle);
    if (c->station.handle != NULL)
        (void)controller_remove_child(c, c->station.handle);
    if (c->boot_entry.handle == NULL && c->station.handle == NULL)
        stop_function(c);
}

static EFI_STATUS EFIAPI start(EFI_DRIVER_BINDING_PROTOCOL *this, EFI_HANDLE handle, EFI_DEVICE_PATH *rest)
{
    struct controller *c = binding_find(handle);
    bool is_new = c == NULL;
    EFI_STATUS status = EFI_SUCCESS;

    (void)this;
    if (is_new)
        status = start_function(handle, &c);
    if (EFI_ERROR(status) || !names(rest, c))
        return status;
    status = controller_add_children(c);
    if (EFI_ERROR(status) && is_new)
        abandon(c);
    return status;
}

/* --- Stop --- */

/* While a call of ours has given the TPL back, its session still stands on what would go. */
static EFI_STATUS EFIAPI stop(EFI_DRIVER_BINDING_PROTOCOL *this, EFI_HANDLE handle, UINTN count, EFI_HANDLE *children)
{
    struct controller *c = binding_find(handle);
    EFI_STATUS status = EFI_SUCCESS;

    (void)this;
    if (c == NULL || c->boot.is_busy || (count != 0 && children == NULL))
        return EFI_DEVICE_ERROR;
    for (UINTN i = 0; i < count; i++)
        if (EFI_ERROR(controller_remove_child(c, children[i])))
            status = EFI_DEVICE_ERROR;
    if (count != 0)
        return status;
    if (c->station.handle != NULL || c->boot_entry.handle != NULL)
        return EFI_DEVICE_ERROR;
    stop_function(c);
    return EFI_SUCCESS;
}

EFI_STATUS binding_release_all(void)
{
    while (controllers != NULL) {
        const struct controller *first = controllers;
        EFI_STATUS status = efi_boot->DisconnectController(first->handle, driver_binding.DriverBindingHandle, NULL);

        if (EFI_ERROR(status))
            return status;
        if (controllers == first) /* a success that did nothing would be one for ever */
            return EFI_DEVICE_ERROR;
    }
    return EFI_SUCCESS;
}

EFI_DRIVER_BINDING_PROTOCOL driver_binding = {
    .Supported = supported,
    .Start = start,
    .Stop = stop,
    .Version = 0x10, /* section 11.1: from here to 0xffffffef for drivers of a card's maker */
};
