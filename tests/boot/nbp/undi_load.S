/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A boot program that does what somebody else's base code would do with our option ROM (PXE 2.1 section 3.1): takes the
 * stack that fetched it out of memory, finds the ROM by its UNDI ROM ID structure, makes room at the top of base memory,
 * calls the UNDI loader, and lets the driver that it got send an ARP request and receive the answer. Ends with
 * "undi_load: N checks, M failed" and INT 18h.
 */
    .code16
    .arch i686

    .set BASE_MEMORY_KB, 0x413
    .set PXENV_START_UNDI, 0x00
    .set PXENV_UNDI_STARTUP, 0x01
    .set PXENV_UNDI_INITIALIZE, 0x03
    .set PXENV_UNDI_SHUTDOWN, 0x05
    .set PXENV_UNDI_OPEN, 0x06
    .set PXENV_UNDI_CLOSE, 0x07
    .set PXENV_UNDI_TRANSMIT, 0x08
    .set PXENV_UNDI_GET_INFORMATION, 0x0c
    .set PXENV_UNDI_GET_NIC_TYPE, 0x12
    .set PXENV_UNDI_ISR, 0x14
    .set PXENV_STOP_UNDI, 0x15
    .set PXENV_UNLOAD_STACK, 0x70
    .set TICKS_TO_WAIT, 55      /* three seconds */

    .text
    .globl start
start:
    movw %sp, %bp
    movl 4(%bp), %eax
    xorw %bx, %bx
    movw %bx, %ds
    movw %bx, %es
    movl %eax, pxe
    cld
    call learn_entry
    movw $text_hello, %si
    call print
    call unload
    call find_rom
    call load
    call say_hello_by_arp
    call stop
    call report
    int $0x18

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

    /* Calls the API; AX and Status must both say success. */
    .macro PXE_CALL opcode, block, text
    movw $\block, %di
    movw $\opcode, %bx
    call api
    EXPECT z, "\text"
    .endm

api:                            /* BX = opcode, DI = parameters in segment 0; ZF: success */
    pushw %ds
    pushw %di
    pushw %bx
    lcallw *entry
    addw $6, %sp
    orw (%di), %ax
    ret

learn_entry:
    pushw %es
    les pxe, %di
    movl %es:0x10(%di), %eax
    movl %eax, entry
    popw %es
    ret

/* Of the stack that fetched us: remembers whose card it was, and gives everything back. */
unload:
    PXE_CALL PXENV_UNDI_GET_INFORMATION, information, "GET_INFORMATION"
    movl information+0x0c, %eax
    movl %eax, mac
    movw information+0x10, %ax
    movw %ax, mac+4
    PXE_CALL PXENV_UNDI_GET_NIC_TYPE, nic_type, "GET_NIC_TYPE"
    PXE_CALL PXENV_UNDI_SHUTDOWN, status_only, "SHUTDOWN"
    PXE_CALL PXENV_UNLOAD_STACK, status_only, "UNLOAD_STACK"
    pushw %es
    les pxe, %di
    movl %es:0x2a(%di), %eax    /* where UNDI's data lies, and how much it is: base memory ends behind it again */
    movzwl %es:0x2e(%di), %ecx
    addl %ecx, %eax
    shrl $10, %eax
    popw %es
    pushw %ax
    PXE_CALL PXENV_STOP_UNDI, status_only, "STOP_UNDI"
    popw BASE_MEMORY_KB
    movl 0x1a * 4, %eax
    movl %eax, vector_1a
    movl 0x15 * 4, %eax
    movl %eax, vector_15
    ret

/* ROM = segment of the option ROM with an UNDI ROM ID structure that adds up. */
find_rom:
    movw $0xc000, %bx
1:  movw %bx, %es
    cmpw $0xaa55, %es:0
    jne 2f
    movw %es:0x16, %di
    cmpl $0x49444e55, %es:(%di) /* "UNDI" */
    je 3f
2:  addw $0x20, %bx
    cmpw $0xf000, %bx
    jb 1b
    xorw %bx, %bx
3:  movw %bx, rom
    testw %bx, %bx
    EXPECT nz, "no ROM with an UNDI ROM ID structure"
    movw %es:0x0a(%di), %ax
    movw %ax, loader_offset
    cmpb $0x16, %es:4(%di)
    EXPECT e, "UNDI ROM ID: length"
    cmpl $0x52494350, %es:0x12(%di)
    EXPECT e, "UNDI ROM ID: bus type is not PCIR"
    cmpw $0x0201, %es:8(%di)    /* bytes 0, 1, 2 from 7 on */
    EXPECT e, "UNDI ROM ID: version"
    movw %es:0x0e(%di), %ax
    movw %ax, data_size
    movw %es:0x10(%di), %ax
    movw %ax, code_size
    pushw %di
    movw $0x16, %cx
    call sum
    popw %di
    EXPECT z, "UNDI ROM ID: checksum"
    xorw %ax, %ax
    movw %ax, %es
    ret

sum:                            /* ZF: whether the CX bytes at ES:DI add up to 0 */
    xorb %al, %al
1:  addb %es:(%di), %al
    incw %di
    loop 1b
    testb %al, %al
    ret

load:
    movzwl data_size, %eax
    movzwl code_size, %ecx
    addl %ecx, %eax
    addl $1023, %eax
    shrl $10, %eax
    subw %ax, BASE_MEMORY_KB
    movw BASE_MEMORY_KB, %ax
    shlw $6, %ax
    movw %ax, undi_cs
    movw code_size, %cx
    shrw $4, %cx
    addw %cx, %ax
    movw %ax, undi_ds
    movw nic_type+0x0b, %ax
    movw %ax, loader_ax
    movw %ax, start_undi+2
    movw $0xffff, loader_bx
    movw $0xffff, loader_dx

    movw %sp, stack_before
    pushw %ds
    pushw $loader
    lcallw *loader_offset
    addw $4, %sp
    movw %ax, loader_result
    cmpw stack_before, %sp
    EXPECT e, "the loader moved the stack"
    movw %ds, %ax
    orw %ax, %ax
    EXPECT z, "the loader changed DS"
    cmpw $0, loader_result
    EXPECT e, "the loader's AX"
    cmpw $0, loader
    EXPECT e, "the loader's Status"
    movl loader_pxe, %eax
    movl %eax, pxe
    pushw %es
    les loader_pxe, %di
    cmpl $0x45585021, %es:(%di)
    EXPECT e, "the loader's PXEptr is not !PXE"
    movw rom, %ax
    cmpw %es:0x0a(%di), %ax
    EXPECT e, "!PXE does not name the ROM"
    movw undi_cs, %ax
    cmpw %es:0x30(%di), %ax
    EXPECT e, "the code is not where it was to go"
    movw $0x58, %cx
    call sum
    EXPECT z, "!PXE: checksum"
    les loader_pxenv, %di
    cmpl $0x4e455850, %es:(%di)
    EXPECT e, "the loader's PXENVptr is not PXENV+"
    popw %es
    call learn_entry
    movl 0x15 * 4, %eax
    cmpl %eax, vector_15
    EXPECT ne, "INT 15h does not hide the driver's memory"
    incw start_undi+2
    movw $start_undi, %di
    movw $PXENV_START_UNDI, %bx
    call api
    EXPECT nz, "START_UNDI for another card"
    decw start_undi+2
    PXE_CALL PXENV_START_UNDI, start_undi, "START_UNDI"
    PXE_CALL PXENV_UNDI_STARTUP, status_only, "STARTUP"
    PXE_CALL PXENV_UNDI_INITIALIZE, initialize, "INITIALIZE"
    PXE_CALL PXENV_UNDI_GET_INFORMATION, information, "GET_INFORMATION after the loader"
    movl information+0x0c, %eax
    cmpl mac, %eax
    EXPECT e, "another MAC address (bytes 0 to 3)"
    movw information+0x10, %ax
    cmpw mac+4, %ax
    EXPECT e, "another MAC address (bytes 4 and 5)"
    ret

/* Who has 192.168.111.130? Asked with the driver's own header; whatever else comes is skipped. */
say_hello_by_arp:
    PXE_CALL PXENV_UNDI_OPEN, open, "OPEN"
    movw $mac, %si
    movw $arp_sender, %di
    movw $3, %cx
    rep movsw
    PXE_CALL PXENV_UNDI_TRANSMIT, transmit, "TRANSMIT"
    movl 0x46c, %eax
    movl %eax, began
1:  movl 0x46c, %eax
    subl began, %eax
    cmpl $TICKS_TO_WAIT, %eax
    ja 3f
    movw $1, isr+2              /* PXENV_UNDI_ISR_IN_START */
    movw $isr, %di
    movw $PXENV_UNDI_ISR, %bx
    call api
    cmpw $0, isr+2              /* OUR interrupt? */
    jne 1b
    movw $2, isr+2              /* IN_PROCESS */
2:  movw $isr, %di
    movw $PXENV_UNDI_ISR, %bx
    call api
    cmpw $0, isr+2              /* DONE */
    je 1b
    cmpw $3, isr+2              /* RECEIVE */
    movw $3, isr+2              /* IN_GET_NEXT, whatever it was */
    jne 2b
    pushw %es
    les isr+0x0a, %di
    addw isr+8, %di             /* past the link header */
    movl %es:14(%di), %eax      /* ARP: sender's protocol address */
    movw %es:6(%di), %cx        /* ARP: operation */
    popw %es
    cmpw $0x0200, %cx
    jne 2b
    cmpl server_address, %eax
    jne 2b
    orw %ax, %ax                /* ZF clear */
    EXPECT nz, "unreachable"
    ret
3:  xorw %ax, %ax
    EXPECT nz, "nobody answered the ARP request"
    ret

stop:
    PXE_CALL PXENV_UNDI_CLOSE, status_only, "CLOSE"
    PXE_CALL PXENV_UNDI_SHUTDOWN, status_only, "SHUTDOWN after the loader"
    PXE_CALL PXENV_STOP_UNDI, status_only, "STOP_UNDI after the loader"
    movl 0x1a * 4, %eax
    cmpl %eax, vector_1a
    EXPECT e, "INT 1Ah is not given back"
    movl 0x15 * 4, %eax
    cmpl %eax, vector_15
    EXPECT e, "INT 15h is not given back"
    movzwl data_size, %eax
    movzwl code_size, %ecx
    addl %ecx, %eax
    addl $1023, %eax
    shrl $10, %eax
    addw %ax, BASE_MEMORY_KB
    ret

failed:                         /* on the stack: text */
    incw failures
    pushaw
    movw %sp, %bp
    movw 18(%bp), %si
    call print
    movw $text_newline, %si
    call print
    popaw
    ret $2

#include "tests/boot/nbp/report.inc"

    .data
text_hello:   .asciz "\r\nundi_load: here\r\n"
text_newline: .asciz "\r\n"
text_name:    .asciz "undi_load: "
    .balign 4
pxe:           .long 0
entry:         .long 0
vector_1a:     .long 0
vector_15:     .long 0
began:         .long 0
stack_before:  .word 0
loader_result: .word 0
checks:        .word 0
failures:      .word 0
data_size:     .word 0
code_size:     .word 0
loader_offset: .word 0          /* a far pointer */
rom:           .word 0
mac:           .fill 6, 1, 0
server_address: .byte 192, 168, 111, 130
status_only:   .word 0
initialize:    .fill 14, 1, 0
information:   .fill 0x32, 1, 0
nic_type:      .fill 0x11, 1, 0
    .balign 2
start_undi:    .word 0, 0, 0xffff, 0xffff, 0, 0
loader:        .word 0xeeee
loader_ax:     .word 0
loader_bx:     .word 0
loader_dx:     .word 0, 0, 0
undi_ds:       .word 0
undi_cs:       .word 0
loader_pxe:    .long 0
loader_pxenv:  .long 0
open:          .word 0, 0, 3, 0 /* directed and broadcast */
               .fill 0x80, 1, 0
transmit:      .word 0
               .byte 2, 1       /* P_ARP, XMT_BROADCAST */
               .long 0
               .word buffers, 0
               .fill 8, 1, 0
buffers:       .word 28
               .word arp, 0
               .word 0
               .fill 64, 1, 0
arp:           .byte 0, 1, 8, 0, 6, 4, 0, 1
arp_sender:    .fill 6, 1, 0
               .byte 192, 168, 111, 77
               .fill 6, 1, 0
               .byte 192, 168, 111, 130
isr:           .fill 0x10, 1, 0
