/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * One line per state change of a machine, and debug lines for ignored packets. A log is lent to each machine by the
 * session; a machine with no log (NULL) is silent.
 */
#ifndef PUCK_BASE_LOG_H
#define PUCK_BASE_LOG_H

#include "firmware/base/format.h"

enum log_level {
    LOG_DEBUG,
    LOG_INFO,
    LOG_WARN,
};

struct log {
    void (*write)(struct log *, enum log_level, const char *line); /* line: no newline, NUL terminated */
};

/* Formats at most 159 characters (see text_format) and hands them to the log. */
void log_print(struct log *log, enum log_level level, const char *format, ...) FORMAT_LIKE_PRINTF(3, 4);

#endif
