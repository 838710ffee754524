/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* One table: each function of SNP, right but for what the row says, with its status in each of the three states. */
#include "tests/boot/efi/report.h"
#include "tests/boot/efi/snp_checks.h"

enum {
    NO_THIS = 1,
    NO_BUFFER = 2,
    NO_SIZE = 4,
    NO_ADDRESS = 8,
    NO_PROTOCOL = 16,
    FRAME = 60,
    ETHERNET_HEADER = 14,
    UNICAST = EFI_SIMPLE_NETWORK_RECEIVE_UNICAST,
    MULTICAST = EFI_SIMPLE_NETWORK_RECEIVE_MULTICAST,
    BROADCAST = EFI_SIMPLE_NETWORK_RECEIVE_BROADCAST,
};

#define NONE    ((EFI_STATUS)1234) /* not called in this state: it is right there */
#define INVALID EFI_INVALID_PARAMETER

struct call {
    const char *section, *what;
    EFI_STATUS (*run)(unsigned missing, UINTN value);
    unsigned missing;
    UINTN value;
    EFI_STATUS stopped, started, initialized;
};

static EFI_SIMPLE_NETWORK_PROTOCOL *this(unsigned missing)
{
    return (missing & NO_THIS) != 0 ? NULL : snp;
}

static EFI_STATUS run_start(unsigned missing, UINTN value)
{
    (void)value;
    return snp->Start(this(missing));
}

static EFI_STATUS run_stop(unsigned missing, UINTN value)
{
    (void)value;
    return snp->Stop(this(missing));
}

static EFI_STATUS run_initialize(unsigned missing, UINTN value)
{
    (void)value;
    return snp->Initialize(this(missing), 0, 0);
}

static EFI_STATUS run_reset(unsigned missing, UINTN value)
{
    return snp->Reset(this(missing), (BOOLEAN)value);
}

static EFI_STATUS run_shutdown(unsigned missing, UINTN value)
{
    (void)value;
    return snp->Shutdown(this(missing));
}

/* `value` is Enable. */
static EFI_STATUS run_filters(unsigned missing, UINTN value)
{
    return snp->ReceiveFilters(this(missing), (UINT32)value, 0, FALSE, 0, NULL);
}

static EFI_STATUS run_disable(unsigned missing, UINTN value)
{
    return snp->ReceiveFilters(this(missing), 0, (UINT32)value, FALSE, 0, NULL);
}

/* `value` is MCastFilterCnt. */
static EFI_STATUS run_groups(unsigned missing, UINTN value)
{
    static EFI_MAC_ADDRESS groups[MAX_MCAST_FILTER_CNT + 1];

    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
        groups[i] = (EFI_MAC_ADDRESS){{0x01, 0x00, 0x5e, 1, 2, (UINT8)i}};
    return snp->ReceiveFilters(this(missing), UNICAST | BROADCAST | MULTICAST, 0, FALSE, value,
                               (missing & NO_BUFFER) != 0 ? NULL : groups);
}

/* `value` is Reset. */
static EFI_STATUS run_station_address(unsigned missing, UINTN value)
{
    EFI_MAC_ADDRESS mac = snp->Mode->CurrentAddress;

    return snp->StationAddress(this(missing), (BOOLEAN)value, (missing & NO_ADDRESS) != 0 ? NULL : &mac);
}

/* `value` is the size that is said. */
static EFI_STATUS run_statistics(unsigned missing, UINTN value)
{
    static EFI_NETWORK_STATISTICS table;

    return snp->Statistics(this(missing), FALSE, (missing & NO_SIZE) != 0 ? NULL : &value,
                           (missing & NO_BUFFER) != 0 ? NULL : &table);
}

/* `value` is the first byte of the IPv4 address. */
static EFI_STATUS run_group_address(unsigned missing, UINTN value)
{
    EFI_IP_ADDRESS address;
    EFI_MAC_ADDRESS mac;

    memset(&address, 0, sizeof(address));
    address.v4.Addr[0] = (UINT8)value;
    return snp->MCastIpToMac(this(missing), FALSE, (missing & NO_ADDRESS) != 0 ? NULL : &address,
                             (missing & NO_BUFFER) != 0 ? NULL : &mac);
}

static EFI_STATUS run_nv_data(unsigned missing, UINTN value)
{
    UINT8 byte;

    return snp->NvData(this(missing), TRUE, value, 1, (missing & NO_BUFFER) != 0 ? NULL : &byte);
}

static EFI_STATUS run_get_status(unsigned missing, UINTN value)
{
    UINT32 interrupts;
    void *buffer;

    (void)value;
    return snp->GetStatus(this(missing), (missing & NO_SIZE) != 0 ? NULL : &interrupts,
                          (missing & NO_BUFFER) != 0 ? NULL : &buffer);
}

/* `value` is HeaderSize | BufferSize << 8. */
static EFI_STATUS run_transmit(unsigned missing, UINTN value)
{
    static UINT8 frame[2048];
    EFI_MAC_ADDRESS to = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
    UINT16 protocol = 0x88b5; /* IEEE 802: for local experiments */

    return snp->Transmit(this(missing), value & 0xff, value >> 8, (missing & NO_BUFFER) != 0 ? NULL : frame, NULL,
                         (missing & NO_ADDRESS) != 0 ? NULL : &to, (missing & NO_PROTOCOL) != 0 ? NULL : &protocol);
}

static EFI_STATUS run_receive(unsigned missing, UINTN value)
{
    static UINT8 frame[2048];
    UINTN size = sizeof(frame);

    (void)value;
    return snp->Receive(this(missing), NULL, (missing & NO_SIZE) != 0 ? NULL : &size,
                        (missing & NO_BUFFER) != 0 ? NULL : frame, NULL, NULL, NULL);
}

#define BY_STATE              EFI_NOT_STARTED, EFI_DEVICE_ERROR /* what nearly every function says before Initialize() */
#define SIZES(header, buffer) ((header) | (buffer) << 8)

static const struct call calls[] = {
    {"24.1.2", "Start: This NULL", run_start, NO_THIS, 0, INVALID, INVALID, INVALID},
    {"24.1.2", "Start", run_start, 0, 0, NONE, EFI_ALREADY_STARTED, EFI_ALREADY_STARTED},
    {"24.1.3", "Stop: This NULL", run_stop, NO_THIS, 0, INVALID, INVALID, INVALID},
    {"24.1.3", "Stop", run_stop, 0, 0, EFI_NOT_STARTED, NONE, EFI_DEVICE_ERROR},
    {"24.1.4", "Initialize: This NULL", run_initialize, NO_THIS, 0, INVALID, INVALID, INVALID},
    {"24.1.4", "Initialize", run_initialize, 0, 0, EFI_NOT_STARTED, NONE, EFI_DEVICE_ERROR},
    {"24.1.5", "Reset: This NULL", run_reset, NO_THIS, FALSE, INVALID, INVALID, INVALID},
    {"24.1.5", "Reset", run_reset, 0, FALSE, BY_STATE, EFI_SUCCESS},
    {"24.1.6", "Shutdown: This NULL", run_shutdown, NO_THIS, 0, INVALID, INVALID, INVALID},
    {"24.1.6", "Shutdown", run_shutdown, 0, 0, BY_STATE, NONE},
    {"24.1.7", "ReceiveFilters: This NULL", run_filters, NO_THIS, UNICAST, INVALID, INVALID, INVALID},
    {"24.1.7", "ReceiveFilters: unicast", run_filters, 0, UNICAST, BY_STATE, EFI_SUCCESS},
    {"24.1.7", "ReceiveFilters: enables a bit of no meaning", run_filters, 0, 0x80000000, BY_STATE, INVALID},
    {"24.1.7", "ReceiveFilters: disables a bit of no meaning", run_disable, 0, 0x80000000, BY_STATE, INVALID},
    {"24.1.7", "ReceiveFilters: MULTICAST, no groups", run_groups, 0, 0, BY_STATE, INVALID},
    {"24.1.7", "ReceiveFilters: MULTICAST, a list that is NULL", run_groups, NO_BUFFER, 1, BY_STATE, INVALID},
    {"24.1.7", "ReceiveFilters: MULTICAST, 17 groups", run_groups, 0, 17, BY_STATE, INVALID},
    {"24.1.8", "StationAddress: This NULL", run_station_address, NO_THIS, TRUE, INVALID, INVALID, INVALID},
    {"24.1.8", "StationAddress: reset", run_station_address, 0, TRUE, BY_STATE, EFI_SUCCESS},
    {"24.1.8", "StationAddress: New NULL", run_station_address, NO_ADDRESS, FALSE, BY_STATE, INVALID},
    {"24.1.9", "Statistics: This NULL", run_statistics, NO_THIS, 256, INVALID, INVALID, INVALID},
    {"24.1.9", "Statistics: a table, its size NULL", run_statistics, NO_SIZE, 0, BY_STATE, INVALID},
    {"24.1.9", "Statistics: size 8", run_statistics, 0, 8, BY_STATE, EFI_BUFFER_TOO_SMALL},
    {"24.1.9", "Statistics: the size is asked", run_statistics, NO_BUFFER, 0, BY_STATE, EFI_BUFFER_TOO_SMALL},
    {"24.1.9", "Statistics", run_statistics, 0, sizeof(EFI_NETWORK_STATISTICS), BY_STATE, EFI_SUCCESS},
    {"24.1.10", "MCastIpToMac: This NULL", run_group_address, NO_THIS, 224, INVALID, INVALID, INVALID},
    {"24.1.10", "MCastIpToMac: IP NULL", run_group_address, NO_ADDRESS, 224, BY_STATE, INVALID},
    {"24.1.10", "MCastIpToMac: MAC NULL", run_group_address, NO_BUFFER, 224, BY_STATE, INVALID},
    {"24.1.10", "MCastIpToMac: a station's address", run_group_address, 0, 192, BY_STATE, INVALID},
    {"24.1.10", "MCastIpToMac", run_group_address, 0, 224, BY_STATE, EFI_SUCCESS},
    {"24.1.11", "NvData: This NULL", run_nv_data, NO_THIS, 0, INVALID, INVALID, INVALID},
    {"24.1.11", "NvData: Buffer NULL", run_nv_data, NO_BUFFER, 0, BY_STATE, INVALID},
    {"24.1.11", "NvData: there is none", run_nv_data, 0, 0, BY_STATE, EFI_UNSUPPORTED},
    {"24.1.12", "GetStatus: This NULL", run_get_status, NO_THIS, 0, INVALID, INVALID, INVALID},
    {"24.1.12", "GetStatus: both NULL", run_get_status, NO_SIZE | NO_BUFFER, 0, BY_STATE, INVALID},
    {"24.1.12", "GetStatus: InterruptStatus alone", run_get_status, NO_BUFFER, 0, BY_STATE, EFI_SUCCESS},
    {"24.1.12", "GetStatus", run_get_status, 0, 0, BY_STATE, EFI_SUCCESS},
    {"24.1.13", "Transmit: This NULL", run_transmit, NO_THIS, SIZES(14, FRAME), INVALID, INVALID, INVALID},
    {"24.1.13", "Transmit: Buffer NULL", run_transmit, NO_BUFFER, SIZES(14, FRAME), BY_STATE, INVALID},
    {"24.1.13", "Transmit: DestAddr NULL", run_transmit, NO_ADDRESS, SIZES(14, FRAME), BY_STATE, INVALID},
    {"24.1.13", "Transmit: Protocol NULL", run_transmit, NO_PROTOCOL, SIZES(14, FRAME), BY_STATE, INVALID},
    {"24.1.13", "Transmit: HeaderSize 13", run_transmit, 0, SIZES(13, FRAME), BY_STATE, INVALID},
    {"24.1.13", "Transmit: HeaderSize 15", run_transmit, 0, SIZES(15, FRAME), BY_STATE, INVALID},
    {"24.1.13", "Transmit: 13 bytes", run_transmit, 0, SIZES(0, 13), BY_STATE, EFI_BUFFER_TOO_SMALL},
    {"24.1.13", "Transmit: 1515 bytes", run_transmit, 0, SIZES(14, 1515), BY_STATE, INVALID},
    {"24.1.14", "Receive: This NULL", run_receive, NO_THIS, 0, INVALID, INVALID, INVALID},
    {"24.1.14", "Receive: BufferSize NULL", run_receive, NO_SIZE, 0, BY_STATE, INVALID},
    {"24.1.14", "Receive: Buffer NULL", run_receive, NO_BUFFER, 0, BY_STATE, INVALID},
    {"24.1.14", "Receive", run_receive, 0, 0, BY_STATE, NONE},
};

static void check_state(EFI_SIMPLE_NETWORK_STATE state, const char *title)
{
    say("-- %s\n", title);
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        const struct call *call = &calls[i];
        EFI_STATUS wanted = state == EfiSimpleNetworkStopped   ? call->stopped
                            : state == EfiSimpleNetworkStarted ? call->started
                                                               : call->initialized;

        if (wanted != NONE)
            check_status(call->section, call->what, call->run(call->missing, call->value), wanted);
    }
    check_number("24.1.1", "Mode: the state is as before all these", snp->Mode->State, (UINT64)state);
}

static void check_mode(void)
{
    const EFI_SIMPLE_NETWORK_MODE *mode = snp->Mode;

    check_number("24.1.1", "Revision", snp->Revision, 0x00010000);
    check_number("24.1.1", "Mode: HwAddressSize", mode->HwAddressSize, 6);
    check_number("24.1.1", "Mode: MediaHeaderSize", mode->MediaHeaderSize, ETHERNET_HEADER);
    check_number("24.1.1", "Mode: MaxPacketSize", mode->MaxPacketSize, 1500);
    check_number("24.1.1", "Mode: IfType is Ethernet", mode->IfType, 1);
    check((mode->ReceiveFilterMask & (UNICAST | BROADCAST)) == (UNICAST | BROADCAST), "24.1.1",
          "Mode: the mask has UNICAST and BROADCAST");
    check(mode->MaxMCastFilterCount <= MAX_MCAST_FILTER_CNT, "24.1.1", "Mode: MaxMCastFilterCount");
    check(!is_zero(&mode->PermanentAddress, 6) && (mode->PermanentAddress.Addr[0] & 1) == 0, "24.1.1",
          "Mode: PermanentAddress is a station's");
    check(memcmp(&mode->BroadcastAddress, "\xff\xff\xff\xff\xff\xff", 6) == 0, "24.1.1", "Mode: BroadcastAddress");
    check(snp->WaitForPacket != NULL, "24.1.1", "WaitForPacket is an event");
}

static void check_filters(void)
{
    EFI_MAC_ADDRESS groups[2] = {{{0x01, 0x00, 0x5e, 1, 2, 3}}, {{0x33, 0x33, 0, 0, 0, 1}}};
    const EFI_SIMPLE_NETWORK_MODE *mode = snp->Mode;

    if (mode->MaxMCastFilterCount >= 2) {
        check_status("24.1.7", "ReceiveFilters: two groups",
                     snp->ReceiveFilters(snp, UNICAST | MULTICAST, 0, FALSE, 2, groups), EFI_SUCCESS);
        check(mode->MCastFilterCount == 2 && memcmp(&mode->MCastFilter[0], &groups[0], 6) == 0 &&
                  memcmp(&mode->MCastFilter[1], &groups[1], 6) == 0,
              "24.1.7", "ReceiveFilters: Mode has the groups");
        check_status("24.1.7", "ReceiveFilters: forget the groups",
                     snp->ReceiveFilters(snp, 0, MULTICAST, TRUE, 0, NULL), EFI_SUCCESS);
        check_number("24.1.7", "ReceiveFilters: Mode has none", mode->MCastFilterCount, 0);
    }
    check_status("24.1.7", "ReceiveFilters: unicast and broadcast",
                 snp->ReceiveFilters(snp, UNICAST | BROADCAST, 0, FALSE, 0, NULL), EFI_SUCCESS);
    check_number("24.1.7", "ReceiveFilters: Mode has the setting", mode->ReceiveFilterSetting, UNICAST | BROADCAST);
    check_status("24.1.7", "ReceiveFilters: what is in both masks is disabled",
                 snp->ReceiveFilters(snp, BROADCAST, BROADCAST, FALSE, 0, NULL), EFI_SUCCESS);
    check_number("24.1.7", "ReceiveFilters: Mode has the setting", mode->ReceiveFilterSetting, UNICAST);
}

static void check_station_address(void)
{
    EFI_MAC_ADDRESS other = {{0x02, 0x50, 0x55, 0x43, 0x4b, 0x01}};

    if (snp->Mode->MacAddressChangeable) {
        check_status("24.1.8", "StationAddress: another", snp->StationAddress(snp, FALSE, &other), EFI_SUCCESS);
        check(memcmp(&snp->Mode->CurrentAddress, &other, 6) == 0, "24.1.8", "StationAddress: Mode has it");
    }
    check_status("24.1.8", "StationAddress: reset", snp->StationAddress(snp, TRUE, NULL), EFI_SUCCESS);
    check(memcmp(&snp->Mode->CurrentAddress, &snp->Mode->PermanentAddress, 6) == 0, "24.1.8",
          "StationAddress: Mode has the permanent one");
}

static void check_group_address(void)
{
    EFI_IP_ADDRESS address;
    EFI_MAC_ADDRESS mac;

    memset(&address, 0, sizeof(address));
    address.v4 = (EFI_IPv4_ADDRESS){{239, 0xff, 1, 2}};
    check_status("24.1.10", "MCastIpToMac: 239.255.1.2", snp->MCastIpToMac(snp, FALSE, &address, &mac), EFI_SUCCESS);
    check(memcmp(&mac, "\x01\x00\x5e\x7f\x01\x02", 6) == 0, "24.1.10", "MCastIpToMac: RFC 1112's address");
    address.v6 = (EFI_IPv6_ADDRESS){{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xa, 0xb, 0xc, 0xd}};
    check_status("24.1.10", "MCastIpToMac: ff02::a0b:c0d", snp->MCastIpToMac(snp, TRUE, &address, &mac), EFI_SUCCESS);
    check(memcmp(&mac, "\x33\x33\x0a\x0b\x0c\x0d", 6) == 0, "24.1.10", "MCastIpToMac: RFC 2464's address");
}

void snp_states(void)
{
    /* The stack that was thrown out may have left it in any state. */
    (void)snp->Shutdown(snp);
    (void)snp->Stop(snp);
    check_mode();
    check_state(EfiSimpleNetworkStopped, "stopped");
    check_status("24.1.2", "Start", snp->Start(snp), EFI_SUCCESS);
    check_state(EfiSimpleNetworkStarted, "started");
    check_status("24.1.4", "Initialize", snp->Initialize(snp, 0, 0), EFI_SUCCESS);
    check_number("24.1.4", "Initialize: no filter is set", snp->Mode->ReceiveFilterSetting, 0);
    check_state(EfiSimpleNetworkInitialized, "initialized");
    check_filters();
    check_station_address();
    check_group_address();
}

void snp_end(void)
{
    check_status("24.1.6", "Shutdown", snp->Shutdown(snp), EFI_SUCCESS);
    check_number("24.1.6", "Shutdown: started again", snp->Mode->State, EfiSimpleNetworkStarted);
    check_number("24.1.6", "Shutdown: no filter is set", snp->Mode->ReceiveFilterSetting, 0);
    check_status("24.1.3", "Stop", snp->Stop(snp), EFI_SUCCESS);
    check_number("24.1.3", "Stop: stopped", snp->Mode->State, EfiSimpleNetworkStopped);
}
