/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Time for platform_now(): the processor's time stamp counter, its rate measured against the 8254 timer, or where that
 * stands still (some chipsets gate its clock), against the ACPI timer (ACPI 6.5 section 4.8.3.3).
 */
#ifndef BIOS_PLATFORM_CLOCK_H
#define BIOS_PLATFORM_CLOCK_H

#include <stdint.h>

/* Measures for 2 ms, up to 40 where a hypervisor interrupts it. */
void clock_start(void);

/* Waits. */
void clock_delay_us(uint32_t us);

/* Kilohertz the time stamp counter was found to run at. */
uint32_t clock_rate_khz(void);

#endif
