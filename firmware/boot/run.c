/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/boot/run.h"

#include "firmware/platform.h"

/*
 * Nothing but a frame, the time, or what platform_idle() lets in changes the session, so until then nothing of it is
 * looked at: a whole poll takes ten times as many instructions.
 */
static time_us idle(struct session *s, time_us now, time_us until)
{
    do {
        platform_idle(now, until);
        now = platform_now();
    } while (now < until && !nic_has_frame(s->nic));
    return now;
}

void run_until_frame(struct session *s, time_us timeout)
{
    time_us now = platform_now();

    if (!nic_has_frame(s->nic))
        (void)idle(s, now, now + timeout);
}

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
        now = idle(s, now, time_earlier(session_deadline(s), give_up));
    }
}
