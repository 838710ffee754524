/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The data of the low block. C reaches it through bios/realmode/low.h. */
#include "bios/layout.h"

    .section .low.data, "awx"

/* PXE 2.1 section 3.1: !PXE. Segments, the entry points' included, the ROM id and the checksum are filled in by low_install(). ReactOS looks
 * for it in 16-byte steps. */
    .balign 16
    .global low_pxe, low_pxenv
low_pxe:
    .ascii "!PXE"
    .byte 0x58, 0, 0, 0
    .long 0                     /* UNDI ROM id */
    .long 0                     /* base-code ROM id: none */
    .word low_pxe_entry, 0
    .long 0                     /* no protected-mode entry point */
    .long 0xffffffff            /* no status call-out */
    .byte 0, 7
    .word 0
    .fill 7 * 8, 1, 0           /* segment descriptors */

    .balign 16
low_pxenv:
    .ascii "PXENV+"
    .word 0x0201
    .byte 0x2c, 0
    .word low_pxenv_entry, 0
    .fill 26, 1, 0
    .word low_pxe, 0

    .balign 8
low_gdt:
    .quad 0
    .quad 0x00cf9b000000ffff    /* SEL_CODE32 */
    .quad 0x00cf93000000ffff    /* SEL_DATA32 */
    .global low_gdt_code16
low_gdt_code16:
    .quad 0x00009b000000ffff    /* SEL_CODE16; base filled in */
    .quad 0x000093000000ffff    /* SEL_DATA16 */
    .quad 0x008f93000000ffff    /* SEL_DATABIG */
low_gdt_end:

    .macro VARIABLE name, size
    .global \name
\name:
    .fill \size, 1, 0
    .endm

    .global low_gdtr, low_real_idtr
    .balign 4
low_gdtr:
    .word low_gdt_end - low_gdt - 1
low_gdtr_base:
    .long low_gdt
    .pushsection .patch_base, "a"
    .long low_gdtr_base
    .popsection
low_real_idtr:
    .word 0x3ff
    .long 0

    .section .low_bss, "aw", @nobits
    .balign 4
    VARIABLE low_e820, (24 * LOW_E820_MAX)
    VARIABLE low_text, 256
    VARIABLE low_packets, (3 * LOW_PACKET_SIZE)

/*
 * What every API call writes starts here, more than a page behind the code, wherever the block lies: processors and
 * emulators pay dearly for writes to a page that they execute from. In QEMU this halves the time of an API call.
 */
    .balign 4
    .global low_variables
low_variables:
    VARIABLE low_idtr, 8
    VARIABLE low_caller_gdtr, 8
    VARIABLE low_caller_idtr, 8
    VARIABLE low_caller_esp, 8          /* and SS */
    VARIABLE low_pm_esp, 4
    VARIABLE low_a20_probe, 4           /* address of A20_MAGIC */
    VARIABLE low_a20_scratch, 4
    VARIABLE low_api_entered, 4
    VARIABLE low_bios_sp, 4
    VARIABLE low_call_target, 4
    VARIABLE low_call_flags, 4
    VARIABLE low_call_regs, 36
    .global low_call_regs_end
low_call_regs_end:
    VARIABLE low_pxenv_linear, 4
    VARIABLE low_old_int15, 4
    VARIABLE low_old_int18, 4
    VARIABLE low_old_int19, 4
    VARIABLE low_old_int1a, 4
    VARIABLE low_e820_count, 4
    VARIABLE low_e820_entry_size, 4
    VARIABLE low_e801_below_16mb, 2
    VARIABLE low_e801_above_16mb, 2
    VARIABLE low_88_size, 4
    VARIABLE low_bios_stack, LOW_BIOS_STACK
    .global low_bios_stack_end
low_bios_stack_end:

    .balign 4
    VARIABLE low_frame, LOW_FRAME_SIZE
