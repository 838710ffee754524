/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What tftp.c (states, timers, output) and tftp_input.c (packets that arrive) have in common. Nobody else includes it.
 */
#ifndef PUCK_PROTO_TFTP_MACHINE_H
#define PUCK_PROTO_TFTP_MACHINE_H

#include "firmware/proto/tftp.h"

void tftp_input(struct udp_client *, time_us now, const struct udp_datagram *);

void tftp_set_state(struct tftp *, enum tftp_state);

/* The end, without a word to the server: timers stop, and what was learnt is kept. */
void tftp_end(struct tftp *, enum tftp_state, enum status);
void tftp_fail(struct tftp *, enum status);

/* The end, and the server is told. */
void tftp_break_off(struct tftp *, time_us now, uint16_t code, const char *text, enum status);

/* All is here; the last ACK is owed. */
void tftp_finish(struct tftp *, time_us now);

/* An ERROR to the server, owed at once. */
void tftp_owe_farewell(struct tftp *, time_us now, struct udp_address to, uint16_t code, const char *text);

/* The request is owed again, on a new connection. What is in the sink stays. */
void tftp_ask_again(struct tftp *, time_us now, const char *reason);

/* The server does not know or hear us any more: asks again as long as that brings the file forward, else fails. */
void tftp_server_lost(struct tftp *, time_us now, const char *reason, enum status);

/* The ACK of all that is here is owed at once. */
void tftp_owe_ack(struct tftp *, time_us now);

/* How long to wait for a block before the ACK is repeated. */
time_us tftp_patience(const struct tftp *);

#endif
