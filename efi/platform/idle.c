/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/platform/tpl.h"
#include "efi/platform/watchdog.h"
#include "firmware/platform.h"

void platform_idle(time_us now, time_us until)
{
    (void)until;
    watchdog_feed(now);
    tpl_yield();
    __builtin_ia32_pause();
}
