/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The NIC behind somebody else's EFI_SIMPLE_NETWORK_PROTOCOL: the firmware's own driver, or the option ROM of whoever.
 * What such drivers get wrong is made good here: buffers that GetStatus() never gives back, a MediaPresent that is not
 * told, filters that are refused, an Initialize() that fails at first. (UEFI 2.10, section 24.1.)
 */
#ifndef PUCK_EFI_SNP_NIC_H
#define PUCK_EFI_SNP_NIC_H

#include "efi/spec/uefi.h"
#include "firmware/nic/nic.h"

#define SNP_NIC_BUFFERS    16   /* frames under way to the wire */
#define SNP_NIC_BUFFER_LEN 2048 /* a frame with a VLAN tag, and room for what drivers add */

struct snp_nic {
    struct nic nic; /* first */
    EFI_SIMPLE_NETWORK_PROTOCOL *snp;
    uint8_t received[SNP_NIC_BUFFER_LEN];
    size_t received_len; /* 0: none is here */
    uint8_t transmit[SNP_NIC_BUFFERS][SNP_NIC_BUFFER_LEN];
    uint64_t transmit_since[SNP_NIC_BUFFERS]; /* when it was handed over; 0: it is ours */
    size_t transmit_next;
    unsigned completed; /* since last asked */
};

/* Fills in nic.ops, mac and permanent_mac. The SNP must stay, and be nobody else's, as long as the NIC is open. */
void snp_nic_init(struct snp_nic *, EFI_SIMPLE_NETWORK_PROTOCOL *);

#endif
