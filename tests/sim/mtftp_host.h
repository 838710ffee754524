/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The MTFTP server model (mtftp_server.h) seated on a simulated host. */
#ifndef PUCK_SIM_MTFTP_HOST_H
#define PUCK_SIM_MTFTP_HOST_H

#include "tests/sim/mtftp_server.h"
#include "tests/sim/server.h"

enum {
    MTFTP_HOST_GROUP = 0xefff0101, /* 239.255.1.1 */
    MTFTP_HOST_CLIENT_PORT = 1757,
    MTFTP_HOST_PORT = 1758,
    MTFTP_HOST_QUEUE = 8,
};

struct mtftp_host_packet {
    uint16_t from_port;
    struct udp_address to;
    size_t len;
    uint8_t bytes[UDP_PAYLOAD_MAX];
};

struct mtftp_host {
    struct udp_client requests; /* first; at MTFTP_HOST_PORT */
    struct udp_client session;  /* at the model's session port */
    struct mtftp_server model;  /* knobs may be turned after the start */
    struct mtftp_host_packet queue[MTFTP_HOST_QUEUE];
    size_t queued;
};

void mtftp_host_start(struct mtftp_host *, struct server *, const char *name, struct slice file);

/* Tags 1 to 5 of option 43 that lead there, and tag 6: fetch it at once. */
struct slice mtftp_host_option_43(void);

#endif
