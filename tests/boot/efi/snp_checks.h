/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The parts of the test of EFI_SIMPLE_NETWORK_PROTOCOL (UEFI 2.10, section 24.1), in the order in which they run. */
#ifndef PUCK_TESTS_BOOT_EFI_SNP_CHECKS_H
#define PUCK_TESTS_BOOT_EFI_SNP_CHECKS_H

#include "efi/spec/uefi.h"

extern EFI_SIMPLE_NETWORK_PROTOCOL *snp;
extern UINT8 station_ip[4], server_ip[4];

void snp_states(void); /* stopped, started, initialized: every function in each; leaves it initialized */
void snp_frames(void); /* an ARP request and its answer, and what is wrong with frames */
void snp_end(void);    /* shut down and stopped */

#endif
