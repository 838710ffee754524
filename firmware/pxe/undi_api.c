/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/pxe/undi_api.h"

#include "firmware/pxe/pxe.h"
#include "firmware/wire/ethernet_frame.h"

enum {
    HARDWARE_TYPE_ETHERNET = 1, /* RFC 1700; lpxelinux compares it with the cached packets' htype */
    NIC_TYPE_PCI = 2,
    PHYSICAL_ADDRESS = 0, /* TDPtrType */
    DATA_BLOCKS_MAX = 8,
    FRAMES_PER_LOOK = 64,
    ETHERNET_RARP = 0x8035,
};

/* How long UNDI_TRANSMIT waits for a full ring to drain. lpxelinux spins on OUT_OF_RESOURCES: it must be the exception.
 */
#define ROOM_TIMEOUT MILLISECONDS(20)

/*
 * How long UNDI_ISR START looks for a frame. We raise no interrupts: whoever calls it polls, and comes back at once by
 * way of two changes of processor mode. Completions wait with it: a caller in lock-step with a server then fetches its
 * own packet's and the answer in one go, with 5 calls for a block instead of 7.
 */
#define START_TIMEOUT 100 /* us */

void pxe_undi_flush(struct pxe_api *api)
{
    if (api->undi.has_frame)
        nic_receive_done(api->session->nic);
    api->undi = (struct pxe_undi){0};
}

enum status pxe_undi_startup(struct pxe_api *api, void *parameters)
{
    (void)parameters;
    return pxe_open_nic(api);
}

enum status pxe_undi_close(struct pxe_api *api, void *parameters)
{
    (void)parameters;
    pxe_undi_flush(api);
    /* GRUB and FreeBSD start a kernel after this and never call STOP_UNDI: DMA ends here. */
    nic_close(api->session->nic);
    api->session->nic->owner = NIC_OWNER_STACK;
    return STATUS_OK;
}

enum status pxe_undi_reset(struct pxe_api *api, void *parameters)
{
    (void)parameters;
    pxe_undi_flush(api);
    nic_close(api->session->nic);
    return pxe_open_nic(api);
}

/*
 * GRUB asks for FLTR_PRMSC alone and still wants what is addressed to it; its block ends before the multicast list. So
 * all groups are let in, and SET_MCAST_ADDRESS has nothing to do.
 */
enum status pxe_undi_open(struct pxe_api *api, void *parameters)
{
    const struct pxenv_undi_open *open = parameters;
    unsigned filter = NIC_FILTER_DIRECTED | NIC_FILTER_BROADCAST | NIC_FILTER_ALL_MULTICAST;
    enum status status = pxe_own_nic(api, NIC_OWNER_RAW);

    if (status != STATUS_OK)
        return status;
    if ((open->PktFilter & FLTR_PRMSC) != 0)
        filter |= NIC_FILTER_PROMISCUOUS;
    return nic_set_filter(api->session->nic, filter, NULL, 0);
}

static bool has_room(const void *context)
{
    struct writer frame;

    return nic_transmit_room(((const struct session *)context)->nic, &frame);
}

/* The link header for P_IP, P_ARP and P_RARP; P_UNKNOWN frames bring their own. */
static enum status write_header(struct pxe_api *api, const struct pxenv_undi_transmit *transmit, struct writer *frame)
{
    struct ethernet_frame header = {.destination = MAC_BROADCAST, .source = api->session->nic->mac};

    switch (transmit->Protocol) {
    case P_UNKNOWN:
        return STATUS_OK;
    case P_IP:
        header.type = ETHERNET_IPV4;
        break;
    case P_ARP:
        header.type = ETHERNET_ARP;
        break;
    case P_RARP:
        header.type = ETHERNET_RARP;
        break;
    default:
        return STATUS_BAD_PARAMETER;
    }
    if (transmit->XmitFlag == XMT_DESTADDR) {
        const uint8_t *to = pxe_map_far(api, transmit->DestAddr, sizeof(header.destination.byte));

        if (to == NULL)
            return STATUS_BAD_PARAMETER;
        memcpy(header.destination.byte, to, sizeof(header.destination.byte));
    }
    ethernet_frame_emit(frame, &header);
    return STATUS_OK;
}

static enum status gather(struct pxe_api *api, struct pxe_far from, uint16_t len, struct writer *frame)
{
    const uint8_t *bytes = pxe_map_far(api, from, len);

    if (bytes == NULL)
        return STATUS_BAD_PARAMETER;
    write_bytes(frame, bytes, len);
    return frame->failed ? STATUS_BAD_PARAMETER : STATUS_OK;
}

/* Only the blocks that are counted belong to the caller. */
static enum status write_payload(struct pxe_api *api, struct pxe_far at, struct writer *frame)
{
    const size_t fixed = offsetof(struct pxenv_undi_tbd, DataBlock);
    const struct pxenv_undi_tbd *tbd = (const void *)pxe_map_far(api, at, (uint32_t)fixed);
    enum status status;

    if (tbd == NULL || tbd->DataBlkCount > DATA_BLOCKS_MAX)
        return STATUS_BAD_PARAMETER;
    if (pxe_map_far(api, at, (uint32_t)(fixed + tbd->DataBlkCount * sizeof(tbd->DataBlock[0]))) == NULL)
        return STATUS_BAD_PARAMETER;
    status = gather(api, tbd->Xmit, tbd->ImmedLength, frame);
    for (unsigned n = 0; status == STATUS_OK && n < tbd->DataBlkCount; n++) {
        const struct pxenv_undi_data_block *block = &tbd->DataBlock[n];

        if (block->TDPtrType == PHYSICAL_ADDRESS)
            return STATUS_BAD_PARAMETER;
        status = gather(api, block->TDDataPtr, block->TDDataLen, frame);
    }
    return status;
}

enum status pxe_undi_transmit(struct pxe_api *api, void *parameters)
{
    const struct pxenv_undi_transmit *transmit = parameters;
    struct session *s = api->session;
    struct writer frame;
    enum status status = pxe_own_nic(api, NIC_OWNER_RAW); /* 3Com's DOS driver never calls UNDI_OPEN */

    if (status != STATUS_OK)
        return status;
    if (!nic_transmit_room(s->nic, &frame)) {
        (void)run_until(s, has_room, s, ROOM_TIMEOUT);
        if (!nic_transmit_room(s->nic, &frame))
            return STATUS_OUT_OF_RESOURCES;
    }
    status = write_header(api, transmit, &frame);
    if (status == STATUS_OK)
        status = write_payload(api, transmit->TBD, &frame);
    if (status != STATUS_OK)
        return status;
    if (writer_len(&frame) < ETHERNET_HEADER_LEN)
        return STATUS_BAD_PARAMETER;
    nic_transmit(s->nic, writer_len(&frame));
    return STATUS_OK;
}

/* A card without a filter of its own hands over every frame: callers expect only what they could have asked for. */
static bool is_for_us(const struct nic *nic, struct slice frame)
{
    struct mac to;

    memcpy(to.byte, frame.data, sizeof(to.byte));
    return (nic->filter & NIC_FILTER_PROMISCUOUS) != 0 || mac_is_group(to) || mac_equal(to, nic->mac);
}

/* Bounded, so that a flood of frames for others cannot hold the caller. */
static void look_for_work(struct pxe_api *api)
{
    struct pxe_undi *undi = &api->undi;
    struct nic *nic = api->session->nic;

    undi->transmitted += nic_transmitted(nic);
    for (unsigned n = 0; n < FRAMES_PER_LOOK && !undi->has_frame && nic_receive(nic, &undi->frame); n++) {
        undi->has_frame = undi->frame.len <= NIC_FRAME_MAX && is_for_us(nic, undi->frame);
        if (!undi->has_frame)
            nic_receive_done(nic);
    }
}

static uint8_t protocol_of(uint16_t ethertype)
{
    switch (ethertype) {
    case ETHERNET_IPV4:
        return P_IP;
    case ETHERNET_ARP:
        return P_ARP;
    case ETHERNET_RARP:
        return P_RARP;
    default:
        return P_OTHER;
    }
}

static void tell_frame(struct pxe_api *api, struct pxenv_undi_isr *isr)
{
    struct pxe_undi *undi = &api->undi;
    struct slice frame = undi->frame;
    struct reader r = reader_of(frame);
    struct ethernet_frame header;

    memcpy(api->frame_bytes, frame.data, frame.len);
    (void)ethernet_frame_parse(&r, &header);
    isr->FuncFlag = PXENV_UNDI_ISR_OUT_RECEIVE;
    /* Whole frames only: lpxelinux 6 cannot put fragments together. */
    isr->BufferLength = isr->FrameLength = (uint16_t)frame.len;
    isr->FrameHeaderLength = ETHERNET_HEADER_LEN;
    isr->Frame = api->frame;
    isr->ProtType = protocol_of(header.type);
    isr->PktType = mac_equal(header.destination, MAC_BROADCAST) ? P_BROADCAST
                   : mac_is_group(header.destination)           ? P_MULTICAST
                                                                : P_DIRECTED;
    undi->has_frame = false;
    nic_receive_done(api->session->nic);
}

/*
 * Works without START (polling callers never send it) and in any order. Never fails and never says BUSY: GRUB and
 * FreeBSD drop out on a status, GRUB waits for ever on BUSY.
 */
enum status pxe_undi_isr(struct pxe_api *api, void *parameters)
{
    struct pxenv_undi_isr *isr = parameters;
    struct pxe_undi *undi = &api->undi;
    uint16_t function = isr->FuncFlag;

    if (function < PXENV_UNDI_ISR_IN_START || function > PXENV_UNDI_ISR_IN_GET_NEXT)
        return STATUS_BAD_PARAMETER;
    isr->BufferLength = isr->FrameLength = isr->FrameHeaderLength = 0;
    isr->ProtType = isr->PktType = 0;
    if (api->session->nic->owner == NIC_OWNER_RAW) {
        look_for_work(api);
        if (function == PXENV_UNDI_ISR_IN_START && !undi->has_frame) {
            run_until_frame(api->session, START_TIMEOUT);
            look_for_work(api);
        }
    }
    if (function == PXENV_UNDI_ISR_IN_START) {
        bool ours = undi->has_frame || undi->transmitted > 0;

        isr->FuncFlag = ours ? PXENV_UNDI_ISR_OUT_OURS : PXENV_UNDI_ISR_OUT_NOT_OURS;
    } else if (undi->transmitted > 0) {
        undi->transmitted--;
        isr->FuncFlag = PXENV_UNDI_ISR_OUT_TRANSMIT;
    } else if (undi->has_frame) {
        tell_frame(api, isr);
    } else {
        isr->FuncFlag = PXENV_UNDI_ISR_OUT_DONE;
    }
    return STATUS_OK;
}

enum status pxe_undi_set_station_address(struct pxe_api *api, void *parameters)
{
    const struct pxenv_undi_set_station_address *set = parameters;

    if (api->session->nic->is_open)
        return STATUS_BAD_STATE;
    memcpy(api->session->nic->mac.byte, set->StationAddress, sizeof(api->session->nic->mac.byte));
    return STATUS_OK;
}

enum status pxe_undi_get_information(struct pxe_api *api, void *parameters)
{
    struct pxenv_undi_get_information *info = parameters;
    const struct nic *nic = api->session->nic;

    *info = (struct pxenv_undi_get_information){
        .MaxTranUnit = NIC_MTU,
        .HwType = HARDWARE_TYPE_ETHERNET,
        .HwAddrLen = sizeof(nic->mac.byte),
        .RxBufCt = 1,
        .TxBufCt = 1,
    };
    memcpy(info->CurrentNodeAddress, nic->mac.byte, sizeof(nic->mac.byte));
    memcpy(info->PermNodeAddress, nic->permanent_mac.byte, sizeof(nic->permanent_mac.byte));
    return STATUS_OK;
}

enum status pxe_undi_get_statistics(struct pxe_api *api, void *parameters)
{
    struct pxenv_undi_get_statistics *statistics = parameters;
    const struct nic_counters *counters = &api->session->nic->counters;

    *statistics = (struct pxenv_undi_get_statistics){
        .XmtGoodFrames = counters->transmitted,
        .RcvGoodFrames = counters->received - counters->received_bad,
        .RcvCRCErrors = counters->received_bad,
    };
    return STATUS_OK;
}

enum status pxe_undi_clear_statistics(struct pxe_api *api, void *parameters)
{
    (void)parameters;
    api->session->nic->counters = (struct nic_counters){0};
    return STATUS_OK;
}

/* RFC 1112 section 6.4. */
enum status pxe_undi_get_mcast_address(struct pxe_api *api, void *parameters)
{
    struct pxenv_undi_get_mcast_address *map = parameters;
    const uint8_t *ip = map->InetAddr;
    uint8_t mac[6] = {0x01, 0x00, 0x5e, ip[1] & 0x7f, ip[2], ip[3]};

    (void)api;
    if (!ipv4_is_multicast(ipv4_value(pxe_ip(ip))))
        return STATUS_BAD_PARAMETER;
    memset(map->MediaAddr, 0, sizeof(map->MediaAddr));
    memcpy(map->MediaAddr, mac, sizeof(mac));
    return STATUS_OK;
}

enum status pxe_undi_get_nic_type(struct pxe_api *api, void *parameters)
{
    struct pxenv_undi_get_nic_type *type = parameters;
    const struct pxe_nic_identity *identity = &api->identity;

    *type = (struct pxenv_undi_get_nic_type){
        .NicType = NIC_TYPE_PCI,
        .Vendor_ID = identity->vendor,
        .Dev_ID = identity->device,
        .Base_Class = identity->class_code[0],
        .Sub_Class = identity->class_code[1],
        .Prog_Intf = identity->class_code[2],
        .Rev = identity->revision,
        .BusDevFunc = identity->bus_dev_fn,
        .SubVendor_ID = identity->subvendor,
        .SubDevice_ID = identity->subdevice,
    };
    return STATUS_OK;
}

enum status pxe_undi_get_iface_info(struct pxe_api *api, void *parameters)
{
    struct pxenv_undi_get_iface_info *info = parameters;
    unsigned mbits = nic_link_speed(api->session->nic);

    *info = (struct pxenv_undi_get_iface_info){
        .IfaceType = "DIX+802.3", /* exactly so: Symantec's UNDI packet driver compares it */
        .LinkSpeed = mbits > UINT32_MAX / 1000000u ? UINT32_MAX : mbits * 1000000u,
        .ServiceFlags = SERVICE_FLAG_BROADCAST | SERVICE_FLAG_MULTICAST | SERVICE_FLAG_SOFT_MAC | SERVICE_FLAG_RESET |
                        SERVICE_FLAG_OPEN_CLOSE,
    };
    return STATUS_OK;
}
