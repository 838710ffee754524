/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/devices/efi_snp_model.h"

static uint8_t somebody_elses[EFI_SNP_MODEL_RING];

static struct efi_snp_model *model_of(EFI_SIMPLE_NETWORK_PROTOCOL *this)
{
    return (struct efi_snp_model *)this;
}

static void fault(struct efi_snp_model *m, const char *what)
{
    if (m->faults++ == 0)
        m->fault = what;
}

/* The status for a call that wants it initialized; callers that do not look at Mode first are at fault. */
static EFI_STATUS state_status(struct efi_snp_model *m)
{
    if (m->mode.State == EfiSimpleNetworkInitialized)
        return EFI_SUCCESS;
    fault(m, "call while not initialized");
    return m->mode.State == EfiSimpleNetworkStopped ? EFI_NOT_STARTED : EFI_DEVICE_ERROR;
}

static EFI_STATUS EFIAPI model_start(EFI_SIMPLE_NETWORK_PROTOCOL *this)
{
    struct efi_snp_model *m = model_of(this);

    if (m->mode.State != EfiSimpleNetworkStopped)
        return EFI_ALREADY_STARTED;
    m->mode.State = EfiSimpleNetworkStarted;
    return m->start_is_repeated ? EFI_ALREADY_STARTED : EFI_SUCCESS;
}

static EFI_STATUS EFIAPI model_stop(EFI_SIMPLE_NETWORK_PROTOCOL *this)
{
    struct efi_snp_model *m = model_of(this);

    if (m->mode.State != EfiSimpleNetworkStarted)
        return EFI_NOT_STARTED;
    m->mode.State = EfiSimpleNetworkStopped;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI model_initialize(EFI_SIMPLE_NETWORK_PROTOCOL *this, UINTN extra_rx, UINTN extra_tx)
{
    struct efi_snp_model *m = model_of(this);

    (void)extra_rx;
    (void)extra_tx;
    if (m->mode.State != EfiSimpleNetworkStarted)
        return EFI_NOT_STARTED;
    if (m->initialize_failures > 0) {
        m->initialize_failures--;
        return EFI_DEVICE_ERROR;
    }
    m->mode.State = EfiSimpleNetworkInitialized;
    m->mode.ReceiveFilterSetting = 0;
    m->out_count = 0;
    m->initializations++;
    return nic_open(m->nic) == STATUS_OK ? EFI_SUCCESS : EFI_DEVICE_ERROR;
}

static EFI_STATUS EFIAPI model_shutdown(EFI_SIMPLE_NETWORK_PROTOCOL *this)
{
    struct efi_snp_model *m = model_of(this);

    if (m->mode.State != EfiSimpleNetworkInitialized)
        return EFI_NOT_STARTED;
    m->mode.State = EfiSimpleNetworkStarted;
    nic_close(m->nic);
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI model_reset(EFI_SIMPLE_NETWORK_PROTOCOL *this, BOOLEAN extended)
{
    struct efi_snp_model *m = model_of(this);

    (void)extended;
    m->resets++;
    m->jumbo = 0;
    return state_status(m);
}

static unsigned nic_filter_of(UINT32 setting)
{
    unsigned filter = 0;

    filter |= (setting & EFI_SIMPLE_NETWORK_RECEIVE_UNICAST) != 0 ? NIC_FILTER_DIRECTED : 0u;
    filter |= (setting & EFI_SIMPLE_NETWORK_RECEIVE_BROADCAST) != 0 ? NIC_FILTER_BROADCAST : 0u;
    filter |= (setting & EFI_SIMPLE_NETWORK_RECEIVE_MULTICAST) != 0 ? NIC_FILTER_MULTICAST : 0u;
    filter |= (setting & EFI_SIMPLE_NETWORK_RECEIVE_PROMISCUOUS_MULTICAST) != 0 ? NIC_FILTER_ALL_MULTICAST : 0u;
    filter |= (setting & EFI_SIMPLE_NETWORK_RECEIVE_PROMISCUOUS) != 0 ? NIC_FILTER_PROMISCUOUS : 0u;
    return filter;
}

static EFI_STATUS EFIAPI model_filters(EFI_SIMPLE_NETWORK_PROTOCOL *this, UINT32 enable, UINT32 disable, BOOLEAN reset,
                                       UINTN count, EFI_MAC_ADDRESS *list)
{
    struct efi_snp_model *m = model_of(this);
    struct mac groups[MAX_MCAST_FILTER_CNT];
    EFI_STATUS status = state_status(m);

    if (EFI_ERROR(status))
        return status;
    if (((enable | disable) & ~m->mode.ReceiveFilterMask) != 0 || count > m->mode.MaxMCastFilterCount ||
        (count != 0 && list == NULL) ||
        ((enable & EFI_SIMPLE_NETWORK_RECEIVE_MULTICAST) != 0 && !reset && count == 0)) {
        fault(m, "filters that the mode does not offer");
        return EFI_INVALID_PARAMETER;
    }
    if (m->filter_refusals > 0) {
        m->filter_refusals--;
        return EFI_DEVICE_ERROR;
    }
    if ((enable & m->refused_filters) != 0)
        return EFI_INVALID_PARAMETER;
    m->mode.ReceiveFilterSetting = (m->mode.ReceiveFilterSetting | enable) & ~disable;
    m->mode.MCastFilterCount = (UINT32)count;
    for (UINTN i = 0; i < count; i++)
        m->mode.MCastFilter[i] = list[i];
    for (UINTN i = 0; i < count; i++)
        memcpy(groups[i].byte, list[i].Addr, sizeof(groups[i].byte));
    nic_set_filter(m->nic, nic_filter_of(m->mode.ReceiveFilterSetting), groups, count);
    return EFI_SUCCESS;
}

static void *given_back(struct efi_snp_model *m)
{
    void *buffer;

    if (m->stale > 0)
        return &somebody_elses[--m->stale % EFI_SNP_MODEL_RING];
    if (m->recycling == EFI_SNP_GIVES_NONE || m->out_count == 0)
        return NULL;
    buffer = m->out[0];
    m->out_count--;
    memmove(m->out, m->out + 1, m->out_count * sizeof(m->out[0]));
    return m->recycling == EFI_SNP_GIVES_FOREIGN ? &somebody_elses[0] : buffer;
}

static EFI_STATUS EFIAPI model_get_status(EFI_SIMPLE_NETWORK_PROTOCOL *this, UINT32 *interrupts, void **buffer)
{
    struct efi_snp_model *m = model_of(this);
    EFI_STATUS status = state_status(m);

    if (EFI_ERROR(status))
        return status;
    if (interrupts == NULL && buffer == NULL) {
        fault(m, "GetStatus() for nothing");
        return EFI_INVALID_PARAMETER;
    }
    if (m->recycling == EFI_SNP_FAILS)
        return EFI_DEVICE_ERROR;
    m->mode.MediaPresent = !m->is_link_hidden && !m->is_link_down;
    if (interrupts != NULL)
        *interrupts = 0;
    if (buffer != NULL)
        *buffer = given_back(m);
    return EFI_SUCCESS;
}

static bool is_out(const struct efi_snp_model *m, const void *buffer)
{
    for (size_t i = 0; i < m->out_count; i++)
        if (m->out[i] == buffer)
            return true;
    return false;
}

static void keep(struct efi_snp_model *m, void *buffer)
{
    if (m->recycling == EFI_SNP_GIVES_NONE || m->recycling == EFI_SNP_FAILS)
        return; /* it is done with it, and only does not say so */
    m->out[m->out_count++] = buffer;
}

static EFI_STATUS EFIAPI model_transmit(EFI_SIMPLE_NETWORK_PROTOCOL *this, UINTN header_len, UINTN len, void *buffer,
                                        EFI_MAC_ADDRESS *from, EFI_MAC_ADDRESS *to, UINT16 *protocol)
{
    struct efi_snp_model *m = model_of(this);
    size_t room = m->room != 0 ? m->room : EFI_SNP_MODEL_RING;
    EFI_STATUS status = state_status(m);
    struct writer w;

    (void)from;
    (void)to;
    (void)protocol;
    if (EFI_ERROR(status))
        return status;
    if (header_len != 0 || buffer == NULL || len < NIC_FRAME_MIN || len > NIC_FRAME_MAX)
        fault(m, "a frame that is none");
    if (m->recycling == EFI_SNP_GIVES_BACK && is_out(m, buffer)) {
        fault(m, "a buffer that was not given back");
        return EFI_DEVICE_ERROR;
    }
    if (m->busy > 0)
        return m->busy-- % 2 == 0 ? EFI_NOT_READY : EFI_OUT_OF_RESOURCES;
    if (m->out_count >= room)
        return EFI_NOT_READY;
    if (m->is_transmit_broken)
        return EFI_DEVICE_ERROR;
    keep(m, buffer);
    m->transmitted++;
    if (!m->is_link_down && nic_transmit_room(m->nic, &w)) {
        write_bytes(&w, buffer, len);
        nic_transmit(m->nic, writer_len(&w));
    }
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI model_receive(EFI_SIMPLE_NETWORK_PROTOCOL *this, UINTN *header_len, UINTN *len, void *buffer,
                                       EFI_MAC_ADDRESS *from, EFI_MAC_ADDRESS *to, UINT16 *protocol)
{
    struct efi_snp_model *m = model_of(this);
    EFI_STATUS status = state_status(m);
    struct slice frame;

    (void)header_len;
    (void)from;
    (void)to;
    (void)protocol;
    if (EFI_ERROR(status))
        return status;
    if (m->receive_errors > 0) {
        m->receive_errors--;
        return EFI_DEVICE_ERROR;
    }
    if (m->jumbo != 0) {
        status = *len < m->jumbo ? EFI_BUFFER_TOO_SMALL : EFI_SUCCESS;
        *len = m->jumbo;
        if (!EFI_ERROR(status))
            memset(buffer, 0x5a, m->jumbo);
        m->jumbo = EFI_ERROR(status) ? m->jumbo : 0;
        return status;
    }
    if (m->is_link_down || !nic_receive(m->nic, &frame))
        return EFI_NOT_READY;
    if (*len < frame.len)
        fault(m, "room for less than a frame");
    memcpy(buffer, frame.data, frame.len < *len ? frame.len : *len);
    *len = frame.len;
    nic_receive_done(m->nic);
    return EFI_SUCCESS;
}

void efi_snp_model_init(struct efi_snp_model *m, struct nic *nic)
{
    *m = (struct efi_snp_model){
        .protocol =
            {
                .Revision = EFI_SIMPLE_NETWORK_PROTOCOL_REVISION,
                .Start = model_start,
                .Stop = model_stop,
                .Initialize = model_initialize,
                .Reset = model_reset,
                .Shutdown = model_shutdown,
                .ReceiveFilters = model_filters,
                .GetStatus = model_get_status,
                .Transmit = model_transmit,
                .Receive = model_receive,
                .Mode = &m->mode,
            },
        .mode =
            {
                .HwAddressSize = sizeof(nic->mac.byte),
                .MediaHeaderSize = 14,
                .MaxPacketSize = NIC_MTU,
                .ReceiveFilterMask = 0x1f,
                .MaxMCastFilterCount = 4,
                .IfType = 1,
                .MediaPresentSupported = TRUE,
            },
        .nic = nic,
    };
    memcpy(m->mode.CurrentAddress.Addr, nic->mac.byte, sizeof(nic->mac.byte));
    memcpy(m->mode.PermanentAddress.Addr, nic->mac.byte, sizeof(nic->mac.byte));
}
