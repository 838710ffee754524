/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A transfer with its place at the net: seated with a port of its own when it starts, unseated when it has nothing more
 * to send. The boot file, PXENV_TFTP_* and size queries are each one download.
 *
 *   DOWNLOAD_UNICAST: TFTP, with the multicast option of RFC 2090 where the request lends memory for it
 *   DOWNLOAD_MULTICAST: PXE's MTFTP, where the request names a group -it gave up-> DOWNLOAD_UNICAST
 *
 * What MTFTP brought before it gave up stays in the sink. TFTP then asks the same server; if the size it tells is the
 * one that MTFTP's last block told, only missing bytes are written, each once, and the server is stopped behind the
 * last of them. Else, or where either is not known, the file is written from its start, over what was there. So it is
 * complete when all of MTFTP's blocks are there, or all that was missing, or all of TFTP's.
 *
 * What a user wants to know is asked through the functions here, never of the machines: which of them has it may change
 * at any time.
 */
#ifndef PUCK_BOOT_DOWNLOAD_H
#define PUCK_BOOT_DOWNLOAD_H

#include "firmware/boot/hole_sink.h"
#include "firmware/net/net.h"
#include "firmware/proto/mtftp.h"
#include "firmware/proto/tftp.h"

enum download_mode {
    DOWNLOAD_UNICAST,
    DOWNLOAD_MULTICAST,
};

enum download_phase {
    DOWNLOAD_LISTENING, /* to a group that nothing came by yet */
    DOWNLOAD_ASKING,
    DOWNLOAD_RECEIVING,
    DOWNLOAD_OVER,
};

struct download {
    struct tftp tftp;
    struct mtftp mtftp;
    enum download_mode mode;
    bool has_fallen_back; /* from multicast to unicast */
    bool is_filled;       /* all that was missing came, and TFTP was stopped */
    enum status status;   /* what kept unicast from beginning, else STATUS_PENDING */
    struct net *net;      /* while seated, else NULL */
    time_us started, finished;
    struct hole_sink holes;
    struct tftp_request request; /* of the unicast part */
    struct tftp_experience *experience;
};

/*
 * Forgets whatever this download did before. The status is that of tftp_start() or mtftp_start(). A request with a
 * group goes by unicast at once when it has no map, is paced, or is not about a file's content.
 */
enum status download_start(struct download *, struct net *, time_us now, const struct tftp_request *,
                           struct tftp_experience *);

/* Who sends for this download goes through that gateway; host byte order, 0: as the net says. */
void download_set_gateway(struct download *, uint32_t gateway);

/* Notes when the file is complete, goes on by unicast, and unseats a transfer that has gone quiet. */
void download_step(struct download *, time_us now);

/*
 * Whether a download that is complete has still to tell its server so: a boot program may leave us no turn for that,
 * and servers of multicast wait for a client that they do not know to be done, while all others wait for them.
 */
bool download_owes(const struct download *, time_us now);

/* STATUS_PENDING while it runs; STATUS_OK once the file is complete. */
enum status download_status(const struct download *);
enum download_phase download_phase(const struct download *);

/* Bytes of the file in the sink; all of them, once it is complete. By multicast they may lie anywhere. */
uint64_t download_received(const struct download *);

/* The file's size, if it is known. */
bool download_size(const struct download *, uint64_t *size);

/* The server's own words and its code, when it sent an ERROR that ended the download; else "". */
const char *download_server_text(const struct download *);
uint16_t download_server_error(const struct download *);

/* Ends it now; a server that still sends gets an ERROR if there is time to send it. */
void download_cancel(struct download *, time_us now, enum status why);

/* Unseats it at once. */
void download_stop(struct download *);

/* Bytes per second so far, or of the whole file once it is complete; 0 when no time has passed. */
uint64_t download_rate(const struct download *, time_us now);

#endif
