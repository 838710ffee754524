/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "bios/platform/pic.h"

#include "bios/platform/io.h"

enum {
    PIC1_MASK = 0x21,
    PIC2_MASK = 0xa1,
    LINE_CASCADE = 2,
    LINES = 16,
};

static uint8_t masked_line; /* 0: none, or it was masked already */

static uint16_t port_of(uint8_t line)
{
    return line < 8 ? PIC1_MASK : PIC2_MASK;
}

static uint8_t bit_of(uint8_t line)
{
    return (uint8_t)(1u << (line & 7));
}

void pic_mask(uint8_t line)
{
    uint8_t mask;

    if (line == 0 || line == LINE_CASCADE || line >= LINES)
        return;
    mask = in8(port_of(line));
    if (mask & bit_of(line))
        return;
    out8(port_of(line), mask | bit_of(line));
    masked_line = line;
}

void pic_restore(void)
{
    if (masked_line)
        out8(port_of(masked_line), (uint8_t)(in8(port_of(masked_line)) & ~bit_of(masked_line)));
    masked_line = 0;
}
