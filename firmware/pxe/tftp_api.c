/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/pxe/tftp_api.h"

#include "firmware/base/text.h"
#include "firmware/pxe/pxe.h"

enum {
    BLOCK_SIZE_MIN = 512,
};

static struct tftp_request request_of(const uint8_t server[4], uint16_t port, const char *file)
{
    return (struct tftp_request){.server = {.ip = pxe_ip(server), .port = port}, .file = file};
}

static enum status start(struct session *s, struct download *d, const struct tftp_request *request,
                         const uint8_t gateway[4])
{
    enum status status = session_download(s, d, request);

    download_set_gateway(d, ipv4_value(pxe_ip(gateway)));
    return status;
}

/* A FileName field: 128 bytes, NUL terminated unless it fills them. */
static bool file_name(char name[129], const uint8_t field[128])
{
    return text_copy(name, 129, slice_of(field, 128)) && name[0] != '\0';
}

static enum status block_size_known(struct sink *sink, uint64_t size)
{
    (void)sink;
    (void)size;
    return STATUS_OK;
}

static enum status block_write(struct sink *sink, uint64_t at, struct slice bytes)
{
    struct pxe_tftp *tftp = (struct pxe_tftp *)sink;

    (void)at;
    if (tftp->has_block || bytes.len > sizeof(tftp->block))
        return STATUS_TFTP_TOO_MANY;
    memcpy(tftp->block, bytes.data, bytes.len);
    tftp->block_len = bytes.len;
    tftp->has_block = true;
    return STATUS_OK;
}

static bool open_is_over(const void *context)
{
    const struct session *s = context;

    return s->transfer.tftp.state != TFTP_REQUESTING;
}

enum status pxe_tftp_open(struct pxe_api *api, void *parameters)
{
    struct pxenv_tftp_open *open = parameters;
    struct pxe_tftp *tftp = &api->tftp;
    struct session *s = api->session;
    char name[129] = "";
    struct tftp_request request = request_of(open->ServerIPAddress, pxe_port(open->TFTPPort), name);
    enum status status = pxe_own_nic(api, NIC_OWNER_STACK);

    if (status != STATUS_OK)
        return status;
    if (!file_name(name, open->FileName))
        return STATUS_BAD_PARAMETER;
    /* Callers size their buffers by what they ask for: never agree to more. Some ask for less than TFTP has to offer.
     */
    request.block_size_max = open->PacketSize < BLOCK_SIZE_MIN       ? BLOCK_SIZE_MIN
                             : open->PacketSize > PXE_TFTP_BLOCK_MAX ? PXE_TFTP_BLOCK_MAX
                                                                     : open->PacketSize;
    request.paced = true;
    *tftp = (struct pxe_tftp){.sink = {.size_known = block_size_known, .write = block_write}};
    request.sink = &tftp->sink;
    status = start(s, &s->transfer, &request, open->GatewayIPAddress);
    if (status != STATUS_OK)
        return status;
    (void)run_until(s, open_is_over, s, TIME_NEVER);
    status = download_status(&s->transfer);
    if (status != STATUS_OK && status != STATUS_PENDING)
        return status;
    tftp->is_open = true;
    tftp->block_size = s->transfer.tftp.block_size;
    open->PacketSize = tftp->block_size;
    return STATUS_OK;
}

static bool block_is_here(const void *context)
{
    const struct pxe_api *api = context;

    return api->tftp.has_block || download_status(&api->session->transfer) != STATUS_PENDING;
}

enum status pxe_tftp_read(struct pxe_api *api, void *parameters)
{
    struct pxenv_tftp_read *read = parameters;
    struct pxe_tftp *tftp = &api->tftp;
    struct session *s = api->session;
    enum status status;
    uint8_t *buffer;

    if (!tftp->is_open)
        return STATUS_TFTP_CLOSED;
    if (tftp->is_over)
        return STATUS_TFTP_CANNOT_READ;
    status = pxe_own_nic(api, NIC_OWNER_STACK);
    if (status != STATUS_OK)
        return status;
    /* BufferSize is output only: callers leave 0 in it. */
    buffer = pxe_map_far(api, read->Buffer, tftp->block_size);
    if (buffer == NULL)
        return STATUS_BAD_PARAMETER;
    if (!tftp->has_block)
        (void)run_until(s, block_is_here, api, TIME_NEVER);
    status = download_status(&s->transfer);
    if (!tftp->has_block && status != STATUS_OK) {
        pxe_tftp_close(api, NULL);
        return status;
    }
    if (!tftp->has_block)
        tftp->block_len = 0; /* the file's length is a multiple of the block size: its last block is empty */
    memcpy(buffer, tftp->block, tftp->block_len);
    read->BufferSize = (uint16_t)tftp->block_len;
    read->PacketNumber = ++tftp->packet_number;
    tftp->is_over = tftp->block_len < tftp->block_size;
    tftp->has_block = false;
    tftp_resume(&s->transfer.tftp, session_now());
    session_poll(s, session_now());
    return STATUS_OK;
}

/* Limine stops before the last block: a transfer that is not over is told to the server, and is a success. */
enum status pxe_tftp_close(struct pxe_api *api, void *parameters)
{
    (void)parameters;
    if (!api->tftp.is_open)
        return STATUS_TFTP_CLOSED;
    api->tftp.is_open = false;
    if (!tftp_is_complete(&api->session->transfer.tftp))
        download_cancel(&api->session->transfer, session_now(), STATUS_CANCELLED);
    return STATUS_OK;
}

static bool transfer_is_over(const void *context)
{
    return download_status(context) != STATUS_PENDING;
}

/* With a multicast address, the ports are MTFTP's (PXE 2.1 section 4.2.7); TFTP's is what it always is then. */
static void take_group(struct tftp_request *request, const struct pxenv_tftp_read_file *read)
{
    uint32_t address = ipv4_value(pxe_ip(read->McastIPAddress));
    uint16_t client_port = pxe_port(read->TFTPClntPort);

    if (!ipv4_is_multicast(address) || client_port == 0 || request->server.port == 0)
        return;
    request->mtftp = (struct mtftp_group){
        .address = address,
        .client_port = client_port,
        .server_port = request->server.port,
        .open_s = (uint8_t)(read->TFTPOpenTimeOut < UINT8_MAX ? read->TFTPOpenTimeOut : UINT8_MAX),
        .reopen_s = (uint8_t)(read->TFTPReopenDelay < UINT8_MAX ? read->TFTPReopenDelay : UINT8_MAX),
    };
    request->server.port = TFTP_PORT;
}

enum status pxe_tftp_fetch(struct pxe_api *api, const struct pxenv_tftp_read_file *read, void *memory,
                           uint32_t capacity, uint32_t *len)
{
    struct session *s = api->session;
    char name[129] = "";
    struct tftp_request request = request_of(read->ServerIPAddress, pxe_port(read->TFTPSrvPort), name);
    struct buffer_sink sink;
    enum status status = pxe_own_nic(api, NIC_OWNER_STACK);

    *len = 0;
    if (status != STATUS_OK)
        return status;
    if (!file_name(name, read->FileName))
        return STATUS_BAD_PARAMETER;
    buffer_sink_start(&sink, memory, capacity);
    request.sink = &sink.sink;
    take_group(&request, read);
    api->tftp.is_open = false;
    status = start(s, &s->transfer, &request, read->GatewayIPAddress);
    if (status != STATUS_OK)
        return status;
    (void)run_until(s, transfer_is_over, &s->transfer, TIME_NEVER);
    status = download_status(&s->transfer);
    *len = (uint32_t)(status == STATUS_OK ? download_received(&s->transfer) : sink.needed);
    return status;
}

/*
 * How much of the `wanted` bytes at `physical` is the caller's, from the first byte on. Some callers claim more than
 * the machine has (WinPE's loaders): what matters is that the file fits in what is there.
 */
static uint32_t room_at(struct pxe_api *api, uint32_t physical, uint32_t wanted)
{
    uint32_t fits = 0, fails = wanted;

    if (api->host->map(api, physical, wanted) != NULL)
        return wanted;
    while (fails - fits > 1) {
        uint32_t middle = fits + (fails - fits) / 2;

        if (api->host->map(api, physical, middle) != NULL)
            fits = middle;
        else
            fails = middle;
    }
    return fits;
}

/* Where multicast fails the file comes by unicast; the caller cannot tell. */
enum status pxe_tftp_read_file(struct pxe_api *api, void *parameters)
{
    struct pxenv_tftp_read_file *read = parameters;
    uint32_t room = room_at(api, read->Buffer, read->BufferSize), len;
    enum status status;

    if (room == 0)
        return STATUS_BAD_PARAMETER;
    status = pxe_tftp_fetch(api, read, api->host->map(api, read->Buffer, room), room, &len);
    if (status == STATUS_OK || status == STATUS_FILE_TOO_BIG)
        read->BufferSize = len;
    return status;
}

enum status pxe_tftp_get_fsize(struct pxe_api *api, void *parameters)
{
    struct pxenv_tftp_get_fsize *query = parameters;
    struct session *s = api->session;
    char name[129] = "";
    struct tftp_request request = request_of(query->ServerIPAddress, TFTP_PORT, name);
    uint64_t size = 0;
    enum status status = pxe_own_nic(api, NIC_OWNER_STACK);

    query->FileSize = 0;
    if (status != STATUS_OK)
        return status;
    if (!file_name(name, query->FileName))
        return STATUS_BAD_PARAMETER;
    request.size_only = true;
    /* An open transfer goes on: some callers ask for a size in the middle of a file, though the specification forbids
     * it. */
    status = start(s, &s->size_query, &request, query->GatewayIPAddress);
    if (status != STATUS_OK)
        return status;
    (void)run_until(s, transfer_is_over, &s->size_query, TIME_NEVER);
    status = download_status(&s->size_query);
    if (status == STATUS_OK && download_size(&s->size_query, &size) && size > UINT32_MAX)
        return STATUS_FILE_TOO_BIG;
    query->FileSize = (uint32_t)size;
    return status;
}
