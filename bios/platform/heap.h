/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The memory of the high block behind the image: receive rings and the boot file being fetched. A handful of long-lived
 * pieces. */
#ifndef BIOS_PLATFORM_HEAP_H
#define BIOS_PLATFORM_HEAP_H

#include <stddef.h>
#include <stdint.h>

void heap_start(uint32_t base, uint32_t end);

/* `align`: a power of 2. Zeroed; NULL if there is no room. */
void *heap_take(size_t len, size_t align);

/* Of a pointer that heap_take() did not return: nothing happens. */
void heap_give(void *piece);

#endif
