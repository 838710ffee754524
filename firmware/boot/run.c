/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/boot/run.h"

#include "firmware/platform.h"

/* How long nothing but the receive ring is looked at: what the session waits for may also be room to transmit, or a
 * key. */
#define IDLE_MAX 100 /* us */

/*
 * Waits for a frame and looks at nothing else: a whole poll of the session takes ten times as many instructions, and
 * hardly anything but a frame or the time has something for it.
 */
static time_us idle(struct session *s, time_us now, time_us until)
{
    time_us look_again = now + IDLE_MAX;

    do {
        platform_idle(now, until);
        now = platform_now();
    } while (now < until && now < look_again && !nic_has_frame(s->nic));
    return now;
}

void run_until_frame(struct session *s, time_us timeout)
{
    time_us now = platform_now(), until = now + timeout;

    while (now < until && !nic_has_frame(s->nic))
        now = idle(s, now, until);
}

/* ESC ends whatever goes on; other keys are for the boot menu. */
static bool is_ended_by_key(struct session *s, time_us now)
{
    int key = key_decoder_input(&s->keys, now, platform_key());

    if (key != KEY_NONE && key != KEY_ESC)
        pxe_boot_key(s, now, key);
    return key == KEY_ESC;
}

enum status run_until(struct session *s, run_done_fn *done, const void *context, time_us timeout)
{
    time_us now = platform_now();
    time_us give_up = timeout < TIME_NEVER - now ? now + timeout : TIME_NEVER;

    s->is_cancelled = false;
    for (;;) {
        session_poll(s, now);
        if (s->net.observer != NULL && s->net.observer->waiting != NULL)
            s->net.observer->waiting(s->net.observer, now);
        if (done(context))
            return STATUS_OK;
        if (s->is_cancelled)
            return STATUS_CANCELLED;
        if (s->watches_keys && is_ended_by_key(s, now))
            return STATUS_CANCELLED;
        if (now >= give_up)
            return STATUS_PENDING;
        now = idle(s, now, time_earlier(session_deadline(s), give_up));
    }
}
