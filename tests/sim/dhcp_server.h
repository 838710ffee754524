/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A DHCP server (RFC 2131) with one address or a pool to give, on a simulated host; also a proxyDHCP server that gives
 * none.
 */
#ifndef PUCK_SIM_DHCP_SERVER_H
#define PUCK_SIM_DHCP_SERVER_H

#include "firmware/wire/dhcp_message.h"
#include "tests/sim/server.h"

#define DHCP_SERVER_REPLIES 4

/* Addresses in host byte order. */
struct dhcp_server_config {
    uint32_t address; /* to give; 0: this is a proxyDHCP server */
    uint32_t pool; /* how many from `address` on: which one is said by the last bytes of a MAC; 0: `address` to all */
    uint32_t netmask, router, next_server;
    const char *file;      /* NULL: none */
    const char *class;     /* option 60; NULL: none */
    struct slice vendor;   /* option 43; empty: none */
    const char *option_67; /* NULL: none */
    time_us thinks;        /* before each reply */
    bool always_broadcasts;
    bool wants_asking; /* names the file only to those who ask at port 4011 */
    unsigned naks;     /* how many REQUESTs to refuse first */
    unsigned misses;   /* how many messages not to hear first */
};

struct dhcp_server_reply {
    bool is_owed;
    time_us at;
    uint32_t to;
    size_t len;
    uint8_t bytes[600];
};

struct dhcp_server {
    struct udp_client udp;       /* first */
    struct udp_client boot_port; /* 4011 */
    struct server *server;
    struct dhcp_server_config config;
    struct dhcp_server_reply replies[DHCP_SERVER_REPLIES];
    unsigned discovers, requests, acks, asked;
    bool answers_boot_port; /* what is being written is the answer to what came to port 4011 */
    char user_class[64];    /* option 77 of the last message as it came, NUL terminated; "": none */
};

void dhcp_server_start(struct dhcp_server *, struct server *, const struct dhcp_server_config *);

#endif
