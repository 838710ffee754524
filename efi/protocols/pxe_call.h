/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * One call of PXE_BASE_CODE that moves packets, from its begin to its end: the NIC is ours, Mode's two error records
 * are cleared and filled anew, and a caller's EFI_PXE_BASE_CODE_CALLBACK_PROTOCOL (UEFI 2.10, section 24.4) sees each
 * datagram and may end the call. Packets are told from what follows the UDP header on.
 */
#ifndef PUCK_EFI_PXE_CALL_H
#define PUCK_EFI_PXE_CALL_H

#include "efi/spec/uefi.h"
#include "firmware/boot/run.h"

struct pxe_base_code;

struct pxe_call {
    struct net_observer observer; /* first */
    EFI_PXE_BASE_CODE_FUNCTION function;
    const struct udp_client *client;               /* whose datagrams are this call's; NULL: everybody's */
    EFI_PXE_BASE_CODE_CALLBACK_PROTOCOL *callback; /* looked for at each call: its owner may be gone since */
    time_us next_tick;
};

/* The state, then the NIC. On success pxe_call_end() must follow. */
EFI_STATUS pxe_call_begin(struct pxe_base_code *, EFI_PXE_BASE_CODE_FUNCTION, const struct udp_client *);

/*
 * `status` as the caller is to see it: silence after an ICMP error is EFI_ICMP_ERROR, but for UdpRead(), which knows no
 * such status.
 */
EFI_STATUS pxe_call_end(struct pxe_base_code *, EFI_STATUS status, bool expects_replies);

/*
 * run_until(), not even polling when `done` says so already; STATUS_CANCELLED when the callback protocol has asked for
 * it at any time since the call began.
 */
enum status pxe_call_wait(struct pxe_base_code *, run_done_fn *done, const void *context, time_us timeout);

/* The callback protocol on our handle, or NULL. */
EFI_PXE_BASE_CODE_CALLBACK_PROTOCOL *pxe_call_find_callback(const struct pxe_base_code *);

#endif
