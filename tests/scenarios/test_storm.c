/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Boot storms of a size that takes no time; `make bench-storm` has the large ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/sim/storm.h"

enum {
    FILE_LEN = 96 * 1024
};

/* Every machine has the file, right; nothing was sent more often than the protocol has to; nobody was turned away. */
static void storm(enum storm_protocol protocol, uint32_t machines, unsigned own, unsigned shared, double factor_max)
{
    const struct storm_config config = {
        .protocol = protocol,
        .machines = machines,
        .file_len = FILE_LEN,
        .server_mbit = 1000,
        .loss_own = own,
        .loss_shared = shared,
        .seed = 1,
    };
    struct storm_result result;

    storm_run(&config, &result);
    if (result.failed != 0)
        print_error("%s\n", result.first_failure);
    assert_int_equal(result.failed, 0);
    assert_int_equal(result.wrong, 0);
    assert_int_equal(result.booted, machines);
    assert_int_equal(result.written_twice, 0);
    assert_true((double)result.wire.file_bytes >= (double)FILE_LEN);
    assert_true((double)result.wire.file_bytes <= factor_max * FILE_LEN);
    assert_int_equal(result.wire.overflowed, 0);
    assert_int_equal(result.dhcp_dropped, 0);
    assert_int_equal(result.requests_dropped, 0);
}

static void machines_boot_by_unicast(void **state)
{
    (void)state;
    storm(STORM_UNICAST, 1, 0, 0, 1.0);
    storm(STORM_UNICAST, 10, 0, 0, 10.0);
    storm(STORM_UNICAST, 10, 10, 0, 12.0);
    storm(STORM_UNICAST, 100, 0, 0, 101.0);
    storm(STORM_UNICAST, 100, 10, 0, 112.0);
    storm(STORM_UNICAST, 100, 0, 10, 112.0);
}

/* As often as it has to be: once, and with loss on each machine's cable 1.1 times for 10 and 1.64 for 100 of them. */
static void machines_boot_by_mtftp(void **state)
{
    (void)state;
    storm(STORM_MTFTP, 1, 0, 0, 1.02);
    storm(STORM_MTFTP, 10, 0, 0, 1.1);
    storm(STORM_MTFTP, 10, 10, 0, 1.4);
    storm(STORM_MTFTP, 100, 0, 0, 1.2);
    storm(STORM_MTFTP, 100, 10, 0, 2.8);
    storm(STORM_MTFTP, 100, 0, 10, 2.0);
}

/* The list of clients is worked off in turns: with loss it is not as often as it has to be. */
static void machines_boot_by_rfc_2090(void **state)
{
    (void)state;
    storm(STORM_MULTICAST, 1, 0, 0, 1.02);
    storm(STORM_MULTICAST, 10, 0, 0, 2.0);
    storm(STORM_MULTICAST, 10, 10, 0, 2.0);
    storm(STORM_MULTICAST, 100, 0, 0, 2.5);
}

/* What the machines get is looked at: a wire that loses half of everything is noticed. */
static void loss_is_seen(void **state)
{
    const struct storm_config config = {
        .machines = 3, .file_len = FILE_LEN, .server_mbit = 1000, .loss_own = 500, .seed = 1};
    struct storm_result result;

    (void)state;
    storm_run(&config, &result);
    assert_int_equal(result.booted + result.failed, 3);
    assert_true(result.wire.lost > 100);
    assert_true(result.last_boot > SECONDS(1) || result.failed != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(machines_boot_by_unicast),
        cmocka_unit_test(machines_boot_by_mtftp),
        cmocka_unit_test(machines_boot_by_rfc_2090),
        cmocka_unit_test(loss_is_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
