/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * EFI_SIMPLE_NETWORK_PROTOCOL (UEFI 2.10, section 24.1) over one of our own NICs: what the firmware's stack, GRUB and
 * iPXE see of it. Frames are copied in and out; a transmit buffer is the caller's again at the next GetStatus().
 *
 * The NIC has one owner at a time (nic.h). While a session of ours moves packets it is NIC_OWNER_STACK: Receive() says
 * EFI_NOT_READY. It is NIC_OWNER_RAW from Initialize() on, and after a call of ours has ended.
 */
#ifndef PUCK_EFI_SNP_H
#define PUCK_EFI_SNP_H

#include "efi/spec/uefi.h"
#include "firmware/nic/nic.h"

#define SNP_GROUPS_MAX   16
#define SNP_RECYCLED_MAX 64

struct snp {
    EFI_SIMPLE_NETWORK_PROTOCOL protocol; /* first: This is the struct */
    EFI_SIMPLE_NETWORK_MODE mode;
    EFI_NETWORK_STATISTICS statistics;
    struct nic *nic;
    void *recycled[SNP_RECYCLED_MAX]; /* transmit buffers that GetStatus() has yet to give back, oldest first */
    size_t recycled_count;
};

/* Stopped, as the specification has it; nothing is installed and the NIC is not touched. Creates WaitForPacket. */
EFI_STATUS snp_init(struct snp *, struct nic *);

/* Shutdown and Stop, whatever state it is in, and closes WaitForPacket. */
void snp_exit(struct snp *);

/* The session is done with the NIC: puts it back into the state and filters that SNP's user has set. */
void snp_resume(struct snp *);

#endif
