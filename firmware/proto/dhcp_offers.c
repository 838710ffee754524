/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/proto/dhcp_offers.h"

/* Any server before one that refused us; then by the policy. */
static bool is_better(const struct dhcp_policy *policy, const struct dhcp_facts *facts, bool was_refused,
                      const struct dhcp_offer *than)
{
    if (was_refused != than->was_refused)
        return than->was_refused;
    return policy->worth(facts) > policy->worth(&than->facts);
}

/* Where the newcomer goes: its server's earlier entry, a free one, or the worst if that is worse than the newcomer. */
static struct dhcp_offer *slot_for(struct dhcp_offer *table, size_t *count, size_t size,
                                   const struct dhcp_policy *policy, const struct dhcp_facts *facts,
                                   const struct dhcp_sighting *seen)
{
    struct dhcp_offer *slot = NULL, *worst = table;

    for (size_t i = 0; i < *count && slot == NULL; i++) {
        if (table[i].server == seen->server)
            slot = &table[i];
        else if (is_better(policy, &worst->facts, worst->was_refused, &table[i]))
            worst = &table[i];
    }
    if (slot != NULL && !is_better(policy, facts, seen->was_refused, slot))
        return slot; /* said again: it has been waited for since it was first said */
    if (slot == NULL && *count < size)
        slot = &table[(*count)++];
    else if (slot == NULL && is_better(policy, facts, seen->was_refused, worst))
        slot = worst;
    if (slot == NULL)
        return NULL;
    slot->server = seen->server;
    slot->heard = seen->heard;
    slot->round_trip = seen->round_trip;
    return slot;
}

const struct dhcp_offer *dhcp_offers_add(struct dhcp_offers *heard, const struct dhcp_policy *policy,
                                         const struct dhcp_message *m, struct slice raw,
                                         const struct dhcp_sighting *seen)
{
    struct dhcp_facts facts;
    struct dhcp_offer *slot;

    if (raw.len > DHCP_MESSAGE_MAX)
        return NULL;
    dhcp_facts_of(m, &facts);
    if (m->yiaddr != 0)
        slot = slot_for(heard->offers, &heard->offer_count, DHCP_OFFERS, policy, &facts, seen);
    else
        slot = slot_for(heard->proxies, &heard->proxy_count, DHCP_PROXIES, policy, &facts, seen);
    if (slot == NULL) {
        heard->left_out++;
        return NULL;
    }
    slot->yiaddr = m->yiaddr;
    slot->facts = facts;
    slot->was_refused = seen->was_refused;
    slot->packet.len = raw.len;
    memcpy(slot->packet.bytes, raw.data, raw.len);
    return slot;
}

static const struct dhcp_offer *best_of(const struct dhcp_offer *table, size_t count, const struct dhcp_policy *policy)
{
    const struct dhcp_offer *best = count > 0 ? table : NULL;

    for (size_t i = 1; i < count; i++) {
        if (is_better(policy, &table[i].facts, table[i].was_refused, best))
            best = &table[i];
    }
    return best;
}

const struct dhcp_offer *dhcp_offers_best(const struct dhcp_offers *heard, const struct dhcp_policy *policy)
{
    return best_of(heard->offers, heard->offer_count, policy);
}

const struct dhcp_offer *dhcp_offers_best_proxy(const struct dhcp_offers *heard, const struct dhcp_policy *policy)
{
    return best_of(heard->proxies, heard->proxy_count, policy);
}
