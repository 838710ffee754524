/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/base/divide.h"

#include <stddef.h>

/* Long division, bit by bit: only numbers for people are divided, so size counts and speed does not. */
uint64_t divide_u64(uint64_t value, uint32_t by, uint32_t *rest)
{
    uint64_t quotient = 0, remainder = 0;

    for (int bit = 63; bit >= 0 && by != 0; bit--) {
        remainder = remainder << 1 | (value >> bit & 1);
        quotient <<= 1;
        if (remainder >= by) {
            remainder -= by;
            quotient |= 1;
        }
    }
    if (rest != NULL)
        *rest = (uint32_t)remainder;
    return quotient;
}
