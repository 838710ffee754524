/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The four memory functions that a freestanding compiler itself expects; there is no C library for this target. */
#ifndef PUCK_EFI_LIBC_STRING_H
#define PUCK_EFI_LIBC_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t len);
void *memmove(void *to, const void *from, size_t len);
void *memset(void *to, int value, size_t len);
int memcmp(const void *a, const void *b, size_t len);

#endif
