/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/unit/intel_machine.h"

static void attach_finds_the_address_and_leaves_the_device_quiet(void **state)
{
    (void)state;
    FOR_EACH_DEVICE(device)
    {
        struct machine *m = power_on(*device);

        m->model.reg[0xd0 / 4] = 0x9d; /* somebody left interrupts and bus mastering on */
        pci_command(&m->model.bus.pci, PCI_COMMAND_BUS_MASTER, 0);
        assert_int_equal(attach(m), STATUS_OK);
        assert_memory_equal(m->nic->mac.byte, address, 6);
        assert_memory_equal(m->nic->permanent_mac.byte, address, 6);
        assert_quiet(m);
        assert_int_equal(m->model.resets, 1);
        assert_int_equal(m->model.phy_resets, 0);
        assert_true(m->model.bus.now_us < 5000);
        m->driver->detach(m->nic);
        assert_quiet(m);
        power_off(m);
    }
}

static void the_address_comes_from_the_eeprom_when_the_register_is_empty(void **state)
{
    (void)state;
    FOR_EACH_DEVICE(device)
    {
        struct machine *m = power_on(*device);

        m->model.has_no_autoload = true;
        assert_int_equal(attach(m), STATUS_OK);
        assert_memory_equal(m->nic->mac.byte, address, 6);
        power_off(m);
    }
}

static void the_second_port_has_the_next_address(void **state)
{
    (void)state;
    for (int autoload = 0; autoload < 2; autoload++) {
        struct machine *m = power_on(0x1079);

        m->model.port = 1;
        m->model.has_no_autoload = autoload == 0;
        assert_int_equal(attach(m), STATUS_OK);
        assert_memory_equal(m->nic->mac.byte, "\x52\x54\x00\x12\x34\x57", 6);
        power_off(m);
    }
}

static void an_unusable_address_or_a_dead_eeprom_fails_attach(void **state)
{
    static const uint8_t bad[3][6] = {{0}, {0x53, 0x54, 0, 1, 2, 3}, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

    (void)state;
    FOR_EACH_DEVICE(device)
    {
        for (unsigned i = 0; i < 4; i++) {
            struct machine *m = power_on(*device);

            if (i < 3)
                intel_model_init(&m->model, *device, bad[i]);
            m->model.has_no_autoload = i == 3;
            m->model.is_eeprom_dead = i == 3;
            assert_int_equal(attach(m), STATUS_BAD_MAC);
            assert_quiet(m);
            assert_true(m->model.bus.now_us < 50000);
            power_off(m);
        }
    }
}

static uint32_t all_ones(struct pci_model *bus, unsigned bar, uint32_t offset, unsigned width)
{
    (void)bus, (void)bar, (void)offset, (void)width;
    return UINT32_MAX;
}

static void a_device_that_is_gone_or_out_of_reach_fails_attach(void **state)
{
    struct machine *m = power_on(0x10d3);

    (void)state;
    m->model.bus.reg_read = all_ones;
    assert_int_equal(attach(m), STATUS_NIC_FAILED);
    assert_quiet(m);
    power_off(m);
    m = power_on(0x10d3);
    m->model.bus.unreachable_bars = 1;
    assert_int_equal(attach(m), STATUS_NIC_FAILED);
    assert_int_equal(m->model.bus.accesses, 0);
    assert_quiet(m);
    power_off(m);
}

static void an_endless_reset_fails_and_ends(void **state)
{
    (void)state;
    FOR_EACH_DEVICE(device)
    {
        struct machine *m = power_on(*device);

        m->model.is_reset_endless = true;
        assert_int_equal(attach(m), STATUS_NIC_FAILED);
        assert_quiet(m);
        assert_true(m->model.bus.now_us < 50000);
        power_off(m);

        m = open_machine(*device);
        m->model.is_reset_endless = true;
        nic_close(m->nic);
        assert_quiet(m);
        assert_true((pci_model_command(&m->model.bus) & PCI_COMMAND_INTX_DISABLE) != 0);
        assert_int_equal(nic_open(m->nic), STATUS_NIC_FAILED);
        assert_quiet(m);
        m->model.is_reset_endless = false;
        m->model.bus.pci.ops->delay_us(&m->model.bus.pci, 1000);
        assert_int_equal(nic_open(m->nic), STATUS_OK);
        assert_true(arrives(m, 1));
        assert_received(m, 1);
        power_off(m);
    }
}

static void the_link_is_reported_as_it_is_and_never_reset(void **state)
{
    struct machine *m = open_machine(0x100e);

    (void)state;
    assert_true(nic_link_up(m->nic));
    assert_int_equal(nic_link_speed(m->nic), 1000);
    m->model.speed = 100;
    assert_int_equal(nic_link_speed(m->nic), 100);
    m->model.speed = 10;
    assert_int_equal(nic_link_speed(m->nic), 10);
    m->model.is_link_down = true;
    assert_false(nic_link_up(m->nic));
    assert_int_equal(nic_link_speed(m->nic), 0);
    nic_close(m->nic);
    m->model.is_link_down = false;
    m->model.link_at_us = m->model.bus.now_us + 2000000;
    assert_int_equal(nic_open(m->nic), STATUS_OK);
    assert_false(nic_link_up(m->nic));
    transmit(m, 1, 60);
    assert_int_equal(m->model.sent_count, 0);
    for (unsigned i = 0; i < 200; i++)
        m->model.bus.pci.ops->delay_us(&m->model.bus.pci, 10000);
    assert_true(nic_link_up(m->nic));
    assert_int_equal(m->model.phy_resets, 0);
    assert_int_equal(m->model.resets, 2);          /* attach, close; none of the two opens */
    assert_int_equal(m->model.reg[0] & 0x1800, 0); /* CTRL: neither speed nor duplex forced */
    power_off(m);
}

static bool hears(struct machine *m, const char *destination)
{
    uint8_t frame[60] = {0};
    struct slice unused;
    bool heard;

    memcpy(frame, destination, 6);
    heard = intel_model_receive(&m->model, frame, sizeof(frame));
    assert_int_equal(nic_receive(m->nic, &unused), heard);
    nic_receive_done(m->nic);
    return heard;
}

#define STATION "\x52\x54\x00\x12\x34\x56"
#define OTHER   "\x52\x54\x00\x12\x34\x57"
#define ALL     "\xff\xff\xff\xff\xff\xff"
#define GROUP_A "\x01\x00\x5e\x00\x01\x2b"
#define GROUP_B "\x01\x00\x5e\x7f\xff\xfa"
#define GROUP_C "\x33\x33\x00\x00\x00\x01"

static void the_filter_lets_in_what_was_asked_for(void **state)
{
    const struct mac groups[] = {{{0x01, 0x00, 0x5e, 0x00, 0x01, 0x2b}}, {{0x01, 0x00, 0x5e, 0x7f, 0xff, 0xfa}}};
    struct machine *m = open_machine(0x100e);

    (void)state;
    assert_true(hears(m, STATION) && hears(m, ALL) && !hears(m, OTHER) && !hears(m, GROUP_A));
    nic_set_filter(m->nic, NIC_FILTER_DIRECTED | NIC_FILTER_MULTICAST, groups, 2);
    assert_true(hears(m, STATION) && !hears(m, ALL) && hears(m, GROUP_A) && hears(m, GROUP_B) && !hears(m, GROUP_C));
    nic_set_filter(m->nic, NIC_FILTER_DIRECTED | NIC_FILTER_MULTICAST, groups + 1, 1);
    assert_true(!hears(m, GROUP_A) && hears(m, GROUP_B));
    nic_set_filter(m->nic, NIC_FILTER_BROADCAST, groups, 2);
    assert_true(!hears(m, STATION) && hears(m, ALL) && !hears(m, GROUP_A) && !hears(m, GROUP_B));
    nic_set_filter(m->nic, NIC_FILTER_DIRECTED | NIC_FILTER_ALL_MULTICAST, groups, 1);
    assert_true(hears(m, STATION) && hears(m, GROUP_A) && hears(m, GROUP_C) && !hears(m, OTHER));
    nic_set_filter(m->nic, NIC_FILTER_DIRECTED, NULL, 0);
    assert_true(!hears(m, GROUP_A) && !hears(m, GROUP_C));
    nic_set_filter(m->nic, NIC_FILTER_PROMISCUOUS, NULL, 0);
    assert_true(hears(m, STATION) && hears(m, ALL) && hears(m, OTHER) && hears(m, GROUP_C));
    nic_close(m->nic);
    m->nic->mac.byte[5] = 0x57;
    assert_int_equal(nic_open(m->nic), STATUS_OK);
    assert_true(hears(m, OTHER) && !hears(m, STATION) && !hears(m, GROUP_A));
    power_off(m);
}

/* QEMU's e1000 holds received frames for a second after each write of RCTL. */
static void a_filter_that_does_not_change_is_not_written(void **state)
{
    struct machine *m = power_on(0x100e);
    unsigned writes;

    (void)state;
    assert_int_equal(attach(m), STATUS_OK);
    writes = m->model.rctl_writes;
    assert_int_equal(nic_open(m->nic), STATUS_OK);
    nic_set_filter(m->nic, NIC_FILTER_DIRECTED | NIC_FILTER_BROADCAST, NULL, 0);
    nic_set_filter(m->nic, NIC_FILTER_DIRECTED | NIC_FILTER_BROADCAST, NULL, 0);
    assert_int_equal(m->model.rctl_writes, writes + 1);
    assert_int_equal(m->model.mta_writes, 128);
    power_off(m);
}

static void interrupts_come_only_when_enabled_and_are_claimed_once(void **state)
{
    (void)state;
    FOR_EACH_DEVICE(device)
    {
        struct machine *m = open_machine(*device);
        const struct nic_ops *ops = m->nic->ops;

        arrives(m, 1);
        assert_false(intel_model_interrupts(&m->model));
        assert_true((pci_model_command(&m->model.bus) & PCI_COMMAND_INTX_DISABLE) != 0);
        assert_false(ops->irq_claim(m->nic));
        ops->irq_enable(m->nic, true);
        assert_true(intel_model_interrupts(&m->model));
        assert_true(ops->irq_claim(m->nic));
        assert_false(intel_model_interrupts(&m->model));
        assert_false(ops->irq_claim(m->nic));
        transmit(m, 1, 60);
        assert_true(intel_model_interrupts(&m->model));
        assert_true(ops->irq_claim(m->nic));
        arrives(m, 1);
        ops->irq_enable(m->nic, false);
        assert_false(intel_model_interrupts(&m->model));
        assert_false(ops->irq_claim(m->nic));
        ops->irq_enable(m->nic, true);
        nic_close(m->nic);
        assert_quiet(m);
        power_off(m);
    }
}

static void close_waits_until_dma_has_stopped(void **state)
{
    (void)state;
    FOR_EACH_DEVICE(device)
    {
        struct machine *m = open_machine(*device);

        for (unsigned n = 0; n < 100; n++)
            arrives(m, n);
        m->model.has_frame_under_way = true;
        m->model.has_endless_master = true;
        nic_close(m->nic);
        assert_quiet(m);
        assert_int_equal(pci_model_command(&m->model.bus) & PCI_COMMAND_INTX_DISABLE, 0); /* as it was found */
        m->model.bus.pci.ops->delay_us(&m->model.bus.pci, 10000);
        assert_quiet(m);
        assert_true(m->model.bus.now_us < 50000);
        m->model.has_frame_under_way = false;
        assert_int_equal(nic_open(m->nic), STATUS_OK);
        assert_silence(m);
        assert_true(arrives(m, 7));
        assert_received(m, 7);
        m->driver->detach(m->nic);
        assert_quiet(m);
        power_off(m);
    }
}

static void close_gives_the_last_frame_a_moment_and_no_more(void **state)
{
    struct machine *m = open_machine(0x100e);
    uint64_t before;

    (void)state;
    m->model.is_transmit_stuck = true;
    transmit(m, 1, 60);
    before = m->model.bus.now_us;
    nic_close(m->nic);
    assert_in_range(m->model.bus.now_us - before, 1000, 20000);
    assert_quiet(m);
    m->model.is_transmit_stuck = false;
    assert_int_equal(nic_open(m->nic), STATUS_OK);
    transmit(m, 2, 60);
    assert_int_equal(nic_transmitted(m->nic), 1);
    power_off(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attach_finds_the_address_and_leaves_the_device_quiet),
        cmocka_unit_test(the_address_comes_from_the_eeprom_when_the_register_is_empty),
        cmocka_unit_test(the_second_port_has_the_next_address),
        cmocka_unit_test(an_unusable_address_or_a_dead_eeprom_fails_attach),
        cmocka_unit_test(a_device_that_is_gone_or_out_of_reach_fails_attach),
        cmocka_unit_test(an_endless_reset_fails_and_ends),
        cmocka_unit_test(the_link_is_reported_as_it_is_and_never_reset),
        cmocka_unit_test(the_filter_lets_in_what_was_asked_for),
        cmocka_unit_test(a_filter_that_does_not_change_is_not_written),
        cmocka_unit_test(interrupts_come_only_when_enabled_and_are_claimed_once),
        cmocka_unit_test(close_waits_until_dma_has_stopped),
        cmocka_unit_test(close_gives_the_last_frame_a_moment_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
