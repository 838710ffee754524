/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/net/udp.h"

#include "firmware/net/layers.h"
#include "firmware/wire/udp_header.h"

/* An ICMP error must quote one of our last packets: who has not seen them cannot guess that beside the ports. */
#define QUOTED_ID_AGE_MAX 256

static bool accepts(const struct udp_client *client, enum scope scope)
{
    switch (scope) {
    case SCOPE_US:
        return true;
    case SCOPE_BROADCAST:
        return client->any_port || client->any_destination;
    case SCOPE_NOBODY_YET:
        return client->any_destination;
    case SCOPE_OTHERS:
        return client->takes_others;
    case SCOPE_GROUP:
        return false;
    }
    return false;
}

static struct udp_client *find_client(const struct net *net, uint16_t port, enum scope scope)
{
    struct udp_client *any = NULL;

    for (struct udp_client *client = net->clients; client != NULL; client = client->next) {
        if (client->port == port && port != 0)
            return accepts(client, scope) ? client : NULL;
        if (client->any_port && accepts(client, scope))
            any = client;
    }
    return any;
}

static void deliver(struct udp_client *client, const struct arrival *a, const struct udp_header *udp,
                    struct slice payload)
{
    const struct udp_datagram datagram = {
        .from = {.ip = ipv4_address(a->ip.source), .port = udp->source_port},
        .to = {.ip = ipv4_address(a->ip.destination), .port = udp->destination_port},
        .payload = payload,
    };

    client->ops->input(client, a->now, &datagram);
}

static void observe(const struct net *net, const struct udp_client *client, bool is_received, struct slice payload)
{
    if (net->observer != NULL && net->observer->datagram != NULL)
        net->observer->datagram(net->observer, client, is_received, payload);
}

/* To each client that listens to the group by that port: none of them can know what the others make of it. */
static bool deliver_to_group(const struct net *net, const struct arrival *a, const struct udp_header *udp,
                             struct slice payload)
{
    bool is_taken = false;

    for (struct udp_client *client = net->clients; client != NULL; client = client->next) {
        if (client->group != a->ip.destination || client->group_port != udp->destination_port)
            continue;
        observe(net, client, true, payload);
        deliver(client, a, udp, payload);
        is_taken = true;
    }
    return is_taken;
}

void udp_input(struct net *net, const struct arrival *a, struct slice bytes)
{
    struct reader r = reader_of(bytes);
    struct udp_header udp;
    struct udp_client *client;

    if (!udp_header_parse(&r, &udp)) {
        net_drop(net, DROP_BAD_UDP);
        return;
    }
    bytes.len = (size_t)(r.end - bytes.data); /* what IP carries beyond the length field counts for nothing */
    if (udp.checksum != 0 && udp_checksum(a->ip.source, a->ip.destination, bytes) != 0xffff) {
        net_drop(net, DROP_BAD_CHECKSUM);
        return;
    }
    bytes = read_rest(&r);
    if (ipv4_is_multicast(a->ip.destination) && deliver_to_group(net, a, &udp, bytes))
        return;
    client = find_client(net, udp.destination_port, a->scope);
    if (client != NULL) {
        if (net->config.address == 0)
            net->heard = (struct net_neighbour){.address = a->ip.source, .mac = a->ethernet.source};
        observe(net, client, true, bytes);
        deliver(client, a, &udp, bytes);
        return;
    }
    net_drop(net, DROP_NO_CLIENT);
    icmp_port_unreachable(net, a);
}

bool udp_client_is_due(const struct udp_client *client, time_us now)
{
    return client->port != 0 && client->ops->deadline(client) <= now;
}

/*
 * A client's patience is in its output(). Where nothing can be sent, because the ring never empties or there is no way
 * to the destination, it is called with no room to write to, so that it gives up all the same.
 */
static bool let_time_pass(struct udp_client *client, time_us now)
{
    uint8_t place = 0;
    struct writer no_room = writer_of(&place, 0);

    (void)client->ops->output(client, now, &no_room);
    return false;
}

static uint32_t source_of(const struct net *net, const struct udp_client *client)
{
    return client->source != 0 ? client->source : net->config.address;
}

static bool output_fragment(struct net *net, struct udp_client *client, time_us now, struct mac to,
                            struct ipv4_packet *ip, struct writer piece)
{
    if (client->ops->output_fragment == NULL || !client->ops->output_fragment(client, now, &piece, ip))
        return false;
    ipv4_transmit(net, to, ip, &piece);
    return true;
}

bool udp_output(struct net *net, struct udp_client *client, time_us now)
{
    struct udp_address to = client->ops->destination(client);
    uint32_t destination = ipv4_value(to.ip);
    struct udp_header udp = {.source_port = client->port, .destination_port = to.port};
    struct ipv4_packet ip = {
        .source = source_of(net, client),
        .destination = destination,
        .protocol = IPV4_UDP,
        .dont_fragment = client->dont_fragment,
    };
    struct writer datagram, header, payload;
    struct mac mac;

    if (destination == 0 || !ipv4_resolve(net, client, destination, now, &mac) || !ipv4_room(net, &ip, &datagram))
        return let_time_pass(client, now);
    if (output_fragment(net, client, now, mac, &ip, datagram))
        return true;
    header = datagram;
    if (write_room(&datagram, UDP_HEADER_LEN) == NULL)
        return false;
    payload = writer_of(datagram.next, writer_left(&datagram));
    if (!client->ops->output(client, now, &payload) || payload.failed)
        return false;
    observe(net, client, false, writer_written(&payload));
    datagram.next = payload.next;
    udp.payload_len = (uint16_t)writer_len(&payload);
    udp_header_emit(&header, &udp);
    udp.checksum = udp_checksum(ip.source, destination, writer_written(&datagram));
    store_be16(datagram.start + 6, udp.checksum);
    ipv4_transmit(net, mac, &ip, &datagram);
    return true;
}

bool udp_unreachable(struct net *net, time_us now, const struct ipv4_packet *quoted, struct slice bytes)
{
    struct reader r = reader_of(bytes);
    uint16_t port = read_be16(&r), peer = read_be16(&r), age = (uint16_t)(net->ip_id - quoted->id - 1u);

    if (r.failed || quoted->protocol != IPV4_UDP || quoted->fragment_offset != 0 || age >= QUOTED_ID_AGE_MAX ||
        port == 0)
        return false;
    for (struct udp_client *client = net->clients; client != NULL; client = client->next) {
        struct udp_address to = client->ops->destination(client);

        if (client->port != port || to.port != peer || ipv4_value(to.ip) != quoted->destination ||
            quoted->source != source_of(net, client))
            continue;
        if (client->ops->unreachable != NULL)
            client->ops->unreachable(client, now, STATUS_FAILURE);
        return true;
    }
    return false;
}
