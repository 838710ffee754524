/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/devices/pci_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    GUARD_LEN = 256,
    GUARD_BYTE = 0xa5,
    WAIT_MAX_US = 10000, /* the contract of pci_ops.delay_us */
    COMMAND_WRITABLE = PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_BUS_MASTER | PCI_COMMAND_INTX_DISABLE | 0x0140,
};

static struct pci_model *model_of(struct pci_device *pci)
{
    return (struct pci_model *)(void *)((uint8_t *)pci - offsetof(struct pci_model, pci));
}

void pci_model_fault(struct pci_model *model, const char *format, ...)
{
    va_list args;

    model->faults++;
    if (model->is_quiet)
        return;
    va_start(args, format);
    fputs("pci_model: ", stdout);
    vprintf(format, args);
    putchar('\n');
    va_end(args);
}

static uint32_t bytes_at(const uint8_t *at, unsigned width)
{
    uint32_t value = 0;

    for (unsigned i = width; i-- > 0;)
        value = value << 8 | at[i];
    return value;
}

static void bytes_set(uint8_t *at, unsigned width, uint32_t value)
{
    for (unsigned i = 0; i < width; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static bool access_is_legal(struct pci_model *model, const char *what, uint32_t offset, unsigned width)
{
    if ((width == 1 || width == 2 || width == 4) && offset % width == 0)
        return true;
    pci_model_fault(model, "%s: offset %x with width %u", what, offset, width);
    return false;
}

static uint32_t config_read(struct pci_device *pci, unsigned offset, unsigned width)
{
    struct pci_model *model = model_of(pci);

    if (!access_is_legal(model, "config_read", offset, width) || offset + width > sizeof(model->config))
        return UINT32_MAX;
    if (model->config_reading != NULL)
        model->config_reading(model, offset, width);
    return bytes_at(model->config + offset, width);
}

/* Of the header only the command register can be written; the rest is the device's business (config_written). */
static void config_write(struct pci_device *pci, unsigned offset, unsigned width, uint32_t value)
{
    struct pci_model *model = model_of(pci);

    if (!access_is_legal(model, "config_write", offset, width) || offset + width > sizeof(model->config))
        return;
    if (offset == PCI_COMMAND && width >= 2) {
        bytes_set(model->config + PCI_COMMAND, 2, value & COMMAND_WRITABLE);
        model->command_writes++;
    } else if (offset >= 0x40) {
        bytes_set(model->config + offset, width, value);
    }
    if (model->config_written != NULL)
        model->config_written(model, offset, width);
}

uint16_t pci_model_command(const struct pci_model *model)
{
    return (uint16_t)bytes_at(model->config + PCI_COMMAND, 2);
}

void pci_model_set_bar(struct pci_model *model, unsigned bar, uint32_t value)
{
    bytes_set(model->config + PCI_BAR0 + 4 * bar, 4, value);
}

static bool bar_reachable(struct pci_device *pci, unsigned bar)
{
    struct pci_model *model = model_of(pci);

    return bar < 6 && (model->unreachable_bars >> bar & 1) == 0 && bytes_at(model->config + PCI_BAR0 + 4 * bar, 4) != 0;
}

/* Registers answer only when their BAR exists and the command register lets it be decoded. */
static bool bar_answers(struct pci_model *model, unsigned bar, uint32_t offset, unsigned width)
{
    uint32_t base = bar < 6 ? bytes_at(model->config + PCI_BAR0 + 4 * bar, 4) : 0;
    uint16_t decode = (base & 1) != 0 ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY;

    model->accesses++;
    if (!access_is_legal(model, "register", offset, width))
        return false;
    if (base != 0 && (pci_model_command(model) & decode) != 0 && bar_reachable(&model->pci, bar))
        return true;
    pci_model_fault(model, "register %x of BAR %u touched, which is not decoded", offset, bar);
    return false;
}

static uint32_t reg_read(struct pci_device *pci, unsigned bar, uint32_t offset, unsigned width)
{
    struct pci_model *model = model_of(pci);

    return bar_answers(model, bar, offset, width) ? model->reg_read(model, bar, offset, width) : UINT32_MAX;
}

static void reg_write(struct pci_device *pci, unsigned bar, uint32_t offset, unsigned width, uint32_t value)
{
    struct pci_model *model = model_of(pci);

    if (bar_answers(model, bar, offset, width))
        model->reg_write(model, bar, offset, width, value);
}

static void delay_us(struct pci_device *pci, unsigned us)
{
    struct pci_model *model = model_of(pci);

    if (us > WAIT_MAX_US)
        pci_model_fault(model, "a wait of %u us", us);
    model->now_us += us;
    if (model->elapsed != NULL)
        model->elapsed(model, us);
}

/* The first multiple of `align` at or above `at` that is not a multiple of twice as much. */
static uint64_t odd_multiple(uint64_t at, size_t align)
{
    at = (at + align - 1) & ~(uint64_t)(align - 1);
    return (at & align) != 0 ? at : at + align;
}

static bool dma_alloc(struct pci_device *pci, size_t len, size_t align, struct dma_memory *out)
{
    struct pci_model *model = model_of(pci);
    struct pci_model_block *block = model->block;

    if (len == 0 || align == 0 || (align & (align - 1)) != 0)
        pci_model_fault(model, "dma_alloc of %zu bytes aligned to %zu", len, align);
    while (block < model->block + PCI_MODEL_BLOCKS && block->memory.cpu != NULL)
        block++;
    if (model->is_dma_refused || (model->dma_limit != 0 && len > model->dma_limit) ||
        (model->dma_total != 0 && model->dma_allocated + len > model->dma_total) ||
        block == model->block + PCI_MODEL_BLOCKS)
        return false;
    block->allocated = malloc(len + 2 * align + 2 * GUARD_LEN);
    if (block->allocated == NULL)
        return false;
    block->memory.cpu = (void *)(uintptr_t)odd_multiple((uintptr_t)block->allocated + GUARD_LEN, align);
    block->memory.len = len;
    block->memory.bus = odd_multiple(model->dma_base, align);
    block->guard_end = (uint8_t *)block->memory.cpu + len + GUARD_LEN;
    model->dma_base = block->memory.bus + len + GUARD_LEN;
    model->dma_allocated += len;
    memset(block->allocated, GUARD_BYTE, (size_t)(block->guard_end - block->allocated));
    memset(block->memory.cpu, 0, len);
    *out = block->memory;
    return true;
}

static void check_guard(struct pci_model *model, const struct pci_model_block *block, const uint8_t *at,
                        const uint8_t *end)
{
    while (at < end && *at == GUARD_BYTE)
        at++;
    if (at == end)
        return;
    model->guard_faults++;
    pci_model_fault(model, "memory of %zu bytes written at %td", block->memory.len,
                    at - (const uint8_t *)block->memory.cpu);
}

static void check_guards(struct pci_model *model, const struct pci_model_block *block)
{
    const uint8_t *start = block->memory.cpu;

    check_guard(model, block, block->allocated, start);
    check_guard(model, block, start + block->memory.len, block->guard_end);
}

static void free_block(struct pci_model *model, struct pci_model_block *block)
{
    check_guards(model, block);
    model->dma_allocated -= block->memory.len;
    free(block->allocated);
    memset(block, 0, sizeof(*block));
}

static void dma_free(struct pci_device *pci, struct dma_memory *memory)
{
    struct pci_model *model = model_of(pci);

    for (struct pci_model_block *block = model->block; block < model->block + PCI_MODEL_BLOCKS; block++) {
        if (block->memory.cpu == NULL || block->memory.cpu != memory->cpu)
            continue;
        if (block->memory.bus != memory->bus || block->memory.len != memory->len)
            pci_model_fault(model, "dma_free of memory that was changed");
        free_block(model, block);
        return;
    }
    pci_model_fault(model, "dma_free of memory that is not allocated");
}

void *pci_model_dma(struct pci_model *model, uint64_t bus, size_t len)
{
    if ((pci_model_command(model) & PCI_COMMAND_BUS_MASTER) == 0) {
        pci_model_fault(model, "DMA at %llx while bus mastering is off", (unsigned long long)bus);
        return NULL;
    }
    for (struct pci_model_block *block = model->block; block < model->block + PCI_MODEL_BLOCKS; block++) {
        struct dma_memory *memory = &block->memory;

        if (memory->cpu != NULL && bus >= memory->bus && len <= memory->len && bus - memory->bus <= memory->len - len)
            return (uint8_t *)memory->cpu + (bus - memory->bus);
    }
    pci_model_fault(model, "DMA of %zu bytes at %llx, which is no memory of the driver's", len,
                    (unsigned long long)bus);
    return NULL;
}

unsigned pci_model_faults(struct pci_model *model)
{
    for (struct pci_model_block *block = model->block; block < model->block + PCI_MODEL_BLOCKS; block++)
        if (block->memory.cpu != NULL)
            check_guards(model, block);
    return model->faults;
}

unsigned pci_model_blocks(const struct pci_model *model)
{
    unsigned blocks = 0;

    for (unsigned i = 0; i < PCI_MODEL_BLOCKS; i++)
        blocks += model->block[i].memory.cpu != NULL;
    return blocks;
}

static const struct pci_ops model_ops = {
    .config_read = config_read,
    .config_write = config_write,
    .reg_read = reg_read,
    .reg_write = reg_write,
    .bar_reachable = bar_reachable,
    .dma_alloc = dma_alloc,
    .dma_free = dma_free,
    .delay_us = delay_us,
};

void pci_model_init(struct pci_model *model, uint16_t vendor, uint16_t device)
{
    memset(model, 0, sizeof(*model));
    model->pci.ops = &model_ops;
    model->pci.bus_dev_fn = 0x0018;
    model->dma_base = 0x7e001230;
    bytes_set(model->config + PCI_VENDOR_ID, 2, vendor);
    bytes_set(model->config + PCI_DEVICE_ID, 2, device);
    model->config[PCI_REVISION + 3] = 2; /* network controller */
    pci_model_set_bar(model, 0, 0xfebc0000);
    pci_identify(&model->pci);
}

void pci_model_destroy(struct pci_model *model)
{
    for (struct pci_model_block *block = model->block; block < model->block + PCI_MODEL_BLOCKS; block++)
        if (block->memory.cpu != NULL)
            free_block(model, block);
}

bool pci_model_holds(const struct pci_model *m, struct slice bytes)
{
    for (unsigned i = 0; i < PCI_MODEL_BLOCKS; i++) {
        const struct dma_memory *memory = &m->block[i].memory;
        const uint8_t *start = memory->cpu;

        if (start != NULL && bytes.data >= start && bytes.len <= memory->len &&
            (size_t)(bytes.data - start) <= memory->len - bytes.len)
            return true;
    }
    return false;
}
