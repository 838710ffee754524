/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A struct net on one end of a simulated wire and a test on the other: puts frames in, looks at what comes out.
 */
#ifndef PUCK_SIM_NET_BENCH_H
#define PUCK_SIM_NET_BENCH_H

#include "firmware/net/net.h"
#include "firmware/wire/icmp_message.h"
#include "tests/sim/wire.h"

enum {
    OUR_IP = 0xc0a86f64,  /* 192.168.111.100 */
    PEER_IP = 0xc0a86f82, /* 192.168.111.130 */
    ROUTER_IP = 0xc0a86f01,
    FAR_IP = 0x0a010203,
    NETMASK = 0xffffff00,
    OUR_PORT = 50000,
    PEER_PORT = 69,
};

struct bench_client {
    struct udp_client udp;
    struct udp_address destination;
    time_us deadline;
    unsigned inputs, outputs, unreachables;
    enum status why;
    uint8_t payload[65536]; /* of the last input */
    size_t len;
    struct udp_address from, to;
    bool never_rests; /* owes the next packet as soon as one is sent */
    uint16_t fill;    /* length of the payload it sends */
};

struct bench {
    time_us now;
    struct wire wire;
    struct nic *peer;
    struct random random;
    struct net net;
    struct bench_client client; /* attached, at OUR_PORT */
};

/* Configured as OUR_IP, and the client's peer PEER_IP already known to ARP. */
int bench_start(void **state);
/* No address, nothing known. */
int bench_start_bare(void **state);
int bench_stop(void **state);

void bench_client_start(struct bench_client *, uint16_t port, uint32_t destination);

/* Lets the net take everything there is, and send. */
void bench_poll(struct bench *);

/* The next frame the net has sent; valid until the next call. False when there is none. */
bool bench_sent(struct bench *, struct slice *frame);

/* Writers of packets from the peer. */
struct bench_packet {
    uint8_t bytes[2048];
    size_t len;
};

struct bench_packet bench_arp(struct bench *, uint16_t operation, uint32_t sender, uint32_t target);
/* Ethernet and IPv4 around `payload`; a test may then change bytes and call bench_fix(). */
struct bench_packet bench_ip(struct bench *, uint8_t protocol, struct slice payload);
struct bench_packet bench_fragment(struct bench *, uint16_t id, struct slice datagram, size_t from, size_t to);
struct bench_packet bench_udp(struct bench *, uint16_t from, uint16_t to, struct slice payload);
struct bench_packet bench_icmp(struct bench *, const struct icmp_message *, struct slice body);

/* Corrects the IPv4 header checksum after a test changed the header. */
void bench_fix(struct bench_packet *);
void bench_put(struct bench *, const struct bench_packet *);

#endif
