/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * RFC 2090 between several clients and a model of atftpd 0.8.0, by loss, repetition and reordering: every client ends
 * with the right file, and what the server sent in all is bounded. 1 000 000 bytes at a round trip of 0.5 ms over a
 * gigabit link. Prints a table. SEEDS=100 in the environment for figures to quote.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/harness/multicast_simulation.h"

static unsigned seeds = 3;

static struct multicast_simulation s;

static void network(unsigned clients, unsigned seed)
{
    s = (struct multicast_simulation){.clients = clients, .size = 1000000, .round_trip = 500, .seed = seed + 1};
    for (unsigned n = 0; n < clients; n++)
        s.client[n].starts = n * 200;
}

static void all_have_it(void)
{
    for (unsigned n = 0; n < s.clients; n++) {
        if (s.client[n].dies != 0)
            continue;
        assert_int_equal(s.client[n].status, STATUS_OK);
        assert_true(s.client[n].content_is_right);
    }
}

static unsigned written_twice(void)
{
    unsigned count = 0;

    for (unsigned n = 0; n < s.clients; n++)
        count += s.client[n].written_twice != 0;
    return count;
}

struct row {
    unsigned clients, loss, repeat, reorder;
    double sent_max, seconds_max; /* in the mean */
};

static void every_client_ends_with_the_file(void **state)
{
    static const struct row rows[] = {
        {1, 0, 0, 0, 1.01, 0.2}, {1, 100, 0, 0, 1.1, 2},   {1, 1000, 0, 0, 1.5, 20}, {4, 0, 0, 0, 1.1, 0.2},
        {4, 100, 0, 0, 1.4, 5},  {4, 1000, 0, 0, 3.5, 90}, {10, 0, 100, 100, 2, 2},  {10, 100, 100, 100, 2.5, 10},
        {30, 0, 0, 0, 1.3, 0.5}, {30, 100, 0, 0, 2.2, 15},
    };

    (void)state;
    for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
        double sent = 0, took = 0, longest = 0;
        unsigned turns = 0, packets = 0, again = 0;

        for (unsigned seed = 0; seed < seeds; seed++) {
            network(rows[r].clients, seed);
            s.loss = rows[r].loss;
            s.repeat = rows[r].repeat;
            s.reorder = rows[r].reorder;
            multicast_simulate(&s);
            all_have_it();
            sent += (double)s.bytes_sent / (double)s.size / seeds;
            took += (double)s.took / 1e6 / seeds;
            longest = (double)s.took / 1e6 > longest ? (double)s.took / 1e6 : longest;
            turns += s.turns;
            again += written_twice();
            for (unsigned n = 0; n < s.clients; n++)
                packets += s.client[n].packets;
        }
        printf(
            "  %3u clients, loss %4.1f %%, %u %% repeated, %u %% reordered: server sent %.2f of the file, %.3f s (most "
            "%.3f), %u turns, %u packets per client, %u written again\n",
            rows[r].clients, rows[r].loss / 100.0, rows[r].repeat / 100, rows[r].reorder / 100, sent, took, longest,
            turns / seeds, packets / seeds / rows[r].clients, again);
        assert_true(sent <= rows[r].sent_max);
        assert_true(took <= rows[r].seconds_max);
        if (rows[r].loss <= 100)
            assert_int_equal(again, 0); /* nobody had to go on by unicast */
    }
}

/* T-MT-01: who joins late hears the rest, and asks for the beginning when the master is done. */
static void joining_in_the_middle(void **state)
{
    (void)state;
    for (unsigned loss = 0; loss <= 100; loss += 100) {
        network(3, loss);
        s.loss = loss;
        s.client[1].starts = MILLISECONDS(20);
        s.client[2].starts = MILLISECONDS(40);
        multicast_simulate(&s);
        all_have_it();
        assert_int_equal(written_twice(), 0);
        assert_true(s.client[1].by_multicast && s.client[2].by_multicast);
        assert_true(s.bytes_sent < 2 * s.size);
    }
}

/* T-MT-05: the master is switched off; the server notices after half a minute, or after 5 s if it is told to. */
static void the_master_dies(void **state)
{
    (void)state;
    for (unsigned switches = 0; switches < 2; switches++) {
        network(3, switches);
        s.knobs.switches_master = switches != 0;
        s.client[0].dies = MILLISECONDS(20);
        multicast_simulate(&s);
        all_have_it();
        assert_int_equal(written_twice(), 0);
        assert_true(s.took < (switches ? SECONDS(20) : SECONDS(60)));
    }
}

static void the_server_is_restarted(void **state)
{
    (void)state;
    for (unsigned says = 0; says < 2; says++) {
        network(4, says);
        s.says_goodbye = says != 0;
        s.server_stops = MILLISECONDS(25);
        s.server_starts = SECONDS(3);
        multicast_simulate(&s);
        all_have_it();
        assert_int_equal(written_twice(), 0);
        assert_true(s.took < SECONDS(30));
        assert_true(s.bytes_sent < 3 * s.size); /* half a file, then at worst the other half for each */
    }
}

/* A switch between the server and one of the clients drops what is sent to groups. */
static void one_client_hears_no_group(void **state)
{
    (void)state;
    network(3, 0);
    s.client[1].is_deaf = true;
    multicast_simulate(&s);
    all_have_it();
    assert_true(s.client[1].experience.refuses_multicast);
    assert_int_equal(s.client[0].written_twice + s.client[2].written_twice, 0);
}

static void nobody_hears_a_group(void **state)
{
    (void)state;
    network(1, 0);
    s.client[0].is_deaf = true;
    multicast_simulate(&s);
    all_have_it();
    assert_true(s.took < SECONDS(4));
}

/* Servers that are not quite atftpd. */
static void knobs_of_servers(void **state)
{
    static const struct multicast_server_knobs knobs[] = {
        {.knows_no_window = true},
        {.ignores_multicast = true},
        {.refuses_multicast = true},
        {.knows_no_size = true},
        {.short_later_oacks = true},
        {.hands_over_never = true},
        {.switches_master = true},
        {.size_max = 999999},
        {.says = "239.255.0.0,1758,2"},
        {.says = "10.0.0.1,1758,1"},
        {.says = ",,1"},
    };

    (void)state;
    for (size_t n = 0; n < sizeof(knobs) / sizeof(knobs[0]); n++) {
        for (unsigned loss = 0; loss <= 100; loss += 100) {
            network(4, loss);
            s.loss = loss;
            s.knobs = knobs[n];
            multicast_simulate(&s);
            all_have_it();
        }
    }
}

/* The usual way: the boot program starts, and nobody answers the server any more. */
static void clients_leave_as_soon_as_they_are_done(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < seeds; seed++) {
        network(20, seed);
        s.lets_go = true;
        s.loss = 50;
        multicast_simulate(&s);
        all_have_it();
        assert_int_equal(written_twice(), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_client_ends_with_the_file),
        cmocka_unit_test(joining_in_the_middle),
        cmocka_unit_test(the_master_dies),
        cmocka_unit_test(the_server_is_restarted),
        cmocka_unit_test(one_client_hears_no_group),
        cmocka_unit_test(nobody_hears_a_group),
        cmocka_unit_test(knobs_of_servers),
        cmocka_unit_test(clients_leave_as_soon_as_they_are_done),
    };

    if (getenv("SEEDS") != NULL && atoi(getenv("SEEDS")) > 0)
        seeds = (unsigned)atoi(getenv("SEEDS"));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
