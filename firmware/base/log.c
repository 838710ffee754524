/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/base/log.h"

void log_print(struct log *log, enum log_level level, const char *format, ...)
{
    char line[160];
    va_list args;

    if (log == NULL)
        return;
    va_start(args, format);
    text_format_args(line, sizeof(line), format, args);
    va_end(args);
    log->write(log, level, line);
}
