/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/platform/tpl.h"
#include "efi/protocols/net_boot.h"
#include "efi/protocols/pxe_functions.h"
#include "efi/protocols/pxe_mode.h"
#include "efi/status.h"

/* EFI_TIMEOUT: nobody offered anything. EFI_NO_RESPONSE: somebody did, but nothing that boots (section 24.3.5). */
static EFI_STATUS dhcp_status(enum status status)
{
    return status == STATUS_NO_PXE_SERVER ? EFI_NO_RESPONSE : efi_status(status);
}

static EFI_STATUS dhcp(struct pxe_base_code *pxe)
{
    struct session *s = &pxe->boot->session;
    struct net_config before = s->net.config;
    enum status status = session_configure(s, true);

    if (s->is_cancelled)
        status = STATUS_CANCELLED;
    if (status == STATUS_OK)
        status = pxe_mode_after_dhcp(pxe);
    if (status != STATUS_OK)
        net_configure(&s->net, &before); /* Mode goes on telling the truth */
    return dhcp_status(status);
}

/*
 * SortOffers has nothing to choose between: offers are always weighed by what they say about booting, and an offer that
 * says all is taken at once.
 */
EFI_STATUS EFIAPI pxe_dhcp(EFI_PXE_BASE_CODE_PROTOCOL *this, BOOLEAN sort_offers)
{
    struct pxe_base_code *pxe = pxe_of(this);
    struct tpl_entry tpl;
    EFI_STATUS status;

    (void)sort_offers;
    if (this == NULL)
        return EFI_INVALID_PARAMETER;
    tpl = tpl_enter();
    status = pxe_call_begin(pxe, EFI_PXE_BASE_CODE_FUNCTION_DHCP, &pxe->boot->session.dhcp.udp);
    if (status == EFI_SUCCESS) {
        pxe_udp_unseat(pxe);
        status = dhcp(pxe);
        pxe_mode_reset_filter(pxe);
        status = pxe_call_end(pxe, status, false);
    }
    tpl_leave(tpl);
    return status;
}
