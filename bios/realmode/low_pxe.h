/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The !PXE and PXENV+ structures of the low block (PXE 2.1 sections 3.1 and 3.2): how boot programs find the API. */
#ifndef BIOS_REALMODE_LOW_PXE_H
#define BIOS_REALMODE_LOW_PXE_H

#include "bios/realmode/low.h"

/* Fills in segments, descriptors and checksums; `undi_rom_id`: in the ROM, 0:0 if there is none. */
void low_pxe_describe(struct far_pointer undi_rom_id);

/* Makes both unrecognizable, for programs that search memory for them after it was given back. */
void low_pxe_forget(void);

#endif
