/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "bios/platform/heap.h"

#include "firmware/base/bytes.h"

enum {
    PIECES_MAX = 48,
};

struct piece {
    uint32_t base, end;
};

static struct piece pieces[PIECES_MAX]; /* in use, ascending */
static unsigned pieces_count;
static uint32_t heap_base, heap_end;

void heap_start(uint32_t base, uint32_t end)
{
    heap_base = base;
    heap_end = end;
    pieces_count = 0;
}

void *heap_take(size_t len, size_t align)
{
    uint32_t at = heap_base;

    if (pieces_count == PIECES_MAX || len == 0 || len > heap_end - heap_base)
        return NULL;
    for (unsigned i = 0; i <= pieces_count; i++) {
        uint32_t gap_end = i < pieces_count ? pieces[i].base : heap_end;

        at = (at + (uint32_t)align - 1) & ~((uint32_t)align - 1);
        if (at <= gap_end && len <= gap_end - at) {
            memmove(&pieces[i + 1], &pieces[i], (pieces_count - i) * sizeof(pieces[0]));
            pieces[i] = (struct piece){at, at + (uint32_t)len};
            pieces_count++;
            return memset((void *)at, 0, len);
        }
        if (i < pieces_count)
            at = pieces[i].end;
    }
    return NULL;
}

void heap_give(void *piece)
{
    for (unsigned i = 0; i < pieces_count; i++)
        if (pieces[i].base == (uint32_t)piece) {
            pieces_count--;
            memmove(&pieces[i], &pieces[i + 1], (pieces_count - i) * sizeof(pieces[0]));
            return;
        }
}
