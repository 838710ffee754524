/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A DHCP server's packets, honest or not. Change the fixed fields and add options between start and finish.
 */
#ifndef PUCK_TESTS_HARNESS_DHCP_REPLY_H
#define PUCK_TESTS_HARNESS_DHCP_REPLY_H

#include "firmware/wire/dhcp_message.h"

struct dhcp_reply {
    struct dhcp_message fixed; /* its slices are emitted as they are */
    struct writer options;     /* the main field, without its end option */
    uint8_t option_bytes[1600];
    uint8_t bytes[2000];
};

/* A reply with options 53 (unless `type` is DHCP_BOOTP) and 54 (unless `server` is 0). */
void dhcp_reply_start(struct dhcp_reply *, uint8_t type, uint32_t xid, struct mac, uint32_t yiaddr, uint32_t server);

/* An option as text, without its NUL. */
void dhcp_reply_text(struct dhcp_reply *, uint8_t tag, const char *text);

/* The packet with its end option, padded to 300 bytes. Valid until the reply is changed. */
struct slice dhcp_reply_finish(struct dhcp_reply *);

/* The same without end option and padding. */
struct slice dhcp_reply_unfinished(struct dhcp_reply *);

#endif
