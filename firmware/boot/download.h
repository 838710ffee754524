/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A TFTP transfer with its place at the net: seated with a port of its own when it starts, unseated when it has nothing
 * more to send. The boot file, PXENV_TFTP_* and size queries are each one download.
 */
#ifndef PUCK_BOOT_DOWNLOAD_H
#define PUCK_BOOT_DOWNLOAD_H

#include "firmware/net/net.h"
#include "firmware/proto/tftp.h"

struct download {
    struct tftp tftp;
    struct net *net; /* while seated, else NULL */
    time_us started, finished;
};

/* Forgets whatever this download did before. The status is that of tftp_start(). */
enum status download_start(struct download *, struct net *, time_us now, const struct tftp_request *,
                           struct tftp_experience *);

/* Notes when the file is complete, and unseats a transfer that has gone quiet. */
void download_step(struct download *, time_us now);

/* STATUS_PENDING while it runs; STATUS_OK once the file is complete. */
enum status download_status(const struct download *);

/* Ends it now; a server that still sends gets an ERROR if there is time to send it. */
void download_cancel(struct download *, time_us now, enum status why);

/* Unseats it at once. */
void download_stop(struct download *);

/* Bytes per second so far, or of the whole file once it is complete; 0 when no time has passed. */
uint64_t download_rate(const struct download *, time_us now);

#endif
