/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/proto/dhcp.h"

#include "firmware/base/divide.h"
#include "firmware/base/text.h"
#include "firmware/proto/dhcp_facts.h"

#define LINK_MAY_BLOCK  SECONDS(60) /* spanning tree: up to 50 s from link up to forwarding (IEEE 802.1D) */
#define FIRST_WAIT      SECONDS(1)
#define LONGEST_WAIT    SECONDS(8) /* while a port may be blocked: what it costs is what we may find out late */
#define LONGEST_LATER   SECONDS(32)
#define REQUEST_WAIT    MILLISECONDS(500)
#define REQUEST_LONGEST SECONDS(4)
#define REQUEST_TRIES   5                 /* 11.5 s in all */
#define REQUEST_EXTRA   SECONDS(15)       /* what they may take beyond the time to give up */
#define QUIET           MILLISECONDS(250) /* before a decision: a DISCOVER more would only come in between */
#define RESTART_GAP     SECONDS(1)
#define BROADCAST_TRY   2 /* from the third DISCOVER on */

static struct dhcp *dhcp_of(struct udp_client *client)
{
    return (struct dhcp *)client;
}

/* Every change of state passes here, with its reason. */
static void set_state(struct dhcp *d, enum dhcp_state state, enum status status)
{
    d->state = state;
    d->status = status;
    switch (state) {
    case DHCP_IDLE:
        break;
    case DHCP_DISCOVERING:
        log_print(d->log, LOG_INFO, "dhcp: looking for servers");
        break;
    case DHCP_REQUESTING:
        log_print(d->log, LOG_INFO, "dhcp: requesting " IPV4_FORMAT " from " IPV4_FORMAT, IPV4_ARGS(d->chosen->yiaddr),
                  IPV4_ARGS(d->chosen->server));
        break;
    case DHCP_BOUND:
        log_print(d->log, LOG_INFO, "dhcp: bound to " IPV4_FORMAT "/" IPV4_FORMAT " for %u s",
                  IPV4_ARGS(d->lease.address), IPV4_ARGS(d->lease.netmask), d->lease.lease_s);
        break;
    case DHCP_FAILED:
        log_print(d->log, LOG_WARN, "dhcp: failed: %s", status_text(status));
        break;
    }
}

static void discover_from(struct dhcp *d, time_us when)
{
    d->heard.offer_count = d->heard.proxy_count = d->heard.left_out = 0;
    d->chosen = d->proxy = NULL;
    d->decide_at = TIME_NEVER;
    d->discover_sent = TIME_NEVER;
    d->xid = random_u32(d->random);
    d->use_broadcast = false;
    retry_start(&d->retry, when, FIRST_WAIT, LONGEST_WAIT);
    set_state(d, DHCP_DISCOVERING, STATUS_PENDING);
}

/* The chosen server does not want us: all over again, at most once a second, and any other server first. */
static void restart(struct dhcp *d, time_us now)
{
    time_us when = d->restarted == TIME_NEVER || now - d->restarted >= RESTART_GAP ? now : d->restarted + RESTART_GAP;

    d->refused_server = d->chosen->server;
    d->restarted = when;
    discover_from(d, when);
}

static time_us give_up_at(const struct dhcp *d)
{
    if (d->config.give_up_after == 0 || d->link_since == TIME_NEVER)
        return TIME_NEVER;
    return d->link_since + (d->config.give_up_after > LINK_MAY_BLOCK ? d->config.give_up_after : LINK_MAY_BLOCK);
}

static time_us dhcp_deadline(const struct udp_client *client)
{
    const struct dhcp *d = (const struct dhcp *)client;

    if (d->link_since == TIME_NEVER)
        return TIME_NEVER;
    if (d->state == DHCP_DISCOVERING)
        return time_earlier(time_earlier(d->retry.deadline, d->decide_at), give_up_at(d));
    return d->state == DHCP_REQUESTING ? d->retry.deadline : TIME_NEVER;
}

static struct udp_address dhcp_destination(const struct udp_client *client)
{
    (void)client;
    return (struct udp_address){.ip = ipv4_address(0xffffffffu), .port = DHCP_SERVER_PORT};
}

static void write_message(const struct dhcp *d, struct writer *w, const struct dhcp_offer *offer, uint16_t secs,
                          bool use_broadcast)
{
    struct dhcp_request request = {.xid = d->xid, .secs = secs, .use_broadcast = use_broadcast};

    if (offer != NULL) {
        request.is_for_offer = true;
        request.address = offer->yiaddr;
        request.server = offer->server;
    }
    dhcp_request_emit(w, &d->config.identity, &request);
}

/*
 * A quarter either way, as RFC 2131 section 4.1 spreads its first retry. What a thousand machines say that are switched
 * on together does not fit a server's queue: those not heard must not come back together, and twice the usual spread
 * halves the time to the last lease of ten thousand. The first DISCOVER waits for nothing: a lone machine would pay.
 */
static void plan_discover(struct dhcp *d, time_us now)
{
    time_us wait = d->retry.wait;

    retry_sent(&d->retry, now, d->random);
    d->retry.deadline = now + wait - wait / 4 + random_below(d->random, (uint32_t)(wait / 2));
}

/*
 * Replies come to our MAC address, not to everybody's: we take them before we have an IP address. From the third try on
 * we ask for broadcast, in case something on the way cannot deliver to an address it has never seen.
 */
static bool send_discover(struct dhcp *d, time_us now, struct writer *payload)
{
    bool use_broadcast = d->retry.attempts >= BROADCAST_TRY;
    uint64_t elapsed_s = divide_u64(now - d->started, 1000000, NULL);
    uint16_t secs = elapsed_s > 0xffff ? 0xffff : (uint16_t)elapsed_s;

    write_message(d, payload, NULL, secs, use_broadcast);
    if (payload->failed)
        return false;
    d->secs = secs;
    d->use_broadcast = use_broadcast;
    d->discover_sent = now;
    d->lease.discover.len = writer_len(payload);
    memcpy(d->lease.discover.bytes, payload->start, d->lease.discover.len);
    d->retry.longest = now - d->link_since < LINK_MAY_BLOCK ? LONGEST_WAIT : LONGEST_LATER;
    plan_discover(d, now);
    return true;
}

/* `secs` is the DISCOVER's (RFC 2131 section 4.4.1). */
static bool send_request(struct dhcp *d, time_us now, struct writer *payload, const struct dhcp_offer *offer)
{
    bool is_retry = d->state == DHCP_REQUESTING && d->retry.attempts > 0;

    write_message(d, payload, offer, d->secs, d->use_broadcast || is_retry);
    if (payload->failed)
        return false;
    if (d->state != DHCP_REQUESTING) {
        d->chosen = offer;
        retry_start(&d->retry, now, REQUEST_WAIT, REQUEST_LONGEST);
        set_state(d, DHCP_REQUESTING, STATUS_PENDING);
    }
    retry_sent(&d->retry, now, d->random);
    return true;
}

/* A BOOTP server's word is the lease itself: there is nothing to request and nothing that ends. */
static void bind(struct dhcp *d, const struct dhcp_message *m, struct slice raw)
{
    const struct dhcp_offer *proxy = d->config.policy->proxy_for(&d->heard, d->chosen);
    struct dhcp_message proxy_message;
    struct reader r;

    d->proxy = proxy;
    dhcp_lease_parse(m, &d->lease);
    d->lease.ack.len = raw.len;
    memcpy(d->lease.ack.bytes, raw.data, raw.len);
    d->lease.proxy.len = 0;
    d->lease.reply.len = 0;
    d->lease.proxy_boot = d->lease.reply_boot = (struct dhcp_boot){0};
    if (proxy != NULL) {
        r = reader_of(slice_of(proxy->packet.bytes, proxy->packet.len));
        if (dhcp_message_parse(&r, &proxy_message)) {
            dhcp_boot_parse(&proxy_message, &d->lease.proxy_boot);
            d->lease.proxy = proxy->packet;
        }
    }
    set_state(d, DHCP_BOUND, STATUS_OK);
}

/* Some servers name the boot file in the OFFER alone; the ACK confirms that offer, so its word stands. */
static void keep_boot_of_offer(struct dhcp *d)
{
    struct reader r = reader_of(slice_of(d->chosen->packet.bytes, d->chosen->packet.len));
    struct dhcp_message offer;

    if (d->lease.boot.file_source == DHCP_FILE_NONE && dhcp_message_parse(&r, &offer))
        dhcp_boot_parse(&offer, &d->lease.boot);
}

static void bind_bootp(struct dhcp *d, const struct dhcp_offer *offer)
{
    struct slice raw = slice_of(offer->packet.bytes, offer->packet.len);
    struct reader r = reader_of(raw);
    struct dhcp_message m;

    d->chosen = offer;
    d->decide_at = TIME_NEVER;
    if (dhcp_message_parse(&r, &m))
        bind(d, &m, raw);
    if (d->lease.server_id == 0)
        d->lease.server_id = offer->server;
}

static void give_up(struct dhcp *d)
{
    enum status why = STATUS_DHCP_TIMEOUT;

    if (d->saw_bad_address)
        why = STATUS_DHCP_BAD_ADDRESS;
    else if (d->saw_proxy || d->refused_server != 0)
        why = STATUS_DHCP_NO_ADDRESS;
    set_state(d, DHCP_FAILED, why);
}

static bool dhcp_output(struct udp_client *client, time_us now, struct writer *payload)
{
    struct dhcp *d = dhcp_of(client);
    const struct dhcp_offer *best;
    time_us end = give_up_at(d);

    if (d->status == STATUS_PENDING && end <= now && now - end >= REQUEST_EXTRA) {
        give_up(d); /* requests that the card never sends end nowhere else */
        return false;
    }
    if (d->state == DHCP_REQUESTING) {
        if (d->retry.attempts < REQUEST_TRIES)
            return send_request(d, now, payload, d->chosen);
        log_print(d->log, LOG_WARN, "dhcp: " IPV4_FORMAT " does not answer the request", IPV4_ARGS(d->chosen->server));
        restart(d, now);
        return false;
    }
    if (d->state != DHCP_DISCOVERING)
        return false;
    if (d->decide_at <= now) {
        best = d->config.policy->choose(&d->heard).offer;
        if (!best->facts.is_bootp)
            return send_request(d, now, payload, best);
        bind_bootp(d, best);
        return false;
    }
    if (end <= now) {
        give_up(d);
        return false;
    }
    return d->retry.deadline <= now && send_discover(d, now, payload);
}

/* An earlier decision is never put off. */
static void plan_decision(struct dhcp *d, time_us now)
{
    d->decide_at = time_earlier(d->decide_at, d->config.policy->choose(&d->heard).at);
    if (d->decide_at <= now + QUIET)
        retry_stop(&d->retry);
}

static bool gets_offer(struct dhcp *d, time_us now, const struct udp_datagram *datagram, const struct dhcp_message *m)
{
    bool is_proxy = m->yiaddr == 0;
    const struct dhcp_offer *offer;
    struct dhcp_sighting seen = {
        .server = ipv4_value(datagram->from.ip),
        .heard = now,
        .round_trip = now - d->discover_sent,
    };

    if (m->type == DHCP_OFFER && !dhcp_option_u32(m, DHCP_TAG_SERVER_ID, &seen.server))
        return false;
    if (is_proxy && (m->type != DHCP_OFFER || !dhcp_is_pxe(m)))
        return false;
    if (!is_proxy && d->state != DHCP_DISCOVERING)
        return false;
    if (!is_proxy && !dhcp_address_is_usable(m)) {
        d->saw_bad_address = true;
        return false;
    }
    d->saw_proxy = d->saw_proxy || is_proxy;
    seen.was_refused = seen.server == d->refused_server && seen.server != 0;
    offer = dhcp_offers_add(&d->heard, d->config.policy, m, datagram->payload, &seen);
    if (offer == NULL)
        return true;
    d->broken_vendors += offer->facts.vendor_is_broken;
    log_print(d->log, LOG_DEBUG, "dhcp: %s " IPV4_FORMAT " offers " IPV4_FORMAT, is_proxy ? "proxy" : "server",
              IPV4_ARGS(seen.server), IPV4_ARGS(m->yiaddr));
    if (d->state == DHCP_DISCOVERING)
        plan_decision(d, now);
    return true;
}

/* An answer to our REQUEST from the server it was meant for. */
static bool is_from_chosen(const struct dhcp *d, const struct dhcp_message *m)
{
    uint32_t server;

    return d->state == DHCP_REQUESTING && dhcp_option_u32(m, DHCP_TAG_SERVER_ID, &server) &&
           server == d->chosen->server;
}

static bool gets_ack(struct dhcp *d, const struct dhcp_message *m, struct slice raw)
{
    if (!is_from_chosen(d, m) || m->yiaddr != d->chosen->yiaddr)
        return false;
    bind(d, m, raw);
    keep_boot_of_offer(d);
    return true;
}

static bool gets_nak(struct dhcp *d, time_us now, const struct dhcp_message *m)
{
    uint8_t bytes[255];
    struct writer text = writer_of(bytes, sizeof(bytes));

    if (!is_from_chosen(d, m))
        return false;
    (void)dhcp_option(m, DHCP_TAG_MESSAGE, &text);
    text_copy_printable(d->server_text, sizeof(d->server_text), writer_written(&text));
    log_print(d->log, LOG_WARN, "dhcp: " IPV4_FORMAT " refuses: %s", IPV4_ARGS(d->chosen->server), d->server_text);
    restart(d, now);
    return true;
}

/* A UUID in a reply is ours sent back (RFC 4578 section 2.3); of another size it is somebody else's idea. */
static bool is_reply_to_us(const struct dhcp *d, const struct dhcp_message *m)
{
    uint8_t bytes[32];
    struct writer uuid = writer_of(bytes, sizeof(bytes));

    return m->op == DHCP_OP_REPLY && m->htype == 1 && m->hlen == sizeof(m->chaddr.byte) && m->xid == d->xid &&
           mac_equal(m->chaddr, d->config.identity.mac) &&
           (!dhcp_has_option(m, DHCP_TAG_UUID) ||
            (dhcp_option(m, DHCP_TAG_UUID, &uuid) && writer_len(&uuid) == 1 + sizeof(d->config.identity.uuid)));
}

static void dhcp_input(struct udp_client *client, time_us now, const struct udp_datagram *datagram)
{
    struct dhcp *d = dhcp_of(client);
    struct reader r = reader_of(datagram->payload);
    struct dhcp_message m;
    bool is_good = false;

    if ((d->state != DHCP_DISCOVERING && d->state != DHCP_REQUESTING) || d->discover_sent == TIME_NEVER)
        return;
    if (datagram->payload.len <= DHCP_MESSAGE_MAX && dhcp_message_parse(&r, &m) && is_reply_to_us(d, &m)) {
        if (m.type == DHCP_BOOTP || m.type == DHCP_OFFER)
            is_good = gets_offer(d, now, datagram, &m);
        else if (m.type == DHCP_ACK)
            is_good = gets_ack(d, &m, datagram->payload);
        else if (m.type == DHCP_NAK)
            is_good = gets_nak(d, now, &m);
    }
    if (!is_good)
        d->ignored++;
}

static const struct udp_client_ops dhcp_ops = {
    .input = dhcp_input,
    .output = dhcp_output,
    .destination = dhcp_destination,
    .deadline = dhcp_deadline,
};

void dhcp_start(struct dhcp *d, time_us now, const struct dhcp_config *config, struct random *random, struct log *log)
{
    d->udp.ops = &dhcp_ops;
    d->udp.port = DHCP_CLIENT_PORT;
    d->udp.any_destination = true;
    d->config = *config;
    d->random = random;
    d->log = log;
    d->started = now;
    d->link_since = config->link_is_up ? now : TIME_NEVER;
    d->restarted = TIME_NEVER;
    d->refused_server = 0;
    d->secs = 0;
    d->ignored = d->broken_vendors = 0;
    d->saw_bad_address = d->saw_proxy = false;
    d->server_text[0] = 0;
    memset(&d->lease, 0, sizeof(d->lease));
    discover_from(d, now);
}

/* Offers and the chosen server are kept over a flap; what was sent meanwhile is taken as lost. */
void dhcp_link(struct dhcp *d, time_us now, bool is_up)
{
    if (!is_up) {
        d->link_since = TIME_NEVER;
        return;
    }
    if (d->link_since != TIME_NEVER)
        return;
    d->link_since = now;
    if (d->state == DHCP_DISCOVERING)
        retry_start(&d->retry, now, FIRST_WAIT, LONGEST_WAIT);
    else if (d->state == DHCP_REQUESTING)
        retry_start(&d->retry, now, REQUEST_WAIT, REQUEST_LONGEST);
}

void dhcp_cancel(struct dhcp *d, time_us now, enum status why)
{
    (void)now;
    set_state(d, DHCP_FAILED, why);
}
