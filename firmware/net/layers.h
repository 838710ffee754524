/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * How the layers of the stack call each other; for the files of firmware/net alone. A packet goes up as one arrival,
 * filled in layer by layer; a layer that does not want it says net_drop() and returns.
 */
#ifndef PUCK_NET_LAYERS_H
#define PUCK_NET_LAYERS_H

#include "firmware/net/net.h"
#include "firmware/wire/ethernet_frame.h"
#include "firmware/wire/icmp_message.h"
#include "firmware/wire/ipv4_packet.h"

/* Whom a packet's IPv4 destination means. */
enum scope {
    SCOPE_US,
    SCOPE_BROADCAST,
    SCOPE_NOBODY_YET, /* any unicast address, while we have none of our own */
    SCOPE_OTHERS,     /* somebody else, or a group, and the net's filter wants to know */
    SCOPE_GROUP,      /* a group that clients listen to, and nothing else */
};

struct arrival {
    time_us now;
    struct ethernet_frame ethernet;
    struct ipv4_packet ip;
    enum scope scope;
    struct slice packet; /* from the IPv4 header on, for ICMP errors to quote; empty when it came in fragments */
};

void net_drop(struct net *, enum net_drop);

void arp_input(struct net *, time_us now, struct reader *);
/* Sends what requests are owed and tells the clients who waited for one that is given up. */
void arp_output(struct net *, time_us now);

void ipv4_input(struct net *, struct arrival *, struct reader *);
/* By our netmask; false while we have no address. */
bool ipv4_is_on_link(const struct net_config *, uint32_t address);
/* The address whose link address a packet of `client` to `destination` needs; 0 when it needs none. */
uint32_t ipv4_next_hop(const struct net_config *, const struct udp_client *, uint32_t destination);
/* RFC 1112 section 6.4. */
struct mac ipv4_group_mac(uint32_t group);
/* The link address for a packet of `client` to `destination`; false while ARP is asking for it. */
bool ipv4_resolve(struct net *, const struct udp_client *, uint32_t destination, time_us now, struct mac *out);

void icmp_input(struct net *, const struct arrival *, struct slice message);
void icmp_port_unreachable(struct net *, const struct arrival *);

void udp_input(struct net *, const struct arrival *, struct slice datagram);
/* Returns whether a packet went out. */
bool udp_output(struct net *, struct udp_client *, time_us now);
/* Tells the client whose datagram an ICMP error quotes; false when it quotes none of ours. */
bool udp_unreachable(struct net *, time_us now, const struct ipv4_packet *quoted, struct slice payload);
/* Does what the clients' wishes and the groups' timers ask for, as far as there is room to send. */
void igmp_output(struct net *, time_us now);
void igmp_input(struct net *, const struct arrival *, struct slice message);
/* What nobody listens to any more is left at once, not when net_transmit() is called next: it may never be. */
void igmp_leave(struct net *);
/* Reports everything anew: the configuration has changed. */
void igmp_rejoin(struct net *);
time_us igmp_deadline(const struct net *);

/* Whether anybody wants a group, or did: asked twice for each frame, and hardly ever so. */
bool groups_matter(const struct net *);
/* Whether a packet to this group may mean us. */
bool groups_want(const struct net *, uint32_t group);
/* Whether a frame to this group's link address may hold such a packet. */
bool groups_want_frame(const struct net *, struct mac destination);
/* Brings the table up to date with what clients and filter want, and has the NIC learn it. */
void groups_update(struct net *);
bool filter_wants(const struct net_filter *, uint32_t destination);

bool udp_client_is_due(const struct udp_client *, time_us now);

/*
 * Room in the NIC for this IPv4 packet: space for its header is left in front, the returned writer is the IP payload's.
 * False while there is no room. ipv4_transmit() fills in the headers and sends what has been written; not calling it
 * gives the room back.
 */
bool ipv4_room(struct net *, const struct ipv4_packet *, struct writer *payload);
/*
 * `packet` has source, destination, protocol, and what is to be said about fragments and to routers; a ttl of 0 is the
 * net's. The rest is filled in here.
 */
void ipv4_transmit(struct net *, struct mac to, struct ipv4_packet *packet, struct writer *payload);

#endif
