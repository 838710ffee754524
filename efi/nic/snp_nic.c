/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/nic/snp_nic.h"

#include "efi/platform/relax.h"
#include "efi/platform/services.h"
#include "firmware/platform.h"

enum {
    INITIALIZE_TRIES = 10,
    INITIALIZE_PAUSE_US = 10000,
    TRANSMIT_TRIES = 50,
    TRANSMIT_PAUSE_US = 20, /* a full frame takes 12 us at 1 Gbit/s */
    RELAX_TIMES = 5,        /* 2 us at most */
    RECEIVE_TRIES = 4,      /* frames with errors in one go */
    RECYCLE_MAX = 4 * SNP_NIC_BUFFERS,
    STALE_MAX = 256,     /* buffers of former users */
    RECEIVE_FRAMES = 64, /* VirtioNetDxe's ring; nobody tells of others */
    GROUPS_MAX = MAX_MCAST_FILTER_CNT,
};

/* A driver that has never given a buffer back in the first of these is not expected to, and sends at once. */
#define PATIENCE       SECONDS(1)
#define SHORT_PATIENCE MILLISECONDS(10)

static struct snp_nic *snp_nic(struct nic *nic)
{
    return (struct snp_nic *)nic;
}

static struct mac mac_of(const EFI_MAC_ADDRESS *address)
{
    struct mac mac;

    memcpy(mac.byte, address->Addr, sizeof(mac.byte));
    return mac;
}

/* Whatever state it is in; a driver may refuse Stop() while it is initialized (VirtioNetDxe says NOT_STARTED). */
static void stop(EFI_SIMPLE_NETWORK_PROTOCOL *snp)
{
    if (snp->Mode->State == EfiSimpleNetworkInitialized)
        snp->Shutdown(snp);
    if (snp->Mode->State != EfiSimpleNetworkStopped)
        snp->Stop(snp);
}

/* Some drivers fail while the PHY still negotiates. */
static EFI_STATUS initialize(EFI_SIMPLE_NETWORK_PROTOCOL *snp)
{
    EFI_STATUS status = EFI_DEVICE_ERROR;

    for (unsigned i = 0; i < INITIALIZE_TRIES; i++) {
        status = snp->Initialize(snp, 0, 0);
        if (!EFI_ERROR(status) && snp->Mode->State == EfiSimpleNetworkInitialized)
            return EFI_SUCCESS;
        efi_boot->Stall(INITIALIZE_PAUSE_US);
        snp->Shutdown(snp);
    }
    return EFI_ERROR(status) ? status : EFI_DEVICE_ERROR;
}

static EFI_STATUS start(EFI_SIMPLE_NETWORK_PROTOCOL *snp)
{
    EFI_STATUS status;

    if (snp->Mode->State == EfiSimpleNetworkInitialized)
        snp->Shutdown(snp); /* a former user's frames and buffers go with it */
    status = snp->Start(snp);
    if (EFI_ERROR(status) && status != EFI_ALREADY_STARTED)
        return status;
    return initialize(snp);
}

/* Buffers of whoever had the SNP before: from here on, what comes back was ours. */
static void drop_stale_buffers(EFI_SIMPLE_NETWORK_PROTOCOL *snp)
{
    for (unsigned i = 0; i < STALE_MAX; i++) {
        void *buffer = NULL;

        if (EFI_ERROR(snp->GetStatus(snp, NULL, &buffer)) || buffer == NULL)
            return;
    }
}

static enum status snp_open(struct nic *nic)
{
    struct snp_nic *s = snp_nic(nic);

    if (s->snp->Mode == NULL || s->snp->Mode->HwAddressSize != sizeof(nic->mac.byte))
        return STATUS_BAD_MAC;
    if (EFI_ERROR(start(s->snp))) {
        stop(s->snp);
        return STATUS_NIC_FAILED;
    }
    nic->mac = mac_of(&s->snp->Mode->CurrentAddress);
    nic->receive_frames = RECEIVE_FRAMES;
    s->received_len = 0;
    s->has_received = false;
    s->has_told_link = false;
    memset(s->transmit_since, 0, sizeof(s->transmit_since));
    s->transmit_next = 0;
    s->has_recycled = false;
    s->patience = PATIENCE;
    s->completed = 0;
    drop_stale_buffers(s->snp);
    return STATUS_OK;
}

static void snp_close(struct nic *nic)
{
    stop(snp_nic(nic)->snp);
}

/* --- receiving ------------------------------------------------------------------------------------------------------
 */

/*
 * Receive() is the only way to ask, so asking fetches. Where the driver says that a frame is longer than any, only a
 * reset takes it away.
 */
static bool fetch(struct snp_nic *s)
{
    for (unsigned i = 0; i < RECEIVE_TRIES && s->received_len == 0; i++) {
        UINTN len = sizeof(s->received);
        EFI_STATUS status = s->snp->Receive(s->snp, NULL, &len, s->received, NULL, NULL, NULL);

        if (status == EFI_NOT_READY)
            break;
        if (!EFI_ERROR(status) && len != 0 && len <= sizeof(s->received)) {
            s->received_len = (size_t)len;
            s->has_received = true;
        } else {
            s->nic.counters.received_bad++;
            if (status == EFI_BUFFER_TOO_SMALL)
                s->snp->Reset(s->snp, FALSE);
        }
    }
    return s->received_len != 0;
}

/* A look costs as many instructions as twenty at a ring, so there are fewer of them while nothing else is to be done.
 */
static bool snp_has_frame(struct nic *nic)
{
    for (unsigned i = 0; i < RELAX_TIMES && snp_nic(nic)->received_len == 0; i++)
        relax();
    return fetch(snp_nic(nic));
}

static bool snp_receive(struct nic *nic, struct slice *frame)
{
    struct snp_nic *s = snp_nic(nic);

    if (!fetch(s))
        return false;
    *frame = slice_of(s->received, s->received_len);
    return true;
}

static void snp_receive_done(struct nic *nic)
{
    snp_nic(nic)->received_len = 0;
}

/* --- transmitting ---------------------------------------------------------------------------------------------------
 */

static bool is_out(const struct snp_nic *s, size_t i)
{
    return s->transmit_since[i] != 0;
}

static size_t oldest_out(const struct snp_nic *s)
{
    size_t oldest = s->transmit_next;

    for (size_t n = 0, i = s->transmit_next; n < SNP_NIC_BUFFERS; n++, i = (i + 1) % SNP_NIC_BUFFERS)
        if (is_out(s, i) && (!is_out(s, oldest) || s->transmit_since[i] < s->transmit_since[oldest]))
            oldest = i;
    return oldest;
}

static void take_back(struct snp_nic *s, size_t i)
{
    s->completed += is_out(s, i);
    s->transmit_since[i] = 0;
}

/* A buffer that is not ours is ours by another name: drivers that copy give back what they copied to. */
static size_t which(const struct snp_nic *s, const void *buffer)
{
    for (size_t i = 0; i < SNP_NIC_BUFFERS; i++)
        if (buffer == s->transmit[i])
            return i;
    return oldest_out(s);
}

static void recycle(struct snp_nic *s)
{
    for (unsigned i = 0; i < RECYCLE_MAX; i++) {
        void *buffer = NULL;

        if (EFI_ERROR(s->snp->GetStatus(s->snp, NULL, &buffer)) || buffer == NULL)
            return;
        s->has_recycled = true;
        take_back(s, which(s, buffer));
    }
}

static void reclaim(struct snp_nic *s, size_t i)
{
    time_us now = platform_now();

    if (!is_out(s, i) || now + 1 - s->transmit_since[i] < s->patience)
        return;
    take_back(s, i);
    if (!s->has_recycled)
        s->patience = SHORT_PATIENCE;
}

static bool snp_transmit_room(struct nic *nic, struct writer *frame)
{
    struct snp_nic *s = snp_nic(nic);
    size_t i = s->transmit_next;

    recycle(s);
    for (size_t n = 0; n < SNP_NIC_BUFFERS && is_out(s, i); n++) {
        reclaim(s, i);
        if (is_out(s, i))
            i = (i + 1) % SNP_NIC_BUFFERS;
    }
    if (is_out(s, i))
        return false;
    s->transmit_next = i;
    *frame = writer_of(s->transmit[i], NIC_FRAME_MAX);
    return true;
}

/* A frame that the driver does not take, even in a millisecond, is lost as any frame may be. */
static void snp_transmit(struct nic *nic, size_t len)
{
    struct snp_nic *s = snp_nic(nic);
    size_t i = s->transmit_next;
    uint8_t *frame = s->transmit[i];
    EFI_STATUS status = EFI_NOT_READY;

    if (len < NIC_FRAME_MIN) {
        memset(frame + len, 0, NIC_FRAME_MIN - len);
        len = NIC_FRAME_MIN;
    }
    for (unsigned n = 0; n < TRANSMIT_TRIES; n++) {
        status = s->snp->Transmit(s->snp, 0, len, frame, NULL, NULL, NULL);
        if (status != EFI_NOT_READY && status != EFI_OUT_OF_RESOURCES)
            break;
        recycle(s);
        efi_boot->Stall(TRANSMIT_PAUSE_US);
    }
    if (EFI_ERROR(status))
        s->completed++;
    else
        s->transmit_since[i] = platform_now() + 1; /* never 0 */
    s->transmit_next = (i + 1) % SNP_NIC_BUFFERS;
}

static unsigned snp_transmitted(struct nic *nic)
{
    struct snp_nic *s = snp_nic(nic);
    unsigned completed;

    recycle(s);
    completed = s->completed;
    s->completed = 0;
    return completed;
}

/* --- the rest -------------------------------------------------------------------------------------------------------
 */

static void snp_irq_enable(struct nic *nic, bool on)
{
    (void)nic;
    (void)on;
}

static bool snp_irq_claim(struct nic *nic)
{
    (void)nic;
    return false;
}

static EFI_STATUS receive_filters(EFI_SIMPLE_NETWORK_PROTOCOL *snp, UINT32 enable, const struct mac *groups,
                                  size_t count)
{
    EFI_MAC_ADDRESS list[GROUPS_MAX];
    UINT32 mask = snp->Mode->ReceiveFilterMask;

    enable &= mask;
    if (enable == 0)
        return EFI_UNSUPPORTED;
    if ((enable & EFI_SIMPLE_NETWORK_RECEIVE_MULTICAST) == 0)
        count = 0;
    memset(list, 0, sizeof(list));
    for (size_t i = 0; i < count; i++)
        memcpy(list[i].Addr, groups[i].byte, sizeof(groups[i].byte));
    return snp->ReceiveFilters(snp, enable, snp->Mode->ReceiveFilterSetting & mask & ~enable, FALSE, count,
                               count != 0 ? list : NULL);
}

static UINT32 all_groups(const EFI_SIMPLE_NETWORK_MODE *mode)
{
    if ((mode->ReceiveFilterMask & EFI_SIMPLE_NETWORK_RECEIVE_PROMISCUOUS_MULTICAST) != 0)
        return EFI_SIMPLE_NETWORK_RECEIVE_PROMISCUOUS_MULTICAST;
    return EFI_SIMPLE_NETWORK_RECEIVE_PROMISCUOUS;
}

static UINT32 group_filter(const EFI_SIMPLE_NETWORK_MODE *mode, unsigned filter, size_t count)
{
    if ((filter & NIC_FILTER_ALL_MULTICAST) != 0)
        return all_groups(mode);
    if ((filter & NIC_FILTER_MULTICAST) == 0 || count == 0)
        return 0;
    if (count <= GROUPS_MAX && count <= mode->MaxMCastFilterCount &&
        (mode->ReceiveFilterMask & EFI_SIMPLE_NETWORK_RECEIVE_MULTICAST) != 0)
        return EFI_SIMPLE_NETWORK_RECEIVE_MULTICAST;
    return all_groups(mode);
}

/*
 * Too wide a filter costs time, too narrow a one the boot: what is refused is asked for again with all groups for a
 * few, with less, and at last with all. That this is refused too need not mean anything (U-Boot knows no filters and
 * receives everything).
 */
static enum status snp_set_filter(struct nic *nic, unsigned filter, const struct mac *groups, size_t count)
{
    EFI_SIMPLE_NETWORK_PROTOCOL *snp = snp_nic(nic)->snp;
    UINT32 basic = 0, wanted = group_filter(snp->Mode, filter, count), wider = wanted != 0 ? all_groups(snp->Mode) : 0;

    if ((filter & NIC_FILTER_DIRECTED) != 0)
        basic |= EFI_SIMPLE_NETWORK_RECEIVE_UNICAST;
    if ((filter & NIC_FILTER_BROADCAST) != 0)
        basic |= EFI_SIMPLE_NETWORK_RECEIVE_BROADCAST;
    if ((filter & NIC_FILTER_PROMISCUOUS) != 0)
        wanted |= EFI_SIMPLE_NETWORK_RECEIVE_PROMISCUOUS;
    if ((basic & snp->Mode->ReceiveFilterMask) != basic)
        wanted |= EFI_SIMPLE_NETWORK_RECEIVE_PROMISCUOUS;
    if (!EFI_ERROR(receive_filters(snp, basic | wanted, groups, count)) ||
        !EFI_ERROR(receive_filters(snp, basic | wider, NULL, 0)) ||
        !EFI_ERROR(receive_filters(snp, basic | EFI_SIMPLE_NETWORK_RECEIVE_PROMISCUOUS, NULL, 0)) || wider == 0)
        return STATUS_OK;
    (void)receive_filters(snp, basic, NULL, 0);
    return STATUS_OK;
}

/*
 * Mode tells of the link only after GetStatus(), and some drivers tell of none ever: a frame that arrives proves them
 * wrong.
 */
static bool snp_link_up(struct nic *nic)
{
    struct snp_nic *s = snp_nic(nic);
    UINT32 interrupts = 0;

    if (!s->snp->Mode->MediaPresentSupported || EFI_ERROR(s->snp->GetStatus(s->snp, &interrupts, NULL)))
        return true;
    s->has_told_link |= s->snp->Mode->MediaPresent != FALSE;
    return s->snp->Mode->MediaPresent || (s->has_received && !s->has_told_link);
}

static const struct nic_ops ops = {
    .driver = "SNP",
    .open = snp_open,
    .close = snp_close,
    .receive = snp_receive,
    .receive_done = snp_receive_done,
    .has_frame = snp_has_frame,
    .transmit_room = snp_transmit_room,
    .transmit = snp_transmit,
    .transmitted = snp_transmitted,
    .irq_enable = snp_irq_enable,
    .irq_claim = snp_irq_claim,
    .set_filter = snp_set_filter,
    .link_up = snp_link_up,
};

void snp_nic_init(struct snp_nic *s, EFI_SIMPLE_NETWORK_PROTOCOL *snp)
{
    memset(&s->nic, 0, sizeof(s->nic));
    s->nic.ops = &ops;
    s->snp = snp;
    if (snp->Mode == NULL)
        return;
    s->nic.mac = mac_of(&snp->Mode->CurrentAddress);
    s->nic.permanent_mac = mac_of(&snp->Mode->PermanentAddress);
}
