/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The bootstrap entry vector: what the BIOS calls when it is this network card's turn to boot. It checks that the machine
 * can run us, finds the top of RAM below 4 GB, enters protected mode, unpacks the image there and jumps into it.
 *
 * Nothing in the ROM's own segment is written: the BIOS has write-protected it by now. */
#include "bios/layout.h"
#include "bios/realmode/a20.inc"

    .set BASE_MEMORY_KB, 0x413
    .set PXENV_STATUS_LOADER_UNDI_START, 0xca

    .arch i686
    .section .text16, "ax"
    .code16
    .set FRAME_EAX, 36          /* in what SAVE_REGISTERS pushed */
    .set FRAME_ARGUMENTS, 48    /* behind EFLAGS and the far return address */

    /* The frame by which low_leave (bios/realmode/call_out.S) returns to whoever called; ESI is where it lies. */
    .macro SAVE_REGISTERS
    pushfl
    cli
    cld
    pushal
    pushw %ds
    pushw %es
    pushw %fs
    pushw %gs
    movl %esp, %esi
    .endm

    .global undi_loader
/* The UNDI loader (PXE 2.1 section 3.1.2): called far in real mode, on the stack a far pointer to struct s_UNDI_LOADER. It goes the
 * same way, but the low block comes to lie where the caller says, and instead of booting we return. */
undi_loader:
    SAVE_REGISTERS
    movzwl %sp, %ebp
    movzwl FRAME_ARGUMENTS+2(%bp), %eax
    shll $4, %eax
    movzwl FRAME_ARGUMENTS(%bp), %ecx
    addl %ecx, %eax
    pushl %eax
    jmp start

    .global bev
bev:
    SAVE_REGISTERS
    pushl $0                    /* no UNDI loader */

start:                          /* below the frame: address of the UNDI loader's parameters, or 0 */
    call cpu_is_suitable
    movw $text_cpu, %bx
    jc refuse
    movw $text_base_memory, %bx
    xorw %ax, %ax
    movw %ax, %ds
    movw BASE_MEMORY_KB, %ax
    cmpw $128, %ax              /* less would leave no room for a boot program */
    jb refuse
    cmpw $640, %ax
    ja refuse
    call find_high_memory
    movw $text_memory, %bx
    testl %edi, %edi
    jz refuse

    movw $0x2401, %ax           /* the BIOS knows its board best; A20_ENABLE is for those that do not implement this */
    int $0x15
    cli
    cld

    xorl %ebx, %ebx
    movw %cs, %bx
    shll $4, %ebx               /* EBX = linear address of the ROM */

    /* A GDT on the stack, since two of its entries depend on where the ROM and the stack lie. The accessed bits are set
     * already. */
    xorl %ecx, %ecx
    movw %ss, %cx
    movl %ecx, %eax
    shll $4, %eax
    movl $0x008f9300, %edx      /* 20h stack16: 4 GB limit, as the BIOS's "big real mode" has it */
    call push_descriptor
    movl %ebx, %eax
    movl $0x00009b00, %edx      /* 18h code16 */
    call push_descriptor
    pushl $0x00cf9300           /* 10h data32 */
    pushl $0x0000ffff
    pushl $0x00cf9b00           /* 08h code32 */
    pushl $0x0000ffff
    pushl $0
    pushl $0
    xorl %eax, %eax
    movw %ss, %ax
    shll $4, %eax
    movzwl %sp, %edx
    addl %edx, %eax             /* EAX = linear address of the GDT; EDX = offset of the GDT in SS */
    pushl %eax
    pushw $39
    movw %sp, %bp
    lgdtl (%bp)
    movl %cr0, %eax
    orb $1, %al
    movl %eax, %cr0
    /* A far jump whose target is only known now: far return. */
    leal bev32(%ebx), %eax
    pushl $0x08
    pushl %eax
    lretl

    .code32
bev32:                          /* EBX ROM, ESI ESP and ECX SS of the BIOS frame, EDI high block */
    movw $0x10, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movl %ecx, %eax
    shll $4, %eax
    movzwl %sp, %esp
    addl %eax, %esp             /* still the BIOS's stack, seen flat */
    pushl %ecx                  /* kept for unpack_failed */
    pushl %esi
    movl %ecx, %ebp
    movl %esp, %ecx
    pushl $0                    /* a dword to test A20 with */
    movl %esp, %esi
    A20_TEST %esi
    jne 1f
    A20_ENABLE %esi
    A20_TEST %esi
    je unpack_failed
1:
    movl 8(%esi), %eax
    shll $4, %eax
    movzwl 4(%esi), %ecx
    movl -4(%eax,%ecx), %edx    /* what `start` found below the frame */
    leal HIGH_SIZE - HIGH_END_ROOM(%edi), %esp
    pushl %esi

    /* struct handoff (bios/handoff.h), last member first. */
    pushl %edx
    movzwl rom_bdf(%ebx), %eax
    pushl %eax
    pushl $HIGH_SIZE
    pushl %edi
    movl %ebx, %eax
    shrl $4, %eax
    pushl %eax
    pushl 4(%esi)               /* ESP */
    pushl 8(%esi)               /* SS */
    movl %esp, %ebp

    leal HIGH_SIZE - HIGH_STACK_SIZE(%edi), %eax
    pushl %eax
    pushl %edi
    pushl %edi
    leal payload(%ebx), %eax
    pushl %eax
    call rom_unpack             /* address of the image's entry, or 0 */
    testl %eax, %eax
    jz unpack_failed
    pushl %ebp
    call *%eax                  /* does not return */

unpack_failed:                  /* ESI: on the BIOS stack; back to 16 bits, with 4 GB limits as found */
    movl %esi, %esp
    popl %eax
    popl %esi
    popl %ebp
    pushl $0x18
    leal refuse_unpack, %eax
    pushl %eax
    lretl

    .code16
refuse_unpack:
    movw $0x20, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movl %esi, %esp
    movl %cr0, %eax
    andb $0xfe, %al
    movl %eax, %cr0
    shrl $4, %ebx               /* ROM segment */
    pushw %bx
    pushw $1f
    lretw
1:  movw %bp, %ss
    movw $text_unpack, %bx

/* BX = text, ESI = ESP of the frame. Tells why and goes back to the BIOS, which tries its next boot device, or to whoever called the
 * UNDI loader. */
refuse:
    pushw %cs
    popw %ds
    movl %esi, %esp
    movw %sp, %bp
    movl -4(%bp), %eax
    testl %eax, %eax
    jz 1f
    movw $1, FRAME_EAX(%bp)     /* PXENV_EXIT_FAILURE */
    lesw FRAME_ARGUMENTS(%bp), %di
    movw $PXENV_STATUS_LOADER_UNDI_START, %es:(%di)
1:  movw %bx, %si
1:  lodsb
    testb %al, %al
    jz 2f
    movw $7, %bx
    movb $0x0e, %ah
    int $0x10
    jmp 1b
2:  popw %gs
    popw %fs
    popw %es
    popw %ds
    popal
    popfl
    lretw

/* Pushes the segment descriptor with base EAX, and access byte and upper limit in EDX. */
push_descriptor:
    popw %bp
    pushl %ebx
    movl %eax, %ebx
    andl $0xff000000, %ebx
    orl %ebx, %edx
    popl %ebx
    pushl %eax
    shrl $16, %eax
    movb %al, %dl
    popl %eax
    pushl %edx
    shll $16, %eax
    movw $0xffff, %ax
    pushl %eax
    jmpw *%bp

/* CF=1 unless CPUID, TSC and CMOV are there: what -march=i686 code and the clock need. */
cpu_is_suitable:
    pushl %ebx
    pushfl
    popl %eax
    movl %eax, %ecx
    xorl $0x00200000, %eax      /* EFLAGS.ID can be changed where CPUID exists */
    pushl %eax
    popfl
    pushfl
    popl %eax
    xorl %ecx, %eax
    testl $0x00200000, %eax
    jz 1f
    movl $1, %eax
    cpuid
    andl $0x8010, %edx
    cmpl $0x8010, %edx
    jne 1f
    popl %ebx
    clc
    ret
1:  popl %ebx
    stc
    ret

/* EDI = base of HIGH_SIZE bytes near the end of the highest RAM range below 4 GB that is large enough, or 0. The ranges come
 * from INT 15h AX=E820h. Nothing at or above FFF00000: the BIOS flash is decoded there. */
find_high_memory:
    pushw %si
    xorl %edi, %edi
    xorl %ebx, %ebx
    subw $24, %sp
    movw %sp, %bp
    pushw %ss
    popw %es
1:  movl $0xe820, %eax
    movl $0x534d4150, %edx
    movl $24, %ecx
    pushl %edi
    movw %bp, %di
    int $0x15
    popl %edi
    cli
    cld
    jc 4f
    cmpl $0x534d4150, %eax
    jne 4f
    cmpl $1, 16(%bp)            /* RAM */
    jne 3f
    cmpl $0, 4(%bp)
    jne 3f
    movl (%bp), %eax
    movl 12(%bp), %edx
    movl 8(%bp), %ecx
    addl %eax, %ecx
    adcl $0, %edx
    jnz 2f
    cmpl $0xfff00000, %ecx
    jbe 5f
2:  movl $0xfff00000, %ecx
5:  andw $0xf000, %cx
    decl %ecx
    btl $20, %ecx               /* the last dword has to be in an odd megabyte: A20 is tested with it */
    jc 6f
    andl $0xfff00000, %ecx
    decl %ecx
6:  incl %ecx
    subl $HIGH_SIZE, %ecx
    jb 3f
    cmpl $0x100000, %ecx        /* what starts at 1 MB is where kernels are loaded */
    jbe 3f
    cmpl %eax, %ecx
    jb 3f
    cmpl %edi, %ecx
    jbe 3f
    movl %ecx, %edi
3:  testl %ebx, %ebx
    jnz 1b
4:  addw $24, %sp
    popw %si
    ret

text_cpu:
    .asciz "\r\nPuck: this processor is too old (a Pentium Pro or newer is needed)\r\n"
text_base_memory:
    .asciz "\r\nPuck: not enough base memory (BIOS data area 40:13)\r\n"
text_memory:
    .asciz "\r\nPuck: the BIOS reports no 4 MB of free memory below 4 GB (INT 15h E820h)\r\n"
text_unpack:
    .asciz "\r\nPuck: the option ROM is damaged, or address line A20 stays closed\r\n"
