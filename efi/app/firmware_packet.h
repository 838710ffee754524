/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A DHCP packet out of the firmware's PXE_BASE_CODE Mode, as it was before the firmware wrote into it. EDK2 puts a NUL
 * behind option 67 that has none, over the tag of the next option or over the end option.
 */
#ifndef PUCK_EFI_FIRMWARE_PACKET_H
#define PUCK_EFI_FIRMWARE_PACKET_H

#include "efi/spec/uefi.h"
#include "firmware/base/bytes.h"

/* Copies it to `copy`, mended. */
void firmware_packet_copy(EFI_PXE_BASE_CODE_PACKET *copy, const EFI_PXE_BASE_CODE_PACKET *);

#endif
