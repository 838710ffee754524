/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Protected mode runs with interrupts off, so whatever arrives there is a fault of ours. It is reported, registers and
 * all, and the machine goes on with the BIOS's next boot device.
 */
#ifndef BIOS_PLATFORM_EXCEPTIONS_H
#define BIOS_PLATFORM_EXCEPTIONS_H

/* Fills in the interrupt descriptor table and the 6-byte operand of LIDT that names it. */
void exceptions_install(void *idtr);

#endif
