/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * EFI_SIMPLE_NETWORK_PROTOCOL (UEFI 2.10, section 24.1) over one of our own NICs: what the firmware's stack, GRUB and
 * iPXE see of it. Frames are copied in and out; a transmit buffer is the caller's again at the next GetStatus().
 *
 * The NIC has one user at a time. SNP's own user has it (NIC_OWNER_RAW) unless it is lent to a session
 * (NIC_OWNER_STACK): then Receive() says EFI_NOT_READY and calls that would change the NIC change Mode alone, to be
 * made true by snp_resume(). Transmit() works at any time: the session is at rest whenever anybody else runs, and a
 * caller that is told to try again would keep it from going on (MNP waits half a second for its buffer).
 */
#ifndef PUCK_EFI_SNP_H
#define PUCK_EFI_SNP_H

#include "efi/spec/uefi.h"
#include "firmware/base/time.h"
#include "firmware/nic/nic.h"

#define SNP_RECYCLED_MAX 64

enum snp_lending {
    SNP_KEPT,   /* the NIC is SNP's user's */
    SNP_LENT,   /* a session moves packets */
    SNP_LINGERS /* its call is over and the next is awaited until lent_until, or until SNP is started anew */
};

struct snp {
    EFI_SIMPLE_NETWORK_PROTOCOL protocol; /* first: This is the struct */
    EFI_SIMPLE_NETWORK_MODE mode;
    EFI_NETWORK_STATISTICS statistics;
    struct nic *nic;
    enum snp_lending lending;
    time_us lent_until;
    bool has_frame; /* `frame` is lent by the NIC and waits for Receive() */
    struct slice frame;
    unsigned completed;               /* frames that left since GetStatus() was last asked for interrupts */
    void *recycled[SNP_RECYCLED_MAX]; /* transmit buffers that GetStatus() has yet to give back, oldest first */
    size_t recycled_count;
};

/* Stopped, as the specification has it; nothing is installed and the NIC is not touched. Creates WaitForPacket. */
EFI_STATUS snp_init(struct snp *, struct nic *);

/* Shutdown and Stop, whatever state it is in, and closes WaitForPacket. */
void snp_exit(struct snp *);

/* Makes the NIC a session's: open, and hearing what is addressed to it. May be called again. */
enum status snp_lend(struct snp *);

/* The session's call is over, but until then frames are kept for its next. */
void snp_linger(struct snp *, time_us until);

/*
 * The session is done with the NIC: puts it back into the state and filters that SNP's user has set. When SNP has no
 * user it stays open, as it is: a reset between two calls of a boot program costs time, and frames that are on their
 * way. DMA ends with Shutdown(), with snp_exit(), or with boot services.
 */
void snp_resume(struct snp *);

#endif
