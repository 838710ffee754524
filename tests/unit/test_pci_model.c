/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A model that forgives proves nothing: what hardware would not forgive must be counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/devices/pci_model.h"

static uint32_t answer(struct pci_model *model, unsigned bar, uint32_t offset, unsigned width)
{
    (void)model;
    return bar << 16 | offset << 4 | width;
}

static void ignore(struct pci_model *model, unsigned bar, uint32_t offset, unsigned width, uint32_t value)
{
    (void)model, (void)bar, (void)offset, (void)width, (void)value;
}

static void start(struct pci_model *model)
{
    pci_model_init(model, 0x8086, 0x100e);
    model->reg_read = answer;
    model->reg_write = ignore;
}

static void registers_answer_only_while_decoded(void **state)
{
    struct pci_model model;
    struct pci_device *pci = &model.pci;

    (void)state;
    start(&model);
    assert_int_equal(pci->vendor, 0x8086);
    assert_int_equal(pci->device, 0x100e);
    assert_int_equal(pci->ops->reg_read(pci, 0, 8, 4), UINT32_MAX);
    assert_int_equal(model.faults, 1);
    pci_command(pci, PCI_COMMAND_MEMORY, 0);
    assert_int_equal(pci->ops->reg_read(pci, 0, 8, 4), 0x84);
    assert_int_equal(model.faults, 1);
    pci_model_set_bar(&model, 1, 0xc001);
    pci->ops->reg_write(pci, 1, 0, 2, 0);
    assert_int_equal(model.faults, 2);
    pci_command(pci, PCI_COMMAND_IO, PCI_COMMAND_MEMORY);
    assert_int_equal(pci->ops->reg_read(pci, 1, 0, 2), 0x10002);
    assert_int_equal(model.faults, 2);
    pci->ops->reg_read(pci, 1, 2, 4);
    assert_int_equal(model.faults, 3);
    pci->ops->delay_us(pci, 10000);
    assert_int_equal(model.faults, 3);
    pci->ops->delay_us(pci, 10001);
    assert_int_equal(model.faults, 4);
}

static void dma_is_held_to_its_memory(void **state)
{
    struct pci_model model;
    struct pci_device *pci = &model.pci;
    struct dma_memory memory;

    (void)state;
    start(&model);
    assert_true(pci->ops->dma_alloc(pci, 100, 128, &memory));
    assert_int_equal((uintptr_t)memory.cpu % 256, 128);
    assert_int_equal(memory.bus % 256, 128);
    assert_null(pci_model_dma(&model, memory.bus, 1));
    assert_int_equal(model.faults, 1);
    pci_command(pci, PCI_COMMAND_BUS_MASTER, 0);
    assert_ptr_equal(pci_model_dma(&model, memory.bus + 36, 64), (uint8_t *)memory.cpu + 36);
    assert_int_equal(pci_model_faults(&model), 1);
    assert_null(pci_model_dma(&model, memory.bus + 37, 64));
    assert_null(pci_model_dma(&model, memory.bus - 1, 2));
    assert_int_equal(pci_model_faults(&model), 3);
    ((uint8_t *)memory.cpu)[100] = 0;
    assert_int_equal(pci_model_faults(&model), 4);
    ((uint8_t *)memory.cpu)[100] = 0xa5;
    ((uint8_t *)memory.cpu)[-1] = 0;
    pci->ops->dma_free(pci, &memory);
    assert_int_equal(pci_model_faults(&model), 5);
    assert_null(pci_model_dma(&model, memory.bus, 1));
    pci->ops->dma_free(pci, &memory);
    assert_int_equal(pci_model_faults(&model), 7);
    model.dma_limit = 64;
    assert_false(pci->ops->dma_alloc(pci, 65, 1, &memory));
    assert_true(pci->ops->dma_alloc(pci, 64, 1, &memory));
    assert_int_equal(pci_model_blocks(&model), 1);
    pci_model_destroy(&model);
    assert_int_equal(pci_model_blocks(&model), 0);
    assert_int_equal(model.dma_allocated, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registers_answer_only_while_decoded),
        cmocka_unit_test(dma_is_held_to_its_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
