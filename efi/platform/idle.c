/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/platform/relax.h"
#include "efi/platform/tpl.h"
#include "efi/platform/watchdog.h"
#include "firmware/platform.h"

/* Often enough for the firmware's timer (10 ms) and keyboard, seldom enough for two changes of the TPL not to count. */
#define YIELD_INTERVAL MILLISECONDS(1)

static time_us yield_next;

/* The NIC is polled, and nothing tells us when a frame arrives: a longer wait would only delay it. */
void platform_idle(time_us now, time_us until)
{
    watchdog_feed(now);
    if (now >= yield_next) {
        tpl_yield();
        yield_next = platform_now() + YIELD_INTERVAL;
    } else if (now < until) {
        relax();
    }
}
