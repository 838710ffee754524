/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/pxe/preboot.h"

#include "firmware/pxe/pxe.h"

/*
 * With a BufferSize the packet is copied; without, the caller gets the address of ours, which it may write into: later
 * calls return what it wrote (WDS and pxechn.c32 rely on that). BufferLimit is never touched: Altiris' block ends
 * before it, and WinPE's pxeboot.n12 uses it as a size.
 */
enum status pxe_get_cached_info(struct pxe_api *api, void *parameters)
{
    struct pxenv_get_cached_info *info = parameters;
    uint16_t type = info->PacketType;
    uint8_t *packet, *to;

    if (type < PXENV_PACKET_TYPE_DHCP_DISCOVER || type > PXENV_PACKET_TYPE_CACHED_REPLY)
        return STATUS_UNSUPPORTED;
    packet = api->session->config.cached->packet[type - 1];
    if (info->BufferSize == 0) {
        info->Buffer = api->cached_packets;
        info->Buffer.offset = (uint16_t)(info->Buffer.offset + (type - 1) * CACHED_PACKET_LEN);
        info->BufferSize = CACHED_PACKET_LEN;
        return STATUS_OK;
    }
    if (info->BufferSize > CACHED_PACKET_LEN)
        info->BufferSize = CACHED_PACKET_LEN;
    to = pxe_map_far(api, info->Buffer, info->BufferSize);
    if (to == NULL)
        return STATUS_BAD_PARAMETER;
    memcpy(to, packet, info->BufferSize);
    return STATUS_OK;
}

/* The file goes to memory of ours first, so that a transfer that fails finds its caller as it was. */
enum status pxe_restart_tftp(struct pxe_api *api, void *parameters)
{
    const struct pxenv_tftp_read_file *restart = parameters;
    const struct buffer_sink *file = api->session->config.file;
    uint32_t len;
    enum status status = pxe_tftp_fetch(api, restart, file->memory, (uint32_t)file->capacity, &len);

    if (status != STATUS_OK)
        return status;
    pxe_udp_stop(api);
    api->host->restart(api, slice_of(file->memory, len));
    return STATUS_OK;
}

/* The UNDI driver runs from the moment it was loaded: what is left to say is whether it is for this card. */
enum status pxe_start_undi(struct pxe_api *api, void *parameters)
{
    const struct pxenv_start_undi *start = parameters;

    if (api->is_stopped)
        return STATUS_BAD_STATE;
    return start->AX == api->identity.bus_dev_fn ? STATUS_OK : STATUS_BAD_PARAMETER;
}

/* UNDI and base code are one: the base code is there as long as they are. */
enum status pxe_start_base(struct pxe_api *api, void *parameters)
{
    (void)parameters;
    return api->is_stopped ? STATUS_BAD_STATE : STATUS_OK;
}

/* What is open is closed. Calls that come after it all the same are served: nothing was unloaded. */
enum status pxe_stop_base(struct pxe_api *api, void *parameters)
{
    (void)parameters;
    pxe_udp_stop(api);
    (void)pxe_tftp_close(api, NULL);
    return STATUS_OK;
}

/* Where the vectors have to stay (STATUS_KEEP_UNDI), so does everything else, and the API goes on working. */
enum status pxe_stop_undi(struct pxe_api *api, void *parameters)
{
    enum status status;

    (void)parameters;
    pxe_udp_stop(api);
    (void)pxe_undi_close(api, NULL);
    status = api->host->release(api);
    api->is_stopped = status == STATUS_OK;
    return status;
}
