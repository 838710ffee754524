/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/protocols/snp_calls.h"
#include "firmware/wire/ethernet_frame.h"

enum {
    FRAMES_PER_LOOK = 64, /* for others, that one call may throw away */
};

static bool is_group_of(const EFI_SIMPLE_NETWORK_MODE *mode, const uint8_t *to)
{
    for (UINT32 i = 0; i < mode->MCastFilterCount; i++)
        if (memcmp(mode->MCastFilter[i].Addr, to, sizeof(struct mac)) == 0)
            return true;
    return false;
}

/* A NIC hands over more than its user has asked SNP for: not every chip can filter, and none is told to stay deaf. */
static bool is_wanted(const EFI_SIMPLE_NETWORK_MODE *mode, const uint8_t *to)
{
    UINT32 setting = mode->ReceiveFilterSetting;

    if ((setting & EFI_SIMPLE_NETWORK_RECEIVE_PROMISCUOUS) != 0)
        return true;
    if (memcmp(to, mode->BroadcastAddress.Addr, sizeof(struct mac)) == 0)
        return (setting & EFI_SIMPLE_NETWORK_RECEIVE_BROADCAST) != 0;
    if ((to[0] & 1) == 0)
        return (setting & EFI_SIMPLE_NETWORK_RECEIVE_UNICAST) != 0 &&
               memcmp(to, mode->CurrentAddress.Addr, sizeof(struct mac)) == 0;
    if ((setting & EFI_SIMPLE_NETWORK_RECEIVE_PROMISCUOUS_MULTICAST) != 0)
        return true;
    return (setting & EFI_SIMPLE_NETWORK_RECEIVE_MULTICAST) != 0 && is_group_of(mode, to);
}

void snp_drop_frame(struct snp *snp)
{
    if (snp->has_frame)
        nic_receive_done(snp->nic);
    snp->has_frame = false;
}

bool snp_has_frame(const struct snp *snp)
{
    if (snp->mode.State != EfiSimpleNetworkInitialized || snp->lending == SNP_LENT)
        return false;
    return snp->has_frame || nic_has_frame(snp->nic);
}

/* Bounded, so that a flood of frames for others cannot hold the caller. */
static void look_for_frame(struct snp *snp)
{
    for (unsigned n = 0; n < FRAMES_PER_LOOK && !snp->has_frame && nic_receive(snp->nic, &snp->frame); n++) {
        snp->has_frame = snp->frame.len <= NIC_FRAME_MAX && is_wanted(&snp->mode, snp->frame.data);
        if (snp->has_frame)
            return;
        snp->statistics.RxDroppedFrames++;
        nic_receive_done(snp->nic);
    }
}

static void collect_transmitted(struct snp *snp)
{
    snp->completed += nic_transmitted(snp->nic);
}

EFI_STATUS snp_get_status(struct snp *snp, UINT32 *interrupts, void **buffer)
{
    EFI_STATUS status = snp_require_initialized(snp);

    if (EFI_ERROR(status))
        return status;
    if (interrupts == NULL && buffer == NULL)
        return EFI_INVALID_PARAMETER;
    snp_end_lingering(snp, false);
    collect_transmitted(snp);
    snp->mode.MediaPresent = nic_link_up(snp->nic);
    if (interrupts != NULL) {
        *interrupts = (snp_has_frame(snp) ? EFI_SIMPLE_NETWORK_RECEIVE_INTERRUPT : 0u) |
                      (snp->completed != 0 ? EFI_SIMPLE_NETWORK_TRANSMIT_INTERRUPT : 0u);
        snp->completed = 0;
    }
    if (buffer != NULL) {
        *buffer = snp->recycled_count != 0 ? snp->recycled[0] : NULL;
        if (snp->recycled_count != 0)
            memmove(snp->recycled, snp->recycled + 1, --snp->recycled_count * sizeof(snp->recycled[0]));
    }
    return EFI_SUCCESS;
}

static void count_transmitted(EFI_NETWORK_STATISTICS *counted, const uint8_t *to, size_t len)
{
    struct mac mac;

    memcpy(mac.byte, to, sizeof(mac.byte));
    counted->TxTotalFrames++;
    counted->TxGoodFrames++;
    counted->TxTotalBytes += len;
    if (mac_equal(mac, MAC_BROADCAST))
        counted->TxBroadcastFrames++;
    else if (mac_is_group(mac))
        counted->TxMulticastFrames++;
    else
        counted->TxUnicastFrames++;
}

/* The caller left ETHERNET_HEADER_LEN bytes free at the start of its buffer. */
static void write_header(const struct snp *snp, const struct snp_header *given, uint8_t *at)
{
    struct ethernet_frame header = {.type = *given->protocol};
    const EFI_MAC_ADDRESS *source = given->source != NULL ? given->source : &snp->mode.CurrentAddress;
    struct writer w = writer_of(at, ETHERNET_HEADER_LEN);

    memcpy(header.destination.byte, given->destination->Addr, sizeof(header.destination.byte));
    memcpy(header.source.byte, source->Addr, sizeof(header.source.byte));
    ethernet_frame_emit(&w, &header);
}

static EFI_STATUS check_transmit(const struct snp *snp, const struct snp_header *header, const void *buffer, UINTN len)
{
    EFI_STATUS status = snp_require_initialized(snp);

    if (EFI_ERROR(status))
        return status;
    if (buffer == NULL)
        return EFI_INVALID_PARAMETER;
    if (len < ETHERNET_HEADER_LEN)
        return EFI_BUFFER_TOO_SMALL;
    if (header->len != 0 &&
        (header->len != ETHERNET_HEADER_LEN || header->destination == NULL || header->protocol == NULL))
        return EFI_INVALID_PARAMETER;
    return len > NIC_FRAME_MAX ? EFI_INVALID_PARAMETER : EFI_SUCCESS;
}

EFI_STATUS snp_transmit(struct snp *snp, const struct snp_header *header, void *buffer, UINTN len)
{
    EFI_STATUS status = check_transmit(snp, header, buffer, len);
    struct writer frame;
    uint8_t *to;

    if (EFI_ERROR(status))
        return status;
    if (snp->recycled_count == SNP_RECYCLED_MAX || !nic_transmit_room(snp->nic, &frame))
        return EFI_NOT_READY;
    to = write_room(&frame, (size_t)len);
    if (to == NULL)
        return EFI_DEVICE_ERROR;
    memcpy(to, buffer, (size_t)len);
    if (header->len != 0)
        write_header(snp, header, to);
    count_transmitted(&snp->statistics, to, (size_t)len);
    nic_transmit(snp->nic, (size_t)len);
    snp->recycled[snp->recycled_count++] = buffer;
    return EFI_SUCCESS;
}

static void count_received(EFI_NETWORK_STATISTICS *counted, const struct ethernet_frame *header, size_t len)
{
    counted->RxTotalFrames++;
    counted->RxGoodFrames++;
    counted->RxTotalBytes += len;
    if (mac_equal(header->destination, MAC_BROADCAST))
        counted->RxBroadcastFrames++;
    else if (mac_is_group(header->destination))
        counted->RxMulticastFrames++;
    else
        counted->RxUnicastFrames++;
}

/* Only the bytes of an address are written: not every caller has the 32 that the type has. */
static void tell(const struct ethernet_frame *header, const struct snp_told *told)
{
    if (told->header_len != NULL)
        *told->header_len = ETHERNET_HEADER_LEN;
    if (told->source != NULL)
        memcpy(told->source->Addr, header->source.byte, sizeof(header->source.byte));
    if (told->destination != NULL)
        memcpy(told->destination->Addr, header->destination.byte, sizeof(header->destination.byte));
    if (told->protocol != NULL)
        *told->protocol = header->type;
}

/* A frame too long for the buffer waits for a longer one. */
EFI_STATUS snp_receive(struct snp *snp, void *buffer, UINTN *len, const struct snp_told *told)
{
    EFI_STATUS status = snp_require_initialized(snp);
    struct ethernet_frame header;
    struct reader r;
    UINTN room;

    if (EFI_ERROR(status))
        return status;
    if (len == NULL || buffer == NULL)
        return EFI_INVALID_PARAMETER;
    snp_end_lingering(snp, false);
    if (snp->lending != SNP_KEPT)
        return EFI_NOT_READY;
    look_for_frame(snp);
    if (!snp->has_frame)
        return EFI_NOT_READY;
    room = *len;
    *len = snp->frame.len;
    if (room < snp->frame.len)
        return EFI_BUFFER_TOO_SMALL;
    memcpy(buffer, snp->frame.data, snp->frame.len);
    r = reader_of(snp->frame);
    (void)ethernet_frame_parse(&r, &header);
    header.type = load_be16(snp->frame.data + 2 * sizeof(struct mac)); /* a VLAN tag is the caller's to read */
    tell(&header, told);
    count_received(&snp->statistics, &header, snp->frame.len);
    snp_drop_frame(snp);
    return EFI_SUCCESS;
}
