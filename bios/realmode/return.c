/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "bios/realmode/return.h"

#include <stddef.h>

#include "bios/handoff.h"
#include "bios/realmode/hooks.h"
#include "bios/realmode/low.h"
#include "firmware/base/bytes.h"

#define NEXT_BOOT_DEVICE 0x18 /* BIOS Boot Specification 1.01, section 6.7: INT 18h */

/*
 * How much of the BIOS's stack has to be as it was, from our frame up, for a return to be safe. Boot programs use
 * memory there, and not every byte of it.
 */
#define BIOS_STACK_KEPT 256

#define FRAME_EAX 36 /* where bios/rom/bev.S saved it: behind four segments and seven registers */

static struct handoff origin;
static uint8_t bios_stack[BIOS_STACK_KEPT];
static void (*stop_all)(void);

static const void *bios_frame(void)
{
    return memory_at((origin.bios_ss << 4) + (uint16_t)origin.bios_esp);
}

void return_prepare(const struct handoff *handoff)
{
    origin = *handoff;
    memcpy(bios_stack, bios_frame(), sizeof(bios_stack));
}

void return_set_stop(void (*stop)(void))
{
    stop_all = stop;
}

static void give_back(void)
{
    void (*stop)(void) = stop_all;

    stop_all = NULL; /* an exception in it must not bring us back here for more */
    if (stop)
        stop();
    if (hooks_remove())
        low_release();
}

void return_from_loader(uint16_t ax)
{
    *(uint16_t *)memory_at((origin.bios_ss << 4) + (uint16_t)origin.bios_esp + FRAME_EAX) = ax;
    low_return_to_bios(origin.bios_ss, origin.bios_esp);
}

void return_to_bios(void)
{
    give_back();
    if (memcmp(bios_stack, bios_frame(), sizeof(bios_stack)) == 0)
        low_return_to_bios(origin.bios_ss, origin.bios_esp);
    low_return_by_interrupt(NEXT_BOOT_DEVICE);
}

void return_by_interrupt(unsigned vector)
{
    give_back();
    low_return_by_interrupt(vector);
}
