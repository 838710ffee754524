/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/harness/frame_repair.h"

#include "firmware/base/checksum.h"
#include "firmware/wire/ethernet_frame.h"
#include "firmware/wire/ipv4_packet.h"

static void store_checksum(uint8_t *at, struct slice over)
{
    store_be16(at, 0);
    store_be16(at, checksum_finish(checksum_add(0, over)));
}

void frame_repair(uint8_t *frame, size_t len)
{
    struct reader r = reader_of(slice_of(frame, len));
    struct ethernet_frame ethernet;
    struct ipv4_packet ip;
    uint8_t *header, *body;

    if (!ethernet_frame_parse(&r, &ethernet) || ethernet.type != ETHERNET_IPV4)
        return;
    header = frame + (r.next - frame);
    if (!ipv4_packet_parse(&r, &ip))
        return;
    body = frame + (r.next - frame);
    store_checksum(header + 10, slice_of(header, (size_t)(body - header)));
    if (ip.more_fragments || ip.fragment_offset != 0 || ip.payload_len < 8)
        return;
    if (ip.protocol == IPV4_UDP)
        store_be16(body + 6, 0);
    if (ip.protocol == IPV4_ICMP)
        store_checksum(body + 2, slice_of(body, ip.payload_len));
}
