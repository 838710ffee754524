/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/protocols/snp.h"

#include "efi/platform/services.h"
#include "efi/platform/tpl.h"
#include "efi/protocols/snp_calls.h"
#include "firmware/platform.h"
#include "firmware/wire/ethernet_frame.h"

enum {
    INTERFACE_TYPE_ETHERNET = 1, /* RFC 1700 */
};

#define FILTERS                                                                      \
    (EFI_SIMPLE_NETWORK_RECEIVE_UNICAST | EFI_SIMPLE_NETWORK_RECEIVE_MULTICAST |     \
     EFI_SIMPLE_NETWORK_RECEIVE_BROADCAST | EFI_SIMPLE_NETWORK_RECEIVE_PROMISCUOUS | \
     EFI_SIMPLE_NETWORK_RECEIVE_PROMISCUOUS_MULTICAST)

/* --- between SNP's user and the session --- */

static void set_mac(EFI_MAC_ADDRESS *to, const struct mac *from)
{
    *to = (EFI_MAC_ADDRESS){{0}};
    memcpy(to->Addr, from->byte, sizeof(from->byte));
}

/*
 * Directed and broadcast frames are let in whatever Mode says, and Receive() does not show them: QEMU's e1000 is deaf
 * for a second after each change of that kind, and the session needs both.
 */
EFI_STATUS snp_apply(struct snp *snp)
{
    const EFI_SIMPLE_NETWORK_MODE *mode = &snp->mode;
    struct mac groups[MAX_MCAST_FILTER_CNT];
    unsigned filter = NIC_FILTER_DIRECTED | NIC_FILTER_BROADCAST;

    if (snp->lending != SNP_KEPT)
        return EFI_SUCCESS;
    memcpy(snp->nic->mac.byte, mode->CurrentAddress.Addr, sizeof(snp->nic->mac.byte));
    for (UINT32 i = 0; i < mode->MCastFilterCount; i++)
        memcpy(groups[i].byte, mode->MCastFilter[i].Addr, sizeof(groups[i].byte));
    if ((mode->ReceiveFilterSetting & EFI_SIMPLE_NETWORK_RECEIVE_MULTICAST) != 0)
        filter |= NIC_FILTER_MULTICAST;
    if ((mode->ReceiveFilterSetting & EFI_SIMPLE_NETWORK_RECEIVE_PROMISCUOUS_MULTICAST) != 0)
        filter |= NIC_FILTER_ALL_MULTICAST;
    if ((mode->ReceiveFilterSetting & EFI_SIMPLE_NETWORK_RECEIVE_PROMISCUOUS) != 0)
        filter |= NIC_FILTER_PROMISCUOUS;
    if (nic_set_filter(snp->nic, filter, groups, mode->MCastFilterCount) != STATUS_OK)
        return EFI_DEVICE_ERROR;
    return EFI_SUCCESS;
}

enum status snp_lend(struct snp *snp)
{
    bool was_open = snp->nic->is_open;
    enum status status = STATUS_OK;

    snp_drop_frame(snp);
    snp->lending = SNP_LENT;
    snp->nic->owner = NIC_OWNER_STACK;
    if (!was_open)
        status = nic_open(snp->nic);
    if (status != STATUS_OK)
        snp_resume(snp);
    return status;
}

void snp_linger(struct snp *snp, time_us until)
{
    if (!snp->nic->is_open) {
        snp_resume(snp);
        return;
    }
    snp->lending = SNP_LINGERS;
    snp->lent_until = until;
}

void snp_resume(struct snp *snp)
{
    snp->lending = SNP_KEPT;
    snp->nic->owner = NIC_OWNER_RAW;
    if (snp->mode.State != EfiSimpleNetworkInitialized)
        return;
    if (nic_open(snp->nic) != STATUS_OK) { /* its user learns of it by EFI_DEVICE_ERROR, and may initialise anew */
        snp->mode.State = EfiSimpleNetworkStarted;
        return;
    }
    (void)snp_apply(snp);
}

void snp_end_lingering(struct snp *snp, bool at_once)
{
    if (snp->lending == SNP_LINGERS && (at_once || platform_now() >= snp->lent_until))
        snp_resume(snp);
}

/* --- the rim --- */

static struct snp *snp_of(EFI_SIMPLE_NETWORK_PROTOCOL *this)
{
    return (struct snp *)this;
}

/* One call, of which `call` is the part behind the rim. */
#define ENTERED(this, call)           \
    struct tpl_entry entry;           \
    EFI_STATUS status;                \
                                      \
    if ((this) == NULL)               \
        return EFI_INVALID_PARAMETER; \
    entry = tpl_enter();              \
    status = (call);                  \
    tpl_leave(entry);                 \
    return status

static EFI_STATUS EFIAPI start(EFI_SIMPLE_NETWORK_PROTOCOL *this)
{
    ENTERED(this, snp_start(snp_of(this)));
}

static EFI_STATUS EFIAPI stop(EFI_SIMPLE_NETWORK_PROTOCOL *this)
{
    ENTERED(this, snp_stop(snp_of(this)));
}

/* Larger buffers are a wish; ours are what they are. */
static EFI_STATUS EFIAPI initialize(EFI_SIMPLE_NETWORK_PROTOCOL *this, UINTN extra_receive, UINTN extra_transmit)
{
    (void)extra_receive, (void)extra_transmit;
    ENTERED(this, snp_initialize(snp_of(this)));
}

static EFI_STATUS EFIAPI reset(EFI_SIMPLE_NETWORK_PROTOCOL *this, BOOLEAN extended_verification)
{
    (void)extended_verification;
    ENTERED(this, snp_reset(snp_of(this)));
}

static EFI_STATUS EFIAPI shutdown(EFI_SIMPLE_NETWORK_PROTOCOL *this)
{
    ENTERED(this, snp_shutdown(snp_of(this)));
}

static EFI_STATUS EFIAPI receive_filters(EFI_SIMPLE_NETWORK_PROTOCOL *this, UINT32 enable, UINT32 disable,
                                         BOOLEAN reset_groups, UINTN count, EFI_MAC_ADDRESS *groups)
{
    ENTERED(this, snp_receive_filters(snp_of(this), enable, disable, reset_groups != 0, count, groups));
}

static EFI_STATUS EFIAPI station_address(EFI_SIMPLE_NETWORK_PROTOCOL *this, BOOLEAN to_permanent,
                                         EFI_MAC_ADDRESS *address)
{
    ENTERED(this, snp_station_address(snp_of(this), to_permanent != 0, address));
}

static EFI_STATUS EFIAPI statistics(EFI_SIMPLE_NETWORK_PROTOCOL *this, BOOLEAN clear, UINTN *size,
                                    EFI_NETWORK_STATISTICS *table)
{
    ENTERED(this, snp_statistics(snp_of(this), clear != 0, size, table));
}

static EFI_STATUS EFIAPI group_address(EFI_SIMPLE_NETWORK_PROTOCOL *this, BOOLEAN is_ipv6, EFI_IP_ADDRESS *ip,
                                       EFI_MAC_ADDRESS *mac)
{
    ENTERED(this, snp_group_address(snp_of(this), is_ipv6 != 0, ip, mac));
}

static EFI_STATUS EFIAPI nv_data(EFI_SIMPLE_NETWORK_PROTOCOL *this, BOOLEAN is_read, UINTN offset, UINTN size,
                                 void *buffer)
{
    (void)is_read;
    ENTERED(this, snp_nv_data(snp_of(this), offset, size, buffer));
}

static EFI_STATUS EFIAPI get_status(EFI_SIMPLE_NETWORK_PROTOCOL *this, UINT32 *interrupts, void **buffer)
{
    ENTERED(this, snp_get_status(snp_of(this), interrupts, buffer));
}

static EFI_STATUS EFIAPI transmit(EFI_SIMPLE_NETWORK_PROTOCOL *this, UINTN header_len, UINTN len, void *buffer,
                                  EFI_MAC_ADDRESS *source, EFI_MAC_ADDRESS *destination, UINT16 *protocol)
{
    struct snp_header header = {.len = header_len, .source = source, .destination = destination, .protocol = protocol};

    ENTERED(this, snp_transmit(snp_of(this), &header, buffer, len));
}

static EFI_STATUS EFIAPI receive(EFI_SIMPLE_NETWORK_PROTOCOL *this, UINTN *header_len, UINTN *len, void *buffer,
                                 EFI_MAC_ADDRESS *source, EFI_MAC_ADDRESS *destination, UINT16 *protocol)
{
    struct snp_told told = {
        .header_len = header_len, .source = source, .destination = destination, .protocol = protocol};

    ENTERED(this, snp_receive(snp_of(this), buffer, len, &told));
}

/* Runs at TPL_NOTIFY whenever somebody asks for the event, even while we are inside: it only looks. */
static void EFIAPI wait_for_packet(EFI_EVENT event, void *context)
{
    const struct snp *snp = context;

    if (snp_has_frame(snp))
        efi_boot->SignalEvent(event);
}

static const EFI_SIMPLE_NETWORK_PROTOCOL functions = {
    .Revision = EFI_SIMPLE_NETWORK_PROTOCOL_REVISION,
    .Start = start,
    .Stop = stop,
    .Initialize = initialize,
    .Reset = reset,
    .Shutdown = shutdown,
    .ReceiveFilters = receive_filters,
    .StationAddress = station_address,
    .Statistics = statistics,
    .MCastIpToMac = group_address,
    .NvData = nv_data,
    .GetStatus = get_status,
    .Transmit = transmit,
    .Receive = receive,
};

EFI_STATUS snp_init(struct snp *snp, struct nic *nic)
{
    *snp = (struct snp){
        .protocol = functions,
        .mode =
            {
                .State = EfiSimpleNetworkStopped,
                .HwAddressSize = sizeof(nic->mac.byte),
                .MediaHeaderSize = ETHERNET_HEADER_LEN,
                .MaxPacketSize = NIC_MTU,
                .ReceiveFilterMask = FILTERS,
                .MaxMCastFilterCount = MAX_MCAST_FILTER_CNT,
                .IfType = INTERFACE_TYPE_ETHERNET,
                .MacAddressChangeable = TRUE,
                .MultipleTxSupported = TRUE,
                .MediaPresentSupported = TRUE,
                .MediaPresent = TRUE, /* until the NIC is open and can tell */
            },
        .nic = nic,
    };
    snp->protocol.Mode = &snp->mode;
    nic->owner = NIC_OWNER_RAW;
    set_mac(&snp->mode.CurrentAddress, &nic->mac);
    set_mac(&snp->mode.PermanentAddress, &nic->permanent_mac);
    set_mac(&snp->mode.BroadcastAddress, &MAC_BROADCAST);
    snp_clear_statistics(snp);
    return efi_boot->CreateEvent(EVT_NOTIFY_WAIT, TPL_NOTIFY, wait_for_packet, snp, &snp->protocol.WaitForPacket);
}

void snp_exit(struct snp *snp)
{
    snp_drop_frame(snp);
    snp->mode.State = EfiSimpleNetworkStopped;
    nic_close(snp->nic);
    snp->lending = SNP_KEPT;
    efi_boot->CloseEvent(snp->protocol.WaitForPacket);
}
