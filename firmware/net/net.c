/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/net/net.h"

#include "firmware/net/layers.h"

enum {
    RECEIVE_BURST = 32,  /* frames taken before clients get their turn to send */
    TRANSMIT_BURST = 16, /* packets sent before frames get theirs */
    DYNAMIC_PORTS = 49152,
    TTL_DEFAULT = 64, /* RFC 1700 */
};

void net_start(struct net *net, struct nic *nic, struct log *log, struct random *random)
{
    net->nic = nic;
    net->log = log;
    net->random = random;
    net->config = (struct net_config){0};
    net->heard = (struct net_neighbour){0};
    net->observer = NULL;
    net->clients = NULL;
    net->turn = NULL;
    net->filter = (struct net_filter){0};
    net->igmp = (struct igmp){0};
    net->nic_changes = nic->filter_changes;
    net->filter_refusals = 0;
    net->ttl = TTL_DEFAULT;
    net->tos = 0;
    net->ip_id = (uint16_t)random_u32(random);
    net->icmp_since = 0;
    net->icmp_sent = 0;
    net->address_conflicts = 0;
    net->owes_announcement = false;
    memset(net->dropped, 0, sizeof(net->dropped));
    arp_cache_clear(&net->arp);
    net->reassembly.abandoned = 0;
    reassembly_clear(&net->reassembly);
}

void net_configure(struct net *net, const struct net_config *config)
{
    net->config = *config;
    if (net->config.route_count > NET_ROUTES)
        net->config.route_count = NET_ROUTES;
    net->owes_announcement = config->address != 0;
    net->address_conflicts = 0;
    arp_cache_clear(&net->arp);
    if (net->heard.address != 0 && ipv4_is_on_link(&net->config, net->heard.address))
        arp_cache_suppose(&net->arp, net->heard.address, net->heard.mac);
    net->heard = (struct net_neighbour){0};
    reassembly_clear(&net->reassembly);
    igmp_rejoin(net);
}

bool net_attach(struct net *net, struct udp_client *client)
{
    for (struct udp_client *other = net->clients; other != NULL; other = other->next) {
        if (other == client)
            return true;
        if ((other->port == client->port && client->port != 0) || (other->any_port && client->any_port))
            return false;
    }
    client->next = net->clients;
    net->clients = client;
    return true;
}

void net_detach(struct net *net, struct udp_client *client)
{
    for (struct udp_client **link = &net->clients; *link != NULL; link = &(*link)->next) {
        if (*link != client)
            continue;
        *link = client->next;
        if (net->turn == client)
            net->turn = client->next;
        client->next = NULL;
        if (client->group != 0)
            igmp_leave(net);
        return;
    }
}

static bool port_is_taken(const struct net *net, uint16_t port)
{
    for (const struct udp_client *client = net->clients; client != NULL; client = client->next)
        if (client->port == port)
            return true;
    return false;
}

uint16_t net_pick_port(struct net *net)
{
    uint16_t port;

    do
        port = (uint16_t)(DYNAMIC_PORTS + random_below(net->random, 65536 - DYNAMIC_PORTS));
    while (port_is_taken(net, port));
    return port;
}

const char *net_drop_text(enum net_drop why)
{
    switch (why) {
#define X(name, text) \
    case name:        \
        return text;
        NET_DROPS(X)
#undef X
    case DROP_KINDS:
        break;
    }
    return "";
}

void net_drop(struct net *net, enum net_drop why)
{
    net->dropped[why]++;
    /* What is on any busy wire is not worth a line each. */
    if (why != DROP_NOT_FOR_US && why != DROP_UNKNOWN_TYPE && why != DROP_UNKNOWN_PROTOCOL && why != DROP_NO_CLIENT)
        log_print(net->log, LOG_DEBUG, "net: dropped: %s", net_drop_text(why));
}

static void frame_input(struct net *net, time_us now, struct slice frame)
{
    struct reader r = reader_of(frame);
    struct arrival arrival;

    if (!ethernet_frame_parse(&r, &arrival.ethernet) || mac_is_group(arrival.ethernet.source) ||
        mac_equal(arrival.ethernet.source, net->nic->mac)) {
        net_drop(net, DROP_BAD_ETHERNET);
    } else if (arrival.ethernet.vlan != 0) {
        net_drop(net, DROP_VLAN);
    } else if (!mac_equal(arrival.ethernet.destination, net->nic->mac) &&
               !mac_equal(arrival.ethernet.destination, MAC_BROADCAST) &&
               !groups_want_frame(net, arrival.ethernet.destination)) {
        net_drop(net, DROP_NOT_FOR_US);
    } else if (arrival.ethernet.type == ETHERNET_IPV4) {
        arrival.now = now;
        ipv4_input(net, &arrival, &r);
    } else if (arrival.ethernet.type == ETHERNET_ARP) {
        arp_input(net, now, &r);
    } else {
        net_drop(net, DROP_UNKNOWN_TYPE);
    }
}

bool net_receive(struct net *net, time_us now)
{
    struct slice frame;

    if (net->nic->owner != NIC_OWNER_STACK || !nic_receive(net->nic, &frame))
        return false;
    frame_input(net, now, frame);
    nic_receive_done(net->nic);
    return true;
}

/*
 * One packet each, round and round, until nobody has anything to say or the ring is full; the next call begins with
 * whoever would have been next.
 */
void net_transmit(struct net *net, time_us now)
{
    struct udp_client *client = net->turn != NULL ? net->turn : net->clients;
    unsigned count = 0, idle = 0, sent = 0;

    if (net->nic->owner != NIC_OWNER_STACK)
        return;
    igmp_output(net, now);
    for (const struct udp_client *each = net->clients; each != NULL; each = each->next)
        count++;
    while (idle < count && sent < TRANSMIT_BURST) {
        if (udp_client_is_due(client, now) && udp_output(net, client, now)) {
            sent++;
            idle = 0;
        } else {
            idle++;
        }
        client = client->next != NULL ? client->next : net->clients;
    }
    net->turn = client;
    arp_output(net, now);
    igmp_output(net, now); /* a client may have changed its group as it sent */
}

void net_poll(struct net *net, time_us now)
{
    for (unsigned n = 0; n < RECEIVE_BURST && net_receive(net, now); n++)
        ;
    net_transmit(net, now);
}

/* A client that waits for ARP is past its deadline already, but has nothing to do before ARP has. */
time_us net_deadline(const struct net *net)
{
    time_us deadline = net->owes_announcement ? 0 : arp_cache_deadline(&net->arp);

    deadline = time_earlier(deadline, igmp_deadline(net));
    for (const struct udp_client *client = net->clients; client != NULL; client = client->next) {
        time_us wanted = client->port == 0 ? TIME_NEVER : client->ops->deadline(client);

        if (wanted >= deadline)
            continue;
        if (!arp_cache_is_waiting(&net->arp,
                                  ipv4_next_hop(&net->config, client, ipv4_value(client->ops->destination(client).ip))))
            deadline = wanted;
    }
    return deadline;
}
