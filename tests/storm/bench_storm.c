/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Boot storms of growing size, printed as a table: what `make bench-storm` runs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "tests/sim/storm.h"

enum loss_model {
    LOSS_NONE,
    LOSS_OWN,
    LOSS_SHARED,
};

static const char *const loss_names[] = {"", "own", "shared"};

struct options {
    uint32_t machines; /* 0: all sizes */
    int protocol;      /* -1: all */
    int loss;          /* percent; -1: all */
    int model;         /* -1: both */
    size_t file_len;   /* 0: by the number of machines */
    uint32_t mbit, seed;
    time_us spread;
};

static double seconds(time_us t)
{
    return (double)t / 1e6;
}

/*
 * How often the file has to be sent at least, in the mean, if blocks are sent as they are: by unicast to each machine
 * until it has it, by multicast until all have it. Of N machines that each lose one in 1/p blocks, somebody has missed
 * a block that was sent k times with the probability 1 - (1 - p^k)^N.
 */
static double floor_of(const struct storm_config *c)
{
    double own = c->loss_own / 1000.0, shared = c->loss_shared / 1000.0, sum = 0, missed = 1;

    if (c->protocol == STORM_UNICAST)
        return c->machines / (1 - own - shared);
    if (c->loss_shared != 0)
        return 1 / (1 - shared);
    for (unsigned k = 0; k < 50; k++, missed *= own) {
        double all = 1;

        for (uint32_t n = 0; n < c->machines; n++)
            all *= 1 - missed;
        sum += 1 - all;
    }
    return sum;
}

static void print_head(void)
{
    (void)printf(
        "| machines | file, KB | protocol | loss, %% | booted | server's bytes per machine | file sent, times | "
        "at least | last lease, s | boot of first, median, last, s | server busy, s | DHCP lost | requests, "
        "lost | sessions | by unicast |\n"
        "|--:|--:|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n");
}

static void print_row(const struct storm_config *c, const struct storm_result *r)
{
    const char *model = c->loss_own != 0 ? " own" : c->loss_shared != 0 ? " shared" : "";

    (void)printf(
        "| %u | %zu | %s | %u%s | %u%s | %.0f | %.2f | %.2f | %.2f | %.2f, %.2f, %.2f | %.2f | %llu | %llu, %llu "
        "| %llu | %llu |\n",
        c->machines, c->file_len / 1024, storm_protocol_name(c->protocol), (c->loss_own + c->loss_shared) / 10, model,
        r->booted, r->wrong != 0 ? " WRONG" : "", (double)r->wire.server_bytes / c->machines,
        (double)r->wire.file_bytes / (double)c->file_len, floor_of(c), seconds(r->last_lease), seconds(r->first_boot),
        seconds(r->median_boot), seconds(r->last_boot), seconds(r->server_busy), (unsigned long long)r->dhcp_dropped,
        (unsigned long long)r->requests_taken, (unsigned long long)r->requests_dropped, (unsigned long long)r->sessions,
        (unsigned long long)r->by_unicast);
    (void)fflush(stdout);
}

static bool run_one(const struct options *o, uint32_t machines, enum storm_protocol protocol, unsigned loss,
                    enum loss_model model)
{
    const struct storm_config config = {
        .protocol = protocol,
        .machines = machines,
        .file_len = o->file_len != 0  ? o->file_len
                    : machines > 1000 ? 256 * 1024
                                      : 4096 * 1024,
        .server_mbit = o->mbit,
        .loss_own = model == LOSS_OWN ? loss * 10 : 0,
        .loss_shared = model == LOSS_SHARED ? loss * 10 : 0,
        .spread = o->spread,
        .seed = o->seed,
    };
    struct storm_result result;
    struct rusage usage;
    clock_t begin = clock();

    storm_run(&config, &result);
    print_row(&config, &result);
    (void)getrusage(RUSAGE_SELF, &usage);
    (void)fprintf(stderr,
                  "  %.1f s of this machine, %ld MB; server's queue %u, %u to its line; %llu and %llu broadcasts, %llu "
                  "time-outs%s%s\n",
                  (double)(clock() - begin) / CLOCKS_PER_SEC, usage.ru_maxrss / 1024, result.wire.server_queue_most,
                  result.wire.up_queue_most, (unsigned long long)result.wire.machine_broadcasts,
                  (unsigned long long)result.wire.server_broadcasts, (unsigned long long)result.time_outs,
                  result.failed != 0 ? "\n" : "", result.first_failure);
    return result.booted == machines;
}

static bool run_size(const struct options *o, uint32_t machines)
{
    static const unsigned losses[] = {0, 1, 5};
    bool all_boot = true;

    for (int protocol = 0; protocol < STORM_PROTOCOLS; protocol++)
        for (unsigned n = 0; n < sizeof(losses) / sizeof(losses[0]); n++)
            for (int model = losses[n] == 0 ? LOSS_NONE : LOSS_OWN; model <= (losses[n] == 0 ? LOSS_NONE : LOSS_SHARED);
                 model++) {
                /* The model's list of clients has an end, as the threads of the server that it is of. */
                if ((protocol == STORM_MULTICAST && machines > 1000) || (o->protocol >= 0 && o->protocol != protocol) ||
                    (o->loss >= 0 && o->loss != (int)losses[n]) ||
                    (o->model >= 0 && model != LOSS_NONE && o->model != model))
                    continue;
                all_boot &= run_one(o, machines, (enum storm_protocol)protocol, losses[n], (enum loss_model)model);
            }
    return all_boot;
}

static int find_name(const char *name)
{
    for (int n = 0; n < STORM_PROTOCOLS; n++)
        if (strcmp(storm_protocol_name((enum storm_protocol)n), name) == 0)
            return n;
    for (int n = LOSS_OWN; n <= LOSS_SHARED; n++)
        if (strcmp(loss_names[n], name) == 0)
            return n;
    (void)fprintf(stderr, "bench_storm: there is no %s\n", name);
    exit(2);
}

static void take_option(struct options *o, const char *name, const char *value)
{
    if (strcmp(name, "--machines") == 0)
        o->machines = (uint32_t)atoi(value);
    else if (strcmp(name, "--protocol") == 0)
        o->protocol = find_name(value);
    else if (strcmp(name, "--loss") == 0)
        o->loss = atoi(value);
    else if (strcmp(name, "--model") == 0)
        o->model = find_name(value);
    else if (strcmp(name, "--kilobytes") == 0)
        o->file_len = (size_t)atoi(value) * 1024;
    else if (strcmp(name, "--mbit") == 0)
        o->mbit = (uint32_t)atoi(value);
    else if (strcmp(name, "--spread-ms") == 0)
        o->spread = MILLISECONDS((unsigned)atoi(value));
    else if (strcmp(name, "--seed") == 0)
        o->seed = (uint32_t)atoi(value);
    else {
        (void)fprintf(
            stderr,
            "usage: bench_storm [--machines N] [--protocol TFTP|MTFTP|'RFC 2090'] [--loss 0|1|5] [--model own|shared]\n"
            "                   [--kilobytes N] [--mbit N] [--spread-ms N] [--seed N]\n");
        exit(2);
    }
}

int main(int argc, char **argv)
{
    static const uint32_t sizes[] = {1, 10, 100, 1000, 10000};
    struct options o = {.protocol = -1, .loss = -1, .model = -1, .mbit = 1000, .seed = 1};
    bool all_boot = true;

    for (int n = 1; n < argc; n += 2)
        take_option(&o, argv[n], n + 1 < argc ? argv[n + 1] : "");
    print_head();
    for (unsigned n = 0; n < sizeof(sizes) / sizeof(sizes[0]); n++)
        if (o.machines == 0 || o.machines == sizes[n])
            all_boot &= run_size(&o, sizes[n]);
    return all_boot ? 0 : 1; /* some gave up: the table says who */
}
