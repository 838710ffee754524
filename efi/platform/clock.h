/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Time: the time stamp counter, calibrated on the firmware's Stall(). It goes on at every TPL and costs no call. UEFI's
 * own timers tick every 10 ms and stand still while the TPL is raised; its clock counts seconds.
 */
#ifndef PUCK_EFI_CLOCK_H
#define PUCK_EFI_CLOCK_H

#include "firmware/base/time.h"

/* Takes about 10 ms, once; later calls do nothing. Before platform_now(). */
void clock_start(void);

#endif
