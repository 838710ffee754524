/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* One short stub for each of the 32 exception vectors, 8 bytes apart. */
    .section .text.exception_entry, "ax"
    .code32
    .global exception_stubs
exception_stubs:
    .set vector, 0
    .rept 32
    .balign 8
    /* The processor pushes an error code for these; for the rest, something in its place. */
    .if vector != 8 && (vector < 10 || vector > 14) && vector != 17 && vector != 21
    pushl %eax
    .endif
    pushl $vector
    jmp exception_common
    .set vector, vector + 1
    .endr
    .balign 8

exception_common:
    cmpl $2, (%esp)             /* NMI: the hardware's business, and it must not stop us */
    je 1f
    cld
    pushal
    movl %esp, %eax
    pushl %eax
    call exception_report
1:  addl $8, %esp
    iretl
