/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A TFTP write with its place at the net: seated with a port of its own from start to stop.
 */
#ifndef PUCK_BOOT_UPLOAD_H
#define PUCK_BOOT_UPLOAD_H

#include "firmware/net/net.h"
#include "firmware/proto/tftp_write.h"

struct upload {
    struct tftp_write write;
    struct net *net; /* while seated, else NULL */
};

/* `upload` need not have been used before. The status is that of tftp_write_start(). */
enum status upload_start(struct upload *upload, struct net *, time_us now, const struct tftp_write_request *);

/* Whether its status is final; for run_until() (firmware/boot/run.h). */
bool upload_is_over(const void *upload);

/* Cancels it if it still runs (`why`), lets it send its last word, and unseats it. Returns how it ended. */
enum status upload_stop(struct upload *, time_us now, enum status why);

#endif
