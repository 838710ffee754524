/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * One end of the relay: a stream socket that speaks QEMU's framing (`-netdev stream`: 4 bytes of length, big-endian,
 * then the frame), or a tap interface of the network namespace the relay runs in. Nothing here blocks. What a stream's
 * reader does not take in time waits in a buffer; when that is full the frame is dropped and counted, as a switch
 * would.
 */
#ifndef TESTS_RELAY_PORT_H
#define TESTS_RELAY_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PORT_FRAME_MAX 65550u /* Ethernet header and the longest IPv4 datagram, with room for a VLAN tag */
#define PORT_IN_ROOM   (1u << 18)
#define PORT_OUT_ROOM  (1u << 21)

struct port {
    int fd; /* -1: not open, or the peer has gone */
    bool is_stream;
    uint64_t backlog_drops; /* frames the peer did not take in time */
    size_t in_start, in_end, out_start, out_end;
    uint8_t in[PORT_IN_ROOM];
    uint8_t out[PORT_OUT_ROOM];
};

/* A socket listening on a unix path, for one client; -1 and errno on failure. An old socket file there is replaced. */
int port_listen(const char *path);

/* Takes the connection waiting on a listening socket. */
bool port_accept(struct port *, int listener);

bool port_open_tap(struct port *, const char *name);

/* Fetches the next frame if there is one whole; *frame is valid until the next call. Closes the port at end of stream.
 */
bool port_receive(struct port *, const uint8_t **frame, size_t *len);

void port_send(struct port *, const uint8_t *frame, size_t len);

/* Writes on what waits. */
void port_flush(struct port *);
bool port_has_waiting(const struct port *);

void port_close(struct port *);

#endif
