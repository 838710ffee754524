/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Time is a value: microseconds since some fixed moment before the session began, passed in by whoever polls. Nothing
 * below the session reads a clock.
 */
#ifndef PUCK_BASE_TIME_H
#define PUCK_BASE_TIME_H

#include <stdint.h>

typedef uint64_t time_us;

#define TIME_NEVER      UINT64_MAX
#define MILLISECONDS(n) ((time_us)(n)*1000u)
#define SECONDS(n)      ((time_us)(n)*1000000u)

static inline time_us time_earlier(time_us a, time_us b)
{
    return a < b ? a : b;
}

#endif
