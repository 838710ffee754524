/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The server of a segment, as dnsmasq is one: a single process that answers DHCP and sends files, each packet of which
 * takes it some time. What comes meanwhile waits in the sockets' buffers, and is lost when they are full. Services are
 * the crowd of TFTP transfers, one more that takes and sends datagrams, and any that sits at a struct server.
 */
#ifndef PUCK_SIM_BUSY_SERVER_H
#define PUCK_SIM_BUSY_SERVER_H

#include "tests/sim/segment.h"
#include "tests/sim/server.h"
#include "tests/sim/tftp_crowd.h"

enum busy_socket {
    BUSY_DHCP,     /* port 67 */
    BUSY_REQUESTS, /* ports below 20000: TFTP's, MTFTP's */
    BUSY_TRANSFERS,
    BUSY_OTHERS, /* ARP, IGMP, ICMP: the kernel's */
    BUSY_SOCKETS,
};

/* Nanoseconds of the process for each packet. All zero: a server that needs no time. */
struct busy_costs {
    uint32_t receives[BUSY_SOCKETS];
    uint32_t sends;
};

/* On one core of a common server; DHCP is written to a lease file, without waiting for the disk. */
extern const struct busy_costs busy_costs_usual;

/*
 * Packets that fit: 212992 bytes (Linux's net.core.rmem_default) of what the kernel takes for each, 1280 for one of 590
 * bytes and 768 for a small one. Of transfers it is all their sockets together.
 */
enum {
    BUSY_ROOM_DHCP = 166,
    BUSY_ROOM_REQUESTS = 277,
    BUSY_ROOM = 16384,
};

struct busy_queue {
    struct segment_frame *frames[BUSY_ROOM];
    uint32_t first, count, max, most;
    uint64_t taken, dropped;
};

/* Gets all datagrams to our address but DHCP's; false leaves them to the crowd. It sends with busy_server_send(). */
struct busy_service {
    void *service; /* NULL: none */
    bool (*input)(void *, time_us now, uint16_t to_port, struct udp_address from, struct slice payload);
    void (*poll)(void *, time_us now);
    time_us (*deadline)(const void *);
};

struct busy_server {
    struct server server;
    struct tftp_crowd crowd;
    struct busy_service service;
    struct segment *segment;
    struct segment_port *port;
    struct busy_costs costs;
    uint64_t free_ns; /* when the process is done with what it has begun */
    uint64_t busy_ns; /* in all */
    unsigned turn;
    struct busy_queue queues[BUSY_SOCKETS];
};

void busy_server_start(struct busy_server *, struct segment *, const struct busy_costs *,
                       const struct tftp_crowd_config *);
void busy_server_stop(struct busy_server *);

/* To a machine or a group. */
void busy_server_send(struct busy_server *, uint16_t from_port, struct udp_address to, struct slice payload);

/* At its turn (segment_next): does what it can, and says when it wants the next. */
void busy_server_poll(struct busy_server *);

#endif
