/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * How long a file on a TFTP server is, also where the server knows no tsize (RFC 2349): then the file is fetched and
 * its bytes are counted, which is dear, but an answer.
 */
#ifndef PUCK_BOOT_FILE_SIZE_H
#define PUCK_BOOT_FILE_SIZE_H

#include "firmware/boot/session.h"

/*
 * Waits for the answer; uses the session's size_query, so that a transfer beside it goes on, and server_error and
 * server_text are there afterwards. `size` is written on STATUS_OK alone. The request's sink and size_only count for
 * nothing.
 */
enum status file_size_find(struct session *, const struct tftp_request *, uint64_t *size);

#endif
