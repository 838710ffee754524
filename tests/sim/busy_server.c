/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/sim/busy_server.h"

#include <stdlib.h>

#include "firmware/wire/arp_packet.h"
#include "firmware/wire/ethernet_frame.h"
#include "firmware/wire/ipv4_packet.h"
#include "firmware/wire/udp_header.h"

enum {
    BURST = 8, /* frames that are sent before the next is taken: one look at all sockets by the process */
    FRAGMENT = 1480,
    NET_BURST = 48, /* what one poll of a service may send at most */
};

const struct busy_costs busy_costs_usual = {
    .receives = {[BUSY_DHCP] = 100000, [BUSY_REQUESTS] = 30000, [BUSY_TRANSFERS] = 4000, [BUSY_OTHERS] = 1000},
    .sends = 4000,
};

static enum busy_socket socket_of(const struct segment_frame *frame)
{
    uint16_t port = load_be16(frame->bytes + 36);

    if (load_be16(frame->bytes + 12) != ETHERNET_IPV4 || frame->bytes[23] != 17)
        return BUSY_OTHERS;
    if (port == 67)
        return BUSY_DHCP;
    return port < 20000 ? BUSY_REQUESTS : BUSY_TRANSFERS;
}

static void take_arrivals(struct busy_server *b)
{
    struct segment_frame *frame;

    while ((frame = segment_take(b->port)) != NULL) {
        struct busy_queue *queue = &b->queues[socket_of(frame)];

        if (queue->count == queue->max) {
            queue->dropped++;
            segment_drop(frame);
            continue;
        }
        queue->frames[(queue->first + queue->count) % BUSY_ROOM] = frame;
        if (++queue->count > queue->most)
            queue->most = queue->count;
    }
}

static void spend(struct busy_server *b, uint32_t ns)
{
    uint64_t now_ns = *b->segment->clock * 1000;

    if (b->free_ns < now_ns)
        b->free_ns = now_ns;
    b->free_ns += ns;
    b->busy_ns += ns;
}

/* The sockets in turn. */
static struct segment_frame *next_frame(struct busy_server *b)
{
    for (unsigned n = 0; n < BUSY_SOCKETS; n++) {
        unsigned which = (b->turn + n) % BUSY_SOCKETS;
        struct busy_queue *queue = &b->queues[which];
        struct segment_frame *frame;

        if (queue->count == 0)
            continue;
        frame = queue->frames[queue->first];
        queue->first = (queue->first + 1) % BUSY_ROOM;
        queue->count--;
        queue->taken++;
        spend(b, b->costs.receives[which]);
        b->turn = which + 1;
        return frame;
    }
    return NULL;
}

static bool serve(struct busy_server *b, struct slice frame)
{
    struct reader r = reader_of(frame);
    struct ethernet_frame ethernet;
    struct ipv4_packet ip;
    struct udp_header udp;
    struct udp_address from;

    if (b->service.service == NULL || !ethernet_frame_parse(&r, &ethernet) || ethernet.type != ETHERNET_IPV4 ||
        !ipv4_packet_parse(&r, &ip) || ip.destination != b->server.address || ip.protocol != IPV4_UDP ||
        !udp_header_parse(&r, &udp) || udp.destination_port == 67)
        return false;
    from = (struct udp_address){.ip = ipv4_address(ip.source), .port = udp.source_port};
    return b->service.input(b->service.service, *b->segment->clock, udp.destination_port, from, read_rest(&r));
}

static struct mac mac_of(const struct busy_server *b, uint32_t address)
{
    if (ipv4_is_multicast(address))
        return (struct mac){{1, 0, 0x5e, (uint8_t)(address >> 16 & 0x7f), (uint8_t)(address >> 8), (uint8_t)address}};
    return segment_mac(address - b->segment->config.first_address + 1);
}

static void send_piece(struct busy_server *b, const struct ethernet_frame *ethernet, const struct ipv4_packet *ip,
                       struct slice bytes)
{
    struct writer frame;

    if (!nic_transmit_room(&b->port->nic, &frame))
        return;
    ethernet_frame_emit(&frame, ethernet);
    ipv4_packet_emit(&frame, ip);
    write_slice(&frame, bytes);
    if (frame.failed)
        abort();
    nic_transmit(&b->port->nic, writer_len(&frame));
}

/* In fragments if need be. The UDP checksum is left out (RFC 768 allows it): its cost would be the simulator's alone.
 */
void busy_server_send(struct busy_server *b, uint16_t from_port, struct udp_address to, struct slice payload)
{
    static uint8_t datagram[65536];
    struct writer w = writer_of(datagram, sizeof(datagram));
    const struct udp_header udp = {
        .source_port = from_port, .destination_port = to.port, .payload_len = (uint16_t)payload.len};
    const struct ethernet_frame ethernet = {
        .destination = mac_of(b, ipv4_value(to.ip)), .source = b->port->nic.mac, .type = ETHERNET_IPV4};
    struct ipv4_packet ip = {
        .source = b->server.address,
        .destination = ipv4_value(to.ip),
        .id = b->server.net.ip_id++,
        .ttl = 64,
        .protocol = IPV4_UDP,
    };

    udp_header_emit(&w, &udp);
    write_slice(&w, payload);
    for (size_t at = 0; at < writer_len(&w); at += FRAGMENT) {
        struct slice piece = slice_first(slice_from(writer_written(&w), at), FRAGMENT);

        ip.fragment_offset = (uint16_t)at;
        ip.more_fragments = at + piece.len < writer_len(&w);
        ip.payload_len = (uint16_t)piece.len;
        send_piece(b, &ethernet, &ip, piece);
    }
}

static void deliver(struct busy_server *b, struct segment_frame *frame)
{
    struct slice bytes = slice_of(frame->bytes, frame->len);
    time_us now = *b->segment->clock;

    if (serve(b, bytes) || tftp_crowd_input(&b->crowd, now, bytes) || server_take(&b->server, bytes)) {
        segment_drop(frame);
        return;
    }
    b->port->lent = frame; /* the NIC lends this one, and drops it */
    (void)net_receive(&b->server.net, now);
}

/*
 * The kernel of a server has a table of neighbours for all its clients, a struct net has room for eight: what it asks
 * for is answered here. (dnsmasq and dhcpd tell the kernel whom they gave an address.)
 */
static bool intercept(void *context, struct slice bytes)
{
    struct busy_server *b = context;
    struct reader r = reader_of(bytes);
    struct ethernet_frame ethernet;
    struct arp_packet arp;
    uint8_t reply[64];
    struct writer w = writer_of(reply, sizeof(reply));
    uint32_t machine;

    spend(b, b->costs.sends);
    if (!ethernet_frame_parse(&r, &ethernet) || ethernet.type != ETHERNET_ARP || !arp_packet_parse(&r, &arp) ||
        arp.operation != ARP_REQUEST)
        return false;
    machine = arp.target - b->segment->config.first_address + 1;
    if (machine == 0 || machine > b->segment->config.machines)
        return false;
    ethernet =
        (struct ethernet_frame){.destination = b->port->nic.mac, .source = segment_mac(machine), .type = ETHERNET_ARP};
    arp = (struct arp_packet){
        .operation = ARP_REPLY,
        .sender_mac = segment_mac(machine),
        .sender = arp.target,
        .target_mac = b->port->nic.mac,
        .target = b->server.address,
    };
    ethernet_frame_emit(&w, &ethernet);
    arp_packet_emit(&w, &arp);
    segment_inject(b->port, writer_written(&w));
    return true;
}

static time_us next_poll(const struct busy_server *b)
{
    time_us now = *b->segment->clock, free_at = (b->free_ns + 999) / 1000;
    time_us wanted = time_earlier(net_deadline(&b->server.net), tftp_crowd_deadline(&b->crowd));

    if (b->service.service != NULL)
        wanted = time_earlier(wanted, b->service.deadline(b->service.service));
    if (wanted <= now && !segment_has_room(b->segment, NET_BURST))
        wanted = b->segment->up.ring[b->segment->up.first].at;
    for (unsigned n = 0; n < BUSY_SOCKETS; n++)
        if (b->queues[n].count != 0)
            wanted = now;
    return wanted > free_at ? wanted : free_at;
}

void busy_server_poll(struct busy_server *b)
{
    time_us now = *b->segment->clock;

    take_arrivals(b);
    if (b->free_ns <= now * 1000) {
        struct segment_frame *frame = next_frame(b);

        if (frame != NULL)
            deliver(b, frame);
        if (net_deadline(&b->server.net) <= now && segment_has_room(b->segment, NET_BURST))
            net_transmit(&b->server.net, now);
        if (b->service.service != NULL && segment_has_room(b->segment, NET_BURST))
            b->service.poll(b->service.service, now);
        if (segment_has_room(b->segment, NET_BURST))
            tftp_crowd_output(&b->crowd, now, BURST);
    }
    segment_wait(b->segment, SEGMENT_SERVER, next_poll(b));
}

void busy_server_start(struct busy_server *b, struct segment *segment, const struct busy_costs *costs,
                       const struct tftp_crowd_config *crowd)
{
    const struct net_config net = {.address = segment->config.server_address, .netmask = 0xffff0000};

    memset(b, 0, sizeof(*b));
    b->segment = segment;
    b->port = &segment->ports[SEGMENT_SERVER];
    b->costs = *costs;
    for (unsigned n = 0; n < BUSY_SOCKETS; n++)
        b->queues[n].max = n == BUSY_DHCP ? BUSY_ROOM_DHCP : n == BUSY_REQUESTS ? BUSY_ROOM_REQUESTS : BUSY_ROOM;
    segment->sends = intercept;
    segment->sends_context = b;
    server_start_on(&b->server, &b->port->nic, segment->clock, segment->config.seed, &net);
    tftp_crowd_start(&b->crowd, &b->port->nic, crowd);
}

void busy_server_stop(struct busy_server *b)
{
    for (unsigned n = 0; n < BUSY_SOCKETS; n++)
        for (struct busy_queue *queue = &b->queues[n]; queue->count != 0; queue->count--) {
            segment_drop(queue->frames[queue->first]);
            queue->first = (queue->first + 1) % BUSY_ROOM;
        }
    tftp_crowd_stop(&b->crowd);
}
