/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * From protected mode out to real mode: low_call() calls a real-mode interrupt routine (of the BIOS, or one of those at
 * the end of this file), low_leave() gives the processor back for good.
 */
#include "bios/realmode/a20.inc"
#include "bios/realmode/switch.inc"

    .arch i686
    .section .low.text, "awx"
    .code32

/*
 * void low_call(uint8_t *low): calls low_call_target as an INT instruction would, with the registers of low_call_regs, and
 * stores them there again. A PXE API call may come in meanwhile, so what such a call keeps in the block is saved.
 */
    .global low_call
low_call:
    movl 4(%esp), %eax
    pushl %ebp
    pushl %ebx
    pushl %esi
    pushl %edi
    movl %eax, %ebp
    pushl low_caller_esp(%ebp)
    pushl low_caller_esp+4(%ebp)
    pushl low_caller_gdtr(%ebp)
    pushl low_caller_gdtr+4(%ebp)
    pushl low_caller_idtr(%ebp)
    pushl low_caller_idtr+4(%ebp)
    pushl low_bios_sp(%ebp)
    pushl low_pm_esp(%ebp)
    movl %esp, low_pm_esp(%ebp)
    TO_REAL SEL_DATA16
    movw %cs, %ax
    movw %ax, %ds
    movw %ax, %ss
    lidtl low_real_idtr
    movl $low_call_regs, %esp   /* all of ESP: BIOSes are not prepared for rubbish in its high half */
    popal
    popw %ds
    popw %es
    movl %cs:low_bios_sp, %esp
    pushfw
    lcallw *%cs:low_call_target
    pushfl
    cli
    cld
    popl %cs:low_call_flags
    movl $low_call_regs_end, %esp
    pushw %es
    pushw %ds
    pushal
    movw %cs, %ax
    movw %ax, %ds
    TO_PROTECTED call_without_a20
1:  popl low_pm_esp(%ebp)
    popl low_bios_sp(%ebp)
    popl low_caller_idtr+4(%ebp)
    popl low_caller_idtr(%ebp)
    popl low_caller_gdtr+4(%ebp)
    popl low_caller_gdtr(%ebp)
    popl low_caller_esp+4(%ebp)
    popl low_caller_esp(%ebp)
    popl %edi
    popl %esi
    popl %ebx
    popl %ebp
    ret

/* Somebody closed the gate behind our back and it cannot be opened: our code is out of reach. Leave it to the BIOS. */
    .global call_without_a20
call_without_a20:
    movl low_old_int18(%ebp), %edx
    jmp leave_by_interrupt

/*
 * void low_leave(uint32_t ss, uint32_t esp, uint32_t routine): back to the BIOS's boot loop, in the big real mode it called
 * us in. With SS:SP at the frame bios/rom/bev.S left: by returning. With a far pointer to an interrupt routine: by calling
 * that, on a stack of ours.
 */
    .global low_leave
low_leave:
    movl 4(%esp), %eax
    movl 8(%esp), %ebx
    movl 12(%esp), %edx
    testl %edx, %edx
    jnz leave_by_interrupt
    TO_REAL SEL_DATABIG
    movw %ax, %ss
    movl %ebx, %esp
    lidtl %cs:low_real_idtr
    popw %gs
    popw %fs
    popw %es
    popw %ds
    popal
    popfl
    lretw

    .code32
leave_by_interrupt:             /* EDX = far pointer to the routine */
    TO_REAL SEL_DATABIG
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %fs
    movw %ax, %gs
    lidtl %cs:low_real_idtr
    movw %cs, %ax
    movw %ax, %ss
    movl $LOW_SIZE, %esp
    pushl %edx
    movw %sp, %bp
    sti
    pushfw
    lcallw *(%bp)
    int $0x19                   /* it returned: nothing was bootable */
    ljmpw $0xf000, $0xfff0

/* --- real-mode routines to be called by low_call(); all end as interrupt routines do --- */

    .code16
/* A moment with interrupts on: the timer tick and the keyboard get their turn. */
    .global low_window
low_window:
    sti
    nop
    nop
    cli
    iretw

/* Prints the NUL-terminated text in low_text. */
    .global low_print
low_print:
    cld
    movw $low_text, %si
1:  lodsb
    testb %al, %al
    jz 2f
    movw $0x0007, %bx           /* page 0, light grey where it matters */
    movb $0x0e, %ah
    pushw %si
    int $0x10
    popw %si
    jmp 1b
2:  iretw

/*
 * Starts the boot program at 0:7C00 in the state PXE 2.1 section 4.4.5 and its successors' habits ask for, EDX having been
 * set by the caller. AX: what it returned with.
 */
    .global low_start_nbp
low_start_nbp:
    movl %esp, %cs:low_bios_sp  /* API calls of the boot program call out to the BIOS from below here */
    movw %cs, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movl $LOW_SIZE, %esp
    pushw %ax
    pushw $low_pxe              /* SS:SP+4 will be a far pointer to !PXE */
    movw $low_pxenv, %bx
    xorl %eax, %eax
    sti
    lcallw $0, $0x7c00
    cli
    movw %cs, %bx
    movw %bx, %ss
    movl %cs:low_bios_sp, %esp
    iretw
