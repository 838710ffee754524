/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/sim/net_bench.h"

#include <stdlib.h>

#include "firmware/base/checksum.h"
#include "firmware/wire/arp_packet.h"
#include "firmware/wire/ethernet_frame.h"
#include "firmware/wire/ipv4_packet.h"
#include "firmware/wire/udp_header.h"

static void client_input(struct udp_client *udp, time_us now, const struct udp_datagram *datagram)
{
    struct bench_client *client = (struct bench_client *)udp;

    (void)now;
    client->inputs++;
    client->from = datagram->from;
    client->to = datagram->to;
    client->len = datagram->payload.len;
    if (client->len != 0)
        memcpy(client->payload, datagram->payload.data, client->len);
}

static bool client_output(struct udp_client *udp, time_us now, struct writer *payload)
{
    struct bench_client *client = (struct bench_client *)udp;

    write_fill(payload, 'o', client->fill);
    if (payload->failed)
        return false;
    client->outputs++;
    client->deadline = client->never_rests ? now : TIME_NEVER;
    return true;
}

static struct udp_address client_destination(const struct udp_client *udp)
{
    return ((const struct bench_client *)udp)->destination;
}

static time_us client_deadline(const struct udp_client *udp)
{
    return ((const struct bench_client *)udp)->deadline;
}

static void client_unreachable(struct udp_client *udp, time_us now, enum status why)
{
    struct bench_client *client = (struct bench_client *)udp;

    (void)now;
    client->unreachables++;
    client->why = why;
}

static const struct udp_client_ops client_ops = {
    .input = client_input,
    .output = client_output,
    .destination = client_destination,
    .deadline = client_deadline,
    .unreachable = client_unreachable,
};

void bench_client_start(struct bench_client *client, uint16_t port, uint32_t destination)
{
    memset(client, 0, sizeof(*client));
    client->udp.ops = &client_ops;
    client->udp.port = port;
    client->destination = (struct udp_address){.ip = ipv4_address(destination), .port = PEER_PORT};
    client->deadline = TIME_NEVER;
    client->fill = 10;
}

int bench_start_bare(void **state)
{
    struct bench *b = calloc(1, sizeof(*b));

    if (b == NULL)
        return -1;
    b->now = SECONDS(10);
    wire_start(&b->wire, &b->now, 1);
    random_seed(&b->random, slice_of("net", 3));
    b->peer = &b->wire.ends[1].nic;
    net_start(&b->net, &b->wire.ends[0].nic, NULL, &b->random);
    if (nic_open(&b->wire.ends[0].nic) != STATUS_OK || nic_open(b->peer) != STATUS_OK)
        return -1;
    (void)nic_set_filter(b->peer, NIC_FILTER_PROMISCUOUS, NULL, 0);
    bench_client_start(&b->client, OUR_PORT, PEER_IP);
    if (!net_attach(&b->net, &b->client.udp))
        return -1;
    *state = b;
    return 0;
}

int bench_start(void **state)
{
    const struct net_config config = {
        .address = OUR_IP,
        .netmask = NETMASK,
        .routes = {{.gateway = ROUTER_IP}},
        .route_count = 1,
    };
    struct slice announcement;
    struct bench *b;

    if (bench_start_bare(state) != 0)
        return -1;
    b = *state;
    net_configure(&b->net, &config);
    bench_poll(b);
    while (bench_sent(b, &announcement))
        ;
    (void)arp_cache_want(&b->net.arp, PEER_IP, b->now);
    arp_cache_learn(&b->net.arp, PEER_IP, b->peer->mac, b->now);
    return 0;
}

int bench_stop(void **state)
{
    struct bench *b = *state;

    wire_stop(&b->wire);
    free(b);
    return 0;
}

void bench_poll(struct bench *b)
{
    while (net_receive(&b->net, b->now))
        ;
    net_transmit(&b->net, b->now);
}

bool bench_sent(struct bench *b, struct slice *frame)
{
    nic_receive_done(b->peer);
    return nic_receive(b->peer, frame);
}

static struct writer packet_begin(struct bench *b, struct bench_packet *packet, uint16_t type)
{
    const struct ethernet_frame ethernet = {
        .destination = b->net.nic->mac,
        .source = b->peer->mac,
        .type = type,
    };
    struct writer w = writer_of(packet->bytes, sizeof(packet->bytes));

    ethernet_frame_emit(&w, &ethernet);
    return w;
}

struct bench_packet bench_arp(struct bench *b, uint16_t operation, uint32_t sender, uint32_t target)
{
    const struct arp_packet arp = {
        .operation = operation,
        .sender_mac = b->peer->mac,
        .sender = sender,
        .target_mac = b->net.nic->mac,
        .target = target,
    };
    struct bench_packet packet;
    struct writer w = packet_begin(b, &packet, ETHERNET_ARP);

    arp_packet_emit(&w, &arp);
    packet.len = writer_len(&w);
    return packet;
}

static struct bench_packet packet_of(struct bench *b, const struct ipv4_packet *ip, struct slice payload)
{
    struct bench_packet packet;
    struct writer w = packet_begin(b, &packet, ETHERNET_IPV4);

    ipv4_packet_emit(&w, ip);
    write_slice(&w, payload);
    packet.len = writer_len(&w);
    return packet;
}

struct bench_packet bench_ip(struct bench *b, uint8_t protocol, struct slice payload)
{
    const struct ipv4_packet ip = {
        .source = PEER_IP,
        .destination = OUR_IP,
        .payload_len = (uint16_t)payload.len,
        .ttl = 64,
        .protocol = protocol,
    };

    return packet_of(b, &ip, payload);
}

struct bench_packet bench_fragment(struct bench *b, uint16_t id, struct slice datagram, size_t from, size_t to)
{
    const struct ipv4_packet ip = {
        .source = PEER_IP,
        .destination = OUR_IP,
        .payload_len = (uint16_t)(to - from),
        .id = id,
        .fragment_offset = (uint16_t)from,
        .more_fragments = to < datagram.len,
        .ttl = 64,
        .protocol = IPV4_UDP,
    };

    return packet_of(b, &ip, slice_first(slice_from(datagram, from), to - from));
}

struct bench_packet bench_udp(struct bench *b, uint16_t from, uint16_t to, struct slice payload)
{
    uint8_t bytes[1480];
    struct writer w = writer_of(bytes, sizeof(bytes));
    struct udp_header udp = {.source_port = from, .destination_port = to, .payload_len = (uint16_t)payload.len};

    udp_header_emit(&w, &udp);
    write_slice(&w, payload);
    store_be16(bytes + 6, udp_checksum(PEER_IP, OUR_IP, writer_written(&w)));
    return bench_ip(b, IPV4_UDP, writer_written(&w));
}

struct bench_packet bench_icmp(struct bench *b, const struct icmp_message *message, struct slice body)
{
    uint8_t bytes[1480];
    struct writer w = writer_of(bytes, sizeof(bytes));

    icmp_message_emit(&w, message, body);
    return bench_ip(b, IPV4_ICMP, writer_written(&w));
}

void bench_fix(struct bench_packet *packet)
{
    uint8_t *ip = packet->bytes + ETHERNET_HEADER_LEN;

    store_be16(ip + 10, 0);
    store_be16(ip + 10, checksum_finish(checksum_add(0, slice_of(ip, (size_t)(ip[0] & 15) * 4))));
}

void bench_put(struct bench *b, const struct bench_packet *packet)
{
    wire_inject(&b->wire.ends[0], slice_of(packet->bytes, packet->len));
    bench_poll(b);
}
