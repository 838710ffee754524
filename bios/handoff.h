/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What the container that carried the image (the option ROM) tells it. Built on the new stack by bios/rom/bev.S. */
#ifndef BIOS_HANDOFF_H
#define BIOS_HANDOFF_H

#include <stdint.h>

struct handoff {
    uint32_t bios_ss,
        bios_esp; /* where the registers lie that the BIOS called with, and behind them its return address */
    uint32_t rom_segment;
    uint32_t high_base, high_size;
    uint32_t bdf;         /* FFFF: unknown */
    uint32_t undi_loader; /* address of the UNDI loader's parameters; 0: the BIOS wants us to boot */
};

#endif
