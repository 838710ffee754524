/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The one way out: everything taken is given back, and the BIOS goes on with its next boot device. */
#ifndef BIOS_REALMODE_RETURN_H
#define BIOS_REALMODE_RETURN_H

#include <stdint.h>

struct handoff;

/* Where the BIOS called us from. */
void return_prepare(const struct handoff *handoff);

/* Back to the caller of the UNDI loader, with this in AX; what was taken stays taken. */
void return_from_loader(uint16_t ax) __attribute__((noreturn));

/* What has to be stopped before memory can be given back; set once there is something. */
void return_set_stop(void (*stop)(void));

/* Stops the NIC, unhooks, gives base memory back, and returns from the boot entry if the BIOS's stack is still what it
 * was, else executes INT 18h. */
void return_to_bios(void) __attribute__((noreturn));

/* The same, but by an interrupt: 18h (next boot device) or 19h (boot anew), as a boot program asked. */
void return_by_interrupt(unsigned vector) __attribute__((noreturn));

#endif
