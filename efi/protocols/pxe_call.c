/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/protocols/pxe_call.h"

#include "efi/platform/services.h"
#include "efi/protocols/net_boot.h"
#include "efi/protocols/pxe_mode.h"

/* How often a caller is told that we wait: often enough for a key to feel answered, and nothing compared to what its
 * console costs. */
#define TICK MILLISECONDS(50)

static struct pxe_base_code *pxe_of_observer(struct net_observer *observer)
{
    return (struct pxe_base_code *)((uint8_t *)observer - offsetof(struct pxe_base_code, call.observer));
}

EFI_PXE_BASE_CODE_CALLBACK_PROTOCOL *pxe_call_find_callback(const struct pxe_base_code *pxe)
{
    static const EFI_GUID guid = EFI_PXE_BASE_CODE_CALLBACK_PROTOCOL_GUID;

    return services_protocol(pxe->handle, &guid);
}

/*
 * The packet is lent to the caller, who may read what he is not to write: it is ours, or about to leave. Of no bytes, a
 * mere sign of life or an empty datagram, there is no packet.
 */
static void tell(struct pxe_base_code *pxe, bool is_received, struct slice packet)
{
    EFI_PXE_BASE_CODE_CALLBACK_PROTOCOL *callback = pxe->call.callback;
    void *bytes = packet.len != 0 ? (void *)(uintptr_t)packet.data : NULL;
    EFI_PXE_BASE_CODE_CALLBACK_STATUS answer;

    if (callback == NULL)
        return;
    answer = callback->Callback(callback, pxe->call.function, is_received, (UINT32)packet.len, bytes);
    if (answer != EFI_PXE_BASE_CODE_CALLBACK_STATUS_CONTINUE)
        pxe->boot->session.is_cancelled = true;
    pxe->call.next_tick = session_now() + TICK;
}

static void observe_datagram(struct net_observer *observer, const struct udp_client *client, bool is_received,
                             struct slice payload)
{
    struct pxe_base_code *pxe = pxe_of_observer(observer);

    if (pxe->call.client == NULL || pxe->call.client == client)
        tell(pxe, is_received, payload);
}

static void observe_icmp_error(struct net_observer *observer, struct slice message)
{
    EFI_PXE_BASE_CODE_MODE *mode = &pxe_of_observer(observer)->mode;
    struct slice kept = slice_first(message, sizeof(mode->IcmpError));

    memset(&mode->IcmpError, 0, sizeof(mode->IcmpError));
    memcpy(&mode->IcmpError, kept.data, kept.len);
    mode->IcmpErrorReceived = TRUE;
}

static void observe_waiting(struct net_observer *observer, time_us now)
{
    struct pxe_base_code *pxe = pxe_of_observer(observer);

    if (now >= pxe->call.next_tick)
        tell(pxe, false, slice_of(NULL, 0));
}

static void clear_errors(EFI_PXE_BASE_CODE_MODE *mode)
{
    mode->IcmpErrorReceived = FALSE;
    mode->TftpErrorReceived = FALSE;
    memset(&mode->IcmpError, 0, sizeof(mode->IcmpError));
    memset(&mode->TftpError, 0, sizeof(mode->TftpError));
}

EFI_STATUS pxe_call_begin(struct pxe_base_code *pxe, EFI_PXE_BASE_CODE_FUNCTION function,
                          const struct udp_client *client)
{
    EFI_STATUS status = pxe_base_code_check(pxe);

    if (status == EFI_SUCCESS)
        status = net_boot_begin(pxe->boot);
    if (status != EFI_SUCCESS)
        return status;
    clear_errors(&pxe->mode);
    pxe->boot->session.is_cancelled = false;
    pxe->call = (struct pxe_call){
        .observer = {.datagram = observe_datagram, .icmp_error = observe_icmp_error, .waiting = observe_waiting},
        .function = function,
        .client = client,
        .callback = pxe->mode.MakeCallbacks ? pxe_call_find_callback(pxe) : NULL,
        .next_tick = session_now() + TICK,
    };
    pxe->boot->session.net.observer = &pxe->call.observer;
    return EFI_SUCCESS;
}

enum status pxe_call_wait(struct pxe_base_code *pxe, run_done_fn *done, const void *context, time_us timeout)
{
    struct session *s = &pxe->boot->session;
    enum status status = STATUS_OK;

    if (!s->is_cancelled && !done(context))
        status = run_until(s, done, context, timeout);
    return s->is_cancelled ? STATUS_CANCELLED : status;
}

EFI_STATUS pxe_call_end(struct pxe_base_code *pxe, EFI_STATUS status, bool expects_replies)
{
    pxe->boot->session.net.observer = NULL;
    pxe_mode_show_arp(pxe);
    if (pxe->mode.IcmpErrorReceived && pxe->call.function != EFI_PXE_BASE_CODE_FUNCTION_UDP_READ &&
        (status == EFI_TIMEOUT || status == EFI_DEVICE_ERROR))
        status = EFI_ICMP_ERROR;
    net_boot_end(pxe->boot, expects_replies);
    return status;
}
