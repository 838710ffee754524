/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/protocols/pxe_base_code.h"

#include "efi/platform/tpl.h"
#include "efi/protocols/net_boot.h"
#include "efi/protocols/pxe_mode.h"

static struct pxe_base_code *pxe_of(EFI_PXE_BASE_CODE_PROTOCOL *this)
{
    return (struct pxe_base_code *)this;
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
    EFI_STATUS status = EFI_SUCCESS;

    if (this == NULL)
        return EFI_INVALID_PARAMETER;
    tpl = tpl_enter();
    if (pxe_of(this)->boot->is_busy)
        status = EFI_NOT_READY;
    else if (!this->Mode->Started)
        status = EFI_NOT_STARTED;
    else
        pxe_base_code_reset(pxe_of(this));
    tpl_leave(tpl);
    return status;
}

static EFI_STATUS EFIAPI pxe_dhcp(EFI_PXE_BASE_CODE_PROTOCOL *this, BOOLEAN sort_offers)
{
    (void)sort_offers;
    return this == NULL ? EFI_INVALID_PARAMETER : this->Mode->Started ? EFI_UNSUPPORTED : EFI_NOT_STARTED;
}

static EFI_STATUS EFIAPI pxe_discover(EFI_PXE_BASE_CODE_PROTOCOL *this, UINT16 type, UINT16 *layer, BOOLEAN use_bis,
                                      EFI_PXE_BASE_CODE_DISCOVER_INFO *info)
{
    (void)type, (void)layer, (void)use_bis, (void)info;
    return this == NULL ? EFI_INVALID_PARAMETER : this->Mode->Started ? EFI_UNSUPPORTED : EFI_NOT_STARTED;
}

static EFI_STATUS EFIAPI pxe_mtftp(EFI_PXE_BASE_CODE_PROTOCOL *this, EFI_PXE_BASE_CODE_TFTP_OPCODE operation,
                                   VOID *buffer, BOOLEAN overwrite, UINT64 *buffer_size, UINTN *block_size,
                                   EFI_IP_ADDRESS *server, UINT8 *file, EFI_PXE_BASE_CODE_MTFTP_INFO *info,
                                   BOOLEAN dont_use_buffer)
{
    (void)operation, (void)buffer, (void)overwrite, (void)buffer_size, (void)block_size, (void)server, (void)file;
    (void)info, (void)dont_use_buffer;
    return this == NULL ? EFI_INVALID_PARAMETER : this->Mode->Started ? EFI_UNSUPPORTED : EFI_NOT_STARTED;
}

static EFI_STATUS EFIAPI pxe_udp_write(EFI_PXE_BASE_CODE_PROTOCOL *this, UINT16 flags, EFI_IP_ADDRESS *to_ip,
                                       EFI_PXE_BASE_CODE_UDP_PORT *to_port, EFI_IP_ADDRESS *gateway,
                                       EFI_IP_ADDRESS *from_ip, EFI_PXE_BASE_CODE_UDP_PORT *from_port,
                                       UINTN *header_size, VOID *header, UINTN *buffer_size, VOID *buffer)
{
    (void)flags, (void)to_ip, (void)to_port, (void)gateway, (void)from_ip, (void)from_port, (void)header_size;
    (void)header, (void)buffer_size, (void)buffer;
    return this == NULL ? EFI_INVALID_PARAMETER : this->Mode->Started ? EFI_UNSUPPORTED : EFI_NOT_STARTED;
}

static EFI_STATUS EFIAPI pxe_udp_read(EFI_PXE_BASE_CODE_PROTOCOL *this, UINT16 flags, EFI_IP_ADDRESS *to_ip,
                                      EFI_PXE_BASE_CODE_UDP_PORT *to_port, EFI_IP_ADDRESS *from_ip,
                                      EFI_PXE_BASE_CODE_UDP_PORT *from_port, UINTN *header_size, VOID *header,
                                      UINTN *buffer_size, VOID *buffer)
{
    (void)flags, (void)to_ip, (void)to_port, (void)from_ip, (void)from_port, (void)header_size;
    (void)header, (void)buffer_size, (void)buffer;
    return this == NULL ? EFI_INVALID_PARAMETER : this->Mode->Started ? EFI_UNSUPPORTED : EFI_NOT_STARTED;
}

static EFI_STATUS EFIAPI pxe_set_ip_filter(EFI_PXE_BASE_CODE_PROTOCOL *this, EFI_PXE_BASE_CODE_IP_FILTER *filter)
{
    (void)filter;
    return this == NULL ? EFI_INVALID_PARAMETER : this->Mode->Started ? EFI_UNSUPPORTED : EFI_NOT_STARTED;
}

static EFI_STATUS EFIAPI pxe_arp(EFI_PXE_BASE_CODE_PROTOCOL *this, EFI_IP_ADDRESS *address, EFI_MAC_ADDRESS *mac)
{
    (void)address, (void)mac;
    return this == NULL ? EFI_INVALID_PARAMETER : this->Mode->Started ? EFI_UNSUPPORTED : EFI_NOT_STARTED;
}

static EFI_STATUS EFIAPI pxe_set_parameters(EFI_PXE_BASE_CODE_PROTOCOL *this, BOOLEAN *auto_arp, BOOLEAN *send_guid,
                                            UINT8 *ttl, UINT8 *tos, BOOLEAN *make_callback)
{
    (void)auto_arp, (void)send_guid, (void)ttl, (void)tos, (void)make_callback;
    return this == NULL ? EFI_INVALID_PARAMETER : this->Mode->Started ? EFI_UNSUPPORTED : EFI_NOT_STARTED;
}

static EFI_STATUS EFIAPI pxe_set_station_ip(EFI_PXE_BASE_CODE_PROTOCOL *this, EFI_IP_ADDRESS *station,
                                            EFI_IP_ADDRESS *netmask)
{
    (void)station, (void)netmask;
    return this == NULL ? EFI_INVALID_PARAMETER : this->Mode->Started ? EFI_UNSUPPORTED : EFI_NOT_STARTED;
}

static EFI_STATUS EFIAPI pxe_set_packets(EFI_PXE_BASE_CODE_PROTOCOL *this, BOOLEAN *discover_valid,
                                         BOOLEAN *ack_received, BOOLEAN *proxy_received, BOOLEAN *pxe_discover_valid,
                                         BOOLEAN *reply_received, BOOLEAN *bis_received,
                                         EFI_PXE_BASE_CODE_PACKET *discover, EFI_PXE_BASE_CODE_PACKET *ack,
                                         EFI_PXE_BASE_CODE_PACKET *proxy, EFI_PXE_BASE_CODE_PACKET *pxe_discover,
                                         EFI_PXE_BASE_CODE_PACKET *reply, EFI_PXE_BASE_CODE_PACKET *bis)
{
    (void)discover_valid, (void)ack_received, (void)proxy_received, (void)pxe_discover_valid, (void)reply_received;
    (void)bis_received, (void)discover, (void)ack, (void)proxy, (void)pxe_discover, (void)reply, (void)bis;
    return this == NULL ? EFI_INVALID_PARAMETER : this->Mode->Started ? EFI_UNSUPPORTED : EFI_NOT_STARTED;
}

void pxe_base_code_init(struct pxe_base_code *pxe, struct net_boot *boot)
{
    *pxe = (struct pxe_base_code){
        .protocol =
            {
                .Revision = EFI_PXE_BASE_CODE_PROTOCOL_REVISION,
                .Start = pxe_start,
                .Stop = pxe_stop,
                .Dhcp = pxe_dhcp,
                .Discover = pxe_discover,
                .Mtftp = pxe_mtftp,
                .UdpWrite = pxe_udp_write,
                .UdpRead = pxe_udp_read,
                .SetIpFilter = pxe_set_ip_filter,
                .Arp = pxe_arp,
                .SetParameters = pxe_set_parameters,
                .SetStationIp = pxe_set_station_ip,
                .SetPackets = pxe_set_packets,
                .Mode = &pxe->mode,
            },
        .boot = boot,
    };
    pxe_mode_stop(pxe);
}

void pxe_base_code_after_boot(struct pxe_base_code *pxe)
{
    pxe_mode_start(pxe);
    pxe_mode_after_boot(pxe);
}

void pxe_base_code_reset(struct pxe_base_code *pxe)
{
    static const struct net_config no_address;

    pxe_mode_stop(pxe);
    net_configure(&pxe->boot->session.net, &no_address);
}
