/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The one place that waits. Main, PXE API calls and UEFI protocol calls all wait here and nowhere else.
 */
#ifndef PUCK_BOOT_RUN_H
#define PUCK_BOOT_RUN_H

#include "firmware/boot/session.h"

/* A pure question about the caller's own state. */
typedef bool run_done_fn(const void *context);

/*
 * Polls the session until `done` says so (STATUS_OK), `timeout` has passed (STATUS_PENDING; TIME_NEVER waits for ever),
 * or the person at the machine pressed ESC while the session watches the keyboard, or somebody set is_cancelled
 * meanwhile (STATUS_CANCELLED).
 */
enum status run_until(struct session *, run_done_fn *done, const void *context, time_us timeout);

/*
 * Waits until the NIC has a frame or `timeout` has passed, and takes nothing. For calls that look once and return: who
 * repeats them at once pays two changes of processor mode each time, and learns of a frame that much later.
 */
void run_until_frame(struct session *, time_us timeout);

#endif
