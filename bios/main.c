/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What runs on the stack at the top of the high block, from the boot entry to the BIOS's next boot device. */
#include "bios/handoff.h"
#include "bios/platform/clock.h"
#include "bios/platform/heap.h"
#include "bios/platform/pci_direct.h"
#include "bios/platform/pic.h"
#include "bios/platform/smbios.h"
#include "bios/pxe/api_call.h"
#include "bios/pxe/boot_program.h"
#include "bios/realmode/hooks.h"
#include "bios/realmode/low.h"
#include "bios/realmode/memory_map.h"
#include "bios/realmode/return.h"
#include "drivers/drivers.h"
#include "firmware/base/format.h"
#include "firmware/platform.h"

#define PAGE           4096u
#define DHCP_ARCH_BIOS 0    /* RFC 4578 section 2.1 */
#define HANDOFF_ROOM   256u /* what the container left at the top of the stack */
#define ROM_UNDI_ID    0x16 /* in the ROM's header: offset of its UNDI ROM ID structure */

extern uint8_t image_end[];

void bios_main(const struct handoff *handoff) __attribute__((noreturn));

struct machine {
    struct pci_direct pci;
    char place[16];
    uint16_t pci_command; /* as the BIOS left it */
    const struct nic_driver *driver;
    const struct pci_id *id;
    struct nic *nic;
    struct buffer_sink file;
    struct session session;
    struct pxe_api api;
};

static struct machine machine;

static struct far_pointer undi_rom_id(const struct handoff *handoff)
{
    const uint16_t *offset = memory_at((handoff->rom_segment << 4) + ROM_UNDI_ID);

    return (struct far_pointer){.offset = *offset, .segment = (uint16_t)handoff->rom_segment};
}

static void platform_start(const struct handoff *handoff, uint32_t low_place)
{
    uint32_t end = handoff->high_base + handoff->high_size;

    return_prepare(handoff);
    memory_map_set_high(handoff->high_base, handoff->high_size);
    low_install(low_place, end - HANDOFF_ROOM, end - (uint32_t)sizeof(uint32_t), undi_rom_id(handoff));
    hooks_prepare();
    clock_start();
    heap_start(((uint32_t)image_end + PAGE - 1) & ~(PAGE - 1), end - HIGH_STACK_SIZE);
}

static void stop(void)
{
    struct machine *m = &machine;

    if (m->nic) {
        nic_close(m->nic);
        m->driver->detach(m->nic);
    }
    m->api.is_stopped = true; /* where a vector has to stay, so does the API */
    m->pci.device.ops->config_write(&m->pci.device, PCI_COMMAND, 2, m->pci_command);
    pic_restore();
}

static enum status attach_nic(struct machine *m, uint16_t bus_dev_fn)
{
    enum status status;
    void *memory;

    if (!pci_direct_attach(&m->pci, bus_dev_fn))
        return STATUS_NIC_FAILED;
    m->driver = driver_for(&m->pci.device, &m->id);
    if (!m->driver)
        return STATUS_UNSUPPORTED;
    m->pci_command = (uint16_t)m->pci.device.ops->config_read(&m->pci.device, PCI_COMMAND, 2);
    /* In many machines the interrupt line is shared, or stays as a former owner left it: no interrupt of this card is
     * to arrive while boot programs poll it. */
    pic_mask((uint8_t)m->pci.device.ops->config_read(&m->pci.device, PCI_INTERRUPT_LINE, 1));
    return_set_stop(stop);
    memory = heap_take(m->driver->memory_len, 16);
    if (!memory)
        return STATUS_OUT_OF_RESOURCES;
    status = m->driver->attach(&m->pci.device, memory, &m->nic);
    if (status != STATUS_OK)
        m->nic = NULL;
    return status;
}

/* For what fails where no session can tell it. */
static void tell_failure(enum status why, const char *place)
{
    char line[80];

    text_format(line, sizeof(line), "Puck: PXE-E%02X: %s (%s)\n", status_number(why), status_text(why), place);
    platform_print(line);
}

/* With room for a boot file. */
static enum status configure(struct machine *m, const char *place, struct session_config *config)
{
    size_t file_room = boot_program_size_max();
    void *file_memory = heap_take(file_room, 16);

    if (!file_memory)
        return STATUS_OUT_OF_RESOURCES;
    buffer_sink_start(&m->file, file_memory, file_room);
    *config = (struct session_config){
        .nic = m->nic,
        .nic_name = m->id->name,
        .nic_place = place,
        .architecture = DHCP_ARCH_BIOS,
        .target = &bios_boot_target,
        .cached = &LOW(struct cached_packets, low_packets),
        .file = &m->file,
    };
    config->has_uuid = smbios_uuid(config->uuid);
    return STATUS_OK;
}

static enum status fetch_boot_file(struct machine *m, const char *place)
{
    struct session_config config;
    enum status status = configure(m, place, &config);

    if (status != STATUS_OK) {
        tell_failure(status, place);
        return status;
    }
    status = session_start(&m->session, &config);
    return status == STATUS_OK ? session_boot(&m->session) : status;
}

static void mount_api(struct machine *m)
{
    const struct pci_device *pci = &m->pci.device;

    m->api.session = &m->session;
    m->api.identity = (struct pxe_nic_identity){
        .vendor = pci->vendor,
        .device = pci->device,
        .subvendor = pci->subvendor,
        .subdevice = pci->subdevice,
        .bus_dev_fn = pci->bus_dev_fn,
        .class_code = {pci->class_code[0], pci->class_code[1], pci->class_code[2]},
        .revision = pci->revision,
    };
    api_call_mount(&m->api);
}

static const char *name_place(struct machine *m, uint16_t bus_dev_fn)
{
    text_format(m->place, sizeof(m->place), "PCI %02x:%02x.%x", bus_dev_fn >> 8, bus_dev_fn >> 3 & 31u,
                bus_dev_fn & 7u);
    return m->place;
}

static void boot(struct machine *m, uint16_t bus_dev_fn)
{
    char line[80];
    const char *place = name_place(m, bus_dev_fn);
    enum status status;
    uint16_t ax;

    status = attach_nic(m, bus_dev_fn);
    if (status != STATUS_OK) {
        tell_failure(status, place);
        return;
    }
    if (fetch_boot_file(m, place) != STATUS_OK)
        return; /* it has been told why */
    mount_api(m);
    ax = boot_program_run(session_boot_file(&m->session));
    if (ax != 0) {
        text_format(line, sizeof(line), "The boot program ended with status %x\n", ax);
        platform_print(line);
    }
}

/*
 * Somebody else's base code wants our UNDI driver (PXE 2.1 section 3.1.2): all is made ready for calls, and nothing is
 * sent. Callers who gave us memory that they do not hide (some BIOSes try ROMs out in POST) find no vector changed.
 */
static enum status load_undi(struct machine *m, const struct undi_loader *wanted)
{
    const char *place = name_place(m, wanted->AX);
    struct session_config config;
    enum status status = attach_nic(m, wanted->AX);

    if (status == STATUS_OK)
        status = configure(m, place, &config);
    if (status != STATUS_OK)
        return status;
    session_attach(&m->session, &config);
    mount_api(m);
    api_call_reset();
    if (low_is_hidden())
        hooks_install();
    else
        memory_map_hide();
    return STATUS_OK;
}

static void undi_loader(const struct handoff *handoff)
{
    struct undi_loader *loader = memory_at(handoff->undi_loader);
    enum status status;

    platform_start(handoff, (uint32_t)loader->UNDI_CS << 4);
    status = load_undi(&machine, loader);
    loader->Status = status_number(status);
    loader->PXEptr = (struct pxe_far){(uint16_t)(uint32_t)low_pxe, low_segment()};
    loader->PXENVptr = (struct pxe_far){(uint16_t)(uint32_t)low_pxenv, low_segment()};
    return_from_loader(status == STATUS_OK ? PXENV_EXIT_SUCCESS : PXENV_EXIT_FAILURE);
}

void bios_main(const struct handoff *handoff)
{
    if (handoff->undi_loader != 0)
        undi_loader(handoff);
    platform_start(handoff, LOW_AT_TOP);
    boot(&machine, (uint16_t)handoff->bdf);
    return_to_bios();
}
