/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* EFI_SIMPLE_NETWORK_PROTOCOL (UEFI 2.10, section 24.1): states, arguments, filters, addresses, statistics. */
#include "tests/unit/efi_snp_fixture.h"

/* --- states and NULLs --- */

static EFI_STATUS call(unsigned function, EFI_SIMPLE_NETWORK_PROTOCOL *this)
{
    static UINT32 interrupts;
    static EFI_IP_ADDRESS ip = {.Addr = {0x010000e0}};
    static EFI_MAC_ADDRESS mac;
    static EFI_NETWORK_STATISTICS table;
    UINTN size = sizeof(table);

    memset(bytes, 0xff, 60);
    len = sizeof(bytes);
    switch (function) {
    case 0:
        return net->Start(this);
    case 1:
        return net->Stop(this);
    case 2:
        return net->Initialize(this, 0, 0);
    case 3:
        return net->Shutdown(this);
    case 4:
        return net->Reset(this, FALSE);
    case 5:
        return net->ReceiveFilters(this, UNICAST, 0, FALSE, 0, NULL);
    case 6:
        return net->StationAddress(this, TRUE, NULL);
    case 7:
        return net->Statistics(this, FALSE, &size, &table);
    case 8:
        return net->MCastIpToMac(this, FALSE, &ip, &mac);
    case 9:
        return net->NvData(this, TRUE, 0, 1, bytes);
    case 10:
        return net->GetStatus(this, &interrupts, NULL);
    case 11:
        return net->Transmit(this, 0, 60, bytes, NULL, NULL, NULL);
    default:
        return net->Receive(this, NULL, &len, bytes, NULL, NULL, NULL);
    }
}

static void every_function_knows_its_states(void **state)
{
    static const struct {
        EFI_STATUS stopped, started, initialized;
    } expected[] = {
        {EFI_SUCCESS, EFI_ALREADY_STARTED, EFI_ALREADY_STARTED}, /* Start */
        {EFI_NOT_STARTED, EFI_SUCCESS, EFI_DEVICE_ERROR},        /* Stop */
        {EFI_NOT_STARTED, EFI_SUCCESS, EFI_DEVICE_ERROR},        /* Initialize */
        {EFI_NOT_STARTED, EFI_DEVICE_ERROR, EFI_SUCCESS},        /* Shutdown */
        {EFI_NOT_STARTED, EFI_DEVICE_ERROR, EFI_SUCCESS},        /* Reset */
        {EFI_NOT_STARTED, EFI_DEVICE_ERROR, EFI_SUCCESS},        /* ReceiveFilters */
        {EFI_NOT_STARTED, EFI_DEVICE_ERROR, EFI_SUCCESS},        /* StationAddress */
        {EFI_NOT_STARTED, EFI_DEVICE_ERROR, EFI_SUCCESS},        /* Statistics */
        {EFI_NOT_STARTED, EFI_DEVICE_ERROR, EFI_SUCCESS},        /* MCastIpToMac */
        {EFI_NOT_STARTED, EFI_DEVICE_ERROR, EFI_UNSUPPORTED},    /* NvData */
        {EFI_NOT_STARTED, EFI_DEVICE_ERROR, EFI_SUCCESS},        /* GetStatus */
        {EFI_NOT_STARTED, EFI_DEVICE_ERROR, EFI_SUCCESS},        /* Transmit */
        {EFI_NOT_STARTED, EFI_DEVICE_ERROR, EFI_NOT_READY},      /* Receive */
    };

    (void)state;
    for (unsigned f = 0; f < sizeof(expected) / sizeof(expected[0]); f++) {
        assert_int_equal(call(f, NULL), EFI_INVALID_PARAMETER);
        assert_int_equal(snp.mode.State, EfiSimpleNetworkStopped);
        assert_int_equal(call(f, net), expected[f].stopped);
        snp.mode.State = EfiSimpleNetworkStopped;
        assert_int_equal(net->Start(net), EFI_SUCCESS);
        assert_int_equal(snp.mode.State, EfiSimpleNetworkStarted);
        assert_int_equal(call(f, net), expected[f].started);
        snp.mode.State = EfiSimpleNetworkStarted;
        assert_int_equal(net->Initialize(net, 0, 0), EFI_SUCCESS);
        assert_int_equal(snp.mode.State, EfiSimpleNetworkInitialized);
        assert_true(nic->is_open);
        assert_int_equal(call(f, NULL), EFI_INVALID_PARAMETER);
        assert_int_equal(call(f, net), expected[f].initialized);
        snp.mode.State = EfiSimpleNetworkInitialized;
        assert_int_equal(net->Shutdown(net), EFI_SUCCESS);
        assert_false(nic->is_open);
        assert_int_equal(net->Stop(net), EFI_SUCCESS);
        assert_int_equal(snp.mode.State, EfiSimpleNetworkStopped);
        assert_int_equal(tpl, TPL_APPLICATION);
    }
}

static void mode_says_what_consumers_look_for(void **state)
{
    const EFI_SIMPLE_NETWORK_MODE *mode = net->Mode;

    (void)state;
    assert_int_equal(net->Revision, 0x10000);
    assert_int_equal(mode->HwAddressSize, 6);
    assert_int_equal(mode->MediaHeaderSize, 14);
    assert_int_equal(mode->MaxPacketSize, 1500);
    assert_int_equal(mode->IfType, 1);
    assert_int_equal(mode->NvRamSize, 0);
    assert_int_equal(mode->NvRamAccessSize, 0);
    assert_true(mode->MediaPresentSupported && mode->MediaPresent);
    assert_int_equal(mode->ReceiveFilterMask & (UNICAST | BROADCAST | MULTICAST), UNICAST | BROADCAST | MULTICAST);
    assert_int_equal(mode->ReceiveFilterSetting, 0);
    assert_in_range(mode->MaxMCastFilterCount, 1, MAX_MCAST_FILTER_CNT);
    assert_memory_equal(&mode->CurrentAddress, &ours, sizeof(ours));
    assert_memory_equal(&mode->PermanentAddress, &ours, sizeof(ours));
    assert_memory_equal(&mode->BroadcastAddress, &everybody, sizeof(everybody));
}

static void media_is_looked_at_by_get_status(void **state)
{
    UINT32 interrupts;

    (void)state;
    initialize(0);
    world.wire.ends[0].link_is_down = true;
    assert_true(snp.mode.MediaPresent);
    assert_int_equal(net->GetStatus(net, &interrupts, NULL), EFI_SUCCESS);
    assert_false(snp.mode.MediaPresent);
    world.wire.ends[0].link_is_down = false;
    assert_int_equal(net->GetStatus(net, &interrupts, NULL), EFI_SUCCESS);
    assert_true(snp.mode.MediaPresent);
}

/* --- filters and addresses --- */

static void filters_are_checked_and_mirrored(void **state)
{
    const EFI_SIMPLE_NETWORK_MODE *mode = net->Mode;
    EFI_MAC_ADDRESS many[MAX_MCAST_FILTER_CNT + 1];

    (void)state;
    for (unsigned i = 0; i <= MAX_MCAST_FILTER_CNT; i++)
        many[i] = groups[0];
    initialize(UNICAST);
    assert_int_equal(net->ReceiveFilters(net, 0x20, 0, FALSE, 0, NULL), EFI_INVALID_PARAMETER);
    assert_int_equal(net->ReceiveFilters(net, UNICAST, 0x80000000, FALSE, 0, NULL), EFI_INVALID_PARAMETER);
    assert_int_equal(net->ReceiveFilters(net, MULTICAST, 0, FALSE, 0, groups), EFI_INVALID_PARAMETER);
    assert_int_equal(net->ReceiveFilters(net, MULTICAST, 0, FALSE, 1, NULL), EFI_INVALID_PARAMETER);
    assert_int_equal(net->ReceiveFilters(net, MULTICAST, 0, FALSE, MAX_MCAST_FILTER_CNT + 1, many),
                     EFI_INVALID_PARAMETER);
    assert_int_equal(net->ReceiveFilters(net, MULTICAST, 0, FALSE, 1, &ours), EFI_INVALID_PARAMETER);
    assert_int_equal(mode->ReceiveFilterSetting, UNICAST);
    assert_int_equal(mode->MCastFilterCount, 0);

    assert_int_equal(net->ReceiveFilters(net, MULTICAST | BROADCAST, UNICAST | BROADCAST, FALSE, 2, groups),
                     EFI_SUCCESS);
    assert_int_equal(mode->ReceiveFilterSetting, MULTICAST);
    assert_int_equal(mode->MCastFilterCount, 2);
    assert_memory_equal(mode->MCastFilter, groups, 2 * sizeof(groups[0]));
    assert_int_equal(net->ReceiveFilters(net, UNICAST, 0, FALSE, 0, NULL), EFI_SUCCESS);
    assert_int_equal(mode->MCastFilterCount, 2);
    assert_int_equal(net->ReceiveFilters(net, 0, MULTICAST, TRUE, 0, NULL), EFI_SUCCESS);
    assert_int_equal(mode->ReceiveFilterSetting, UNICAST);
    assert_int_equal(mode->MCastFilterCount, 0);
    assert_int_equal(net->ReceiveFilters(net, MULTICAST, 0, FALSE, MAX_MCAST_FILTER_CNT, many), EFI_SUCCESS);
    assert_int_equal(net->ReceiveFilters(net, MULTICAST, 0, TRUE, 0, NULL), EFI_SUCCESS);
    assert_int_equal(mode->MCastFilterCount, 0);
}

static void what_was_not_asked_for_is_not_shown(void **state)
{
    static const struct {
        UINT32 filters;
        bool unicast, broadcast, group, other_group, foreign;
    } cases[] = {
        {0, false, false, false, false, false},
        {UNICAST, true, false, false, false, false},
        {BROADCAST, false, true, false, false, false},
        {MULTICAST, false, false, true, false, false},
        {ALL_MULTICAST, false, false, true, true, false},
        {UNICAST | BROADCAST | ALL_MULTICAST, true, true, true, true, false},
        {PROMISCUOUS, true, true, true, true, true},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        initialize(cases[i].filters);
        assert_int_equal(hears(&ours), cases[i].unicast);
        assert_int_equal(hears(&everybody), cases[i].broadcast);
        assert_int_equal(hears(&groups[1]), cases[i].group);
        assert_int_equal(hears(&groups[2]), cases[i].other_group);
        assert_int_equal(hears(&other), cases[i].foreign);
        assert_int_equal(net->Shutdown(net), EFI_SUCCESS);
        assert_int_equal(snp.mode.ReceiveFilterSetting, 0);
    }
}

static void the_station_address_can_be_another(void **state)
{
    (void)state;
    initialize(UNICAST);
    assert_int_equal(net->StationAddress(net, FALSE, NULL), EFI_INVALID_PARAMETER);
    assert_int_equal(net->StationAddress(net, FALSE, &groups[0]), EFI_INVALID_PARAMETER);
    assert_int_equal(net->StationAddress(net, FALSE, &other), EFI_SUCCESS);
    assert_memory_equal(&snp.mode.CurrentAddress, &other, sizeof(other));
    assert_memory_equal(&snp.mode.PermanentAddress, &ours, sizeof(ours));
    assert_true(hears(&other));
    assert_false(hears(&ours));
    assert_int_equal(net->Reset(net, FALSE), EFI_SUCCESS); /* leaves addresses and filters */
    assert_true(hears(&other));
    assert_int_equal(net->StationAddress(net, TRUE, NULL), EFI_SUCCESS);
    assert_memory_equal(&snp.mode.CurrentAddress, &ours, sizeof(ours));
    assert_true(hears(&ours));
    assert_false(hears(&other));
}

static void groups_have_their_addresses(void **state)
{
    static const uint8_t v4[6] = {0x01, 0x00, 0x5e, 0x01, 0x02, 0x03}, v6[6] = {0x33, 0x33, 0xff, 0x12, 0x34, 0x56};
    EFI_IP_ADDRESS ip = {.Addr = {0}};
    EFI_MAC_ADDRESS mac;

    (void)state;
    initialize(0);
    memcpy(&ip, "\xef\x81\x02\x03", 4);
    assert_int_equal(net->MCastIpToMac(net, FALSE, &ip, &mac), EFI_SUCCESS);
    assert_memory_equal(mac.Addr, v4, sizeof(v4));
    assert_int_equal(net->MCastIpToMac(net, TRUE, &ip, &mac), EFI_INVALID_PARAMETER);
    memcpy(&ip, "\xff\x02\0\0\0\0\0\0\0\0\0\1\xff\x12\x34\x56", 16);
    assert_int_equal(net->MCastIpToMac(net, TRUE, &ip, &mac), EFI_SUCCESS);
    assert_memory_equal(mac.Addr, v6, sizeof(v6));
    memcpy(&ip, "\xc0\x00\x02\x01", 4);
    assert_int_equal(net->MCastIpToMac(net, FALSE, &ip, &mac), EFI_INVALID_PARAMETER);
    assert_int_equal(net->MCastIpToMac(net, FALSE, NULL, &mac), EFI_INVALID_PARAMETER);
    assert_int_equal(net->MCastIpToMac(net, FALSE, &ip, NULL), EFI_INVALID_PARAMETER);
    assert_int_equal(net->NvData(net, TRUE, 0, 1, NULL), EFI_INVALID_PARAMETER);
}

static void statistics_count_what_passed(void **state)
{
    EFI_NETWORK_STATISTICS table;
    UINTN size = sizeof(table);

    (void)state;
    initialize(UNICAST | BROADCAST);
    assert_true(hears(&ours) && hears(&everybody));
    assert_int_equal(net->ReceiveFilters(net, 0, UNICAST, FALSE, 0, NULL), EFI_SUCCESS);
    assert_false(hears(&ours));
    memset(bytes, 0xff, 60);
    assert_int_equal(net->Transmit(net, 0, 60, bytes, NULL, NULL, NULL), EFI_SUCCESS);
    assert_int_equal(net->Statistics(net, FALSE, &size, &table), EFI_SUCCESS);
    assert_int_equal(size, sizeof(table));
    assert_int_equal(table.RxTotalFrames, 2);
    assert_int_equal(table.RxUnicastFrames, 1);
    assert_int_equal(table.RxBroadcastFrames, 1);
    assert_int_equal(table.RxTotalBytes, 120);
    assert_int_equal(table.RxDroppedFrames, 1);
    assert_int_equal(table.TxTotalFrames, 1);
    assert_int_equal(table.TxBroadcastFrames, 1);
    assert_int_equal(table.TxTotalBytes, 60);
    assert_int_equal(table.Collisions, UINT64_MAX);

    memset(&table, 0xee, sizeof(table));
    size = 2 * sizeof(UINT64);
    assert_int_equal(net->Statistics(net, FALSE, &size, &table), EFI_BUFFER_TOO_SMALL);
    assert_int_equal(size, sizeof(table));
    assert_int_equal(table.RxTotalFrames, 2);
    assert_int_equal(table.RxUndersizeFrames, 0xeeeeeeeeeeeeeeee);
    assert_int_equal(net->Statistics(net, FALSE, NULL, &table), EFI_INVALID_PARAMETER);
    assert_int_equal(net->Statistics(net, FALSE, &size, NULL), EFI_BUFFER_TOO_SMALL);
    assert_int_equal(net->Statistics(net, TRUE, NULL, NULL), EFI_SUCCESS);
    assert_int_equal(net->Statistics(net, FALSE, &size, &table), EFI_SUCCESS);
    assert_int_equal(table.RxTotalFrames, 0);
}

/* --- a NIC that refuses --- */

static struct nic_ops ops;
static bool refuses_open;
static unsigned filters_taken; /* before the first that is refused */

static enum status open_or_refuse(struct nic *n)
{
    (void)n;
    return refuses_open ? STATUS_NIC_FAILED : STATUS_OK;
}

static enum status filter_or_refuse(struct nic *n, unsigned filter, const struct mac *list, size_t count)
{
    (void)n, (void)filter, (void)list, (void)count;
    if (filters_taken == 0)
        return STATUS_NIC_FAILED;
    filters_taken--;
    return STATUS_OK;
}

static void nic_refuses(unsigned filters_before)
{
    ops = *nic->ops;
    ops.open = open_or_refuse;
    ops.set_filter = filter_or_refuse;
    nic->ops = &ops;
    refuses_open = false;
    filters_taken = filters_before;
}

static void a_nic_that_cannot_filter_is_not_left_open(void **state)
{
    (void)state;
    assert_int_equal(net->Start(net), EFI_SUCCESS);
    for (unsigned before = 0; before < 2; before++) { /* when it is opened; when SNP has its filters set */
        nic_refuses(before);
        assert_int_equal(net->Initialize(net, 0, 0), EFI_DEVICE_ERROR);
        assert_int_equal(snp.mode.State, EfiSimpleNetworkStarted);
        assert_false(nic->is_open);
    }
    filters_taken = 99;
    assert_int_equal(net->Initialize(net, 0, 0), EFI_SUCCESS);
}

static void a_reset_that_fails_leaves_snp_to_be_initialised(void **state)
{
    (void)state;
    for (unsigned how = 0; how < 2; how++) {
        initialize(0);
        nic_refuses(how == 0 ? 99 : 1);
        refuses_open = how == 0;
        assert_int_equal(net->Reset(net, FALSE), EFI_DEVICE_ERROR);
        assert_int_equal(snp.mode.State, EfiSimpleNetworkStarted);
        assert_false(nic->is_open);
        nic_refuses(99);
    }
    initialize(0);
}

static void what_the_nic_refuses_is_not_in_mode(void **state)
{
    (void)state;
    initialize(UNICAST);
    nic_refuses(0);
    assert_int_equal(net->ReceiveFilters(net, MULTICAST, UNICAST, FALSE, 2, groups), EFI_DEVICE_ERROR);
    assert_int_equal(snp.mode.ReceiveFilterSetting, UNICAST);
    assert_int_equal(snp.mode.MCastFilterCount, 0);
    assert_int_equal(net->StationAddress(net, FALSE, &other), EFI_DEVICE_ERROR);
    assert_memory_equal(&snp.mode.CurrentAddress, &ours, sizeof(ours));
    assert_memory_equal(nic->mac.byte, ours.Addr, sizeof(nic->mac.byte));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_function_knows_its_states),
        TEST(mode_says_what_consumers_look_for),
        TEST(media_is_looked_at_by_get_status),
        TEST(filters_are_checked_and_mirrored),
        TEST(what_was_not_asked_for_is_not_shown),
        TEST(the_station_address_can_be_another),
        TEST(groups_have_their_addresses),
        TEST(statistics_count_what_passed),
        TEST(a_nic_that_cannot_filter_is_not_left_open),
        TEST(a_reset_that_fails_leaves_snp_to_be_initialised),
        TEST(what_the_nic_refuses_is_not_in_mode),
    };

    return cmocka_run_group_tests_name("efi_snp", tests, NULL, NULL);
}
