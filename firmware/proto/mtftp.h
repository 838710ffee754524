/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * MTFTP read client (PXE specification 2.1, section 2.5.2; draft-viswanathan-remote-boot-mtftp-00): one server sends a
 * file once, to a group, and any number of clients collect its blocks of 512 bytes wherever they join. The client that
 * opened the session acknowledges each block. One struct is one file; it writes to its sink and to nothing else.
 *
 *   MTFTP_IDLE -start-> MTFTP_LISTENING -group silent for the open time-out, or the reopen delay-> MTFTP_OPENING
 *                          ^   ^                                                                    |      |
 *                          |   +--- a block comes by multicast: somebody else's session ------------+      |
 *                          |   +--- a block comes by unicast: the session is ours ---+                     |
 *                          |                                                         v                     |
 *                          +--the session ended or broke off, blocks are missing- MTFTP_RECEIVING <-block--+
 *   all blocks are here -> MTFTP_DALLYING (our session: the last ACK may get lost) -quiet-> MTFTP_DONE
 *   nobody answers, the group is mute, what comes makes no sense, sink refused, cancelled -> MTFTP_FAILED
 *
 * A client that opens again for blocks it missed skips those it has: the ACK of block n asks for block n + 1, and
 * servers that look for it there (atftpd) go on from it; with others every block is acknowledged, as the specification
 * says. (Deviation from its "must acknowledge all packets even if it has the entire file", so that repairs cost no
 * second copy of the file.) A session always ends with the file's last block, which tells all listeners that the next
 * one may open, without the reopen delay then: the delay is for sessions that broke off.
 *
 * Block numbers have 16 bits and do not roll over. A stream of more than 65535 blocks cannot be told from a shorter one
 * by who joins in the middle, so a file is complete only once its last block was seen in a session heard from its first
 * block on. Whatever shows that blocks of different files or rounds were mixed makes the client forget all of them.
 */
#ifndef PUCK_PROTO_MTFTP_H
#define PUCK_PROTO_MTFTP_H

#include "firmware/base/log.h"
#include "firmware/base/random.h"
#include "firmware/base/retry.h"
#include "firmware/base/sink.h"
#include "firmware/net/udp.h"
#include "firmware/proto/block_map.h"
#include "firmware/proto/mtftp_group.h"
#include "firmware/proto/tftp.h"

#define MTFTP_BLOCK 512

enum mtftp_state {
    MTFTP_IDLE,
    MTFTP_LISTENING,
    MTFTP_OPENING,
    MTFTP_RECEIVING,
    MTFTP_DALLYING,
    MTFTP_DONE,
    MTFTP_FAILED,
};

struct mtftp_request {
    struct ip_address server;
    const char *file;      /* copied; at most TFTP_FILE_NAME_MAX characters */
    struct sink *sink;     /* gets blocks in any order; each once, unless all were forgotten (see start_overs) */
    struct block_map *map; /* lent until the machine is detached; says afterwards which blocks are in the sink */
    struct mtftp_group group;
};

/* What is known of the session that is heard, or is ours. */
struct mtftp_session {
    bool is_known;        /* a block of it came */
    bool is_whole;        /* from its first block on, so that its block numbers count from the file's start */
    bool is_ours;         /* we acknowledge */
    uint16_t port;        /* the server's, host byte order */
    uint16_t former_port; /* of the session before; 0: none */
    uint16_t block;       /* the one that came last; of a session of ours, the last that was waited for */
    uint16_t awaited;     /* of a session of ours */
    time_us began, heard; /* its first and its last block so far; of ours, only what was waited for */
    uint32_t blocks_new;  /* that it brought */
};

enum mtftp_seeks {
    MTFTP_SEEKS_UNKNOWN,
    MTFTP_SEEKS_YES,
    MTFTP_SEEKS_NO,
};

struct mtftp {
    struct udp_client udp; /* attach it to the net before mtftp_start(), with a port picked for this file alone */
    struct mtftp_request request;
    char file[TFTP_FILE_NAME_MAX + 1];
    enum mtftp_state state;
    enum status status;    /* STATUS_PENDING until MTFTP_DALLYING, MTFTP_DONE or MTFTP_FAILED */
    bool wants_unicast;    /* of MTFTP_FAILED: TFTP may still fetch the file. What the map has is in the sink. */
    uint16_t server_error; /* the code of the server's ERROR packet when server_text is not empty */
    char server_text[96];  /* the server's own words, printable ASCII; empty: it sent no ERROR */
    uint16_t last;         /* the number of the last block; 0: not known yet */
    uint64_t size;         /* of the file, when `last` is known */
    uint64_t received;     /* bytes in the sink, in any place */

    uint32_t blocks_new, blocks_useless; /* useless: of the file, but here already */
    uint32_t ignored;                    /* packets that are wrong, or not our server's */
    uint32_t start_overs;                /* how often all blocks were forgotten */
    uint32_t requests;                   /* RRQs sent */
    uint32_t repeats;                    /* ACKs sent again while a block was due */
    uint32_t sessions_ours, sessions_heard;

    /* The machine's own. */
    struct mtftp_session session;
    struct tftp_farewell farewell;
    struct retry retry;    /* of the RRQ or the ACK */
    time_us opens_at;      /* LISTENING: unless something is heard */
    time_us spread;        /* of that, beside the delay that is due */
    time_us began;         /* we listen to the group since then */
    time_us turned;        /* when the state was entered */
    time_us progressed;    /* the last new block, or the start */
    time_us requested;     /* the last RRQ */
    time_us ack_sent;      /* the last one */
    time_us round_trip;    /* smoothed; 0: not known */
    uint16_t highest;      /* block so far */
    uint16_t owed;         /* the block number in the ACK that is due */
    unsigned fruitless;    /* sessions of ours, in a row, that brought nothing */
    unsigned unreachables; /* since the last answer */
    unsigned returns;      /* to the session before, in quick succession: two streams at once */
    time_us returned;      /* the last such return */
    enum mtftp_seeks seeks;
    unsigned failed_skips;
    bool is_confirmed;      /* the last block came in a whole session */
    bool distrusts_others;  /* blocks count in sessions of our own alone */
    bool has_heard_group;   /* anything of the server's, by the group */
    bool ports_are_swapped; /* their second reading is being tried */
    bool ends_after_ack;    /* the session brought its last block, but not all that is missing */
    bool has_asked;         /* an RRQ that no session of ours has come of yet */
    bool has_first_sum;
    uint32_t first_sum, last_sum; /* of the first and the last block: is it the same file in every session? */
    struct random *random;
    struct log *log;
};

/*
 * Listens, and asks nobody yet. STATUS_BAD_PARAMETER when the file name is empty or too long, or server, group address
 * (a multicast one) or ports are missing. All but the log must be given.
 */
enum status mtftp_start(struct mtftp *, time_us now, const struct mtftp_request *, struct random *, struct log *);

/* Ends it; a server that sends because of us is owed an ERROR, which is sent if the machine stays attached. */
void mtftp_cancel(struct mtftp *, time_us now, enum status why);

/* All bytes are in the sink, and `size` says how many. */
bool mtftp_is_complete(const struct mtftp *);

/* Nothing will be sent any more: it may be detached and forgotten. */
bool mtftp_is_quiet(const struct mtftp *);

#endif
