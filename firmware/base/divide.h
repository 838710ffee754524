/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * 64-bit division for images that have no compiler run-time library.
 */
#ifndef PUCK_BASE_DIVIDE_H
#define PUCK_BASE_DIVIDE_H

#include <stdint.h>

/* The quotient; the remainder goes to `rest` unless it is NULL. By zero: 0 and 0. */
uint64_t divide_u64(uint64_t value, uint32_t by, uint32_t *rest);

#endif
