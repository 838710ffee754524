/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/wire/ipv4_packet.h"

#include "firmware/base/checksum.h"

enum {
    VERSION = 4,
    OFFSET_MASK = 0x1fff,
    MORE_FRAGMENTS = 0x2000,
    DONT_FRAGMENT = 0x4000,
};

#define ROUTER_ALERT 0x94040000u /* copied into fragments, control, number 20; four bytes; value 0 */

/* Returns the header's length, and leaves the reader behind it; 0 when it cannot be one. */
static size_t header_parse(struct reader *r, struct ipv4_packet *out)
{
    const uint8_t *p = read_slice(r, IPV4_HEADER_LEN).data;
    size_t header_len, total_len;
    struct slice options;
    uint16_t fragment;

    if (r->failed || p[0] >> 4 != VERSION)
        return 0;
    header_len = (size_t)(p[0] & 15) * 4;
    total_len = load_be16(p + 2);
    if (header_len < IPV4_HEADER_LEN || total_len < header_len)
        return 0;
    out->tos = p[1];
    out->payload_len = (uint16_t)(total_len - header_len);
    out->id = load_be16(p + 4);
    fragment = load_be16(p + 6);
    out->fragment_offset = (uint16_t)((fragment & OFFSET_MASK) * 8u);
    out->more_fragments = (fragment & MORE_FRAGMENTS) != 0;
    out->dont_fragment = (fragment & DONT_FRAGMENT) != 0;
    out->ttl = p[8];
    out->protocol = p[9];
    out->source = load_be32(p + 12);
    out->destination = load_be32(p + 16);
    options = read_slice(r, header_len - IPV4_HEADER_LEN);
    out->router_alert = options.len >= IPV4_ROUTER_ALERT_LEN && load_be32(options.data) == ROUTER_ALERT;
    return r->failed ? 0 : header_len;
}

bool ipv4_packet_parse(struct reader *r, struct ipv4_packet *out)
{
    const uint8_t *start = r->next;
    size_t header_len = header_parse(r, out);

    if (header_len == 0 || out->payload_len > reader_left(r))
        return false;
    out->has_good_checksum = checksum_finish(checksum_add(0, slice_of(start, header_len))) == 0;
    r->end = r->next + out->payload_len;
    return true;
}

bool ipv4_quote_parse(struct reader *r, struct ipv4_packet *out)
{
    out->has_good_checksum = false;
    return header_parse(r, out) != 0;
}

size_t ipv4_packet_header_len(const struct ipv4_packet *packet)
{
    return IPV4_HEADER_LEN + (packet->router_alert ? IPV4_ROUTER_ALERT_LEN : 0);
}

void ipv4_packet_emit(struct writer *w, const struct ipv4_packet *packet)
{
    uint8_t *start = w->next;
    size_t header_len = ipv4_packet_header_len(packet);
    uint16_t fragment = (uint16_t)(packet->fragment_offset / 8);

    if (packet->more_fragments)
        fragment |= MORE_FRAGMENTS;
    if (packet->dont_fragment)
        fragment |= DONT_FRAGMENT;
    write_be16(w, (uint16_t)(VERSION << 12 | header_len / 4 << 8 | packet->tos));
    write_be16(w, (uint16_t)(header_len + packet->payload_len));
    write_be16(w, packet->id);
    write_be16(w, fragment);
    write_u8(w, packet->ttl);
    write_u8(w, packet->protocol);
    write_be16(w, 0);
    write_be32(w, packet->source);
    write_be32(w, packet->destination);
    if (packet->router_alert)
        write_be32(w, ROUTER_ALERT);
    if (!w->failed)
        store_be16(start + 10, checksum_finish(checksum_add(0, slice_of(start, header_len))));
}

uint32_t ipv4_pseudo_sum(uint32_t source, uint32_t destination, uint8_t protocol, uint16_t len)
{
    uint8_t pseudo[12];

    store_be32(pseudo, source);
    store_be32(pseudo + 4, destination);
    store_be16(pseudo + 8, protocol);
    store_be16(pseudo + 10, len);
    return checksum_add(0, slice_of(pseudo, sizeof(pseudo)));
}
