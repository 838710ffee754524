/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/platform/watchdog.h"

#include "efi/platform/services.h"

#define PERIOD_S      300 /* what section 3.1.2 names */
#define FEED_INTERVAL SECONDS(10)
#define CALL_GAP      SECONDS(1) /* so long without a wait: what waits now is another call */
#define CALL_LONG     SECONDS(60)

static bool is_ours;
static time_us next_feed, last_wait, call_began;

static void set(unsigned seconds)
{
    efi_boot->SetWatchdogTimer(seconds, 0, 0, NULL);
}

void watchdog_arm(void)
{
    is_ours = true;
    next_feed = 0;
    set(PERIOD_S);
}

void watchdog_disarm(void)
{
    is_ours = false;
    set(0);
}

void watchdog_hand_over(void)
{
    is_ours = false;
    set(PERIOD_S);
}

void watchdog_feed(time_us now)
{
    if (now - last_wait > CALL_GAP)
        call_began = now;
    last_wait = now;
    if (now < next_feed || (!is_ours && now - call_began < CALL_LONG))
        return;
    next_feed = now + FEED_INTERVAL;
    set(is_ours ? PERIOD_S : 0);
}
