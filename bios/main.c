/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "bios/handoff.h"
#include "bios/platform/clock.h"
#include "bios/platform/heap.h"
#include "bios/realmode/low.h"
#include "bios/realmode/memory_map.h"
#include "bios/realmode/return.h"
#include "firmware/base/format.h"
#include "firmware/platform.h"

extern uint8_t image_end[];

void bios_main(const struct handoff *handoff) __attribute__((noreturn));

uint32_t api_entered(uint32_t opcode, uint32_t parameters)
{
    (void)opcode;
    (void)parameters;
    return 1;
}

void bios_main(const struct handoff *handoff)
{
    char line[128];
    struct memory_range r[64];
    unsigned n;
    uint32_t end = handoff->high_base + handoff->high_size - HIGH_STACK_SIZE;

    return_prepare(handoff);
    memory_map_set_high(handoff->high_base, handoff->high_size);
    heap_start(((uint32_t)image_end + 4095) & ~4095u, end - 4096);
    low_install(end + HIGH_STACK_SIZE - 64, end - 4096);
    clock_start();
    platform_print("hello from 32 bits\n");
    n = memory_map_read(r, 64);
    for (unsigned i = 0; i < n; i++) {
        text_format(line, sizeof(line), "%llx %llx %u\n", r[i].base, r[i].length, (unsigned)r[i].type);
        platform_print(line);
    }
    text_format(line, sizeof(line), "bdf %x low %x high %x clock %u kHz\n", (unsigned)handoff->bdf,
                (unsigned)low_address(), (unsigned)handoff->high_base, (unsigned)clock_rate_khz());
    platform_print(line);
    return_to_bios();
}
