/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* How the compressed image lies in the option ROM. Written by tools/romtool, read by unpack.c. */
#ifndef BIOS_ROM_PAYLOAD_H
#define BIOS_ROM_PAYLOAD_H

#include <stdint.h>

/* All figures in bytes, little-endian. Unpacked, `image_size` bytes of image are followed by the relocation table: for
 * each 32-bit word of the image that needs the load address added, its distance from the one before (from 0 for the
 * first) as a base-128 number, low seven bits first, bit 7 set on all bytes but the last. */
struct payload {
    uint32_t unpacked_size; /* image and relocation table */
    uint32_t image_size;
    uint32_t relocations; /* how many */
    uint32_t memory_size; /* image and the zeroed memory behind it (.bss) */
    uint32_t entry;       /* offset of the image's entry point */
    uint32_t code_size;   /* near calls in the first so many bytes were made absolute before packing */
    uint8_t lc, lp, pb;   /* LZMA properties */
    uint8_t reserved;
    uint8_t stream[]; /* LZMA, without its 13-byte header */
};

#endif
