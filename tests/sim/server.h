/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A server machine on the simulated wire: a struct net of its own, which answers ARP and echo as any host does, and
 * services seated at it (dhcp_server.h, tftp_server.h).
 */
#ifndef PUCK_SIM_SERVER_H
#define PUCK_SIM_SERVER_H

#include "firmware/net/net.h"
#include "tests/sim/world.h"

struct server {
    struct world_host host; /* first */
    struct net net;
    struct random random;
    struct nic *nic;
    const time_us *clock;
    uint32_t address;
};

/* Takes end `end` of the world's wire (1 and up). */
void server_start(struct server *, struct world *, unsigned end, uint32_t address, uint32_t netmask);

/* On a NIC of any other kind; whoever has that polls the net, and shows frames to server_take() first. */
void server_start_on(struct server *, struct nic *, const time_us *clock, uint32_t seed, const struct net_config *);

/* Frames that no stack takes, but a DHCP server must: those of clients without an address. True: it was one. */
bool server_take(struct server *, struct slice frame);

/*
 * Sends a datagram of any length from `port`, in fragments if need be; for services whose datagrams do not fit what
 * udp_client_ops.output is given. False, and nothing sent, while ARP is asking for the receiver.
 */
bool server_send(struct server *, uint16_t port, struct udp_address to, struct slice payload);

/* Lets a DHCP server reach a client that cannot answer ARP yet. */
void server_knows(struct server *, uint32_t address, struct mac);

#endif
