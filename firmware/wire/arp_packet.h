/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Address resolution of IPv4 on Ethernet (RFC 826); the protocol's other address kinds are not for us.
 */
#ifndef PUCK_WIRE_ARP_PACKET_H
#define PUCK_WIRE_ARP_PACKET_H

#include "firmware/base/address.h"

#define ARP_PACKET_LEN 28

enum arp_operation {
    ARP_REQUEST = 1,
    ARP_REPLY = 2,
};

struct arp_packet {
    uint16_t operation;
    struct mac sender_mac, target_mac;
    uint32_t sender, target; /* host byte order */
};

/* False for anything but an Ethernet and IPv4 request or reply. */
bool arp_packet_parse(struct reader *, struct arp_packet *out);
void arp_packet_emit(struct writer *, const struct arp_packet *);

#endif
