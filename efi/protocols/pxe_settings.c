/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* SetParameters() and SetPackets(): what later calls go by. Both change everything that is asked for, or nothing. */
#include "efi/platform/tpl.h"
#include "efi/protocols/net_boot.h"
#include "efi/protocols/pxe_functions.h"
#include "efi/protocols/pxe_mode.h"

/*
 * SendGUID changes nothing on the wire: the GUID goes out in option 97 of every DHCP message as it is, and the hardware
 * address stays the NIC's, by which servers know their clients.
 */
static EFI_STATUS set_parameters(struct pxe_base_code *pxe, const BOOLEAN *auto_arp, const BOOLEAN *send_guid,
                                 const UINT8 *ttl, const UINT8 *tos, const BOOLEAN *make_callback)
{
    EFI_PXE_BASE_CODE_MODE *mode = &pxe->mode;

    if (send_guid != NULL && *send_guid && !pxe->boot->config.has_uuid)
        return EFI_INVALID_PARAMETER;
    if (make_callback != NULL && *make_callback && pxe_call_find_callback(pxe) == NULL)
        return EFI_INVALID_PARAMETER;
    if (auto_arp != NULL)
        mode->AutoArp = *auto_arp != FALSE;
    if (send_guid != NULL)
        mode->SendGUID = *send_guid != FALSE;
    if (ttl != NULL)
        pxe->boot->session.net.ttl = mode->TTL = *ttl;
    if (tos != NULL)
        pxe->boot->session.net.tos = mode->ToS = *tos;
    if (make_callback != NULL)
        mode->MakeCallbacks = *make_callback != FALSE;
    return EFI_SUCCESS;
}

EFI_STATUS EFIAPI pxe_set_parameters(EFI_PXE_BASE_CODE_PROTOCOL *this, BOOLEAN *auto_arp, BOOLEAN *send_guid,
                                     UINT8 *ttl, UINT8 *tos, BOOLEAN *make_callback)
{
    struct tpl_entry tpl;
    EFI_STATUS status;

    if (this == NULL)
        return EFI_INVALID_PARAMETER;
    tpl = tpl_enter();
    status = pxe_base_code_check(pxe_of(this));
    if (status == EFI_SUCCESS)
        status = set_parameters(pxe_of(this), auto_arp, send_guid, ttl, tos, make_callback);
    tpl_leave(tpl);
    return status;
}

static void set_packet(BOOLEAN *flag, EFI_PXE_BASE_CODE_PACKET *packet, const BOOLEAN *new_flag,
                       const EFI_PXE_BASE_CODE_PACKET *new_packet)
{
    if (new_flag != NULL)
        *flag = *new_flag != FALSE;
    if (new_packet != NULL)
        memmove(packet, new_packet, sizeof(*packet));
}

static struct slice packet_of(BOOLEAN is_valid, const EFI_PXE_BASE_CODE_PACKET *packet)
{
    return slice_of(packet, is_valid ? sizeof(*packet) : 0);
}

/*
 * Discover() goes by what the servers said about boot servers: from now on that is what these packets say. The
 * station's address is SetStationIp()'s affair.
 */
static void learn_lease(struct pxe_base_code *pxe)
{
    const EFI_PXE_BASE_CODE_MODE *mode = &pxe->mode;
    struct dhcp_lease *lease = &pxe->boot->session.dhcp.lease;
    const struct dhcp_lease_packets packets = {
        .discover = packet_of(mode->DhcpDiscoverValid, &mode->DhcpDiscover),
        .ack = packet_of(mode->DhcpAckReceived, &mode->DhcpAck),
        .proxy = packet_of(mode->ProxyOfferReceived, &mode->ProxyOffer),
        .reply = packet_of(mode->PxeReplyReceived, &mode->PxeReply),
    };

    if (!dhcp_lease_restore(lease, &packets))
        memset(lease, 0, sizeof(*lease));
    pxe_address_adopt_routes(pxe);
}

EFI_STATUS EFIAPI pxe_set_packets(EFI_PXE_BASE_CODE_PROTOCOL *this, BOOLEAN *discover_valid, BOOLEAN *ack_received,
                                  BOOLEAN *proxy_received, BOOLEAN *pxe_discover_valid, BOOLEAN *reply_received,
                                  BOOLEAN *bis_received, EFI_PXE_BASE_CODE_PACKET *discover,
                                  EFI_PXE_BASE_CODE_PACKET *ack, EFI_PXE_BASE_CODE_PACKET *proxy,
                                  EFI_PXE_BASE_CODE_PACKET *pxe_discover, EFI_PXE_BASE_CODE_PACKET *reply,
                                  EFI_PXE_BASE_CODE_PACKET *bis)
{
    EFI_PXE_BASE_CODE_MODE *mode;
    struct tpl_entry tpl;
    EFI_STATUS status;

    if (this == NULL)
        return EFI_INVALID_PARAMETER;
    tpl = tpl_enter();
    status = pxe_base_code_check(pxe_of(this));
    if (status == EFI_SUCCESS) {
        mode = &pxe_of(this)->mode;
        set_packet(&mode->DhcpDiscoverValid, &mode->DhcpDiscover, discover_valid, discover);
        set_packet(&mode->DhcpAckReceived, &mode->DhcpAck, ack_received, ack);
        set_packet(&mode->ProxyOfferReceived, &mode->ProxyOffer, proxy_received, proxy);
        set_packet(&mode->PxeDiscoverValid, &mode->PxeDiscover, pxe_discover_valid, pxe_discover);
        set_packet(&mode->PxeReplyReceived, &mode->PxeReply, reply_received, reply);
        set_packet(&mode->PxeBisReplyReceived, &mode->PxeBisReply, bis_received, bis);
        learn_lease(pxe_of(this));
    }
    tpl_leave(tpl);
    return status;
}
