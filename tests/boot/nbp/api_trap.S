/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A boot program that looks at what our PXE stack does to the machine: the state it is entered in, the structures it is
 * given, and whether each API call leaves registers, flags, GDTR, IDTR and stack as they were and says the same in AX and
 * Status. Ends with "api_trap: N checks, M failed", and then as END says: the ways a boot program can leave.
 */
    .code16
    .arch i686
    .text
    .globl start
start:
    movw %ss, %cs:entry_ss
    movw %sp, %cs:entry_sp
    movl %eax, %cs:entry_eax
    movl %ebx, %cs:entry_ebx
    movl %edx, %cs:entry_edx
    movw %es, %cs:entry_es
    pushfl
    popl %cs:entry_flags
    movw %cs, %cs:entry_cs
    movw %sp, %bp
    movl 4(%bp), %eax
    movl %eax, %cs:pxe_pointer
    cld
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss               /* the stack we were given is for API calls to be made on */
    movw $start, %sp

    movw $text_hello, %si
    call print
    call check_entry
    call check_structures
    call check_int1a
    call check_memory_map
    call check_calls
    call check_tiny_stacks
    call check_wild_parameters
    call check_a20
    call check_unhooked
    call report
    jmp END

/* --- expectations --- */

    /* Counts a check, and prints its text if the condition does not hold. */
    .macro EXPECT condition, text
    pushfw
    incw checks
    popfw
    j\condition 601f
    pushw $602f
    call failed
601:
    .pushsection .data
602:
    .asciz "\text"
    .popsection
    .endm

failed:                         /* on the stack: text */
    incw failures
    pushaw
    movw %sp, %bp
    movw 18(%bp), %si
    call print
    movw $text_opcode, %si
    call print
    movw opcode, %ax
    call print_hex
    movw $text_newline, %si
    call print
    popaw
    ret $2

/* --- the state at entry (PXE 2.1 section 4.4.5) --- */

check_entry:
    cmpw $0, entry_cs
    EXPECT e, "entry: CS is not 0"
    cmpw $0, entry_eax
    EXPECT e, "entry: AX is not 0"
    testl $0x200, entry_flags
    EXPECT nz, "entry: interrupts are off"
    testl $0x400, entry_flags
    EXPECT z, "entry: DF is set"
    movzwl entry_es, %eax
    shll $4, %eax
    movzwl entry_ebx, %ecx
    addl %ecx, %eax
    cmpl %eax, entry_edx
    EXPECT e, "entry: EDX is not the address of PXENV+"
    cmpw $2048, entry_sp
    EXPECT ae, "entry: less than 2 KB of stack"
    ret

check_structures:
    movw entry_es, %es
    movw entry_ebx, %di
    movl %es:(%di), %eax
    cmpl $0x4e455850, %eax      /* "PXEN" */
    EXPECT e, "PXENV+: signature"
    cmpw $0x0201, %es:6(%di)
    EXPECT e, "PXENV+: version"
    cmpb $0x2c, %es:8(%di)
    EXPECT e, "PXENV+: length"
    movl %es:0x28(%di), %eax
    cmpl pxe_pointer, %eax
    EXPECT e, "PXENV+ and the stack name different !PXE"
    movl %es:0x0a(%di), %eax
    movl %eax, pxenv_entry
    movw $0x2c, %cx
    call sum
    EXPECT z, "PXENV+: checksum"

    les pxe_pointer, %di
    cmpl $0x45585021, %es:(%di)
    EXPECT e, "!PXE: signature"
    movl %es:0x10(%di), %eax
    movl %eax, pxe_entry
    cmpb $0x58, %es:4(%di)
    EXPECT e, "!PXE: length"
    movw $0x58, %cx
    call sum
    EXPECT z, "!PXE: checksum"
    testw $15, %di
    EXPECT z, "!PXE: not on a paragraph"
    cmpw $0, %es:0x10(%di)
    EXPECT ne, "!PXE: entry point at offset 0"

    /* UNDI code and data must cover the block from 40:13 on, without a gap, to a KB boundary. */
    movw 0x413, %ax
    shlw $6, %ax
    cmpw %ax, %es:0x30(%di)
    EXPECT e, "UNDI code does not start where base memory ends"
    movw %es:0x36(%di), %ax
    shrw $4, %ax
    addw %es:0x30(%di), %ax
    cmpw %ax, %es:0x28(%di)
    EXPECT e, "UNDI data does not follow UNDI code"
    movzwl %es:0x28(%di), %eax
    shll $4, %eax
    movzwl %es:0x2e(%di), %ecx
    addl %ecx, %eax
    testw $0x3ff, %ax
    EXPECT z, "UNDI data does not end on a KB"
    pushw %es
    movw %es:0x30(%di), %es
    cmpb $0xe9, %es:0
    je 1f
    cmpb $0xeb, %es:0
1:  EXPECT e, "no jump at offset 0 of the UNDI code"
    popw %es
    ret

sum:                            /* ZF: whether the CX bytes at ES:DI add up to 0 */
    pushw %di
    xorb %al, %al
1:  addb %es:(%di), %al
    incw %di
    loop 1b
    popw %di
    testb %al, %al
    ret

check_int1a:
    movw $0x5650, %ax
    xorw %bx, %bx
    movw %bx, %es
    xorl %edx, %edx
    stc
    int $0x1a
    EXPECT nc, "INT 1Ah: carry not cleared"
    cmpw $0x564e, %ax
    EXPECT e, "INT 1Ah: AX"
    cmpw %bx, entry_ebx
    EXPECT e, "INT 1Ah: BX"
    movw %es, %ax
    cmpw %ax, entry_es
    EXPECT e, "INT 1Ah: ES"
    cmpl %edx, entry_edx
    EXPECT e, "INT 1Ah: EDX"
    movb $0x02, %ah             /* anything else goes on to the BIOS: read the clock */
    xorw %cx, %cx
    stc
    int $0x1a
    EXPECT nc, "INT 1Ah: the BIOS's functions are gone"
    ret

/* No range of RAM may reach into our block; the figures of the older functions must not exceed E820h's. */
check_memory_map:
    movzwl 0x413, %eax
    shll $10, %eax
    movl %eax, base_end
    xorl %ebx, %ebx
    movl %ebx, ram_above_1mb
    movw %bx, %es
1:  movl $0xe820, %eax
    movl $0x534d4150, %edx
    movl $24, %ecx
    movw $map_entry, %di
    stc
    int $0x15
    EXPECT nc, "E820: error"
    cmpl $0x534d4150, %eax
    EXPECT e, "E820: EAX"
    call print_range
    cmpl $1, map_entry+16
    jne 3f
    cmpl $0, map_entry+4
    jne 3f
    cmpl $0x100000, map_entry
    jne 2f
    movl map_entry+8, %eax
    movl %eax, ram_above_1mb
2:  cmpl $0xa0000, map_entry
    jae 3f
    movl map_entry, %eax
    addl map_entry+8, %eax
    cmpl base_end, %eax
    EXPECT be, "E820: RAM in our block"
3:  testl %ebx, %ebx
    jnz 1b
    movw $0xe801, %ax
    stc
    int $0x15
    EXPECT nc, "E801: error"
    cmpw %ax, %cx
    EXPECT e, "E801: AX and CX differ"
    movzwl %bx, %ebx
    shll $16, %ebx
    movzwl %ax, %eax
    shll $10, %eax
    addl %ebx, %eax
    cmpl ram_above_1mb, %eax
    EXPECT be, "E801: more than E820"
    movb $0x88, %ah
    stc
    int $0x15
    EXPECT nc, "INT 15h AH=88h: error"
    movzwl %ax, %eax
    shll $10, %eax
    cmpl ram_above_1mb, %eax
    EXPECT be, "INT 15h AH=88h: more than E820"
    ret

#include "tests/boot/nbp/api_trap_calls.inc"
#include "tests/boot/nbp/api_trap_ends.inc"

#include "tests/boot/nbp/report.inc"

print_hex:                      /* AX */
    pushaw
    movw $4, %cx
1:  rolw $4, %ax
    pushw %ax
    andb $15, %al
    cmpb $10, %al
    sbbb $0x69, %al             /* the digit's ASCII, by decimal adjustment */
    das
    movw $7, %bx
    movb $0x0e, %ah
    int $0x10
    popw %ax
    loop 1b
    popaw
    ret

print_range:                    /* map_entry: base, length, type */
    pushaw
    movw $text_e820, %si
    call print
    movw $map_entry+8, %bx
    movw $5, %cx
    movw $range_words, %si
1:  lodsw
    movw %ax, %bx
    movw (%bx), %ax
    call print_hex
    lodsw
    testw %ax, %ax
    jz 2f
    pushw %si
    movw $text_space, %si
    call print
    popw %si
2:  cmpw $range_words_end, %si
    jb 1b
    movw $text_newline, %si
    call print
    popaw
    ret

    .data
text_hello:   .asciz "\r\napi_trap: here\r\n"
text_opcode:  .asciz " (opcode "
text_newline: .asciz "\r\n"
text_space:   .asciz " "
text_e820:    .asciz "e820 "
text_name:    .asciz "api_trap: "
    .balign 2
range_words:                    /* address of a word, whether a space follows */
    .word map_entry+6, 0, map_entry+4, 0, map_entry+2, 0, map_entry, 1
    .word map_entry+14, 0, map_entry+12, 0, map_entry+10, 0, map_entry+8, 1
    .word map_entry+16, 1
range_words_end:
    .balign 4
checks:        .word 0
failures:      .word 0
opcode:        .word 0xffff
entry_cs:      .word 0
entry_es:      .word 0
    .balign 4
entry_stack:
entry_sp:      .word 0, 0
entry_ss:      .word 0, 0
entry_eax:     .long 0
entry_ebx:     .long 0
entry_edx:     .long 0
entry_flags:   .long 0
pxe_pointer:   .long 0
pxe_entry:     .long 0
pxenv_entry:   .long 0
base_end:      .long 0
ram_above_1mb: .long 0
map_entry:     .fill 24, 1, 0
