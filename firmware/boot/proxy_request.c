/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/boot/proxy_request.h"

#define VENDOR_MAX 512

/* What the offer says of its menu and of the servers behind it; false when it has no menu. */
static bool read_menu(struct slice offer, struct boot_server_config *config)
{
    struct reader r = reader_of(offer), menu;
    uint8_t bytes[VENDOR_MAX];
    struct writer vendor = writer_of(bytes, sizeof(bytes));
    struct pxe_menu_item first;
    struct pxe_options pxe;
    struct dhcp_message m;

    if (!dhcp_message_parse(&r, &m) || !dhcp_option(&m, DHCP_TAG_VENDOR, &vendor) ||
        !pxe_options_parse(writer_written(&vendor), &pxe))
        return false;
    menu = reader_of(pxe.boot_menu);
    if (!pxe_menu_item_next(&menu, &first))
        return false;
    boot_server_config_set(config, &pxe, first.type);
    config->has_item = true;
    config->type = first.type;
    return true;
}

bool proxy_request_config(const struct boot_choice *choice, const struct dhcp_identity *identity, uint32_t our_address,
                          struct boot_server_config *out)
{
    memset(out, 0, sizeof(*out));
    if (read_menu(choice->packet, out)) {
        if (out->type == 0)
            return false;
    } else {
        out->uses_list = true;
        out->servers[0] = choice->said_by;
        out->server_count = 1;
    }
    out->identity = *identity;
    out->address = our_address;
    return true;
}

void proxy_request_take(const struct boot_server *answered, struct dhcp_lease *lease)
{
    lease->reply = answered->reply;
    lease->reply_boot = answered->boot;
}
