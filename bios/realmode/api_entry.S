/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The two entry points of the PXE API (PXE 2.1 section 3.1) and the way from there to api_entered() (bios/pxe/api_call.c)
 * and back. 40 bytes of the caller's stack are used: callers have as little as 64 to give.
 *
 * The caller gets everything back as it was, upper halves, flags, GDTR and IDTR included; only AX changes.
 */
#include "bios/realmode/a20.inc"
#include "bios/realmode/switch.inc"

    .arch i686
    .code16

/* Some programs (Wyse's WLDRM13.BIN) take offset 0 of the UNDI code segment for the PXENV+ entry point. */
    .section .low.head, "awx"
low_start:
    jmp low_pxenv_entry

    .section .low.text, "awx"

    .macro SAVE_CALLER
    pushfl
    cli
    cld
    pushal
    pushw %ds
    pushw %es
    .endm

    /* Offsets in what SAVE_CALLER pushed. */
    .set FRAME_EAX, 32
    .set FRAME_ARGUMENTS, 44    /* behind EFLAGS and the far return address */

    .global low_pxenv_entry
low_pxenv_entry:                /* BX = opcode, ES:DI = parameters */
    SAVE_CALLER
    movzwl %bx, %ebx
    jmp enter

    .global low_pxe_entry
low_pxe_entry:                  /* on the stack: opcode, offset, segment; the registers may hold anything (GRUB) */
    SAVE_CALLER
    movw %sp, %bp
    movzwl FRAME_ARGUMENTS(%bp), %ebx
    movw FRAME_ARGUMENTS+2(%bp), %di
    movw FRAME_ARGUMENTS+4(%bp), %es

enter:                          /* EBX = opcode, ES:DI = parameters */
    smsww %ax
    testb $1, %al               /* virtual 8086 or 16-bit protected mode: not ours to switch */
    jnz in_protected_mode
    movw %es, %ax
    shll $16, %edi              /* EDI = segment, offset of the parameters, as one far pointer */
    movw %ax, %di
    roll $16, %edi
enter_flat:
    movw %cs, %ax
    movw %ax, %ds
    movl %esp, low_caller_esp
    movw %ss, low_caller_esp+4
    sgdtl low_caller_gdtr
    sidtl low_caller_idtr
    TO_PROTECTED api_without_a20
    pushl %edi
    pushl %ebx
    call *low_api_entered(%ebp)
api_leave:
    TO_REAL SEL_DATA16
    movw %cs, %cx
    movw %cx, %ds
    lidtl low_caller_idtr
    lgdtl low_caller_gdtr
    lssl low_caller_esp, %esp
    movw %sp, %bp
    movw %ax, FRAME_EAX(%bp)
restore_caller:
    popw %es
    popw %ds
    popal
    popfl
    lretw

    .code32
api_without_a20:                /* all we can do is not to pretend success */
    testl $0x10000, %ebx        /* INT 18h and 19h: nobody to tell */
    jnz call_without_a20
    movzwl %di, %eax
    shrl $16, %edi
    shll $4, %edi
    movw $0x0001, (%edi,%eax)
    movl $1, %eax
    jmp api_leave

    .code16
in_protected_mode:
    movw $0x00a2, %es:(%di)     /* PXENV_STATUS: not available in protected mode */
    movw %sp, %bp
    movw $1, FRAME_EAX(%bp)
    jmp restore_caller

/*
 * INT 18h and 19h while a boot program runs: it gave up (pxelinux's "localboot -1"). The interrupt is the BIOS's, but
 * before it continues, the network card has to be stopped and our memory given back. api_entered() does not return then.
 */
    .global low_int18, low_int19
low_int19:
    cli
    movl $0x10019, %ebx
    jmp 1f
low_int18:
    cli
    movl $0x10018, %ebx
1:  cld
    xorl %edi, %edi
    jmp enter_flat
