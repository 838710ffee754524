/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A sink whose memory is pages of the firmware's, taken when the size is known: a file of any size lands there with one
 * copy. Of a file whose size nobody tells, the pages begin at the bottom of the largest free range of memory and are
 * added to in place; only when somebody else has taken the next page is the file moved.
 */
#ifndef PUCK_EFI_PAGE_SINK_H
#define PUCK_EFI_PAGE_SINK_H

#include "efi/spec/uefi.h"
#include "firmware/boot/buffer_sink.h"

struct page_sink {
    struct buffer_sink buffer; /* first; capacity is a whole number of pages, 0 before the first byte or size */
    size_t pages;
};

/* Takes no memory yet. A sink that was used before must have been emptied. */
void page_sink_start(struct page_sink *);

/* Gives the pages back and starts anew. */
void page_sink_empty(struct page_sink *);

#endif
