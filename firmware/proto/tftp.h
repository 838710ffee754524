/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * TFTP read client (RFC 1350) with options (2347), block size (2348), tsize and timeout (2349), window size (7440) and
 * block number rollover. One struct is one transfer; it writes to its sink and to nothing else.
 *
 *   TFTP_IDLE -start-> TFTP_REQUESTING -OACK|DATA-> TFTP_RECEIVING -last block-> TFTP_DALLYING -quiet-> TFTP_DONE
 *                          |  ERROR 8, no answer to a request with options: again with fewer options
 *                          +-> TFTP_FAILED <- ERROR, silence, sink refused, cancelled
 *
 * The file is complete (tftp_is_complete) from TFTP_DALLYING on: dallying only repeats the last ACK if it was lost.
 */
#ifndef PUCK_PROTO_TFTP_H
#define PUCK_PROTO_TFTP_H

#include "firmware/base/log.h"
#include "firmware/base/random.h"
#include "firmware/base/retry.h"
#include "firmware/base/sink.h"
#include "firmware/net/udp.h"

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
    struct sink *sink;
    uint16_t block_size_max; /* 512 to 65464; 0 lets us choose. Never negotiated above it. */
    uint16_t window_max;     /* 0 lets us choose (16, growing to 64, shrinking to 4 with loss); 1 is lock-step */
    bool size_only;          /* ask for tsize, then close with ERROR: PXENV_TFTP_GET_FSIZE */
    /*
     * The caller takes blocks one by one (PXENV_TFTP_READ): after each block the ACK is held until tftp_resume().
     * Implies a window of 1.
     */
    bool paced;
};

/* What earlier transfers taught about this server and path; lent to each transfer, kept by the session. Zero at first.
 */
struct tftp_experience {
    uint32_t server;      /* host byte order; whom the rest is about */
    time_us round_trip;   /* smoothed; 0 when not known */
    uint16_t window;      /* to ask for next time; 0: the default */
    bool refuses_options; /* answers options with ERROR 8 or not at all */
    bool refuses_window;
    bool fragments_lost; /* blocks above one frame did not get through */
};

struct tftp {
    struct udp_client udp; /* attach it to the net before tftp_start(), with a port picked for this transfer alone */
    struct tftp_request request;
    char file[TFTP_FILE_NAME_MAX + 1];
    enum tftp_state state;
    enum status status;    /* STATUS_PENDING until TFTP_DALLYING, TFTP_DONE or TFTP_FAILED */
    uint16_t server_error; /* the code of the server's ERROR packet when server_text is not empty */
    char server_text[96];  /* the server's own words, printable ASCII */
    uint64_t size;         /* as tsize told, or the bytes received once complete */
    bool has_size;
    uint64_t received;           /* bytes in the sink without a gap from the start */
    uint16_t block_size, window; /* as agreed */
    struct retry retry;
    struct random *random;
    struct log *log;
    struct tftp_experience *experience;
};

/* Owes the RRQ at once. STATUS_BAD_PARAMETER when the file name is empty or too long. */
enum status tftp_start(struct tftp *, time_us now, const struct tftp_request *, struct tftp_experience *,
                       struct random *, struct log *);

/* Takes the held-back ACK as owed (paced transfers). */
void tftp_resume(struct tftp *, time_us now);

/* Ends a running transfer; owes the server an ERROR, which is sent if the machine stays attached until tftp_is_quiet().
 */
void tftp_cancel(struct tftp *, time_us now, enum status why);

/* All bytes are in the sink. */
bool tftp_is_complete(const struct tftp *);

/* Nothing will be sent any more: it may be detached and forgotten. */
bool tftp_is_quiet(const struct tftp *);

#endif
