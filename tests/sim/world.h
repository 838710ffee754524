/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A machine for the firmware to run on, in virtual time: firmware/platform.h on one side, a wire with simulated hosts
 * on the other. The clock jumps to the next moment at which anything happens; no test ever sleeps. One world at a time.
 */
#ifndef PUCK_SIM_WORLD_H
#define PUCK_SIM_WORLD_H

#include "firmware/platform.h"
#include "tests/sim/wire.h"

/* Something at the far end of the wire. */
struct world_host {
    struct world_host *next;
    void (*poll)(struct world_host *, time_us now);
    time_us (*deadline)(const struct world_host *);
};

struct world_key {
    time_us at;
    int key; /* as platform_key() returns it */
};

struct world {
    time_us now;
    time_us limit;    /* virtual time at which a run that never ends is ended, with what was on the screen */
    struct wire wire; /* ends[0] is the machine's NIC */
    struct world_host *hosts;
    const struct world_key *keys; /* sorted; not owned */
    size_t key_count, keys_taken;
    void (*in_idle)(void *context); /* called within platform_idle, as an interrupt would be; may be NULL */
    void *in_idle_context;
    char screen[8192]; /* everything that was printed; the oldest half goes when it is full */
    size_t screen_len;
    unsigned warnings; /* lines logged at LOG_WARN */
    uint64_t idles;
    uint32_t seed;
};

/* The clock starts at an hour, not at 0; `limit` is an hour later. */
void world_start(struct world *, uint32_t seed);
void world_stop(struct world *);
void world_add(struct world *, struct world_host *);

/* Lets time pass and the hosts do what they are due to do, with nobody at the machine. */
void world_run(struct world *, time_us until);

bool world_screen_has(const struct world *, const char *text);

#endif
