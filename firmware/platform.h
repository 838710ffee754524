/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The porting contract: all that the firmware asks of the world it runs in. bios/platform, efi/platform and tests/sim
 * each implement these functions; nothing else in firmware/ is allowed to reach outside. Only firmware/boot/run.c and
 * firmware/boot/session.c may include this header.
 */
#ifndef PUCK_PLATFORM_H
#define PUCK_PLATFORM_H

#include "firmware/base/key.h"
#include "firmware/base/log.h"
#include "firmware/base/time.h"

/* Never goes back; starts anywhere. May be called at any time. */
time_us platform_now(void);

/*
 * The only place where the world may change under us: lets interrupts in (BIOS) or drops the TPL (UEFI) for a moment.
 * Returns early as soon as anything may have happened, at the latest at `until`. `now` is what the caller has just
 * read: reading the clock is most of what an idle moment costs. Called by run.c alone.
 */
void platform_idle(time_us now, time_us until);

/* Fills `buffer` with the best entropy there is and returns how many bytes of it are believed to be random (may be 0).
 */
size_t platform_random(void *buffer, size_t len);

/* Text to the person at the machine: printable ASCII, '\n', and '\r' to write a progress line over again. */
void platform_print(const char *text);

/* A debug or log line, for whoever listens (debug port, memory); may be dropped. */
void platform_log(enum log_level level, const char *line);

/*
 * The next key that was pressed (enum key), or KEY_NONE at once. Where a terminal's escape sequences are not put
 * together yet, their characters come one by one.
 */
int platform_key(void);

#endif
