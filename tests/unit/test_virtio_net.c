/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Finding, opening and closing the device. */
#include "tests/devices/virtio_numbers.h"
#include "tests/unit/virtio_net_fixture.h"

/* clang-format off */
static const uint64_t our_numbers[] = {
    VIRTIO_STATUS_ACKNOWLEDGE, VIRTIO_STATUS_DRIVER, VIRTIO_STATUS_DRIVER_OK, VIRTIO_STATUS_FEATURES_OK,
    VIRTIO_STATUS_NEEDS_RESET, VIRTIO_STATUS_FAILED,
    VIRTIO_NET_F_MAC, VIRTIO_NET_F_STATUS, VIRTIO_F_ANY_LAYOUT, VIRTIO_F_VERSION_1, VIRTIO_F_ACCESS_PLATFORM,
    VIRTIO_F_ORDER_PLATFORM, VIRTIO_NET_F_SPEED_DUPLEX,
    VIRTIO_NET_CONFIG_MAC, VIRTIO_NET_CONFIG_STATUS, VIRTIO_NET_CONFIG_SPEED, VIRTIO_NET_STATUS_LINK_UP,
    VIRTIO_NET_HEADER, VIRTIO_NET_HEADER_LEGACY,
    VIRTIO_CAP_TYPE, VIRTIO_CAP_BAR, VIRTIO_CAP_OFFSET, VIRTIO_CAP_LENGTH, VIRTIO_CAP_NOTIFY_MULTIPLIER,
    VIRTIO_CAP_WINDOW_DATA,
    VIRTIO_CAP_COMMON, VIRTIO_CAP_NOTIFY, VIRTIO_CAP_ISR, VIRTIO_CAP_DEVICE, VIRTIO_CAP_WINDOW,
    VIRTIO_COMMON_DEVICE_FEATURE_SELECT, VIRTIO_COMMON_DEVICE_FEATURE, VIRTIO_COMMON_DRIVER_FEATURE_SELECT,
    VIRTIO_COMMON_DRIVER_FEATURE, VIRTIO_COMMON_STATUS, VIRTIO_COMMON_GENERATION, VIRTIO_COMMON_QUEUE_SELECT,
    VIRTIO_COMMON_QUEUE_SIZE, VIRTIO_COMMON_QUEUE_ENABLE, VIRTIO_COMMON_QUEUE_NOTIFY_OFF, VIRTIO_COMMON_QUEUE_DESC,
    VIRTIO_COMMON_QUEUE_DRIVER, VIRTIO_COMMON_QUEUE_DEVICE,
    VIRTIO_LEGACY_DEVICE_FEATURES, VIRTIO_LEGACY_DRIVER_FEATURES, VIRTIO_LEGACY_QUEUE_ADDRESS,
    VIRTIO_LEGACY_QUEUE_SIZE, VIRTIO_LEGACY_QUEUE_SELECT, VIRTIO_LEGACY_QUEUE_NOTIFY, VIRTIO_LEGACY_STATUS,
    VIRTIO_LEGACY_ISR, VIRTIO_LEGACY_DEVICE, VIRTIO_LEGACY_ALIGN,
    VIRTQ_DESC_F_NEXT, VIRTQ_DESC_F_WRITE, VIRTQ_AVAIL_F_NO_INTERRUPT, VIRTQ_USED_F_NO_NOTIFY,
    sizeof(struct virtq_desc), offsetof(struct virtq_desc, len), offsetof(struct virtq_desc, flags),
    offsetof(struct virtq_desc, next), offsetof(struct virtq_avail, index), offsetof(struct virtq_avail, ring),
    offsetof(struct virtq_used, index), offsetof(struct virtq_used, ring), sizeof(struct virtq_used_element),
    offsetof(struct virtq_used_element, len),
};
/* clang-format on */

static void numbers_are_those_of_the_specification(void **state)
{
    (void)state;
    assert_int_equal(sizeof(our_numbers) / sizeof(our_numbers[0]), virtio_number_count);
    for (size_t i = 0; i < virtio_number_count; i++)
        assert_int_equal(our_numbers[i], virtio_numbers[i]);
}

/* --- attach --- */

static void attach_finds_the_address_and_keeps_quiet(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        virtio_model_init(&model, kinds[i]);
        pci_command(&model.pci.pci, PCI_COMMAND_BUS_MASTER, 0); /* as a firmware's own driver may leave it */
        model.status = 15;
        assert_int_equal(attach(), STATUS_OK);
        assert_true(mac_equal(nic->mac, device_mac));
        assert_true(mac_equal(nic->permanent_mac, device_mac));
        assert_int_equal(model.status, 0);
        assert_int_equal(model.is_legacy_used, kinds[i] == VIRTIO_MODEL_LEGACY);
        expect_quiet();
        assert_int_equal(pci_model_faults(&model.pci), 0);
    }
}

static void address_that_changes_is_read_again(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        virtio_model_init(&model, kinds[i]);
        model.mac_changes = 2;
        assert_int_equal(attach(), STATUS_OK);
        assert_memory_equal(nic->mac.byte, model.mac, 6);
        model.mac_changes = 1000;
        assert_int_equal(attach(), STATUS_BAD_MAC);
    }
}

static void device_without_an_address_is_refused(void **state)
{
    (void)state;
    virtio_model_init(&model, VIRTIO_MODEL_MODERN);
    model.features &= ~VIRTIO_NET_F_MAC;
    assert_int_equal(attach(), STATUS_BAD_MAC);
    expect_quiet();
    virtio_model_init(&model, VIRTIO_MODEL_LEGACY);
    model.mac[0] |= 1;
    assert_int_equal(attach(), STATUS_BAD_MAC);
    memset(model.mac, 0, 6);
    assert_int_equal(attach(), STATUS_BAD_MAC);
    assert_int_equal(model.status, 0);
    assert_int_equal(pci_model_faults(&model.pci), 0);
}

static void enabled_msix_is_switched_off(void **state)
{
    (void)state;
    virtio_model_init(&model, VIRTIO_MODEL_LEGACY);
    model.pci.config[VIRTIO_MODEL_MSIX_AT + 3] = 0x80;
    assert_int_equal(attach(), STATUS_OK);
    assert_int_equal(model.pci.config[VIRTIO_MODEL_MSIX_AT + 3], 0);
}

static void incomplete_capabilities_are_refused(void **state)
{
    (void)state;
    virtio_model_init(&model, VIRTIO_MODEL_MODERN);
    model.pci.config[0x40 + VIRTIO_CAP_LENGTH] = 55; /* one byte less than the registers take */
    model.pci.config[0x40 + VIRTIO_CAP_LENGTH + 1] = 0;
    assert_int_equal(attach(), STATUS_NIC_FAILED);
    virtio_model_init(&model, VIRTIO_MODEL_MODERN);
    model.pci.config[VIRTIO_MODEL_NOTIFY_CAP_AT + VIRTIO_CAP_TYPE] = 99;
    assert_int_equal(attach(), STATUS_NIC_FAILED);
    virtio_model_init(&model, VIRTIO_MODEL_MODERN);
    model.features &= ~VIRTIO_F_VERSION_1;
    assert_int_equal(attach(), STATUS_NIC_FAILED);
    virtio_model_init(&model, VIRTIO_MODEL_TRANSITIONAL);
    model.features &= ~VIRTIO_F_VERSION_1;
    assert_int_equal(attach(), STATUS_OK);
    assert_true(model.is_legacy_used);
    assert_int_equal(pci_model_faults(&model.pci), 0);
}

/* A transitional id without ports, capabilities or window: no register is touched, for we know of none. */
static void device_without_an_interface_is_left_alone(void **state)
{
    (void)state;
    virtio_model_init(&model, VIRTIO_MODEL_LEGACY);
    pci_model_set_bar(&model.pci, 0, 0);
    assert_int_equal(attach(), STATUS_NIC_FAILED);
    virtio_model_init(&model, VIRTIO_MODEL_LEGACY);
    pci_model_set_bar(&model.pci, 0, 0xfebc0000); /* memory, where ports belong */
    assert_int_equal(attach(), STATUS_NIC_FAILED);
    assert_int_equal(model.pci.accesses, 0);
    assert_int_equal(pci_model_faults(&model.pci), 0);
}

static void looping_capability_list_ends(void **state)
{
    (void)state;
    virtio_model_init(&model, VIRTIO_MODEL_MODERN);
    model.pci.config[0x40 + 1] = 0x40;
    assert_int_equal(attach(), STATUS_NIC_FAILED);
}

static void bar_out_of_reach_is_gone_around(void **state)
{
    (void)state;
    virtio_model_init(&model, VIRTIO_MODEL_TRANSITIONAL);
    model.pci.unreachable_bars = 1u << VIRTIO_MODEL_BAR;
    assert_int_equal(attach(), STATUS_OK);
    assert_true(model.is_legacy_used);

    virtio_model_init(&model, VIRTIO_MODEL_MODERN);
    model.pci.unreachable_bars = 1u << VIRTIO_MODEL_BAR;
    assert_int_equal(attach(), STATUS_OK);
    assert_int_equal(nic_open(nic), STATUS_OK);
    assert_true(deliver(device_mac, 1, 100));
    expect_frame(device_mac, 1, 100);
    assert_true(transmit(2, 1514));
    assert_int_equal(model.queue[VIRTIO_NET_TRANSMIT_QUEUE].notified, 1);
    expect_sent(2, 1514);
    assert_int_equal(model.pci.accesses, 0);
    finish();
}

/* --- open and close --- */

static void open_negotiates_what_it_understands(void **state)
{
    (void)state;
    open_kind(VIRTIO_MODEL_LEGACY);
    assert_int_equal(model.driver_features, VIRTIO_NET_F_MAC | VIRTIO_NET_F_STATUS | VIRTIO_NET_F_CTRL_VQ |
                                                VIRTIO_NET_F_CTRL_RX | VIRTIO_F_ANY_LAYOUT);
    assert_int_equal(model.status, 7);
    finish();
    virtio_model_init(&model, VIRTIO_MODEL_MODERN);
    model.features = UINT64_MAX;
    assert_int_equal(attach(), STATUS_OK);
    assert_int_equal(nic_open(nic), STATUS_OK);
    assert_true(model.driver_features ==
                (VIRTIO_NET_F_MAC | VIRTIO_NET_F_STATUS | VIRTIO_NET_F_CTRL_VQ | VIRTIO_NET_F_CTRL_RX |
                 VIRTIO_F_ANY_LAYOUT | VIRTIO_F_VERSION_1 | VIRTIO_F_ACCESS_PLATFORM | VIRTIO_F_ORDER_PLATFORM |
                 VIRTIO_NET_F_SPEED_DUPLEX));
    assert_int_equal(model.status, 15);
    finish();
}

static void queue_sizes_are_bounded(void **state)
{
    static const struct {
        enum virtio_model_kind kind;
        uint16_t size;
        enum status status;
        uint16_t receive_size;
    } cases[] = {
        {VIRTIO_MODEL_LEGACY, 0, STATUS_NIC_FAILED, 0},    {VIRTIO_MODEL_MODERN, 0, STATUS_NIC_FAILED, 0},
        {VIRTIO_MODEL_LEGACY, 255, STATUS_NIC_FAILED, 0},  {VIRTIO_MODEL_MODERN, 255, STATUS_NIC_FAILED, 0},
        {VIRTIO_MODEL_LEGACY, 8, STATUS_NIC_FAILED, 0},    {VIRTIO_MODEL_MODERN, 8, STATUS_NIC_FAILED, 0},
        {VIRTIO_MODEL_LEGACY, 2048, STATUS_NIC_FAILED, 0}, {VIRTIO_MODEL_MODERN, 32768, STATUS_OK, 256},
        {VIRTIO_MODEL_LEGACY, 1024, STATUS_OK, 1024},      {VIRTIO_MODEL_MODERN, 16, STATUS_OK, 16},
        {VIRTIO_MODEL_LEGACY, 16, STATUS_OK, 16},          {VIRTIO_MODEL_TRANSITIONAL, 64, STATUS_OK, 64},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        virtio_model_init(&model, cases[i].kind);
        model.queue_max = cases[i].size;
        assert_int_equal(attach(), STATUS_OK);
        assert_int_equal(nic_open(nic), cases[i].status);
        if (cases[i].status != STATUS_OK) {
            assert_true(model.was_failed);
            expect_quiet();
        } else {
            assert_int_equal(model.queue[VIRTIO_NET_RECEIVE_QUEUE].size, cases[i].receive_size);
            for (unsigned n = 0; n < 3000; n++) {
                assert_true(deliver(device_mac, n, 60 + n % 1455));
                expect_frame(device_mac, n, 60 + n % 1455);
            }
        }
        finish();
    }
}

static void ring_is_as_deep_as_memory_allows(void **state)
{
    static const struct {
        size_t limit;
        unsigned buffers;
    } cases[] = {{0, 256}, {300000, 64}, {100000, 0}};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        unsigned delivered = 0;

        virtio_model_init(&model, VIRTIO_MODEL_MODERN);
        model.pci.dma_limit = cases[i].limit;
        assert_int_equal(attach(), STATUS_OK);
        assert_int_equal(nic_open(nic), cases[i].buffers != 0 ? STATUS_OK : STATUS_OUT_OF_RESOURCES);
        while (cases[i].buffers != 0 && deliver(device_mac, delivered, 1514))
            delivered++;
        assert_int_equal(delivered, cases[i].buffers);
        for (unsigned n = 0; n < delivered; n++)
            expect_frame(device_mac, n, 1514);
        expect_no_frame();
        finish();
    }
}

static void refused_features_fail_the_open(void **state)
{
    (void)state;
    virtio_model_init(&model, VIRTIO_MODEL_TRANSITIONAL);
    assert_int_equal(attach(), STATUS_OK);
    model.refuses_features = true;
    assert_int_equal(nic_open(nic), STATUS_NIC_FAILED);
    assert_true(model.was_failed);
    finish();
}

static void notify_address_outside_its_region_fails_the_open(void **state)
{
    (void)state;
    virtio_model_init(&model, VIRTIO_MODEL_MODERN);
    model.notify_off = 0x1000 / VIRTIO_MODEL_NOTIFY_MULTIPLIER;
    assert_int_equal(attach(), STATUS_OK);
    assert_int_equal(nic_open(nic), STATUS_NIC_FAILED);
    finish();
    model.notify_off--;
    assert_int_equal(nic_open(nic), STATUS_OK);
    assert_true(transmit(0, 60));
    assert_int_equal(model.queue[VIRTIO_NET_TRANSMIT_QUEUE].notified, 1);
    finish();
}

static void slow_reset_is_waited_for(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        virtio_model_init(&model, kinds[i]);
        model.reset_us = 300000;
        assert_int_equal(attach(), STATUS_OK);
        assert_int_equal(nic_open(nic), STATUS_OK);
        finish();
        assert_int_equal(nic_open(nic), STATUS_OK);
        assert_true(deliver(device_mac, 1, 60));
        expect_frame(device_mac, 1, 60);
        finish();
    }
}

/* The wait ends, and what a device that goes on cannot do without is bus mastering. */
static void device_that_never_resets_loses_the_bus(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        uint64_t start;

        open_kind(kinds[i]);
        model.reset_us = UINT32_MAX;
        start = model.pci.now_us;
        nic_close(nic);
        assert_in_range(model.pci.now_us - start, 500000, 2000000);
        expect_quiet();
        assert_int_equal(pci_model_faults(&model.pci), 0);
        assert_false(deliver(device_mac, 1, 60)); /* tries: the model counts it as a fault */
        assert_int_not_equal(pci_model_faults(&model.pci), 0);
        assert_int_equal(nic_open(nic), STATUS_NIC_FAILED);
        expect_quiet();
        assert_int_equal(attach(), STATUS_NIC_FAILED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_those_of_the_specification),
        cmocka_unit_test(attach_finds_the_address_and_keeps_quiet),
        cmocka_unit_test(address_that_changes_is_read_again),
        cmocka_unit_test(device_without_an_address_is_refused),
        cmocka_unit_test(enabled_msix_is_switched_off),
        cmocka_unit_test(incomplete_capabilities_are_refused),
        cmocka_unit_test(device_without_an_interface_is_left_alone),
        cmocka_unit_test(looping_capability_list_ends),
        cmocka_unit_test(bar_out_of_reach_is_gone_around),
        cmocka_unit_test(open_negotiates_what_it_understands),
        cmocka_unit_test(queue_sizes_are_bounded),
        cmocka_unit_test(ring_is_as_deep_as_memory_allows),
        cmocka_unit_test(refused_features_fail_the_open),
        cmocka_unit_test(notify_address_outside_its_region_fails_the_open),
        cmocka_unit_test(slow_reset_is_waited_for),
        cmocka_unit_test(device_that_never_resets_loses_the_bus),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
