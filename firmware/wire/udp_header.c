/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/wire/udp_header.h"

#include "firmware/base/checksum.h"
#include "firmware/wire/ipv4_packet.h"

bool udp_header_parse(struct reader *r, struct udp_header *out)
{
    size_t available = reader_left(r), len;
    const uint8_t *p = read_slice(r, UDP_HEADER_LEN).data;

    if (r->failed)
        return false;
    len = load_be16(p + 4);
    if (len < UDP_HEADER_LEN || len > available)
        return false;
    out->source_port = load_be16(p);
    out->destination_port = load_be16(p + 2);
    out->payload_len = (uint16_t)(len - UDP_HEADER_LEN);
    out->checksum = load_be16(p + 6);
    r->end = p + len;
    return true;
}

void udp_header_emit(struct writer *w, const struct udp_header *udp)
{
    write_be16(w, udp->source_port);
    write_be16(w, udp->destination_port);
    write_be16(w, (uint16_t)(UDP_HEADER_LEN + udp->payload_len));
    write_be16(w, udp->checksum);
}

uint16_t udp_checksum(uint32_t source, uint32_t destination, struct slice datagram)
{
    uint32_t sum = ipv4_pseudo_sum(source, destination, IPV4_UDP, (uint16_t)datagram.len);
    uint16_t checksum = checksum_finish(checksum_add(sum, datagram));

    /* 0 on the wire means "none"; ones' complement has a second zero (RFC 768). */
    return checksum == 0 ? 0xffff : checksum;
}
