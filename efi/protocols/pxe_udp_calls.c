/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/platform/tpl.h"
#include "efi/protocols/net_boot.h"
#include "efi/protocols/pxe_functions.h"
#include "efi/protocols/pxe_mode.h"
#include "efi/protocols/pxe_udp.h"
#include "efi/status.h"
#include "firmware/wire/ipv4_packet.h"
#include "firmware/wire/udp_header.h"

#define PAYLOAD_MAX (65535 - IPV4_HEADER_LEN - UDP_HEADER_LEN)

/* As the firmware's own stack waits: what boot programs' timers are made for. */
static const time_us write_timeout = SECONDS(3), read_timeout = SECONDS(3);

struct pxe_udp_write {
    UINT16 flags;
    EFI_IP_ADDRESS *to_ip, *gateway, *from_ip;
    EFI_PXE_BASE_CODE_UDP_PORT *to_port, *from_port;
    UINTN *header_size, *buffer_size;
    VOID *header, *buffer;
};

static bool sizes_are_wrong(const UINTN *header_size, const VOID *header, const UINTN *buffer_size, const VOID *buffer)
{
    if (header_size != NULL && (*header_size == 0 || header == NULL))
        return true;
    return buffer_size == NULL || (buffer == NULL && *buffer_size != 0);
}

static bool is_host(uint32_t address)
{
    uint32_t first = address >> 24;

    return first != 0 && first != 127 && first < 224;
}

/* The state comes before the arguments, as for every function. */
static EFI_STATUS write_check(const struct pxe_base_code *pxe, const struct pxe_udp_write *w)
{
    EFI_STATUS status = pxe_base_code_check(pxe);
    UINTN head, max;

    if (status != EFI_SUCCESS)
        return status;
    if (w->to_ip == NULL || w->to_port == NULL || pxe_get_address(w->to_ip) == 0 ||
        sizes_are_wrong(w->header_size, w->header, w->buffer_size, w->buffer))
        return EFI_INVALID_PARAMETER;
    if (w->gateway != NULL && !is_host(pxe_get_address(w->gateway)))
        return EFI_INVALID_PARAMETER;
    if (w->from_ip != NULL ? !is_host(pxe_get_address(w->from_ip)) : pxe_get_address(&pxe->mode.StationIp) == 0)
        return EFI_INVALID_PARAMETER;
    max = (w->flags & EFI_PXE_BASE_CODE_UDP_OPFLAGS_MAY_FRAGMENT) != 0 ? PAYLOAD_MAX : UDP_PAYLOAD_MAX;
    head = w->header_size != NULL ? *w->header_size : 0;
    return head > max || *w->buffer_size > max - head ? EFI_BAD_BUFFER_SIZE : EFI_SUCCESS;
}

static bool write_is_over(const void *context)
{
    return !((const struct pxe_udp *)context)->write_owed;
}

static void choose_port(struct pxe_base_code *pxe, const struct pxe_udp_write *w)
{
    uint16_t port = 0;

    if (w->from_port != NULL && (w->flags & EFI_PXE_BASE_CODE_UDP_OPFLAGS_ANY_SRC_PORT) == 0)
        port = *w->from_port;
    if (port == 0)
        port = net_pick_port(&pxe->boot->session.net);
    if (w->from_port != NULL)
        *w->from_port = port;
    pxe->udp.client.port = port;
}

static EFI_STATUS write_datagram(struct pxe_base_code *pxe, const struct pxe_udp_write *w)
{
    struct pxe_udp *udp = &pxe->udp;
    enum status status;

    if (!pxe_udp_seat(pxe))
        return EFI_OUT_OF_RESOURCES;
    choose_port(pxe, w);
    udp->client.gateway_first = true; /* who names one means it */
    udp->client.gateway = w->gateway != NULL ? pxe_get_address(w->gateway) : 0;
    udp->client.source = w->from_ip != NULL ? pxe_get_address(w->from_ip) : 0;
    udp->client.dont_fragment = (w->flags & EFI_PXE_BASE_CODE_UDP_OPFLAGS_MAY_FRAGMENT) == 0;
    pxe_udp_send(udp, (struct udp_address){.ip = ipv4_address(pxe_get_address(w->to_ip)), .port = *w->to_port},
                 slice_of(w->header, w->header_size != NULL ? *w->header_size : 0),
                 slice_of(w->buffer, *w->buffer_size));
    net_transmit(&pxe->boot->session.net, session_now());
    status = pxe_call_wait(pxe, write_is_over, udp, write_timeout);
    if (status == STATUS_OK)
        status = udp->write_status;
    udp->write_owed = false;
    return efi_status(status);
}

EFI_STATUS EFIAPI pxe_udpwrite(EFI_PXE_BASE_CODE_PROTOCOL *this, UINT16 flags, EFI_IP_ADDRESS *to_ip,
                               EFI_PXE_BASE_CODE_UDP_PORT *to_port, EFI_IP_ADDRESS *gateway, EFI_IP_ADDRESS *from_ip,
                               EFI_PXE_BASE_CODE_UDP_PORT *from_port, UINTN *header_size, VOID *header,
                               UINTN *buffer_size, VOID *buffer)
{
    const struct pxe_udp_write write = {flags,     to_ip,       gateway,     from_ip, to_port,
                                        from_port, header_size, buffer_size, header,  buffer};
    struct pxe_base_code *pxe = pxe_of(this);
    struct tpl_entry tpl;
    EFI_STATUS status;

    if (this == NULL)
        return EFI_INVALID_PARAMETER;
    tpl = tpl_enter();
    status = write_check(pxe, &write);
    if (status == EFI_SUCCESS)
        status = pxe_call_begin(pxe, EFI_PXE_BASE_CODE_FUNCTION_UDP_WRITE, &pxe->udp.client);
    if (status == EFI_SUCCESS)
        status = pxe_call_end(pxe, write_datagram(pxe, &write), true);
    tpl_leave(tpl);
    return status;
}

static EFI_STATUS read_check(const struct pxe_base_code *pxe, const struct pxe_udp_read *r)
{
    EFI_STATUS status = pxe_base_code_check(pxe);

    if (status != EFI_SUCCESS)
        return status;
    if (((r->flags & EFI_PXE_BASE_CODE_UDP_OPFLAGS_ANY_DEST_PORT) == 0 && r->to_port == NULL) ||
        ((r->flags & EFI_PXE_BASE_CODE_UDP_OPFLAGS_ANY_SRC_IP) == 0 && r->from_ip == NULL) ||
        ((r->flags & EFI_PXE_BASE_CODE_UDP_OPFLAGS_ANY_SRC_PORT) == 0 && r->from_port == NULL) ||
        sizes_are_wrong(r->header_size, r->header, r->buffer_size, r->buffer))
        return EFI_INVALID_PARAMETER;
    return EFI_SUCCESS;
}

static bool read_is_over(const void *context)
{
    return ((const struct pxe_udp_read *)context)->status != EFI_NOT_READY;
}

static EFI_STATUS read_datagram(struct pxe_base_code *pxe, struct pxe_udp_read *read)
{
    enum status status = STATUS_OK;

    if (!pxe_udp_seat(pxe))
        return EFI_OUT_OF_RESOURCES;
    if (pxe_mode_filter_is_special(pxe))
        (void)pxe_mode_apply_filter(pxe); /* whoever had the NIC meanwhile may have set another */
    pxe_udp_receive(&pxe->udp, read);
    if (read->status == EFI_NOT_READY)
        status = pxe_call_wait(pxe, read_is_over, read, read_timeout);
    pxe->udp.read = NULL;
    return status == STATUS_OK ? read->status : efi_status(status);
}

EFI_STATUS EFIAPI pxe_udpread(EFI_PXE_BASE_CODE_PROTOCOL *this, UINT16 flags, EFI_IP_ADDRESS *to_ip,
                              EFI_PXE_BASE_CODE_UDP_PORT *to_port, EFI_IP_ADDRESS *from_ip,
                              EFI_PXE_BASE_CODE_UDP_PORT *from_port, UINTN *header_size, VOID *header,
                              UINTN *buffer_size, VOID *buffer)
{
    struct pxe_base_code *pxe = pxe_of(this);
    struct pxe_udp_read read = {.flags = flags,
                                .to_ip = to_ip,
                                .from_ip = from_ip,
                                .to_port = to_port,
                                .from_port = from_port,
                                .header_size = header_size,
                                .buffer_size = buffer_size,
                                .header = header,
                                .buffer = buffer};
    struct tpl_entry tpl;
    EFI_STATUS status;

    if (this == NULL)
        return EFI_INVALID_PARAMETER;
    read.mode = &pxe->mode;
    tpl = tpl_enter();
    status = read_check(pxe, &read);
    if (status == EFI_SUCCESS)
        status = pxe_call_begin(pxe, EFI_PXE_BASE_CODE_FUNCTION_UDP_READ, &pxe->udp.client);
    if (status == EFI_SUCCESS)
        status = pxe_call_end(pxe, read_datagram(pxe, &read), true);
    tpl_leave(tpl);
    return status;
}
