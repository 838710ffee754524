/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The NIC behind somebody else's EFI_SIMPLE_NETWORK_PROTOCOL: the firmware's own driver, or the option ROM of whoever.
 * What such drivers get wrong is made good here: buffers that GetStatus() never gives back, a MediaPresent that is not
 * told, filters that are refused, an Initialize() that fails at first. (UEFI 2.10, section 24.1.)
 */
#ifndef PUCK_EFI_SNP_NIC_H
#define PUCK_EFI_SNP_NIC_H

#include "efi/spec/uefi.h"
#include "firmware/base/time.h"
#include "firmware/nic/nic.h"

#define SNP_NIC_BUFFERS    16   /* frames under way to the wire */
#define SNP_NIC_BUFFER_LEN 2048 /* a frame with a VLAN tag, and room for what drivers add */
#define SNP_NIC_RECEIVED_LEN                                                                 \
    9728 /* a jumbo frame: many drivers keep a frame that does not fit, and deliver no other \
          */

struct snp_nic {
    struct nic nic; /* first */
    EFI_SIMPLE_NETWORK_PROTOCOL *snp;
    uint8_t received[SNP_NIC_RECEIVED_LEN];
    size_t received_len; /* 0: none is here */
    bool has_received;   /* something, since it was opened */
    bool has_told_link;  /* the driver has said that there is one: it can tell */
    uint8_t transmit[SNP_NIC_BUFFERS][SNP_NIC_BUFFER_LEN];
    time_us transmit_since[SNP_NIC_BUFFERS]; /* when it was handed over; 0: it is ours */
    size_t transmit_next;
    bool has_recycled;  /* GetStatus() has given a buffer back, at least once */
    time_us patience;   /* after that long a buffer is ours again, whatever GetStatus() says */
    unsigned completed; /* since last asked */
};

/* Fills in nic.ops, mac and permanent_mac. The SNP must stay, and be nobody else's, as long as the NIC is open. */
void snp_nic_init(struct snp_nic *, EFI_SIMPLE_NETWORK_PROTOCOL *);

#endif
