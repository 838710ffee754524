/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * TFTP write client (RFC 1350) with options (2347), block size (2348) and tsize (2349): sends bytes in memory as a
 * file. One block is under way at a time; whether a file that exists may be written over is the server's decision
 * alone.
 *
 *   TFTP_WRITE_IDLE -start-> TFTP_WRITE_REQUESTING -OACK|ACK 0-> TFTP_WRITE_SENDING -last ACK-> TFTP_WRITE_DONE
 *                               |  ^   |                            |
 *                               |  +---+ ERROR 8, OACK that bends what was asked: without options
 *                               +-> TFTP_WRITE_FAILED <- ERROR, silence, cancelled
 *
 * A block is repeated after max(50 ms, 4 round trips) without its ACK, then twice as long each time, up to 4 s; an ACK
 * of another block causes nothing (RFC 1123 section 4.2.3.1). 36 s without an answer to the request, or 64 s without a
 * new ACK, end the transfer.
 */
#ifndef PUCK_PROTO_TFTP_WRITE_H
#define PUCK_PROTO_TFTP_WRITE_H

#include "firmware/proto/tftp.h"

enum tftp_write_state {
    TFTP_WRITE_IDLE,
    TFTP_WRITE_REQUESTING,
    TFTP_WRITE_SENDING,
    TFTP_WRITE_DONE,
    TFTP_WRITE_FAILED,
};

struct tftp_write_request {
    struct udp_address server; /* port 0 means 69 */
    const char *file;          /* copied; at most TFTP_FILE_NAME_MAX characters */
    struct slice bytes;        /* stays the caller's, and unchanged until the transfer is over */
    uint16_t block_size_max;   /* 512 and up; 0, and what does not fit a frame: TFTP_BLOCK_FRAME */
};

struct tftp_write {
    struct udp_client udp; /* attach it to the net with a port picked for this transfer alone */
    struct tftp_write_request request;
    char file[TFTP_FILE_NAME_MAX + 1];
    enum tftp_write_state state;
    enum status status;    /* STATUS_PENDING until TFTP_WRITE_DONE or TFTP_WRITE_FAILED */
    uint16_t server_error; /* the code of the server's ERROR packet when server_text is not empty */
    char server_text[96];  /* the server's own words, printable ASCII; empty: it sent no ERROR that ended us */
    uint64_t acked;        /* bytes that the server has acknowledged */
    uint16_t block_size;   /* as agreed, from TFTP_WRITE_SENDING on */

    /* The machine's own. */
    bool is_plain;           /* the server does not want options */
    struct tftp_ask asked;   /* the options in the last request that had any */
    struct udp_address peer; /* the server's transfer identifier */
    uint64_t block;          /* the number of the block under way, without rollover */
    struct tftp_farewell farewell;
    struct retry retry;    /* of the request or the block */
    time_us progressed;    /* the first request, or the last new ACK */
    time_us sent_at;       /* the block under way, when it went out once only; 0: it was repeated */
    time_us round_trip;    /* smoothed; 0: not known */
    time_us stranger_told; /* the last ERROR 5; 0: none */
    unsigned unreachables; /* since the last new ACK */
    struct random *random;
    struct log *log;
};

/* Owes the WRQ at once. STATUS_BAD_PARAMETER when file name, server or block_size_max cannot be. */
enum status tftp_write_start(struct tftp_write *, time_us now, const struct tftp_write_request *, struct random *,
                             struct log *);

/* Ends a running transfer; owes the server an ERROR, which is sent if the machine stays attached until it is quiet. */
void tftp_write_cancel(struct tftp_write *, time_us now, enum status why);

/* Nothing will be sent any more: it may be detached and forgotten. */
bool tftp_write_is_quiet(const struct tftp_write *);

#endif
