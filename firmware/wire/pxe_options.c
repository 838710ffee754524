/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/wire/pxe_options.h"

#define TAG_PAD 0
#define TAG_END 255

/* False at the end; `r` has failed when a tag runs past it. */
static bool next_tag(struct reader *r, uint8_t *tag, struct slice *value)
{
    while (reader_left(r) > 0) {
        *tag = read_u8(r);
        if (*tag == TAG_PAD)
            continue;
        if (*tag == TAG_END)
            return false;
        *value = read_slice(r, read_u8(r));
        return !r->failed;
    }
    return false;
}

bool encapsulated_option(struct slice options, uint8_t tag, struct slice *value)
{
    struct reader r = reader_of(options);
    uint8_t found;

    while (next_tag(&r, &found, value)) {
        if (found == tag)
            return true;
    }
    return false;
}

/* The integers of tags 1 to 7, 10 and 71. False when the length is not the type's. */
static bool parse_value(uint8_t tag, struct slice value, struct pxe_options *out)
{
    struct reader r = reader_of(value);

    switch (tag) {
    case PXE_TAG_MTFTP_ADDRESS:
        out->mtftp_address = read_be32(&r);
        out->has_mtftp = true;
        break;
    case PXE_TAG_MTFTP_CLIENT_PORT:
        out->mtftp_client_port = read_be16(&r);
        break;
    case PXE_TAG_MTFTP_SERVER_PORT:
        out->mtftp_server_port = read_be16(&r);
        break;
    case PXE_TAG_MTFTP_TIMEOUT:
        out->mtftp_timeout_s = read_u8(&r);
        break;
    case PXE_TAG_MTFTP_DELAY:
        out->mtftp_delay_s = read_u8(&r);
        break;
    case PXE_TAG_DISCOVERY_CONTROL:
        out->control = read_u8(&r);
        out->has_control = true;
        break;
    case PXE_TAG_DISCOVERY_ADDRESS:
        out->discovery_address = read_be32(&r);
        out->has_discovery_address = true;
        break;
    case PXE_TAG_MENU_PROMPT:
        out->prompt_timeout_s = read_u8(&r);
        out->prompt = read_rest(&r);
        out->has_prompt = true;
        break;
    case PXE_TAG_BOOT_ITEM:
        out->boot_item_type = read_be16(&r);
        out->boot_item_layer = read_be16(&r);
        out->has_boot_item = true;
        break;
    default:
        return true;
    }
    return !r.failed && reader_left(&r) == 0;
}

static bool parse_good_tag(uint8_t tag, struct slice value, struct pxe_options *out)
{
    if (tag == PXE_TAG_BOOT_SERVERS)
        out->boot_servers = value;
    else if (tag == PXE_TAG_BOOT_MENU)
        out->boot_menu = value;
    else
        return parse_value(tag, value, out);
    return value.len != 0;
}

static uint16_t swapped(uint16_t port)
{
    return (uint16_t)(port >> 8 | port << 8);
}

/* Administrators take a well-known port, or a registered one; those above 49151 are nobody's (RFC 6335 section 6). */
static unsigned likelihood(uint16_t port)
{
    return port == 0 || port > 49151 ? 0 : port > 1023 ? 1 : 2;
}

static void order_ports(struct pxe_options *out)
{
    uint16_t client = swapped(out->mtftp_client_port), server = swapped(out->mtftp_server_port);

    if (likelihood(client) + likelihood(server) <
        likelihood(out->mtftp_client_port) + likelihood(out->mtftp_server_port))
        return;
    out->mtftp_client_port = client;
    out->mtftp_server_port = server;
}

/* A bit for each tag that parse_good_tag() knows; 0 for others. */
static uint32_t bit_of(uint8_t tag)
{
    if (tag == PXE_TAG_BOOT_ITEM)
        return 1u << 31;
    return tag <= PXE_TAG_MENU_PROMPT ? 1u << tag : 0;
}

static void parse_tag(uint8_t tag, struct slice value, struct pxe_options *out, uint32_t *seen)
{
    struct pxe_options with_it = *out;
    uint32_t bit = bit_of(tag);

    if (bit == 0)
        return;
    if ((*seen & bit) == 0 && parse_good_tag(tag, value, &with_it)) {
        *out = with_it;
        *seen |= bit;
    } else {
        out->ignored++;
    }
}

bool pxe_options_parse(struct slice vendor, struct pxe_options *out)
{
    struct reader r = reader_of(vendor);
    struct slice value;
    uint32_t seen = 0;
    uint8_t tag;

    *out = (struct pxe_options){0};
    while (next_tag(&r, &tag, &value))
        parse_tag(tag, value, out, &seen);
    order_ports(out);
    if (r.failed)
        *out = (struct pxe_options){0};
    return !r.failed;
}

bool pxe_boot_server_next(struct reader *r, struct pxe_boot_server *out)
{
    *out = (struct pxe_boot_server){0};
    if (r->failed || reader_left(r) == 0)
        return false;
    out->type = read_be16(r);
    out->addresses = read_slice(r, (size_t)read_u8(r) * 4);
    return !r->failed;
}

bool pxe_menu_item_next(struct reader *r, struct pxe_menu_item *out)
{
    *out = (struct pxe_menu_item){0};
    if (r->failed || reader_left(r) == 0)
        return false;
    out->type = read_be16(r);
    out->text = read_slice(r, read_u8(r));
    return !r->failed;
}
