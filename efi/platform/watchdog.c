/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/platform/watchdog.h"

#include "efi/platform/services.h"

#define PERIOD_S      300 /* what section 3.1.2 names */
#define FEED_INTERVAL SECONDS(10)

static time_us next_feed;

void watchdog_arm(void)
{
    efi_boot->SetWatchdogTimer(PERIOD_S, 0, 0, NULL);
}

void watchdog_disarm(void)
{
    efi_boot->SetWatchdogTimer(0, 0, 0, NULL);
}

void watchdog_feed(time_us now)
{
    if (now < next_feed)
        return;
    next_feed = now + FEED_INTERVAL;
    watchdog_arm();
}
