/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What the application takes over from whoever started it: the card, the lease, a file name. */
#include <stdlib.h>

#include "efi/app/firmware_packet.h"
#include "efi/app/origin.h"
#include "firmware/base/text.h"
#include "tests/unit/efi_app_fixture.h"

enum {
    LEASED = 0xc0a86f65, /* 192.168.111.101 */
    OPTIONS = 240,
};

/* --- the firmware's lease --- */

static EFI_PXE_BASE_CODE_PACKET packet_of(const void *options, size_t len, const char *file)
{
    EFI_PXE_BASE_CODE_PACKET packet;
    struct writer w = writer_of(packet.Raw, sizeof(packet.Raw));

    memset(&packet, 0, sizeof(packet));
    write_bytes(&w, (const uint8_t[]){2, 1, 6, 0}, 4);
    w.next = packet.Raw + 16;
    write_be32(&w, LEASED);
    write_be32(&w, NETWORK_SERVER);
    w.next = packet.Raw + 28;
    write_bytes(&w, n->config.nic->mac.byte, 6);
    memcpy(packet.Raw + 108, file, text_length(file));
    w.next = packet.Raw + 236;
    write_be32(&w, 0x63825363);
    write_bytes(&w, options, len);
    return packet;
}

/* Type, server, netmask, lease time; then whatever the test adds. */
#define BASIC_OPTIONS 53, 1, 5, 54, 4, 192, 168, 111, 130, 1, 4, 255, 255, 255, 0, 51, 4, 0, 0, 0x0e, 0x10

/* The stack started us from its child, with an ACK of these options. */
static void start_from_firmware(const void *options, size_t len, const char *file)
{
    memset(&stack.mode, 0, sizeof(stack.mode));
    stack.mode.Started = TRUE;
    stack.mode.DhcpAckReceived = TRUE;
    stack.mode.DhcpAck = packet_of(options, len, file);
    image.DeviceHandle = stack.child;
}

static void lease_of_the_firmware_is_used(void **state)
{
    static const uint8_t options[] = {BASIC_OPTIONS, 67, 8, 'p', 'u', 'c', 'k', '.', 'e', 'f', 'i', 255};

    (void)state;
    start_from_firmware(options, sizeof(options), "boot/kernel");
    assert_int_equal(run(), EFI_SUCCESS);
    assert_int_equal(starts, 1);
    assert_int_equal(n->dhcp.discovers, 0);
    expect_shown("192.168.111.101/24");
}

/* As EDK2 leaves it: no end option. */
static void lease_without_its_end_is_used(void **state)
{
    static const uint8_t options[] = {BASIC_OPTIONS, 67, 8, 'p', 'u', 'c', 'k', '.', 'e', 'f', 'i', 0};

    (void)state;
    start_from_firmware(options, sizeof(options), "boot/kernel");
    assert_int_equal(run(), EFI_SUCCESS);
    assert_int_equal(n->dhcp.discovers, 0);
}

/* And with the next option's tag gone. */
static void lease_with_a_lost_tag_is_used(void **state)
{
    static const uint8_t options[] = {67,  8, 'p', 'u', 'c', 'k', '.', 'e',           'f',
                                      'i', 0, 4,   10,  0,   0,   1,   BASIC_OPTIONS, 255};

    (void)state;
    start_from_firmware(options, sizeof(options), "boot/kernel");
    assert_int_equal(run(), EFI_SUCCESS);
    assert_int_equal(n->dhcp.discovers, 0);
    expect_shown("192.168.111.101/24");
}

static void lease_that_names_ourselves_leads_to_dhcp(void **state)
{
    static const uint8_t options[] = {BASIC_OPTIONS, 255};

    (void)state;
    start_from_firmware(options, sizeof(options), "puck-x64.efi");
    assert_int_equal(run(), EFI_SUCCESS);
    assert_int_equal(n->dhcp.discovers, 1);
    assert_int_equal(starts, 1);
    expect_shown("192.168.111.100/24");
}

static void file_that_is_ourselves_is_a_loop(void **state)
{
    static const uint8_t options[] = {BASIC_OPTIONS, 255};

    (void)state;
    start_from_firmware(options, sizeof(options), "boot/kernel");
    assert_true(EFI_ERROR(run()));
    assert_int_equal(starts, 0);
    expect_shown("PXE-E7C");
}

static void reply_of_a_boot_server_comes_first(void **state)
{
    static const uint8_t options[] = {BASIC_OPTIONS, 255}, no_options[] = {255};

    (void)state;
    start_from_firmware(options, sizeof(options), "");
    stack.mode.ProxyOfferReceived = stack.mode.PxeReplyReceived = TRUE;
    stack.mode.ProxyOffer = packet_of(no_options, sizeof(no_options), "proxy.efi");
    stack.mode.PxeReply = packet_of(no_options, sizeof(no_options), "boot/kernel");
    assert_true(EFI_ERROR(run())); /* it is what we were loaded as */
    expect_shown("PXE-E7C");
}

static void garbage_is_no_lease(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < 10; seed++) {
        start_from_firmware(NULL, 0, "x");
        srand(seed);
        for (size_t i = seed % 2 == 0 ? OPTIONS : 0; i < sizeof(stack.mode.DhcpAck); i++)
            stack.mode.DhcpAck.Raw[i] = (uint8_t)rand();
        stack.mode.ProxyOfferReceived = stack.mode.PxeReplyReceived = TRUE;
        memset(&stack.mode.PxeReply, 0xff, sizeof(stack.mode.PxeReply));
        n->dhcp.config.misses = 1000;
        (void)run();
    }
}

static void mode_of_ipv6_or_not_started_is_no_lease(void **state)
{
    static const uint8_t options[] = {BASIC_OPTIONS, 255};

    (void)state;
    start_from_firmware(options, sizeof(options), "puck-x64.efi");
    stack.mode.UsingIpv6 = TRUE;
    assert_int_equal(run(), EFI_SUCCESS);
    assert_int_equal(n->dhcp.discovers, 1);
    start_from_firmware(options, sizeof(options), "puck-x64.efi");
    stack.mode.Started = FALSE;
    assert_int_equal(run(), EFI_SUCCESS);
    assert_int_equal(n->dhcp.discovers, 2);
}

/* HTTP boot: only the path tells. */
static void uri_of_http_boot_is_our_own_file(void **state)
{
    static const char uri[] = "http://192.168.111.130/puck-x64.efi";
    static struct {
        struct child_path child; /* its end node is the URI's */
        uint8_t text[sizeof(uri) - 1];
        EFI_DEVICE_PATH end;
    } __attribute__((packed)) path;
    struct origin *o = calloc(1, sizeof(*o));

    (void)state;
    assert_non_null(o);
    path.child = child_path;
    set_node(&path.child.end, DEVICE_PATH_MESSAGING, DEVICE_PATH_URI, 4 + sizeof(path.text));
    memcpy(path.text, uri, sizeof(path.text));
    path.end = card_path.end;
    image.DeviceHandle = efi_firmware_handle(&path_guid, &path);
    origin_find(o);
    assert_string_equal(o->own_file, uri);
    assert_false(o->has_lease);
    origin_forget(o);
    free(o);
    assert_int_equal(run(), EFI_SUCCESS);
    assert_int_equal(n->dhcp.discovers, 1);
}

/* --- packets --- */

static void packets_are_mended(void **state)
{
    static const uint8_t whole[] = {1, 4, 255, 255, 255, 0, 67, 3, 'a', 'b', 'c', 0, 0, 3, 4, 1, 2, 3, 4, 255, 9};
    EFI_PXE_BASE_CODE_PACKET packet = packet_of(whole, sizeof(whole), ""), copy;

    (void)state;
    firmware_packet_copy(&copy, &packet); /* padding behind option 67, as a server may have it */
    assert_memory_equal(&copy, &packet, sizeof(copy));
    memset(packet.Raw + OPTIONS, 0, sizeof(packet.Raw) - OPTIONS);
    firmware_packet_copy(&copy, &packet);
    assert_int_equal(copy.Raw[OPTIONS], 255);
    memset(packet.Raw + OPTIONS, 67, sizeof(packet.Raw) - OPTIONS); /* the last one runs past the end */
    firmware_packet_copy(&copy, &packet);
    assert_memory_equal(&copy, &packet, 67 + 2 + OPTIONS);
}

/* --- load options --- */

static struct origin *with_options(const void *bytes, size_t len)
{
    struct origin *o = calloc(1, sizeof(*o));
    uint8_t *copy = malloc(len + 1); /* so that the address sanitizer sees who reads beyond it */

    assert_non_null(o);
    assert_non_null(copy);
    memcpy(copy, bytes, len);
    image.LoadOptions = copy;
    image.LoadOptionsSize = (UINT32)len;
    origin_find(o);
    origin_forget(o);
    free(copy);
    image.LoadOptions = NULL;
    return o;
}

static void expect_file(const CHAR16 *text, size_t size, const char *file, uint32_t server, bool is_bad)
{
    struct origin *o = with_options(text, size);

    assert_string_equal(o->file_name, file);
    assert_int_equal(o->file_server, server);
    assert_int_equal(o->is_bad_file, is_bad);
    free(o);
}

#define OPTIONS_NAME(text, file, server, is_bad) expect_file(u##text, sizeof(u##text), file, server, is_bad)

static void load_options_name_a_file(void **state)
{
    static struct {
        EFI_DEVICE_PATH node;
        CHAR16 name[14];
        EFI_DEVICE_PATH end;
    } __attribute__((packed)) own = {.name = u"\\puck-x64.efi"};

    (void)state;
    set_node(&own.node, DEVICE_PATH_MEDIA, DEVICE_PATH_FILE, 4 + sizeof(own.name));
    set_node(&own.end, DEVICE_PATH_END, DEVICE_PATH_END_ENTIRE, 4);
    image.FilePath = &own.node;
    OPTIONS_NAME("", "", 0, false);
    OPTIONS_NAME("puck-x64.efi", "", 0, false);
    OPTIONS_NAME("fs0:\\PUCK-X64.EFI ", "", 0, false);
    OPTIONS_NAME("puck-x64 grubx64.efi quiet", "grubx64.efi", 0, false);
    OPTIONS_NAME("  boot/grub.efi", "boot/grub.efi", 0, false);
    OPTIONS_NAME("puck-x64.efi tftp://10.0.0.1/boot/grub.efi", "boot/grub.efi", 0x0a000001, false);
    OPTIONS_NAME("TFTP://10.0.0.1//x", "/x", 0x0a000001, false);
    OPTIONS_NAME("tftp://10.0.0.1/", "", 0x0a000001, true);
    OPTIONS_NAME("tftp://server/x", "", 0, true);
    OPTIONS_NAME("http://10.0.0.1/x", "", 0, true);
    image.FilePath = NULL;
    OPTIONS_NAME("puck-x64.efi", "puck-x64.efi", 0, false);
}

static void load_options_that_are_garbage_are_ignored(void **state)
{
    uint8_t bytes[3000];

    (void)state;
    OPTIONS_NAME("a\003b", "", 0, false);
    OPTIONS_NAME("\x1234", "", 0, false);
    expect_file((const CHAR16 *)(const void *)"text", 4, "", 0, false);
    expect_file(u"abc", 5, "ab", 0, false); /* neither an even length nor an end */
    expect_file(u"abc", 1, "", 0, false);
    memset(bytes, 0, sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i += 2)
        bytes[i] = 'a';
    for (size_t len = 0; len < sizeof(bytes); len += 7)
        free(with_options(bytes, len));
    for (unsigned seed = 0; seed < 100; seed++) {
        srand(seed);
        for (size_t i = 0; i < sizeof(bytes); i++)
            bytes[i] = (uint8_t)rand();
        free(with_options(bytes, (size_t)rand() % 64));
    }
}

static void file_of_the_load_options_is_booted(void **state)
{
    static CHAR16 options[] = u"tftp://192.168.111.130/boot/kernel", bad[] = u"nfs://192.168.111.130/x";

    (void)state;
    n->dhcp.config.file = NULL;
    image.LoadOptions = options;
    image.LoadOptionsSize = sizeof(options);
    assert_int_equal(run(), EFI_SUCCESS);
    assert_int_equal(starts, 1);
    image.LoadOptions = bad;
    image.LoadOptionsSize = sizeof(bad);
    assert_int_equal(run(), EFI_INVALID_PARAMETER);
    expect_shown("neither a file name nor tftp://");
}

/* --- cards --- */

static void connect_the_card(EFI_HANDLE handle)
{
    if (on(card, &snp_guid) == NULL && handle == image.DeviceHandle)
        efi_firmware_install(card, &snp_guid, &model.protocol);
    connect_stack(handle);
}

static EFI_STATUS EFIAPI read_class(struct _EFI_PCI_IO_PROTOCOL *this, EFI_PCI_IO_PROTOCOL_WIDTH width, UINT32 offset,
                                    UINTN count, void *buffer)
{
    (void)this;
    assert_int_equal(width, EfiPciIoWidthUint8);
    assert_int_equal(offset, 11);
    assert_int_equal(count, 1);
    *(uint8_t *)buffer = 2;
    return EFI_SUCCESS;
}

static EFI_STATUS look_at_short_path(EFI_HANDLE device)
{
    const EFI_DEVICE_PATH *path = on(device, &path_guid);

    assert_int_equal(device_path_len(path), sizeof(struct efi_ipv4_node) + sizeof(*path));
    return EFI_SUCCESS;
}

static void card_without_a_path_boots(void **state)
{
    (void)state;
    efi_boot->UninstallProtocolInterface(card, guid_of(&path_guid), &card_path);
    program = look_at_short_path;
    assert_int_equal(run(), EFI_SUCCESS);
    assert_int_equal(starts, 1);
}

static void card_that_is_not_connected_is_connected(void **state)
{
    static EFI_PCI_IO_PROTOCOL pci = {.Pci.Read = read_class};
    static const EFI_GUID pci_guid = EFI_PCI_IO_PROTOCOL_GUID;

    (void)state;
    stop_stack(&stack.binding, card, 0, NULL);
    efi_boot->UninstallProtocolInterface(card, guid_of(&snp_guid), &model.protocol);
    assert_int_equal(app_run(), EFI_NOT_FOUND);
    expect_shown("PXE-E63");
    image.DeviceHandle = efi_firmware_handle(&pci_guid, &pci);
    efi_firmware_connected = connect_the_card;
    assert_int_equal(app_run(), EFI_SUCCESS);
    assert_int_equal(starts, 1);
}

static void cards_are_tried_in_turn_those_with_link_first(void **state)
{
    static struct efi_snp_model other;
    static struct card_path other_path;
    EFI_HANDLE handle;

    (void)state;
    stop_stack(&stack.binding, card, 0, NULL);
    stack.is_absent = true; /* nobody takes the frames that it would be sent */
    efi_snp_model_init(&other, &n->world.wire.ends[2].nic);
    other_path = card_path;
    other_path.place[1] = 3;
    handle = efi_firmware_handle(&path_guid, &other_path);
    efi_firmware_install(handle, &snp_guid, &other.protocol);
    other.is_link_down = true;
    other.mode.MediaPresent = TRUE;
    model.mode.MediaPresent = FALSE;
    assert_int_equal(app_run(), EFI_SUCCESS);
    assert_int_equal(other.initializations, 1); /* it had its chance */
    assert_int_equal(other.mode.State, EfiSimpleNetworkStopped);
    assert_int_equal(starts, 1);
    model.mode.MediaPresent = TRUE;
    image.DeviceHandle = card; /* a person chose this one */
    assert_int_equal(app_run(), EFI_SUCCESS);
    assert_int_equal(other.initializations, 1);
}

static void device_without_a_path_is_no_origin(void **state)
{
    (void)state;
    image.DeviceHandle = efi_firmware_handle(NULL, NULL); /* it has been destroyed since */
    assert_int_equal(run(), EFI_SUCCESS);
    assert_int_equal(starts, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, app_start, app_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lease_of_the_firmware_is_used),
        TEST(lease_without_its_end_is_used),
        TEST(lease_with_a_lost_tag_is_used),
        TEST(lease_that_names_ourselves_leads_to_dhcp),
        TEST(file_that_is_ourselves_is_a_loop),
        TEST(reply_of_a_boot_server_comes_first),
        TEST(garbage_is_no_lease),
        TEST(mode_of_ipv6_or_not_started_is_no_lease),
        TEST(uri_of_http_boot_is_our_own_file),
        TEST(packets_are_mended),
        TEST(load_options_name_a_file),
        TEST(load_options_that_are_garbage_are_ignored),
        TEST(file_of_the_load_options_is_booted),
        TEST(card_without_a_path_boots),
        TEST(card_that_is_not_connected_is_connected),
        TEST(cards_are_tried_in_turn_those_with_link_first),
        TEST(device_without_a_path_is_no_origin),
    };

    return cmocka_run_group_tests_name("efi_origin", tests, NULL, NULL);
}
