/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What a boot client needs of ICMP (RFC 792, RFC 1122 section 3.2.2): it answers echo requests, says that a port is
 * closed (a TFTP server goes on sending to a transfer we gave up until somebody tells it), and learns that a server is
 * not there. Redirects are ignored: nothing here lives long enough to gain from them, and anybody can send one. So is
 * "fragmentation needed": what we send may be fragmented.
 */
#include "firmware/net/layers.h"

enum {
    LIMIT_COUNT = 50, /* replies in */
    LIMIT_WINDOW_MS = 50,
    QUOTED_PAYLOAD = 8,
};

/* A flood of requests must not crowd out the download. */
static bool limit_allows(struct net *net, time_us now)
{
    if (now - net->icmp_since >= MILLISECONDS(LIMIT_WINDOW_MS)) {
        net->icmp_since = now;
        net->icmp_sent = 0;
    }
    return net->icmp_sent++ < LIMIT_COUNT;
}

/* The answer goes to where the question came from, on the link as well: no ARP, nothing to remember. */
static void reply(struct net *net, const struct arrival *a, const struct icmp_message *message, struct slice body)
{
    struct ipv4_packet ip = {.source = net->config.address, .destination = a->ip.source, .protocol = IPV4_ICMP};
    struct writer payload;

    if (!limit_allows(net, a->now)) {
        net_drop(net, DROP_ICMP_LIMITED);
        return;
    }
    if (!ipv4_room(net, &ip, &payload))
        return;
    icmp_message_emit(&payload, message, body);
    if (payload.failed)
        net_drop(net, DROP_ICMP_LIMITED); /* longer than a frame: we reassemble, but never fragment */
    else
        ipv4_transmit(net, a->ethernet.source, &ip, &payload);
}

static void unreachable_input(struct net *net, time_us now, const struct icmp_message *message, struct slice whole)
{
    struct reader body = reader_of(slice_from(whole, ICMP_HEADER_LEN));
    struct ipv4_packet quoted;

    if (message->code == ICMP_FRAGMENTATION_NEEDED) {
        net_drop(net, DROP_ICMP_IGNORED);
        return;
    }
    if (!ipv4_quote_parse(&body, &quoted) || !udp_unreachable(net, now, &quoted, read_rest(&body)))
        net_drop(net, DROP_BAD_ICMP);
    else if (net->observer != NULL && net->observer->icmp_error != NULL)
        net->observer->icmp_error(net->observer, whole);
}

void icmp_input(struct net *net, const struct arrival *a, struct slice whole)
{
    struct reader r = reader_of(whole);
    struct icmp_message message;

    if (!icmp_message_parse(&r, &message)) {
        net_drop(net, DROP_BAD_ICMP);
    } else if (!message.has_good_checksum) {
        net_drop(net, DROP_BAD_CHECKSUM);
    } else if (a->scope != SCOPE_US) { /* an echo to everybody may be left to others (RFC 1122 section 3.2.2.6) */
        net_drop(net, DROP_ICMP_IGNORED);
    } else if (message.type == ICMP_ECHO_REQUEST && message.code == 0) {
        message.type = ICMP_ECHO_REPLY;
        reply(net, a, &message, read_rest(&r));
    } else if (message.type == ICMP_UNREACHABLE) {
        unreachable_input(net, a->now, &message, whole);
    } else {
        net_drop(net, DROP_ICMP_IGNORED);
    }
}

void icmp_port_unreachable(struct net *net, const struct arrival *a)
{
    const struct icmp_message message = {.type = ICMP_UNREACHABLE, .code = ICMP_PORT_UNREACHABLE};

    /* Only to a whole datagram meant for us alone (RFC 1122 section 3.2.2). */
    if (a->scope == SCOPE_US && a->packet.len > a->ip.payload_len)
        reply(net, a, &message, slice_first(a->packet, a->packet.len - a->ip.payload_len + QUOTED_PAYLOAD));
}
