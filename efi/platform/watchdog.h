/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The firmware's watchdog resets the machine five minutes after a boot option was started (UEFI 2.10, section 3.1.2). A
 * long download is no hang: whoever waits feeds it.
 */
#ifndef PUCK_EFI_WATCHDOG_H
#define PUCK_EFI_WATCHDOG_H

#include "firmware/base/time.h"

/* Arms it anew, at most every ten seconds. Called while we wait. */
void watchdog_feed(time_us now);

/* Arms it as the firmware does before it starts a boot option: before we start one. */
void watchdog_arm(void);

/* Before we return to whoever called us: a shell or a boot menu must not be reset five minutes later. */
void watchdog_disarm(void);

#endif
