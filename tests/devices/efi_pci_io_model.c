/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/devices/efi_pci_io_model.h"

#include <stdlib.h>
#include <string.h>

enum {
    BARS = 6,
    DESCRIPTOR_LEN = 48, /* ACPI's, with an end tag */
};

static struct efi_pci_io_model *model_of(EFI_PCI_IO_PROTOCOL *this)
{
    return (struct efi_pci_io_model *)this;
}

static uint32_t register_of(struct pci_model *model, unsigned bar)
{
    uint32_t value;

    memcpy(&value, model->config + PCI_BAR0 + 4 * bar, sizeof(value));
    return value;
}

static bool is_64(struct pci_model *model, unsigned bar)
{
    return (register_of(model, bar) & 7) == 4 && bar + 1 < BARS;
}

/* The register behind the firmware's number, or BARS. */
static unsigned bar_of(struct efi_pci_io_model *io, unsigned index)
{
    unsigned bar = 0;

    if (!io->numbers_as_edk2)
        return index < BARS && (index == 0 || !is_64(io->model, index - 1)) ? index : BARS;
    for (unsigned n = 0; n < index && bar < BARS; n++)
        bar += is_64(io->model, bar) ? 2 : 1;
    return bar < BARS ? bar : BARS;
}

static unsigned width_of(EFI_PCI_IO_PROTOCOL_WIDTH width)
{
    return width == EfiPciIoWidthUint8 ? 1 : width == EfiPciIoWidthUint16 ? 2 : width == EfiPciIoWidthUint32 ? 4 : 0;
}

static EFI_STATUS access_register(struct efi_pci_io_model *io, bool is_port, bool is_write, unsigned width,
                                  unsigned index, uint64_t offset, UINTN count, void *buffer)
{
    struct pci_model *model = io->model;
    unsigned bar = bar_of(io, index);
    uint32_t value = 0;

    if (bar == BARS || width == 0 || count != 1 || ((register_of(model, bar) & 1) != 0) != is_port) {
        pci_model_fault(model, "access to BAR %u of the firmware's", index);
        return EFI_UNSUPPORTED;
    }
    if (is_write) {
        memcpy(&value, buffer, width);
        model->pci.ops->reg_write(&model->pci, bar, (uint32_t)offset, width, value);
    } else {
        value = model->pci.ops->reg_read(&model->pci, bar, (uint32_t)offset, width);
        memcpy(buffer, &value, width);
    }
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI mem_read(EFI_PCI_IO_PROTOCOL *this, EFI_PCI_IO_PROTOCOL_WIDTH width, UINT8 index,
                                  UINT64 offset, UINTN count, void *buffer)
{
    return access_register(model_of(this), false, false, width_of(width), index, offset, count, buffer);
}

static EFI_STATUS EFIAPI mem_write(EFI_PCI_IO_PROTOCOL *this, EFI_PCI_IO_PROTOCOL_WIDTH width, UINT8 index,
                                   UINT64 offset, UINTN count, void *buffer)
{
    return access_register(model_of(this), false, true, width_of(width), index, offset, count, buffer);
}

static EFI_STATUS EFIAPI io_read(EFI_PCI_IO_PROTOCOL *this, EFI_PCI_IO_PROTOCOL_WIDTH width, UINT8 index, UINT64 offset,
                                 UINTN count, void *buffer)
{
    return access_register(model_of(this), true, false, width_of(width), index, offset, count, buffer);
}

static EFI_STATUS EFIAPI io_write(EFI_PCI_IO_PROTOCOL *this, EFI_PCI_IO_PROTOCOL_WIDTH width, UINT8 index,
                                  UINT64 offset, UINTN count, void *buffer)
{
    return access_register(model_of(this), true, true, width_of(width), index, offset, count, buffer);
}

static EFI_STATUS EFIAPI config_read(EFI_PCI_IO_PROTOCOL *this, EFI_PCI_IO_PROTOCOL_WIDTH width, UINT32 offset,
                                     UINTN count, void *buffer)
{
    struct pci_model *model = model_of(this)->model;
    uint32_t value = model->pci.ops->config_read(&model->pci, offset, width_of(width));

    memcpy(buffer, &value, width_of(width) * count);
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI config_write(EFI_PCI_IO_PROTOCOL *this, EFI_PCI_IO_PROTOCOL_WIDTH width, UINT32 offset,
                                      UINTN count, void *buffer)
{
    struct pci_model *model = model_of(this)->model;
    uint32_t value = 0;

    memcpy(&value, buffer, width_of(width) * count);
    model->pci.ops->config_write(&model->pci, offset, width_of(width), value);
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI allocate_buffer(EFI_PCI_IO_PROTOCOL *this, EFI_ALLOCATE_TYPE how, EFI_MEMORY_TYPE type,
                                         UINTN pages, void **host, UINT64 attributes)
{
    struct efi_pci_io_model *io = model_of(this);
    struct dma_memory memory;

    (void)how;
    if (type != EfiBootServicesData || (attributes & ~(UINT64)EFI_PCI_ATTRIBUTE_VALID_FOR_ALLOCATE_BUFFER) != 0)
        return EFI_UNSUPPORTED;
    if (!io->model->pci.ops->dma_alloc(&io->model->pci, pages * EFI_PAGE_SIZE, EFI_PAGE_SIZE, &memory))
        return EFI_OUT_OF_RESOURCES;
    memset(memory.cpu, 0xcc, memory.len); /* nobody promises zeros */
    io->buffers++;
    *host = memory.cpu;
    return EFI_SUCCESS;
}

static struct dma_memory *memory_at(struct efi_pci_io_model *io, const void *host)
{
    for (struct pci_model_block *block = io->model->block; block < io->model->block + PCI_MODEL_BLOCKS; block++)
        if (host != NULL && block->memory.cpu == host)
            return &block->memory;
    pci_model_fault(io->model, "%p is no buffer", host);
    return NULL;
}

static EFI_STATUS EFIAPI free_buffer(EFI_PCI_IO_PROTOCOL *this, UINTN pages, void *host)
{
    struct efi_pci_io_model *io = model_of(this);
    struct dma_memory *memory = memory_at(io, host), copy;

    if (memory == NULL || memory->len != pages * EFI_PAGE_SIZE || io->boot_services_ended ||
        io->mappings >= io->buffers)
        pci_model_fault(io->model, "FreeBuffer of %p", host);
    if (memory == NULL)
        return EFI_INVALID_PARAMETER;
    copy = *memory;
    io->model->pci.ops->dma_free(&io->model->pci, &copy);
    io->buffers--;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI map(EFI_PCI_IO_PROTOCOL *this, EFI_PCI_IO_PROTOCOL_OPERATION operation, void *host, UINTN *len,
                             EFI_PHYSICAL_ADDRESS *address, void **mapping)
{
    struct efi_pci_io_model *io = model_of(this);
    struct dma_memory *memory = memory_at(io, host);

    if (operation != EfiPciIoOperationBusMasterCommonBuffer || memory == NULL || *len > memory->len || io->map_fails)
        return EFI_UNSUPPORTED;
    if (io->map_is_short)
        *len /= 2;
    *address = memory->bus;
    *mapping = memory;
    io->mappings++;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI unmap(EFI_PCI_IO_PROTOCOL *this, void *mapping)
{
    struct efi_pci_io_model *io = model_of(this);

    if (mapping == NULL || io->mappings == 0 || io->boot_services_ended)
        pci_model_fault(io->model, "Unmap of %p", mapping);
    io->mappings--;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI get_location(EFI_PCI_IO_PROTOCOL *this, UINTN *segment, UINTN *bus, UINTN *device,
                                      UINTN *function)
{
    unsigned at = model_of(this)->model->pci.bus_dev_fn;

    *segment = 0;
    *bus = at >> 8;
    *device = at >> 3 & 31;
    *function = at & 7;
    return EFI_SUCCESS;
}

/* EDK2 keeps the decoding bits of the command register in step. */
static void set(struct efi_pci_io_model *io, uint64_t attributes)
{
    uint32_t command =
        pci_model_command(io->model) & ~(uint32_t)(PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_BUS_MASTER);

    io->attributes = attributes;
    command |= (attributes & EFI_PCI_IO_ATTRIBUTE_IO) != 0 ? PCI_COMMAND_IO : 0;
    command |= (attributes & EFI_PCI_IO_ATTRIBUTE_MEMORY) != 0 ? PCI_COMMAND_MEMORY : 0;
    command |= (attributes & EFI_PCI_IO_ATTRIBUTE_BUS_MASTER) != 0 ? PCI_COMMAND_BUS_MASTER : 0;
    io->model->pci.ops->config_write(&io->model->pci, PCI_COMMAND, 2, command);
}

static EFI_STATUS EFIAPI attributes(EFI_PCI_IO_PROTOCOL *this, EFI_PCI_IO_PROTOCOL_ATTRIBUTE_OPERATION operation,
                                    UINT64 given, UINT64 *result)
{
    struct efi_pci_io_model *io = model_of(this);

    if (operation == EfiPciIoAttributeOperationGet || operation == EfiPciIoAttributeOperationSupported) {
        if (result == NULL)
            return EFI_INVALID_PARAMETER;
        *result = operation == EfiPciIoAttributeOperationGet ? io->attributes : io->supported;
        return EFI_SUCCESS;
    }
    if ((given & ~io->supported) != 0 ||
        (io->refuses_dual_address && (given & EFI_PCI_IO_ATTRIBUTE_DUAL_ADDRESS_CYCLE) != 0))
        return EFI_UNSUPPORTED;
    set(io, operation == EfiPciIoAttributeOperationSet ? given : io->attributes | given);
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI get_bar_attributes(EFI_PCI_IO_PROTOCOL *this, UINT8 index, UINT64 *supports, void **resources)
{
    struct efi_pci_io_model *io = model_of(this);
    unsigned bar = bar_of(io, index);
    uint64_t address;
    uint8_t *descriptor;

    if (bar == BARS || register_of(io->model, bar) == 0)
        return EFI_UNSUPPORTED;
    address = register_of(io->model, bar) & ((register_of(io->model, bar) & 1) != 0 ? ~3u : ~15u);
    if (is_64(io->model, bar))
        address |= (uint64_t)register_of(io->model, bar + 1) << 32;
    descriptor = calloc(1, DESCRIPTOR_LEN);
    if (descriptor == NULL)
        abort();
    descriptor[0] = 0x8a;
    memcpy(descriptor + 14, &address, sizeof(address));
    descriptor[46] = 0x79;
    *supports = 0;
    *resources = descriptor;
    return EFI_SUCCESS;
}

void efi_pci_io_model_init(struct efi_pci_io_model *io, struct pci_model *model)
{
    *io = (struct efi_pci_io_model){
        .protocol =
            {
                .Mem = {mem_read, mem_write},
                .Io = {io_read, io_write},
                .Pci = {config_read, config_write},
                .Map = map,
                .Unmap = unmap,
                .AllocateBuffer = allocate_buffer,
                .FreeBuffer = free_buffer,
                .GetLocation = get_location,
                .Attributes = attributes,
                .GetBarAttributes = get_bar_attributes,
            },
        .model = model,
        .supported = EFI_PCI_IO_ATTRIBUTE_IO | EFI_PCI_IO_ATTRIBUTE_MEMORY | EFI_PCI_IO_ATTRIBUTE_BUS_MASTER |
                     EFI_PCI_IO_ATTRIBUTE_DUAL_ADDRESS_CYCLE,
    };
}
