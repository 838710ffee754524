/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/driver/controller.h"

#include "efi/platform/clock.h"
#include "efi/platform/services.h"
#include "efi/platform/smbios.h"
#include "efi/status.h"
#include "firmware/base/format.h"
#include "firmware/boot/boot_target.h"
#include "firmware/platform.h"

enum {
    MEMORY_ALIGN = 16, /* what drivers.h promises */
#if defined(__i386__)
    DHCP_ARCHITECTURE = 6, /* RFC 4578, section 2.1, and IANA's registry: x86 UEFI, x64 UEFI */
#else
    DHCP_ARCHITECTURE = 7,
#endif
};

#define LINGER SECONDS(2)

static enum status acquire(struct net_boot *boot)
{
    return snp_lend(&((struct controller *)boot)->snp);
}

static void release(struct net_boot *boot, bool expects_replies)
{
    struct snp *snp = &((struct controller *)boot)->snp;

    if (expects_replies)
        snp_linger(snp, platform_now() + LINGER);
    else
        snp_resume(snp);
}

static void stopped(struct net_boot *boot)
{
    snp_resume(&((struct controller *)boot)->snp);
}

static const struct net_boot_ops driver_ops = {.acquire = acquire, .release = release, .stopped = stopped};

/* Whatever runs next owns all memory: no DMA may be left, and no memory may be given back any more. */
static void EFIAPI leave(EFI_EVENT event, void *context)
{
    struct controller *c = context;

    (void)event;
    pci_io_leave(&c->pci);
    nic_close(c->nic);
}

static void write_name(struct controller *c)
{
    size_t len = 0;

    for (const char *from = c->id->name; *from != '\0' && len + 1 < sizeof(c->name) / sizeof(c->name[0]); from++)
        c->name[len++] = (CHAR16)(unsigned char)*from;
    c->name[len] = 0;
}

static void describe(struct controller *c)
{
    unsigned at = c->pci.device.bus_dev_fn;

    text_format(c->place, sizeof(c->place), "PCI %02x:%02x.%x", at >> 8, at >> 3 & 31u, at & 7u);
    write_name(c);
    c->boot.ops = &driver_ops;
    c->boot.config = (struct session_config){
        .nic = c->nic,
        .nic_name = c->id->name,
        .nic_place = c->place,
        .architecture = DHCP_ARCHITECTURE,
        .target = &efi_boot_target,
    };
    c->boot.config.has_uuid = smbios_uuid(c->boot.config.uuid);
    net_boot_start(&c->boot);
}

static EFI_STATUS attach(struct controller *c)
{
    void *memory = (void *)(((uintptr_t)c->memory + MEMORY_ALIGN - 1) & ~(uintptr_t)(MEMORY_ALIGN - 1));
    EFI_STATUS status = pci_io_enable(&c->pci);
    enum status attached;

    if (EFI_ERROR(status))
        return status;
    attached = c->driver->attach(&c->pci.device, memory, &c->nic);
    if (attached != STATUS_OK) {
        pci_io_disable(&c->pci);
        return efi_status(attached);
    }
    return EFI_SUCCESS;
}

static void detach(struct controller *c)
{
    c->driver->detach(c->nic);
    pci_io_disable(&c->pci);
}

static EFI_STATUS offer(struct controller *c)
{
    EFI_STATUS status = snp_init(&c->snp, c->nic);

    if (EFI_ERROR(status))
        return status;
    status = efi_boot->CreateEvent(EVT_SIGNAL_EXIT_BOOT_SERVICES, TPL_NOTIFY, leave, c, &c->leaving);
    if (EFI_ERROR(status)) {
        snp_exit(&c->snp);
        return status;
    }
    describe(c);
    return EFI_SUCCESS;
}

EFI_STATUS controller_start(EFI_HANDLE handle, EFI_PCI_IO_PROTOCOL *io, struct controller **started)
{
    static const EFI_GUID path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID;
    const struct nic_driver *driver;
    const struct pci_id *id;
    struct controller *c;
    struct pci_io pci;
    EFI_STATUS status;

    pci_io_init(&pci, io);
    driver = driver_for(&pci.device, &id);
    if (driver == NULL)
        return EFI_UNSUPPORTED;
    c = services_alloc(sizeof(*c) + driver->memory_len + MEMORY_ALIGN);
    if (c == NULL)
        return EFI_OUT_OF_RESOURCES;
    c->handle = handle;
    c->path = services_protocol(handle, &path_guid);
    c->pci = pci;
    c->driver = driver;
    c->id = id;
    clock_start();
    status = c->path != NULL ? attach(c) : EFI_UNSUPPORTED;
    if (!EFI_ERROR(status)) {
        status = offer(c);
        if (EFI_ERROR(status))
            detach(c);
    }
    if (EFI_ERROR(status)) {
        services_free(c);
        return status;
    }
    *started = c;
    return EFI_SUCCESS;
}

void controller_stop(struct controller *c)
{
    net_boot_stop(&c->boot);
    efi_boot->CloseEvent(c->leaving);
    snp_exit(&c->snp);
    detach(c);
    services_free(c);
}
