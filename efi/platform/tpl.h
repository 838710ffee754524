/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Entry discipline. Whoever enters our code from outside (a protocol function, an event) holds TPL_CALLBACK while it is
 * inside, so that no timer of the firmware calls us a second time in mid-step. The one hole is tpl_yield(), which
 * platform_idle() calls: there the caller's own TPL is given back for a moment, timers run, and another call may come
 * in, find the session at rest, and leave again. The application's main loop stays at TPL_APPLICATION throughout: it
 * holds the NIC alone.
 */
#ifndef PUCK_EFI_TPL_H
#define PUCK_EFI_TPL_H

#include "efi/spec/uefi.h"

struct tpl_entry {
    EFI_TPL caller; /* to be restored at the end of this call */
    EFI_TPL outer;  /* what tpl_yield() restored before this call came in */
};

/* Callers may be at TPL_CALLBACK at most, as UEFI demands of callers of network protocols (section 7.1). */
struct tpl_entry tpl_enter(void);
void tpl_leave(struct tpl_entry);

/* Lets the firmware do what is pending. Does nothing where nothing was entered. */
void tpl_yield(void);

#endif
