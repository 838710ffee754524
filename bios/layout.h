/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Sizes and numbers that assembly, C and the linker scripts of the BIOS platform agree on. */
#ifndef BIOS_LAYOUT_H
#define BIOS_LAYOUT_H

/* The high block: image, heap (receive rings, a boot file being fetched) and the protected-mode stack, at the top of
 * RAM below 4 GB. */
#define HIGH_SIZE       0x400000
#define HIGH_STACK_SIZE 0x10000

/* The low block at the top of base memory: everything real mode has to reach. Whole KB, since 40:13 counts in KB. */
#define LOW_SIZE     0x4000
#define LOW_E820_MAX 64

/* What the UNDI loader's caller is told to provide besides LOW_SIZE for the block: calls have a stack of their own. */
#define UNDI_STACK_SIZE 512
#define UNDI_DATA_SIZE  16
#define LOW_PACKET_SIZE 1260 /* sizeof(BOOTPLAYER), PXE 2.1 section 3.1.1 */
#define LOW_FRAME_SIZE  1536
#define LOW_BIOS_STACK  2048

/* The last dword of the high block lies in an odd megabyte: read through a closed A20 gate, it is something else. */
#define A20_MAGIC     0x30324121
#define HIGH_END_ROOM 16

/* Selectors of the protected-mode GDT in the low block. */
#define SEL_CODE32  0x08
#define SEL_DATA32  0x10
#define SEL_CODE16  0x18 /* base of the low block, 64 KB */
#define SEL_DATA16  0x20 /* 64 KB limit: what a boot program expects to find in real mode */
#define SEL_DATABIG 0x28 /* 4 GB limit: the "big real mode" a BIOS calls option ROMs in */

#endif
