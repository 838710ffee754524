/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * One network interface: takes frames from its NIC, answers ARP and ICMP echo, reassembles IPv4, hands datagrams to the
 * UDP clients seated at it, and asks those whose deadline has passed for their packet. It owns no transmit memory:
 * every packet is written straight into the NIC's ring. (RFC 826, 791, 792, 768, 1112, 1122, 2236.)
 */
#ifndef PUCK_NET_NET_H
#define PUCK_NET_NET_H

#include "firmware/base/log.h"
#include "firmware/base/random.h"
#include "firmware/net/arp_cache.h"
#include "firmware/net/igmp.h"
#include "firmware/net/reassembly.h"
#include "firmware/net/udp.h"
#include "firmware/nic/nic.h"

#define NET_ROUTES   8
#define NET_FILTERED 8

/* Why a received packet was ignored: X(name, text). */
#define NET_DROPS(X)                                              \
    X(DROP_NOT_FOR_US, "not for us")                              \
    X(DROP_BAD_ETHERNET, "bad Ethernet source")                   \
    X(DROP_VLAN, "tagged for a VLAN")                             \
    X(DROP_UNKNOWN_TYPE, "neither ARP nor IPv4")                  \
    X(DROP_BAD_ARP, "bad ARP")                                    \
    X(DROP_BAD_IP, "bad IPv4 header")                             \
    X(DROP_BAD_SOURCE, "IPv4 source no host can have")            \
    X(DROP_UNKNOWN_PROTOCOL, "neither ICMP, IGMP nor UDP")        \
    X(DROP_BAD_CHECKSUM, "bad checksum")                          \
    X(DROP_BAD_FRAGMENT, "bad or overlapping fragment")           \
    X(DROP_FRAGMENT_LOST, "datagram with a fragment missing")     \
    X(DROP_BAD_UDP, "bad UDP length")                             \
    X(DROP_BAD_ICMP, "bad ICMP, or an error that quotes not us")  \
    X(DROP_ICMP_IGNORED, "ICMP that asks nothing of us")          \
    X(DROP_ICMP_LIMITED, "echo beyond the limit of rate or size") \
    X(DROP_BAD_IGMP, "bad IGMP")                                  \
    X(DROP_IGMP_IGNORED, "IGMP that asks nothing of us")          \
    X(DROP_NO_CLIENT, "no client at the port")

enum net_drop {
#define X(name, text) name,
    NET_DROPS(X)
#undef X
    DROP_KINDS,
};

struct net_route {
    uint32_t destination, netmask, gateway; /* host byte order; gateway 0: on link */
};

/*
 * What DHCP (or a caller of the API) says about this interface; all in host byte order, 0 when not known. Without a
 * netmask the address's class decides. A destination that is neither on link nor covered by a route goes to the
 * client's own gateway if it names one, else it is taken to be on link (a proxy may answer ARP for it).
 */
struct net_config {
    uint32_t address, netmask;
    struct net_route routes[NET_ROUTES]; /* first match of the longest mask wins; the default route has netmask 0 */
    size_t route_count;
};

struct net_neighbour {
    uint32_t address; /* host byte order; 0: none */
    struct mac mac;
};

/*
 * Sees what crosses the wire for the clients, as it crosses: for callers of ours who want to be told of each packet.
 * Called from within net_poll(), under the same rules as a client's own functions. Each may be NULL.
 */
struct net_observer {
    /* A datagram of a client: received (before the client sees it), or just about to leave. */
    void (*datagram)(struct net_observer *, const struct udp_client *, bool is_received, struct slice payload);
    /* An ICMP destination unreachable that quotes a client's datagram, from its type field on. */
    void (*icmp_error)(struct net_observer *, struct slice message);
    /* Somebody waits in run_until(): called on every turn, so be quick. */
    void (*waiting)(struct net_observer *, time_us now);
};

/* Destinations, beside the interface's own, whose datagrams go to clients that take_others. */
struct net_filter {
    bool everything; /* the NIC is promiscuous then */
    bool all_groups;
    uint32_t addresses[NET_FILTERED]; /* groups and hosts, host byte order */
    size_t count;
};

struct net {
    struct nic *nic;
    struct log *log;
    struct random *random;
    struct net_config config;
    struct arp_cache arp;
    struct net_neighbour heard; /* of whom the last datagram came while we had no address: a DHCP server or a relay */
    struct reassembly reassembly;
    struct net_observer *observer; /* NULL: nobody; survives net_configure(), and may be changed at any time */
    struct udp_client *clients;
    struct udp_client *turn; /* whose turn it is to send first: fairness */
    struct net_filter filter;
    struct igmp igmp;
    unsigned nic_changes; /* of the NIC's filter, when we last set it: another number means that somebody else has */
    uint32_t filter_refusals; /* by the NIC, of our groups */
    uint8_t ttl, tos;         /* of what we send; 64 and 0 from net_start() on */
    uint16_t ip_id;           /* of the next packet */
    uint16_t fragment_id;     /* of the datagram whose pieces are being sent */
    time_us icmp_since;       /* ICMP replies are limited: this many since then */
    unsigned icmp_sent;
    bool owes_announcement;     /* of our address, once, to whoever still knows it as another's */
    uint32_t address_conflicts; /* ARP packets in which somebody else claims our address */
    uint32_t dropped[DROP_KINDS];
};

void net_start(struct net *, struct nic *, struct log *, struct random *);

/*
 * Forgets addresses learnt under the old configuration, and announces the new one by ARP (RFC 2131 section 4.4.1). An
 * all-zero config is "no address yet". Whoever the last datagram before came from, if on link, is taken to be reached
 * by the way it came: the DHCP server most often is the file server too, or the gateway, and need not be waited for.
 */
void net_configure(struct net *, const struct net_config *);

/*
 * Fails when another client has the port, or when there is already a client for any port. Attaching twice and detaching
 * what is not attached are harmless. A client that is detached leaves its group at once. Neither may be called from a
 * client's own functions.
 */
bool net_attach(struct net *, struct udp_client *);
void net_detach(struct net *, struct udp_client *);

/*
 * The NIC learns it too, together with the clients' groups, as far as it filters. What somebody else does with the
 * NIC's filter meanwhile is undone by calling it again; and, as far as it lacks what we want, by the next
 * net_transmit(). The zero filter is what net_start() begins with. Groups of the filter are joined as clients' are.
 */
enum status net_set_filter(struct net *, const struct net_filter *);

/* An unused port of the dynamic range (49152 to 65535), chosen at random. */
uint16_t net_pick_port(struct net *);

/* Takes one received frame, if there is one. Returns whether there was. While the NIC is somebody else's
 * (NIC_OWNER_RAW) the stack neither receives nor transmits. */
bool net_receive(struct net *, time_us now);

/* Lets every client whose deadline has passed, and whose next hop is known, send; asks ARP for the next hops of the
 * others. */
void net_transmit(struct net *, time_us now);

/* Receives (bounded, so that a flood cannot hold us) and transmits. */
void net_poll(struct net *, time_us now);

/* What the person reading a log sees for a reason. */
const char *net_drop_text(enum net_drop);

/* The earliest moment at which net_poll has something to send. */
time_us net_deadline(const struct net *);

#endif
