/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The virtio device's own receive filter: what it is told, and that nothing is lost where it cannot be told. */
#include "tests/unit/virtio_net_fixture.h"

static const struct mac other_group_mac = {{0x01, 0x00, 0x5e, 0x00, 0x00, 0xfc}};

static const unsigned basic = NIC_FILTER_DIRECTED | NIC_FILTER_BROADCAST;

/* Whether the frame got past the device, and past the driver. */
static void expect(struct mac to, bool by_device, bool by_driver)
{
    unsigned filtered = model.filtered;

    assert_true(deliver(to, 1, 60));
    assert_int_equal(model.filtered == filtered, by_device);
    if (by_driver)
        expect_frame(to, 1, 60);
    else
        expect_no_frame();
}

static void the_device_filters(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        open_kind(kinds[i]);
        expect(device_mac, true, true);
        expect(MAC_BROADCAST, true, true);
        expect(other_mac, false, false);
        expect(group_mac, false, false);
        nic_set_filter(nic, basic | NIC_FILTER_MULTICAST, &group_mac, 1);
        expect(group_mac, true, true);
        expect(other_group_mac, false, false);
        expect(device_mac, true, true);
        expect(MAC_BROADCAST, true, true);
        nic_set_filter(nic, basic | NIC_FILTER_MULTICAST, &other_group_mac, 1);
        expect(group_mac, false, false);
        expect(other_group_mac, true, true);
        nic_set_filter(nic, basic | NIC_FILTER_ALL_MULTICAST, NULL, 0);
        expect(group_mac, true, true);
        expect(other_mac, false, false);
        nic_set_filter(nic, NIC_FILTER_PROMISCUOUS, NULL, 0);
        expect(other_mac, true, true);
        nic->mac = other_mac; /* a station address of the caller's choice */
        nic_set_filter(nic, basic, NULL, 0);
        expect(other_mac, true, true);
        expect(group_mac, false, false);
        finish();
    }
}

static void more_groups_than_there_is_room_for_are_all_groups(void **state)
{
    struct mac groups[17];

    (void)state;
    for (unsigned i = 0; i < 17; i++)
        groups[i] = (struct mac){{0x01, 0x00, 0x5e, 0x01, 0x02, (uint8_t)i}};
    open_kind(VIRTIO_MODEL_MODERN);
    nic_set_filter(nic, NIC_FILTER_MULTICAST, groups, 16);
    expect(groups[0], true, true);
    expect(groups[15], true, true);
    expect(groups[16], false, false);
    nic_set_filter(nic, NIC_FILTER_MULTICAST, groups, 17);
    expect(groups[16], true, true);
    expect(group_mac, true, true);
    finish();
}

/* Whatever the reason, the device lets everything in, and the driver filters. */
static void expect_filter_of_the_driver(void)
{
    nic_set_filter(nic, basic | NIC_FILTER_MULTICAST, &group_mac, 1);
    expect(group_mac, true, true);
    expect(other_group_mac, true, false);
    expect(other_mac, true, false);
    expect(device_mac, true, true);
    finish();
}

static void a_device_without_the_queue_works(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        virtio_model_init(&model, kinds[i]);
        model.features &= ~VIRTIO_NET_F_CTRL_RX;
        assert_int_equal(attach(), STATUS_OK);
        assert_int_equal(nic_open(nic), STATUS_OK);
        expect_filter_of_the_driver();
        assert_int_equal(model.commands, 0);
        virtio_model_init(&model, kinds[i]);
        model.has_no_control = true; /* though it says so */
        assert_int_equal(attach(), STATUS_OK);
        assert_int_equal(nic_open(nic), STATUS_OK);
        expect_filter_of_the_driver();
        assert_int_equal(model.commands, 0);
    }
}

static void without_memory_for_the_queue_it_works(void **state)
{
    (void)state;
    virtio_model_init(&model, VIRTIO_MODEL_MODERN);
    model.pci.dma_total = 440000; /* of which the rings take 438272 */
    assert_int_equal(attach(), STATUS_OK);
    assert_int_equal(nic_open(nic), STATUS_OK);
    expect_filter_of_the_driver();
    assert_int_equal(model.commands, 0);
}

static void a_refusal_loses_nothing(void **state)
{
    (void)state;
    virtio_model_init(&model, VIRTIO_MODEL_MODERN);
    model.control_refuses = true;
    assert_int_equal(attach(), STATUS_OK);
    assert_int_equal(nic_open(nic), STATUS_OK);
    expect_filter_of_the_driver();
    assert_true(model.commands > 0);
}

/* It is given up once, and not waited for each time. */
static void silence_loses_nothing_but_a_moment(void **state)
{
    uint64_t before;

    (void)state;
    virtio_model_init(&model, VIRTIO_MODEL_MODERN);
    model.control_is_silent = true;
    assert_int_equal(attach(), STATUS_OK);
    before = model.pci.now_us;
    assert_int_equal(nic_open(nic), STATUS_OK);
    nic_set_filter(nic, basic, NULL, 0);
    assert_in_range(model.pci.now_us - before, 1, 20000);
    assert_int_equal(model.queue[VIRTIO_NET_CONTROL_QUEUE].notified, 1);
    model.control_is_silent = false;
    expect_filter_of_the_driver();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_device_filters),
        cmocka_unit_test(more_groups_than_there_is_room_for_are_all_groups),
        cmocka_unit_test(a_device_without_the_queue_works),
        cmocka_unit_test(without_memory_for_the_queue_it_works),
        cmocka_unit_test(a_refusal_loses_nothing),
        cmocka_unit_test(silence_loses_nothing_but_a_moment),
    };

    return cmocka_run_group_tests_name("virtio-net: control queue", tests, NULL, NULL);
}
