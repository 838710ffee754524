/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Which link address answers for an IPv4 address (RFC 826, RFC 1122 section 2.3.2). Entries are made only for addresses
 * we asked for: an unsolicited reply cannot poison the cache, and a flood cannot fill it. The one exception is whoever
 * gave us our own address: net_configure().
 *
 *   ARP_FREE -wanted-> ARP_ASKING -answer-> ARP_KNOWN -a minute old and wanted-> ARP_ASKING (its address still in use)
 *                          +-- no answer to the last request --> ARP_FREE
 */
#ifndef PUCK_NET_ARP_CACHE_H
#define PUCK_NET_ARP_CACHE_H

#include "firmware/base/address.h"
#include "firmware/base/retry.h"

#define ARP_ENTRIES      8
#define ARP_REQUESTS_MAX 6 /* at 0, 125, 375, 875, 1875 and 3875 ms; given up 2 s after the last */

enum arp_state {
    ARP_FREE,
    ARP_ASKING,
    ARP_KNOWN,
};

struct arp_entry {
    enum arp_state state;
    uint32_t address; /* host byte order */
    struct mac mac;
    bool has_mac;       /* always when ARP_KNOWN; when ARP_ASKING it is an old one that has served until now */
    bool is_supposed;   /* no ARP packet has told it: to be asked about as soon as it is wanted */
    struct retry retry; /* of the requests */
    time_us learnt, used;
};

struct arp_cache {
    struct arp_entry entries[ARP_ENTRIES];
};

void arp_cache_clear(struct arp_cache *);

/* The link address, or NULL when it is not known yet; then, or when it is old, requests are owed from now on. */
const struct mac *arp_cache_want(struct arp_cache *, uint32_t address, time_us now);

/* A packet from `address` came with this link address: it serves at once, but ARP is asked when it is first wanted. */
void arp_cache_suppose(struct arp_cache *, uint32_t address, struct mac);

/* A pure read: whether `address` is being asked for, with no link address to use in the meantime. */
bool arp_cache_is_waiting(const struct arp_cache *, uint32_t address);

/* An ARP packet said so. Ignored unless we asked for `address` once. */
void arp_cache_learn(struct arp_cache *, uint32_t address, struct mac, time_us now);

/* An entry that owes a request or, `retry.attempts` having reached ARP_REQUESTS_MAX, is to be given up; or NULL. */
struct arp_entry *arp_cache_due(struct arp_cache *, time_us now);

/* When arp_cache_due() has something to say. */
time_us arp_cache_deadline(const struct arp_cache *);

#endif
