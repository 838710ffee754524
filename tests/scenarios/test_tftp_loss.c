/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * TFTP under loss, repetition and reordering: 400 000 bytes at a round trip of 1 ms over a gigabit link, the server
 * repeating after 1 s. Prints a table per server; the bounds are the project's goals. SEEDS=1000 in the environment for
 * figures to quote.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/harness/tftp_simulation.h"

enum {
    SEEDS_USUAL = 12, /* make check is to stay quick */
    SEEDS_MAX = 10000,
    SIZE = 400000,
};

struct row {
    unsigned loss; /* in 1/10000, each way */
    double median_max, arrived_max;
};

struct outcome {
    double times[SEEDS_MAX];
    double arrived, sent, arrived_most;
    unsigned packets;
};

static unsigned seeds = SEEDS_USUAL;

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static void run_row(const struct tftp_simulation *model, struct outcome *o)
{
    *o = (struct outcome){0};
    for (unsigned seed = 0; seed < seeds; seed++) {
        struct tftp_simulation s = *model;
        double arrived;

        s.seed = seed + 1;
        tftp_simulate(&s);
        assert_int_equal(s.status, STATUS_OK);
        assert_true(s.content_is_right);
        arrived = (double)s.bytes_arrived / SIZE;
        o->times[seed] = (double)s.took / 1e6;
        o->arrived += arrived / seeds;
        o->arrived_most = arrived > o->arrived_most ? arrived : o->arrived_most;
        o->sent += (double)s.frames_sent * TFTP_BLOCK_FRAME / SIZE / seeds;
        o->packets += s.client_packets;
    }
    qsort(o->times, seeds, sizeof(o->times[0]), by_size);
}

static void run_table(const char *title, const struct tftp_simulation *model, const struct row *rows, size_t count)
{
    static struct outcome o;

    printf("%s\n", title);
    for (size_t n = 0; n < count; n++) {
        struct tftp_simulation s = *model;

        s.loss = rows[n].loss;
        run_row(&s, &o);
        printf(
            "  loss %4.1f %%: %6.3f s (90 %%: %6.3f, most %6.3f), server sent %.2f, client got %.2f (most %.2f) of the "
            "file, %u client packets\n",
            rows[n].loss / 100.0, o.times[seeds / 2], o.times[seeds * 9 / 10], o.times[seeds - 1], o.sent, o.arrived,
            o.arrived_most, o.packets / seeds);
        assert_true(o.times[seeds / 2] <= rows[n].median_max);
        assert_true(o.arrived <= rows[n].arrived_max);
        /* A storm would be tens of times the file. */
        assert_true(o.arrived_most < 4);
    }
}

static struct tftp_simulation network(enum tftp_server_kind kind)
{
    return (struct tftp_simulation){
        .kind = kind,
        .size = SIZE,
        .round_trip = MILLISECONDS(1),
        .rate = 1000,
        .request = {.receive_frames = 256},
    };
}

static const struct row goals[] = {
    {0, 0.06, 1.02}, {100, 0.15, 1.3}, {500, 0.5, 2.2}, {1000, 1.0, 2.6}, {2000, 2.0, 3.0},
};

/* shows: RFC7440-4-e */
static void windows_of_one_frame_blocks(void **state)
{
    struct tftp_simulation s = network(TFTP_SERVER_WINDOWS);

    (void)state;
    s.request.block_size_max = TFTP_BLOCK_FRAME;
    run_table("windowsize 16, blksize 1468", &s, goals, 5);
}

static void a_first_transfer_with_an_unknown_server(void **state)
{
    struct tftp_simulation s = network(TFTP_SERVER_WINDOWS);

    (void)state;
    run_table("windowsize 16, blksize as first asked for", &s, goals, 5);
}

/* With windows, an ACK to a duplicate that makes the server send a window again is how storms begin. */
/* shows: RFC7440-5-c */
static void duplicates_and_reordering_make_no_storm(void **state)
{
    static const struct row calm[] = {{0, 0.06, 1.1}};
    static const struct row both[] = {{100, 0.2, 1.5}};
    struct tftp_simulation s = network(TFTP_SERVER_WINDOWS);

    (void)state;
    s.request.block_size_max = TFTP_BLOCK_FRAME;
    s.repeat = 100;
    run_table("windowsize 16, 1 % duplicates", &s, calm, 1);
    s.repeat = 0;
    s.reorder = 100;
    run_table("windowsize 16, 1 % reordered", &s, (const struct row[]){{0, 0.06, 1.3}}, 1);
    s.repeat = 100;
    run_table("windowsize 16, 1 % each lost, duplicated, reordered", &s, both, 1);
}

/* The pace of recovery is the server's timer: 1 s per lost packet; a peer's lock-step took 2.9, 26, 59 s. */
/* shows: RFC1350-2-c */
static void lock_step(void **state)
{
    static const struct row rows[] = {{0, 0.1, 1.02}, {100, 4, 1.1}, {500, 18, 1.1}, {1000, 40, 1.1}};
    struct tftp_simulation s = network(TFTP_SERVER_LOCK_STEP);

    (void)state;
    run_table("no windowsize (tftpd-hpa), blksize as first asked for", &s, rows, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_of_one_frame_blocks),
        cmocka_unit_test(a_first_transfer_with_an_unknown_server),
        cmocka_unit_test(duplicates_and_reordering_make_no_storm),
        cmocka_unit_test(lock_step),
    };

    if (getenv("SEEDS") != NULL)
        seeds = (unsigned)strtoul(getenv("SEEDS"), NULL, 10);
    if (seeds == 0 || seeds > SEEDS_MAX)
        seeds = SEEDS_USUAL;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
