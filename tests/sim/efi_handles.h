/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The handle database of tests/sim/efi_firmware.h. */
#ifndef PUCK_SIM_EFI_HANDLES_H
#define PUCK_SIM_EFI_HANDLES_H

#include "tests/sim/efi_firmware.h"

/* Empties the database, and fills the services that work on it into the table. */
void efi_handles_start(EFI_BOOT_SERVICES *);
void efi_handles_stop(void);
void efi_handles_count(struct efi_firmware_counts *);

#endif
