/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/nic/pci_io.h"

#include "efi/nic/pci_io_bars.h"
#include "efi/platform/services.h"
#include "firmware/base/bytes.h"

#define WANTED (EFI_PCI_IO_ATTRIBUTE_IO | EFI_PCI_IO_ATTRIBUTE_MEMORY | EFI_PCI_IO_ATTRIBUTE_BUS_MASTER)

static struct pci_io *pci_io_of(struct pci_device *device)
{
    return (struct pci_io *)device;
}

static EFI_PCI_IO_PROTOCOL_WIDTH width_code(unsigned width)
{
    return width == 1 ? EfiPciIoWidthUint8 : width == 2 ? EfiPciIoWidthUint16 : EfiPciIoWidthUint32;
}

static uint32_t all_ones(unsigned width)
{
    return width == 4 ? UINT32_MAX : (1u << 8 * width) - 1;
}

/* What was read lies in the first bytes of `value`: x86 is little endian, as PCI is. */
static uint32_t config_read(struct pci_device *device, unsigned offset, unsigned width)
{
    EFI_PCI_IO_PROTOCOL *io = pci_io_of(device)->io;
    uint32_t value = 0;

    if (EFI_ERROR(io->Pci.Read(io, width_code(width), offset, 1, &value)))
        return all_ones(width);
    return value;
}

static void config_write(struct pci_device *device, unsigned offset, unsigned width, uint32_t value)
{
    EFI_PCI_IO_PROTOCOL *io = pci_io_of(device)->io;

    io->Pci.Write(io, width_code(width), offset, 1, &value);
}

static bool bar_reachable(struct pci_device *device, unsigned bar)
{
    return bar < PCI_IO_BARS && pci_io_of(device)->bar[bar].is_there;
}

static uint32_t reg_read(struct pci_device *device, unsigned bar, uint32_t offset, unsigned width)
{
    EFI_PCI_IO_PROTOCOL *io = pci_io_of(device)->io;
    const struct pci_io_bar *b = &pci_io_of(device)->bar[bar < PCI_IO_BARS ? bar : 0];
    uint32_t value = 0;

    if (!bar_reachable(device, bar) ||
        EFI_ERROR((b->is_port ? io->Io : io->Mem).Read(io, width_code(width), b->index, offset, 1, &value)))
        return all_ones(width); /* as a bus without a device reads */
    return value;
}

static void reg_write(struct pci_device *device, unsigned bar, uint32_t offset, unsigned width, uint32_t value)
{
    EFI_PCI_IO_PROTOCOL *io = pci_io_of(device)->io;
    const struct pci_io_bar *b = &pci_io_of(device)->bar[bar < PCI_IO_BARS ? bar : 0];

    if (bar_reachable(device, bar))
        (b->is_port ? io->Io : io->Mem).Write(io, width_code(width), b->index, offset, 1, &value);
}

static void give_back(struct pci_io *pci, struct pci_io_dma *dma)
{
    if (dma->mapping != NULL)
        pci->io->Unmap(pci->io, dma->mapping);
    pci->io->FreeBuffer(pci->io, dma->pages, dma->host);
    *dma = (struct pci_io_dma){0};
}

static struct pci_io_dma *free_entry(struct pci_io *pci)
{
    for (struct pci_io_dma *dma = pci->dma; dma < pci->dma + PCI_IO_DMA_MAX; dma++)
        if (dma->pages == 0)
            return dma;
    return NULL;
}

/* A mapping that covers less than was asked for is none: the device would write where it should not. */
static bool map(struct pci_io *pci, struct pci_io_dma *dma, uint64_t *bus)
{
    UINTN wanted = (UINTN)dma->pages << EFI_PAGE_SHIFT, len = wanted;
    EFI_PHYSICAL_ADDRESS address = 0;

    if (EFI_ERROR(
            pci->io->Map(pci->io, EfiPciIoOperationBusMasterCommonBuffer, dma->host, &len, &address, &dma->mapping))) {
        dma->mapping = NULL;
        return false;
    }
    *bus = address;
    return len == wanted;
}

/* Pages are aligned to themselves, to us and to the device; for more than that there is room to move up in. */
static bool dma_alloc(struct pci_device *device, size_t len, size_t align, struct dma_memory *out)
{
    struct pci_io *pci = pci_io_of(device);
    struct pci_io_dma *dma = free_entry(pci);
    size_t slack = align > EFI_PAGE_SIZE ? align - EFI_PAGE_SIZE : 0, up;
    uint64_t bus;

    *out = (struct dma_memory){.cpu = NULL};
    if (dma == NULL || len == 0 || pci->is_leaving || len > SIZE_MAX - slack - EFI_PAGE_SIZE)
        return false;
    dma->pages = (len + slack + EFI_PAGE_SIZE - 1) >> EFI_PAGE_SHIFT;
    if (EFI_ERROR(pci->io->AllocateBuffer(pci->io, AllocateAnyPages, EfiBootServicesData, dma->pages, &dma->host, 0))) {
        *dma = (struct pci_io_dma){0};
        return false;
    }
    if (!map(pci, dma, &bus)) {
        give_back(pci, dma);
        return false;
    }
    up = (size_t)(-bus & (align - 1));
    memset(dma->host, 0, dma->pages << EFI_PAGE_SHIFT);
    dma->cpu = (uint8_t *)dma->host + up;
    *out = (struct dma_memory){.cpu = dma->cpu, .bus = bus + up, .len = len};
    return true;
}

static void dma_free(struct pci_device *device, struct dma_memory *memory)
{
    struct pci_io *pci = pci_io_of(device);

    for (struct pci_io_dma *dma = pci->dma; dma < pci->dma + PCI_IO_DMA_MAX; dma++)
        if (dma->pages != 0 && dma->cpu == memory->cpu && !pci->is_leaving)
            give_back(pci, dma);
    *memory = (struct dma_memory){.cpu = NULL};
}

static void delay_us(struct pci_device *device, unsigned us)
{
    (void)device;
    efi_boot->Stall(us);
}

static const struct pci_ops pci_io_ops = {
    .config_read = config_read,
    .config_write = config_write,
    .reg_read = reg_read,
    .reg_write = reg_write,
    .bar_reachable = bar_reachable,
    .dma_alloc = dma_alloc,
    .dma_free = dma_free,
    .delay_us = delay_us,
};

void pci_io_init(struct pci_io *pci, EFI_PCI_IO_PROTOCOL *io)
{
    UINTN segment, bus, device, function;

    *pci = (struct pci_io){.device.ops = &pci_io_ops, .io = io};
    if (!EFI_ERROR(io->GetLocation(io, &segment, &bus, &device, &function)))
        pci->device.bus_dev_fn = (uint16_t)(bus << 8 | (device & 31) << 3 | (function & 7));
    pci_identify(&pci->device);
}

static EFI_STATUS attributes(struct pci_io *pci, EFI_PCI_IO_PROTOCOL_ATTRIBUTE_OPERATION operation, uint64_t given,
                             uint64_t *result)
{
    return pci->io->Attributes(pci->io, operation, given, result);
}

EFI_STATUS pci_io_enable(struct pci_io *pci)
{
    uint64_t supported = 0;
    EFI_STATUS status = attributes(pci, EfiPciIoAttributeOperationGet, 0, &pci->attributes);

    if (!EFI_ERROR(status))
        status = attributes(pci, EfiPciIoAttributeOperationSupported, 0, &supported);
    if (!EFI_ERROR(status))
        status = attributes(pci, EfiPciIoAttributeOperationEnable, WANTED & supported, NULL);
    if (EFI_ERROR(status))
        return status;
    /* Without it the firmware finds our DMA memory below 4 GB: slower to come by, but no failure. */
    if ((supported & EFI_PCI_IO_ATTRIBUTE_DUAL_ADDRESS_CYCLE) != 0)
        (void)attributes(pci, EfiPciIoAttributeOperationEnable, EFI_PCI_IO_ATTRIBUTE_DUAL_ADDRESS_CYCLE, NULL);
    pci_io_find_bars(pci);
    return EFI_SUCCESS;
}

void pci_io_disable(struct pci_io *pci)
{
    for (struct pci_io_dma *dma = pci->dma; dma < pci->dma + PCI_IO_DMA_MAX; dma++)
        if (dma->pages != 0)
            give_back(pci, dma);
    (void)attributes(pci, EfiPciIoAttributeOperationSet, pci->attributes, NULL);
}

void pci_io_leave(struct pci_io *pci)
{
    pci->is_leaving = true;
}
