/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/platform/tpl.h"
#include "efi/platform/watchdog.h"
#include "firmware/platform.h"

/* Often enough for the firmware's timer (10 ms) and keyboard, seldom enough for two changes of the TPL not to count. */
#define YIELD_INTERVAL MILLISECONDS(1)

enum {
    PAUSES = 8,
};

static time_us yield_next;

/* The NIC is polled, and nothing tells us when a frame arrives: waiting longer would only delay it. PAUSES are less
 * than half a microsecond on any processor. */
void platform_idle(time_us now, time_us until)
{
    watchdog_feed(now);
    if (now >= yield_next) {
        tpl_yield();
        yield_next = platform_now() + YIELD_INTERVAL;
    } else if (now < until) {
        for (unsigned i = 0; i < PAUSES; i++)
            __builtin_ia32_pause();
    }
}
