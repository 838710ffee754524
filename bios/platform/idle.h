/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#ifndef BIOS_PLATFORM_IDLE_H
#define BIOS_PLATFORM_IDLE_H

#include <stdbool.h>

/* Whether platform_idle() may let interrupts in. Not where a caller of the API came with interrupts off, and not in an
 * API call that interrupted another one. */
void idle_set_interrupts(bool allowed);
bool idle_interrupts(void);

#endif
