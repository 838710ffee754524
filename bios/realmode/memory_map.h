/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The memory map boot programs are shown: a snapshot of the BIOS's (INT 15h E820h, ACPI 6.5 section 15.1) without the
 * memory we live in, and the figures of the older functions E801h and 88h computed from it.
 */
#ifndef BIOS_REALMODE_MEMORY_MAP_H
#define BIOS_REALMODE_MEMORY_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "bios/realmode/memory_ranges.h"

/* Says which memory is ours, before anything else here is called. */
void memory_map_set_high(uint32_t base, uint32_t size);

/* Asks the BIOS; not to be called while our own INT 15h is in place. Returns the number of ranges, at most `max`. */
unsigned memory_map_read(struct memory_range *ranges, unsigned max);

/* Fills in what the INT 15h hook answers from. */
void memory_map_hide(void);

/* Whether all of [start, end) is RAM that boot programs were shown. */
bool memory_map_is_ram(uint32_t start, uint32_t end);

#endif
