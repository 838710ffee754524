/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "bios/platform/exceptions.h"

#include "bios/platform/console.h"
#include "bios/realmode/low.h"
#include "bios/realmode/return.h"
#include "firmware/base/format.h"
#include "firmware/platform.h"

struct gate {
    uint16_t offset_low, selector, type, offset_high;
};

struct exception_frame {
    uint32_t edi, esi, ebp, esp, ebx, edx, ecx, eax;
    uint32_t vector, error, eip, cs, eflags;
};

struct idtr {
    uint16_t limit;
    uint32_t base;
} __attribute__((packed));

enum {
    EXCEPTIONS = 32,
    STUB_SIZE = 8,
    GATE_INTERRUPT32 = 0x8e00,
};

extern const uint8_t exception_stubs[];
extern const uint8_t image_base[];
void exception_report(const struct exception_frame *frame);

static struct gate idt[EXCEPTIONS];
static bool reported;

void exceptions_install(void *idtr)
{
    for (unsigned i = 0; i < EXCEPTIONS; i++) {
        uint32_t stub = (uint32_t)exception_stubs + i * STUB_SIZE;

        idt[i] = (struct gate){(uint16_t)stub, SEL_CODE32, GATE_INTERRUPT32, (uint16_t)(stub >> 16)};
    }
    *(struct idtr *)idtr = (struct idtr){sizeof(idt) - 1, (uint32_t)idt};
    __asm__ volatile("lidt %0" : : "m"(*(const struct idtr *)idtr));
}

void exception_report(const struct exception_frame *f)
{
    const uint32_t *stack = (const uint32_t *)(f + 1);
    char text[256];

    if (!reported) { /* a fault while reporting one: straight to the BIOS */
        reported = true;
        console_set_silent(false);
        console_set_silent(false); /* a boot program may own the screen, but not for much longer */
        text_format(text, sizeof(text), "\nPuck: exception %u (%x) at %08x (image+%x)\n", (unsigned)f->vector,
                    (unsigned)f->error, (unsigned)f->eip, (unsigned)(f->eip - (uint32_t)image_base));
        platform_print(text);
        text_format(text, sizeof(text), "eax %08x ebx %08x ecx %08x edx %08x\nesi %08x edi %08x ebp %08x efl %08x\n",
                    (unsigned)f->eax, (unsigned)f->ebx, (unsigned)f->ecx, (unsigned)f->edx, (unsigned)f->esi,
                    (unsigned)f->edi, (unsigned)f->ebp, (unsigned)f->eflags);
        platform_print(text);
        text_format(text, sizeof(text), "stack %08x: %08x %08x %08x %08x %08x %08x\n", (unsigned)(uint32_t)stack,
                    (unsigned)stack[0], (unsigned)stack[1], (unsigned)stack[2], (unsigned)stack[3], (unsigned)stack[4],
                    (unsigned)stack[5]);
        platform_print(text);
        return_to_bios();
    }
    low_return_by_interrupt(0x18);
}
