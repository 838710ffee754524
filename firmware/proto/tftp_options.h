/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Which TFTP options to ask for (RFC 2347), what an OACK may answer, and what one transfer teaches the next.
 *
 * A file is asked for once, so one request has to do for servers that know windowsize (RFC 7440) and for those that
 * know only blksize (tftpd-hpa): for them a block that IPv4 carries in several fragments is the only way to move
 * more than one frame per round trip. The first request therefore asks for four frames' worth of block and a window
 * of 16, as far as what is sent at one go fits in the receive ring. From then on a server that grants windows is
 * asked for blocks of one frame in windows of up to 64 (no reassembly, and one lost frame costs one block), and one
 * that does not for blocks of sixteen, which grow with each file that came without loss. Neither `timeout` nor
 * tftpd-hpa's `utimeout` is asked for: a server that repeats sooner also gives up sooner.
 *
 * With `multicast` (RFC 2090) the rest is what a first request asks for: a server sends one stream to all those who ask
 * for the same, and machines differ in what they have learnt. Only, a server that multicasts in windows is asked for
 * blocks of one frame from then on: what many machines lose is sent many times.
 */
#ifndef PUCK_PROTO_TFTP_OPTIONS_H
#define PUCK_PROTO_TFTP_OPTIONS_H

#include "firmware/base/bytes.h"

#define TFTP_BLOCK_DEFAULT 512   /* without blksize */
#define TFTP_BLOCK_MIN     8     /* RFC 2348 section 2 */
#define TFTP_BLOCK_MAX     65464 /* RFC 2348 section 2 */
#define TFTP_BLOCK_FRAME   1468  /* that fits one frame: 1500 - 20 - 8 - 4 */

struct tftp_request;

enum tftp_options_level {
    TFTP_OPTIONS_ALL,
    TFTP_OPTIONS_UNICAST,   /* no multicast */
    TFTP_OPTIONS_ONE_FRAME, /* block size within one frame */
    TFTP_OPTIONS_NO_WINDOW, /* and no windowsize */
    TFTP_OPTIONS_NONE,
};

/* 0 or false: not asked for. */
struct tftp_ask {
    uint16_t block_size, window;
    bool size, multicast;
};

/* The value of a server's multicast option: "addr,port,mc". */
struct tftp_group {
    uint32_t address; /* host byte order; 0: not told again */
    uint16_t port;    /* host byte order; 0: not told again */
    bool is_master;   /* this client is the one that acknowledges */
};

struct tftp_answer {
    uint16_t block_size, window; /* 512 and 1 where the server said nothing */
    bool has_size, has_multicast;
    uint64_t size;
    struct tftp_group group; /* with has_multicast */
};

/* What earlier transfers taught about a server and the path to it; lent to each transfer, kept by the session. Zero at
 * first. */
struct tftp_experience {
    uint32_t server; /* host byte order; whom the rest is about */
    uint16_t window; /* to ask for next time; 0: 16 */
    uint16_t frames; /* per block, of a server without windowsize; 0: 4 */
    bool grants_window, ignores_window;
    bool refuses_options;   /* answers options with ERROR 8, or bends them */
    bool refuses_window;    /* answers windowsize in a way that RFC 7440 does not allow */
    bool grants_multicast;  /* and windows with it */
    bool refuses_multicast; /* leaves the multicast option out, or does not do well by it */
    bool fragments_lost;    /* blocks above one frame did not get through */
    uint8_t plain_answers;  /* how often it answered only a request without options */
};

/* How a transfer went, as far as it teaches something. */
struct tftp_lesson {
    uint16_t block_size, window; /* as agreed */
    uint16_t window_asked;
    uint32_t blocks; /* new ones */
    uint32_t losses; /* gaps and time-outs */
};

void tftp_ask_choose(struct tftp_ask *, enum tftp_options_level, const struct tftp_request *,
                     const struct tftp_experience *);

void tftp_ask_emit(const struct tftp_ask *, struct writer *);

enum tftp_verdict {
    TFTP_ANSWER_GOOD,
    TFTP_ANSWER_BAD_WINDOW,    /* windowsize 0 or more than asked */
    TFTP_ANSWER_BAD_MULTICAST, /* no group that may be joined */
    TFTP_ANSWER_BAD,           /* malformed, twice the same, never asked, or out of range */
};

/* A tsize that is no number is no size: some servers count in 32 bits with a sign. */
enum tftp_verdict tftp_answer_parse(struct slice options, const struct tftp_ask *, struct tftp_answer *);

/*
 * Empty fields for the address and the port are allowed here (RFC 2090: in all OACKs but the first). False for anything
 * else that is not a group's address and a port: 224.0.0.x is for routing protocols (RFC 5771 section 4), not for us.
 */
bool tftp_group_parse(struct slice value, struct tftp_group *);

/* How many frames one block takes. */
unsigned tftp_frames_of(uint16_t block_size);

/* Forgets what is about another server. */
void tftp_experience_meet(struct tftp_experience *, uint32_t server);
void tftp_experience_learn(struct tftp_experience *, const struct tftp_lesson *);

#endif
