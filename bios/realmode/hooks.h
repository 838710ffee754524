/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The interrupt vectors we take while a boot program runs: 1Ah (PXE installation check), 15h (memory map), 18h and 19h
 * (the boot program gives up). */
#ifndef BIOS_REALMODE_HOOKS_H
#define BIOS_REALMODE_HOOKS_H

#include <stdbool.h>

/* Notes the vectors as they are: low_return_by_interrupt() goes by them. */
void hooks_prepare(void);

/* Reads the memory map, hides our memory in it and takes the vectors. Does nothing if they are ours already. */
void hooks_install(void);

/*
 * Gives the vectors back. False if one was taken over by somebody else: then all stay, since our code has to, and with
 * it the memory map that hides it.
 */
bool hooks_remove(void);

#endif
