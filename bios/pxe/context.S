/* SPDX-License-Identifier: BSD-2-Clause-Patent */
    .section .text.context, "ax"
    .code32
    .global context_save, context_restore
context_save:
    movl 4(%esp), %eax
    movl %ebx, (%eax)
    movl %esi, 4(%eax)
    movl %edi, 8(%eax)
    movl %ebp, 12(%eax)
    movl %esp, 16(%eax)
    movl (%esp), %ecx
    movl %ecx, 20(%eax)
    xorl %eax, %eax
    ret

context_restore:
    movl 4(%esp), %eax
    movl (%eax), %ebx
    movl 4(%eax), %esi
    movl 8(%eax), %edi
    movl 12(%eax), %ebp
    movl 16(%eax), %esp
    movl 20(%eax), %ecx
    movl %ecx, (%esp)           /* calls made since have used this word again */
    movl $1, %eax
    ret
