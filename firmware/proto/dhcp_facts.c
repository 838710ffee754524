/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/proto/dhcp_facts.h"

#include "firmware/base/text.h"
#include "firmware/proto/dhcp_lease.h"
#include "firmware/wire/pxe_options.h"

#define IPXE_NO_PXEDHCP 176 /* in option 175 */

bool dhcp_is_pxe(const struct dhcp_message *m)
{
    struct slice mark = text_slice("PXEClient"), value;
    struct dhcp_option_walk walk;
    uint8_t tag;

    dhcp_option_walk_start(&walk, m);
    while (dhcp_option_walk_next(&walk, &tag, &value)) {
        if (tag == DHCP_TAG_CLASS)
            return slice_equal(slice_first(value, mark.len), mark);
    }
    return false;
}

static bool has_no_proxy(const struct dhcp_message *m)
{
    uint8_t bytes[255];
    struct writer joined = writer_of(bytes, sizeof(bytes));
    struct slice value;

    return dhcp_option(m, DHCP_TAG_IPXE, &joined) &&
           encapsulated_option(writer_written(&joined), IPXE_NO_PXEDHCP, &value) && value.len == 1 &&
           value.data[0] != 0;
}

/* A group needs an address that is one, and two ports; the times have defaults. */
static void take_mtftp(const struct pxe_options *pxe, struct dhcp_facts *facts)
{
    if (!pxe->has_mtftp || pxe->mtftp_address == 0)
        return;
    if (!ipv4_is_multicast(pxe->mtftp_address) || pxe->mtftp_client_port == 0 || pxe->mtftp_server_port == 0) {
        facts->mtftp_is_wrong = true;
        return;
    }
    facts->mtftp = (struct mtftp_group){
        .address = pxe->mtftp_address,
        .client_port = pxe->mtftp_client_port,
        .server_port = pxe->mtftp_server_port,
        .ports_may_be_swapped = true,
        .open_s = pxe->mtftp_timeout_s,
        .reopen_s = pxe->mtftp_delay_s,
    };
}

static void take_vendor(const struct dhcp_message *m, struct dhcp_facts *facts)
{
    uint8_t bytes[DHCP_MESSAGE_MAX];
    struct writer joined = writer_of(bytes, sizeof(bytes));
    struct pxe_options pxe;

    if (!dhcp_option(m, DHCP_TAG_VENDOR, &joined))
        return;
    facts->has_vendor = true;
    if (!pxe_options_parse(writer_written(&joined), &pxe)) {
        facts->vendor_is_broken = facts->is_pxe;
        return;
    }
    facts->downloads_at_once = (pxe.control & PXE_DOWNLOAD_AT_ONCE) != 0;
    if (!facts->is_pxe)
        return;
    facts->has_discovery = pxe.boot_menu.len != 0 || pxe.boot_servers.len != 0 || pxe.has_prompt ||
                           (pxe.has_discovery_address && pxe.discovery_address != 0);
    take_mtftp(&pxe, facts);
}

void dhcp_facts_of(const struct dhcp_message *m, struct dhcp_facts *facts)
{
    struct dhcp_boot boot;

    dhcp_boot_parse(m, &boot);
    *facts = (struct dhcp_facts){
        .is_bootp = m->type == DHCP_BOOTP,
        .is_proxy = m->yiaddr == 0,
        .is_pxe = dhcp_is_pxe(m),
        .has_file = boot.file_source != DHCP_FILE_NONE,
        .has_server = boot.server_source != DHCP_SERVER_NONE && boot.server_source != DHCP_SERVER_ID,
        .has_no_proxy = has_no_proxy(m),
    };
    take_vendor(m, facts);
}
