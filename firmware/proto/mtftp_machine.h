/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What mtftp.c (states, timers, output) and mtftp_input.c (packets that arrive) have in common. Nobody else includes
 * it.
 */
#ifndef PUCK_PROTO_MTFTP_MACHINE_H
#define PUCK_PROTO_MTFTP_MACHINE_H

#include "firmware/proto/mtftp.h"

void mtftp_input(struct udp_client *, time_us now, const struct udp_datagram *);

void mtftp_set_state(struct mtftp *, time_us now, enum mtftp_state);

/* Multicast cannot finish this; the server, if it sends because of us, is told. */
void mtftp_give_up(struct mtftp *, time_us now, enum status, const char *reason);

/* The same, and no block that came can be trusted. */
void mtftp_give_up_all(struct mtftp *, time_us now, enum status, const char *reason);

/* Blocks of different files were mixed: all are forgotten. False when that was once too often, and it gave up. */
bool mtftp_start_over(struct mtftp *, time_us now, const char *reason);

/* A new session is heard: when to open one is thrown anew. */
void mtftp_draw(struct mtftp *);

/* Something of the file was heard: how long the group then has to be silent until we open. */
void mtftp_heard(struct mtftp *, time_us now, bool was_last);

/* Our session is over. Another one follows, unless all is here. */
void mtftp_session_over(struct mtftp *, time_us now, bool was_last, const char *reason);

/* The block that came last is acknowledged itself: no skip is due, or the server did not follow it. */
void mtftp_acknowledge_each(struct mtftp *);

/* The ACK of this block is owed at once. */
void mtftp_owe_ack(struct mtftp *, time_us now, uint16_t block);

/* Every block is in the sink, and that these are all has been confirmed. */
bool mtftp_has_all(const struct mtftp *);

/* All is here. */
void mtftp_finish(struct mtftp *, time_us now);

/* An ERROR, owed at once. */
void mtftp_owe_error(struct mtftp *, time_us now, uint16_t port, uint16_t code, const char *text);

#endif
