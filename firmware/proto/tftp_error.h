/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * ERROR packets (RFC 1350 section 5), the same for files that are read and written: what a server's means, and sending
 * ours.
 */
#ifndef PUCK_PROTO_TFTP_ERROR_H
#define PUCK_PROTO_TFTP_ERROR_H

#include "firmware/proto/tftp.h"
#include "firmware/wire/tftp_packet.h"

/* The outcome of a transfer that this ERROR ends. `text` gets the server's words, printable ASCII and never empty. */
enum status tftp_error_take(const struct tftp_packet *error, uint16_t *code, char *text, size_t text_len);

/*
 * Writes the ERROR that is owed. `stranger_told` is noted when it was for a stranger. One that cannot be sent for ten
 * seconds is owed no more.
 */
bool tftp_farewell_output(struct tftp_farewell *, time_us now, time_us *stranger_told, struct writer *);

#endif
