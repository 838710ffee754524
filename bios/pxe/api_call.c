/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "bios/pxe/api_call.h"

#include "bios/platform/idle.h"
#include "bios/pxe/boot_program.h"
#include "bios/realmode/hooks.h"
#include "bios/realmode/low.h"
#include "bios/realmode/low_pxe.h"
#include "bios/realmode/memory_map.h"
#include "bios/realmode/return.h"

enum {
    /* What SAVE_CALLER of bios/realmode/api_entry.S pushed: EFLAGS lie behind ES, DS and eight registers. */
    CALLER_EFLAGS = 36,
    /* Interrupt vectors of the processor and the hardware. Above them some callers keep stack and parameters (Tivoli).
     */
    VECTORS_END = 0x1e0,
    REAL_MODE_END = 0x10fff0, /* FFFF:FFFF and a byte */
};

static struct pxe_api *mounted;
static unsigned depth;

static bool overlaps(uint32_t start, uint32_t end, const uint8_t *from, const uint8_t *to)
{
    return start < low_address() + (uint32_t)to && end > low_address() + (uint32_t)from;
}

/*
 * Memory that a wild pointer must not reach. Below 1 MB it is enough to keep out of the vectors and of what is ours.
 * The cached packets, the last frame and the boot program's stack are in our block, but callers may well mean them.
 */
static bool is_callers(uint32_t start, uint32_t len)
{
    uint32_t end = start + len;

    if (end < start)
        return false;
    if (end > REAL_MODE_END)
        return memory_map_is_ram(start, end);
    return start >= VECTORS_END && !overlaps(start, end, NULL, low_packets) &&
           !overlaps(start, end, low_variables, low_frame);
}

static uint8_t *map(struct pxe_api *api, uint32_t physical, uint32_t len)
{
    (void)api;
    return is_callers(physical, len) ? memory_at(physical) : NULL;
}

static enum status release(struct pxe_api *api)
{
    (void)api;
    if (!hooks_remove())
        return STATUS_KEEP_UNDI;
    low_pxe_forget(); /* ReactOS looks for !PXE in all of base memory, free or not */
    return STATUS_OK;
}

static void restart(struct pxe_api *api, struct slice image)
{
    (void)api;
    boot_program_replace(image);
}

static const struct pxe_host_ops host_ops = {
    .map = map,
    .release = release,
    .restart = restart,
};

void api_call_mount(struct pxe_api *api)
{
    api->host = &host_ops;
    api->cached_packets = (struct pxe_far){(uint16_t)(uint32_t)low_packets, low_segment()};
    api->frame = (struct pxe_far){(uint16_t)(uint32_t)low_frame, low_segment()};
    api->frame_bytes = &LOW(uint8_t, low_frame);
    mounted = api;
}

void api_call_reset(void)
{
    depth = 0;
    idle_set_interrupts(true);
    pxe_start(mounted);
}

static bool caller_has_interrupts(void)
{
    const uint16_t *sp = &LOW(uint16_t, low_caller_esp), *ss = &LOW(uint16_t, low_caller_esp + 4);
    const uint16_t *flags = memory_at(((uint32_t)*ss << 4) + *sp + CALLER_EFLAGS);

    return (*flags & FLAG_INTERRUPT) != 0;
}

/* A call that came while another one was in progress, from an interrupt routine. Only UNDI_ISR is made for that. */
static uint16_t refuse_nested(struct far_pointer parameters)
{
    uint32_t linear = far_linear(parameters);

    if (is_callers(linear, sizeof(struct pxenv_status_only)))
        ((struct pxenv_status_only *)memory_at(linear))->Status = status_number(STATUS_FAILURE);
    return PXENV_EXIT_FAILURE;
}

uint32_t api_entered(uint32_t opcode, struct far_pointer parameters)
{
    bool interrupts = idle_interrupts();
    uint16_t ax;

    if (opcode == ENTERED_INT18)
        return_by_interrupt(0x18);
    if (opcode == ENTERED_INT19)
        return_by_interrupt(0x19);
    if (depth != 0 && opcode != PXENV_UNDI_ISR)
        return refuse_nested(parameters);
    depth++;
    idle_set_interrupts(depth == 1 && caller_has_interrupts());
    ax = pxe_call(mounted, (uint16_t)opcode, parameters.segment, parameters.offset);
    idle_set_interrupts(interrupts);
    depth--;
    return ax;
}
