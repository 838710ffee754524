/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Which link address answers for an IPv4 address (RFC 826). Entries are made only for addresses we asked for: an
 * unsolicited reply cannot poison the cache.
 */
#ifndef PUCK_NET_ARP_CACHE_H
#define PUCK_NET_ARP_CACHE_H

#include "firmware/base/address.h"
#include "firmware/base/retry.h"

#define ARP_ENTRIES 8

enum arp_state {
    ARP_FREE,
    ARP_ASKING,
    ARP_KNOWN,
    ARP_SILENT, /* asked often enough; starts over when asked for again */
};

struct arp_entry {
    enum arp_state state;
    uint32_t address; /* host byte order */
    struct mac mac;
    struct retry retry; /* of the requests */
    time_us used;
};

struct arp_cache {
    struct arp_entry entries[ARP_ENTRIES];
};

#endif
