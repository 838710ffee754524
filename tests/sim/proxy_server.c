/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/sim/proxy_server.h"

#include <stddef.h>
#include <stdlib.h>

#include "firmware/base/text.h"
#include "firmware/wire/pxe_options.h"

enum {
    BOOT_PORT = 4011
};

static struct proxy_server *of_boot_port(const struct udp_client *udp)
{
    return (struct proxy_server *)((uintptr_t)udp - offsetof(struct proxy_server, boot_port));
}

/* --- what it says ------------------------------------------------------------------------------------------------ */

static struct writer start_message(struct proxy_server *s, const struct dhcp_message *asked, uint8_t type,
                                   const char *file, struct proxy_server_reply *reply)
{
    const struct proxy_server_config *config = &s->config;
    const struct dhcp_message m = {
        .op = DHCP_OP_REPLY,
        .htype = 1,
        .hlen = 6,
        .xid = asked->xid,
        .flags = asked->flags,
        .ciaddr = asked->ciaddr,
        .siaddr = config->next_server,
        .chaddr = asked->chaddr,
        .file = file != NULL ? text_slice(file) : slice_of(NULL, 0),
    };
    struct writer w = writer_of(reply->bytes, sizeof(reply->bytes));
    const char *class = config->class != NULL ? config->class : "PXEClient";

    dhcp_message_emit(&w, &m);
    dhcp_option_emit_u8(&w, DHCP_TAG_TYPE, type);
    dhcp_option_emit_u32(&w, DHCP_TAG_SERVER_ID, config->server_id != 0 ? config->server_id : s->server->address);
    if (class[0] != '\0')
        dhcp_option_emit(&w, DHCP_TAG_CLASS, text_slice(class));
    return w;
}

static void owe(struct proxy_server *s, time_us now, struct proxy_server_reply *reply, struct writer *w, uint32_t to)
{
    dhcp_message_emit_end(w, DHCP_MESSAGE_MIN);
    if (w->failed)
        abort();
    reply->len = writer_len(w);
    reply->to = to;
    reply->at = now + s->config.thinks;
    reply->owed = 1 + s->config.copies;
}

static struct proxy_server_reply *free_reply(struct proxy_server *s)
{
    for (unsigned n = 0; n < PROXY_SERVER_REPLIES; n++)
        if (s->replies[n].owed == 0)
            return &s->replies[n];
    return &s->replies[0];
}

static void offer(struct proxy_server *s, time_us now, const struct dhcp_message *asked)
{
    const struct proxy_server_config *config = &s->config;
    struct proxy_server_reply *reply = free_reply(s);
    struct writer w =
        start_message(s, asked, DHCP_OFFER, config->names_file_when_asked_only ? NULL : config->file, reply);

    if (config->vendor.len != 0)
        dhcp_option_emit(&w, DHCP_TAG_VENDOR, config->vendor);
    owe(s, now, reply, &w, 0xffffffff);
}

static void write_item(const struct proxy_server *s, struct writer *w)
{
    uint8_t bytes[600];
    struct writer vendor = writer_of(bytes, sizeof(bytes));

    write_u8(&vendor, PXE_TAG_BOOT_ITEM);
    write_u8(&vendor, 4);
    write_be16(&vendor, s->config.answers_as != 0 ? s->config.answers_as : s->asked_type);
    write_be16(&vendor, s->config.layer != 0 ? s->config.layer : s->asked_layer);
    write_slice(&vendor, s->config.reply_vendor);
    write_u8(&vendor, DHCP_TAG_END);
    dhcp_option_emit(w, DHCP_TAG_VENDOR, writer_written(&vendor));
}

static void acknowledge(struct proxy_server *s, time_us now, const struct dhcp_message *asked, const char *file)
{
    struct proxy_server_reply *reply = free_reply(s);
    struct writer w = start_message(s, asked, DHCP_ACK, file, reply);

    if (s->asked_item)
        write_item(s, &w);
    else if (s->config.reply_vendor.len != 0)
        dhcp_option_emit(&w, DHCP_TAG_VENDOR, s->config.reply_vendor);
    s->answered++;
    owe(s, now, reply, &w, asked->ciaddr);
}

/* --- what it hears ----------------------------------------------------------------------------------------------- */

static bool misses(struct proxy_server *s)
{
    if (s->config.misses == 0)
        return false;
    s->config.misses--;
    return true;
}

static void take_item(struct proxy_server *s, const struct dhcp_message *asked)
{
    uint8_t bytes[600];
    struct writer vendor = writer_of(bytes, sizeof(bytes));
    struct pxe_options pxe;

    s->asked_item = dhcp_option(asked, DHCP_TAG_VENDOR, &vendor) && pxe_options_parse(writer_written(&vendor), &pxe) &&
                    pxe.has_boot_item;
    s->asked_type = s->asked_item ? pxe.boot_item_type : 0;
    s->asked_layer = s->asked_item ? pxe.boot_item_layer : 0;
}

/* A server that has not what is asked for is silent: another one may have it. */
static void boot_request(struct proxy_server *s, time_us now, const struct dhcp_message *asked)
{
    take_item(s, asked);
    if (!s->asked_item) {
        acknowledge(s, now, asked, s->config.file);
        return;
    }
    for (size_t n = 0; n < s->config.item_count; n++) {
        if (s->config.items[n].type == s->asked_type) {
            acknowledge(s, now, asked, s->config.items[n].file);
            return;
        }
    }
}

static bool parse(const struct udp_datagram *datagram, struct dhcp_message *asked)
{
    struct reader r = reader_of(datagram->payload);

    return dhcp_message_parse(&r, asked) && asked->op == DHCP_OP_REQUEST;
}

/* A REQUEST at port 67 that comes from an address is a boot server discovery, not a REQUEST of an address. */
static void dhcp_port_input(struct udp_client *udp, time_us now, const struct udp_datagram *datagram)
{
    struct proxy_server *s = (struct proxy_server *)udp;
    struct dhcp_message asked;

    if (!parse(datagram, &asked))
        return;
    if (asked.type == DHCP_DISCOVER) {
        s->discovers++;
        if (!s->config.is_silent && !misses(s))
            offer(s, now, &asked);
    } else if (asked.type == DHCP_REQUEST && asked.ciaddr != 0 && s->config.has_boot_service &&
               s->config.hears_broadcast) {
        s->asked++;
        s->asked_by_broadcast++;
        if (!misses(s))
            boot_request(s, now, &asked);
    }
}

static void boot_port_input(struct udp_client *udp, time_us now, const struct udp_datagram *datagram)
{
    struct proxy_server *s = of_boot_port(udp);
    struct dhcp_message asked;

    if (!parse(datagram, &asked) || asked.type != DHCP_REQUEST || asked.ciaddr == 0)
        return;
    s->asked++;
    s->asked_at_group += ipv4_is_multicast(ipv4_value(datagram->to.ip));
    if (!misses(s))
        boot_request(s, now, &asked);
}

/* --- its seats --------------------------------------------------------------------------------------------------- */

static struct proxy_server_reply *first_reply(const struct proxy_server *s)
{
    const struct proxy_server_reply *first = NULL;

    for (unsigned n = 0; n < PROXY_SERVER_REPLIES; n++)
        if (s->replies[n].owed != 0 && (first == NULL || s->replies[n].at < first->at))
            first = &s->replies[n];
    return (struct proxy_server_reply *)(uintptr_t)first;
}

static bool send_reply(struct proxy_server *s, struct writer *payload)
{
    struct proxy_server_reply *reply = first_reply(s);

    write_bytes(payload, reply->bytes, reply->len);
    if (payload->failed)
        return false;
    reply->owed--;
    return true;
}

static bool dhcp_port_output(struct udp_client *udp, time_us now, struct writer *payload)
{
    (void)now;
    return send_reply((struct proxy_server *)udp, payload);
}

static struct udp_address dhcp_port_destination(const struct udp_client *udp)
{
    const struct proxy_server_reply *reply = first_reply((const struct proxy_server *)udp);

    return (struct udp_address){.ip = ipv4_address(reply != NULL ? reply->to : 0), .port = DHCP_CLIENT_PORT};
}

static time_us dhcp_port_deadline(const struct udp_client *udp)
{
    const struct proxy_server_reply *reply = first_reply((const struct proxy_server *)udp);

    return reply != NULL ? reply->at : TIME_NEVER;
}

/* What the boot service owes leaves by port 67. */
static bool no_output(struct udp_client *udp, time_us now, struct writer *payload)
{
    (void)udp;
    (void)now;
    (void)payload;
    return false;
}

static struct udp_address no_destination(const struct udp_client *udp)
{
    (void)udp;
    return (struct udp_address){.ip = ipv4_address(0)};
}

static time_us no_deadline(const struct udp_client *udp)
{
    (void)udp;
    return TIME_NEVER;
}

void proxy_server_start(struct proxy_server *s, struct server *server, const struct proxy_server_config *config)
{
    static const struct udp_client_ops dhcp_port_ops = {
        .input = dhcp_port_input,
        .output = dhcp_port_output,
        .destination = dhcp_port_destination,
        .deadline = dhcp_port_deadline,
    };
    static const struct udp_client_ops boot_port_ops = {
        .input = boot_port_input,
        .output = no_output,
        .destination = no_destination,
        .deadline = no_deadline,
    };

    memset(s, 0, sizeof(*s));
    s->server = server;
    s->config = *config;
    s->udp = (struct udp_client){.ops = &dhcp_port_ops, .port = DHCP_SERVER_PORT, .any_destination = true};
    s->boot_port =
        (struct udp_client){.ops = &boot_port_ops, .port = BOOT_PORT, .group = config->group, .group_port = BOOT_PORT};
    if (!net_attach(&server->net, &s->udp) || (config->has_boot_service && !net_attach(&server->net, &s->boot_port)))
        abort();
}
