/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Which blocks of a multicast file are here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/proto/block_map.h"

static struct block_map map;

static void counts_each_block_once(void **state)
{
    (void)state;
    block_map_clear(&map);
    assert_true(block_map_add(&map, 7));
    assert_false(block_map_add(&map, 7));
    assert_true(block_map_has(&map, 7));
    assert_false(block_map_has(&map, 6));
    assert_int_equal(map.count, 1);
}

static void has_no_block_zero(void **state)
{
    (void)state;
    block_map_clear(&map);
    assert_false(block_map_add(&map, 0));
    assert_int_equal(block_map_missing(&map, 0, 1), 1);
}

static void finds_each_hole(void **state)
{
    (void)state;
    for (uint32_t hole = 1; hole <= BLOCK_MAP_MAX; hole += hole < 200 ? 1 : 997) {
        block_map_clear(&map);
        for (uint32_t block = 1; block <= BLOCK_MAP_MAX; block++)
            if (block != hole)
                assert_true(block_map_add(&map, (uint16_t)block));
        assert_int_equal(block_map_missing(&map, 1, BLOCK_MAP_MAX), hole);
        assert_int_equal(block_map_missing(&map, (uint16_t)hole, BLOCK_MAP_MAX), hole);
        if (hole < BLOCK_MAP_MAX)
            assert_int_equal(block_map_missing(&map, (uint16_t)(hole + 1), BLOCK_MAP_MAX), 0);
        assert_int_equal(block_map_missing(&map, 1, (uint16_t)(hole - 1)), 0);
        assert_true(block_map_add(&map, (uint16_t)hole));
        assert_int_equal(map.count, BLOCK_MAP_MAX);
        assert_int_equal(block_map_missing(&map, 1, BLOCK_MAP_MAX), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_each_block_once),
        cmocka_unit_test(has_no_block_zero),
        cmocka_unit_test(finds_each_hole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
