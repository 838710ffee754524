/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Option ROM header, PCI data structure and PnP expansion header (PCI Local Bus 2.2 section 6.3, Plug and Play BIOS 1.0A
 * section 3.2), and the initialization entry the BIOS calls during POST. Sizes, PCI ids and both checksums are filled in
 * by tools/romtool. */
#include "bios/layout.h"

    .code16
    .section .header, "awx"
    .global rom_start
rom_start:
    .word 0xaa55
rom_blocks:
    .byte 0                     /* size in 512-byte units; romtool */
    .byte 0xe9                  /* jmp near, spelled out: the vector must be 3 bytes long whatever the distance */
    .word init - 1f
1:
rom_checksum:
    .byte 0                     /* makes the 8-bit sum of the image zero; romtool and init */
    .org 0x16
    .word undi_rom_id
    .word pcir
    .word pnp
    .balign 4
pcir:
    .ascii "PCIR"
    .word 0, 0                  /* vendor, device; romtool */
    .word 0                     /* no device list: SeaBIOS ignores it, and one image serves one id */
    .word pcir_end - pcir
    .byte 0                     /* PCI 2.2: a ROM of PCI Firmware 3.0 may be called anywhere and has to move itself to BX */
    .byte 0x00, 0x00, 0x02      /* class: network, Ethernet */
    .word 0                     /* image length in 512-byte units; romtool */
    .word 1                     /* code revision */
    .byte 0                     /* x86, PC-AT compatible */
    .byte 0x80                  /* last image */
    .word 0
pcir_end:

    .balign 16                  /* some IBM BIOSes look for $PnP in 16-byte steps instead of following offset 1Ah */
pnp:
    .ascii "$PnP"
    .byte 1, (pnp_end - pnp) / 16
    .word 0                     /* no further header */
    .byte 0
    .byte 0                     /* checksum of this header; romtool */
    .long 0                     /* no PnP device id: this is a PCI device */
    .word vendor_name
    .word product_name
    .byte 0x02, 0x00, 0x00      /* class: network, Ethernet */
    .byte 0x64                  /* read-cacheable, shadowable, initial program load device */
    .word 0, 0                  /* no boot connection vector, no disconnect vector */
    .word bev
    .word 0, 0
pnp_end:

    .balign 16
/* UNDI ROM ID structure (PXE 2.1 section 3.1.1, "UNDI ROM"): by this, somebody else's base code finds our loader. The low block is
 * one piece, so all of it is the "code" the caller makes room for; the smallest data segment that no caller stumbles over. */
undi_rom_id:
    .ascii "UNDI"
    .byte undi_rom_id_end - undi_rom_id
    .byte 0                     /* checksum of this structure; romtool */
    .byte 0                     /* structure revision */
    .byte 0, 1, 2               /* UNDI 2.1.0 */
    .word undi_loader
    .word UNDI_STACK_SIZE
    .word UNDI_DATA_SIZE
    .word LOW_SIZE
    .ascii "PCIR"               /* bus type */
undi_rom_id_end:

vendor_name:
    .asciz "Puck"
product_name:
    .ascii "Puck network boot ("
product_address:
    .asciz "00:00.0)"
    .global rom_bdf
rom_bdf:
    .word 0xffff                /* bus, device, function as init was told; FFFF: init never ran */

    .section .text16, "ax"
/* AX = bus/device/function. Only here may the image be written: BIOSes write-protect the area afterwards. The BEV is given
 * no address, so it is kept in the image; the image's checksum then has to be made right again, or the BIOS drops the ROM. */
init:
    pushfw
    pushaw
    pushw %ds
    pushw %cs
    popw %ds
    cld
    movw %ax, rom_bdf
    movw $product_address, %di
    movw %ax, %bx
    movb %bh, %al
    call put_hex_byte
    incw %di
    movb %bl, %al
    shrb $3, %al
    call put_hex_byte
    incw %di
    movb %bl, %al
    andb $7, %al
    call put_hex_digit

    movzbw rom_blocks, %cx
    shlw $9, %cx                /* below 64 KB: romtool sees to it */
    xorw %si, %si
    xorb %bl, %bl
1:  lodsb
    addb %al, %bl
    loop 1b
    subb %bl, rom_checksum
    popw %ds
    popaw
    popfw
    movw $0x0020, %ax           /* an IPL device is attached */
    lretw

put_hex_byte:                   /* AL in hexadecimal at DS:DI, DI advanced */
    pushw %ax
    shrb $4, %al
    call put_hex_digit
    popw %ax
    andb $0x0f, %al
put_hex_digit:
    addb $'0', %al
    cmpb $'9', %al
    jbe 1f
    addb $'a' - '0' - 10, %al
1:  movb %al, (%di)
    incw %di
    ret
