/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/net/layers.h"

#define LIMITED_BROADCAST 0xffffffffu

/* The mask of the address's class, where nobody told a better one (RFC 1122 section 3.3.1.1 expects one to be told). */
static uint32_t class_mask(uint32_t address)
{
    if (address >> 31 == 0)
        return 0xff000000u;
    return address >> 30 == 2 ? 0xffff0000u : 0xffffff00u;
}

static uint32_t mask_of(const struct net_config *config)
{
    return config->netmask != 0 ? config->netmask : class_mask(config->address);
}

/* Networks of two addresses and of one have no broadcast address (RFC 3021). */
static bool is_broadcast(const struct net_config *config, uint32_t address)
{
    uint32_t hosts = ~mask_of(config);

    if (address == LIMITED_BROADCAST)
        return true;
    return config->address != 0 && hosts > 1 && address == (config->address | hosts);
}

/* Addresses no host can send from: this network, loopback, multicast, reserved, broadcast (RFC 1122 3.2.1.3). */
static bool source_is_possible(const struct net_config *config, uint32_t source)
{
    uint32_t first = source >> 24;

    return first != 0 && first != 127 && first < 224 && (source != config->address && !is_broadcast(config, source));
}

/* A switch without an address of its own may ask for groups in a router's place (RFC 4541 section 2.1.1). */
static bool is_switch(const struct ipv4_packet *ip)
{
    return ip->source == 0 && ip->protocol == IPV4_IGMP;
}

/*
 * False when it is for others. A packet to our own address in a link-layer broadcast is not (RFC 1122 section 3.3.6).
 * The time to live is not looked at: a host must not discard what has arrived for it (RFC 1122 section 3.2.1.7).
 */
static bool find_scope(const struct net *net, struct arrival *a)
{
    const struct net_config *config = &net->config;
    uint32_t destination = a->ip.destination, first = destination >> 24;

    if (destination == config->address && config->address != 0) {
        a->scope = SCOPE_US;
        return !mac_is_group(a->ethernet.destination);
    }
    if (is_broadcast(config, destination)) {
        a->scope = SCOPE_BROADCAST;
        return true;
    }
    if (filter_wants(&net->filter, destination)) {
        a->scope = SCOPE_OTHERS;
        return true;
    }
    if (ipv4_is_multicast(destination)) {
        a->scope = SCOPE_GROUP;
        return groups_want(net, destination);
    }
    a->scope = SCOPE_NOBODY_YET;
    return config->address == 0 && first != 0 && first != 127 && first < 224;
}

/* A whole datagram, or the fragment that completes one; false when there is nothing to go on with. */
static bool take_fragment(struct net *net, struct arrival *a, struct slice *payload)
{
    enum reassembly_result result = reassembly_add(&net->reassembly, a->now, &a->ip, *payload, payload);

    net->dropped[DROP_FRAGMENT_LOST] = net->reassembly.abandoned;
    if (result == REASSEMBLY_BAD)
        net_drop(net, DROP_BAD_FRAGMENT);
    a->packet.len = 0;
    return result == REASSEMBLY_COMPLETE;
}

void ipv4_input(struct net *net, struct arrival *a, struct reader *r)
{
    const uint8_t *start = r->next;
    struct slice payload;

    if (!ipv4_packet_parse(r, &a->ip)) {
        net_drop(net, DROP_BAD_IP);
        return;
    }
    if (!a->ip.has_good_checksum) {
        net_drop(net, DROP_BAD_CHECKSUM);
        return;
    }
    if (!find_scope(net, a)) {
        net_drop(net, DROP_NOT_FOR_US);
        return;
    }
    if (!source_is_possible(&net->config, a->ip.source) && !is_switch(&a->ip)) {
        net_drop(net, DROP_BAD_SOURCE);
        return;
    }
    a->packet = slice_of(start, (size_t)(r->end - start));
    payload = read_rest(r);
    if ((a->ip.more_fragments || a->ip.fragment_offset != 0) && !take_fragment(net, a, &payload))
        return;
    if (a->ip.protocol == IPV4_UDP)
        udp_input(net, a, payload);
    else if (a->ip.protocol == IPV4_ICMP)
        icmp_input(net, a, payload);
    else if (a->ip.protocol == IPV4_IGMP)
        igmp_input(net, a, payload);
    else
        net_drop(net, DROP_UNKNOWN_PROTOCOL);
}

bool ipv4_is_on_link(const struct net_config *config, uint32_t address)
{
    return config->address != 0 && ((address ^ config->address) & mask_of(config)) == 0;
}

uint32_t ipv4_next_hop(const struct net_config *config, const struct udp_client *client, uint32_t destination)
{
    uint32_t mask = mask_of(config), longest = 0, hop = client->gateway != 0 ? client->gateway : destination;

    if (is_broadcast(config, destination) || ipv4_is_multicast(destination))
        return 0;
    if (ipv4_is_on_link(config, destination)) {
        longest = mask;
        hop = destination;
    } else if (client->gateway_first && client->gateway != 0) {
        return client->gateway;
    }
    for (size_t n = 0; n < config->route_count; n++) {
        const struct net_route *route = &config->routes[n];
        bool is_better = route->netmask > longest || (longest == 0 && route->netmask == 0);

        if (!is_better || ((destination ^ route->destination) & route->netmask) != 0)
            continue;
        longest = route->netmask != 0 ? route->netmask : 1;
        hop = route->gateway != 0 ? route->gateway : destination;
    }
    return hop;
}

struct mac ipv4_group_mac(uint32_t group)
{
    return (struct mac){{0x01, 0x00, 0x5e, (uint8_t)(group >> 16 & 0x7f), (uint8_t)(group >> 8), (uint8_t)group}};
}

bool ipv4_resolve(struct net *net, const struct udp_client *client, uint32_t destination, time_us now, struct mac *out)
{
    uint32_t hop = ipv4_next_hop(&net->config, client, destination);
    const struct mac *known;

    if (ipv4_is_multicast(destination)) {
        *out = ipv4_group_mac(destination);
        return true;
    }
    if (hop == 0) {
        *out = MAC_BROADCAST;
        return true;
    }
    known = arp_cache_want(&net->arp, hop, now);
    if (known != NULL)
        *out = *known;
    return known != NULL;
}

bool ipv4_room(struct net *net, const struct ipv4_packet *packet, struct writer *payload)
{
    size_t header_len = ipv4_packet_header_len(packet), room;
    struct writer frame;

    if (!nic_transmit_room(net->nic, &frame) || write_room(&frame, ETHERNET_HEADER_LEN + header_len) == NULL)
        return false;
    room = writer_left(&frame);
    *payload = writer_of(frame.next, room < NIC_MTU - header_len ? room : NIC_MTU - header_len);
    return true;
}

void ipv4_transmit(struct net *net, struct mac to, struct ipv4_packet *packet, struct writer *payload)
{
    const struct ethernet_frame ethernet = {.destination = to, .source = net->nic->mac, .type = ETHERNET_IPV4};
    size_t headers_len = ETHERNET_HEADER_LEN + ipv4_packet_header_len(packet);
    struct writer headers = writer_of(payload->start - headers_len, headers_len);

    if (packet->fragment_offset == 0)
        net->fragment_id = net->ip_id++;
    packet->id = net->fragment_id;
    packet->payload_len = (uint16_t)writer_len(payload);
    if (packet->ttl == 0)
        packet->ttl = net->ttl;
    packet->tos = net->tos;
    ethernet_frame_emit(&headers, &ethernet);
    ipv4_packet_emit(&headers, packet);
    nic_transmit(net->nic, headers_len + writer_len(payload));
}
