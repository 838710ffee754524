/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Pages for a file: of a size that is told, of one that is not, and where memory or its map are not as they should be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "efi/platform/page_sink.h"
#include "efi/platform/services.h"

enum {
    ARENA_PAGES = 8192, /* 32 MB */
    SLOT = 64,          /* of a descriptor: longer than the struct, as firmware's are */
};

#define MB (1u << 20)

static uint8_t *arena;
static bool is_used[ARENA_PAGES];
static unsigned map_failures; /* so many calls for the map fail and tell nothing */
static struct page_sink sink;
static uint8_t bytes[4 * MB];

static size_t used_pages(void)
{
    size_t used = 0;

    for (size_t i = 0; i < ARENA_PAGES; i++)
        used += is_used[i];
    return used;
}

static bool take(size_t first, size_t count)
{
    if (count > ARENA_PAGES || first > ARENA_PAGES - count)
        return false;
    for (size_t i = first; i < first + count; i++)
        if (is_used[i])
            return false;
    memset(is_used + first, true, count);
    return true;
}

static EFI_STATUS EFIAPI allocate_pages(EFI_ALLOCATE_TYPE how, EFI_MEMORY_TYPE type, UINTN count,
                                        EFI_PHYSICAL_ADDRESS *at)
{
    (void)type;
    if (how == AllocateAddress)
        return take((*at - (uintptr_t)arena) >> EFI_PAGE_SHIFT, count) ? EFI_SUCCESS : EFI_NOT_FOUND;
    for (size_t first = ARENA_PAGES - count; count <= ARENA_PAGES; first--) {
        if (take(first, count)) {
            *at = (uintptr_t)arena + (first << EFI_PAGE_SHIFT);
            return EFI_SUCCESS;
        }
        if (first == 0)
            break;
    }
    return EFI_OUT_OF_RESOURCES;
}

static EFI_STATUS EFIAPI free_pages(EFI_PHYSICAL_ADDRESS at, UINTN count)
{
    size_t first = (at - (uintptr_t)arena) >> EFI_PAGE_SHIFT;

    for (size_t i = first; i < first + count; i++) {
        assert_true(is_used[i]);
        is_used[i] = false;
    }
    return EFI_SUCCESS;
}

/* One descriptor for each run of free or used pages. */
static EFI_STATUS EFIAPI memory_map(UINTN *len, EFI_MEMORY_DESCRIPTOR *map, UINTN *key, UINTN *slot, UINT32 *version)
{
    UINTN room = *len, needed = 0;

    (void)key, (void)version;
    if (map_failures > 0) {
        map_failures--;
        return EFI_INVALID_PARAMETER;
    }
    *slot = SLOT;
    for (size_t first = 0, end; first < ARENA_PAGES; first = end, needed += SLOT) {
        EFI_MEMORY_DESCRIPTOR *d;

        for (end = first; end < ARENA_PAGES && is_used[end] == is_used[first]; end++)
            ;
        if (needed + SLOT > room)
            continue;
        d = (EFI_MEMORY_DESCRIPTOR *)(void *)((uint8_t *)map + needed);
        d->Type = is_used[first] ? EfiLoaderData : EfiConventionalMemory;
        d->PhysicalStart = (uintptr_t)arena + (first << EFI_PAGE_SHIFT);
        d->NumberOfPages = end - first;
    }
    *len = needed;
    return needed > room ? EFI_BUFFER_TOO_SMALL : EFI_SUCCESS;
}

static EFI_STATUS EFIAPI allocate_pool(EFI_MEMORY_TYPE type, UINTN len, void **memory)
{
    (void)type;
    *memory = malloc(len + 1);
    return *memory != NULL ? EFI_SUCCESS : EFI_OUT_OF_RESOURCES;
}

static EFI_STATUS EFIAPI free_pool(void *memory)
{
    free(memory);
    return EFI_SUCCESS;
}

static int start(void **state)
{
    static EFI_BOOT_SERVICES boot = {
        .AllocatePages = allocate_pages,
        .FreePages = free_pages,
        .GetMemoryMap = memory_map,
        .AllocatePool = allocate_pool,
        .FreePool = free_pool,
    };

    (void)state;
    arena = aligned_alloc(EFI_PAGE_SIZE, (size_t)ARENA_PAGES << EFI_PAGE_SHIFT);
    memset(is_used, 0, sizeof(is_used));
    map_failures = 0;
    efi_boot = &boot;
    page_sink_start(&sink);
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 7 + (i >> 12));
    return arena == NULL;
}

static int stop(void **state)
{
    (void)state;
    page_sink_empty(&sink);
    free(arena);
    return 0;
}

static enum status write_at(uint64_t at, size_t len)
{
    return sink.buffer.sink.write(&sink.buffer.sink, at, slice_of(bytes, len));
}

static void size_that_is_told_is_taken_at_once(void **state)
{
    (void)state;
    assert_int_equal(sink.buffer.sink.size_known(&sink.buffer.sink, 10001), STATUS_OK);
    assert_int_equal(used_pages(), 3);
    assert_int_equal(write_at(0, 10001), STATUS_OK);
    assert_memory_equal(sink.buffer.memory, bytes, 10001);
    page_sink_empty(&sink);
    assert_int_equal(used_pages(), 0);
}

static void size_that_no_machine_has_is_too_big(void **state)
{
    (void)state;
    assert_int_equal(sink.buffer.sink.size_known(&sink.buffer.sink, UINT64_MAX), STATUS_FILE_TOO_BIG);
    assert_int_equal(used_pages(), 0);
    assert_int_equal(sink.buffer.sink.size_known(&sink.buffer.sink, 64 * (uint64_t)MB), STATUS_FILE_TOO_BIG);
    assert_true(sink.buffer.needed == 64 * (uint64_t)MB);
}

/* By multicast the bytes come first; the server that tells the size is asked when that was not the whole file. */
static void size_that_is_told_after_bytes_came(void **state)
{
    (void)state;
    assert_int_equal(write_at(0, sizeof(bytes)), STATUS_OK);
    assert_int_equal(sink.buffer.sink.size_known(&sink.buffer.sink, 12 * (uint64_t)MB), STATUS_OK);
    assert_true(sink.buffer.capacity >= 12 * (uint64_t)MB);
    assert_memory_equal(sink.buffer.memory, bytes, sizeof(bytes));
    assert_int_equal(sink.buffer.sink.size_known(&sink.buffer.sink, 64 * (uint64_t)MB), STATUS_FILE_TOO_BIG);
    assert_true(sink.buffer.needed == 64 * (uint64_t)MB);
    assert_int_equal(used_pages(), sink.pages);
}

static void file_of_unknown_size_grows_in_place(void **state)
{
    const uint8_t *where;

    (void)state;
    assert_int_equal(write_at(0, sizeof(bytes)), STATUS_OK);
    where = sink.buffer.memory;
    assert_int_equal(write_at(sizeof(bytes), sizeof(bytes)), STATUS_OK);
    assert_ptr_equal(sink.buffer.memory, where);
    assert_memory_equal(where, bytes, sizeof(bytes));
    assert_memory_equal(where + sizeof(bytes), bytes, sizeof(bytes));
}

static void file_moves_where_the_next_page_is_taken(void **state)
{
    const uint8_t *where;

    (void)state;
    assert_int_equal(write_at(0, sizeof(bytes)), STATUS_OK);
    where = sink.buffer.memory;
    is_used[(size_t)(where - arena + (ptrdiff_t)sink.buffer.capacity) >> EFI_PAGE_SHIFT] = true;
    assert_int_equal(write_at(sizeof(bytes), 1), STATUS_OK);
    assert_ptr_not_equal(sink.buffer.memory, where);
    assert_memory_equal(sink.buffer.memory, bytes, sizeof(bytes));
    assert_int_equal(used_pages(), sink.pages + 1);
}

/* The firmware needs memory to say what went wrong, and to go on. */
static void some_memory_is_left(void **state)
{
    enum status status = STATUS_OK;

    (void)state;
    is_used[20 * MB >> EFI_PAGE_SHIFT] = true;
    for (uint64_t at = 0; status == STATUS_OK && at < 64 * (uint64_t)MB; at += sizeof(bytes))
        status = write_at(at, sizeof(bytes));
    assert_int_equal(status, STATUS_FILE_TOO_BIG);
    assert_true(sink.buffer.needed > sink.buffer.capacity);
    page_sink_empty(&sink);
    assert_int_equal(used_pages(), 1);
}

static void firmware_that_tells_no_map_ends_the_download(void **state)
{
    (void)state;
    map_failures = 2;
    assert_int_equal(write_at(0, 1), STATUS_FILE_TOO_BIG);
    assert_int_equal(used_pages(), 0);
    map_failures = 1; /* the second call would tell */
    assert_int_equal(write_at(0, 1), STATUS_FILE_TOO_BIG);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(size_that_is_told_is_taken_at_once),           TEST(size_that_no_machine_has_is_too_big),
        TEST(size_that_is_told_after_bytes_came),           TEST(file_of_unknown_size_grows_in_place),
        TEST(file_moves_where_the_next_page_is_taken),      TEST(some_memory_is_left),
        TEST(firmware_that_tells_no_map_ends_the_download),
    };

    return cmocka_run_group_tests_name("efi_page_sink", tests, NULL, NULL);
}
