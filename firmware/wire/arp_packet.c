/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/wire/arp_packet.h"

enum {
    HARDWARE_ETHERNET = 1,
    PROTOCOL_IPV4 = 0x0800,
    HARDWARE_LEN = 6,
    PROTOCOL_LEN = 4,
};

bool arp_packet_parse(struct reader *r, struct arp_packet *out)
{
    const uint8_t *p = read_slice(r, ARP_PACKET_LEN).data;

    if (r->failed)
        return false;
    if (load_be16(p) != HARDWARE_ETHERNET || load_be16(p + 2) != PROTOCOL_IPV4)
        return false;
    if (p[4] != HARDWARE_LEN || p[5] != PROTOCOL_LEN)
        return false;
    out->operation = load_be16(p + 6);
    memcpy(out->sender_mac.byte, p + 8, HARDWARE_LEN);
    out->sender = load_be32(p + 14);
    memcpy(out->target_mac.byte, p + 18, HARDWARE_LEN);
    out->target = load_be32(p + 24);
    return out->operation == ARP_REQUEST || out->operation == ARP_REPLY;
}

void arp_packet_emit(struct writer *w, const struct arp_packet *arp)
{
    write_be16(w, HARDWARE_ETHERNET);
    write_be16(w, PROTOCOL_IPV4);
    write_u8(w, HARDWARE_LEN);
    write_u8(w, PROTOCOL_LEN);
    write_be16(w, arp->operation);
    write_bytes(w, arp->sender_mac.byte, HARDWARE_LEN);
    write_be32(w, arp->sender);
    write_bytes(w, arp->target_mac.byte, HARDWARE_LEN);
    write_be32(w, arp->target);
}
