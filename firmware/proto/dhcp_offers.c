/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/proto/dhcp_offers.h"

#include "firmware/proto/dhcp_facts.h"

static enum dhcp_offer_rank rank_of(const struct dhcp_message *m, bool *is_final)
{
    struct dhcp_facts facts;

    dhcp_facts_of(m, &facts);
    *is_final = facts.has_no_proxy || (facts.has_file && (facts.is_pxe || facts.downloads_at_once));
    if (facts.is_bootp)
        return facts.has_file ? DHCP_OFFER_BOOTP_FILE : DHCP_OFFER_BOOTP;
    if (!facts.has_file)
        return DHCP_OFFER_NO_FILE;
    if (*is_final)
        return DHCP_OFFER_PXE_FILE;
    return facts.has_server ? DHCP_OFFER_FILE_SERVER : DHCP_OFFER_FILE;
}

/* Any server before one that refused us; then by rank. */
static unsigned worth(unsigned rank, bool was_refused)
{
    return rank + (was_refused ? 0 : DHCP_OFFER_PXE_FILE + 1);
}

static unsigned worth_of(const struct dhcp_offer *offer)
{
    return worth(offer->rank, offer->was_refused);
}

/* Where the newcomer goes: its server's earlier entry, a free one, or the worst if that is worse than the newcomer. */
static struct dhcp_offer *slot_for(struct dhcp_offer *table, size_t *count, size_t size, uint32_t server,
                                   unsigned newcomers_worth)
{
    struct dhcp_offer *worst = table;

    for (size_t i = 0; i < *count; i++) {
        if (table[i].server == server)
            return &table[i];
        if (worth_of(&table[i]) < worth_of(worst))
            worst = &table[i];
    }
    if (*count < size)
        return &table[(*count)++];
    return newcomers_worth > worth_of(worst) ? worst : NULL;
}

const struct dhcp_offer *dhcp_offers_add(struct dhcp_offers *heard, const struct dhcp_message *m, struct slice raw,
                                         uint32_t server, uint32_t refused_server)
{
    bool is_final, was_refused = server == refused_server && server != 0;
    enum dhcp_offer_rank rank = rank_of(m, &is_final);
    struct dhcp_offer *slot;

    if (raw.len > DHCP_MESSAGE_MAX)
        return NULL;
    if (m->yiaddr != 0)
        slot = slot_for(heard->offers, &heard->offer_count, DHCP_OFFERS, server, worth((unsigned)rank, was_refused));
    else
        slot = slot_for(heard->proxies, &heard->proxy_count, DHCP_PROXIES, server, worth((unsigned)rank, was_refused));
    if (slot == NULL)
        return NULL;
    slot->server = server;
    slot->yiaddr = m->yiaddr;
    slot->rank = (uint8_t)rank;
    slot->is_final = is_final;
    slot->was_refused = was_refused;
    slot->packet.len = raw.len;
    memcpy(slot->packet.bytes, raw.data, raw.len);
    return slot;
}

static const struct dhcp_offer *best_of(const struct dhcp_offer *table, size_t count)
{
    const struct dhcp_offer *best = count > 0 ? table : NULL;

    for (size_t i = 1; i < count; i++) {
        if (worth_of(&table[i]) > worth_of(best))
            best = &table[i];
    }
    return best;
}

const struct dhcp_offer *dhcp_offers_best(const struct dhcp_offers *heard)
{
    return best_of(heard->offers, heard->offer_count);
}

const struct dhcp_offer *dhcp_offers_best_proxy(const struct dhcp_offers *heard)
{
    const struct dhcp_offer *best = best_of(heard->proxies, heard->proxy_count);

    return best != NULL && best->rank >= DHCP_OFFER_FILE ? best : NULL;
}

const struct dhcp_offer *dhcp_offers_silent_proxy(const struct dhcp_offers *heard)
{
    const struct dhcp_offer *best = best_of(heard->proxies, heard->proxy_count);

    return best != NULL && best->rank < DHCP_OFFER_FILE ? best : NULL;
}
