/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bios/realmode/memory_ranges.h"

#define MB        0x100000u
#define RANGES(a) (a), (unsigned)(sizeof(a) / sizeof((a)[0]))

static struct memory_range ram(uint64_t base, uint64_t length)
{
    return (struct memory_range){base, length, MEMORY_RAM, 1};
}

static void expect(const struct memory_range *range, uint64_t base, uint64_t length, uint32_t type)
{
    assert_true(range->base == base);
    assert_true(range->length == length);
    assert_int_equal(range->type, type);
    assert_int_equal(range->attributes, 1);
}

static void a_hole_splits_ram_in_three(void **state)
{
    const struct memory_range from[] = {ram(0, 0x9fc00), ram(MB, 255 * MB), {0xfffc0000, 0x40000, 2, 1}};
    struct memory_range to[8];

    (void)state;
    assert_int_equal(memory_ranges_reserve(to, 8, RANGES(from), 100 * MB, 104 * MB), 5);
    expect(&to[0], 0, 0x9fc00, MEMORY_RAM);
    expect(&to[1], MB, 99 * MB, MEMORY_RAM);
    expect(&to[2], 100 * MB, 4 * MB, MEMORY_RESERVED);
    expect(&to[3], 104 * MB, 152 * MB, MEMORY_RAM);
    expect(&to[4], 0xfffc0000, 0x40000, MEMORY_RESERVED);
}

/* All of memory in one range, and a second one inside it, before it in the list. */
static void overlapping_and_unsorted_ranges_all_get_the_hole(void **state)
{
    const struct memory_range from[] = {ram(102 * MB, MB), ram(0, 256 * MB)};
    struct memory_range to[8];

    (void)state;
    assert_int_equal(memory_ranges_reserve(to, 8, RANGES(from), 100 * MB, 104 * MB), 4);
    expect(&to[0], 102 * MB, MB, MEMORY_RESERVED);
    expect(&to[1], 0, 100 * MB, MEMORY_RAM);
    expect(&to[2], 100 * MB, 4 * MB, MEMORY_RESERVED);
    expect(&to[3], 104 * MB, 152 * MB, MEMORY_RAM);
}

/* A BIOS that calls its own EBDA RAM: it begins inside what is hidden. */
static void ram_that_begins_in_the_hole_loses_its_beginning(void **state)
{
    const struct memory_range from[] = {ram(0, 0x9f000), ram(0x9f000, 0x2000)};
    struct memory_range to[8];

    (void)state;
    assert_int_equal(memory_ranges_reserve(to, 8, RANGES(from), 0x9bc00, 0xa0000), 4);
    expect(&to[0], 0, 0x9bc00, MEMORY_RAM);
    expect(&to[1], 0x9bc00, 0x3400, MEMORY_RESERVED);
    expect(&to[2], 0x9f000, 0x1000, MEMORY_RESERVED);
    expect(&to[3], 0xa0000, 0x1000, MEMORY_RAM);
}

static void what_is_no_ram_stays_what_it_is(void **state)
{
    const struct memory_range from[] = {{100 * MB, 8 * MB, 3, 1}, {99 * MB, 8 * MB, 4, 1}};
    struct memory_range to[8];

    (void)state;
    assert_int_equal(memory_ranges_reserve(to, 8, RANGES(from), 100 * MB, 104 * MB), 2);
    expect(&to[0], 100 * MB, 8 * MB, 3);
    expect(&to[1], 99 * MB, 8 * MB, 4);
}

static void empty_ranges_go_and_those_that_wrap_end(void **state)
{
    const struct memory_range from[] = {ram(MB, 0), ram(UINT64_MAX - MB, 2 * MB), ram(0, UINT64_MAX)};
    struct memory_range to[8];

    (void)state;
    assert_int_equal(memory_ranges_reserve(to, 8, RANGES(from), 0xfffff000, 0x100000000), 4);
    expect(&to[0], UINT64_MAX - MB, MB, MEMORY_RAM);
    expect(&to[2], 0xfffff000, 0x1000, MEMORY_RESERVED);
}

static void nothing_is_written_behind_a_full_list(void **state)
{
    const struct memory_range from[] = {ram(0, MB), ram(MB, 255 * MB)};
    struct memory_range to[3];

    (void)state;
    to[2] = ram(7, 7);
    assert_int_equal(memory_ranges_reserve(to, 2, RANGES(from), 100 * MB, 104 * MB), 2);
    expect(&to[1], MB, 99 * MB, MEMORY_RAM);
    expect(&to[2], 7, 7, MEMORY_RAM);
}

static void contiguous_ram_crosses_ranges_but_no_gaps(void **state)
{
    const struct memory_range ranges[] = {
        ram(32 * MB, 16 * MB), ram(MB, 15 * MB), ram(8 * MB, 12 * MB), {20 * MB, MB, MEMORY_RESERVED, 1}};

    (void)state;
    assert_int_equal(memory_ranges_contiguous(RANGES(ranges), MB), 19 * MB);
    assert_int_equal(memory_ranges_contiguous(RANGES(ranges), 19 * MB), MB);
    assert_int_equal(memory_ranges_contiguous(RANGES(ranges), 40 * MB), 8 * MB);
    assert_int_equal(memory_ranges_contiguous(RANGES(ranges), 20 * MB), 0);
    assert_int_equal(memory_ranges_contiguous(RANGES(ranges), 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hole_splits_ram_in_three),
        cmocka_unit_test(overlapping_and_unsorted_ranges_all_get_the_hole),
        cmocka_unit_test(ram_that_begins_in_the_hole_loses_its_beginning),
        cmocka_unit_test(what_is_no_ram_stays_what_it_is),
        cmocka_unit_test(empty_ranges_go_and_those_that_wrap_end),
        cmocka_unit_test(nothing_is_written_behind_a_full_list),
        cmocka_unit_test(contiguous_ram_crosses_ranges_but_no_gaps),
    };

    return cmocka_run_group_tests_name("memory ranges", tests, NULL, NULL);
}
