/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A NIC over an SNP, over SNPs that misbehave; and whole boots over them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "efi/nic/snp_nic.h"
#include "tests/devices/efi_snp_model.h"
#include "tests/sim/efi_firmware.h"
#include "tests/sim/network.h"

enum {
    FILE_LEN = 3000000,
};

static struct network *n;
static struct efi_snp_model model;
static struct snp_nic snp;

static int start(void **state)
{
    (void)state;
    n = network_new(1, FILE_LEN);
    efi_firmware_start(&n->world);
    efi_snp_model_init(&model, n->config.nic);
    memset(&snp, 0xa5, sizeof(snp)); /* it does not rely on what was there */
    snp_nic_init(&snp, &model.protocol);
    n->config.nic = &snp.nic;
    return 0;
}

static int stop(void **state)
{
    (void)state;
    nic_close(&snp.nic);
    if (model.faults != 0)
        print_error("the SNP: %s\n", model.fault);
    assert_int_equal(model.faults, 0);
    assert_int_equal(model.mode.State, EfiSimpleNetworkStopped);
    efi_firmware_stop();
    network_free(n);
    return 0;
}

static void expect_boot(void)
{
    assert_int_equal(network_boot(n), STATUS_OK);
    assert_true(network_file_is_right(n));
}

static bool transmit(size_t len)
{
    struct writer w;

    if (!nic_transmit_room(&snp.nic, &w))
        return false;
    write_fill(&w, 0xff, len);
    nic_transmit(&snp.nic, writer_len(&w));
    return true;
}

/* --- opening and closing --- */

static void addresses_come_from_the_mode(void **state)
{
    (void)state;
    assert_memory_equal(snp.nic.mac.byte, model.mode.CurrentAddress.Addr, 6);
    assert_memory_equal(snp.nic.permanent_mac.byte, model.mode.PermanentAddress.Addr, 6);
}

static void card_that_is_no_ethernet_is_refused(void **state)
{
    (void)state;
    model.mode.HwAddressSize = 20; /* InfiniBand */
    assert_int_equal(nic_open(&snp.nic), STATUS_BAD_MAC);
    assert_int_equal(model.mode.State, EfiSimpleNetworkStopped);
}

static void initialize_that_fails_at_first_is_repeated(void **state)
{
    time_us before = n->world.now;

    (void)state;
    model.initialize_failures = 7;
    assert_int_equal(nic_open(&snp.nic), STATUS_OK);
    assert_int_equal(n->world.now - before, 7 * MILLISECONDS(10));
}

static void initialize_that_fails_for_ever_is_given_up(void **state)
{
    (void)state;
    model.initialize_failures = 1000;
    assert_int_equal(nic_open(&snp.nic), STATUS_NIC_FAILED);
    assert_int_equal(model.mode.State, EfiSimpleNetworkStopped);
    assert_true(model.initialize_failures > 900);
}

static void snp_that_is_started_already_is_taken(void **state)
{
    (void)state;
    model.start_is_repeated = true;
    assert_int_equal(nic_open(&snp.nic), STATUS_OK);
}

/* GRUB leaves its cards initialized, with filters of its own and frames under way. */
static void snp_that_is_initialized_already_is_initialized_anew(void **state)
{
    (void)state;
    model.protocol.Start(&model.protocol);
    model.protocol.Initialize(&model.protocol, 0, 0);
    model.stale = 5;
    assert_int_equal(nic_open(&snp.nic), STATUS_OK);
    assert_int_equal(model.initializations, 2);
    assert_int_equal(model.stale, 0);
    assert_int_equal(model.mode.ReceiveFilterSetting,
                     EFI_SIMPLE_NETWORK_RECEIVE_UNICAST | EFI_SIMPLE_NETWORK_RECEIVE_BROADCAST);
}

/* --- filters --- */

static void filters_keep_within_the_mask(void **state)
{
    static const struct mac group = {{1, 0, 0x5e, 1, 2, 3}};

    (void)state;
    model.mode.ReceiveFilterMask = 0xd; /* VirtioNetDxe */
    model.mode.MaxMCastFilterCount = 0;
    assert_int_equal(nic_open(&snp.nic), STATUS_OK);
    assert_int_equal(model.mode.ReceiveFilterSetting, 5);
    nic_set_filter(&snp.nic, NIC_FILTER_DIRECTED | NIC_FILTER_BROADCAST | NIC_FILTER_MULTICAST, &group, 1);
    assert_int_equal(model.mode.ReceiveFilterSetting, 0xd);
    nic_set_filter(&snp.nic, NIC_FILTER_DIRECTED | NIC_FILTER_BROADCAST, NULL, 0);
    assert_int_equal(model.mode.ReceiveFilterSetting, 5);
}

static void groups_are_listed_where_there_is_room_for_them(void **state)
{
    static const struct mac groups[5] = {{{1, 0, 0x5e, 1, 2, 3}}};

    (void)state;
    assert_int_equal(nic_open(&snp.nic), STATUS_OK);
    nic_set_filter(&snp.nic, NIC_FILTER_DIRECTED | NIC_FILTER_MULTICAST, groups, 4);
    assert_int_equal(model.mode.ReceiveFilterSetting, 3);
    assert_int_equal(model.mode.MCastFilterCount, 4);
    assert_memory_equal(model.mode.MCastFilter[0].Addr, groups[0].byte, 6);
    nic_set_filter(&snp.nic, NIC_FILTER_DIRECTED | NIC_FILTER_MULTICAST, groups, 5);
    assert_int_equal(model.mode.ReceiveFilterSetting, 0x11);
    nic_set_filter(&snp.nic, NIC_FILTER_DIRECTED | NIC_FILTER_MULTICAST | NIC_FILTER_ALL_MULTICAST, groups, 4);
    assert_int_equal(model.mode.ReceiveFilterSetting, 0x11);
    nic_set_filter(&snp.nic, NIC_FILTER_DIRECTED | NIC_FILTER_MULTICAST, groups, 0);
    assert_int_equal(model.mode.ReceiveFilterSetting, 1);
}

static bool hears(struct mac to)
{
    struct nic *far = &n->world.wire.ends[1].nic;
    struct slice frame;
    struct writer w;
    bool heard;

    assert_true(nic_transmit_room(far, &w));
    write_bytes(&w, to.byte, 6);
    write_fill(&w, 2, 60);
    nic_transmit(far, writer_len(&w));
    heard = nic_receive(&snp.nic, &frame);
    nic_receive_done(&snp.nic);
    return heard;
}

static void the_card_filters_what_its_driver_can(void **state)
{
    static const struct mac groups[] = {{{1, 0, 0x5e, 1, 2, 3}}, {{1, 0, 0x5e, 1, 2, 4}}};

    (void)state;
    assert_int_equal(nic_open(&snp.nic), STATUS_OK);
    assert_false(hears(groups[0]) || hears(groups[1]));
    nic_set_filter(&snp.nic, NIC_FILTER_DIRECTED | NIC_FILTER_MULTICAST, groups, 1);
    assert_true(hears(groups[0]) && !hears(groups[1]) && hears(snp.nic.mac));
    nic_set_filter(&snp.nic, NIC_FILTER_DIRECTED, NULL, 0);
    assert_false(hears(groups[0]) || hears(groups[1]));
    nic_set_filter(&snp.nic, NIC_FILTER_DIRECTED | NIC_FILTER_ALL_MULTICAST, NULL, 0);
    assert_true(hears(groups[0]) && hears(groups[1]));
}

/* A list that is refused costs time, not the transfer. */
static void groups_that_are_refused_come_with_all_others(void **state)
{
    static const struct mac groups[] = {{{1, 0, 0x5e, 1, 2, 3}}, {{1, 0, 0x5e, 1, 2, 4}}};

    (void)state;
    assert_int_equal(nic_open(&snp.nic), STATUS_OK);
    model.refused_filters = EFI_SIMPLE_NETWORK_RECEIVE_MULTICAST;
    nic_set_filter(&snp.nic, NIC_FILTER_DIRECTED | NIC_FILTER_MULTICAST, groups, 1);
    assert_int_equal(model.mode.ReceiveFilterSetting, 0x11);
    assert_true(hears(groups[0]) && hears(groups[1]));
    model.refused_filters |= EFI_SIMPLE_NETWORK_RECEIVE_PROMISCUOUS_MULTICAST;
    nic_set_filter(&snp.nic, NIC_FILTER_DIRECTED | NIC_FILTER_MULTICAST, groups, 1);
    assert_int_equal(model.mode.ReceiveFilterSetting, 9);
    assert_true(hears(groups[0]));
    model.refused_filters |= EFI_SIMPLE_NETWORK_RECEIVE_PROMISCUOUS;
    nic_set_filter(&snp.nic, NIC_FILTER_DIRECTED | NIC_FILTER_MULTICAST, groups, 1);
    assert_int_equal(model.mode.ReceiveFilterSetting, 1);
    assert_true(hears(snp.nic.mac));
}

static void boot_survives_filters_that_are_refused(void **state)
{
    (void)state;
    model.refused_filters = EFI_SIMPLE_NETWORK_RECEIVE_BROADCAST;
    model.mode.ReceiveFilterMask = 0xd;
    model.filter_refusals = 1;
    assert_int_equal(nic_open(&snp.nic), STATUS_OK);
    nic_close(&snp.nic);
    model.refused_filters = 0;
    model.filter_refusals = 2;
    expect_boot();
    assert_int_equal(model.mode.ReceiveFilterSetting, 0xd); /* the third try was for everything */
}

/* --- transmitting --- */

static void short_frames_are_padded(void **state)
{
    (void)state;
    assert_int_equal(nic_open(&snp.nic), STATUS_OK);
    memset(snp.transmit, 0x77, sizeof(snp.transmit));
    assert_true(transmit(14)); /* the model finds fault with less than 60 */
    for (size_t i = 14; i < NIC_FRAME_MIN; i++)
        assert_int_equal(snp.transmit[0][i], 0);
}

static void buffers_come_back_and_are_counted(void **state)
{
    (void)state;
    assert_int_equal(nic_open(&snp.nic), STATUS_OK);
    for (unsigned i = 0; i < 5 * SNP_NIC_BUFFERS; i++)
        assert_true(transmit(60));
    assert_int_equal(nic_transmitted(&snp.nic), 5 * SNP_NIC_BUFFERS);
    assert_int_equal(nic_transmitted(&snp.nic), 0);
    assert_int_equal(model.transmitted, 5 * SNP_NIC_BUFFERS);
}

/* After a second the first comes back to us, and as the driver has never given one back, the others soon. */
static void buffers_that_never_come_back_are_reclaimed(void **state)
{
    (void)state;
    model.recycling = EFI_SNP_GIVES_NONE;
    assert_int_equal(nic_open(&snp.nic), STATUS_OK);
    for (unsigned i = 0; i < SNP_NIC_BUFFERS; i++)
        assert_true(transmit(60));
    assert_false(transmit(60));
    efi_firmware_run(MILLISECONDS(900));
    assert_false(transmit(60));
    efi_firmware_run(MILLISECONDS(101));
    for (unsigned i = 0; i < SNP_NIC_BUFFERS; i++)
        assert_true(transmit(60));
    assert_false(transmit(60));
    efi_firmware_run(MILLISECONDS(11));
    assert_true(transmit(60));
}

static void full_driver_is_asked_again_for_a_while(void **state)
{
    (void)state;
    assert_int_equal(nic_open(&snp.nic), STATUS_OK);
    model.busy = 20;
    assert_true(transmit(60));
    assert_int_equal(model.transmitted, 1);
    model.busy = 1000;
    assert_true(transmit(60));
    assert_int_equal(model.transmitted, 1); /* the frame is lost, and nobody waits for ever */
    assert_true(model.busy > 900);
}

static void boot_with_few_transmit_buffers(void **state)
{
    (void)state;
    model.room = 1;
    expect_boot();
}

static void boot_with_a_driver_that_gives_back_nothing(void **state)
{
    (void)state;
    model.recycling = EFI_SNP_GIVES_NONE;
    expect_boot();
    assert_in_range(n->took, 0, SECONDS(20));
}

static void boot_with_a_driver_that_gives_back_foreign_buffers(void **state)
{
    (void)state;
    model.recycling = EFI_SNP_GIVES_FOREIGN;
    model.stale = 40;
    expect_boot();
    assert_in_range(n->took, 0, SECONDS(5));
}

static void boot_with_a_status_that_fails(void **state)
{
    (void)state;
    model.recycling = EFI_SNP_FAILS;
    expect_boot();
}

static void transmit_that_fails_ends_in_a_message(void **state)
{
    (void)state;
    model.is_transmit_broken = true;
    assert_int_equal(network_boot(n), STATUS_DHCP_TIMEOUT);
    assert_true(world_screen_has(&n->world, "PXE-E51"));
}

/* --- receiving --- */

static void receive_errors_are_counted_and_passed_over(void **state)
{
    struct slice frame;

    (void)state;
    assert_int_equal(nic_open(&snp.nic), STATUS_OK);
    model.receive_errors = 3;
    assert_false(nic_receive(&snp.nic, &frame));
    assert_int_equal(snp.nic.counters.received_bad, 3);
    model.receive_errors = 1000;
    assert_false(nic_receive(&snp.nic, &frame));
    assert_true(model.receive_errors > 990);
    model.receive_errors = 100;
    expect_boot();
}

static void frame_that_is_too_long_does_not_stay(void **state)
{
    struct slice frame;

    (void)state;
    assert_int_equal(nic_open(&snp.nic), STATUS_OK);
    model.jumbo = 9000;
    assert_false(nic_receive(&snp.nic, &frame));
    assert_int_equal(model.jumbo, 0);
    assert_int_equal(model.resets, 0);
    model.jumbo = 20000;
    assert_false(nic_receive(&snp.nic, &frame));
    assert_int_equal(model.resets, 1);
    expect_boot();
}

static void has_frame_takes_none(void **state)
{
    static const uint8_t broadcast[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 9, 8, 6, 7};
    struct slice frame;

    (void)state;
    assert_int_equal(nic_open(&snp.nic), STATUS_OK);
    assert_false(nic_has_frame(&snp.nic));
    wire_inject(&n->world.wire.ends[0], slice_of(broadcast, sizeof(broadcast)));
    assert_true(nic_has_frame(&snp.nic));
    assert_true(nic_has_frame(&snp.nic));
    assert_true(nic_receive(&snp.nic, &frame));
    assert_true(slice_equal(frame, slice_of(broadcast, sizeof(broadcast))));
    nic_receive_done(&snp.nic);
    assert_false(nic_has_frame(&snp.nic));
}

/* --- the link --- */

static void link_is_what_the_status_says(void **state)
{
    (void)state;
    model.is_link_down = true;
    model.mode.MediaPresent = TRUE; /* before GetStatus() it need not be true */
    assert_int_equal(nic_open(&snp.nic), STATUS_OK);
    assert_false(nic_link_up(&snp.nic));
    model.is_link_down = false;
    assert_true(nic_link_up(&snp.nic));
}

static void link_is_believed_in_where_nobody_tells(void **state)
{
    (void)state;
    model.is_link_down = true;
    model.mode.MediaPresentSupported = FALSE;
    assert_int_equal(nic_open(&snp.nic), STATUS_OK);
    assert_true(nic_link_up(&snp.nic));
}

static void link_down_ends_in_a_message(void **state)
{
    (void)state;
    model.is_link_down = true;
    assert_int_equal(network_boot(n), STATUS_LINK_DOWN);
    assert_in_range(n->took, SECONDS(14), SECONDS(16));
    assert_true(world_screen_has(&n->world, "PXE-E61"));
    assert_int_equal(model.mode.State, EfiSimpleNetworkStopped);
}

/* A driver that never says so is wrong once a frame has come; one that has told of a link before is not. */
static void frame_proves_a_link(void **state)
{
    static const uint8_t broadcast[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 9, 8, 6, 7};

    (void)state;
    model.is_link_hidden = true;
    assert_int_equal(nic_open(&snp.nic), STATUS_OK);
    assert_false(nic_link_up(&snp.nic));
    wire_inject(&n->world.wire.ends[0], slice_of(broadcast, sizeof(broadcast)));
    assert_true(nic_has_frame(&snp.nic));
    assert_true(nic_link_up(&snp.nic));
    model.is_link_hidden = false;
    assert_true(nic_link_up(&snp.nic));
    model.is_link_hidden = true;
    assert_false(nic_link_up(&snp.nic));
}

static void boot_over_a_lossy_wire(void **state)
{
    const struct wire_conditions lossy = {.delay = 500, .loss = 20, .ring = 64, .bytes_per_ms = 125000};

    (void)state;
    wire_set_conditions(&n->world.wire, &lossy);
    expect_boot();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(addresses_come_from_the_mode),
        TEST(card_that_is_no_ethernet_is_refused),
        TEST(initialize_that_fails_at_first_is_repeated),
        TEST(initialize_that_fails_for_ever_is_given_up),
        TEST(snp_that_is_started_already_is_taken),
        TEST(snp_that_is_initialized_already_is_initialized_anew),
        TEST(filters_keep_within_the_mask),
        TEST(groups_are_listed_where_there_is_room_for_them),
        TEST(the_card_filters_what_its_driver_can),
        TEST(groups_that_are_refused_come_with_all_others),
        TEST(boot_survives_filters_that_are_refused),
        TEST(short_frames_are_padded),
        TEST(buffers_come_back_and_are_counted),
        TEST(buffers_that_never_come_back_are_reclaimed),
        TEST(full_driver_is_asked_again_for_a_while),
        TEST(boot_with_few_transmit_buffers),
        TEST(boot_with_a_driver_that_gives_back_nothing),
        TEST(boot_with_a_driver_that_gives_back_foreign_buffers),
        TEST(boot_with_a_status_that_fails),
        TEST(transmit_that_fails_ends_in_a_message),
        TEST(receive_errors_are_counted_and_passed_over),
        TEST(frame_that_is_too_long_does_not_stay),
        TEST(has_frame_takes_none),
        TEST(link_is_what_the_status_says),
        TEST(link_is_believed_in_where_nobody_tells),
        TEST(link_down_ends_in_a_message),
        TEST(frame_proves_a_link),
        TEST(boot_over_a_lossy_wire),
    };

    return cmocka_run_group_tests_name("efi_snp_nic", tests, NULL, NULL);
}
