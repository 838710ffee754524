/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/proto/dhcp_offers.h"

#include "firmware/base/text.h"
#include "firmware/wire/pxe_options.h"

#define IPXE_NO_PXEDHCP 176 /* in option 175: the administrator says that there is no proxyDHCP server */

bool dhcp_is_pxe(const struct dhcp_message *m)
{
    struct slice mark = text_slice("PXEClient");
    uint8_t bytes[DHCP_MESSAGE_MAX];
    struct writer joined = writer_of(bytes, sizeof(bytes));

    return dhcp_option(m, DHCP_TAG_CLASS, &joined) && slice_equal(slice_first(writer_written(&joined), mark.len), mark);
}

static bool downloads_at_once(const struct dhcp_message *m)
{
    uint8_t bytes[DHCP_MESSAGE_MAX];
    struct writer joined = writer_of(bytes, sizeof(bytes));
    struct pxe_options pxe;

    return dhcp_option(m, DHCP_TAG_VENDOR, &joined) && pxe_options_parse(writer_written(&joined), &pxe) &&
           (pxe.control & PXE_DOWNLOAD_AT_ONCE) != 0;
}

static bool has_no_proxy(const struct dhcp_message *m)
{
    uint8_t bytes[DHCP_MESSAGE_MAX];
    struct writer joined = writer_of(bytes, sizeof(bytes));
    struct slice value;

    return dhcp_option(m, DHCP_TAG_IPXE, &joined) &&
           encapsulated_option(writer_written(&joined), IPXE_NO_PXEDHCP, &value) && value.len == 1 &&
           value.data[0] != 0;
}

static void grade(const struct dhcp_message *m, struct dhcp_offer *offer)
{
    struct dhcp_boot boot;
    bool has_file, needs_no_proxy = has_no_proxy(m);

    dhcp_boot_parse(m, &boot);
    has_file = boot.file_source != DHCP_FILE_NONE;
    offer->is_final = needs_no_proxy || (has_file && (dhcp_is_pxe(m) || downloads_at_once(m)));
    if (m->type == DHCP_BOOTP)
        offer->rank = has_file ? DHCP_OFFER_BOOTP_FILE : DHCP_OFFER_BOOTP;
    else if (!has_file)
        offer->rank = DHCP_OFFER_NO_FILE;
    else if (offer->is_final)
        offer->rank = DHCP_OFFER_PXE_FILE;
    else
        offer->rank = boot.server_source == DHCP_SERVER_ID ? DHCP_OFFER_FILE : DHCP_OFFER_FILE_SERVER;
}

static bool is_better(const struct dhcp_offer *a, const struct dhcp_offer *b)
{
    if (a->was_refused != b->was_refused)
        return b->was_refused;
    return a->rank > b->rank;
}

/* Where the newcomer goes: its server's earlier entry, a free one, or the worst if that is worse than the newcomer. */
static struct dhcp_offer *slot_for(struct dhcp_offer *table, size_t *count, size_t size, const struct dhcp_offer *offer)
{
    struct dhcp_offer *worst = table;

    for (size_t i = 0; i < *count; i++) {
        if (table[i].server == offer->server)
            return &table[i];
        if (is_better(worst, &table[i]))
            worst = &table[i];
    }
    if (*count < size)
        return &table[(*count)++];
    return is_better(offer, worst) ? worst : NULL;
}

const struct dhcp_offer *dhcp_offers_add(struct dhcp_offers *heard, const struct dhcp_message *m, struct slice raw,
                                         uint32_t server, uint32_t refused_server)
{
    struct dhcp_offer offer, *slot; /* its packet is copied straight into the slot */

    offer.server = server;
    offer.yiaddr = m->yiaddr;
    offer.was_refused = server == refused_server && server != 0;
    grade(m, &offer);
    if (m->yiaddr != 0)
        slot = slot_for(heard->offers, &heard->offer_count, DHCP_OFFERS, &offer);
    else
        slot = slot_for(heard->proxies, &heard->proxy_count, DHCP_PROXIES, &offer);
    if (slot == NULL || raw.len > sizeof(slot->packet.bytes))
        return NULL;
    slot->server = offer.server;
    slot->yiaddr = offer.yiaddr;
    slot->rank = offer.rank;
    slot->is_final = offer.is_final;
    slot->was_refused = offer.was_refused;
    slot->packet.len = raw.len;
    memcpy(slot->packet.bytes, raw.data, raw.len);
    return slot;
}

static const struct dhcp_offer *best_of(const struct dhcp_offer *table, size_t count)
{
    const struct dhcp_offer *best = count > 0 ? table : NULL;

    for (size_t i = 1; i < count; i++) {
        if (is_better(&table[i], best))
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
