/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A boot program's view of the PXE API: flat memory of its own, a session that has booted from simulated servers, and
 * calls with a parameter block at a place it chooses.
 */
#ifndef PUCK_SIM_PXE_WORLD_H
#define PUCK_SIM_PXE_WORLD_H

#include "firmware/pxe/pxe.h"
#include "tests/sim/dhcp_server.h"
#include "tests/sim/tftp_server.h"
#include "tests/sim/world.h"

enum {
    PXE_WORLD_MEMORY = 0x400000,
    PXE_WORLD_LOW = 0x90000, /* our own low memory, 16 KB: no caller's pointer may lead there */
    PXE_WORLD_LOW_LEN = 0x4000,
    PXE_WORLD_FRAME = 0x3000,      /* the bounce frame, from PXE_WORLD_LOW */
    PXE_WORLD_BLOCK = 0x20000,     /* where call() puts parameter blocks */
    PXE_WORLD_BUFFER = 0x30000,    /* free for tests */
    PXE_WORLD_OUR_IP = 0xc0a86f64, /* 192.168.111.100 */
    PXE_WORLD_SERVER_IP = 0xc0a86f82,
    PXE_WORLD_ECHO_PORT = 7,
};

/* Answers every datagram with itself (RFC 862); keeps the last. */
struct pxe_echo {
    struct udp_client udp; /* first */
    struct udp_address from;
    bool is_owed;
    size_t len;
    uint8_t bytes[UDP_PAYLOAD_MAX];
    unsigned received;
};

struct pxe_world {
    struct world world;
    struct server server;
    struct dhcp_server dhcp;
    struct tftp_server tftp;
    struct pxe_echo echo;
    struct session session;
    struct pxe_api api;
    uint8_t *memory; /* PXE_WORLD_MEMORY bytes: physical address 0 on */
    uint8_t *file_memory;
    struct buffer_sink file;
    unsigned releases, restarts;
    enum status release_status;
    size_t restarted_len;
};

/* Boots "boot.0"; the server also has "text" (5 bytes), "big" (200,000 bytes) and "even" (2 * 1024 bytes). */
int pxe_world_start(void **state);
int pxe_world_stop(void **state);

/*
 * Calls with a copy of `parameters` at PXE_WORLD_BLOCK and copies it back. Checks what every call owes: AX and Status
 * say the same, and not a byte around the block has changed.
 */
uint16_t pxe_world_call(struct pxe_world *, uint16_t opcode, void *parameters, size_t len);

/* The byte at `at` of every file. */
uint8_t pxe_world_file_byte(size_t at);

struct pxe_far pxe_world_far(uint32_t physical);

#endif
