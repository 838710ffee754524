/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A PCI function through EFI_PCI_IO, and the drivers on it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/drivers.h"
#include "efi/nic/pci_io.h"
#include "efi/platform/services.h"
#include "tests/devices/efi_pci_io_model.h"
#include "tests/devices/intel_model.h"
#include "tests/devices/virtio_model.h"

#define BEFORE EFI_PCI_IO_ATTRIBUTE_MEMORY /* what the firmware left on */

static struct pci_model *device;
static struct efi_pci_io_model io;
static struct pci_io pci;

/* --- boot services: two are enough --- */

static EFI_STATUS EFIAPI free_pool(void *memory)
{
    free(memory);
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI stall(UINTN us)
{
    device->pci.ops->delay_us(&device->pci, (unsigned)us);
    return EFI_SUCCESS;
}

static void services(void)
{
    static EFI_BOOT_SERVICES boot;
    static EFI_SYSTEM_TABLE table = {.BootServices = &boot};

    boot.FreePool = free_pool;
    boot.Stall = stall;
    services_start(NULL, &table);
}

static void find(struct pci_model *model)
{
    services();
    device = model;
    efi_pci_io_model_init(&io, model);
    io.attributes = BEFORE;
    pci_io_init(&pci, &io.protocol);
}

static struct pci_model plain;
static unsigned bar_touched;

static uint32_t plain_read(struct pci_model *model, unsigned bar, uint32_t offset, unsigned width)
{
    (void)model, (void)width;
    bar_touched = bar;
    return offset * 0x01010101u;
}

static void plain_write(struct pci_model *model, unsigned bar, uint32_t offset, unsigned width, uint32_t value)
{
    (void)model, (void)offset, (void)width, (void)value;
    bar_touched = bar;
}

static void find_plain(void)
{
    pci_model_init(&plain, 0x8086, 0x100e);
    plain.reg_read = plain_read;
    plain.reg_write = plain_write;
    find(&plain);
}

static void finish(void)
{
    assert_int_equal(pci_model_faults(device), 0);
    assert_int_equal(io.buffers, 0);
    assert_int_equal(io.mappings, 0);
    pci_model_destroy(device);
}

/* --- the function itself --- */

static void it_is_identified_and_left_alone(void **state)
{
    (void)state;
    find_plain();
    assert_int_equal(pci.device.vendor, 0x8086);
    assert_int_equal(pci.device.device, 0x100e);
    assert_int_equal(pci.device.class_code[0], 2);
    assert_int_equal(pci.device.bus_dev_fn, 0x0018);
    assert_int_equal(io.attributes, BEFORE);
    assert_int_equal(plain.command_writes, 0);
    assert_int_equal(plain.accesses, 0);
    finish();
}

static void attributes_are_put_back(void **state)
{
    (void)state;
    find_plain();
    assert_int_equal(pci_io_enable(&pci), EFI_SUCCESS);
    assert_int_equal(io.attributes, io.supported);
    pci_io_disable(&pci);
    assert_int_equal(io.attributes, BEFORE);
    assert_int_equal(pci_model_command(&plain) & PCI_COMMAND_BUS_MASTER, 0);
    io.refuses_dual_address = true;
    assert_int_equal(pci_io_enable(&pci), EFI_SUCCESS);
    assert_int_equal(io.attributes, io.supported & ~(uint64_t)EFI_PCI_IO_ATTRIBUTE_DUAL_ADDRESS_CYCLE);
    pci_io_disable(&pci);
    io.supported = EFI_PCI_IO_ATTRIBUTE_MEMORY | EFI_PCI_IO_ATTRIBUTE_BUS_MASTER; /* has no ports */
    assert_int_equal(pci_io_enable(&pci), EFI_SUCCESS);
    assert_int_equal(io.attributes, io.supported);
    pci_io_disable(&pci);
    finish();
}

static void a_bar_is_the_same_however_it_is_numbered(void **state)
{
    (void)state;
    for (unsigned edk2 = 0; edk2 < 2; edk2++) {
        find_plain();
        pci_model_set_bar(&plain, 0, 0xc0000004); /* 64 bits, above 4 GB */
        pci_model_set_bar(&plain, 1, 0x00000008);
        pci_model_set_bar(&plain, 2, 0xfebc0000);
        pci_model_set_bar(&plain, 3, 0x0000c001); /* ports */
        io.numbers_as_edk2 = edk2 != 0;
        assert_int_equal(pci_io_enable(&pci), EFI_SUCCESS);
        for (unsigned bar = 0; bar < 8; bar++) {
            bool is_there = bar == 0 || bar == 2 || bar == 3;

            assert_int_equal(pci.device.ops->bar_reachable(&pci.device, bar), is_there);
            if (is_there) {
                assert_int_equal(pci.device.ops->reg_read(&pci.device, bar, 4, 4), 0x04040404);
                assert_int_equal(bar_touched, bar);
                assert_int_equal(pci.device.ops->reg_read(&pci.device, bar, 4, 2), 0x0404);
                assert_int_equal(pci.device.ops->reg_read(&pci.device, bar, 5, 1), 0x05);
                bar_touched = 9;
                pci.device.ops->reg_write(&pci.device, bar, 4, 1, 1);
                assert_int_equal(bar_touched, bar);
            } else {
                assert_int_equal(pci.device.ops->reg_read(&pci.device, bar, 0, 4), 0xffffffff);
                assert_int_equal(pci.device.ops->reg_read(&pci.device, bar, 0, 2), 0xffff);
                assert_int_equal(pci.device.ops->reg_read(&pci.device, bar, 0, 1), 0xff);
                pci.device.ops->reg_write(&pci.device, bar, 0, 4, 1);
            }
        }
        pci_io_disable(&pci);
        finish();
    }
}

/* --- memory --- */

static bool take(size_t len, size_t align, struct dma_memory *memory)
{
    return pci.device.ops->dma_alloc(&pci.device, len, align, memory);
}

static void memory_is_zero_and_aligned_for_the_device(void **state)
{
    static const size_t aligns[] = {1, 16, 4096, 8192, 65536};
    struct dma_memory memory;

    (void)state;
    find_plain();
    assert_int_equal(pci_io_enable(&pci), EFI_SUCCESS);
    for (size_t i = 0; i < sizeof(aligns) / sizeof(aligns[0]); i++) {
        uint8_t *at;

        assert_true(take(10000, aligns[i], &memory));
        assert_int_equal(memory.len, 10000);
        assert_int_equal(memory.bus % aligns[i], 0);
        at = memory.cpu;
        assert_ptr_equal(pci_model_dma(&plain, memory.bus, memory.len), at);
        for (size_t n = 0; n < memory.len; n++)
            assert_int_equal(at[n], 0);
        memset(at, 0xff, memory.len);
        pci.device.ops->dma_free(&pci.device, &memory);
        assert_null(memory.cpu);
        assert_int_equal(io.buffers, 0);
    }
    pci_io_disable(&pci);
    finish();
}

static void memory_that_cannot_be_had_leaves_nothing(void **state)
{
    struct dma_memory memory;

    (void)state;
    find_plain();
    assert_int_equal(pci_io_enable(&pci), EFI_SUCCESS);
    io.map_is_short = true;
    assert_false(take(8192, 16, &memory));
    io.map_is_short = false;
    io.map_fails = true;
    assert_false(take(8192, 16, &memory));
    io.map_fails = false;
    plain.is_dma_refused = true;
    assert_false(take(8192, 16, &memory));
    plain.is_dma_refused = false;
    assert_false(take(0, 16, &memory));
    assert_false(take(SIZE_MAX - 100, 16, &memory));
    assert_null(memory.cpu);
    assert_int_equal(io.buffers, 0);
    for (unsigned n = 0; n < PCI_IO_DMA_MAX; n++)
        assert_true(take(100, 16, &memory));
    assert_false(take(100, 16, &memory));
    pci_io_disable(&pci); /* and gives all of it back */
    finish();
}

static void memory_stays_when_boot_services_end(void **state)
{
    struct dma_memory memory;

    (void)state;
    find_plain();
    assert_int_equal(pci_io_enable(&pci), EFI_SUCCESS);
    assert_true(take(100, 16, &memory));
    io.boot_services_ended = true;
    pci_io_leave(&pci);
    pci.device.ops->dma_free(&pci.device, &memory);
    assert_int_equal(io.buffers, 1);
    assert_int_equal(io.mappings, 1);
    assert_int_equal(pci_model_faults(device), 0);
    pci_model_destroy(device);
}

/* --- the drivers on it --- */

static const uint8_t address[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
static uint64_t driver_memory[512];

static struct nic *attach(const struct nic_driver *driver)
{
    const struct pci_id *id;
    struct nic *nic;

    assert_ptr_equal(driver_for(&pci.device, &id), driver);
    assert_true(driver->memory_len <= sizeof(driver_memory));
    memset(driver_memory, 0, sizeof(driver_memory));
    assert_int_equal(pci_io_enable(&pci), EFI_SUCCESS);
    assert_int_equal(driver->attach(&pci.device, driver_memory, &nic), STATUS_OK);
    assert_memory_equal(nic->permanent_mac.byte, address, sizeof(address));
    return nic;
}

static void transmit_one(struct nic *nic)
{
    struct writer frame;

    assert_true(nic_transmit_room(nic, &frame));
    write_fill(&frame, 0xff, 100);
    nic_transmit(nic, 100);
}

static void the_intel_driver_works_through_it(void **state)
{
    static struct intel_model model;
    uint8_t frame[100];
    struct slice got;
    struct nic *nic;

    (void)state;
    memset(frame, 0xff, sizeof(frame));
    intel_model_init(&model, 0x100e, address);
    find(&model.bus);
    nic = attach(&intel_driver);
    assert_int_equal(nic_open(nic), STATUS_OK);
    assert_true(intel_model_receive(&model, frame, sizeof(frame)));
    assert_true(nic_receive(nic, &got));
    assert_int_equal(got.len, sizeof(frame));
    nic_receive_done(nic);
    transmit_one(nic);
    assert_int_equal(model.sent_count, 1);
    nic_close(nic);
    pci_io_disable(&pci);
    assert_int_equal(io.attributes, BEFORE);
    finish();
}

static void the_virtio_driver_works_through_it(void **state)
{
    static const enum virtio_model_kind kinds[] = {VIRTIO_MODEL_LEGACY, VIRTIO_MODEL_TRANSITIONAL, VIRTIO_MODEL_MODERN};
    static struct virtio_model model;
    uint8_t frame[2048];
    struct slice got;
    struct nic *nic;

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        virtio_model_init(&model, kinds[i]);
        find(&model.pci);
        nic = attach(&virtio_net_driver);
        assert_int_equal(nic_open(nic), STATUS_OK);
        memset(frame, 0xff, 100);
        assert_true(virtio_model_deliver(&model, slice_of(frame, 100)));
        assert_true(nic_receive(nic, &got));
        assert_int_equal(got.len, 100);
        nic_receive_done(nic);
        transmit_one(nic);
        assert_int_equal(virtio_model_take(&model, frame), 100);
        nic_close(nic);
        pci_io_disable(&pci);
        finish();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_identified_and_left_alone),
        cmocka_unit_test(attributes_are_put_back),
        cmocka_unit_test(a_bar_is_the_same_however_it_is_numbered),
        cmocka_unit_test(memory_is_zero_and_aligned_for_the_device),
        cmocka_unit_test(memory_that_cannot_be_had_leaves_nothing),
        cmocka_unit_test(memory_stays_when_boot_services_end),
        cmocka_unit_test(the_intel_driver_works_through_it),
        cmocka_unit_test(the_virtio_driver_works_through_it),
    };

    return cmocka_run_group_tests_name("efi_pci_io", tests, NULL, NULL);
}
