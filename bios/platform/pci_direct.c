/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "bios/platform/pci_direct.h"

#include "bios/platform/clock.h"
#include "bios/platform/heap.h"
#include "bios/platform/io.h"
#include "firmware/base/bytes.h"

enum {
    CONFIG_ADDRESS = 0xcf8,
    CONFIG_DATA = 0xcfc,
    BAR_PORT = 1,
    BAR_MEMORY_TYPE = 6,
    BAR_MEMORY_64 = 4,
};

static uint16_t select_register(const struct pci_device *device, unsigned offset)
{
    out32(CONFIG_ADDRESS, 0x80000000u | (uint32_t)device->bus_dev_fn << 8 | (offset & 0xfc));
    return (uint16_t)(CONFIG_DATA + (offset & 3));
}

static uint32_t port_read(uint16_t port, unsigned width)
{
    return width == 1 ? in8(port) : width == 2 ? in16(port) : in32(port);
}

static void port_write(uint16_t port, unsigned width, uint32_t value)
{
    if (width == 1)
        out8(port, (uint8_t)value);
    else if (width == 2)
        out16(port, (uint16_t)value);
    else
        out32(port, value);
}

static uint32_t config_read(struct pci_device *device, unsigned offset, unsigned width)
{
    return port_read(select_register(device, offset), width);
}

static void config_write(struct pci_device *device, unsigned offset, unsigned width, uint32_t value)
{
    port_write(select_register(device, offset), width, value);
}

static uint32_t reg_read(struct pci_device *device, unsigned bar, uint32_t offset, unsigned width)
{
    const struct pci_direct *pci = (const struct pci_direct *)device;
    uint32_t address;

    if (bar >= PCI_BARS || !pci->bar[bar])
        return 0xffffffff; /* as a bus without a device reads */
    address = pci->bar[bar] + offset;
    if (pci->is_port[bar])
        return port_read((uint16_t)address, width);
    if (width == 1)
        return *(volatile uint8_t *)address;
    if (width == 2)
        return *(volatile uint16_t *)address;
    return *(volatile uint32_t *)address;
}

static void reg_write(struct pci_device *device, unsigned bar, uint32_t offset, unsigned width, uint32_t value)
{
    const struct pci_direct *pci = (const struct pci_direct *)device;
    uint32_t address;

    if (bar >= PCI_BARS || !pci->bar[bar])
        return;
    address = pci->bar[bar] + offset;
    if (pci->is_port[bar])
        port_write((uint16_t)address, width, value);
    else if (width == 1)
        *(volatile uint8_t *)address = (uint8_t)value;
    else if (width == 2)
        *(volatile uint16_t *)address = (uint16_t)value;
    else
        *(volatile uint32_t *)address = value;
}

static bool bar_reachable(struct pci_device *device, unsigned bar)
{
    const struct pci_direct *pci = (const struct pci_direct *)device;

    return bar < PCI_BARS && pci->bar[bar] != 0;
}

static bool dma_alloc(struct pci_device *device, size_t len, size_t align, struct dma_memory *out)
{
    (void)device;
    *out = (struct dma_memory){.cpu = heap_take(len, align), .len = len};
    out->bus = (uint32_t)out->cpu;
    return out->cpu != NULL;
}

static void dma_free(struct pci_device *device, struct dma_memory *memory)
{
    (void)device;
    heap_give(memory->cpu);
    *memory = (struct dma_memory){.cpu = NULL};
}

static void delay_us(struct pci_device *device, unsigned us)
{
    (void)device;
    clock_delay_us(us);
}

static const struct pci_ops pci_direct_ops = {
    .config_read = config_read,
    .config_write = config_write,
    .reg_read = reg_read,
    .reg_write = reg_write,
    .bar_reachable = bar_reachable,
    .dma_alloc = dma_alloc,
    .dma_free = dma_free,
    .delay_us = delay_us,
};

static void read_bars(struct pci_direct *pci)
{
    for (unsigned i = 0; i < PCI_BARS; i++) {
        uint32_t bar = config_read(&pci->device, PCI_BAR0 + i * 4, 4);

        pci->is_port[i] = (bar & BAR_PORT) != 0;
        if (pci->is_port[i]) {
            pci->bar[i] = bar & 0xfffc;
            continue;
        }
        pci->bar[i] = bar & ~0xfu;
        if ((bar & BAR_MEMORY_TYPE) == BAR_MEMORY_64 && i + 1 < PCI_BARS) {
            if (config_read(&pci->device, PCI_BAR0 + (i + 1) * 4, 4) != 0)
                pci->bar[i] = 0; /* above 4 GB */
            pci->bar[++i] = 0;
        }
    }
}

bool pci_direct_attach(struct pci_direct *pci, uint16_t bus_dev_fn)
{
    memset(pci, 0, sizeof(*pci));
    pci->device.ops = &pci_direct_ops;
    pci->device.bus_dev_fn = bus_dev_fn;
    if ((config_read(&pci->device, PCI_VENDOR_ID, 4) & 0xffff) == 0xffff)
        return false;
    pci_identify(&pci->device);
    read_bars(pci);
    return true;
}
