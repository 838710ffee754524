/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "bios/pxe/boot_program.h"

#include "bios/platform/console.h"
#include "bios/pxe/api_call.h"
#include "bios/pxe/context.h"
#include "bios/realmode/hooks.h"
#include "bios/realmode/low.h"

static struct context base_code;

size_t boot_program_size_max(void)
{
    return low_address() - BOOT_PROGRAM_ADDRESS;
}

static void place(struct slice program)
{
    memmove(memory_at(BOOT_PROGRAM_ADDRESS), program.data, program.len);
}

/* Not part of boot_program_run(), which comes back twice: nothing there can be left in registers. */
static uint16_t run(void)
{
    uint16_t ax;

    hooks_install();
    console_set_silent(true);
    ax = low_run_boot_program();
    return ax;
}

uint16_t boot_program_run(struct slice program)
{
    uint16_t ax;

    place(program);
    /* When a program is replaced, context_restore() comes here once more, with the new one in place. */
    (void)context_save(&base_code);
    low_reset_stacks();
    api_call_reset();
    ax = run();
    console_set_silent(false);
    return ax;
}

void boot_program_replace(struct slice program)
{
    place(program);
    context_restore(&base_code);
}
