/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * One network interface: takes frames from its NIC, answers ARP and ICMP echo, reassembles IPv4, hands datagrams to the
 * UDP clients seated at it, and asks those whose deadline has passed for their packet. It owns no transmit memory:
 * every packet is written straight into the NIC's ring. (RFC 826, 791, 792, 768, 1122.)
 */
#ifndef PUCK_NET_NET_H
#define PUCK_NET_NET_H

#include "firmware/base/log.h"
#include "firmware/base/random.h"
#include "firmware/net/arp_cache.h"
#include "firmware/net/reassembly.h"
#include "firmware/net/udp.h"
#include "firmware/nic/nic.h"

#define NET_ROUTES 8

/* Why a received packet was ignored. */
enum net_drop {
    DROP_NOT_FOR_US,
    DROP_BAD_ETHERNET,
    DROP_UNKNOWN_TYPE,
    DROP_BAD_ARP,
    DROP_BAD_IP,
    DROP_BAD_CHECKSUM,
    DROP_BAD_FRAGMENT,
    DROP_BAD_UDP,
    DROP_BAD_ICMP,
    DROP_NO_CLIENT,
    DROP_KINDS,
};

struct net_route {
    uint32_t destination, netmask, gateway; /* host byte order; gateway 0: on link */
};

/* What DHCP (or a caller of the API) says about this interface; all in host byte order, 0 when not known. */
struct net_config {
    uint32_t address, netmask;
    struct net_route routes[NET_ROUTES]; /* first match of the longest mask wins; the default route has netmask 0 */
    size_t route_count;
};

struct net {
    struct nic *nic;
    struct log *log;
    struct random *random;
    struct net_config config;
    struct arp_cache arp;
    struct reassembly reassembly;
    struct udp_client *clients;
    struct udp_client *turn; /* whose turn it is to send first: fairness */
    uint16_t ip_id;
    uint32_t dropped[DROP_KINDS];
};

void net_start(struct net *, struct nic *, struct log *, struct random *);

/* Forgets addresses learnt under the old configuration. An all-zero config is "no address yet". */
void net_configure(struct net *, const struct net_config *);

/* A client may be attached once; attaching a second one to the same port fails. Detaching one that is not attached is
 * harmless. */
bool net_attach(struct net *, struct udp_client *);
void net_detach(struct net *, struct udp_client *);

/* An unused port of the dynamic range (49152 to 65535), chosen at random. */
uint16_t net_pick_port(struct net *);

/* Takes one received frame, if there is one. Returns whether there was. */
bool net_receive(struct net *, time_us now);

/* Lets every client whose deadline has passed, and whose next hop is known, send; asks ARP for the next hops of the
 * others. */
void net_transmit(struct net *, time_us now);

/* Receives (bounded, so that a flood cannot hold us) and transmits. */
void net_poll(struct net *, time_us now);

/* The earliest moment at which net_poll has something to send. */
time_us net_deadline(const struct net *);

#endif
