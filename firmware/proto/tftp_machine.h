/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What tftp.c (states, timers, output) and tftp_input.c (packets that arrive) have in common. Nobody else includes it.
 */
#ifndef PUCK_PROTO_TFTP_MACHINE_H
#define PUCK_PROTO_TFTP_MACHINE_H

#include "firmware/proto/tftp.h"
#include "firmware/wire/tftp_packet.h"

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

/* The sink does not take it (any more), or STATUS_TFTP_CANNOT_READ: it is another file than before. */
void tftp_refuse(struct tftp *, time_us now, enum status);

/* The answer to the request or ACK sent at round_trip_from is here. */
void tftp_take_sample(struct tftp *, time_us now, bool is_rough);

/*
 * tftp_multicast.c: the OACK has put us into a multicast session; this transfer goes on without; the
 * server does not multicast files of that many blocks; what the server sends
 * to us or to the group in a session; and what is owed to the server then.
 */
void tftp_multicast_start(struct tftp *, time_us now, const struct tftp_answer *);
void tftp_multicast_end(struct tftp *);
void tftp_multicast_refused(struct tftp *, time_us now);
void tftp_multicast_input(struct tftp *, time_us now, const struct tftp_packet *);
bool tftp_multicast_output(struct tftp *, time_us now, struct writer *);

/* How long to wait for a block before the ACK is repeated. */
time_us tftp_patience(const struct tftp *);

#endif
