/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* One to sixteen MTFTP clients and a server in virtual time: seeds x loss x repetition x reordering x good and bad
 * servers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/harness/mtftp_simulation.h"

static unsigned seeds(unsigned usual)
{
    const char *asked = getenv("SEEDS");

    return asked != NULL ? (unsigned)atoi(asked) : usual;
}

static struct mtftp_simulation s;

static void new_simulation(uint32_t seed, size_t size, unsigned clients)
{
    memset(&s, 0, sizeof(s));
    s.seed = seed;
    s.size = size;
    s.clients = clients;
}

static void tell(const char *what)
{
    printf("%s: seed %u, %u clients, loss %u: %.1f s, %llu blocks of %llu, %u requests, %u sessions\n", what, s.seed,
           s.clients, s.loss, (double)s.took / 1e6, (unsigned long long)s.server.blocks_sent,
           (unsigned long long)s.blocks_ideal, s.server.requests, s.server.sessions);
}

static void all_are_right(const char *what)
{
    for (unsigned n = 0; n < s.clients; n++) {
        const struct mtftp *m = &s.client[n].mtftp;

        /* Where the server waits for its time to be over, nothing may be heard for three time-outs. */
        if (mtftp_simulation_is_right(&s, n) || (s.loss != 0 && m->wants_unicast && !m->has_heard_group))
            continue;
        tell(what);
        fail_msg("%s, seed %u: client %u: state %d, status %d, %u of %u blocks, %u times started over, took %llu ms",
                 what, s.seed, n, (int)s.client[n].mtftp.state, (int)s.client[n].mtftp.status,
                 (unsigned)s.client[n].map.count, s.client[n].mtftp.last, (unsigned)s.client[n].mtftp.start_overs,
                 (unsigned long long)s.client[n].took / 1000);
    }
}

static void every_size_arrives(void **state)
{
    static const size_t sizes[] = {0, 1, 511, 512, 513, 1024, 100000, 65535 * 512 - 1};

    (void)state;
    for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
        new_simulation(1, sizes[k], 2);
        s.client[1].begins = MILLISECONDS(1);
        mtftp_simulate(&s);
        all_are_right("sizes");
        assert_int_equal(s.server.blocks_sent, s.blocks_ideal + 1); /* the first one by both ways */
        assert_int_equal(s.server.sessions, 1);
        assert_int_equal(s.server.completed, 1);
        mtftp_simulation_end(&s);
    }
}

/* shows: PXE-2.6-e */
static void losses_are_repaired(void **state)
{
    static const unsigned losses[] = {0, 10, 50, 100};

    (void)state;
    for (unsigned seed = 1; seed <= seeds(25); seed++) {
        for (unsigned k = 0; k < 4; k++) {
            new_simulation(seed, 200000 + seed * 511, 4);
            s.loss = losses[k];
            s.repeat = seed % 3 == 0 ? 50 : 0;
            s.reorder = seed % 4 == 0 ? 50 : 0;
            for (unsigned n = 1; n < s.clients; n++)
                s.client[n].begins = MILLISECONDS(37) * (seed % 25) * n;
            mtftp_simulate(&s);
            all_are_right("losses");
            if (s.loss <= 10)
                assert_true(s.server.blocks_sent <= s.blocks_ideal * 3);
            mtftp_simulation_end(&s);
        }
    }
}

/* T-MT-01. */
static void who_joins_late_costs_what_was_missed(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= seeds(10); seed++) {
        new_simulation(seed, 10000000, 2);
        s.client[1].begins = SECONDS(2) + MILLISECONDS(200) * seed;
        mtftp_simulate(&s);
        all_are_right("late");
        if (s.client[1].mtftp.sessions_heard != 0) {
            uint64_t missed = s.server.blocks_sent - s.blocks_ideal;

            assert_int_equal(s.server.sessions, 2);
            assert_true(missed < s.blocks_ideal);
            assert_int_equal(s.client[1].mtftp.blocks_useless, 2); /* its own first block twice, the last once more */
        }
        mtftp_simulation_end(&s);
    }
}

static void ten_percent_loss_for_many(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= seeds(3); seed++) {
        new_simulation(seed, 500000, 16);
        s.loss = 100;
        for (unsigned n = 0; n < s.clients; n++)
            s.client[n].begins = MILLISECONDS(11) * n;
        mtftp_simulate(&s);
        all_are_right("many");
        tell("many");
        assert_true(s.server.blocks_sent <= s.blocks_ideal * 4);
        mtftp_simulation_end(&s);
    }
}

static void one_percent_loss_costs_little(void **state)
{
    (void)state;
    new_simulation(1, 3000000, 16);
    s.loss = 10;
    mtftp_simulate(&s);
    all_are_right("one percent");
    assert_true(s.server.blocks_sent <= s.blocks_ideal * 5 / 4);
    mtftp_simulation_end(&s);
}

static void a_server_that_is_restarted(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= seeds(20); seed++) {
        new_simulation(seed, 300000, 3);
        s.knobs.dies_at = 1 + seed * 29 % 500;
        s.knobs.dead_for = SECONDS(seed % 6) + 1;
        s.loss = seed % 2 == 0 ? 10 : 0;
        mtftp_simulate(&s);
        assert_true(s.server.has_died);
        all_are_right("restarted");
        mtftp_simulation_end(&s);
    }
}

static void a_server_that_is_killed(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= seeds(5); seed++) {
        new_simulation(seed, 300000, 3);
        s.knobs.dies_at = seed * 100 % 500 + 50;
        mtftp_simulate(&s);
        for (unsigned n = 0; n < s.clients; n++) {
            assert_true(s.client[n].mtftp.wants_unicast);
            assert_true(s.client[n].took <= SECONDS(60));
            assert_int_equal(s.client[n].written_twice, 0);
        }
        mtftp_simulation_end(&s);
    }
}

static void other_servers(void **state)
{
    static const struct mtftp_server_knobs others[] = {
        {.is_strict = true, .patience = SECONDS(1)},
        {.has_one_port = true},
        {.error_at = 100},
        {.patience = SECONDS(1)},
        {.is_strict = true, .patience = SECONDS(1), .has_one_port = true},
    };

    (void)state;
    for (unsigned seed = 1; seed <= seeds(10); seed++) {
        for (unsigned k = 0; k < 5; k++) {
            new_simulation(seed, 150000, 3);
            s.knobs = others[k];
            s.loss = seed % 3 * 10;
            s.client[1].begins = SECONDS(2);
            mtftp_simulate(&s);
            all_are_right("others");
            mtftp_simulation_end(&s);
        }
        new_simulation(seed, 150000, 3);
        s.knobs.counts = true; /* such a server cannot repeat a block */
        s.client[1].begins = SECONDS(2);
        mtftp_simulate(&s);
        all_are_right("counts");
        mtftp_simulation_end(&s);
        new_simulation(seed, 150000, 1);
        s.knobs.only_unicast = true;
        mtftp_simulate(&s);
        assert_true(s.client[0].mtftp.wants_unicast || mtftp_simulation_is_right(&s, 0));
        mtftp_simulation_end(&s);
    }
}

/* What nobody can finish by multicast ends, soon enough, and with nothing wrong that is said to be there. */
static void bad_servers(void **state)
{
    static const struct {
        struct mtftp_server_knobs knobs;
        bool is_cut_off;
        time_us within;
    } bad[] = {
        {{.is_deaf = true}, false, SECONDS(5)},
        {{.refuses = true}, false, SECONDS(3)},
        {{.no_unicast = true}, false, SECONDS(130)},
        {{.block_size = 1024}, false, SECONDS(60)},
        {{.zero_at = 50}, false, SECONDS(60)},
        {{.long_at = 50}, false, SECONDS(60)},
        {{0}, true, SECONDS(10)},
    };

    (void)state;
    for (size_t k = 0; k < sizeof(bad) / sizeof(bad[0]); k++) {
        new_simulation((uint32_t)k, 150000, 2);
        s.knobs = bad[k].knobs;
        s.client[0].is_cut_off_from_group = s.client[1].is_cut_off_from_group = bad[k].is_cut_off;
        mtftp_simulate(&s);
        for (unsigned n = 0; n < s.clients; n++) {
            if (!s.client[n].mtftp.wants_unicast)
                fail_msg("bad server %u: client %u: state %d", (unsigned)k, n, (int)s.client[n].mtftp.state);
            if (s.client[n].took > bad[k].within)
                fail_msg("bad server %u: client %u took %llu s", (unsigned)k, n,
                         (unsigned long long)s.client[n].took / 1000000);
        }
        mtftp_simulation_end(&s);
    }
}

/* 65537 blocks and more, from a server whose numbers roll over: nobody may take it for a shorter file. */
static void files_that_are_too_long(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= seeds(2); seed++) {
        new_simulation(seed, (size_t)65535 * 512 + 512 * 2000 * (seed - 1), 3);
        s.knobs.rolls_over = true;
        s.client[1].begins = SECONDS(13) + MILLISECONDS(700); /* near the end of the first round */
        s.client[2].begins = SECONDS(15);
        mtftp_simulate(&s);
        for (unsigned n = 0; n < s.clients; n++) {
            assert_int_not_equal(s.client[n].mtftp.status, STATUS_OK);
            assert_int_equal(s.client[n].map.count, 0);
            assert_true(s.client[n].mtftp.wants_unicast);
        }
        mtftp_simulation_end(&s);
    }
}

static void ports_in_the_other_byte_order(void **state)
{
    (void)state;
    new_simulation(1, 100000, 2);
    s.group = (struct mtftp_group){
        .address = 0xefff0101, .client_port = 0xdd06, .server_port = 0xde06, .ports_may_be_swapped = true};
    mtftp_simulate(&s);
    all_are_right("swapped");
    mtftp_simulation_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_size_arrives),
        cmocka_unit_test(losses_are_repaired),
        cmocka_unit_test(who_joins_late_costs_what_was_missed),
        cmocka_unit_test(ten_percent_loss_for_many),
        cmocka_unit_test(one_percent_loss_costs_little),
        cmocka_unit_test(a_server_that_is_restarted),
        cmocka_unit_test(a_server_that_is_killed),
        cmocka_unit_test(other_servers),
        cmocka_unit_test(bad_servers),
        cmocka_unit_test(files_that_are_too_long),
        cmocka_unit_test(ports_in_the_other_byte_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
