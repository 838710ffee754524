/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Frames in both directions, link, interrupts. */
#include "tests/unit/virtio_net_fixture.h"

/* --- receive --- */

static void frames_arrive_whole_and_in_order(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        virtio_model_init(&model, kinds[i % 3]);
        if (i == 3)
            model.features &= ~VIRTIO_F_ANY_LAYOUT; /* header and frame in descriptors of their own */
        assert_int_equal(attach(), STATUS_OK);
        assert_int_equal(nic_open(nic), STATUS_OK);
        for (unsigned n = 0, taken = 0; n < 70000; n++) { /* the rings' 16-bit indices wrap */
            assert_true(deliver(device_mac, n, 60 + n % 1455));
            if (n % 5 == 4)
                for (; taken <= n; taken++)
                    expect_frame(device_mac, taken, 60 + taken % 1455);
        }
        expect_no_frame();
        assert_false(nic_has_frame(nic));
        assert_int_equal(nic->counters.received, 70000);
        assert_int_equal(nic->counters.received_bad, 0);
        assert_int_equal(model.interrupts, 0);
        finish();
    }
}

/* An exit to the hypervisor costs more than a frame: one per eighth of the ring, none when the device wants none. */
static void notifications_are_few(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        uint64_t accesses;

        open_kind(kinds[i]);
        accesses = model.pci.accesses;
        for (unsigned n = 0; n < 3200; n++) {
            assert_true(deliver(device_mac, n, 1514));
            expect_frame(device_mac, n, 1514);
        }
        assert_int_equal(model.pci.accesses - accesses, 100);
        virtio_model_set_flags(&model, VIRTIO_NET_RECEIVE_QUEUE, VIRTQ_USED_F_NO_NOTIFY);
        for (unsigned n = 0; n < 3200; n++) {
            assert_true(deliver(device_mac, n, 1514));
            expect_frame(device_mac, n, 1514);
        }
        assert_int_equal(model.pci.accesses - accesses, 100);
        finish();
    }
}

static void dry_ring_is_filled_again(void **state)
{
    (void)state;
    open_kind(VIRTIO_MODEL_LEGACY);
    for (unsigned round = 0; round < 3; round++) {
        unsigned delivered = 0, notified;

        while (deliver(device_mac, delivered, 1514))
            delivered++;
        assert_int_equal(delivered, 256);
        notified = model.queue[VIRTIO_NET_RECEIVE_QUEUE].notified;
        for (unsigned n = 0; n < delivered; n++)
            expect_frame(device_mac, n, 1514);
        assert_true(model.queue[VIRTIO_NET_RECEIVE_QUEUE].notified > notified);
    }
    finish();
}

static void lies_about_frames_are_counted(void **state)
{
    uint8_t bytes[64] = {0};
    unsigned bad = 0;

    (void)state;
    for (unsigned split = 0; split < 2; split++) {
        virtio_model_init(&model, VIRTIO_MODEL_LEGACY);
        model.features &= split != 0 ? ~VIRTIO_F_ANY_LAYOUT : UINT64_MAX;
        assert_int_equal(attach(), STATUS_OK);
        assert_int_equal(nic_open(nic), STATUS_OK);
        memcpy(bytes, device_mac.byte, 6);
        bad = 0;
        static const uint32_t ids[] = {256, 257, 512, 65535, 65536, 0x7fffffff, 0xffffffff, 0x80000000};
        for (unsigned i = 0; i < sizeof(ids) / sizeof(*ids); i++, bad++)
            virtio_model_use(&model, VIRTIO_NET_RECEIVE_QUEUE, ids[i], 100);
        if (split != 0) {
            virtio_model_use(&model, VIRTIO_NET_RECEIVE_QUEUE, 1, 100); /* the middle of a chain */
            bad++;
        }
        static const uint32_t lens[] = {0, 1, 9, 10, 11, 23, 1529, 1536, 1537, 65536, 0x80000000, 0xffffffff};
        for (unsigned i = 0; i < sizeof(lens) / sizeof(*lens); i++, bad++)
            assert_true(virtio_model_deliver_as(&model, slice_of(bytes, sizeof(bytes)), lens[i]));
        expect_no_frame();
        assert_int_equal(nic->counters.received_bad, bad);
        assert_true(deliver(device_mac, 3, 1518));
        expect_frame(device_mac, 3, 1518);
        finish();
    }
}

/* What the driver lends lies in the buffer whatever the device says; nic.c would only notice that it is no frame. */
static void lent_frames_lie_in_their_buffers(void **state)
{
    static const uint32_t lens[] = {0, 1, 11, 12, 13, 1536, 1537, 65536, 0x80000000, 0xffffffff};

    (void)state;
    open_kind(VIRTIO_MODEL_MODERN);
    nic_set_filter(nic, NIC_FILTER_PROMISCUOUS, NULL, 0);
    for (unsigned i = 0; i < sizeof(lens) / sizeof(*lens); i++) {
        struct slice frame;

        assert_true(virtio_model_deliver_as(&model, slice_of(device_mac.byte, 6), lens[i]));
        assert_true(nic->ops->receive(nic, &frame));
        assert_int_equal(frame.len, lens[i] <= 12 || lens[i] > 1536 ? 0 : lens[i] - 12);
        nic->ops->receive_done(nic);
    }
    finish();
}

/* One look at the ring takes a ring of frames at most, however many the device claims to have. */
static void flood_of_claims_does_not_hold_us(void **state)
{
    (void)state;
    virtio_model_init(&model, VIRTIO_MODEL_MODERN);
    model.pci.dma_limit = 300000; /* 64 buffers in a ring of 256 */
    assert_int_equal(attach(), STATUS_OK);
    assert_int_equal(nic_open(nic), STATUS_OK);
    for (unsigned n = 0; n < 64; n++)
        virtio_model_use(&model, VIRTIO_NET_RECEIVE_QUEUE, 7, 100); /* zeros: a frame for nobody */
    assert_true(deliver(device_mac, 1, 60));
    expect_no_frame();
    expect_frame(device_mac, 1, 60);
    assert_int_equal(nic->counters.received, 1);
    finish();
}

static void filter_keeps_out_what_is_for_others(void **state)
{
    static const struct {
        unsigned filter;
        bool directed, broadcast, multicast, other;
    } cases[] = {
        {0, false, false, false, false},
        {NIC_FILTER_DIRECTED, true, false, false, false},
        {NIC_FILTER_BROADCAST, false, true, false, false},
        {NIC_FILTER_MULTICAST, false, false, true, false},
        {NIC_FILTER_DIRECTED | NIC_FILTER_BROADCAST, true, true, false, false},
        {NIC_FILTER_ALL_MULTICAST, false, false, true, false},
        {NIC_FILTER_PROMISCUOUS, true, true, true, true},
    };

    static struct mac groups[17];

    (void)state;
    for (unsigned i = 0; i < 17; i++)
        groups[i] = (struct mac){{0x01, 0x00, 0x5e, 0x01, 0x02, (uint8_t)i}};
    virtio_model_init(&model, VIRTIO_MODEL_TRANSITIONAL);
    model.has_no_control = true;
    assert_int_equal(attach(), STATUS_OK);
    assert_int_equal(nic_open(nic), STATUS_OK);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        nic_set_filter(nic, cases[i].filter, &group_mac, 1);
        assert_true(deliver(other_mac, 1, 60) && deliver(group_mac, 2, 60) && deliver(MAC_BROADCAST, 3, 60) &&
                    deliver(device_mac, 4, 60));
        if (cases[i].other)
            expect_frame(other_mac, 1, 60);
        if (cases[i].multicast)
            expect_frame(group_mac, 2, 60);
        if (cases[i].broadcast)
            expect_frame(MAC_BROADCAST, 3, 60);
        if (cases[i].directed)
            expect_frame(device_mac, 4, 60);
        expect_no_frame();
    }
    /* Groups are told apart, as far as there is room to remember them. */
    nic_set_filter(nic, NIC_FILTER_MULTICAST, groups, 16);
    assert_true(deliver(group_mac, 6, 60) && deliver(groups[15], 7, 60));
    expect_frame(groups[15], 7, 60);
    expect_no_frame();
    nic_set_filter(nic, NIC_FILTER_MULTICAST, groups, 17);
    assert_true(deliver(group_mac, 8, 60));
    expect_frame(group_mac, 8, 60);
    nic_set_filter(nic, NIC_FILTER_MULTICAST, NULL, 0);
    assert_true(deliver(group_mac, 9, 60));
    expect_no_frame();
    /* Buffers of frames kept out go back to the device as well. */
    nic_set_filter(nic, NIC_FILTER_DIRECTED, NULL, 0);
    for (unsigned n = 0; n < 2000; n++) {
        assert_true(deliver(other_mac, n, 60));
        expect_no_frame();
    }
    nic->mac = other_mac; /* a station address of the caller's choice */
    assert_true(deliver(other_mac, 5, 60));
    expect_frame(other_mac, 5, 60);
    finish();
}

/* --- transmit --- */

static void frames_leave_padded(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        virtio_model_init(&model, kinds[i % 3]);
        if (i == 3)
            model.features &= ~VIRTIO_F_ANY_LAYOUT;
        assert_int_equal(attach(), STATUS_OK);
        assert_int_equal(nic_open(nic), STATUS_OK);
        for (unsigned n = 0; n < 3000; n++) {
            assert_true(transmit(n, 14 + n % 1501));
            expect_sent(n, 14 + n % 1501);
        }
        assert_int_equal(nic_transmitted(nic), 3000);
        assert_int_equal(nic_transmitted(nic), 0);
        assert_int_equal(model.queue[VIRTIO_NET_TRANSMIT_QUEUE].notified, 3000);
        virtio_model_set_flags(&model, VIRTIO_NET_TRANSMIT_QUEUE, VIRTQ_USED_F_NO_NOTIFY);
        assert_true(transmit(1, 60));
        assert_int_equal(model.queue[VIRTIO_NET_TRANSMIT_QUEUE].notified, 3000);
        assert_int_equal(model.interrupts, 0);
        finish();
    }
}

static void full_ring_has_no_room(void **state)
{
    uint8_t sent[2048];
    unsigned n = 0;

    (void)state;
    open_kind(VIRTIO_MODEL_MODERN);
    model.keeps_transmitting = true;
    while (transmit(n, 1514))
        n++;
    assert_int_equal(n, 16);
    assert_int_equal(nic->counters.room_refused, 1);
    assert_int_equal(nic_transmitted(nic), 0);
    for (unsigned i = 0; i < n; i++)
        expect_sent(i, 1514);
    assert_int_equal(virtio_model_take(&model, sent), 0);
    virtio_model_complete(&model); /* the last first */
    assert_int_equal(nic_transmitted(nic), 16);
    for (unsigned i = 0; i < n; i++)
        assert_true(transmit(100 + i, 60));
    assert_false(transmit(0, 60));
    for (unsigned i = 0; i < n; i++)
        expect_sent(100 + i, 60);
    finish();
}

static void lies_about_transmission_are_ignored(void **state)
{
    static const uint32_t ids[] = {0, 1, 15, 16, 255, 65536, 0xffffffff};
    unsigned n = 1;

    (void)state;
    open_kind(VIRTIO_MODEL_TRANSITIONAL);
    model.keeps_transmitting = true;
    assert_true(transmit(0, 60));
    expect_sent(0, 60);
    virtio_model_complete(&model);
    for (unsigned i = 0; i < sizeof(ids) / sizeof(*ids); i++)
        virtio_model_use(&model, VIRTIO_NET_TRANSMIT_QUEUE, ids[i], 0);
    assert_int_equal(nic_transmitted(nic), 1);
    while (n < 40 && transmit(n, 60))
        n++;
    assert_int_equal(n, 17);
    finish();
}

static void room_not_used_is_given_back(void **state)
{
    struct writer w;

    (void)state;
    open_kind(VIRTIO_MODEL_MODERN);
    for (unsigned i = 0; i < 50; i++)
        assert_true(nic_transmit_room(nic, &w));
    assert_int_equal(writer_left(&w), NIC_FRAME_MAX);
    nic_transmit(nic, NIC_FRAME_MAX + 1);
    assert_int_equal(model.queue[VIRTIO_NET_TRANSMIT_QUEUE].notified, 0);
    assert_true(transmit(1, 60));
    nic_transmit(nic, 60); /* without room */
    expect_sent(1, 60);
    assert_int_equal(model.queue[VIRTIO_NET_TRANSMIT_QUEUE].notified, 1);
    finish();
}

/* --- link, interrupts --- */

static void link_is_what_the_device_says(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        virtio_model_init(&model, kinds[i]);
        model.link = 0;
        model.speed = 10000;
        model.features |= kinds[i] == VIRTIO_MODEL_LEGACY ? 0 : VIRTIO_NET_F_SPEED_DUPLEX;
        assert_int_equal(attach(), STATUS_OK);
        assert_int_equal(nic_open(nic), STATUS_OK);
        assert_false(nic_link_up(nic));
        model.link = VIRTIO_NET_STATUS_LINK_UP;
        assert_true(nic_link_up(nic));
        assert_int_equal(nic_link_speed(nic), kinds[i] == VIRTIO_MODEL_LEGACY ? 0 : 10000);
        model.speed = UINT32_MAX;
        assert_int_equal(nic_link_speed(nic), 0);
        finish();
        model.features &= ~VIRTIO_NET_F_STATUS;
        model.link = 0;
        assert_int_equal(nic_open(nic), STATUS_OK);
        assert_true(nic_link_up(nic));
        finish();
    }
}

static void interrupts_come_only_when_wanted(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        virtio_model_init(&model, kinds[i]);
        assert_int_equal(attach(), STATUS_OK);
        assert_int_equal(nic->ops->open(nic), STATUS_OK);
        assert_true(deliver(device_mac, 0, 60)); /* before anybody said that interrupts are not wanted */
        assert_int_equal(model.interrupts, 0);
        nic->ops->close(nic);
        assert_int_equal(nic_open(nic), STATUS_OK);
        assert_true(deliver(device_mac, 1, 60));
        assert_int_equal(model.interrupts, 0);
        assert_false(nic->ops->irq_claim(nic));
        nic->ops->irq_enable(nic, true);
        assert_int_equal(pci_model_command(&model.pci) & PCI_COMMAND_INTX_DISABLE, 0);
        assert_true(deliver(device_mac, 2, 60));
        assert_int_equal(model.interrupts, 1);
        assert_true(nic->ops->irq_claim(nic));
        assert_false(nic->ops->irq_claim(nic));
        finish();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_arrive_whole_and_in_order),
        cmocka_unit_test(notifications_are_few),
        cmocka_unit_test(dry_ring_is_filled_again),
        cmocka_unit_test(lies_about_frames_are_counted),
        cmocka_unit_test(lent_frames_lie_in_their_buffers),
        cmocka_unit_test(flood_of_claims_does_not_hold_us),
        cmocka_unit_test(filter_keeps_out_what_is_for_others),
        cmocka_unit_test(frames_leave_padded),
        cmocka_unit_test(full_ring_has_no_room),
        cmocka_unit_test(lies_about_transmission_are_ignored),
        cmocka_unit_test(room_not_used_is_given_back),
        cmocka_unit_test(link_is_what_the_device_says),
        cmocka_unit_test(interrupts_come_only_when_wanted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
