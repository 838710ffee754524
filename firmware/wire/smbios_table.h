/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The SMBIOS structure table (DMTF DSP0134 3.6, section 6): only the system's UUID is looked for.
 */
#ifndef PUCK_WIRE_SMBIOS_TABLE_H
#define PUCK_WIRE_SMBIOS_TABLE_H

#include "firmware/base/bytes.h"

/* The UUID as it lies in the table; false when there is none, or it says "not set". */
bool smbios_table_uuid(struct slice table, uint8_t uuid[16]);

#endif
