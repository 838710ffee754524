/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Parameter blocks as a boot program that means well would fill them in, for the network and memory of tests/sim's
 * pxe_world: what a fuzzer starts from.
 */
#ifndef PUCK_SIM_PXE_BLOCKS_H
#define PUCK_SIM_PXE_BLOCKS_H

#include "firmware/base/bytes.h"
#include "firmware/spec/pxe_api.h"

enum {
    PXE_BLOCK_MAX = 160,
    PXE_BLOCK_TBD = 0x38000, /* where UNDI_TRANSMIT's block points to */
    PXE_BLOCK_PORT = 5000,   /* where UDP_WRITE's come from */
};

/* One of the calls there are, each `which` has one. */
uint16_t pxe_block_opcode(uint8_t which);

/* `variant` chooses file, size, port and the like. */
void pxe_block_fill(uint16_t opcode, uint8_t variant, uint8_t block[PXE_BLOCK_MAX]);
void pxe_block_fill_tbd(uint8_t variant, struct pxenv_undi_tbd *);

/* How many bytes the answered call may have written to its buffer; SIZE_MAX: any number. */
size_t pxe_block_writes(uint16_t opcode, const uint8_t *block);

#endif
