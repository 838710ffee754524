/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * PXENV_UDP_OPEN, CLOSE, READ and WRITE (PXE 2.1 section 4.3). UDP_READ does not wait: it takes frames from the NIC
 * until one holds the datagram that is asked for and copies it straight to the caller. Datagrams that come while
 * somebody else polls the NIC are kept in a small queue.
 */
#ifndef PUCK_PXE_UDP_API_H
#define PUCK_PXE_UDP_API_H

#include "firmware/net/udp.h"
#include "firmware/spec/pxe_api.h"

#define PXE_UDP_QUEUE 32

struct pxe_api;

struct pxe_queued {
    struct udp_address from, to;
    uint16_t len;
    uint8_t bytes[UDP_PAYLOAD_MAX];
};

struct pxe_udp {
    struct udp_client client; /* must be first: seated at every port that no machine of ours uses */
    bool is_open;
    /* UDP_WRITE in progress */
    struct slice write;
    struct udp_address write_to;
    bool write_owed;
    enum status write_status;
    /* UDP_READ in progress */
    struct pxenv_udp_read *read; /* NULL when none is, or once it has its datagram */
    uint8_t *read_buffer;
    /* datagrams that nobody has asked for yet; the oldest first */
    struct pxe_queued queue[PXE_UDP_QUEUE];
    unsigned queue_first, queue_len;
    uint32_t dropped; /* queue full, or longer than an entry */
};

void pxe_udp_start(struct pxe_api *);
void pxe_udp_stop(struct pxe_api *);

enum status pxe_udp_open(struct pxe_api *, void *parameters);
enum status pxe_udp_close(struct pxe_api *, void *parameters);
enum status pxe_udp_read(struct pxe_api *, void *parameters);
enum status pxe_udp_write(struct pxe_api *, void *parameters);

#endif
