/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The usual network of a boot: one machine with a session, one server with DHCP and TFTP and a boot file on it. A
 * scenario starts it, turns the knobs it is about, boots, and asks what came of it.
 */
#ifndef PUCK_SIM_NETWORK_H
#define PUCK_SIM_NETWORK_H

#include "firmware/boot/session.h"
#include "tests/sim/dhcp_server.h"
#include "tests/sim/tftp_server.h"

enum {
    NETWORK_SERVER = 0xc0a86f82, /* 192.168.111.130 */
    NETWORK_CLIENT = 0xc0a86f64, /* 192.168.111.100 */
    NETWORK_MASK = 0xffffff00,
};

struct network {
    struct world world;
    struct server server;
    struct dhcp_server dhcp;
    struct tftp_server tftp;
    struct tftp_server_file file; /* "boot/kernel" */
    struct buffer_sink sink;
    struct session_config config; /* what a scenario wants different it changes before network_boot() */
    struct session session;
    struct cached_packets cached;
    uint8_t *content, *memory;
    size_t memory_len;
    time_us took; /* of network_boot() */
};

/* A boot file of `file_len` bytes, and memory for exactly that. */
struct network *network_new(uint32_t seed, size_t file_len);
void network_free(struct network *);

/* session_start() and session_boot(), timed. */
enum status network_boot(struct network *);

/* Whether the boot file in memory is what the server has. */
bool network_file_is_right(const struct network *);

#endif
