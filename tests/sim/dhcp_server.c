/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/sim/dhcp_server.h"

#include <stddef.h>
#include <stdlib.h>

#include "firmware/base/text.h"

static uint32_t address_for(const struct dhcp_server_config *config, struct mac mac)
{
    return config->pool == 0 ? config->address : config->address + (load_be32(mac.byte + 2) & 0xffffff) % config->pool;
}

static void write_reply(const struct dhcp_server *s, const struct dhcp_message *asked, uint8_t type, struct writer *w)
{
    const struct dhcp_server_config *config = &s->config;
    bool gives = type != DHCP_NAK && config->address != 0;
    bool names_file = type != DHCP_NAK && config->file != NULL && (!config->wants_asking || s->answers_boot_port);
    const struct dhcp_message reply = {
        .op = DHCP_OP_REPLY,
        .htype = 1,
        .hlen = 6,
        .xid = asked->xid,
        .flags = asked->flags,
        .yiaddr = gives ? address_for(config, asked->chaddr) : 0,
        .siaddr = type != DHCP_NAK ? config->next_server : 0,
        .chaddr = asked->chaddr,
        .file = names_file ? text_slice(config->file) : slice_of(NULL, 0),
    };

    dhcp_message_emit(w, &reply);
    dhcp_option_emit_u8(w, DHCP_TAG_TYPE, type);
    dhcp_option_emit_u32(w, DHCP_TAG_SERVER_ID, s->server->address);
    if (gives) {
        dhcp_option_emit_u32(w, DHCP_TAG_LEASE, 21600);
        dhcp_option_emit_u32(w, DHCP_TAG_NETMASK, config->netmask);
        if (config->router != 0)
            dhcp_option_emit_u32(w, DHCP_TAG_ROUTERS, config->router);
    }
    if (config->class != NULL)
        dhcp_option_emit(w, DHCP_TAG_CLASS, text_slice(config->class));
    if (config->option_67 != NULL && type != DHCP_NAK)
        dhcp_option_emit(w, DHCP_TAG_BOOT_FILE, text_slice(config->option_67));
    if (config->vendor.len != 0)
        dhcp_option_emit(w, DHCP_TAG_VENDOR, config->vendor);
    dhcp_message_emit_end(w, DHCP_MESSAGE_MIN);
}

static void owe_reply(struct dhcp_server *s, time_us now, const struct dhcp_message *asked, uint8_t type)
{
    bool broadcasts = (asked->flags & DHCP_FLAG_BROADCAST) || s->config.always_broadcasts || type == DHCP_NAK ||
                      s->config.address == 0;
    struct dhcp_server_reply *reply = &s->replies[0];
    uint32_t address = address_for(&s->config, asked->chaddr);
    struct writer w;

    for (unsigned n = 0; n < DHCP_SERVER_REPLIES; n++)
        if (!s->replies[n].is_owed)
            reply = &s->replies[n];
    w = writer_of(reply->bytes, sizeof(reply->bytes));
    write_reply(s, asked, type, &w);
    if (w.failed)
        abort();
    reply->len = writer_len(&w);
    reply->to = broadcasts ? 0xffffffff : address;
    reply->at = now + s->config.thinks;
    reply->is_owed = true;
    if (!broadcasts)
        server_knows(s->server, address, asked->chaddr);
}

static void request_input(struct dhcp_server *s, time_us now, const struct dhcp_message *asked)
{
    uint32_t wanted = 0, chosen = 0, address = address_for(&s->config, asked->chaddr);

    (void)dhcp_option_u32(asked, DHCP_TAG_REQUESTED_ADDRESS, &wanted);
    if (s->config.address == 0 || (dhcp_option_u32(asked, DHCP_TAG_SERVER_ID, &chosen) && chosen != s->server->address))
        return; /* another server's */
    s->requests++;
    if (s->config.naks != 0) {
        s->config.naks--;
        owe_reply(s, now, asked, DHCP_NAK);
    } else if (wanted == address || asked->ciaddr == address) {
        s->acks++;
        owe_reply(s, now, asked, DHCP_ACK);
    } else {
        owe_reply(s, now, asked, DHCP_NAK);
    }
}

static void keep_user_class(struct dhcp_server *s, const struct dhcp_message *asked)
{
    struct writer joined = writer_of(s->user_class, sizeof(s->user_class) - 1);

    memset(s->user_class, 0, sizeof(s->user_class));
    (void)dhcp_option(asked, DHCP_TAG_USER_CLASS, &joined);
}

static void server_input(struct udp_client *udp, time_us now, const struct udp_datagram *datagram)
{
    struct dhcp_server *s = (struct dhcp_server *)udp;
    struct reader r = reader_of(datagram->payload);
    struct dhcp_message asked;

    if (!dhcp_message_parse(&r, &asked) || asked.op != DHCP_OP_REQUEST)
        return;
    keep_user_class(s, &asked);
    if (s->config.misses != 0) {
        s->config.misses--;
        return;
    }
    if (asked.type == DHCP_DISCOVER) {
        s->discovers++;
        owe_reply(s, now, &asked, DHCP_OFFER);
    } else if (asked.type == DHCP_REQUEST) {
        request_input(s, now, &asked);
    }
}

/* What comes to port 4011 (PXE 2.1 section 2.2, step 5). */
static void boot_port_input(struct udp_client *udp, time_us now, const struct udp_datagram *datagram)
{
    struct dhcp_server *s = (struct dhcp_server *)((char *)udp - offsetof(struct dhcp_server, boot_port));
    struct reader r = reader_of(datagram->payload);
    struct dhcp_message asked;

    if (!dhcp_message_parse(&r, &asked) || asked.type != DHCP_REQUEST || asked.ciaddr == 0)
        return;
    s->asked++;
    s->answers_boot_port = true;
    owe_reply(s, now, &asked, DHCP_ACK);
    s->answers_boot_port = false;
}

/* The reply that is due first. */
static struct dhcp_server_reply *first_reply(const struct dhcp_server *s)
{
    const struct dhcp_server_reply *first = NULL;

    for (unsigned n = 0; n < DHCP_SERVER_REPLIES; n++)
        if (s->replies[n].is_owed && (first == NULL || s->replies[n].at < first->at))
            first = &s->replies[n];
    return (struct dhcp_server_reply *)first;
}

static bool server_output(struct udp_client *udp, time_us now, struct writer *payload)
{
    struct dhcp_server_reply *reply = first_reply((struct dhcp_server *)udp);

    (void)now;
    write_bytes(payload, reply->bytes, reply->len);
    reply->is_owed = payload->failed;
    return !payload->failed;
}

static struct udp_address server_destination(const struct udp_client *udp)
{
    const struct dhcp_server_reply *reply = first_reply((const struct dhcp_server *)udp);

    return (struct udp_address){.ip = ipv4_address(reply != NULL ? reply->to : 0), .port = DHCP_CLIENT_PORT};
}

static time_us server_deadline(const struct udp_client *udp)
{
    const struct dhcp_server_reply *reply = first_reply((const struct dhcp_server *)udp);

    return reply != NULL ? reply->at : TIME_NEVER;
}

static const struct udp_client_ops server_ops = {
    .input = server_input,
    .output = server_output,
    .destination = server_destination,
    .deadline = server_deadline,
};

static bool no_output(struct udp_client *udp, time_us now, struct writer *payload)
{
    (void)udp;
    (void)now;
    (void)payload;
    return false;
}

static time_us no_deadline(const struct udp_client *udp)
{
    (void)udp;
    return TIME_NEVER;
}

static const struct udp_client_ops boot_port_ops = {
    .input = boot_port_input,
    .output = no_output,
    .destination = server_destination,
    .deadline = no_deadline,
};

void dhcp_server_start(struct dhcp_server *s, struct server *server, const struct dhcp_server_config *config)
{
    memset(s, 0, sizeof(*s));
    s->server = server;
    s->config = *config;
    s->udp = (struct udp_client){.ops = &server_ops, .port = DHCP_SERVER_PORT, .any_destination = true};
    s->boot_port = (struct udp_client){.ops = &boot_port_ops, .port = 4011};
    if (!net_attach(&server->net, &s->udp) || (config->wants_asking && !net_attach(&server->net, &s->boot_port)))
        abort();
}
