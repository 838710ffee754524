/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "bios/platform/idle.h"

#include "bios/platform/io.h"
#include "bios/realmode/low.h"
#include "firmware/platform.h"

/* Often enough for the BIOS's 55 ms tick and the keyboard, seldom enough for the two mode switches not to count. */
#define WINDOW_INTERVAL MILLISECONDS(1)

enum {
    PAUSES = 8,
};

static time_us window_next;
static bool allowed = true;

void idle_set_interrupts(bool on)
{
    allowed = on;
}

bool idle_interrupts(void)
{
    return allowed;
}

/* The NIC is polled, and nothing tells us when a frame arrives: waiting longer would only delay it. PAUSES are less
 * than half a microsecond on any processor, and under an emulator, which counts each as one instruction but spends the
 * time of hundreds on it, they halve the instructions of a wait. */
void platform_idle(time_us now, time_us until)
{
    if (allowed && now >= window_next) {
        /* Also where `until` has passed: it stays so while the card cannot send, and ESC has to work then too. */
        low_open_window();
        window_next = platform_now() + WINDOW_INTERVAL;
    } else if (now < until) {
        for (unsigned i = 0; i < PAUSES; i++)
            cpu_relax();
    }
}
