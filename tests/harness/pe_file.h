/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The smallest files with the headers of an EFI program: two sections, and certificates behind them.
 */
#ifndef PUCK_TESTS_HARNESS_PE_FILE_H
#define PUCK_TESTS_HARNESS_PE_FILE_H

#include "firmware/base/bytes.h"

enum {
    PE_FILE_COFF = 0x80, /* where the signature lies */
    PE_FILE_LEN = 0x500,
    PE_FILE_CERTIFICATES = 0x400, /* to the end */
};

/* Fills in the first PE_FILE_LEN bytes of a file of at least that length. A 32-bit machine gets a PE32 header. */
void pe_file_fill(uint8_t *bytes, uint16_t machine, uint16_t subsystem);

#endif
