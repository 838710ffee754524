/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Going back to a point on the way here, past whatever lies between (context.S). */
#ifndef BIOS_PXE_CONTEXT_H
#define BIOS_PXE_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

struct context {
    uint32_t ebx, esi, edi, ebp, esp, eip;
};

/* False; and true when context_restore() comes back to it, which it may while the function that called this has not
 * returned. */
bool context_save(struct context *context) __attribute__((returns_twice));

void context_restore(const struct context *context) __attribute__((noreturn));

#endif
