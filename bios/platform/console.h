/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#ifndef BIOS_PLATFORM_CONSOLE_H
#define BIOS_PLATFORM_CONSOLE_H

#include <stdbool.h>

/* While a boot program owns screen and keyboard, nothing is printed and no key is taken. */
void console_set_silent(bool on);

#endif
