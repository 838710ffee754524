/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/boot/run.h"

#include "firmware/platform.h"

enum status run_until(struct session *s, run_done_fn *done, const void *context, time_us timeout)
{
    time_us now = platform_now();
    time_us give_up = timeout < TIME_NEVER - now ? now + timeout : TIME_NEVER;

    for (;;) {
        session_poll(s, now);
        if (done(context))
            return STATUS_OK;
        if (s->watches_keys && platform_key() == PLATFORM_KEY_ESC)
            return STATUS_CANCELLED;
        if (now >= give_up)
            return STATUS_PENDING;
        platform_idle(time_earlier(session_deadline(s), give_up));
        now = platform_now();
    }
}
