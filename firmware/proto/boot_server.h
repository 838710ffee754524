/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Boot server discovery (PXE 2.1 section 2.2, steps 5 and 6): asks for a boot server of one type, by multicast, by
 * broadcast and by the list that a PXE server gave, and takes the first acceptable ACK.
 *
 *   BOOT_SERVER_IDLE -start-> BOOT_SERVER_ASKING -ACK-> BOOT_SERVER_FOUND
 *                                `-> BOOT_SERVER_FAILED <- four rounds without an answer, cancelled
 *
 * A round goes through all destinations in that order, with as long a pause behind each as makes the rounds last 1, 2,
 * 3 and 4 s: one destination alone is asked at the intervals of the specification, and many do not take longer.
 * Multicast and listed servers are asked at port 4011, broadcast goes to port 67; the answers come to our port 68,
 * which is where the requests leave: dnsmasq answers to the port that asked, Windows' servers to 68.
 */
#ifndef PUCK_PROTO_BOOT_SERVER_H
#define PUCK_PROTO_BOOT_SERVER_H

#include "firmware/base/log.h"
#include "firmware/base/random.h"
#include "firmware/base/retry.h"
#include "firmware/net/udp.h"
#include "firmware/proto/dhcp_lease.h"
#include "firmware/proto/dhcp_request.h"
#include "firmware/wire/pxe_options.h"

#define BOOT_SERVER_PORT  4011
#define BOOT_SERVERS_MAX  32
#define BOOT_SERVER_LAYER 0x7fff /* the bits of a layer; the highest asks for credentials */

enum boot_server_state {
    BOOT_SERVER_IDLE,
    BOOT_SERVER_ASKING,
    BOOT_SERVER_FOUND,
    BOOT_SERVER_FAILED,
};

/* Addresses in host byte order. */
struct boot_server_config {
    struct dhcp_identity identity;
    uint32_t address; /* ours: the net is configured */
    bool has_item;    /* else whatever the server has, as at a proxyDHCP server's port 4011 */
    uint16_t type, layer;
    uint32_t multicast; /* the group to ask; 0: none */
    bool uses_broadcast, uses_list;
    bool only_listed; /* answers of others are ignored (with an empty list: everybody's), unless: */
    bool accepts_any; /* the list says that any server of this type will do */
    uint32_t servers[BOOT_SERVERS_MAX];
    size_t server_count;
};

#define BOOT_SERVER_DESTINATIONS_TEXT 96

struct boot_server {
    struct udp_client udp; /* first; filled in by boot_server_start() */
    struct boot_server_config config;
    enum boot_server_state state;
    enum status status;                /* STATUS_PENDING until BOOT_SERVER_FOUND or BOOT_SERVER_FAILED */
    struct dhcp_packet request, reply; /* the last that was sent; the one that was taken */
    struct dhcp_boot boot;             /* of `reply` */
    uint32_t server;                   /* who sent it */
    uint32_t ignored;                  /* messages for us that were wrong */

    /* The machine's own. */
    unsigned round, turn; /* 1 to 4; which destination is next */
    time_us due;          /* when it is to be asked; TIME_NEVER: not asking */
    time_us started;      /* for `secs` */
    uint32_t xid;
    struct log *log;
};

/*
 * How to look for servers of `type`, by what a PXE server's option 43 says: fills in multicast to server_count of a
 * config.
 */
void boot_server_config_set(struct boot_server_config *, const struct pxe_options *, uint16_t type);

/* Owes the first request at once. STATUS_NO_SERVER_LIST when the config leaves nobody to ask, or to answer. */
enum status boot_server_start(struct boot_server *, time_us now, const struct boot_server_config *, struct random *,
                              struct log *);

/* "multicast 224.0.1.2, broadcast, 10.0.0.5 and 3 more": who is asked. Returns `text`. */
const char *boot_server_destinations(const struct boot_server_config *, char text[BOOT_SERVER_DESTINATIONS_TEXT]);

/* Ends without a server; sends nothing. */
void boot_server_cancel(struct boot_server *, enum status why);

/* Whether its status is final; of a struct boot_server, for run_until() (firmware/boot/run.h). */
bool boot_server_is_over(const void *boot_server);

#endif
