/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The functions of SNP behind its rim (snp.c), which has checked This and raised the TPL. Arguments and status codes
 * are those of UEFI 2.10, section 24.1; where it names no order, states are checked before arguments, as EDK2 does.
 */
#ifndef PUCK_EFI_SNP_CALLS_H
#define PUCK_EFI_SNP_CALLS_H

#include "efi/protocols/snp.h"

/* snp_state.c */
EFI_STATUS snp_start(struct snp *);
EFI_STATUS snp_stop(struct snp *);
EFI_STATUS snp_initialize(struct snp *);
EFI_STATUS snp_reset(struct snp *);
EFI_STATUS snp_shutdown(struct snp *);
EFI_STATUS snp_receive_filters(struct snp *, uint32_t enable, uint32_t disable, bool reset_groups, UINTN count,
                               const EFI_MAC_ADDRESS *groups);
EFI_STATUS snp_station_address(struct snp *, bool reset, const EFI_MAC_ADDRESS *address);
EFI_STATUS snp_statistics(struct snp *, bool reset, UINTN *size, EFI_NETWORK_STATISTICS *table);
EFI_STATUS snp_group_address(struct snp *, bool is_ipv6, const EFI_IP_ADDRESS *ip, EFI_MAC_ADDRESS *mac);
EFI_STATUS snp_nv_data(struct snp *, UINTN offset, UINTN size, const void *buffer);

/* EFI_NOT_STARTED or EFI_DEVICE_ERROR for all states but one. */
EFI_STATUS snp_require_initialized(const struct snp *);
void snp_clear_statistics(struct snp *);

/* snp_frames.c */
struct snp_header {
    UINTN len; /* 0: the caller's frame has its own */
    const EFI_MAC_ADDRESS *source, *destination;
    const UINT16 *protocol;
};

/* Where a received frame's header goes; each may be NULL. */
struct snp_told {
    UINTN *header_len;
    EFI_MAC_ADDRESS *source, *destination;
    UINT16 *protocol;
};

EFI_STATUS snp_get_status(struct snp *, UINT32 *interrupts, void **buffer);
EFI_STATUS snp_transmit(struct snp *, const struct snp_header *, void *buffer, UINTN len);
EFI_STATUS snp_receive(struct snp *, void *buffer, UINTN *len, const struct snp_told *);

/* Whether Receive() could have something; looks at memory alone, at any TPL. */
bool snp_has_frame(const struct snp *);

/* Gives a frame back that nobody fetched. */
void snp_drop_frame(struct snp *);

/* snp.c */
/* Puts filters and address of Mode into the NIC. */
EFI_STATUS snp_apply(struct snp *);

/* A session that only lingers loses the NIC when its time is over, or (`at_once`) now. */
void snp_end_lingering(struct snp *, bool at_once);

#endif
