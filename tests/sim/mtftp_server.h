/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * An MTFTP server (PXE 2.1) with one file, as atftpd 0.8.0 does it (tftpd_mtftp.c): requests at a port of its own; one
 * session at a time, during which others' requests are dropped; the first block by unicast and by the group, the others
 * by the group; each ACK n of the session's client sends block n + 1, whatever n is. Its knobs make it another one.
 *
 * It has no clock and no net: whoever owns it feeds it packets and time, and sends what it wants sent.
 */
#ifndef PUCK_SIM_MTFTP_SERVER_H
#define PUCK_SIM_MTFTP_SERVER_H

#include "firmware/base/address.h"
#include "firmware/base/time.h"
#include "firmware/wire/tftp_packet.h"

/* All zero: atftpd. */
struct mtftp_server_knobs {
    bool is_deaf;            /* answers no request */
    bool refuses;            /* by ERROR 1 */
    bool counts;             /* any ACK sends the block behind the one sent last */
    bool is_strict;          /* an ACK of another block than the one sent last is dropped */
    bool no_unicast;         /* not even the first block */
    bool only_unicast;       /* nothing by the group */
    bool has_one_port;       /* sessions' blocks come from the port that takes requests */
    bool rolls_over;         /* after block 65535 comes 0 */
    uint16_t block_size;     /* 0: 512 */
    uint32_t short_at;       /* this block comes one byte short; 0: none */
    uint32_t empty_at;       /* this block comes empty; 0: none */
    uint32_t long_at;        /* this block comes one byte too long; 0: none */
    uint32_t zero_at;        /* before this block comes one of number 0; 0: none */
    uint32_t error_at;       /* in place of this block comes an ERROR, once; 0: none */
    uint32_t silent_from;    /* blocks from this one on are not sent; 0: all are */
    bool dies_after_session; /* for ever */
    uint32_t dies_at;        /* before it sends this block, once; 0: never */
    time_us dead_for;        /* then it starts again and knows nobody; 0: never */
    time_us patience;        /* before it repeats a block; 0: 5 s */
};

struct mtftp_server {
    struct mtftp_server_knobs knobs;
    const char *name;
    struct slice file;
    struct udp_address group; /* and the clients' port */
    uint16_t port;            /* that takes requests */
    void (*send)(void *, uint16_t from_port, struct udp_address to, struct slice);
    void *context;

    uint16_t session_port; /* 0: there is no session */
    struct udp_address client;
    uint32_t block; /* sent last, without rollover */
    bool has_sent_last;
    unsigned timeouts;
    time_us repeat_at, dead_until;
    bool has_died, has_failed;
    uint16_t next_port;
    unsigned requests, sessions, dropped_requests, errors_received, completed;
    uint64_t blocks_sent; /* packets of DATA */
};

void mtftp_server_start(struct mtftp_server *, const char *name, struct slice file, struct udp_address group,
                        uint16_t port);
void mtftp_server_input(struct mtftp_server *, time_us now, uint16_t to_port, struct udp_address from,
                        struct slice payload);
void mtftp_server_poll(struct mtftp_server *, time_us now);
time_us mtftp_server_deadline(const struct mtftp_server *);

/* Whether anybody listens at this port: else an ICMP port unreachable is due. */
bool mtftp_server_has_port(const struct mtftp_server *, uint16_t port);

#endif
