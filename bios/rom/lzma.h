/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A small decoder for raw LZMA, written from the "LZMA specification" (Igor Pavlov, public domain, 2015). The output
 * buffer is the dictionary, and its size ends the stream; there is no end marker. */
#ifndef BIOS_ROM_LZMA_H
#define BIOS_ROM_LZMA_H

#include <stdbool.h>
#include <stdint.h>

/* 16-bit probabilities the decoder needs for lc + lp. */
#define LZMA_PROBABILITIES(lc_lp) (1847u + (0x300u << (lc_lp)))

struct lzma_properties {
    uint8_t lc, lp, pb;
};

/* Fills out[0..size) from `in`; `probabilities` is scratch memory. False if the stream refers to data before the
 * output's start or past its end. The input's end is not checked: the checksum of the ROM was verified by the BIOS. */
bool lzma_decode(uint8_t *out, uint32_t size, const uint8_t *in, uint16_t *probabilities,
                 struct lzma_properties properties);

#endif
