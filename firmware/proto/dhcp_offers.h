/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The offers that came in, kept whole and apart: those that give an address (DHCP, BOOTP) and those of proxyDHCP
 * servers, which only say what to boot (PXE 2.1 section 2.2). Which of them counts, and how long others are waited for,
 * is a policy that the machine in dhcp.h is given (firmware/boot/boot_options.c has the one there is). Both tables are
 * bounded; what the policy holds for better takes the place of the worst.
 */
#ifndef PUCK_PROTO_DHCP_OFFERS_H
#define PUCK_PROTO_DHCP_OFFERS_H

#include "firmware/base/time.h"
#include "firmware/proto/dhcp_facts.h"
#include "firmware/proto/dhcp_lease.h"

#define DHCP_OFFERS  8
#define DHCP_PROXIES 4

struct dhcp_offer {
    uint32_t server; /* option 54; for BOOTP the sender's address */
    uint32_t yiaddr;
    struct dhcp_facts facts;
    time_us heard;      /* when the server first said as much */
    time_us round_trip; /* since the DISCOVER before it */
    bool was_refused;   /* a server that refused or ignored our last REQUEST: after all others */
    struct dhcp_packet packet;
};

struct dhcp_offers {
    struct dhcp_offer offers[DHCP_OFFERS];
    size_t offer_count;
    struct dhcp_offer proxies[DHCP_PROXIES];
    size_t proxy_count;
    uint32_t left_out; /* offers that were dropped, being worse than those of a full table */
};

struct dhcp_decision {
    const struct dhcp_offer *offer; /* whose address is taken; NULL: there is none */
    time_us at;                     /* when; TIME_NEVER without an offer */
};

/* Pure functions of what was heard. */
struct dhcp_policy {
    /* What an offer is worth among those that give an address, or among those of proxies. */
    unsigned (*worth)(const struct dhcp_facts *);
    /* What comes of the offers if no other comes. One more server may make the decision earlier, never later. */
    struct dhcp_decision (*choose)(const struct dhcp_offers *);
    /* The proxy whose word goes with an offer; NULL when none's does. */
    const struct dhcp_offer *(*proxy_for)(const struct dhcp_offers *, const struct dhcp_offer *);
};

/* What the machine knows of an offer besides its bytes; as in struct dhcp_offer. */
struct dhcp_sighting {
    uint32_t server;
    bool was_refused;
    time_us heard, round_trip;
};

/*
 * Takes an offer that passed the machine's checks. Returns the entry, or NULL when it is worth less than all that a
 * full table holds. A server's second offer replaces its first.
 */
const struct dhcp_offer *dhcp_offers_add(struct dhcp_offers *, const struct dhcp_policy *, const struct dhcp_message *,
                                         struct slice raw, const struct dhcp_sighting *);

/* The one of highest worth, the earliest among equals, and any before one that was refused; NULL when there is none. */
const struct dhcp_offer *dhcp_offers_best(const struct dhcp_offers *, const struct dhcp_policy *);
const struct dhcp_offer *dhcp_offers_best_proxy(const struct dhcp_offers *, const struct dhcp_policy *);

#endif
