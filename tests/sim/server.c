/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/sim/server.h"

#include <stdlib.h>

#include "firmware/wire/ethernet_frame.h"
#include "firmware/wire/ipv4_packet.h"
#include "firmware/wire/udp_header.h"

enum {
    FRAGMENT = 1480
};

static void server_poll(struct world_host *host, time_us now)
{
    net_poll(&((struct server *)host)->net, now);
}

static time_us server_deadline(const struct world_host *host)
{
    return net_deadline(&((const struct server *)host)->net);
}

/*
 * A host drops what comes from 0.0.0.0, and so does our stack; only a DHCP server must hear clients that have no
 * address yet. It gets those datagrams past the stack.
 */
bool server_take(struct server *s, struct slice frame)
{
    struct reader r = reader_of(frame);
    struct ethernet_frame ethernet;
    struct ipv4_packet ip;
    struct udp_header udp;
    struct udp_datagram datagram;

    if (!ethernet_frame_parse(&r, &ethernet) || ethernet.type != ETHERNET_IPV4 || !ipv4_packet_parse(&r, &ip) ||
        ip.source != 0 || ip.protocol != IPV4_UDP || !ip.has_good_checksum)
        return false;
    datagram.payload = slice_of(r.next, reader_left(&r));
    if (!udp_header_parse(&r, &udp) || udp_checksum(0, ip.destination, datagram.payload) != 0xffff)
        return false;
    datagram.from = (struct udp_address){.ip = ipv4_address(0), .port = udp.source_port};
    datagram.to = (struct udp_address){.ip = ipv4_address(ip.destination), .port = udp.destination_port};
    datagram.payload = read_rest(&r);
    for (struct udp_client *client = s->net.clients; client != NULL; client = client->next)
        if (client->port == udp.destination_port)
            client->ops->input(client, *s->clock, &datagram);
    return true;
}

static bool take_from_wire(void *context, struct slice frame)
{
    return server_take(context, frame);
}

void server_start_on(struct server *s, struct nic *nic, const time_us *clock, uint32_t seed,
                     const struct net_config *config)
{
    memset(s, 0, sizeof(*s));
    s->host.poll = server_poll;
    s->host.deadline = server_deadline;
    s->nic = nic;
    s->clock = clock;
    s->address = config->address;
    random_seed(&s->random, slice_of(&seed, sizeof(seed)));
    if (nic_open(nic) != STATUS_OK)
        abort();
    net_start(&s->net, nic, NULL, &s->random);
    net_configure(&s->net, config);
}

void server_start(struct server *s, struct world *w, unsigned end, uint32_t address, uint32_t netmask)
{
    const struct net_config config = {.address = address, .netmask = netmask};

    server_start_on(s, &w->wire.ends[end].nic, &w->now, w->seed, &config);
    w->wire.ends[end].take = take_from_wire;
    w->wire.ends[end].take_context = s;
    world_add(w, &s->host);
}

void server_knows(struct server *s, uint32_t address, struct mac mac)
{
    time_us now = *s->clock;

    (void)arp_cache_want(&s->net.arp, address, now);
    arp_cache_learn(&s->net.arp, address, mac, now);
}

static void send_fragment(struct server *s, struct mac to, const struct ipv4_packet *ip, struct slice payload)
{
    const struct ethernet_frame ethernet = {.destination = to, .source = s->nic->mac, .type = ETHERNET_IPV4};
    struct writer frame;

    if (!nic_transmit_room(s->nic, &frame))
        return;
    ethernet_frame_emit(&frame, &ethernet);
    ipv4_packet_emit(&frame, ip);
    write_slice(&frame, payload);
    if (frame.failed)
        abort();
    nic_transmit(s->nic, writer_len(&frame));
}

bool server_send(struct server *s, uint16_t port, struct udp_address to, struct slice payload)
{
    static uint8_t datagram[65535];
    const struct mac *mac = arp_cache_want(&s->net.arp, ipv4_value(to.ip), *s->clock);
    struct writer w = writer_of(datagram, sizeof(datagram));
    const struct udp_header udp = {
        .source_port = port,
        .destination_port = to.port,
        .payload_len = (uint16_t)payload.len,
    };
    struct ipv4_packet ip = {
        .source = s->address,
        .destination = ipv4_value(to.ip),
        .id = s->net.ip_id++,
        .ttl = 64,
        .protocol = IPV4_UDP,
    };
    size_t len;

    if (mac == NULL)
        return false;
    udp_header_emit(&w, &udp);
    write_slice(&w, payload);
    if (w.failed)
        abort();
    store_be16(datagram + 6, udp_checksum(s->address, ip.destination, writer_written(&w)));
    len = writer_len(&w);
    for (size_t at = 0; at < len; at += FRAGMENT) {
        size_t piece = len - at < FRAGMENT ? len - at : FRAGMENT;

        ip.fragment_offset = (uint16_t)at;
        ip.more_fragments = at + piece < len;
        ip.payload_len = (uint16_t)piece;
        send_fragment(s, *mac, &ip, slice_of(datagram + at, piece));
    }
    return true;
}
