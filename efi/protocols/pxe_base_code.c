/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/protocols/pxe_base_code.h"

#include "efi/platform/tpl.h"
#include "efi/protocols/net_boot.h"
#include "efi/protocols/pxe_functions.h"
#include "efi/protocols/pxe_mode.h"

EFI_STATUS pxe_base_code_check(const struct pxe_base_code *pxe)
{
    if (!pxe->mode.Started)
        return EFI_NOT_STARTED;
    return pxe->boot->is_busy ? EFI_NOT_READY : EFI_SUCCESS;
}

static EFI_STATUS EFIAPI pxe_start(EFI_PXE_BASE_CODE_PROTOCOL *this, BOOLEAN use_ipv6)
{
    struct tpl_entry tpl;
    EFI_STATUS status = EFI_SUCCESS;

    if (this == NULL)
        return EFI_INVALID_PARAMETER;
    tpl = tpl_enter();
    if (pxe_of(this)->boot->is_busy)
        status = EFI_NOT_READY;
    else if (this->Mode->Started)
        status = EFI_ALREADY_STARTED;
    else if (use_ipv6)
        status = EFI_UNSUPPORTED;
    else
        pxe_mode_start(pxe_of(this));
    tpl_leave(tpl);
    return status;
}

static EFI_STATUS EFIAPI pxe_stop(EFI_PXE_BASE_CODE_PROTOCOL *this)
{
    struct tpl_entry tpl;
    EFI_STATUS status;

    if (this == NULL)
        return EFI_INVALID_PARAMETER;
    tpl = tpl_enter();
    status = pxe_base_code_check(pxe_of(this));
    if (status == EFI_SUCCESS) {
        pxe_base_code_reset(pxe_of(this));
        if (pxe_of(this)->boot->ops->stopped != NULL)
            pxe_of(this)->boot->ops->stopped(pxe_of(this)->boot);
    }
    tpl_leave(tpl);
    return status;
}

void pxe_base_code_init(struct pxe_base_code *pxe, struct net_boot *boot)
{
    memset(pxe, 0, sizeof(*pxe));
    pxe->protocol = (EFI_PXE_BASE_CODE_PROTOCOL){
        .Revision = EFI_PXE_BASE_CODE_PROTOCOL_REVISION,
        .Start = pxe_start,
        .Stop = pxe_stop,
        .Dhcp = pxe_dhcp,
        .Discover = pxe_discover,
        .Mtftp = pxe_mtftp,
        .UdpWrite = pxe_udpwrite,
        .UdpRead = pxe_udpread,
        .SetIpFilter = pxe_set_ip_filter,
        .Arp = pxe_arp,
        .SetParameters = pxe_set_parameters,
        .SetStationIp = pxe_set_station_ip,
        .SetPackets = pxe_set_packets,
        .Mode = &pxe->mode,
    };
    pxe->boot = boot;
    pxe_mode_stop(pxe);
}

void pxe_base_code_after_boot(struct pxe_base_code *pxe)
{
    pxe_mode_start(pxe);
    pxe_mode_after_boot(pxe);
}

/* The NIC may be anybody's by now: what it was told stays its new owner's affair. */
void pxe_base_code_reset(struct pxe_base_code *pxe)
{
    static const struct net_config no_address;
    struct session *s = &pxe->boot->session;

    pxe_udp_unseat(pxe);
    download_stop(&s->transfer);
    download_stop(&s->size_query);
    net_detach(&s->net, &pxe->discovery.udp);
    pxe_mode_stop(pxe);
    memset(&s->net.filter, 0, sizeof(s->net.filter));
    s->net.ttl = pxe->mode.TTL;
    s->net.tos = pxe->mode.ToS;
    s->net.observer = NULL;
    net_configure(&s->net, &no_address);
}
