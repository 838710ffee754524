/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The two interrupt controllers (Intel 8259A). */
#ifndef BIOS_PLATFORM_PIC_H
#define BIOS_PLATFORM_PIC_H

#include <stdint.h>

/* Keeps an interrupt line from the processor; anything that is not a device's line (1 to 15, but 2) is ignored. */
void pic_mask(uint8_t line);

/* Makes the line masked last as it was. */
void pic_restore(void);

#endif
