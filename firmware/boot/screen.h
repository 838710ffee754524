/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What the person at the machine reads: lines that stay, and one progress line that is written over. Plain ASCII, so
 * that a VGA text screen and a serial line show the same.
 */
#ifndef PUCK_BOOT_SCREEN_H
#define PUCK_BOOT_SCREEN_H

#include <stdbool.h>

#include "firmware/base/format.h"
#include "firmware/base/time.h"

struct screen {
    void (*print)(struct screen *, const char *text);
    char progress[80]; /* the progress line that stands on the screen; empty: none */
    time_us next_progress;
};

/*
 * A line that stays (at most 239 characters); takes the place of the progress line. What is longer than 79 characters
 * goes on, indented, on the next line of the screen.
 */
void screen_line(struct screen *, const char *format, ...) FORMAT_LIKE_PRINTF(2, 3);

/*
 * Writes the progress line (at most 79 characters) unless it was written less than a quarter of a second ago: text
 * output through a BIOS is slow, and must not cost the transfer that it reports on.
 */
void screen_progress(struct screen *, time_us now, const char *format, ...) FORMAT_LIKE_PRINTF(3, 4);

/* Whether screen_progress() would write: what it is given need not be worked out before. */
bool screen_progress_due(const struct screen *, time_us now);

/* Room for the largest text of screen_bytes(). */
#define SCREEN_BYTES_TEXT 16

/* "512 B", "42.4 KB", "9.1 MB": decimal units, as transfer rates are told. Returns `text`. */
const char *screen_bytes(char text[SCREEN_BYTES_TEXT], uint64_t bytes);

#endif
