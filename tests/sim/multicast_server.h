/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A TFTP server with the multicast option (RFC 2090) as atftpd 0.8.0 does it (tftpd_file.c, tftpd_list.c), its quirks
 * included: an ACK must be higher than the master's last one; once the last block has been sent no more windows are; a
 * packet from a listener in the middle of a window makes it go on from somewhere else, because one buffer holds what it
 * receives and where it is; a listener's ACK of the last block mostly does not count, an ERROR does.
 *
 * It has no clock and no net: whoever owns it feeds it packets and time, and sends what it wants sent.
 */
#ifndef PUCK_SIM_MULTICAST_SERVER_H
#define PUCK_SIM_MULTICAST_SERVER_H

#include "firmware/base/address.h"
#include "firmware/base/time.h"
#include "firmware/wire/tftp_packet.h"

enum {
    MULTICAST_SERVER_SESSIONS = 100, /* --maxthread */
    MULTICAST_SERVER_CLIENTS = 4000, /* of one session */
    MULTICAST_SERVER_GROUP = 0xefff0000,
    MULTICAST_SERVER_GROUP_PORT = 1758,
};

/* All zero: atftpd as it is started without options. */
struct multicast_server_knobs {
    bool ignores_multicast; /* --no-multicast */
    bool refuses_multicast; /* ERROR 8 */
    bool knows_no_window;   /* atftpd before 0.8 */
    bool knows_no_size;
    bool switches_master;   /* --mcast-switch-client: after one time-out */
    bool hands_over_never;  /* the session ends with its master */
    bool short_later_oacks; /* ",,1" */
    uint64_t size_max;      /* larger files are refused to multicast clients by ERROR 0; 0: those of 65536 blocks */
    uint64_t lies_size;     /* tsize says this; 0: honest */
    const char *says;       /* the first OACK's multicast value; NULL: the right one */
    time_us block_time;     /* that sending one takes */
};

struct multicast_server_client {
    struct udp_address address;
    bool is_done;
};

struct multicast_server_session {
    uint16_t port; /* 0: free */
    bool is_multicast, has_window, is_streaming, sends_oack, has_size;
    uint16_t block_size, window;
    uint32_t group;
    struct multicast_server_client clients[MULTICAST_SERVER_CLIENTS];
    unsigned client_count, master;
    int32_t block, acked, last; /* block_number, last_ackd_block, last_block: blocks are counted from 0, -1 is none */
    uint16_t buffer;            /* the number in the one buffer */
    unsigned window_block, in_window, timeouts;
    unsigned ack_count, sent_before, sent_now;
    time_us at; /* of the next block, or of the time-out */
};

struct multicast_server {
    struct multicast_server_knobs knobs;
    uint64_t size;                                           /* of the one file there is */
    void (*content)(void *, uint64_t at, uint8_t *, size_t); /* writes that piece of it */
    void (*send)(void *, uint16_t from_port, struct udp_address to, struct slice);
    void *context;
    struct multicast_server_session sessions[MULTICAST_SERVER_SESSIONS];
    uint16_t next_port;
    unsigned requests, sessions_opened, turns;
    uint64_t blocks_sent, bytes_sent; /* of DATA */
};

void multicast_server_input(struct multicast_server *, time_us now, uint16_t to_port, struct udp_address from,
                            struct slice payload);
void multicast_server_poll(struct multicast_server *, time_us now);
time_us multicast_server_deadline(const struct multicast_server *);

/* As after a crash: nobody is known any more. */
void multicast_server_forget(struct multicast_server *);

#endif
