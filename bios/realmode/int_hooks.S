/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * INT 1Ah AX=5650h, the PXE installation check (PXE 2.1 section 3.1.1), and the memory size functions of INT 15h, answered
 * from what low_memory_hide() (bios/realmode/memory_map.c) computed. Everything else goes on to the vector found.
 */
#include "bios/layout.h"

    .arch i686
    .section .low.text, "awx"
    .code16

    .set CARRY, 1

    .global low_int1a
low_int1a:
    cmpw $0x5650, %ax
    je 1f
    ljmpw *%cs:low_old_int1a
1:  pushw %cs
    popw %es
    movw $low_pxenv, %bx
    movl %cs:low_pxenv_linear, %edx
    movw $0x564e, %ax
iret_clear_carry:
    pushw %bp
    movw %sp, %bp
    andb $~CARRY, 6(%bp)        /* the flags IRET will restore */
    popw %bp
    iretw

    .global low_int15
low_int15:
    cmpw $0xe820, %ax
    je e820
    cmpw $0xe801, %ax
    je e801
    cmpb $0x88, %ah
    je memory_88
chain_int15:
    ljmpw *%cs:low_old_int15

e801:
    movw %cs:low_e801_below_16mb, %ax
    movw %cs:low_e801_above_16mb, %bx
    movw %ax, %cx
    movw %bx, %dx
    jmp iret_clear_carry

memory_88:
    movw %cs:low_88_size, %ax
    jmp iret_clear_carry

e820:
    cmpl $0x534d4150, %edx      /* "SMAP" */
    jne chain_int15
    cmpl %cs:low_e820_count, %ebx
    jae e820_bad
    cmpl $20, %ecx
    jb e820_bad
    cmpl %cs:low_e820_entry_size, %ecx
    jbe 1f
    movl %cs:low_e820_entry_size, %ecx
1:  pushl %ecx
    pushw %ds
    pushw %si
    pushw %di
    pushfw
    cld
    pushw %cs
    popw %ds
    imulw $24, %bx, %si
    addw $low_e820, %si
    rep movsb
    popfw
    popw %di
    popw %si
    popw %ds
    popl %ecx
    incl %ebx
    cmpl %cs:low_e820_count, %ebx
    jb 2f
    xorl %ebx, %ebx
2:  movl $0x534d4150, %eax
    jmp iret_clear_carry
e820_bad:
    movb $0x86, %ah
    pushw %bp
    movw %sp, %bp
    orb $CARRY, 6(%bp)
    popw %bp
    iretw
