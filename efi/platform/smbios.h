/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The system's UUID out of the SMBIOS tables that the firmware's configuration table points to (UEFI 2.10,
 * section 4.6). */
#ifndef PUCK_EFI_SMBIOS_H
#define PUCK_EFI_SMBIOS_H

#include <stdbool.h>
#include <stdint.h>

/* The UUID as it lies in the table; false when there is none. */
bool smbios_uuid(uint8_t uuid[16]);

#endif
