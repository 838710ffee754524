/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * When to send again. Each try waits longer than the one before, up to a ceiling, and each wait is spread by jitter so
 * that machines switched on together do not stay in step.
 */
#ifndef PUCK_BASE_RETRY_H
#define PUCK_BASE_RETRY_H

#include "firmware/base/random.h"
#include "firmware/base/time.h"

struct retry {
    time_us wait;      /* the next wait, before jitter */
    time_us longest;   /* ceiling of `wait` */
    time_us deadline;  /* when to send next; TIME_NEVER when stopped */
    unsigned attempts; /* how often retry_sent() has been called since retry_start() */
};

/* The first packet is owed at once; it is followed by waits of `first`, 2*first, ... up to `longest`. */
void retry_start(struct retry *r, time_us now, time_us first, time_us longest);

/* A packet went out: sets the next deadline, spread by up to 1/8 either way. */
void retry_sent(struct retry *r, time_us now, struct random *random);

void retry_stop(struct retry *r);

#endif
