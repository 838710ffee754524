/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* SetStationIp(), SetIpFilter() and Arp(): whose packets are ours, and where others are. */
#include "efi/platform/tpl.h"
#include "efi/protocols/net_boot.h"
#include "efi/protocols/pxe_functions.h"
#include "efi/protocols/pxe_mode.h"
#include "efi/status.h"

#define LIMITED_BROADCAST 0xffffffffu

/* The ARP cache asks six times and gives up 5.9 s after the first. */
static const time_us arp_timeout = SECONDS(7);

static bool is_loopback(uint32_t address)
{
    return address >> 24 == 127;
}

static bool is_netmask(uint32_t mask)
{
    return mask != 0 && (~mask & (~mask + 1)) == 0;
}

/* A host's own address: none of those that RFC 1122 section 3.2.1.3 reserves, nor its network's first and last. */
static bool is_station(uint32_t address, uint32_t netmask)
{
    uint32_t hosts = netmask != 0 ? ~netmask : 0;

    if (address >> 24 == 0 || is_loopback(address) || address >> 24 >= 224)
        return false;
    return hosts <= 1 || ((address & hosts) != 0 && (address & hosts) != hosts);
}

/*
 * No function of the protocol sets a gateway: the routes are those of the ACK in Mode, when it is the ACK for this very
 * address. So they are there for a program that sets address and packets one after the other, whichever comes first.
 */
void pxe_address_adopt_routes(struct pxe_base_code *pxe)
{
    struct net *net = &pxe->boot->session.net;
    const struct dhcp_lease *lease = &pxe->boot->session.dhcp.lease;
    size_t count = 0;

    if (!pxe->mode.DhcpAckReceived || lease->address == 0 || lease->address != net->config.address)
        return;
    for (; count < lease->route_count && count < NET_ROUTES; count++)
        net->config.routes[count] = (struct net_route){.destination = lease->routes[count].destination,
                                                       .netmask = lease->routes[count].netmask,
                                                       .gateway = lease->routes[count].gateway};
    net->config.route_count = count;
    pxe_mode_show_net(pxe);
}

static EFI_STATUS set_station_ip(struct pxe_base_code *pxe, const EFI_IP_ADDRESS *station,
                                 const EFI_IP_ADDRESS *netmask)
{
    struct net *net = &pxe->boot->session.net;
    struct net_config config = net->config;

    if (station != NULL)
        config.address = pxe_get_address(station);
    if (netmask != NULL)
        config.netmask = pxe_get_address(netmask);
    if (netmask != NULL && !is_netmask(config.netmask))
        return EFI_INVALID_PARAMETER;
    if (station != NULL ? !is_station(config.address, config.netmask)
                        : config.address != 0 && !is_station(config.address, config.netmask))
        return EFI_INVALID_PARAMETER;
    if (config.address == net->config.address && config.netmask == net->config.netmask)
        return EFI_SUCCESS;
    if (config.address != net->config.address)
        config.route_count = 0; /* they were another network's */
    net_configure(net, &config);
    pxe_mode_show_net(pxe);
    pxe_address_adopt_routes(pxe);
    pxe_mode_show_arp(pxe);
    return EFI_SUCCESS;
}

EFI_STATUS EFIAPI pxe_set_station_ip(EFI_PXE_BASE_CODE_PROTOCOL *this, EFI_IP_ADDRESS *station, EFI_IP_ADDRESS *netmask)
{
    struct tpl_entry tpl;
    EFI_STATUS status;

    if (this == NULL)
        return EFI_INVALID_PARAMETER;
    tpl = tpl_enter();
    status = pxe_base_code_check(pxe_of(this));
    if (status == EFI_SUCCESS)
        status = set_station_ip(pxe_of(this), station, netmask);
    tpl_leave(tpl);
    return status;
}

static bool filter_is_wrong(const EFI_PXE_BASE_CODE_IP_FILTER *filter)
{
    if (filter == NULL || filter->IpCnt > EFI_PXE_BASE_CODE_MAX_IPCNT)
        return true;
    for (unsigned n = 0; n < filter->IpCnt; n++) {
        uint32_t address = pxe_get_address(&filter->IpList[n]);

        if (address == LIMITED_BROADCAST || is_loopback(address))
            return true;
    }
    return false;
}

/* The NIC is only asked for when it has anything to learn. */
static EFI_STATUS set_ip_filter(struct pxe_base_code *pxe, const EFI_PXE_BASE_CODE_IP_FILTER *filter)
{
    const EFI_PXE_BASE_CODE_IP_FILTER before = pxe->mode.IpFilter;
    bool was_special = pxe_mode_filter_is_special(pxe);
    EFI_STATUS status;

    memmove(&pxe->mode.IpFilter, filter, sizeof(*filter));
    if (!was_special && !pxe_mode_filter_is_special(pxe))
        return EFI_SUCCESS;
    status = net_boot_begin(pxe->boot);
    if (status != EFI_SUCCESS) {
        pxe->mode.IpFilter = before;
        return status;
    }
    status = efi_status(pxe_mode_apply_filter(pxe));
    net_boot_end(pxe->boot, true);
    return status;
}

EFI_STATUS EFIAPI pxe_set_ip_filter(EFI_PXE_BASE_CODE_PROTOCOL *this, EFI_PXE_BASE_CODE_IP_FILTER *filter)
{
    struct pxe_base_code *pxe = pxe_of(this);
    struct tpl_entry tpl;
    EFI_STATUS status;

    if (this == NULL)
        return EFI_INVALID_PARAMETER;
    tpl = tpl_enter();
    status = pxe_base_code_check(pxe);
    if (status == EFI_SUCCESS && filter_is_wrong(filter))
        status = EFI_INVALID_PARAMETER;
    if (status == EFI_SUCCESS)
        status = set_ip_filter(pxe, filter);
    tpl_leave(tpl);
    return status;
}

static const struct arp_entry *find(const struct net *net, uint32_t address)
{
    for (unsigned n = 0; n < ARP_ENTRIES; n++)
        if (net->arp.entries[n].state != ARP_FREE && net->arp.entries[n].address == address)
            return &net->arp.entries[n];
    return NULL;
}

struct arp_question {
    const struct net *net;
    uint32_t address;
};

static bool arp_is_over(const void *context)
{
    const struct arp_question *question = context;
    const struct arp_entry *entry = find(question->net, question->address);

    return entry == NULL || entry->has_mac;
}

static EFI_STATUS ask(struct pxe_base_code *pxe, uint32_t address)
{
    struct net *net = &pxe->boot->session.net;
    struct arp_question question = {.net = net, .address = address};
    enum status status;

    (void)arp_cache_want(&net->arp, address, session_now());
    status = pxe_call_wait(pxe, arp_is_over, &question, arp_timeout);
    if (status != STATUS_OK)
        return efi_status(status);
    return find(net, address) != NULL ? EFI_SUCCESS : EFI_TIMEOUT;
}

static EFI_STATUS arp(struct pxe_base_code *pxe, const EFI_IP_ADDRESS *ip, EFI_MAC_ADDRESS *mac)
{
    EFI_STATUS status = pxe_base_code_check(pxe);
    const struct arp_entry *entry;
    uint32_t address;

    if (status != EFI_SUCCESS)
        return status;
    if (ip == NULL)
        return EFI_INVALID_PARAMETER;
    address = pxe_get_address(ip);
    if (address == 0 || address == LIMITED_BROADCAST || is_loopback(address) || ipv4_is_multicast(address))
        return EFI_INVALID_PARAMETER;
    status = pxe_call_begin(pxe, EFI_PXE_BASE_CODE_FUNCTION_ARP, NULL);
    if (status != EFI_SUCCESS)
        return status;
    if (pxe->mode.AutoArp)
        status = ask(pxe, address);
    entry = find(&pxe->boot->session.net, address);
    if (status == EFI_SUCCESS && (entry == NULL || !entry->has_mac)) {
        status = EFI_DEVICE_ERROR; /* not in the cache, and asking is not wanted */
    } else if (status == EFI_SUCCESS && mac != NULL) {
        memset(mac, 0, sizeof(*mac));
        memcpy(mac, entry->mac.byte, sizeof(entry->mac.byte));
    }
    return pxe_call_end(pxe, status, false);
}

EFI_STATUS EFIAPI pxe_arp(EFI_PXE_BASE_CODE_PROTOCOL *this, EFI_IP_ADDRESS *ip, EFI_MAC_ADDRESS *mac)
{
    struct tpl_entry tpl;
    EFI_STATUS status;

    if (this == NULL)
        return EFI_INVALID_PARAMETER;
    tpl = tpl_enter();
    status = arp(pxe_of(this), ip, mac);
    tpl_leave(tpl);
    return status;
}
