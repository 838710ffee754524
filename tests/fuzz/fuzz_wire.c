/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The stateless parsers of Ethernet, ARP, IPv4, UDP, ICMP and IGMP: what parses must lie inside what was given. */
#include "firmware/wire/arp_packet.h"
#include "firmware/wire/ethernet_frame.h"
#include "firmware/wire/icmp_message.h"
#include "firmware/wire/igmp_message.h"
#include "firmware/wire/ipv4_packet.h"
#include "firmware/wire/udp_header.h"
#include "tests/fuzz/fuzz.h"

static void parse_ip(struct reader r)
{
    const uint8_t *end = r.end;
    struct ipv4_packet packet;
    struct udp_header udp;
    struct icmp_message icmp;
    struct igmp_message igmp;
    struct reader message;

    if (!ipv4_packet_parse(&r, &packet))
        return;
    check(r.end <= end && reader_left(&r) == packet.payload_len);
    message = r;
    if (udp_header_parse(&message, &udp))
        check(message.end <= r.end && reader_left(&message) == udp.payload_len);
    (void)udp_checksum(packet.source, packet.destination, slice_of(r.next, reader_left(&r)));
    message = r;
    if (icmp_message_parse(&message, &icmp))
        check(message.end == r.end);
    message = r;
    if (igmp_message_parse(&message, &igmp))
        check(igmp.query_version <= 3 && (igmp.query_version != 0) == (igmp.type == IGMP_QUERY));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct reader r = reader_of(slice_of(bytes, len)), arp_reader;
    struct ethernet_frame frame;
    struct arp_packet arp;

    parse_ip(r);
    if (!ethernet_frame_parse(&r, &frame))
        return 0;
    check(r.end == bytes + len);
    arp_reader = r;
    (void)arp_packet_parse(&arp_reader, &arp);
    parse_ip(r);
    return 0;
}
