/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/pxe/pxe.h"

#include "firmware/pxe/preboot.h"

struct call {
    uint16_t opcode, len;
    enum status (*run)(struct pxe_api *, void *parameters);
};

static enum status succeed(struct pxe_api *api, void *parameters)
{
    (void)api;
    (void)parameters;
    return STATUS_OK;
}

/*
 * Each call and how much of its block must be there. A call whose callers are known to pass shorter blocks names only
 * the part that is read or written for them. What is not in the table is unsupported.
 */
static const struct call calls[] = {
    /* The order is that of use: a download through UDP is thousands of the first few. */
    {PXENV_UDP_READ, sizeof(struct pxenv_udp_read), pxe_udp_read},
    {PXENV_UDP_WRITE, sizeof(struct pxenv_udp_write), pxe_udp_write},
    {PXENV_UNDI_ISR, sizeof(struct pxenv_undi_isr), pxe_undi_isr},
    {PXENV_UNDI_TRANSMIT, offsetof(struct pxenv_undi_transmit, Reserved), pxe_undi_transmit},
    {PXENV_TFTP_READ, sizeof(struct pxenv_tftp_read), pxe_tftp_read},
    {PXENV_TFTP_OPEN, sizeof(struct pxenv_tftp_open), pxe_tftp_open},
    {PXENV_TFTP_CLOSE, sizeof(struct pxenv_status_only), pxe_tftp_close},
    {PXENV_TFTP_READ_FILE, sizeof(struct pxenv_tftp_read_file), pxe_tftp_read_file},
    {PXENV_TFTP_GET_FSIZE, sizeof(struct pxenv_tftp_get_fsize), pxe_tftp_get_fsize},
    {PXENV_UDP_OPEN, sizeof(struct pxenv_udp_open), pxe_udp_open},
    {PXENV_UDP_CLOSE, sizeof(struct pxenv_status_only), pxe_udp_close},
    {PXENV_UNDI_STARTUP, sizeof(struct pxenv_status_only), pxe_undi_startup},
    {PXENV_UNDI_INITIALIZE, sizeof(struct pxenv_status_only), pxe_undi_startup},
    {PXENV_UNDI_CLEANUP, sizeof(struct pxenv_status_only), pxe_undi_close},
    {PXENV_UNDI_SHUTDOWN, sizeof(struct pxenv_status_only), pxe_undi_close},
    {PXENV_UNDI_RESET_ADAPTER, sizeof(struct pxenv_status_only), pxe_undi_reset},
    {PXENV_UNDI_OPEN, offsetof(struct pxenv_undi_open, R_Mcast_Buf), pxe_undi_open},
    {PXENV_UNDI_CLOSE, sizeof(struct pxenv_status_only), pxe_undi_close},
    {PXENV_UNDI_SET_MCAST_ADDRESS, sizeof(struct pxenv_status_only), succeed}, /* all groups are received already */
    {PXENV_UNDI_SET_STATION_ADDRESS, sizeof(struct pxenv_undi_set_station_address), pxe_undi_set_station_address},
    {PXENV_UNDI_SET_PACKET_FILTER, sizeof(struct pxenv_status_only), succeed}, /* 3Com's DOS driver needs the success */
    {PXENV_UNDI_GET_INFORMATION, sizeof(struct pxenv_undi_get_information), pxe_undi_get_information},
    {PXENV_UNDI_GET_STATISTICS, sizeof(struct pxenv_undi_get_statistics), pxe_undi_get_statistics},
    {PXENV_UNDI_CLEAR_STATISTICS, sizeof(struct pxenv_status_only), pxe_undi_clear_statistics},
    {PXENV_UNDI_GET_MCAST_ADDRESS, sizeof(struct pxenv_undi_get_mcast_address), pxe_undi_get_mcast_address},
    {PXENV_UNDI_GET_NIC_TYPE, sizeof(struct pxenv_undi_get_nic_type), pxe_undi_get_nic_type},
    {PXENV_UNDI_GET_IFACE_INFO, sizeof(struct pxenv_undi_get_iface_info), pxe_undi_get_iface_info},
    {PXENV_GET_CACHED_INFO, offsetof(struct pxenv_get_cached_info, BufferLimit), pxe_get_cached_info},
    {PXENV_RESTART_TFTP, sizeof(struct pxenv_tftp_read_file), pxe_restart_tftp},
    {PXENV_UNLOAD_STACK, sizeof(struct pxenv_status_only), succeed}, /* UNDI goes on being used: nothing is unhooked */
    {PXENV_START_UNDI, sizeof(struct pxenv_start_undi), pxe_start_undi},
    {PXENV_START_BASE, sizeof(struct pxenv_status_only), pxe_start_base},
    {PXENV_STOP_BASE, sizeof(struct pxenv_status_only), pxe_stop_base},
    {PXENV_STOP_UNDI, sizeof(struct pxenv_status_only), pxe_stop_undi},
};

void pxe_start(struct pxe_api *api)
{
    pxe_udp_start(api);
    api->tftp = (struct pxe_tftp){0};
    api->undi = (struct pxe_undi){0};
    api->is_stopped = false;
}

uint8_t *pxe_map_far(struct pxe_api *api, struct pxe_far far, uint32_t len)
{
    return api->host->map(api, (uint32_t)far.segment * 16 + far.offset, len);
}

enum status pxe_open_nic(struct pxe_api *api)
{
    return api->is_stopped ? STATUS_BAD_STATE : nic_open(api->session->nic);
}

enum status pxe_own_nic(struct pxe_api *api, enum nic_owner owner)
{
    struct nic *nic = api->session->nic;
    enum status status = pxe_open_nic(api);

    if (status != STATUS_OK || nic->owner == owner)
        return status;
    pxe_undi_flush(api);
    (void)nic_transmitted(nic); /* the other owner's */
    nic->owner = owner;
    if (owner == NIC_OWNER_STACK)
        return net_set_filter(&api->session->net, &api->session->net.filter);
    return STATUS_OK;
}

static const struct call *find_call(uint16_t opcode)
{
    for (size_t n = 0; n < sizeof(calls) / sizeof(calls[0]); n++)
        if (calls[n].opcode == opcode)
            return &calls[n];
    return NULL;
}

uint16_t pxe_call(struct pxe_api *api, uint16_t opcode, uint16_t segment, uint16_t offset)
{
    const struct call *call = find_call(opcode);
    uint32_t len = call != NULL ? call->len : sizeof(struct pxenv_status_only);
    uint8_t *parameters = pxe_map_far(api, (struct pxe_far){.segment = segment, .offset = offset}, len);
    enum status status;
    uint16_t number;

    if (parameters == NULL)
        return PXENV_EXIT_FAILURE;
    status = call != NULL ? call->run(api, parameters) : STATUS_UNSUPPORTED;
    number = status_number(status);
    /* Callers preset Status or leave garbage in it, look at it or at AX: both must say the same. */
    memcpy(parameters, &number, sizeof(number));
    return status == STATUS_OK ? PXENV_EXIT_SUCCESS : PXENV_EXIT_FAILURE;
}
