/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/app/boot_handle.h"

#include "efi/platform/device_path.h"
#include "efi/platform/services.h"

enum {
    IP_PROTOCOL_UDP = 17,
    INSTANCES_MAX = 16,
};

static EFI_GUID path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID;
static EFI_GUID snp_guid = EFI_SIMPLE_NETWORK_PROTOCOL_GUID;
static EFI_GUID pxe_guid = EFI_PXE_BASE_CODE_PROTOCOL_GUID;
static EFI_GUID marker_guid = BOOT_MARKER_GUID;
static EFI_GUID load_file_guid = EFI_LOAD_FILE_PROTOCOL_GUID;

static const EFI_DEVICE_PATH nowhere = {
    .Type = DEVICE_PATH_END, .SubType = DEVICE_PATH_END_ENTIRE, .Length = {sizeof(EFI_DEVICE_PATH), 0}};

static uint32_t gateway_of(const struct net_config *config)
{
    for (size_t i = 0; i < config->route_count; i++)
        if (config->routes[i].netmask == 0)
            return config->routes[i].gateway;
    return 0;
}

/* Of a card that has no path itself, the node alone. */
static EFI_DEVICE_PATH *make_path(const struct app *app, unsigned instance)
{
    const struct session *s = &app->boot.session;
    struct efi_ipv4_node node = {
        .type = DEVICE_PATH_MESSAGING,
        .subtype = DEVICE_PATH_IPV4,
        .length = {sizeof(node), 0},
        .local_port = {(uint8_t)instance, 0},
        .protocol = {IP_PROTOCOL_UDP, 0},
        .is_static = FALSE, /* the address is DHCP's */
    };

    store_be32(node.local_ip, s->net.config.address);
    store_be32(node.remote_ip, s->flow.choice.server);
    store_be32(node.gateway_ip, gateway_of(&s->net.config));
    store_be32(node.subnet_mask, s->net.config.netmask);
    return device_path_append(app->card->path != NULL ? app->card->path : &nowhere,
                              (const EFI_DEVICE_PATH *)(const void *)&node);
}

/*
 * Whoever looks for our SNP finds the firmware's, as beside its own PXE_BASE_CODE; held, so that the firmware does not
 * build another stack on it here.
 */
static void add_snp(struct boot_handle *h, struct app *app)
{
    void *interface;

    if (EFI_ERROR(efi_boot->InstallProtocolInterface(&h->handle, &snp_guid, EFI_NATIVE_INTERFACE, app->card->snp)))
        return;
    h->holds_snp = !EFI_ERROR(efi_boot->OpenProtocol(h->handle, &snp_guid, &interface, efi_image, h->handle,
                                                     EFI_OPEN_PROTOCOL_BY_DRIVER | EFI_OPEN_PROTOCOL_EXCLUSIVE));
}

static EFI_STATUS install(struct boot_handle *h, struct app *app, unsigned instance)
{
    struct net_boot *boot = &app->boot;
    EFI_STATUS status;

    h->handle = NULL;
    h->path = make_path(app, instance);
    if (h->path == NULL)
        return EFI_OUT_OF_RESOURCES;
    status = efi_boot->InstallMultipleProtocolInterfaces(&h->handle, &path_guid, h->path, &pxe_guid,
                                                         &boot->pxe.protocol, &load_file_guid,
                                                         &boot->load_file.protocol, &marker_guid, &h->marker, NULL);
    if (EFI_ERROR(status))
        services_free(h->path);
    return status;
}

/*
 * No two handles may have the same path, and one with our addresses is there when a boot program of ours has started us
 * again for another file, or holds on to the path of an earlier boot: the node's local port, which nobody reads, makes
 * them differ.
 */
EFI_STATUS boot_handle_make(struct boot_handle *h, struct app *app)
{
    struct net_boot *boot = &app->boot;
    EFI_STATUS status = EFI_ALREADY_STARTED;

    *h = (struct boot_handle){.marker = {.server = boot->session.flow.choice.server}};
    memcpy(h->marker.file, boot->session.flow.choice.file, sizeof(h->marker.file));
    for (unsigned instance = 0; instance < INSTANCES_MAX && status == EFI_ALREADY_STARTED; instance++)
        status = install(h, app, instance);
    if (EFI_ERROR(status))
        return status;
    boot->pxe.handle = h->handle;
    add_snp(h, app);
    return EFI_SUCCESS;
}

static bool uninstall(EFI_HANDLE handle, EFI_GUID *guid, void *interface)
{
    EFI_STATUS status = efi_boot->UninstallProtocolInterface(handle, guid, interface);

    return status != EFI_ACCESS_DENIED;
}

static void close_for_all(EFI_HANDLE handle, EFI_GUID *guid)
{
    EFI_OPEN_PROTOCOL_INFORMATION_ENTRY *holders;
    UINTN count;

    if (EFI_ERROR(efi_boot->OpenProtocolInformation(handle, guid, &holders, &count)))
        return;
    for (UINTN i = 0; i < count; i++)
        efi_boot->CloseProtocol(handle, guid, holders[i].AgentHandle, holders[i].ControllerHandle);
    services_free(holders);
}

/* A driver that the boot program left behind may hold it still. It has to go all the same: its memory goes. */
static void withdraw(EFI_HANDLE handle, EFI_GUID *guid, void *interface)
{
    if (uninstall(handle, guid, interface))
        return;
    close_for_all(handle, guid);
    uninstall(handle, guid, interface);
}

/* Where somebody does not let go of the path, it is left: better a few bytes lost than a handle that points nowhere. */
void boot_handle_drop(struct boot_handle *h, struct app *app)
{
    struct net_boot *boot = &app->boot;

    if (h->holds_snp)
        efi_boot->CloseProtocol(h->handle, &snp_guid, efi_image, h->handle);
    withdraw(h->handle, &snp_guid, app->card->snp);
    withdraw(h->handle, &marker_guid, &h->marker);
    withdraw(h->handle, &load_file_guid, &boot->load_file.protocol);
    withdraw(h->handle, &pxe_guid, &boot->pxe.protocol);
    if (uninstall(h->handle, &path_guid, h->path))
        services_free(h->path);
    boot->pxe.handle = NULL;
}
