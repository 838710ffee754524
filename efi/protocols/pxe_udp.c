/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/protocols/pxe_udp.h"

#include "efi/protocols/net_boot.h"
#include "efi/protocols/pxe_mode.h"
#include "firmware/base/checksum.h"
#include "firmware/wire/ipv4_packet.h"
#include "firmware/wire/udp_header.h"

struct kept {
    struct udp_address from, to;
    size_t len;
};

static struct pxe_udp *udp_of(struct udp_client *client)
{
    return (struct pxe_udp *)client;
}

/* --- which datagram ----------------------------------------------------------------------------------------------- */

static bool filter_passes(const EFI_PXE_BASE_CODE_MODE *mode, uint32_t address)
{
    const EFI_PXE_BASE_CODE_IP_FILTER *filter = &mode->IpFilter;
    uint32_t station = pxe_get_address(&mode->StationIp), netmask = pxe_get_address(&mode->SubnetMask);
    bool is_broadcast = address == 0xffffffff || (netmask != 0 && address == (station | ~netmask));

    if ((filter->Filters & EFI_PXE_BASE_CODE_IP_FILTER_PROMISCUOUS) != 0)
        return true;
    if ((filter->Filters & EFI_PXE_BASE_CODE_IP_FILTER_STATION_IP) != 0 && address == station)
        return true;
    if ((filter->Filters & EFI_PXE_BASE_CODE_IP_FILTER_BROADCAST) != 0 && is_broadcast)
        return true;
    if ((filter->Filters & EFI_PXE_BASE_CODE_IP_FILTER_PROMISCUOUS_MULTICAST) != 0 && ipv4_is_multicast(address))
        return true;
    for (unsigned n = 0; n < filter->IpCnt; n++)
        if (pxe_get_address(&filter->IpList[n]) == address)
            return true;
    return false;
}

/* The table "Destination IP Filter Operation" of section 24.3.9, then those of the ports and the source. */
static bool read_wants(const struct pxe_udp_read *read, const struct udp_address *from, const struct udp_address *to)
{
    uint32_t to_ip = ipv4_value(to->ip);

    if ((read->flags & EFI_PXE_BASE_CODE_UDP_OPFLAGS_USE_FILTER) != 0) {
        if (!filter_passes(read->mode, to_ip))
            return false;
    } else if ((read->flags & EFI_PXE_BASE_CODE_UDP_OPFLAGS_ANY_DEST_IP) == 0) {
        if (to_ip != pxe_get_address(read->to_ip != NULL ? read->to_ip : &read->mode->StationIp))
            return false;
    }
    if ((read->flags & EFI_PXE_BASE_CODE_UDP_OPFLAGS_ANY_DEST_PORT) == 0 && *read->to_port != to->port)
        return false;
    if ((read->flags & EFI_PXE_BASE_CODE_UDP_OPFLAGS_ANY_SRC_IP) == 0 &&
        pxe_get_address(read->from_ip) != ipv4_value(from->ip))
        return false;
    return (read->flags & EFI_PXE_BASE_CODE_UDP_OPFLAGS_ANY_SRC_PORT) != 0 || *read->from_port == from->port;
}

/* A datagram that does not fit is lost, and the sizes stay as they are: so says the firmware's own stack. */
static void read_take(struct pxe_udp_read *read, const struct udp_address *from, const struct udp_address *to,
                      struct slice payload)
{
    struct slice head = slice_first(payload, read->header_size != NULL ? *read->header_size : 0);
    struct slice body = slice_from(payload, head.len);

    read->status = body.len <= *read->buffer_size ? EFI_SUCCESS : EFI_BUFFER_TOO_SMALL;
    if (read->status != EFI_SUCCESS)
        return;
    if (head.len != 0)
        memcpy(read->header, head.data, head.len);
    if (body.len != 0)
        memcpy(read->buffer, body.data, body.len);
    if (read->header_size != NULL)
        *read->header_size = head.len;
    *read->buffer_size = body.len;
    if (read->from_ip != NULL)
        memcpy(read->from_ip, from->ip.byte, 4); /* no more: callers have been seen with room for IPv4 alone */
    if (read->to_ip != NULL)
        memcpy(read->to_ip, to->ip.byte, 4);
    if (read->from_port != NULL)
        *read->from_port = from->port;
    if (read->to_port != NULL)
        *read->to_port = to->port;
}

/* --- the seat ------------------------------------------------------------------------------------------------------
 */

static void keep(struct pxe_udp *udp, const struct udp_datagram *datagram)
{
    struct writer w = writer_of(udp->kept + udp->kept_end, sizeof(udp->kept) - udp->kept_end);
    const struct kept kept = {.from = datagram->from, .to = datagram->to, .len = datagram->payload.len};

    write_bytes(&w, &kept, sizeof(kept));
    write_slice(&w, datagram->payload);
    if (w.failed)
        udp->dropped++;
    else
        udp->kept_end += writer_len(&w);
}

static bool next_kept(struct pxe_udp *udp, struct kept *kept, struct slice *payload)
{
    struct reader r = reader_of(slice_of(udp->kept + udp->kept_first, udp->kept_end - udp->kept_first));

    read_bytes(&r, kept, sizeof(*kept));
    *payload = read_slice(&r, kept->len);
    if (r.failed) {
        udp->kept_first = udp->kept_end = 0;
        return false;
    }
    udp->kept_first = (size_t)(r.next - udp->kept);
    return true;
}

static void pxe_udp_input(struct udp_client *client, time_us now, const struct udp_datagram *datagram)
{
    struct pxe_udp *udp = udp_of(client);

    (void)now;
    if (udp->read == NULL) {
        keep(udp, datagram);
    } else if (read_wants(udp->read, &datagram->from, &datagram->to)) {
        read_take(udp->read, &datagram->from, &datagram->to, datagram->payload);
        udp->read = NULL;
    }
}

static void write_ends(struct pxe_udp *udp, enum status status)
{
    udp->write_owed = false;
    udp->write_status = status;
}

static bool pxe_udp_output(struct udp_client *client, time_us now, struct writer *payload)
{
    struct pxe_udp *udp = udp_of(client);

    (void)now;
    write_slice(payload, udp->head);
    write_slice(payload, udp->body);
    if (payload->failed)
        return false;
    write_ends(udp, STATUS_OK);
    return true;
}

/* The UDP header of the datagram that is cut in pieces; its checksum goes over all of them. */
static void emit_header(const struct pxe_udp *udp, const struct ipv4_packet *ip, struct writer *w)
{
    uint16_t len = (uint16_t)(UDP_HEADER_LEN + udp->head.len + udp->body.len), value;
    struct udp_header header = {.source_port = udp->client.port,
                                .destination_port = udp->write_to.port,
                                .payload_len = (uint16_t)(len - UDP_HEADER_LEN)};
    uint32_t sum = ipv4_pseudo_sum(ip->source, ip->destination, IPV4_UDP, len);
    uint8_t *start = w->next, seam[2] = {0};
    size_t odd = udp->head.len & 1;

    udp_header_emit(w, &header);
    if (w->failed)
        return;
    sum = checksum_add(sum, slice_of(start, UDP_HEADER_LEN));
    sum = checksum_add(sum, slice_first(udp->head, udp->head.len - odd));
    if (odd != 0) { /* a 16-bit word of two halves: the last byte of the head and the first of the body */
        seam[0] = udp->head.data[udp->head.len - 1];
        seam[1] = udp->body.len != 0 ? udp->body.data[0] : 0;
        sum = checksum_add(sum, slice_of(seam, sizeof(seam)));
    }
    value = checksum_finish(checksum_add(sum, slice_from(udp->body, odd)));
    store_be16(start + 6, value != 0 ? value : 0xffff);
}

/* The part of `s`, which begins at `s_at` of the datagram, that lies within the piece being written. */
static void write_part(struct writer *w, struct slice s, size_t s_at, size_t at, size_t end)
{
    size_t from = at > s_at ? at - s_at : 0, to = end > s_at ? end - s_at : 0;

    if (from < to)
        write_slice(w, slice_from(slice_first(s, to), from));
}

static bool pxe_udp_output_fragment(struct udp_client *client, time_us now, struct writer *piece,
                                    struct ipv4_packet *ip)
{
    struct pxe_udp *udp = udp_of(client);
    size_t total = UDP_HEADER_LEN + udp->head.len + udp->body.len, at = udp->write_at;
    size_t room = writer_left(piece) & ~(size_t)7, end = total - at <= room ? total : at + room;

    (void)now;
    if (total <= UDP_HEADER_LEN + UDP_PAYLOAD_MAX || end == at)
        return false;
    if (at == 0)
        emit_header(udp, ip, piece);
    write_part(piece, udp->head, UDP_HEADER_LEN, at, end);
    write_part(piece, udp->body, UDP_HEADER_LEN + udp->head.len, at, end);
    if (piece->failed)
        return false;
    ip->fragment_offset = (uint16_t)at;
    ip->more_fragments = end < total;
    udp->write_at = end;
    if (end == total)
        write_ends(udp, STATUS_OK);
    return true;
}

static struct udp_address pxe_udp_destination(const struct udp_client *client)
{
    return ((const struct pxe_udp *)client)->write_to;
}

static time_us pxe_udp_deadline(const struct udp_client *client)
{
    return ((const struct pxe_udp *)client)->write_owed ? 0 : TIME_NEVER;
}

static void pxe_udp_unreachable(struct udp_client *client, time_us now, enum status why)
{
    (void)now;
    if (udp_of(client)->write_owed && why == STATUS_ARP_TIMEOUT) /* an ICMP error is about a datagram before this one */
        write_ends(udp_of(client), why);
}

static const struct udp_client_ops pxe_udp_ops = {
    .input = pxe_udp_input,
    .output = pxe_udp_output,
    .output_fragment = pxe_udp_output_fragment,
    .destination = pxe_udp_destination,
    .deadline = pxe_udp_deadline,
    .unreachable = pxe_udp_unreachable,
};

bool pxe_udp_seat(struct pxe_base_code *pxe)
{
    struct pxe_udp *udp = &pxe->udp;

    if (udp->client.ops == NULL)
        udp->client =
            (struct udp_client){.ops = &pxe_udp_ops, .any_port = true, .any_destination = true, .takes_others = true};
    return net_attach(&pxe->boot->session.net, &udp->client);
}

void pxe_udp_unseat(struct pxe_base_code *pxe)
{
    struct pxe_udp *udp = &pxe->udp;

    net_detach(&pxe->boot->session.net, &udp->client);
    udp->client.port = 0;
    udp->write_owed = false;
    udp->read = NULL;
    udp->kept_first = udp->kept_end = 0;
}

void pxe_udp_send(struct pxe_udp *udp, struct udp_address to, struct slice head, struct slice body)
{
    static const uint8_t nothing; /* callers may say NULL where there are no bytes */

    if (head.len == 0)
        head.data = &nothing;
    if (body.len == 0)
        body.data = &nothing;
    udp->write_to = to;
    udp->head = head;
    udp->body = body;
    udp->write_at = 0;
    udp->write_owed = true;
    udp->write_status = STATUS_PENDING;
}

void pxe_udp_receive(struct pxe_udp *udp, struct pxe_udp_read *read)
{
    struct slice payload;
    struct kept kept;

    read->status = EFI_NOT_READY;
    udp->read = read;
    while (udp->read != NULL && next_kept(udp, &kept, &payload))
        if (read_wants(read, &kept.from, &kept.to)) {
            read_take(read, &kept.from, &kept.to, payload);
            udp->read = NULL;
        }
}
