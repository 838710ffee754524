/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Where the ACPI power management timer is. */
#ifndef BIOS_PLATFORM_ACPI_TIMER_H
#define BIOS_PLATFORM_ACPI_TIMER_H

#include <stdint.h>

/* Its I/O port, from the FADT, or 0 if there is none. */
uint16_t acpi_timer_port(void);

#endif
