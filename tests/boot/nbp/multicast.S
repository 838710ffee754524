/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A boot program that says how long it is itself and its CRC-32, so that whoever sent it knows that every byte came; and
 * then, if the case wants it, has the base code fetch a file from a multicast group: into memory at 16 MB
 * (PXENV_TFTP_READ_FILE, PXE 2.1 section 3.4.4), or to be started in its place (PXENV_RESTART_TFTP, section 3.2.3). The
 * case writes its wishes into the file, behind the jump (tools/labkit/multicast.py), and may make it longer.
 */
        .set    OP_TFTP_READ_FILE, 0x23
        .set    OP_GET_CACHED_INFO, 0x71
        .set    OP_RESTART_TFTP, 0x73
        .set    CACHED_REPLY, 3
        .set    SIADDR, 20              /* "next server" in a BOOTP packet */
        .set    PROGRAM, 0x7c00
        .set    BUFFER, 0x1000000
        .set    BUFFER_SIZE, 0x8000000
        .set    CRC_TABLE, 0x6800       /* 1 KB between the BIOS data area and this program */
        .set    CRC_POLYNOMIAL, 0xedb88320

        .code16
        .text
        .globl  _start
_start:
        jmp     begin
        .org    4
own_size:
        .long   0
opcode: .word   0                       /* 0: none */
        .word   0
wish:                                   /* as in struct s_PXENV_TFTP_READ_FILE: group, ports, timeout, delay, name */
        .long   0
        .word   0, 0, 0, 0
        .space  128
        .set    WISH_SIZE, 12
        .set    NAME_SIZE, 128

begin:
        movw    %sp, %bp
        lesw    4(%bp), %di             /* !PXE, above the far return address (PXE 2.1 section 4.4.5) */
        xorw    %ax, %ax
        movw    %ax, %ds
        cld
        movl    $PROGRAM, %esi          /* before the first byte of this file is changed */
        movl    own_size, %ecx
        call    checksum
        pushl   %eax
        call    print
        .asciz  "\r\nPUCK-LAB: boot program size="
        movl    own_size, %eax
        call    print_hex32
        call    print
        .asciz  " crc="
        popl    %eax
        call    print_hex32
        call    print
        .asciz  "\r\n"
        cmpw    $0, opcode
        je      end
        cmpl    $0x45585021, %es:(%di)  /* '!PXE' */
        jne     no_pxe
        movl    %es:0x10(%di), %eax     /* EntryPointSP */
        movl    %eax, entry_point

        movw    $OP_GET_CACHED_INFO, %ax
        movw    $cached, %bx
        call    pxe
        lesw    cached_buffer, %di
        movl    %es:SIADDR(%di), %eax
        movl    %eax, read_server

        xorw    %ax, %ax
        movw    %ax, %es
        movw    $wish, %si
        movw    $read_group, %di
        movw    $WISH_SIZE, %cx
        rep movsb
        movw    $read_name, %di
        movw    $NAME_SIZE, %cx
        rep movsb
        movw    opcode, %ax
        movw    $read, %bx
        call    pxe
        call    print
        .asciz  "PUCK-LAB: file status="
        movw    read_status, %ax
        call    print_hex16
        testw   %ax, %ax
        jnz     end
        call    print
        .asciz  " size="
        movl    read_size, %eax
        call    print_hex32
        movl    $BUFFER, %esi
        movl    read_size, %ecx
        call    checksum
        call    print
        .asciz  " crc="
        call    print_hex32
end:
        call    print
        .asciz  "\r\nPUCK-LAB: boot program ends\r\n"
halt:
        hlt
        jmp     halt

no_pxe:
        call    print
        .asciz  "no !PXE structure"
        jmp     end

pxe:                                    /* opcode AX, parameters 0:BX */
        pushw   $0
        pushw   %bx
        pushw   %ax
        lcall   *entry_point
        addw    $6, %sp
        xorw    %ax, %ax
        movw    %ax, %ds
        cld
        ret

/* EAX: CRC-32 as of Ethernet and zlib of ECX bytes at ESI, taken in protected mode with interrupts off. */
checksum:
        pushfw
        cli
        inb     $0x92, %al
        orb     $2, %al                 /* A20 on; it is after any PXE stack, but nothing says so */
        andb    $0xfe, %al
        outb    %al, $0x92
        lgdtl   gdt_pointer
        pushw   %es
        pushl   %edi
        movl    %cr0, %eax
        orb     $1, %al
        movl    %eax, %cr0
        ljmp    $8, $1f
        .code32
1:      movw    $16, %ax
        movw    %ax, %ds
        movl    $CRC_TABLE, %edi
        xorl    %ebx, %ebx
2:      movl    %ebx, %eax
        movl    $8, %edx
3:      shrl    %eax
        jnc     4f
        xorl    $CRC_POLYNOMIAL, %eax
4:      decl    %edx
        jnz     3b
        movl    %eax, (%edi, %ebx, 4)
        incb    %bl
        jnz     2b
        movl    $0xffffffff, %eax
        jecxz   6f
5:      movzbl  %al, %edx
        xorb    (%esi), %dl
        shrl    $8, %eax
        xorl    (%edi, %edx, 4), %eax
        incl    %esi
        decl    %ecx
        jnz     5b
6:      notl    %eax
        movl    %eax, %esi
        ljmp    $24, $7f
        .code16
7:      movw    $32, %ax                /* leave a segment with a limit of 64 KB behind in DS */
        movw    %ax, %ds
        movl    %cr0, %eax
        andb    $0xfe, %al
        movl    %eax, %cr0
        ljmp    $0, $8f
8:      xorw    %ax, %ax
        movw    %ax, %ds
        popl    %edi
        popw    %es
        movl    %esi, %eax
        popfw
        ret

#include "tests/bench/nbp/print.inc"

        .balign 8
gdt:    .quad   0                       /* the accessed bits are set: the processor writes nothing into this file */
        .quad   0x00cf9b000000ffff      /* 08: flat 32-bit code */
        .quad   0x00cf93000000ffff      /* 10: flat data */
        .quad   0x00009b000000ffff      /* 18: 16-bit code at 0 */
        .quad   0x000093000000ffff      /* 20: 16-bit data at 0 */
gdt_pointer:
        .word   . - gdt - 1
        .long   gdt
entry_point:
        .long   0

cached: .word   0                       /* Status */
        .word   CACHED_REPLY
        .word   0                       /* BufferSize 0: tell where the packet lies */
cached_buffer:
        .long   0
        .word   0

read:                                   /* struct s_PXENV_TFTP_READ_FILE, which RESTART_TFTP has too */
read_status:
        .word   0
read_name:
        .space  128
read_size:
        .long   BUFFER_SIZE
        .long   BUFFER
read_server:
        .long   0
        .long   0                       /* gateway: none */
read_group:
        .long   0                       /* multicast address */
        .word   0, 0, 0, 0              /* client port, server port (network order), open timeout, reopen delay */
