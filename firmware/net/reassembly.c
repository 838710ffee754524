/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/net/reassembly.h"

/*
 * Much less than RFC 1122's minute: every client here repeats its request within seconds, and ids of a fast sender come
 * round again soon (RFC 4963).
 */
static const time_us patience = SECONDS(1);

void reassembly_clear(struct reassembly *r)
{
    for (unsigned n = 0; n < REASSEMBLY_PLACES; n++) {
        r->places[n].is_taken = false;
        r->places[n].highest = 0;
        memset(r->places[n].present, 0, sizeof(r->places[n].present));
    }
}

static bool place_is_of(const struct reassembly_place *place, const struct ipv4_packet *ip)
{
    return place->is_taken && place->id == ip->id && place->source == ip->source &&
           place->destination == ip->destination && place->protocol == ip->protocol;
}

static void place_take(struct reassembly_place *place, time_us now, const struct ipv4_packet *ip)
{
    memset(place->present, 0, (place->highest / (32 * REASSEMBLY_UNIT) + 1) * sizeof(place->present[0]));
    place->is_taken = true;
    place->is_spoilt = false;
    place->protocol = ip->protocol;
    place->id = ip->id;
    place->source = ip->source;
    place->destination = ip->destination;
    place->since = now;
    place->total = 0;
    place->highest = 0;
    place->units = 0;
}

/* Where this fragment belongs: its datagram's place, a free one, or that of the datagram begun first. */
static struct reassembly_place *find_place(struct reassembly *r, time_us now, const struct ipv4_packet *ip)
{
    struct reassembly_place *best = NULL;

    for (unsigned n = 0; n < REASSEMBLY_PLACES; n++) {
        struct reassembly_place *place = &r->places[n];

        if (place->is_taken && now - place->since >= patience) {
            place->is_taken = false;
            r->abandoned++;
        }
        if (place_is_of(place, ip))
            return place;
        if (best == NULL || !place->is_taken || (best->is_taken && place->since < best->since))
            best = place;
    }
    if (best->is_taken)
        r->abandoned++;
    place_take(best, now, ip);
    return best;
}

/* The bits of word `word` that lie in [first, end). */
static uint32_t mask_of(uint32_t word, uint32_t first, uint32_t end)
{
    uint32_t mask = UINT32_MAX;

    if (first > word * 32)
        mask &= UINT32_MAX << (first - word * 32);
    if (end < word * 32 + 32)
        mask &= UINT32_MAX >> (word * 32 + 32 - end);
    return mask;
}

enum presence {
    PRESENT_NONE,
    PRESENT_SOME,
    PRESENT_ALL
};

static enum presence presence_of(const struct reassembly_place *place, uint32_t first, uint32_t end)
{
    bool some = false, all = true;

    for (uint32_t word = first / 32; word * 32 < end; word++) {
        uint32_t mask = mask_of(word, first, end), bits = place->present[word] & mask;

        some |= bits != 0;
        all &= bits == mask;
    }
    return all ? PRESENT_ALL : some ? PRESENT_SOME : PRESENT_NONE;
}

/* Whether the fragment agrees with what is there about the datagram's length. */
static bool lengths_agree(const struct reassembly_place *place, const struct ipv4_packet *ip, uint32_t end)
{
    if (!ip->more_fragments && place->total == 0)
        return place->highest <= end;
    return ip->more_fragments ? place->total == 0 || end < place->total : end == place->total;
}

static enum reassembly_result place_add(struct reassembly_place *place, const struct ipv4_packet *ip,
                                        struct slice payload)
{
    uint32_t offset = ip->fragment_offset, end = offset + (uint32_t)payload.len;
    uint32_t first = offset / REASSEMBLY_UNIT, last = (end + REASSEMBLY_UNIT - 1) / REASSEMBLY_UNIT;

    if (!lengths_agree(place, ip, end))
        return REASSEMBLY_BAD;
    switch (presence_of(place, first, last)) {
    case PRESENT_SOME:
        return REASSEMBLY_BAD;
    case PRESENT_ALL:
        return memcmp(place->bytes + offset, payload.data, payload.len) == 0 ? REASSEMBLY_WAITING : REASSEMBLY_BAD;
    case PRESENT_NONE:
        break;
    }
    memcpy(place->bytes + offset, payload.data, payload.len);
    for (uint32_t word = first / 32; word * 32 < last; word++)
        place->present[word] |= mask_of(word, first, last);
    place->units += last - first;
    if (!ip->more_fragments)
        place->total = end;
    if (end > place->highest)
        place->highest = end;
    if (place->total == 0 || place->units * REASSEMBLY_UNIT < place->total)
        return REASSEMBLY_WAITING;
    return REASSEMBLY_COMPLETE;
}

enum reassembly_result reassembly_add(struct reassembly *r, time_us now, const struct ipv4_packet *ip,
                                      struct slice payload, struct slice *datagram)
{
    struct reassembly_place *place;
    enum reassembly_result result;

    if (payload.len == 0 || (ip->more_fragments && payload.len % REASSEMBLY_UNIT != 0))
        return REASSEMBLY_BAD;
    place = find_place(r, now, ip);
    if (place->is_spoilt || ip->fragment_offset + payload.len > REASSEMBLY_MAX) {
        place->is_spoilt = true;
        return REASSEMBLY_BAD;
    }
    result = place_add(place, ip, payload);
    if (result == REASSEMBLY_BAD)
        place->is_spoilt = true;
    if (result == REASSEMBLY_COMPLETE) {
        place->is_taken = false;
        *datagram = slice_of(place->bytes, place->total);
    }
    return result;
}
