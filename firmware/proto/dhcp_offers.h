/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The offers that came in, kept whole and apart: those that give an address (DHCP, BOOTP) and those of proxyDHCP
 * servers, which only say what to boot (PXE 2.1 section 2.2). Both tables are bounded; a better offer takes the place
 * of the worst.
 */
#ifndef PUCK_PROTO_DHCP_OFFERS_H
#define PUCK_PROTO_DHCP_OFFERS_H

#include "firmware/base/time.h"
#include "firmware/proto/dhcp_lease.h"

#define DHCP_OFFERS  8
#define DHCP_PROXIES 4

/* Worst first. The order within a table is all that counts. */
enum dhcp_offer_rank {
    DHCP_OFFER_BOOTP,       /* no option 53; taken when nobody speaks DHCP */
    DHCP_OFFER_BOOTP_FILE,  /* the same with a boot file */
    DHCP_OFFER_NO_FILE,     /* an address (or a proxy) and nothing to boot: a proxy may know more */
    DHCP_OFFER_FILE,        /* names a boot file, the server not */
    DHCP_OFFER_FILE_SERVER, /* names both */
    DHCP_OFFER_PXE_FILE,    /* says that it is a PXE server, or that there is no other: waiting can bring nothing */
};

struct dhcp_offer {
    uint32_t server; /* option 54; for BOOTP the sender's address */
    uint32_t yiaddr;
    uint8_t rank;     /* enum dhcp_offer_rank */
    bool is_final;    /* says itself that no proxy is to be waited for */
    bool was_refused; /* a server that refused or ignored our last REQUEST: after all others */
    struct dhcp_packet packet;
};

struct dhcp_offers {
    struct dhcp_offer offers[DHCP_OFFERS];
    size_t offer_count;
    struct dhcp_offer proxies[DHCP_PROXIES];
    size_t proxy_count;
};

/*
 * Takes an offer that passed the machine's checks. `server` as in struct dhcp_offer. Returns the entry, or NULL when it
 * is worse than all that a full table holds. A server's second offer replaces its first.
 */
const struct dhcp_offer *dhcp_offers_add(struct dhcp_offers *, const struct dhcp_message *, struct slice raw,
                                         uint32_t server, uint32_t refused_server);

/* The best so far, the earliest among equals; NULL when there is none. */
const struct dhcp_offer *dhcp_offers_best(const struct dhcp_offers *);

/* The proxy to follow: one with a boot file; NULL when there is none. */
const struct dhcp_offer *dhcp_offers_best_proxy(const struct dhcp_offers *);

/* A proxy that is there and names no boot file: it has to be asked (firmware/boot/proxy_request.h). NULL: none. */
const struct dhcp_offer *dhcp_offers_silent_proxy(const struct dhcp_offers *);

#endif
