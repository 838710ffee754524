/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Mtftp() (UEFI 2.10, section 24.3.7). Each file is one download of the session's, with the block size and window that
 * we choose: BlockSize is only obeyed where the caller sees the blocks, through the callback protocol. (shim passes 512
 * and never looks; the firmware's own stack obeys, and is slow.)
 */
#include "efi/platform/tpl.h"
#include "efi/protocols/net_boot.h"
#include "efi/protocols/pxe_functions.h"
#include "efi/protocols/pxe_mode.h"
#include "efi/status.h"
#include "firmware/base/text.h"
#include "firmware/boot/file_size.h"

enum {
    BLOCK_SIZE_MIN = 512,
};

struct mtftp_call {
    EFI_PXE_BASE_CODE_TFTP_OPCODE operation;
    VOID *buffer;
    UINT64 *buffer_size;
    UINTN *block_size;
    EFI_IP_ADDRESS *server;
    const UINT8 *file;
    EFI_PXE_BASE_CODE_MTFTP_INFO *info;
    bool dont_use_buffer;
};

/*
 * The caller's buffer as far as it goes; what lies beyond is counted, so that a server without tsize tells the size of
 * a file too big as well: by sending all of it.
 */
struct mtftp_sink {
    struct sink sink; /* first */
    uint8_t *memory;
    uint64_t capacity;
    uint64_t size;     /* as told by the server, and counted */
    bool is_unlimited; /* nobody wants the bytes here */
};

static enum status sink_size_known(struct sink *sink, uint64_t size)
{
    struct mtftp_sink *s = (struct mtftp_sink *)sink;

    s->size = size;
    return s->is_unlimited || size <= s->capacity ? STATUS_OK : STATUS_FILE_TOO_BIG;
}

static enum status sink_write(struct sink *sink, uint64_t at, struct slice bytes)
{
    struct mtftp_sink *s = (struct mtftp_sink *)sink;

    if (at + bytes.len > s->size)
        s->size = at + bytes.len;
    if (at < s->capacity) {
        bytes = slice_first(bytes, s->capacity - at < SIZE_MAX ? (size_t)(s->capacity - at) : SIZE_MAX);
        memcpy(s->memory + at, bytes.data, bytes.len);
    }
    return STATUS_OK;
}

static struct mtftp_sink sink_of(const struct mtftp_call *m)
{
    struct mtftp_sink s = {.sink = {.size_known = sink_size_known, .write = sink_write}};

    s.is_unlimited = m->dont_use_buffer;
    if (s.is_unlimited)
        return s;
    s.memory = m->buffer;
    s.capacity = *m->buffer_size;
    if (s.capacity > UINTPTR_MAX - (uintptr_t)m->buffer) /* an IA32 caller with 64 bits of size */
        s.capacity = UINTPTR_MAX - (uintptr_t)m->buffer;
    return s;
}

/* --- arguments -----------------------------------------------------------------------------------------------------
 */

static bool is_multicast(EFI_PXE_BASE_CODE_TFTP_OPCODE operation)
{
    return operation >= EFI_PXE_BASE_CODE_MTFTP_GET_FILE_SIZE && operation <= EFI_PXE_BASE_CODE_MTFTP_READ_DIRECTORY;
}

static bool moves_data(EFI_PXE_BASE_CODE_TFTP_OPCODE operation)
{
    return operation != EFI_PXE_BASE_CODE_TFTP_GET_FILE_SIZE && operation != EFI_PXE_BASE_CODE_MTFTP_GET_FILE_SIZE;
}

static bool file_is_wrong(const struct mtftp_call *m)
{
    size_t len = 0;

    if (m->operation == EFI_PXE_BASE_CODE_MTFTP_READ_DIRECTORY)
        return false; /* the one that ignores it */
    if (m->file == NULL)
        return true;
    while (len <= TFTP_FILE_NAME_MAX && m->file[len] != '\0')
        len++;
    return len == 0 || len > TFTP_FILE_NAME_MAX;
}

static bool server_is_wrong(const EFI_IP_ADDRESS *server)
{
    uint32_t address = server != NULL ? pxe_get_address(server) : 0;

    return address >> 24 == 0 || address >> 24 == 127 || address >> 24 >= 224;
}

static bool group_is_wrong(const EFI_PXE_BASE_CODE_MTFTP_INFO *info)
{
    return !ipv4_is_multicast(pxe_get_address(&info->MCastIp)) || info->CPort == 0 || info->SPort == 0;
}

static EFI_STATUS check(const struct pxe_base_code *pxe, const struct mtftp_call *m)
{
    EFI_STATUS status = pxe_base_code_check(pxe);

    if (status != EFI_SUCCESS)
        return status;
    if (m->operation <= EFI_PXE_BASE_CODE_TFTP_FIRST || m->operation >= EFI_PXE_BASE_CODE_MTFTP_LAST ||
        m->buffer_size == NULL || server_is_wrong(m->server) || file_is_wrong(m))
        return EFI_INVALID_PARAMETER;
    if (m->block_size != NULL && *m->block_size < BLOCK_SIZE_MIN)
        return EFI_INVALID_PARAMETER;
    if (moves_data(m->operation) && m->buffer == NULL && !m->dont_use_buffer)
        return EFI_INVALID_PARAMETER;
    if (m->operation == EFI_PXE_BASE_CODE_TFTP_WRITE_FILE && (m->dont_use_buffer || *m->buffer_size > SIZE_MAX))
        return EFI_INVALID_PARAMETER;
    if (is_multicast(m->operation) && (m->info == NULL || group_is_wrong(m->info)))
        return EFI_INVALID_PARAMETER;
    if (pxe_get_address(&pxe->mode.StationIp) == 0)
        return EFI_INVALID_PARAMETER;
    /* The list of a group's files is one that the server makes; none does (atftpd 0.8 knows RRQ alone). */
    return m->operation == EFI_PXE_BASE_CODE_MTFTP_READ_DIRECTORY ? EFI_UNSUPPORTED : EFI_SUCCESS;
}

/* --- the transfer --------------------------------------------------------------------------------------------------
 */

static uint8_t seconds(UINT16 timeout)
{
    return (uint8_t)(timeout < UINT8_MAX ? timeout : UINT8_MAX);
}

/*
 * Who watches the packets of a multicast transfer sees blocks of 512 bytes in any order; if it ends by unicast, the
 * blocks have the same numbers there.
 */
static void take_group(struct tftp_request *request, const EFI_PXE_BASE_CODE_MTFTP_INFO *info)
{
    request->mtftp = (struct mtftp_group){
        .address = pxe_get_address(&info->MCastIp),
        .client_port = info->CPort,
        .server_port = info->SPort,
        .open_s = seconds(info->ListenTimeout),
        .reopen_s = seconds(info->TransmitTimeout),
    };
    if (request->block_size_max != 0)
        request->block_size_max = BLOCK_SIZE_MIN;
}

/*
 * Whoever takes the file from the callback protocol gets it in lock-step, each block once and in order but for what is
 * repeated on the wire, and in blocks that fit a packet of the protocol's unless he asks for longer ones.
 */
static struct tftp_request request_of(const struct pxe_base_code *pxe, const struct mtftp_call *m, struct sink *sink)
{
    struct tftp_request request = {
        .server = {.ip = ipv4_address(pxe_get_address(m->server))},
        .file = (const char *)m->file,
        .sink = sink,
        .directory = m->operation == EFI_PXE_BASE_CODE_TFTP_READ_DIRECTORY,
    };

    if (m->dont_use_buffer)
        request.window_max = 1;
    if (m->dont_use_buffer || pxe->mode.MakeCallbacks) {
        request.block_size_max = TFTP_BLOCK_FRAME;
        if (m->block_size != NULL)
            request.block_size_max = (uint16_t)(*m->block_size < TFTP_BLOCK_MAX ? *m->block_size : TFTP_BLOCK_MAX);
    }
    if (is_multicast(m->operation))
        take_group(&request, m->info);
    return request;
}

static bool download_is_over(const void *context)
{
    return download_status(context) != STATUS_PENDING;
}

/* The server's own words, for boot programs that tell a missing file from a failure by the code (shim). */
static void show_error(EFI_PXE_BASE_CODE_MODE *mode, uint16_t code, const char *text)
{
    if (text[0] == '\0')
        return;
    mode->TftpErrorReceived = TRUE;
    mode->TftpError.ErrorCode = (UINT8)code;
    (void)text_copy((char *)mode->TftpError.ErrorString, sizeof(mode->TftpError.ErrorString), text_slice(text));
}

static enum status transfer(struct pxe_base_code *pxe, const struct tftp_request *request)
{
    struct session *s = &pxe->boot->session;
    struct download *d = &s->transfer;
    enum status status;

    pxe->call.client = request->mtftp.address == 0 ? &d->tftp.udp : NULL; /* two machines may have a part in it */
    status = session_download(s, d, request);
    if (status != STATUS_OK)
        return status;
    status = pxe_call_wait(pxe, download_is_over, d, TIME_NEVER);
    if (status != STATUS_OK) {
        download_cancel(d, session_now(), status);
        return status;
    }
    status = download_status(d);
    if (status != STATUS_OK)
        show_error(&pxe->mode, download_server_error(d), download_server_text(d));
    return status;
}

static enum status get_size(struct pxe_base_code *pxe, const struct mtftp_call *m)
{
    struct session *s = &pxe->boot->session;
    const struct download *query = &s->size_query;
    struct tftp_request request = request_of(pxe, m, NULL);
    enum status status;
    uint64_t size = 0;

    pxe->call.client = &query->tftp.udp;
    status = file_size_find(s, &request, &size);
    if (s->is_cancelled)
        return STATUS_CANCELLED;
    if (status == STATUS_OK)
        *m->buffer_size = size;
    else
        show_error(&pxe->mode, download_server_error(query), download_server_text(query));
    return status;
}

static enum status write_file(struct pxe_base_code *pxe, const struct mtftp_call *m)
{
    struct upload *u = &pxe->upload;
    struct tftp_write_request request = {
        .server = {.ip = ipv4_address(pxe_get_address(m->server))},
        .file = (const char *)m->file,
        .bytes = slice_of(m->buffer, (size_t)*m->buffer_size),
    };
    enum status status;

    if (m->block_size != NULL)
        request.block_size_max = (uint16_t)(*m->block_size < TFTP_BLOCK_FRAME ? *m->block_size : TFTP_BLOCK_FRAME);
    pxe->call.client = &u->write.udp;
    status = upload_start(u, &pxe->boot->session.net, session_now(), &request);
    if (status == STATUS_OK)
        status = pxe_call_wait(pxe, upload_is_over, u, TIME_NEVER);
    if (status != STATUS_OK) {
        (void)upload_stop(u, session_now(), status);
        return status;
    }
    status = upload_stop(u, session_now(), STATUS_OK);
    if (status != STATUS_OK)
        show_error(&pxe->mode, u->write.server_error, u->write.server_text);
    return status;
}

/* A needed size of 0 makes callers try again for ever: where nothing was told there was at least one byte. */
static enum status read_file(struct pxe_base_code *pxe, const struct mtftp_call *m)
{
    struct mtftp_sink sink = sink_of(m);
    struct tftp_request request = request_of(pxe, m, &sink.sink);
    enum status status = transfer(pxe, &request);

    if (status == STATUS_OK)
        sink.size = download_received(&pxe->boot->session.transfer); /* blocks of another file may have been longer */
    if (status == STATUS_OK && !sink.is_unlimited && sink.size > sink.capacity)
        status = STATUS_FILE_TOO_BIG;
    if (status == STATUS_FILE_TOO_BIG && sink.size > *m->buffer_size)
        *m->buffer_size = sink.size;
    else if (status == STATUS_FILE_TOO_BIG && *m->buffer_size != UINT64_MAX)
        ++*m->buffer_size;
    if (status == STATUS_OK)
        *m->buffer_size = sink.size;
    return status;
}

/* MTFTP tells no sizes: the server's TFTP does, or all bytes are counted as they come by multicast. */
static enum status get_multicast_size(struct pxe_base_code *pxe, const struct mtftp_call *m)
{
    struct mtftp_call counting = *m;
    enum status status = get_size(pxe, m);

    counting.dont_use_buffer = true;
    if (status == STATUS_TFTP_OPEN_TIMEOUT || status == STATUS_TFTP_CANNOT_OPEN)
        status = read_file(pxe, &counting);
    return status;
}

static EFI_STATUS mtftp(struct pxe_base_code *pxe, const struct mtftp_call *m)
{
    EFI_STATUS status = check(pxe, m);

    if (status != EFI_SUCCESS)
        return status;
    status = pxe_call_begin(pxe, EFI_PXE_BASE_CODE_FUNCTION_MTFTP, NULL);
    if (status != EFI_SUCCESS)
        return status;
    pxe_udp_unseat(pxe);
    if (m->operation == EFI_PXE_BASE_CODE_TFTP_GET_FILE_SIZE)
        status = efi_status(get_size(pxe, m));
    else if (m->operation == EFI_PXE_BASE_CODE_MTFTP_GET_FILE_SIZE)
        status = efi_status(get_multicast_size(pxe, m));
    else if (m->operation == EFI_PXE_BASE_CODE_TFTP_WRITE_FILE)
        status = efi_status(write_file(pxe, m));
    else
        status = efi_status(read_file(pxe, m));
    pxe_mode_reset_filter(pxe);
    return pxe_call_end(pxe, status, false);
}

EFI_STATUS EFIAPI pxe_mtftp(EFI_PXE_BASE_CODE_PROTOCOL *this, EFI_PXE_BASE_CODE_TFTP_OPCODE operation, VOID *buffer,
                            BOOLEAN overwrite, UINT64 *buffer_size, UINTN *block_size, EFI_IP_ADDRESS *server,
                            UINT8 *file, EFI_PXE_BASE_CODE_MTFTP_INFO *info, BOOLEAN dont_use_buffer)
{
    const struct mtftp_call call = {
        .operation = operation,
        .buffer = buffer,
        .buffer_size = buffer_size,
        .block_size = block_size,
        .server = server,
        .file = file,
        .info = info,
        .dont_use_buffer = dont_use_buffer != FALSE,
    };
    struct tpl_entry tpl;
    EFI_STATUS status;

    (void)overwrite; /* TFTP has no word for it: whether a file may be written over is the server's decision */
    if (this == NULL)
        return EFI_INVALID_PARAMETER;
    tpl = tpl_enter();
    status = mtftp(pxe_of(this), &call);
    tpl_leave(tpl);
    return status;
}
