/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A PXE server that gives no addresses, on a simulated host (PXE 2.1 section 2.2): its proxyDHCP service on port 67
 * offers what its config says, its boot service answers requests for the items it has, at port 4011, at a group's port
 * 4011, and by broadcast at port 67. Either service may be left out.
 */
#ifndef PUCK_SIM_PROXY_SERVER_H
#define PUCK_SIM_PROXY_SERVER_H

#include "firmware/wire/dhcp_message.h"
#include "tests/sim/server.h"

#define PROXY_SERVER_REPLIES 4
#define PROXY_SERVER_ITEMS   4

/* What the boot service has. */
struct proxy_server_item {
    uint16_t type;    /* of tag 71 */
    const char *file; /* NULL: it answers and names none */
};

/* Addresses in host byte order. */
struct proxy_server_config {
    bool is_silent;                  /* sends no offers: a boot server and no proxyDHCP server */
    const char *class;               /* option 60; NULL: "PXEClient"; "": none */
    const char *file;                /* of the offer, and of answers to requests that name no item; NULL: none */
    bool names_file_when_asked_only; /* not in the offer */
    struct slice vendor;             /* option 43 of the offer; empty: none */
    uint32_t next_server;            /* 0: left to option 54 */
    uint32_t server_id;              /* option 54; 0: this host's address */

    bool has_boot_service; /* answers at port 4011 */
    bool hears_broadcast;  /* and what comes to port 67 by broadcast */
    uint32_t group;        /* and to this group; 0: none */
    struct proxy_server_item items[PROXY_SERVER_ITEMS];
    size_t item_count;
    uint16_t answers_as;       /* type in its answers, whatever was asked for; 0: what was asked for */
    uint16_t layer;            /* in its answers, if not 0; else the one that was asked for */
    struct slice reply_vendor; /* more tags of option 43 in its answers, without an end tag */

    time_us thinks;  /* before each message */
    unsigned misses; /* how many messages not to hear first */
    unsigned copies; /* how often more than once to say everything */
};

struct proxy_server_reply {
    unsigned owed; /* how often it is still to be sent */
    time_us at;
    uint32_t to;
    size_t len;
    uint8_t bytes[1200];
};

struct proxy_server {
    struct udp_client udp;       /* first; port 67 */
    struct udp_client boot_port; /* 4011 */
    struct server *server;
    struct proxy_server_config config;
    struct proxy_server_reply replies[PROXY_SERVER_REPLIES];
    unsigned discovers;                                 /* heard at port 67 */
    unsigned asked, asked_by_broadcast, asked_at_group; /* requests to the boot service, and how they came */
    unsigned answered;                                  /* by the boot service */
    uint16_t asked_type, asked_layer;                   /* of the last request that named an item */
    bool asked_item;                                    /* whether the last one did */
};

void proxy_server_start(struct proxy_server *, struct server *, const struct proxy_server_config *);

#endif
