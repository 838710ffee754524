/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Discover() (UEFI 2.10, section 24.3.6): asks for a boot server of one type, where the caller says or, without Info,
 * where the servers' packets in Mode say.
 */
#include "efi/platform/tpl.h"
#include "efi/protocols/net_boot.h"
#include "efi/protocols/pxe_functions.h"
#include "efi/protocols/pxe_mode.h"
#include "efi/status.h"
#include "firmware/base/text.h"

enum {
    VENDOR_MAX = 1472,
};

/*
 * Option 43 of a packet as the caller, or a server, left it in Mode; false when it does not say whom to ask. A boot
 * server's reply does not, and after our own boot it may stand where no proxy made an offer.
 */
static bool vendor_options(const EFI_PXE_BASE_CODE_PACKET *packet, struct writer *joined, struct pxe_options *out)
{
    struct reader r = reader_of(slice_of(packet->Raw, sizeof(packet->Raw)));
    struct dhcp_message m;

    return dhcp_message_parse(&r, &m) && dhcp_option(&m, DHCP_TAG_VENDOR, joined) &&
           pxe_options_parse(writer_written(joined), out) &&
           (out->has_control || out->has_discovery_address || out->boot_servers.len != 0);
}

/* The proxy knows about boot servers, if there is one; a DHCP server that is no PXE server leaves broadcast. */
static void config_from_mode(const EFI_PXE_BASE_CODE_MODE *mode, UINT16 type, struct boot_server_config *config)
{
    uint8_t bytes[VENDOR_MAX];
    struct writer joined = writer_of(bytes, sizeof(bytes));
    struct pxe_options options = {0};

    if (!(mode->ProxyOfferReceived && vendor_options(&mode->ProxyOffer, &joined, &options))) {
        joined = writer_of(bytes, sizeof(bytes));
        if (!(mode->DhcpAckReceived && vendor_options(&mode->DhcpAck, &joined, &options)))
            memset(&options, 0, sizeof(options));
    }
    boot_server_config_set(config, &options, type);
}

static bool info_is_wrong(const EFI_PXE_BASE_CODE_DISCOVER_INFO *info)
{
    if (!info->UseMCast && !info->UseBCast && !info->UseUCast)
        return true;
    if ((info->UseUCast || info->MustUseList) && info->IpCnt == 0)
        return true;
    return info->UseMCast && !ipv4_is_multicast(pxe_get_address(&info->ServerMCastIp));
}

/* An entry of another type says nothing about this one. The list lies behind the struct, as many as IpCnt says. */
static void config_from_info(const EFI_PXE_BASE_CODE_DISCOVER_INFO *info, UINT16 type,
                             struct boot_server_config *config)
{
    const EFI_PXE_BASE_CODE_SRVLIST *list = info->SrvList;

    config->multicast = info->UseMCast ? pxe_get_address(&info->ServerMCastIp) : 0;
    config->uses_broadcast = info->UseBCast != FALSE;
    config->uses_list = info->UseUCast != FALSE;
    config->only_listed = info->MustUseList != FALSE;
    for (size_t n = 0; n < info->IpCnt && (info->UseUCast || info->MustUseList); n++) {
        if (list[n].Type != type)
            continue;
        if (list[n].AcceptAnyResponse)
            config->accepts_any = true;
        else if (config->server_count < BOOT_SERVERS_MAX && pxe_get_address(&list[n].IpAddr) != 0)
            config->servers[config->server_count++] = pxe_get_address(&list[n].IpAddr);
    }
}

static EFI_STATUS check(const struct pxe_base_code *pxe, const UINT16 *layer, BOOLEAN use_bis,
                        const EFI_PXE_BASE_CODE_DISCOVER_INFO *info)
{
    EFI_STATUS status = pxe_base_code_check(pxe);

    if (status != EFI_SUCCESS)
        return status;
    if (layer == NULL || (info != NULL && info_is_wrong(info)) || pxe_get_address(&pxe->mode.StationIp) == 0)
        return EFI_INVALID_PARAMETER;
    /* A layer other than the first is one that an earlier reply has spoken of. */
    if ((*layer & EFI_PXE_BASE_CODE_BOOT_LAYER_MASK) != EFI_PXE_BASE_CODE_BOOT_LAYER_INITIAL &&
        !pxe->mode.PxeReplyReceived)
        return EFI_INVALID_PARAMETER;
    return use_bis ? EFI_UNSUPPORTED : EFI_SUCCESS;
}

static void show_reply(struct pxe_base_code *pxe)
{
    const struct boot_server *b = &pxe->discovery;
    EFI_PXE_BASE_CODE_MODE *mode = &pxe->mode;
    struct boot_choice choice = {.server = b->boot.server != 0 ? b->boot.server : b->server};
    struct slice request = slice_first(slice_of(b->request.bytes, b->request.len), sizeof(mode->PxeDiscover));

    (void)text_copy(choice.file, sizeof(choice.file), text_slice(b->boot.file));
    memset(&mode->PxeDiscover, 0, sizeof(mode->PxeDiscover));
    memcpy(mode->PxeDiscover.Raw, request.data, request.len);
    mode->PxeDiscoverValid = TRUE;
    cached_packet_build(mode->PxeReply.Raw, sizeof(mode->PxeReply), &b->reply, &b->boot, &pxe->boot->session.dhcp.lease,
                        &choice);
    mode->PxeReplyReceived = TRUE;
}

static enum status discover(struct pxe_base_code *pxe, UINT16 type, UINT16 layer,
                            const EFI_PXE_BASE_CODE_DISCOVER_INFO *info)
{
    struct session *s = &pxe->boot->session;
    struct boot_server *b = &pxe->discovery;
    struct boot_server_config config = {
        .identity = session_identity(s),
        .address = s->net.config.address,
        .has_item = true,
        .type = type,
        .layer = layer,
    };
    enum status status;

    if (info != NULL)
        config_from_info(info, type, &config);
    else
        config_from_mode(&pxe->mode, type, &config);
    status = boot_server_start(b, session_now(), &config, &s->random, &s->log);
    if (status != STATUS_OK)
        return STATUS_BAD_PARAMETER; /* nobody to ask */
    if (!net_attach(&s->net, &b->udp))
        return STATUS_OUT_OF_RESOURCES;
    status = pxe_call_wait(pxe, boot_server_is_over, b, TIME_NEVER);
    net_detach(&s->net, &b->udp);
    if (status == STATUS_OK)
        status = b->status;
    if (status == STATUS_OK)
        show_reply(pxe);
    return status;
}

EFI_STATUS EFIAPI pxe_discover(EFI_PXE_BASE_CODE_PROTOCOL *this, UINT16 type, UINT16 *layer, BOOLEAN use_bis,
                               EFI_PXE_BASE_CODE_DISCOVER_INFO *info)
{
    struct pxe_base_code *pxe = pxe_of(this);
    struct tpl_entry tpl;
    EFI_STATUS status;

    if (this == NULL)
        return EFI_INVALID_PARAMETER;
    tpl = tpl_enter();
    status = check(pxe, layer, use_bis, info);
    if (status == EFI_SUCCESS)
        status = pxe_call_begin(pxe, EFI_PXE_BASE_CODE_FUNCTION_DISCOVER, &pxe->discovery.udp);
    if (status == EFI_SUCCESS) {
        pxe_udp_unseat(pxe);
        status = efi_status(discover(pxe, type, *layer, info));
        pxe_mode_reset_filter(pxe);
        status = pxe_call_end(pxe, status, false);
    }
    tpl_leave(tpl);
    return status;
}
