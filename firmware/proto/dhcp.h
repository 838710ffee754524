/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * DHCP client (RFC 2131) as PXE 2.1 wants it: finds an address and what to boot. Attach it after dhcp_start(); it never
 * gives up within 60 s of the link coming up, as a switch port may be blocked that long.
 *
 *   DHCP_IDLE -start-> DHCP_DISCOVERING -offer, and waited for proxies-> DHCP_REQUESTING -ACK-> DHCP_BOUND
 *                         |   ^  `--BOOTP reply only---------------------------------------------^
 *                         |   +-- NAK (at most one a second), no answer to REQUEST --+
 *                         +-> DHCP_FAILED <- give_up_after is over, cancelled
 *
 * Whose offer is taken, and how long others are waited for, is the config's policy's to say. Conflict detection (RFC
 * 2131 section 4.4.1, a SHOULD) is left to the stack's announcement: a probe would hold every boot up for what servers
 * check before they offer.
 */
#ifndef PUCK_PROTO_DHCP_H
#define PUCK_PROTO_DHCP_H

#include "firmware/base/log.h"
#include "firmware/base/random.h"
#include "firmware/base/retry.h"
#include "firmware/net/udp.h"
#include "firmware/proto/dhcp_lease.h"
#include "firmware/proto/dhcp_offers.h"
#include "firmware/proto/dhcp_request.h"

enum dhcp_state {
    DHCP_IDLE,
    DHCP_DISCOVERING,
    DHCP_REQUESTING,
    DHCP_BOUND,
    DHCP_FAILED,
};

struct dhcp_config {
    struct dhcp_identity identity;
    const struct dhcp_policy *policy;
    time_us give_up_after; /* from link up on; 0: never; less than 60 s counts as 60 s */
    bool link_is_up;       /* else nothing is sent, and no time counted, until dhcp_link_up() */
};

struct dhcp {
    struct udp_client udp; /* first; filled in by dhcp_start() */
    struct dhcp_config config;
    enum dhcp_state state;
    enum status status;      /* STATUS_PENDING until DHCP_BOUND or DHCP_FAILED */
    struct dhcp_lease lease; /* complete in DHCP_BOUND */
    struct dhcp_offers heard;
    const struct dhcp_offer *chosen; /* from DHCP_REQUESTING on: one of `heard` */
    const struct dhcp_offer *proxy;  /* in DHCP_BOUND: the one in the lease, one of `heard`; NULL: none */
    struct retry retry;
    time_us started;       /* for `secs`, and for whoever shows the time */
    time_us link_since;    /* TIME_NEVER: the link is down */
    time_us discover_sent; /* the last one; TIME_NEVER before it */
    time_us decide_at;     /* when the policy's choice is taken; TIME_NEVER when there is none */
    time_us restarted;     /* last NAK that was followed; TIME_NEVER: none */
    uint32_t xid;
    uint16_t secs;      /* of the last DISCOVER */
    bool use_broadcast; /* the last DISCOVER asked for broadcast replies */
    uint32_t refused_server;
    uint32_t ignored;        /* messages for us that were wrong */
    uint32_t broken_vendors; /* offers whose option 43 was, and nothing else */
    bool saw_bad_address, saw_proxy;
    char server_text[96]; /* option 56 of the last NAK, printable ASCII */
    struct random *random;
    struct log *log;
};

/* Owes a DISCOVER at once (when the link is up). */
void dhcp_start(struct dhcp *, time_us now, const struct dhcp_config *, struct random *, struct log *);

/* The link's state, as often as the caller likes. Coming up begins anew: quick tries, and the time until giving up. */
void dhcp_link(struct dhcp *, time_us now, bool is_up);

/* Ends without a lease; sends nothing. */
void dhcp_cancel(struct dhcp *, time_us now, enum status why);

#endif
