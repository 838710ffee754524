/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/protocols/pxe_mode.h"

#include "efi/protocols/net_boot.h"

enum {
    MODE_TTL = 64, /* RFC 1700; the specification's DEFAULT_TTL of 16 is from when networks were smaller */
    MODE_TOS = 0,
};

_Static_assert(sizeof(EFI_PXE_BASE_CODE_PACKET) == 1472, "UEFI 2.10, section 24.3.1");
_Static_assert(sizeof(EFI_PXE_BASE_CODE_MODE) == 10424, "UEFI 2.10, section 24.3.1");

void pxe_put_address(EFI_IP_ADDRESS *to, uint32_t address)
{
    struct ip_address ip = ipv4_address(address);

    memset(to, 0, sizeof(*to));
    memcpy(to, ip.byte, 4);
}

uint32_t pxe_get_address(const EFI_IP_ADDRESS *from)
{
    struct ip_address ip = {.family = IP_V4};

    memcpy(ip.byte, from, 4); /* callers' addresses need not be aligned */
    return ipv4_value(ip);
}

void pxe_mode_stop(struct pxe_base_code *pxe)
{
    memset(&pxe->mode, 0, sizeof(pxe->mode));
    pxe->mode.AutoArp = TRUE;
    pxe->mode.TTL = MODE_TTL;
    pxe->mode.ToS = MODE_TOS;
}

void pxe_mode_start(struct pxe_base_code *pxe)
{
    pxe_mode_stop(pxe);
    pxe->mode.Started = TRUE;
}

void pxe_mode_show_net(struct pxe_base_code *pxe)
{
    const struct net_config *config = &pxe->boot->session.net.config;
    EFI_PXE_BASE_CODE_MODE *mode = &pxe->mode;
    UINT32 count = 0;

    pxe_put_address(&mode->StationIp, config->address);
    pxe_put_address(&mode->SubnetMask, config->netmask);
    memset(mode->RouteTable, 0, sizeof(mode->RouteTable));
    for (; count < config->route_count && count < EFI_PXE_BASE_CODE_MAX_ROUTE_ENTRIES; count++) {
        EFI_PXE_BASE_CODE_ROUTE_ENTRY *route = &mode->RouteTable[count];

        pxe_put_address(&route->IpAddr, config->routes[count].destination);
        pxe_put_address(&route->SubnetMask, config->routes[count].netmask);
        pxe_put_address(&route->GwAddr, config->routes[count].gateway);
    }
    mode->RouteTableEntries = count;
}

void pxe_mode_show_arp(struct pxe_base_code *pxe)
{
    const struct arp_cache *cache = &pxe->boot->session.net.arp;
    EFI_PXE_BASE_CODE_MODE *mode = &pxe->mode;
    UINT32 count = 0;

    memset(mode->ArpCache, 0, sizeof(mode->ArpCache));
    for (unsigned n = 0; n < ARP_ENTRIES && count < EFI_PXE_BASE_CODE_MAX_ARP_ENTRIES; n++) {
        const struct arp_entry *entry = &cache->entries[n];

        if (entry->state == ARP_FREE || !entry->has_mac)
            continue;
        pxe_put_address(&mode->ArpCache[count].IpAddr, entry->address);
        memcpy(&mode->ArpCache[count].MacAddr, entry->mac.byte, sizeof(entry->mac.byte));
        count++;
    }
    mode->ArpCacheEntries = count;
}

void pxe_mode_reset_filter(struct pxe_base_code *pxe)
{
    memset(&pxe->mode.IpFilter, 0, sizeof(pxe->mode.IpFilter));
    pxe->mode.IpFilter.Filters = EFI_PXE_BASE_CODE_IP_FILTER_STATION_IP;
    if (pxe->boot->session.net.filter.everything || pxe->boot->session.net.filter.all_groups ||
        pxe->boot->session.net.filter.count != 0)
        (void)pxe_mode_apply_filter(pxe);
}

bool pxe_mode_filter_is_special(const struct pxe_base_code *pxe)
{
    const EFI_PXE_BASE_CODE_IP_FILTER *filter = &pxe->mode.IpFilter;

    return filter->IpCnt != 0 || (filter->Filters & (EFI_PXE_BASE_CODE_IP_FILTER_PROMISCUOUS |
                                                     EFI_PXE_BASE_CODE_IP_FILTER_PROMISCUOUS_MULTICAST)) != 0;
}

enum status pxe_mode_apply_filter(struct pxe_base_code *pxe)
{
    const EFI_PXE_BASE_CODE_IP_FILTER *wanted = &pxe->mode.IpFilter;
    struct net_filter filter = {
        .everything = (wanted->Filters & EFI_PXE_BASE_CODE_IP_FILTER_PROMISCUOUS) != 0,
        .all_groups = (wanted->Filters & EFI_PXE_BASE_CODE_IP_FILTER_PROMISCUOUS_MULTICAST) != 0,
    };

    for (; filter.count < wanted->IpCnt && filter.count < NET_FILTERED; filter.count++)
        filter.addresses[filter.count] = pxe_get_address(&wanted->IpList[filter.count]);
    return net_set_filter(&pxe->boot->session.net, &filter);
}

/* DISCOVER is shown as it was sent. */
static void show_discover(EFI_PXE_BASE_CODE_MODE *mode, const struct dhcp_packet *raw)
{
    size_t len = raw->len < sizeof(mode->DhcpDiscover) ? raw->len : sizeof(mode->DhcpDiscover);

    memset(&mode->DhcpDiscover, 0, sizeof(mode->DhcpDiscover));
    memcpy(mode->DhcpDiscover.Raw, raw->bytes, len);
    mode->DhcpDiscoverValid = raw->len != 0;
}

/*
 * Boot programs take the boot file and its server from the header (shim, GRUB), whatever option the server used: so the
 * packets are shown with the file and server that are really used there, and with an end option (wdsmgfw reads on
 * without one).
 */
static void show_packet(EFI_PXE_BASE_CODE_PACKET *to, const struct dhcp_packet *raw, const struct dhcp_boot *boot,
                        const struct dhcp_lease *lease, const struct boot_choice *choice)
{
    cached_packet_build(to->Raw, sizeof(to->Raw), raw, boot, lease, choice);
}

static void show_lease(struct pxe_base_code *pxe, const struct boot_choice *choice)
{
    const struct dhcp_lease *lease = &pxe->boot->session.dhcp.lease;
    EFI_PXE_BASE_CODE_MODE *mode = &pxe->mode;

    show_discover(mode, &lease->discover);
    show_packet(&mode->DhcpAck, &lease->ack, &lease->boot, lease, choice);
    mode->DhcpAckReceived = TRUE;
    memset(&mode->ProxyOffer, 0, sizeof(mode->ProxyOffer));
    mode->ProxyOfferReceived = lease->proxy.len != 0;
    if (mode->ProxyOfferReceived)
        show_packet(&mode->ProxyOffer, &lease->proxy, &lease->proxy_boot, lease, choice);
    pxe_mode_show_net(pxe);
    pxe_mode_show_arp(pxe);
    pxe_mode_reset_filter(pxe);
}

enum status pxe_mode_after_dhcp(struct pxe_base_code *pxe)
{
    struct boot_choice choice;
    enum status status = boot_options_choose(&pxe->boot->session.dhcp.lease, &choice);

    if (status == STATUS_OK)
        show_lease(pxe, &choice);
    return status;
}

/*
 * All packets that exist are there, those nobody sent as copies of what comes nearest. Who looks where: shim and GRUB
 * in DhcpAck, in ProxyOffer only when that names no file; syslinux in PxeReply, else in ProxyOffer, beside DhcpAck;
 * wdsmgfw and bootmgfw in PxeReply; some in ProxyOffer alone, which is why the firmware's own stack copies a PxeReply
 * there. As every copy names the same file and server, whoever looks anywhere finds what was booted.
 */
void pxe_mode_after_boot(struct pxe_base_code *pxe)
{
    const struct dhcp_lease *lease = &pxe->boot->session.dhcp.lease;
    const struct boot_choice *choice = &pxe->boot->session.flow.choice;
    EFI_PXE_BASE_CODE_MODE *mode = &pxe->mode;

    show_lease(pxe, choice);
    if (!mode->ProxyOfferReceived && lease->reply.len != 0)
        show_packet(&mode->ProxyOffer, &lease->reply, &lease->reply_boot, lease, choice);
    else if (!mode->ProxyOfferReceived)
        mode->ProxyOffer = mode->DhcpAck;
    mode->ProxyOfferReceived = TRUE;
    if (lease->reply.len != 0)
        show_packet(&mode->PxeReply, &lease->reply, &lease->reply_boot, lease, choice);
    else
        mode->PxeReply = mode->ProxyOffer;
    mode->PxeReplyReceived = TRUE;
}
