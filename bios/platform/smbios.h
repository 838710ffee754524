/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The machine's identity (SMBIOS 3.6, DMTF DSP0134). */
#ifndef BIOS_PLATFORM_SMBIOS_H
#define BIOS_PLATFORM_SMBIOS_H

#include <stdbool.h>
#include <stdint.h>

/* The system UUID as it lies in the table; false if there is none. */
bool smbios_uuid(uint8_t uuid[16]);

#endif
