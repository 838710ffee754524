/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The low block: the KB-aligned piece of base memory where everything lies that real mode has to reach, and the ways
 * from protected mode to the BIOS. Assembled by the .S files of this folder at offset 0 of its own segment.
 */
#ifndef BIOS_REALMODE_LOW_H
#define BIOS_REALMODE_LOW_H

#include <stdbool.h>
#include <stdint.h>

#include "bios/layout.h"

/* A real-mode far pointer as it lies in memory. */
struct far_pointer {
    uint16_t offset, segment;
};

static inline uint32_t far_linear(struct far_pointer p)
{
    return ((uint32_t)p.segment << 4) + p.offset;
}

/* The registers of a call to real mode; the BIOS's own stack pointer is of no concern. */
struct real_regs {
    uint32_t edi, esi, ebp, unused, ebx, edx, ecx, eax;
    uint16_t ds, es;
    uint32_t flags; /* out only */
};

enum {
    FLAG_CARRY = 0x0001,
    FLAG_ZERO = 0x0040,
    FLAG_INTERRUPT = 0x0200,
};

/* Any physical address; hides from the compiler that small ones are meant. */
static inline void *memory_at(uint32_t linear)
{
    void *p = (void *)linear;

    __asm__("" : "+r"(p));
    return p;
}

/* What an API call of a boot program arrives at, from api_entry.S; returns AX. */
uint32_t api_entered(uint32_t opcode, struct far_pointer parameters);

/* The opcodes above 16 bits are ours: INT 18h and INT 19h. */
enum {
    ENTERED_INT18 = 0x10018,
    ENTERED_INT19 = 0x10019,
};

/* How low_install() is to find its place: the block goes to the top of base memory (40:13), which shrinks. */
#define LOW_AT_TOP 0

/*
 * Takes the block, at LOW_AT_TOP (the container has looked whether there is enough) or at a paragraph that somebody
 * made room at, and makes everything in it ready for use. `pm_stack` is where the protected-mode stack begins in API
 * calls made before any call-out; `a20_probe` a dword of ours in an odd megabyte; `undi_rom_id` what !PXE is to name.
 */
void low_install(uint32_t place, uint32_t pm_stack, uint32_t a20_probe, struct far_pointer undi_rom_id);

/* Whether the block begins where base memory ends, give or take a small data segment: else others may write to it. */
bool low_is_hidden(void);

/* Gives base memory back if nothing was allocated below it since. The code stays usable until somebody overwrites it.
 */
void low_release(void);

uint32_t low_address(void);
uint16_t low_segment(void);

/* Address, in flat memory, of a thing of the block: LOW(uint32_t, low_e820_count). */
#define LOW_SYMBOL(name) extern uint8_t name[]
#define LOW(type, name)  (*(type *)memory_at(low_address() + (uint32_t)(name)))

LOW_SYMBOL(low_pxe);
LOW_SYMBOL(low_pxenv);
LOW_SYMBOL(low_frame);
LOW_SYMBOL(low_packets);
LOW_SYMBOL(low_variables);
LOW_SYMBOL(low_nbp_stack);
LOW_SYMBOL(low_text_end);
LOW_SYMBOL(low_caller_esp);

/* Executes INT `number` with these registers, interrupts off. FS and GS pass unchanged. */
void bios_int(unsigned number, struct real_regs *regs);

/* Prints at most 255 characters with as few mode switches as possible. */
void low_print_text(const char *text);

/* Lets interrupts in for a moment. */
void low_open_window(void);

/* Runs the boot program at 0:7C00 until it returns; its AX. May be abandoned by a longer way: bios/pxe/boot_program.c.
 */
uint16_t low_run_boot_program(void);

/* After abandoning calls to real mode: their stack is empty again. */
void low_reset_stacks(void);

/*
 * Back to the BIOS: by returning, with SS:ESP at the frame of the boot entry, or by INT 18h or 19h, which do not come
 * back. The routine called is the one that hooks_prepare() noted: the vector may be ours, or a program's that goes on
 * to ours.
 */
void low_return_to_bios(uint32_t ss, uint32_t esp) __attribute__((noreturn));
void low_return_by_interrupt(unsigned vector) __attribute__((noreturn));

#endif
