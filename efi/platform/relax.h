/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A moment in which the processor does nothing: eight PAUSE instructions, less than half a microsecond on any. Under an
 * emulator, which counts each as one instruction but spends the time of many on it, they make waiting cheap, so there
 * is no loop around them.
 */
#ifndef PUCK_EFI_RELAX_H
#define PUCK_EFI_RELAX_H

static inline void relax(void)
{
    __asm__ volatile("pause\n\tpause\n\tpause\n\tpause\n\tpause\n\tpause\n\tpause\n\tpause");
}

#endif
