/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/protocols/snp_calls.h"
#include "efi/status.h"

enum {
    RING_MAX = 1024, /* more frames than any ring of ours holds */
};

#define NOT_COUNTED UINT64_MAX /* what section 24.1.10 has for a statistic that is not available */

EFI_STATUS snp_require_initialized(const struct snp *snp)
{
    if (snp->mode.State == EfiSimpleNetworkStopped)
        return EFI_NOT_STARTED;
    return snp->mode.State == EfiSimpleNetworkInitialized ? EFI_SUCCESS : EFI_DEVICE_ERROR;
}

EFI_STATUS snp_start(struct snp *snp)
{
    if (snp->mode.State != EfiSimpleNetworkStopped)
        return EFI_ALREADY_STARTED;
    snp_end_lingering(snp, true);
    snp->mode.State = EfiSimpleNetworkStarted;
    snp->mode.ReceiveFilterSetting = 0;
    snp->mode.MCastFilterCount = 0;
    snp_clear_statistics(snp);
    return EFI_SUCCESS;
}

EFI_STATUS snp_stop(struct snp *snp)
{
    if (snp->mode.State == EfiSimpleNetworkStopped)
        return EFI_NOT_STARTED;
    if (snp->mode.State != EfiSimpleNetworkStarted)
        return EFI_DEVICE_ERROR;
    snp->mode.State = EfiSimpleNetworkStopped;
    return EFI_SUCCESS;
}

static void forget_buffers(struct snp *snp)
{
    snp->recycled_count = 0;
    snp->completed = 0;
}

/* A session may have left the NIC open: what waits in its ring is from before the caller asked for anything. */
static void forget_frames(struct snp *snp)
{
    struct slice frame;

    for (unsigned n = 0; n < RING_MAX && nic_receive(snp->nic, &frame); n++)
        nic_receive_done(snp->nic);
}

static enum status take_nic(struct snp *snp)
{
    enum status status = nic_open(snp->nic);

    if (status != STATUS_OK)
        return status;
    forget_frames(snp);
    if (!EFI_ERROR(snp_apply(snp)))
        return STATUS_OK;
    nic_close(snp->nic);
    return STATUS_NIC_FAILED;
}

EFI_STATUS snp_initialize(struct snp *snp)
{
    enum status status = STATUS_OK;

    if (snp->mode.State == EfiSimpleNetworkStopped)
        return EFI_NOT_STARTED;
    if (snp->mode.State != EfiSimpleNetworkStarted)
        return EFI_DEVICE_ERROR;
    snp_end_lingering(snp, true);
    if (snp->lending == SNP_KEPT)
        status = take_nic(snp);
    if (status != STATUS_OK)
        return status == STATUS_OUT_OF_RESOURCES ? EFI_OUT_OF_RESOURCES : EFI_DEVICE_ERROR;
    forget_buffers(snp);
    snp->mode.State = EfiSimpleNetworkInitialized;
    snp->mode.MediaPresent = nic_link_up(snp->nic);
    return EFI_SUCCESS;
}

EFI_STATUS snp_reset(struct snp *snp)
{
    EFI_STATUS status = snp_require_initialized(snp);

    if (EFI_ERROR(status))
        return status;
    forget_buffers(snp);
    snp_end_lingering(snp, true);
    if (snp->lending != SNP_KEPT)
        return EFI_SUCCESS;
    snp_drop_frame(snp);
    nic_close(snp->nic);
    if (take_nic(snp) == STATUS_OK)
        return EFI_SUCCESS;
    snp->mode.State = EfiSimpleNetworkStarted; /* what the NIC is now; its user may initialise anew */
    return EFI_DEVICE_ERROR;
}

EFI_STATUS snp_shutdown(struct snp *snp)
{
    EFI_STATUS status = snp_require_initialized(snp);

    if (EFI_ERROR(status))
        return status;
    forget_buffers(snp);
    snp->mode.State = EfiSimpleNetworkStarted;
    snp->mode.ReceiveFilterSetting = 0;
    snp->mode.MCastFilterCount = 0;
    if (snp->lending != SNP_KEPT)
        return EFI_SUCCESS;
    snp_drop_frame(snp);
    nic_close(snp->nic);
    return EFI_SUCCESS;
}

/* What the NIC refuses is not in Mode either. */
static EFI_STATUS apply_or_undo(struct snp *snp, const EFI_SIMPLE_NETWORK_MODE *before)
{
    EFI_STATUS status = snp_apply(snp);

    if (EFI_ERROR(status)) {
        snp->mode = *before;
        (void)snp_apply(snp);
    }
    return status;
}

static bool are_groups(UINTN count, const EFI_MAC_ADDRESS *groups)
{
    for (UINTN i = 0; i < count; i++)
        if ((groups[i].Addr[0] & 1) == 0)
            return false;
    return true;
}

/* Section 24.1.8: what is in both masks is disabled, and MCastFilter counts only where it enables MULTICAST. */
EFI_STATUS snp_receive_filters(struct snp *snp, uint32_t enable, uint32_t disable, bool reset_groups, UINTN count,
                               const EFI_MAC_ADDRESS *groups)
{
    EFI_SIMPLE_NETWORK_MODE *mode = &snp->mode;
    const EFI_SIMPLE_NETWORK_MODE before = *mode;
    EFI_STATUS status = snp_require_initialized(snp);
    bool gives_groups = (enable & ~disable & EFI_SIMPLE_NETWORK_RECEIVE_MULTICAST) != 0 && !reset_groups;

    if (EFI_ERROR(status))
        return status;
    if (((enable | disable) & ~mode->ReceiveFilterMask) != 0)
        return EFI_INVALID_PARAMETER;
    if (gives_groups &&
        (count == 0 || count > mode->MaxMCastFilterCount || groups == NULL || !are_groups(count, groups)))
        return EFI_INVALID_PARAMETER;
    if (reset_groups) {
        mode->MCastFilterCount = 0;
        memset(mode->MCastFilter, 0, sizeof(mode->MCastFilter));
    }
    for (UINTN i = 0; gives_groups && i < count; i++)
        mode->MCastFilter[i] = groups[i];
    if (gives_groups)
        mode->MCastFilterCount = (UINT32)count;
    mode->ReceiveFilterSetting = (mode->ReceiveFilterSetting | enable) & ~disable;
    return apply_or_undo(snp, &before);
}

EFI_STATUS snp_station_address(struct snp *snp, bool reset, const EFI_MAC_ADDRESS *address)
{
    const EFI_SIMPLE_NETWORK_MODE before = snp->mode;
    EFI_STATUS status = snp_require_initialized(snp);

    if (EFI_ERROR(status))
        return status;
    if (!reset && (address == NULL || (address->Addr[0] & 1) != 0))
        return EFI_INVALID_PARAMETER;
    snp->mode.CurrentAddress = reset ? snp->mode.PermanentAddress : *address;
    return apply_or_undo(snp, &before);
}

void snp_clear_statistics(struct snp *snp)
{
    snp->statistics = (EFI_NETWORK_STATISTICS){
        .RxUndersizeFrames = NOT_COUNTED,
        .RxOversizeFrames = NOT_COUNTED,
        .RxCrcErrorFrames = NOT_COUNTED,
        .TxUndersizeFrames = NOT_COUNTED,
        .TxOversizeFrames = NOT_COUNTED,
        .TxCrcErrorFrames = NOT_COUNTED,
        .Collisions = NOT_COUNTED,
        .UnsupportedProtocol = NOT_COUNTED,
    };
}

/* A table without its size cannot be filled; one that is too small gets what fits. */
EFI_STATUS snp_statistics(struct snp *snp, bool reset, UINTN *size, EFI_NETWORK_STATISTICS *table)
{
    EFI_STATUS status = snp_require_initialized(snp);
    UINTN room;

    if (EFI_ERROR(status))
        return status;
    if (size == NULL && table != NULL)
        return EFI_INVALID_PARAMETER;
    if (size != NULL) {
        room = table != NULL ? *size : 0;
        *size = sizeof(snp->statistics);
        if (table != NULL)
            memcpy(table, &snp->statistics, room < *size ? (size_t)room : sizeof(snp->statistics));
        if (room < *size)
            status = EFI_BUFFER_TOO_SMALL;
    }
    if (reset)
        snp_clear_statistics(snp);
    return status;
}

/* RFC 1112, section 6.4; RFC 2464, section 7. */
EFI_STATUS snp_group_address(struct snp *snp, bool is_ipv6, const EFI_IP_ADDRESS *ip, EFI_MAC_ADDRESS *mac)
{
    EFI_STATUS status = snp_require_initialized(snp);
    const uint8_t *v4, *v6;

    if (EFI_ERROR(status))
        return status;
    if (ip == NULL || mac == NULL)
        return EFI_INVALID_PARAMETER;
    v4 = ip->v4.Addr;
    v6 = ip->v6.Addr;
    if (is_ipv6 ? v6[0] != 0xff : (v4[0] & 0xf0) != 0xe0)
        return EFI_INVALID_PARAMETER;
    if (is_ipv6)
        *mac = (EFI_MAC_ADDRESS){{0x33, 0x33, v6[12], v6[13], v6[14], v6[15]}};
    else
        *mac = (EFI_MAC_ADDRESS){{0x01, 0x00, 0x5e, v4[1] & 0x7f, v4[2], v4[3]}};
    return EFI_SUCCESS;
}

/* There is none: Mode says a size of 0, so every offset and size is beyond it. */
EFI_STATUS snp_nv_data(struct snp *snp, UINTN offset, UINTN size, const void *buffer)
{
    EFI_STATUS status = snp_require_initialized(snp);

    (void)offset, (void)size;
    if (EFI_ERROR(status))
        return status;
    return buffer == NULL ? EFI_INVALID_PARAMETER : EFI_UNSUPPORTED;
}
