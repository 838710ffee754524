/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/proto/boot_server.h"

#include "firmware/base/divide.h"
#include "firmware/base/format.h"
#include "firmware/proto/dhcp_facts.h"

enum {
    ROUNDS = 4,
    DESTINATIONS_TOLD = 2,
};

static struct boot_server *boot_server_of(const struct udp_client *client)
{
    return (struct boot_server *)client;
}

static unsigned destination_count(const struct boot_server_config *config)
{
    unsigned count = config->uses_list ? (unsigned)config->server_count : 0;

    return count + (config->multicast != 0 ? 1u : 0u) + (config->uses_broadcast ? 1u : 0u);
}

static struct udp_address destination_at(const struct boot_server_config *config, unsigned turn)
{
    struct udp_address to = {.ip = ipv4_address(config->multicast), .port = BOOT_SERVER_PORT};

    if (config->multicast != 0 && turn-- == 0)
        return to;
    if (config->uses_broadcast && turn-- == 0) {
        to.ip = ipv4_address(0xffffffffu);
        to.port = DHCP_SERVER_PORT;
        return to;
    }
    to.ip = ipv4_address(turn < config->server_count ? config->servers[turn] : 0);
    return to;
}

static void set_state(struct boot_server *b, enum boot_server_state state, enum status status)
{
    b->state = state;
    b->status = status;
    if (state != BOOT_SERVER_ASKING)
        b->due = TIME_NEVER;
    if (state == BOOT_SERVER_FOUND)
        log_print(b->log, LOG_INFO, "boot server: " IPV4_FORMAT " answers for type %u", IPV4_ARGS(b->server),
                  b->config.type);
    else
        log_print(b->log, LOG_INFO, "boot server: type %u: %s", b->config.type,
                  state == BOOT_SERVER_ASKING ? "asking" : status_text(status));
}

/* --- output ------------------------------------------------------------------------------------------------------ */

static time_us turn_time(const struct boot_server *b)
{
    return divide_u64(SECONDS(b->round), destination_count(&b->config), NULL);
}

static void next_turn(struct boot_server *b, time_us now)
{
    b->due = now + turn_time(b);
    if (++b->turn == destination_count(&b->config)) {
        b->turn = 0;
        b->round++;
    }
}

/* A destination that cannot be sent to, because ARP finds nobody or the card is stuck, loses its turn. */
static bool boot_server_output(struct udp_client *client, time_us now, struct writer *payload)
{
    struct boot_server *b = boot_server_of(client);
    uint64_t elapsed_s = divide_u64(now - b->started, 1000000, NULL);
    struct boot_server_request request = {
        .xid = b->xid,
        .secs = elapsed_s > 0xffff ? 0xffff : (uint16_t)elapsed_s,
        .address = b->config.address,
        .has_item = b->config.has_item,
        .type = b->config.type,
        .layer = b->config.layer,
    };

    if (b->round > ROUNDS) {
        set_state(b, BOOT_SERVER_FAILED, STATUS_NO_BOOT_SERVER);
        return false;
    }
    boot_server_request_emit(payload, &b->config.identity, &request);
    if (payload->failed) {
        if (now - b->due >= turn_time(b))
            next_turn(b, now);
        return false;
    }
    b->request.len = writer_len(payload);
    memcpy(b->request.bytes, payload->start, b->request.len);
    next_turn(b, now);
    return true;
}

static time_us boot_server_deadline(const struct udp_client *client)
{
    return boot_server_of(client)->due;
}

static struct udp_address boot_server_destination(const struct udp_client *client)
{
    const struct boot_server *b = boot_server_of(client);

    return destination_at(&b->config, b->turn);
}

/* --- input ------------------------------------------------------------------------------------------------------- */

static bool is_listed(const struct boot_server_config *config, uint32_t server)
{
    for (size_t n = 0; n < config->server_count; n++)
        if (config->servers[n] == server)
            return true;
    return false;
}

/* By where it came from or by its own word: a server of several addresses answers from any of them. */
static bool is_allowed(const struct boot_server *b, const struct dhcp_message *m, uint32_t sender)
{
    uint32_t server = sender;

    if (!b->config.only_listed || b->config.accepts_any)
        return true;
    (void)dhcp_option_u32(m, DHCP_TAG_SERVER_ID, &server);
    return is_listed(&b->config, sender) || is_listed(&b->config, server);
}

/*
 * A reply says which item and layer it is about (PXE 2.1 table 2-1, tag 71). Deviation: a server that was asked by its
 * address may leave that out, for it was asked nothing else; one that heard us by broadcast or multicast may not.
 */
static bool is_wanted_item(const struct boot_server *b, const struct dhcp_message *m, uint32_t sender)
{
    uint8_t bytes[DHCP_MESSAGE_MAX];
    struct writer vendor = writer_of(bytes, sizeof(bytes));
    struct pxe_options pxe;

    if (!b->config.has_item)
        return true;
    if (!dhcp_option(m, DHCP_TAG_VENDOR, &vendor) || !pxe_options_parse(writer_written(&vendor), &pxe) ||
        !pxe.has_boot_item)
        return b->config.uses_list && is_listed(&b->config, sender);
    return pxe.boot_item_type == b->config.type &&
           (pxe.boot_item_layer & BOOT_SERVER_LAYER) == (b->config.layer & BOOT_SERVER_LAYER);
}

/* A proxyDHCP server that is asked again for what its offer left out may answer with an offer again. */
static bool is_reply_to_us(const struct boot_server *b, const struct dhcp_message *m)
{
    bool is_answer = m->type == DHCP_ACK || (m->type == DHCP_OFFER && !b->config.has_item);

    return m->op == DHCP_OP_REPLY && is_answer && m->htype == 1 && m->hlen == sizeof(m->chaddr.byte) &&
           m->xid == b->xid && mac_equal(m->chaddr, b->config.identity.mac) && dhcp_is_pxe(m);
}

static void take_reply(struct boot_server *b, const struct dhcp_message *m, struct slice raw, uint32_t sender)
{
    b->reply.len = raw.len;
    memcpy(b->reply.bytes, raw.data, raw.len);
    b->server = sender;
    dhcp_boot_parse(m, &b->boot);
    if (b->boot.server_source == DHCP_SERVER_NONE) {
        b->boot.server = sender;
        b->boot.server_source = DHCP_SERVER_ID;
    }
    set_state(b, BOOT_SERVER_FOUND, STATUS_OK);
}

static void boot_server_input(struct udp_client *client, time_us now, const struct udp_datagram *datagram)
{
    struct boot_server *b = boot_server_of(client);
    struct reader r = reader_of(datagram->payload);
    uint32_t sender = ipv4_value(datagram->from.ip);
    struct dhcp_message m;

    (void)now;
    if (b->state != BOOT_SERVER_ASKING || b->request.len == 0)
        return;
    if (datagram->payload.len <= sizeof(b->reply.bytes) && dhcp_message_parse(&r, &m) && is_reply_to_us(b, &m) &&
        is_allowed(b, &m, sender) && is_wanted_item(b, &m, sender))
        take_reply(b, &m, datagram->payload, sender);
    else
        b->ignored++;
}

static const struct udp_client_ops boot_server_ops = {
    .input = boot_server_input,
    .output = boot_server_output,
    .destination = boot_server_destination,
    .deadline = boot_server_deadline,
};

/* --- what callers call ------------------------------------------------------------------------------------------- */

const char *boot_server_destinations(const struct boot_server_config *config, char text[BOOT_SERVER_DESTINATIONS_TEXT])
{
    const size_t size = BOOT_SERVER_DESTINATIONS_TEXT;
    size_t listed = config->uses_list ? config->server_count : 0, at = 0, n = 0;

    text[0] = '\0';
    if (config->multicast != 0)
        at += text_format(text, size, ", multicast " IPV4_FORMAT, IPV4_ARGS(config->multicast));
    if (config->uses_broadcast)
        at += text_format(text + at, size - at, ", broadcast");
    for (; n < listed && n < DESTINATIONS_TOLD; n++)
        at += text_format(text + at, size - at, ", " IPV4_FORMAT, IPV4_ARGS(config->servers[n]));
    if (n < listed)
        at += text_format(text + at, size - at, " and %zu more", listed - n);
    if (at == 0)
        return "nobody";
    memmove(text, text + 2, at - 1);
    return text;
}

/*
 * An entry without addresses says that any server of its type may answer (PXE 2.1 table 2-1, tag 8). A group that is
 * none is not asked: it is some host's address, or everybody's.
 */
void boot_server_config_set(struct boot_server_config *config, const struct pxe_options *pxe, uint16_t type)
{
    struct pxe_boot_server entry;
    bool has_group = ipv4_is_multicast(pxe->discovery_address);
    struct reader servers;

    config->multicast = has_group && (pxe->control & PXE_NO_MULTICAST) == 0 ? pxe->discovery_address : 0;
    config->uses_broadcast = (pxe->control & PXE_NO_BROADCAST) == 0;
    config->only_listed = (pxe->control & PXE_ONLY_LISTED) != 0;
    config->uses_list = true;
    config->accepts_any = false;
    config->server_count = 0;
    if (pxe->boot_servers.len == 0)
        return;
    servers = reader_of(pxe->boot_servers);
    while (pxe_boot_server_next(&servers, &entry)) {
        struct reader addresses;

        if (entry.type != type)
            continue;
        config->accepts_any |= entry.addresses.len == 0;
        addresses = reader_of(entry.addresses);
        while (reader_left(&addresses) >= 4 && config->server_count < BOOT_SERVERS_MAX) {
            uint32_t server = read_be32(&addresses);

            if (server != 0)
                config->servers[config->server_count++] = server;
        }
    }
}

enum status boot_server_start(struct boot_server *b, time_us now, const struct boot_server_config *config,
                              struct random *random, struct log *log)
{
    memset(b, 0, sizeof(*b));
    b->udp.ops = &boot_server_ops;
    b->udp.port = DHCP_CLIENT_PORT;
    b->udp.any_destination = true; /* some answer by broadcast */
    b->config = *config;
    b->log = log;
    b->started = b->due = now;
    b->round = 1;
    b->xid = random_u32(random);
    if (b->config.server_count > BOOT_SERVERS_MAX)
        b->config.server_count = BOOT_SERVERS_MAX;
    if (destination_count(&b->config) == 0 ||
        (b->config.only_listed && !b->config.accepts_any && b->config.server_count == 0))
        set_state(b, BOOT_SERVER_FAILED, STATUS_NO_SERVER_LIST);
    else
        set_state(b, BOOT_SERVER_ASKING, STATUS_PENDING);
    return b->status == STATUS_PENDING ? STATUS_OK : b->status;
}

void boot_server_cancel(struct boot_server *b, enum status why)
{
    if (b->state == BOOT_SERVER_ASKING)
        set_state(b, BOOT_SERVER_FAILED, why);
}

bool boot_server_is_over(const void *boot_server)
{
    return ((const struct boot_server *)boot_server)->status != STATUS_PENDING;
}
