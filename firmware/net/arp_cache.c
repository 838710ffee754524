/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/net/arp_cache.h"

static const time_us first_wait = MILLISECONDS(125), longest_wait = SECONDS(2);

/* RFC 1122 section 2.3.2.1 wants old entries verified; a minute is its example. */
static const time_us believed_for = SECONDS(60);

void arp_cache_clear(struct arp_cache *cache)
{
    for (unsigned n = 0; n < ARP_ENTRIES; n++)
        cache->entries[n] = (struct arp_entry){.state = ARP_FREE};
}

static struct arp_entry *find(const struct arp_cache *cache, uint32_t address)
{
    for (unsigned n = 0; n < ARP_ENTRIES; n++) {
        const struct arp_entry *entry = &cache->entries[n];

        if (entry->address == address && entry->state != ARP_FREE)
            return (struct arp_entry *)entry;
    }
    return NULL;
}

/* A free entry, else the one that was not used for the longest time. */
static struct arp_entry *find_room(struct arp_cache *cache)
{
    struct arp_entry *oldest = &cache->entries[0];

    for (unsigned n = 0; n < ARP_ENTRIES; n++) {
        if (cache->entries[n].state == ARP_FREE)
            return &cache->entries[n];
        if (cache->entries[n].used < oldest->used)
            oldest = &cache->entries[n];
    }
    return oldest;
}

static void ask(struct arp_entry *entry, time_us now)
{
    entry->state = ARP_ASKING;
    entry->is_supposed = false;
    retry_start(&entry->retry, now, first_wait, longest_wait);
}

const struct mac *arp_cache_want(struct arp_cache *cache, uint32_t address, time_us now)
{
    struct arp_entry *entry = find(cache, address);

    if (entry == NULL) {
        entry = find_room(cache);
        *entry = (struct arp_entry){.address = address};
        ask(entry, now);
    } else if (entry->state == ARP_KNOWN && (entry->is_supposed || now - entry->learnt > believed_for)) {
        ask(entry, now);
    }
    entry->used = now;
    return entry->has_mac ? &entry->mac : NULL;
}

void arp_cache_suppose(struct arp_cache *cache, uint32_t address, struct mac mac)
{
    struct arp_entry *entry = find_room(cache);

    *entry =
        (struct arp_entry){.state = ARP_KNOWN, .address = address, .mac = mac, .has_mac = true, .is_supposed = true};
    retry_stop(&entry->retry);
}

bool arp_cache_is_waiting(const struct arp_cache *cache, uint32_t address)
{
    const struct arp_entry *entry = find(cache, address);

    return entry != NULL && !entry->has_mac;
}

void arp_cache_learn(struct arp_cache *cache, uint32_t address, struct mac mac, time_us now)
{
    struct arp_entry *entry = find(cache, address);

    if (entry == NULL)
        return;
    entry->mac = mac;
    entry->has_mac = true;
    entry->is_supposed = false;
    entry->learnt = now;
    entry->state = ARP_KNOWN;
    retry_stop(&entry->retry);
}

struct arp_entry *arp_cache_due(struct arp_cache *cache, time_us now)
{
    for (unsigned n = 0; n < ARP_ENTRIES; n++) {
        struct arp_entry *entry = &cache->entries[n];

        if (entry->state == ARP_ASKING && entry->retry.deadline <= now)
            return entry;
    }
    return NULL;
}

time_us arp_cache_deadline(const struct arp_cache *cache)
{
    time_us deadline = TIME_NEVER;

    for (unsigned n = 0; n < ARP_ENTRIES; n++)
        if (cache->entries[n].state == ARP_ASKING)
            deadline = time_earlier(deadline, cache->entries[n].retry.deadline);
    return deadline;
}
