/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The parts of the test of EFI_PXE_BASE_CODE_PROTOCOL (UEFI 2.10, section 24.3), in the order in which they run. */
#ifndef PUCK_TESTS_BOOT_EFI_PXE_CHECKS_H
#define PUCK_TESTS_BOOT_EFI_PXE_CHECKS_H

#include "efi/spec/uefi.h"

extern EFI_PXE_BASE_CODE_PROTOCOL *pxe;
extern EFI_HANDLE pxe_handle;

/* What the boot left in Mode, kept for when Stop() has cleared it. */
extern EFI_PXE_BASE_CODE_MODE handed_over;
extern EFI_IP_ADDRESS server_ip;
extern UINT8 boot_file[129];

void pxe_handed_over(void);       /* Mode as the boot program finds it */
void pxe_arguments(bool started); /* every function with everything that can be NULL or wrong */
void pxe_state(void);             /* Stop, every function while stopped, Start, what each changes in Mode */
void pxe_transfers(void);         /* Arp and Mtftp against a real server */
void pxe_datagrams(void);         /* UdpWrite, UdpRead */
void pxe_callbacks(void);         /* the callback protocol */
void pxe_dhcp(void);              /* Dhcp, Discover */

EFI_IP_ADDRESS ip(UINT8 a, UINT8 b, UINT8 c, UINT8 d);

#endif
