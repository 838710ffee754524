/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * TFTP read client (RFC 1350) with options (2347), block size (2348), tsize (2349), window size (7440) and block number
 * rollover, and multicast (2090) where the server offers it. One struct is one transfer; it writes to its sink and to
 * nothing else.
 *
 *   TFTP_IDLE -start-> TFTP_REQUESTING -OACK|DATA-> TFTP_RECEIVING -last block-> TFTP_DALLYING -quiet-> TFTP_DONE
 *                          |      ^                   |
 *                          |      +-------------------+  the server forgot us, or its blocks do not get through: asked
 *                          |      +--+                   again; bytes that are in the sink stay
 *                          |         OACK that bends what was asked, ERROR 8, no answer: with fewer options
 *                          +-> TFTP_FAILED <- ERROR, silence, sink refused, cancelled
 *
 * The file is complete (tftp_is_complete) from TFTP_DALLYING on: dallying only repeats the last ACK if it was lost.
 *
 * Retransmission: an ACK is repeated after max(20 ms, 4 round trips) without a new block, then twice as long each time,
 * up to 4 s, jittered. 64 s without a new block is when the file is asked for again; 36 s without an answer to that
 * ends the transfer.
 */
#ifndef PUCK_PROTO_TFTP_H
#define PUCK_PROTO_TFTP_H

#include "firmware/base/log.h"
#include "firmware/base/random.h"
#include "firmware/base/retry.h"
#include "firmware/base/sink.h"
#include "firmware/net/udp.h"
#include "firmware/proto/block_map.h"
#include "firmware/proto/mtftp_group.h"
#include "firmware/proto/tftp_options.h"
#include "firmware/proto/tftp_window.h"

#define TFTP_PORT          69
#define TFTP_FILE_NAME_MAX 255

enum tftp_state {
    TFTP_IDLE,
    TFTP_REQUESTING,
    TFTP_RECEIVING,
    TFTP_DALLYING,
    TFTP_DONE,
    TFTP_FAILED,
};

struct tftp_request {
    struct udp_address server; /* port 0 means 69 */
    const char *file;          /* copied; at most TFTP_FILE_NAME_MAX characters */
    struct sink *sink;         /* not needed with size_only */
    uint16_t block_size_max;   /* 512 to 65464; 0 lets us choose. Never negotiated above it. */
    uint16_t window_max;       /* 0 lets us choose; 1 is lock-step */
    uint16_t receive_frames;   /* how many full frames may arrive while nobody polls; 0: 64 */
    /*
     * Memory for the RFC 2090 multicast option, which is asked for when there is some: the file's blocks then may come
     * in any order, each still written once. NULL: by unicast only.
     */
    struct block_map *map;
    /* Where the file is sent by PXE's MTFTP besides; the business of firmware/boot/download.h alone. */
    struct mtftp_group mtftp;
    bool directory; /* `file` is one whose list of files is wanted, from servers that know opcode 7 */
    bool size_only; /* ask for tsize, then close with ERROR: PXENV_TFTP_GET_FSIZE */
    /*
     * The caller takes the file a window at a time (PXENV_TFTP_READ): the ACK of a full window is held until
     * tftp_resume(). window_max 0 means 1 then, and the sink never gets more than one window beyond what it was resumed
     * for.
     */
    bool paced;
};

/* An ERROR packet that is owed: to the server, or to somebody who sends DATA out of turn. */
struct tftp_farewell {
    bool is_owed, is_for_stranger;
    struct udp_address to;
    time_us at;
    uint16_t code;
    const char *text;
};

/* A transfer by multicast (tftp_multicast.c). Blocks are counted from 1. */
struct tftp_multicast {
    bool is_agreed;      /* this connection is one */
    bool is_master;      /* it is us who acknowledge */
    bool has_heard;      /* a block came on this connection */
    bool sends_singly;   /* the server sends one block per ACK, whatever the window */
    bool was_single;     /* the last ACK brought one block */
    bool left;           /* the list, by an ERROR; nothing came since */
    bool needs_large;    /* the file has too many blocks of one frame */
    bool is_repair;      /* few blocks are missing */
    uint16_t block_size; /* of what the map tells */
    uint16_t last;       /* the block that ends the file ... */
    uint16_t last_len;   /* ... and its length */
    uint16_t number;     /* of the last ACK, or the one that is owed; it asks for the next block */
    uint16_t latest;     /* the highest block since, or `number` */
    time_us heard;       /* the last block or OACK of the session */
    uint32_t left_with;  /* blocks, when the last turn as master ended */
    unsigned fruitless;  /* turns in a row that brought nothing */
    unsigned doubts;     /* times it left because nothing came */
    unsigned silences;   /* times the group fell silent, in a row */
    unsigned surplus;    /* blocks that were not asked for, in this turn */
    unsigned requests;   /* on this connection ... */
    unsigned answers;    /* ... and OACKs to them */
    unsigned farewells;  /* ERRORs that are owed once all is here */
};

struct tftp {
    struct udp_client udp; /* attach it to the net before tftp_start(), with a port picked for this transfer alone */
    struct tftp_request request;
    char file[TFTP_FILE_NAME_MAX + 1];
    enum tftp_state state;
    enum status status;    /* STATUS_PENDING until TFTP_DALLYING, TFTP_DONE or TFTP_FAILED */
    uint16_t server_error; /* the code of the server's ERROR packet when server_text is not empty */
    char server_text[96];  /* the server's own words, printable ASCII; empty: it sent no ERROR that ended us */
    bool has_size;
    uint64_t size; /* as tsize told, and the bytes received once complete */
    /*
     * Bytes in the sink: without a gap from the start, but for a transfer by multicast that is not complete.
     */
    uint64_t received;
    uint16_t block_size; /* as agreed, from TFTP_RECEIVING on */

    /* The machine's own. */
    struct tftp_window window;
    struct tftp_multicast multicast;
    struct tftp_ask asked;         /* the options in the last request that had any */
    struct tftp_ask former_asked;  /* of the connection given up */
    enum tftp_options_level level; /* how much of what we would like to ask for this server stands */
    struct udp_address peer;       /* the server's transfer identifier */
    uint16_t former_port;          /* the identifier of a connection given up */
    struct tftp_farewell farewell;
    struct retry retry; /* of the request or the ACK */
    bool is_held;       /* a paced caller has the last window */
    bool last_ask_was_plain, last_ask_was_multicast;
    bool options_granted; /* the connection began with an OACK */
    unsigned restarts;
    uint64_t restarted_with;    /* bytes received when the server was last lost */
    uint64_t held_with;         /* bytes received when the caller was last given a window */
    unsigned unreachables;      /* since the last new block */
    time_us asked_since;        /* the first request of this connection */
    time_us progressed;         /* the last new block, or the start of the connection */
    time_us ack_sent;           /* the last one */
    time_us round_trip;         /* smoothed; 0: not known */
    time_us round_trip_from;    /* a sample is being taken since; 0: none */
    bool round_trip_is_rough;   /* from the request, which includes starting a server */
    time_us patience_min;       /* before an ACK is repeated */
    time_us stranger_told;      /* the last ERROR 5; 0: none */
    bool strangers_unreachable; /* one whom we owed an ERROR could not be found: only the server's own host then */
    uint32_t timeouts;          /* repeated ACKs while blocks were due */
    uint32_t blocks_new, blocks_useless;
    struct random *random;
    struct log *log;
    struct tftp_experience *experience;
};

/*
 * Owes the RRQ at once. STATUS_BAD_PARAMETER when the file name is empty or too long, there is no server, or
 * block_size_max is out of range. All but the log must be given.
 */
enum status tftp_start(struct tftp *, time_us now, const struct tftp_request *, struct tftp_experience *,
                       struct random *, struct log *);

/* Takes the held-back ACK as owed (paced transfers). */
void tftp_resume(struct tftp *, time_us now);

/*
 * Ends a running transfer; owes the server an ERROR, which is sent if the machine stays attached until tftp_is_quiet().
 * Of a transfer that is over already it only ends the dallying.
 */
void tftp_cancel(struct tftp *, time_us now, enum status why);

/* All bytes are in the sink; of a transfer for the size only: the size is known. */
bool tftp_is_complete(const struct tftp *);

/* Nothing will be sent any more: it may be detached and forgotten. */
bool tftp_is_quiet(const struct tftp *);

#endif
