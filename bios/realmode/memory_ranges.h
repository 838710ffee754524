/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What can be said of a list of memory ranges as BIOSes give them (INT 15h E820h, ACPI 6.5 section 15.1): in any order,
 * overlapping, touching.
 */
#ifndef BIOS_REALMODE_MEMORY_RANGES_H
#define BIOS_REALMODE_MEMORY_RANGES_H

#include <stdint.h>

enum {
    MEMORY_RAM = 1,
    MEMORY_RESERVED = 2,
};

struct memory_range {
    uint64_t base, length;
    uint32_t type, attributes; /* attributes: ACPI 3.0, 1 where the BIOS gives none */
};

/*
 * Copies ranges, [hole, hole_end) becoming reserved wherever it is RAM, and empty ones left out. What `to` has no room
 * for is left out too, and so nobody's RAM. Returns the number in `to`.
 */
unsigned memory_ranges_reserve(struct memory_range *to, unsigned max, const struct memory_range *from, unsigned count,
                               uint64_t hole, uint64_t hole_end);

/* How much RAM follows `start` without a gap. */
uint64_t memory_ranges_contiguous(const struct memory_range *, unsigned count, uint64_t start);

#endif
