/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The seat a UDP machine sits in (RFC 768). A machine never sends: when its deadline has passed and its destination's
 * link address is known, the stack asks it to write one payload straight into a transmit buffer.
 */
#ifndef PUCK_NET_UDP_H
#define PUCK_NET_UDP_H

#include "firmware/base/address.h"
#include "firmware/base/status.h"
#include "firmware/base/time.h"

#define UDP_PAYLOAD_MAX 1472 /* that fits one frame: 1500 - 20 - 8 */

struct ipv4_packet;
struct udp_client;

/* A received datagram, reassembled; lent for the duration of input(). */
struct udp_datagram {
    struct udp_address from, to;
    struct slice payload;
};

struct udp_client_ops {
    /* A datagram for the client's port or its group's, from anybody, its checksum verified. Never sends, attaches or
     * detaches. */
    void (*input)(struct udp_client *, time_us now, const struct udp_datagram *);
    /*
     * Writes the payload that is owed. Changes state only after it is completely written; false when nothing is to be
     * sent after all (a timer that ended in giving up, say). Called only when deadline() has passed. The writer has no
     * room at all while the card cannot send: a client that has waited for too long gives up then too.
     */
    bool (*output)(struct udp_client *, time_us now, struct writer *payload);
    /*
     * Instead of output(), for a datagram that does not fit one frame; NULL, or false and nothing written, when the
     * next one does. Writes the next piece of it, UDP header and checksum included, and sets `fragment_offset` and
     * `more_fragments`; all pieces but the last are a multiple of 8 bytes.
     */
    bool (*output_fragment)(struct udp_client *, time_us now, struct writer *piece, struct ipv4_packet *);
    /* Where the next output goes; a pure read. 255.255.255.255 is broadcast. */
    struct udp_address (*destination)(const struct udp_client *);
    /* When output is to be called; TIME_NEVER when nothing is waited for; a pure read. */
    time_us (*deadline)(const struct udp_client *);
    /*
     * Nobody can take what this client sends: STATUS_ARP_TIMEOUT when the next hop did not answer ARP for six seconds,
     * STATUS_FAILURE when an ICMP destination unreachable quoted a datagram this client really sent. A client that goes
     * on wanting to send is served again, from the first ARP request on. May be NULL.
     */
    void (*unreachable)(struct udp_client *, time_us now, enum status why);
};

struct udp_client {
    const struct udp_client_ops *ops;
    struct udp_client *next; /* the stack's */
    uint16_t port; /* ours, host byte order; set before net_attach(); 0 sends nothing, and receives its group alone */
    /*
     * Without these, input sees only what is addressed to our own address and port. Either of them lets broadcasts in.
     * any_port: datagrams to every port that no other client has (the PXE UDP API).
     * any_destination: as long as the interface has no address, also datagrams to any address that reached our MAC, for
     * a DHCP server may already use the address it is about to give us (RFC 2131 section 4.1).
     */
    bool any_port, any_destination;
    bool takes_others; /* what the net's filter lets in beside: see struct net_filter */
    /*
     * A group this client listens to, host byte order; 0: none. The net joins and leaves it as clients come, go and
     * change their mind, input() included. What is sent to the group by group_port comes to each client that listens
     * so, whatever its `port` is, and to no other; `to` says which group and port.
     */
    uint32_t group;
    uint16_t group_port;
    bool dont_fragment; /* says so to routers */
    uint32_t source;    /* of our packets; host byte order; 0: the interface's address */
    uint32_t gateway;   /* for off-link destinations that no route covers; host byte order; 0: none */
    bool gateway_first; /* for all off-link destinations, whatever routes there are */
};

#endif
