/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What there is in the machine, so that what somebody left behind shows: handles, protocols, who has them open, memory.
 */
#ifndef PUCK_TESTS_BOOT_EFI_CENSUS_H
#define PUCK_TESTS_BOOT_EFI_CENSUS_H

#include "efi/spec/uefi.h"

struct census {
    UINT64 handles, protocols, opens, free_pages;
};

void census_take(struct census *);

/* Says what is more than it was, and checks that nothing is; memory may have become less by `pages`. */
void census_compare(const struct census *before, const struct census *after, UINT64 pages);

#endif
