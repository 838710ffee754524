/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/platform/page_sink.h"

#include "efi/platform/services.h"

enum {
    PAGE = EFI_PAGE_SIZE,
    GROW_PAGES = 4 << 20 >> EFI_PAGE_SHIFT,
    MAP_SLACK = 8, /* descriptors that allocating the map itself may add */
};

#define KEEP_FREE (16u << 20 >> EFI_PAGE_SHIFT) /* pages that are left to everybody else */

static size_t pages_for(uint64_t len)
{
    uint64_t pages = (len >> EFI_PAGE_SHIFT) + ((len & (PAGE - 1)) != 0);

    return pages > SIZE_MAX >> EFI_PAGE_SHIFT ? SIZE_MAX >> EFI_PAGE_SHIFT : (size_t)pages;
}

static void set_memory(struct page_sink *s, void *memory, size_t pages)
{
    s->buffer.memory = memory;
    s->buffer.capacity = (uint64_t)pages << EFI_PAGE_SHIFT;
    s->pages = pages;
}

static bool allocate(size_t pages, EFI_PHYSICAL_ADDRESS *at, EFI_ALLOCATE_TYPE how)
{
    return !EFI_ERROR(efi_boot->AllocatePages(how, EfiLoaderData, pages, at));
}

static void *address(EFI_PHYSICAL_ADDRESS physical)
{
    return (void *)(uintptr_t)physical;
}

/* The bottom of the largest range of free memory, its size in `pages`; 0 when there is none. */
static EFI_PHYSICAL_ADDRESS largest_free(size_t *pages)
{
    UINTN len = 0, key, descriptor_len = 0;
    UINT32 version;
    EFI_PHYSICAL_ADDRESS at = 0;
    uint8_t *map;

    *pages = 0;
    efi_boot->GetMemoryMap(&len, NULL, &key, &descriptor_len, &version);
    len += MAP_SLACK * descriptor_len;
    map = services_alloc((size_t)len);
    if (map == NULL)
        return 0;
    if (EFI_ERROR(
            efi_boot->GetMemoryMap(&len, (EFI_MEMORY_DESCRIPTOR *)(void *)map, &key, &descriptor_len, &version)) ||
        descriptor_len < sizeof(EFI_MEMORY_DESCRIPTOR)) /* firmware that fails may tell no size: no step at all */
        len = 0, descriptor_len = sizeof(EFI_MEMORY_DESCRIPTOR);
    for (UINTN offset = 0; offset + descriptor_len <= len; offset += descriptor_len) {
        const EFI_MEMORY_DESCRIPTOR *d = (const EFI_MEMORY_DESCRIPTOR *)(const void *)(map + offset);

        if (d->Type == EfiConventionalMemory && d->NumberOfPages > *pages &&
            d->PhysicalStart + (d->NumberOfPages << EFI_PAGE_SHIFT) <= SIZE_MAX) {
            at = d->PhysicalStart;
            *pages = (size_t)d->NumberOfPages;
        }
    }
    services_free(map);
    return at;
}

/* Moves what is there to a place where it can grow. */
static bool move(struct page_sink *s, size_t pages)
{
    void *old = s->buffer.memory;
    size_t old_pages = s->pages, free_pages;
    EFI_PHYSICAL_ADDRESS at = largest_free(&free_pages);

    if (free_pages < pages + KEEP_FREE || !allocate(pages, &at, AllocateAddress))
        return false;
    if (old_pages != 0)
        memcpy(address(at), old, old_pages << EFI_PAGE_SHIFT);
    set_memory(s, address(at), pages);
    if (old_pages != 0)
        efi_boot->FreePages((EFI_PHYSICAL_ADDRESS)(uintptr_t)old, old_pages);
    return true;
}

static bool grow(struct page_sink *s, uint64_t len)
{
    size_t pages = pages_for(len), more = pages > s->pages + GROW_PAGES ? pages - s->pages : GROW_PAGES;
    EFI_PHYSICAL_ADDRESS next = (EFI_PHYSICAL_ADDRESS)(uintptr_t)s->buffer.memory + s->buffer.capacity;

    if (s->pages != 0 && allocate(more, &next, AllocateAddress)) {
        set_memory(s, s->buffer.memory, s->pages + more);
        return true;
    }
    return move(s, s->pages + more);
}

static enum status page_sink_size_known(struct sink *sink, uint64_t size)
{
    struct page_sink *s = (struct page_sink *)sink;
    size_t pages = pages_for(size);
    EFI_PHYSICAL_ADDRESS at = 0;

    s->buffer.needed = size;
    if (size == 0 || size <= s->buffer.capacity)
        return STATUS_OK;
    if (s->pages != 0)
        return grow(s, size) ? STATUS_OK : STATUS_FILE_TOO_BIG;
    if (!allocate(pages, &at, AllocateAnyPages))
        return STATUS_FILE_TOO_BIG;
    set_memory(s, address(at), pages);
    return STATUS_OK;
}

static enum status page_sink_write(struct sink *sink, uint64_t at, struct slice bytes)
{
    struct page_sink *s = (struct page_sink *)sink;
    uint64_t end = at + bytes.len;

    if (end > s->buffer.capacity && !grow(s, end)) {
        s->buffer.needed = end;
        return STATUS_FILE_TOO_BIG;
    }
    memcpy(s->buffer.memory + at, bytes.data, bytes.len);
    return STATUS_OK;
}

void page_sink_start(struct page_sink *s)
{
    *s = (struct page_sink){0};
    buffer_sink_start(&s->buffer, NULL, 0);
    s->buffer.sink = (struct sink){.size_known = page_sink_size_known, .write = page_sink_write};
}

void page_sink_empty(struct page_sink *s)
{
    if (s->pages != 0)
        efi_boot->FreePages((EFI_PHYSICAL_ADDRESS)(uintptr_t)s->buffer.memory, s->pages);
    page_sink_start(s);
}
