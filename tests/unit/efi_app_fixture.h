/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What the tests of the application share: a machine with a card, the firmware's stack on it, a server with a boot
 * file, and a boot program that is a function of the test's.
 */
#ifndef PUCK_TESTS_EFI_APP_FIXTURE_H
#define PUCK_TESTS_EFI_APP_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "efi/app/app.h"
#include "efi/platform/device_path.h"
#include "firmware/image/pe.h"
#include "tests/devices/efi_snp_model.h"
#include "tests/harness/pe_file.h"
#include "tests/sim/efi_firmware.h"
#include "tests/sim/network.h"

struct card_path {
    EFI_DEVICE_PATH pci;
    uint8_t place[2];
    EFI_DEVICE_PATH mac;
    uint8_t address[33];
    EFI_DEVICE_PATH end;
} __attribute__((packed));

struct child_path {
    EFI_DEVICE_PATH pci;
    uint8_t place[2];
    EFI_DEVICE_PATH mac;
    uint8_t address[33];
    struct efi_ipv4_node ip;
    EFI_DEVICE_PATH end;
} __attribute__((packed));

static const EFI_GUID snp_guid = EFI_SIMPLE_NETWORK_PROTOCOL_GUID;
static const EFI_GUID path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID;
static const EFI_GUID pxe_guid = EFI_PXE_BASE_CODE_PROTOCOL_GUID;
static const EFI_GUID binding_guid = EFI_DRIVER_BINDING_PROTOCOL_GUID;
static const EFI_GUID image_guid = EFI_LOADED_IMAGE_PROTOCOL_GUID;

static struct network *n;
static struct efi_snp_model model;
static struct card_path card_path;
static struct child_path child_path;
static EFI_HANDLE card;
static EFI_LOADED_IMAGE image;

/* The firmware's stack: bound to the card (BY_DRIVER) when it is connected, unless somebody keeps it off. */
static struct {
    bool is_on_card, is_absent;
    EFI_HANDLE driver, child;
    EFI_DRIVER_BINDING_PROTOCOL binding;
    EFI_PXE_BASE_CODE_PROTOCOL pxe;
    EFI_PXE_BASE_CODE_MODE mode;
} stack;

/* LoadImage() gives `load_status`; StartImage() calls `program` with the handle that the image was loaded from. */
static EFI_STATUS load_status;
static EFI_STATUS (*program)(EFI_HANDLE device);
static unsigned loads, starts, unloads;
static EFI_HANDLE loaded, loaded_from;

static inline EFI_GUID *guid_of(const EFI_GUID *guid)
{
    return (EFI_GUID *)(uintptr_t)guid; /* the services' prototypes know no const */
}

static inline void *on(EFI_HANDLE handle, const EFI_GUID *guid)
{
    return services_protocol(handle, guid);
}

/* --- the firmware's stack --- */

/* It fails as MNP does where SNP is not stopped. */
static inline void connect_stack(EFI_HANDLE handle)
{
    void *interface;

    if (handle != card || stack.is_on_card || stack.is_absent ||
        EFI_ERROR(efi_boot->OpenProtocol(card, guid_of(&snp_guid), &interface, stack.driver, card,
                                         EFI_OPEN_PROTOCOL_BY_DRIVER)))
        return;
    if (EFI_ERROR(model.protocol.Start(&model.protocol))) {
        efi_boot->CloseProtocol(card, guid_of(&snp_guid), stack.driver, card);
        return;
    }
    model.protocol.Initialize(&model.protocol, 0, 0);
    stack.child = efi_firmware_handle(&path_guid, &child_path);
    efi_firmware_install(stack.child, &snp_guid, &model.protocol);
    efi_firmware_install(stack.child, &pxe_guid, &stack.pxe);
    stack.is_on_card = true;
}

static EFI_STATUS EFIAPI stop_stack(EFI_DRIVER_BINDING_PROTOCOL *this, EFI_HANDLE handle, UINTN count,
                                    EFI_HANDLE *children)
{
    (void)this, (void)count, (void)children;
    memset(&stack.mode, 0xee, sizeof(stack.mode)); /* freed */
    efi_boot->UninstallProtocolInterface(stack.child, guid_of(&pxe_guid), &stack.pxe);
    efi_boot->UninstallProtocolInterface(stack.child, guid_of(&snp_guid), &model.protocol);
    efi_boot->UninstallProtocolInterface(stack.child, guid_of(&path_guid), &child_path);
    model.protocol.Shutdown(&model.protocol);
    model.protocol.Stop(&model.protocol);
    efi_boot->CloseProtocol(handle, guid_of(&snp_guid), stack.driver, handle);
    stack.is_on_card = false;
    return EFI_SUCCESS;
}

/* --- images --- */

static inline EFI_STATUS EFIAPI load_image(BOOLEAN policy, EFI_HANDLE parent, EFI_DEVICE_PATH *path, void *bytes,
                                           UINTN len, EFI_HANDLE *out)
{
    (void)policy;
    assert_ptr_equal(parent, efi_image);
    assert_non_null(bytes);
    assert_int_equal(len, n->file.bytes.len);
    assert_memory_equal(bytes, n->content, len);
    assert_int_equal(efi_firmware_tpl(), TPL_APPLICATION);
    assert_false(EFI_ERROR(efi_boot->LocateDevicePath(guid_of(&path_guid), &path, &loaded_from)));
    assert_true(device_path_is_end(path));
    loads++;
    *out = load_status == EFI_SUCCESS || load_status == EFI_SECURITY_VIOLATION ? loaded : NULL;
    return load_status;
}

static inline EFI_STATUS EFIAPI start_image(EFI_HANDLE which, UINTN *size, CHAR16 **data)
{
    (void)size, (void)data;
    assert_ptr_equal(which, loaded);
    assert_int_equal(efi_firmware_tpl(), TPL_APPLICATION);
    starts++;
    return program(loaded_from);
}

static inline EFI_STATUS EFIAPI unload_image(EFI_HANDLE which)
{
    assert_ptr_equal(which, loaded);
    unloads++;
    return EFI_SUCCESS;
}

static EFI_STATUS succeed(EFI_HANDLE device)
{
    (void)device;
    return EFI_SUCCESS;
}

/* --- the machine --- */

static inline void set_node(EFI_DEVICE_PATH *node, unsigned type, unsigned subtype, size_t len)
{
    *node = (EFI_DEVICE_PATH){.Type = (UINT8)type, .SubType = (UINT8)subtype, .Length = {(UINT8)len, 0}};
}

static inline void make_paths(void)
{
    set_node(&card_path.pci, 1, 1, 6);
    card_path.place[1] = 2;
    set_node(&card_path.mac, DEVICE_PATH_MESSAGING, DEVICE_PATH_MAC, 37);
    memcpy(card_path.address, n->config.nic->mac.byte, 6);
    set_node(&card_path.end, DEVICE_PATH_END, DEVICE_PATH_END_ENTIRE, 4);
    memcpy(&child_path, &card_path, offsetof(struct child_path, ip));
    child_path.ip = (struct efi_ipv4_node){.type = DEVICE_PATH_MESSAGING, .subtype = DEVICE_PATH_IPV4, .length = {27}};
    child_path.end = card_path.end;
}

static inline void make_stack(void)
{
    memset(&stack, 0, sizeof(stack));
    stack.binding.Stop = stop_stack;
    stack.pxe.Mode = &stack.mode;
    stack.driver = efi_firmware_handle(&binding_guid, &stack.binding);
    efi_firmware_connected = connect_stack;
}

static int app_start(void **state)
{
    (void)state;
    n = network_new(1, PE_FILE_LEN);
    pe_file_fill(n->content, PE_MACHINE_X64, PE_SUBSYSTEM_EFI_APPLICATION);
    efi_firmware_start(&n->world);
    efi_snp_model_init(&model, n->config.nic);
    make_paths();
    card = efi_firmware_handle(&path_guid, &card_path);
    efi_firmware_install(card, &snp_guid, &model.protocol);
    memset(&image, 0, sizeof(image));
    efi_firmware_install(efi_image, &image_guid, &image);
    make_stack();
    connect_stack(card);
    efi_boot->LoadImage = load_image;
    efi_boot->StartImage = start_image;
    efi_boot->UnloadImage = unload_image;
    loaded = efi_firmware_handle(NULL, NULL);
    load_status = EFI_SUCCESS;
    program = succeed;
    loads = starts = unloads = 0;
    return 0;
}

static int app_stop(void **state)
{
    (void)state;
    if (model.faults != 0)
        print_error("the SNP: %s\n", model.fault);
    assert_int_equal(model.faults, 0);
    nic_close(model.nic);
    efi_firmware_stop();
    network_free(n);
    return 0;
}

/* Runs the application, and looks that it left everything as it was. */
static inline EFI_STATUS run(void)
{
    struct efi_firmware_counts before = efi_firmware_counts(), after;
    bool was_on_card = stack.is_on_card;
    UINT32 snp_state = model.mode.State;
    EFI_STATUS status = app_run();

    after = efi_firmware_counts();
    assert_memory_equal(&before, &after, sizeof(before));
    assert_int_equal(stack.is_on_card, was_on_card);
    assert_int_equal(model.mode.State, snp_state);
    assert_int_equal(efi_firmware_tpl(), TPL_APPLICATION);
    return status;
}

static inline void expect_shown(const char *text)
{
    if (!world_screen_has(&n->world, text))
        print_error("%s\n", n->world.screen);
    assert_true(world_screen_has(&n->world, text));
}

#endif
