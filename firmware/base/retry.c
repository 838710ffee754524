/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/base/retry.h"

void retry_start(struct retry *r, time_us now, time_us first, time_us longest)
{
    *r = (struct retry){.wait = first, .longest = longest, .deadline = now};
}

void retry_sent(struct retry *r, time_us now, struct random *random)
{
    uint32_t spread = (uint32_t)(r->wait / 4);

    r->attempts++;
    r->deadline = now + r->wait - spread / 2 + random_below(random, spread);
    r->wait = time_earlier(r->wait * 2, r->longest);
}

void retry_stop(struct retry *r)
{
    r->deadline = TIME_NEVER;
}
