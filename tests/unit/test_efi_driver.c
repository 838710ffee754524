/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* EFI_DRIVER_BINDING_PROTOCOL (UEFI 2.10, section 11.1) over a model of a card: what Start() makes, and who undoes it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "efi/driver/binding.h"
#include "efi/driver/controller.h"
#include "efi/platform/clock.h"
#include "tests/devices/efi_pci_io_model.h"
#include "tests/devices/intel_model.h"
#include "tests/sim/efi_firmware.h"

static const uint8_t address[6] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};
static EFI_GUID pci_io_guid = EFI_PCI_IO_PROTOCOL_GUID, path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID;

static struct {
    PCI_DEVICE_PATH pci;
    EFI_DEVICE_PATH end;
} card_path = {
    {{HARDWARE_DEVICE_PATH, HW_PCI_DP, {sizeof(PCI_DEVICE_PATH), 0}}, 0, 2},
    {END_DEVICE_PATH_TYPE, END_ENTIRE_DEVICE_PATH_SUBTYPE, {sizeof(EFI_DEVICE_PATH), 0}},
};

static struct world world;
static struct intel_model model;
static struct efi_pci_io_model io;
static struct efi_firmware_counts before;
static EFI_HANDLE card;

/* The world has a clock of its own. */
void clock_start(void)
{
}

/* --- boot services that differ --- */

static EFI_OPEN_PROTOCOL open_really;
static EFI_UNINSTALL_MULTIPLE_PROTOCOL_INTERFACES uninstall_really;
static unsigned ties_left; /* children that may be tied to the function until one is refused */

static EFI_STATUS EFIAPI open_protocol(EFI_HANDLE handle, EFI_GUID *guid, void **interface, EFI_HANDLE agent,
                                       EFI_HANDLE controller, UINT32 attributes)
{
    if (attributes == EFI_OPEN_PROTOCOL_BY_CHILD_CONTROLLER && ties_left-- == 0)
        return EFI_OUT_OF_RESOURCES;
    if (attributes == EFI_OPEN_PROTOCOL_BY_DRIVER && binding_find(handle) != NULL)
        return EFI_ALREADY_STARTED;
    return open_really(handle, guid, interface, agent, controller, attributes);
}

/* As when a driver that uses the protocol does not let go. */
static EFI_STATUS EFIAPI refuse_to_uninstall(EFI_HANDLE handle, ...)
{
    (void)handle;
    return EFI_ACCESS_DENIED;
}

static EFI_STATUS EFIAPI allocate_pool(EFI_MEMORY_TYPE type, UINTN len, void **memory)
{
    (void)type;
    *memory = malloc((size_t)len);
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI free_pool(void *memory)
{
    free(memory);
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI stall(UINTN us)
{
    model.bus.pci.ops->delay_us(&model.bus.pci, (unsigned)us);
    return EFI_SUCCESS;
}

static int set_up(void **state)
{
    (void)state;
    assert_ptr_equal(nic_drivers[0], &intel_driver); /* and so it is linked */
    world_start(&world, 1);
    efi_firmware_start(&world);
    open_really = efi_boot->OpenProtocol;
    uninstall_really = efi_boot->UninstallMultipleProtocolInterfaces;
    efi_boot->OpenProtocol = open_protocol;
    efi_boot->AllocatePool = allocate_pool;
    efi_boot->FreePool = free_pool;
    efi_boot->Stall = stall;
    ties_left = 99;
    intel_model_init(&model, 0x100e, address);
    efi_pci_io_model_init(&io, &model.bus);
    card = efi_firmware_handle(&pci_io_guid, &io.protocol);
    efi_firmware_install(card, &path_guid, &card_path);
    driver_binding.ImageHandle = driver_binding.DriverBindingHandle = efi_image;
    before = efi_firmware_counts();
    return 0;
}

static void nothing_is_left(void)
{
    struct efi_firmware_counts after = efi_firmware_counts();

    assert_null(binding_find(card));
    assert_memory_equal(&after, &before, sizeof(after));
    assert_int_equal(io.buffers, 0);
    assert_int_equal(io.mappings, 0);
    assert_int_equal(pci_model_command(&model.bus) & PCI_COMMAND_BUS_MASTER, 0);
}

static int tear_down(void **state)
{
    (void)state;
    nothing_is_left();
    assert_int_equal(pci_model_faults(&model.bus), 0);
    pci_model_destroy(&model.bus);
    efi_firmware_stop();
    world_stop(&world);
    return 0;
}

static EFI_STATUS start(EFI_DEVICE_PATH *rest)
{
    return driver_binding.Start(&driver_binding, card, rest);
}

static EFI_STATUS supported(EFI_DEVICE_PATH *rest)
{
    return driver_binding.Supported(&driver_binding, card, rest);
}

static EFI_STATUS stop_all(void)
{
    const struct controller *c = binding_find(card);
    EFI_HANDLE children[2];
    UINTN count = 0;

    if (c->boot_entry.handle != NULL)
        children[count++] = c->boot_entry.handle;
    if (c->station.handle != NULL)
        children[count++] = c->station.handle;
    if (count != 0)
        assert_int_equal(driver_binding.Stop(&driver_binding, card, count, children), EFI_SUCCESS);
    return driver_binding.Stop(&driver_binding, card, 0, NULL);
}

static void what_start_makes_stop_takes_away(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 3; n++) {
        assert_int_equal(supported(NULL), EFI_SUCCESS);
        assert_int_equal(start(NULL), EFI_SUCCESS);
        assert_true(controller_has_children(binding_find(card)));
        assert_int_equal(supported(NULL), EFI_ALREADY_STARTED);
        assert_int_equal(driver_binding.Stop(&driver_binding, card, 0, NULL), EFI_DEVICE_ERROR);
        assert_int_equal(stop_all(), EFI_SUCCESS);
        nothing_is_left();
    }
}

static void a_path_of_another_card_asks_for_nothing(void **state)
{
    struct {
        MAC_ADDR_DEVICE_PATH mac;
        EFI_DEVICE_PATH end;
    } rest = {{{MESSAGING_DEVICE_PATH, MSG_MAC_ADDR_DP, {sizeof(rest.mac), 0}}, {{2, 0, 0, 0, 0, 9}}, 1},
              card_path.end};

    (void)state;
    assert_int_equal(start(&card_path.end), EFI_SUCCESS);
    assert_int_equal(supported(&card_path.end), EFI_ALREADY_STARTED);
    assert_int_equal(supported(&rest.mac.Header), EFI_ALREADY_STARTED);
    assert_int_equal(supported(&card_path.pci.Header), EFI_ALREADY_STARTED);
    memcpy(rest.mac.MacAddress.Addr, address, sizeof(address));
    assert_int_equal(supported(&rest.mac.Header), EFI_SUCCESS);
    assert_int_equal(start(&rest.mac.Header), EFI_SUCCESS);
    assert_true(controller_has_children(binding_find(card)));
    assert_int_equal(stop_all(), EFI_SUCCESS);
}

static void a_start_that_fails_leaves_nothing(void **state)
{
    (void)state;
    for (unsigned ties = 0; ties < 2; ties++) {
        ties_left = ties;
        assert_int_equal(start(NULL), EFI_OUT_OF_RESOURCES);
        nothing_is_left();
    }
}

static void what_somebody_holds_keeps_the_function(void **state)
{
    for (unsigned ties = 0; ties < 2; ties++) {
        struct controller *c;

        ties_left = ties;
        efi_boot->UninstallMultipleProtocolInterfaces = refuse_to_uninstall;
        assert_int_equal(start(NULL), EFI_OUT_OF_RESOURCES);
        c = binding_find(card);
        assert_non_null(c);
        assert_int_equal(c->snp.protocol.Start(&c->snp.protocol), EFI_SUCCESS); /* it may still be called */
        ties_left = 99;
        efi_boot->UninstallMultipleProtocolInterfaces = uninstall_really;
        assert_int_equal(stop_all(), EFI_SUCCESS);
        nothing_is_left();
    }
    (void)state;
}

/* No memory is given back by the handler, and the device is off. */
static void nothing_receives_after_exit_boot_services(void **state)
{
    struct controller *c;
    uint8_t frame[60];
    bool stored;

    (void)state;
    memset(frame, 0xff, sizeof(frame));
    assert_int_equal(start(NULL), EFI_SUCCESS);
    c = binding_find(card);
    assert_int_equal(c->snp.protocol.Start(&c->snp.protocol), EFI_SUCCESS);
    assert_int_equal(c->snp.protocol.Initialize(&c->snp.protocol, 0, 0), EFI_SUCCESS);
    assert_true(intel_model_receive(&model, frame, sizeof(frame)));
    io.boot_services_ended = true;
    efi_firmware_signal(c->leaving);
    stored = intel_model_receive(&model, frame, sizeof(frame));
    assert_false(stored);
    assert_int_equal(pci_model_command(&model.bus) & PCI_COMMAND_BUS_MASTER, 0);
    assert_int_not_equal(io.buffers, 0);
    io.boot_services_ended = false;
    assert_int_equal(stop_all(), EFI_SUCCESS);
}

/* Who stops PXE_BASE_CODE awaits no reply any more: what comes now is for SNP's user, who need not start it anew. */
static void snp_has_the_card_back_at_stop(void **state)
{
    EFI_PXE_BASE_CODE_PROTOCOL *pxe;
    struct controller *c;

    (void)state;
    assert_int_equal(start(NULL), EFI_SUCCESS);
    c = binding_find(card);
    pxe = &c->boot.pxe.protocol;
    assert_int_equal(c->snp.protocol.Start(&c->snp.protocol), EFI_SUCCESS);
    assert_int_equal(c->snp.protocol.Initialize(&c->snp.protocol, 0, 0), EFI_SUCCESS);
    assert_int_equal(pxe->Start(pxe, FALSE), EFI_SUCCESS);
    assert_int_equal(net_boot_begin(&c->boot), EFI_SUCCESS);
    net_boot_end(&c->boot, true);
    assert_int_equal(c->snp.lending, SNP_LINGERS);
    assert_int_equal(pxe->Stop(pxe), EFI_SUCCESS);
    assert_int_equal(c->snp.lending, SNP_KEPT);
    assert_int_equal(c->nic->owner, NIC_OWNER_RAW);
    assert_int_equal(stop_all(), EFI_SUCCESS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_start_makes_stop_takes_away),          TEST(a_path_of_another_card_asks_for_nothing),
        TEST(a_start_that_fails_leaves_nothing),         TEST(what_somebody_holds_keeps_the_function),
        TEST(nothing_receives_after_exit_boot_services), TEST(snp_has_the_card_back_at_stop),
    };

    return cmocka_run_group_tests_name("efi_driver", tests, NULL, NULL);
}
