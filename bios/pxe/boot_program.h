/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Running a boot program (an NBP) in real mode, in the state PXE 2.1 section 4.4.5 asks for, until it returns. While it
 * runs, the interrupt hooks are in place and our memory is hidden from it.
 */
#ifndef BIOS_PXE_BOOT_PROGRAM_H
#define BIOS_PXE_BOOT_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "firmware/base/bytes.h"

#define BOOT_PROGRAM_ADDRESS 0x7c00u

/* How long a boot program may be: up to our block in base memory. */
size_t boot_program_size_max(void);

/* Copies the program to 0:7C00 and runs it, and those it has us replace it by. Returns AX of the one that came back. A
 * program that gives up by INT 18h or starts an operating system never comes back. */
uint16_t boot_program_run(struct slice program);

/* In an API call (PXENV_RESTART_TFTP): the calling program is replaced, and the call does not return. */
void boot_program_replace(struct slice program) __attribute__((noreturn));

#endif
