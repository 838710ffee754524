/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Started and stopped, and what each function changes in Mode. */
#include "tests/boot/efi/pxe_checks.h"
#include "tests/boot/efi/report.h"

enum {
    OPTION_END = 255,
    TTL_AT_START = 64,
    DHCP_MAGIC_BYTES = 4,
};

static const UINT8 dhcp_magic[DHCP_MAGIC_BYTES] = {99, 130, 83, 99};

EFI_IP_ADDRESS ip(UINT8 a, UINT8 b, UINT8 c, UINT8 d)
{
    EFI_IP_ADDRESS address;

    memset(&address, 0, sizeof(address));
    address.v4 = (EFI_IPv4_ADDRESS){{a, b, c, d}};
    return address;
}

/* Options that end, within the packet: boot programs read on until there is an end. */
static bool has_end(const EFI_PXE_BASE_CODE_PACKET *packet)
{
    size_t at = offsetof(EFI_PXE_BASE_CODE_DHCPV4_PACKET, DhcpOptions);

    while (at + 1 < sizeof(packet->Raw)) {
        if (packet->Raw[at] == OPTION_END)
            return true;
        at += packet->Raw[at] == 0 ? 1 : 2 + (size_t)packet->Raw[at + 1];
    }
    return false;
}

static bool is_reply(const EFI_PXE_BASE_CODE_PACKET *packet)
{
    return packet->Dhcpv4.BootpOpcode == 2 && memcmp(&packet->Dhcpv4.DhcpMagik, dhcp_magic, sizeof(dhcp_magic)) == 0 &&
           has_end(packet);
}

static bool is_contiguous(const EFI_IP_ADDRESS *netmask)
{
    const UINT8 *m = netmask->v4.Addr;
    UINT32 zeros = ~((UINT32)m[0] << 24 | (UINT32)m[1] << 16 | (UINT32)m[2] << 8 | m[3]);

    return (zeros & (zeros + 1)) == 0 && m[0] != 0;
}

void pxe_handed_over(void)
{
    const EFI_PXE_BASE_CODE_MODE *mode = &handed_over;
    const EFI_PXE_BASE_CODE_DHCPV4_PACKET *ack = &mode->DhcpAck.Dhcpv4;

    check_number("24.3.1", "Revision", pxe->Revision, 0x00010000);
    check(mode->Started && !mode->UsingIpv6, "24.3.1", "Mode: started, with IPv4");
    check(!mode->IcmpErrorReceived && !mode->TftpErrorReceived, "24.3.1", "Mode: no errors");
    check(mode->AutoArp && mode->TTL != 0, "24.3.1", "Mode: AutoArp, TTL");
    check(mode->DhcpDiscoverValid && mode->DhcpDiscover.Dhcpv4.BootpOpcode == 1 && has_end(&mode->DhcpDiscover),
          "24.3.1", "Mode: DhcpDiscover is there");
    check(mode->DhcpAckReceived && is_reply(&mode->DhcpAck), "24.3.1", "Mode: DhcpAck is there, and ends");
    check(memcmp(ack->BootpYiAddr, &mode->StationIp, 4) == 0 && !is_zero(ack->BootpYiAddr, 4), "24.3.1",
          "Mode: StationIp is DhcpAck's");
    check(is_contiguous(&mode->SubnetMask), "24.3.1", "Mode: SubnetMask");
    check(!mode->ProxyOfferReceived || is_reply(&mode->ProxyOffer), "24.3.1", "Mode: ProxyOffer ends, if any");
    check(!mode->PxeReplyReceived || is_reply(&mode->PxeReply), "24.3.1", "Mode: PxeReply ends, if any");
    check(!mode->PxeBisReplyReceived && is_zero(&mode->PxeBisReply, sizeof(mode->PxeBisReply)), "24.3.1",
          "Mode: no BIS");
    check(mode->IpFilter.Filters == EFI_PXE_BASE_CODE_IP_FILTER_STATION_IP && mode->IpFilter.IpCnt == 0, "24.3.4",
          "Mode: IpFilter is STATION_IP alone");
    check(mode->ArpCacheEntries <= EFI_PXE_BASE_CODE_MAX_ARP_ENTRIES &&
              mode->RouteTableEntries <= EFI_PXE_BASE_CODE_MAX_ROUTE_ENTRIES,
          "24.3.1", "Mode: sizes of ARP cache and route table");
    check(boot_file[0] != 0 && !is_zero(&server_ip, 4), "24.3.1", "Mode: a packet's header names file and server");
}

/* Section 24.3.2: what Start() leaves in every field. */
static void check_fresh(const EFI_PXE_BASE_CODE_MODE *mode)
{
    check(!mode->DhcpDiscoverValid && !mode->DhcpAckReceived && !mode->ProxyOfferReceived && !mode->PxeDiscoverValid &&
              !mode->PxeReplyReceived && !mode->PxeBisReplyReceived,
          "24.3.2", "Start: no packet is valid");
    check(is_zero(&mode->DhcpDiscover, 6 * sizeof(mode->DhcpDiscover)), "24.3.2", "Start: packets are zero");
    check(!mode->IcmpErrorReceived && !mode->TftpErrorReceived && is_zero(&mode->IcmpError, sizeof(mode->IcmpError)) &&
              is_zero(&mode->TftpError, sizeof(mode->TftpError)),
          "24.3.2", "Start: no errors");
    check(is_zero(&mode->StationIp, sizeof(mode->StationIp)) && is_zero(&mode->SubnetMask, sizeof(mode->SubnetMask)),
          "24.3.2", "Start: no address");
    check(is_zero(&mode->IpFilter, sizeof(mode->IpFilter)), "24.3.2", "Start: the filter is empty");
    check(mode->ArpCacheEntries == 0 && is_zero(mode->ArpCache, sizeof(mode->ArpCache)), "24.3.2",
          "Start: the ARP cache is empty");
    check(mode->RouteTableEntries == 0 && is_zero(mode->RouteTable, sizeof(mode->RouteTable)), "24.3.2",
          "Start: the route table is empty");
    check(mode->AutoArp && !mode->SendGUID && !mode->MakeCallbacks && !mode->UsingIpv6, "24.3.2",
          "Start: AutoArp, and not SendGUID, MakeCallbacks, UsingIpv6");
    /* 16 in the specification's and EDK2's older headers */
    check((mode->TTL == TTL_AT_START || mode->TTL == 16) && mode->ToS == 0, "24.3.2",
          "Start: DEFAULT_TTL, DEFAULT_ToS");
}

static void check_start(void)
{
    BOOLEAN has_ipv6 = pxe->Mode->Ipv6Supported;

    if (!has_ipv6) {
        check_status("24.3.2", "Start: UseIpv6, not supported", pxe->Start(pxe, TRUE), EFI_UNSUPPORTED);
        check(!pxe->Mode->Started, "24.3.2", "Start: a refused start starts nothing");
    }
    check_status("24.3.2", "Start", pxe->Start(pxe, FALSE), EFI_SUCCESS);
    check(pxe->Mode->Started && pxe->Mode->Ipv6Supported == has_ipv6, "24.3.2", "Start: Mode says started");
    check_fresh(pxe->Mode);
    check_status("24.3.2", "Start: again", pxe->Start(pxe, FALSE), EFI_ALREADY_STARTED);
}

static void check_filter(void)
{
    EFI_PXE_BASE_CODE_IP_FILTER filter = {
        .Filters = EFI_PXE_BASE_CODE_IP_FILTER_STATION_IP | EFI_PXE_BASE_CODE_IP_FILTER_BROADCAST, .IpCnt = 1};

    filter.IpList[0] = ip(239, 1, 2, 3);
    check_status("24.3.9", "SetIpFilter: station, broadcast, a group", pxe->SetIpFilter(pxe, &filter), EFI_SUCCESS);
    check(pxe->Mode->IpFilter.Filters == filter.Filters && pxe->Mode->IpFilter.IpCnt == 1 &&
              memcmp(&pxe->Mode->IpFilter.IpList[0], &filter.IpList[0], 4) == 0,
          "24.3.9", "SetIpFilter: Mode tells the filter");
    filter = (EFI_PXE_BASE_CODE_IP_FILTER){.Filters = EFI_PXE_BASE_CODE_IP_FILTER_STATION_IP};
    check_status("24.3.9", "SetIpFilter: station", pxe->SetIpFilter(pxe, &filter), EFI_SUCCESS);
    check(pxe->Mode->IpFilter.Filters == filter.Filters && pxe->Mode->IpFilter.IpCnt == 0, "24.3.9",
          "SetIpFilter: the list is gone from Mode");
}

static void check_parameters(void)
{
    BOOLEAN auto_arp = FALSE;
    UINT8 ttl = 7, tos = 0x10;

    check_status("24.3.11", "SetParameters: AutoArp, TTL, ToS",
                 pxe->SetParameters(pxe, &auto_arp, NULL, &ttl, &tos, NULL), EFI_SUCCESS);
    check(!pxe->Mode->AutoArp && pxe->Mode->TTL == 7 && pxe->Mode->ToS == 0x10, "24.3.11",
          "SetParameters: Mode tells them");
    check_status("24.3.11", "SetParameters: nothing", pxe->SetParameters(pxe, NULL, NULL, NULL, NULL, NULL),
                 EFI_SUCCESS);
    check(!pxe->Mode->AutoArp && pxe->Mode->TTL == 7 && pxe->Mode->ToS == 0x10, "24.3.11",
          "SetParameters: NULL keeps what was");
    auto_arp = TRUE;
    ttl = TTL_AT_START;
    tos = 0;
    check_status("24.3.11", "SetParameters: back", pxe->SetParameters(pxe, &auto_arp, NULL, &ttl, &tos, NULL),
                 EFI_SUCCESS);
}

static void check_station(void)
{
    check_status("24.3.12", "SetStationIp", pxe->SetStationIp(pxe, &handed_over.StationIp, &handed_over.SubnetMask),
                 EFI_SUCCESS);
    check(memcmp(&pxe->Mode->StationIp, &handed_over.StationIp, 4) == 0 &&
              memcmp(&pxe->Mode->SubnetMask, &handed_over.SubnetMask, 4) == 0,
          "24.3.12", "SetStationIp: Mode tells both");
    check_status("24.3.12", "SetStationIp: nothing", pxe->SetStationIp(pxe, NULL, NULL), EFI_SUCCESS);
    check(memcmp(&pxe->Mode->StationIp, &handed_over.StationIp, 4) == 0, "24.3.12", "SetStationIp: NULL keeps it");
}

static void check_packets(void)
{
    BOOLEAN yes = TRUE, no = FALSE;

    check_status("24.3.13", "SetPackets: DhcpAck, ProxyOffer",
                 pxe->SetPackets(pxe, NULL, &yes, &yes, NULL, NULL, NULL, NULL, &handed_over.DhcpAck,
                                 &handed_over.DhcpDiscover, NULL, NULL, NULL),
                 EFI_SUCCESS);
    check(pxe->Mode->DhcpAckReceived && pxe->Mode->ProxyOfferReceived && !pxe->Mode->PxeReplyReceived &&
              !pxe->Mode->DhcpDiscoverValid,
          "24.3.13", "SetPackets: Mode says which are valid");
    check(memcmp(&pxe->Mode->DhcpAck, &handed_over.DhcpAck, sizeof(handed_over.DhcpAck)) == 0 &&
              memcmp(&pxe->Mode->ProxyOffer, &handed_over.DhcpDiscover, sizeof(handed_over.DhcpAck)) == 0 &&
              is_zero(&pxe->Mode->PxeReply, sizeof(pxe->Mode->PxeReply)),
          "24.3.13", "SetPackets: Mode has them");
    check_status("24.3.13", "SetPackets: no ProxyOffer",
                 pxe->SetPackets(pxe, NULL, NULL, &no, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
                 EFI_SUCCESS);
    check(pxe->Mode->DhcpAckReceived && !pxe->Mode->ProxyOfferReceived, "24.3.13", "SetPackets: NULL keeps the others");
}

void pxe_state(void)
{
    check_status("24.3.3", "Stop", pxe->Stop(pxe), EFI_SUCCESS);
    check(!pxe->Mode->Started, "24.3.3", "Stop: Mode says so");
    check_status("24.3.3", "Stop: again", pxe->Stop(pxe), EFI_NOT_STARTED);
    pxe_arguments(false);
    check_start();
    check_filter();
    check_parameters();
    check_station();
    check_packets();
}
