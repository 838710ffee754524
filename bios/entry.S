/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The image's first instruction; bios/rom/unpack.c has relocated the image and cleared .bss. On the stack, as for a
 * function: struct handoff *. */
    .section .text.entry, "ax"
    .code32
    .global image_entry, image_base
image_base:
image_entry:
    jmp bios_main               /* which never returns */
