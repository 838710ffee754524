/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#ifndef BIOS_ROM_UNPACK_H
#define BIOS_ROM_UNPACK_H

#include "bios/rom/payload.h"

/*
 * Unpacks the image to `base`, which the processor will know as `address`, and clears the memory behind it. `base` must
 * have room for memory_size and for unpacked_size, `scratch` for LZMA_PROBABILITIES(lc + lp). Returns the address of
 * the image's entry, or 0 if the stream is damaged.
 */
uint32_t rom_unpack(const struct payload *payload, uint8_t *base, uint32_t address, uint16_t *scratch);

#endif
