/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A boot program, and a boot sector too, that prints what memory it finds: base memory (40:13h, in KB) and the BIOS's
 * memory map (INT 15h, E820h). Booted from a floppy without network card it shows what the machine has; booted by a PXE
 * client, what that client leaves.
 */
        .code16
        .text
        .globl  _start
_start:
        ljmp    $0, $start
start:
        xorw    %ax, %ax
        movw    %ax, %ds
        movw    %ax, %es
        cld
        call    print
        .asciz  "\r\nPROBE base_kb="
        movw    0x413, %ax
        call    print_hex16
        xorl    %ebx, %ebx
next:
        movl    $0xe820, %eax
        movl    $20, %ecx
        movl    $0x534d4150, %edx       /* 'SMAP' */
        movw    $entry, %di
        int     $0x15
        jc      done
        cmpl    $0x534d4150, %eax
        jne     done
        call    print
        .asciz  "\r\nPROBE e820"
        movl    entry + 16, %eax
        call    field
        movl    entry + 4, %eax
        call    field
        movl    entry, %eax
        call    print_hex32
        movl    entry + 12, %eax
        call    field
        movl    entry + 8, %eax
        call    print_hex32
        testl   %ebx, %ebx
        jnz     next
done:
        call    print
        .asciz  "\r\nPROBE end\r\n"
halt:
        hlt
        jmp     halt

field:
        pushl   %eax
        movb    $' ', %al
        call    print_char
        popl    %eax
        jmp     print_hex32

#include "tests/bench/nbp/print.inc"

        .org    510
        .word   0xaa55
        .set    entry, 0x600
