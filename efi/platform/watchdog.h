/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The firmware's watchdog resets the machine five minutes after a boot option was started (UEFI 2.10, section 3.1.2). A
 * long download is no hang: whoever waits feeds it.
 */
#ifndef PUCK_EFI_WATCHDOG_H
#define PUCK_EFI_WATCHDOG_H

#include "firmware/base/time.h"

/*
 * Called while we wait. While the boot is ours (between watchdog_arm() and watchdog_disarm()) it is armed anew, every
 * ten seconds. In a boot program's calls it is that program's, who may have switched it off, so it is never armed; a
 * call that takes a minute switches it off.
 */
void watchdog_feed(time_us now);

/* Arms it as the firmware does before it starts a boot option. */
void watchdog_arm(void);

/* Before we return to whoever called us: a shell or a boot menu must not be reset five minutes later. */
void watchdog_disarm(void);

/* A boot program starts: it is armed, and no longer ours. */
void watchdog_hand_over(void);

#endif
