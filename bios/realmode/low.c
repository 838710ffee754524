/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "bios/realmode/low.h"

#include "bios/platform/exceptions.h"
#include "bios/realmode/low_pxe.h"
#include "firmware/base/bytes.h"

#define BASE_MEMORY_KB 0x413 /* 40:13, in KB: BIOS data area */

/* What the linker script marks in the image and in the block. */
extern uint8_t low_image[], low_image_end[];
extern const uint32_t low_patch_base[], low_patch_base_end[], low_patch_segment[], low_patch_segment_end[];

LOW_SYMBOL(low_gdt_code16);
LOW_SYMBOL(low_gdtr);
LOW_SYMBOL(low_idtr);
LOW_SYMBOL(low_pm_esp);
LOW_SYMBOL(low_a20_probe);
LOW_SYMBOL(low_api_entered);
LOW_SYMBOL(low_bios_sp);
LOW_SYMBOL(low_bios_stack_end);
LOW_SYMBOL(low_call_target);
LOW_SYMBOL(low_call_flags);
LOW_SYMBOL(low_call_regs);
LOW_SYMBOL(low_pxenv_linear);
LOW_SYMBOL(low_text);
LOW_SYMBOL(low_call);
LOW_SYMBOL(low_leave);
LOW_SYMBOL(low_window);
LOW_SYMBOL(low_print);
LOW_SYMBOL(low_start_nbp);
LOW_SYMBOL(low_old_int18);
LOW_SYMBOL(low_old_int19);

static uint32_t low_base;
static uint16_t base_memory_before_kb;

uint32_t low_address(void)
{
    return low_base;
}

uint16_t low_segment(void)
{
    return (uint16_t)(low_base >> 4);
}

static void patch(void)
{
    for (const uint32_t *at = low_patch_base; at < low_patch_base_end; at++)
        *(uint32_t *)memory_at(low_base + *at) += low_base;
    for (const uint32_t *at = low_patch_segment; at < low_patch_segment_end; at++)
        *(uint16_t *)memory_at(low_base + *at) = low_segment();
    LOW(uint16_t, low_gdt_code16 + 2) = (uint16_t)low_base;
    LOW(uint8_t, low_gdt_code16 + 4) = (uint8_t)(low_base >> 16);
}

static void take_place(uint32_t place)
{
    uint16_t *base_memory_kb = memory_at(BASE_MEMORY_KB);

    base_memory_before_kb = *base_memory_kb;
    low_base = place;
    if (place != LOW_AT_TOP)
        return;
    low_base = ((uint32_t)*base_memory_kb << 10) - LOW_SIZE;
    *base_memory_kb = (uint16_t)(low_base >> 10);
}

void low_install(uint32_t place, uint32_t pm_stack, uint32_t a20_probe, struct far_pointer undi_rom_id)
{
    take_place(place);
    memset(memory_at(low_base), 0, LOW_SIZE);
    memcpy(memory_at(low_base), low_image, (uint32_t)low_image_end);
    patch();

    *(uint32_t *)memory_at(a20_probe) = A20_MAGIC;
    LOW(uint32_t, low_a20_probe) = a20_probe;
    LOW(uint32_t, low_pm_esp) = pm_stack;
    LOW(uint32_t, low_api_entered) = (uint32_t)api_entered;
    LOW(uint32_t, low_pxenv_linear) = low_base + (uint32_t)low_pxenv;
    low_reset_stacks();
    /* The first two selectors mean the same in the table the container left us with. */
    __asm__ volatile("lgdt %0" : : "m"(LOW(uint8_t, low_gdtr)));
    exceptions_install(&LOW(uint8_t, low_idtr));
    low_pxe_describe(undi_rom_id);
}

bool low_is_hidden(void)
{
    const uint16_t *base_memory_kb = memory_at(BASE_MEMORY_KB);
    uint32_t end = (uint32_t)*base_memory_kb << 10;

    return end <= low_base && low_base - end < 2 * 1024;
}

void low_release(void)
{
    uint16_t *base_memory_kb = memory_at(BASE_MEMORY_KB);

    if (*base_memory_kb > low_base >> 10)
        return; /* a boot program freed the block after STOP_UNDI, and may have put something else there */
    low_pxe_forget();
    if (*base_memory_kb == low_base >> 10)
        *base_memory_kb = base_memory_before_kb;
}

void low_reset_stacks(void)
{
    LOW(uint32_t, low_bios_sp) = (uint32_t)low_bios_stack_end;
}

static void call(struct far_pointer target, struct real_regs *regs)
{
    struct real_regs *in_block = &LOW(struct real_regs, low_call_regs);

    memcpy(in_block, regs, offsetof(struct real_regs, flags));
    LOW(struct far_pointer, low_call_target) = target;
    ((void (*)(uint32_t))(low_base + (uint32_t)low_call))(low_base);
    memcpy(regs, in_block, offsetof(struct real_regs, flags));
    regs->flags = LOW(uint32_t, low_call_flags);
}

static void call_in_block(const uint8_t *routine, struct real_regs *regs)
{
    call((struct far_pointer){(uint16_t)(uint32_t)routine, low_segment()}, regs);
}

void bios_int(unsigned number, struct real_regs *regs)
{
    call(*(struct far_pointer *)memory_at(number * 4), regs);
}

void low_print_text(const char *text)
{
    struct real_regs regs = {.ds = low_segment()};
    char *to = &LOW(char, low_text);
    size_t len = 0;

    for (; text[len] && len < 255; len++)
        to[len] = text[len];
    to[len] = 0;
    call_in_block(low_print, &regs);
}

void low_open_window(void)
{
    struct real_regs regs = {.eax = 0};

    call_in_block(low_window, &regs);
}

uint16_t low_run_boot_program(void)
{
    struct real_regs regs = {.edx = low_base + (uint32_t)low_pxenv};

    call_in_block(low_start_nbp, &regs);
    return (uint16_t)regs.eax;
}

static void leave(uint32_t ss, uint32_t esp, uint32_t routine)
{
    ((void (*)(uint32_t, uint32_t, uint32_t))(low_base + (uint32_t)low_leave))(ss, esp, routine);
}

void low_return_to_bios(uint32_t ss, uint32_t esp)
{
    leave(ss, esp, 0);
    __builtin_unreachable();
}

void low_return_by_interrupt(unsigned vector)
{
    leave(0, 0, vector == 0x19 ? LOW(uint32_t, low_old_int19) : LOW(uint32_t, low_old_int18));
    __builtin_unreachable();
}
