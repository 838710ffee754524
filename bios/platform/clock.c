/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "bios/platform/clock.h"

#include <stddef.h>

#include "bios/platform/acpi_timer.h"
#include "bios/platform/io.h"
#include "firmware/platform.h"

/* The 8254 (Intel datasheet 231164) and the port that gates its channel 2, in every PC since the AT. */
enum {
    PIT_CHANNEL2 = 0x42,
    PIT_COMMAND = 0x43,
    PIT_COMMAND_CHANNEL2_ONESHOT = 0xb0, /* channel 2, low then high byte, mode 0, binary */
    PORT_B = 0x61,
    PORT_B_GATE = 0x01,
    PORT_B_SPEAKER = 0x02,
    PORT_B_OUTPUT = 0x20,
    PIT_HZ = 1193182,
    ACPI_HZ = 3579545,
    MEASURE_MS = 2, /* shorter than a time slice: most measurements then see no other task */
    MEASURE_TRIES = 20,
};

/* Without any reference: a rate no processor of today is far below. Waits then are too long rather than too short. */
#define GUESS_KHZ 4000000u

/* More counts than any processor makes in 40 times MEASURE_MS: a reference that takes longer is not running. */
#define MEASURE_GIVE_UP 400000000u

static uint32_t rate_khz;
static uint32_t us_per_count; /* as a fraction of 2^32 */

/*
 * Counts of the time stamp counter during MEASURE_MS, or 0. Under a hypervisor we may be kept waiting just when the
 * timer starts or ends. `doubt` is how many counts lie between the moments before and after each of the two.
 */
static uint64_t measure_by_pit(uint64_t *doubt)
{
    uint16_t counts = (uint16_t)(PIT_HZ * MEASURE_MS / 1000);
    uint8_t port_b = in8(PORT_B);
    uint64_t armed, start, last, now;

    out8(PORT_B, (uint8_t)((port_b & ~PORT_B_SPEAKER) | PORT_B_GATE));
    out8(PIT_COMMAND, PIT_COMMAND_CHANNEL2_ONESHOT);
    out8(PIT_CHANNEL2, (uint8_t)counts);
    armed = read_tsc();
    out8(PIT_CHANNEL2, (uint8_t)(counts >> 8));
    start = last = now = read_tsc();
    while (!(in8(PORT_B) & PORT_B_OUTPUT) && now - start < MEASURE_GIVE_UP) {
        last = now; /* taken before the output was read, and it was still low */
        now = read_tsc();
    }
    now = read_tsc();
    out8(PORT_B, port_b);
    *doubt = (start - armed) + (now - last);
    return last - start < MEASURE_GIVE_UP ? (last - start) + *doubt / 2 : 0;
}

/* The best of a few measurements; the first is good enough unless we were kept waiting. */
static uint64_t measure_undisturbed(void)
{
    uint64_t best = 0, best_doubt = UINT64_MAX;

    for (unsigned i = 0; i < MEASURE_TRIES; i++) {
        uint64_t doubt, counts = measure_by_pit(&doubt);

        if (doubt < best_doubt) {
            best = counts;
            best_doubt = doubt;
        }
        if (best_doubt < best >> 7 || counts == 0)
            break;
    }
    return best;
}

static uint64_t measure_by_acpi_timer(void)
{
    uint16_t port = acpi_timer_port();
    uint32_t start_ticks;
    uint64_t start, now;

    if (!port)
        return 0;
    start_ticks = in32(port);
    start = read_tsc();
    do {
        now = read_tsc();
        /* The counter has 24 bits or 32; the low 24 are always there. */
        if (((in32(port) - start_ticks) & 0xffffff) >= ACPI_HZ / 1000 * MEASURE_MS)
            return now - start;
    } while (now - start < MEASURE_GIVE_UP);
    return 0;
}

void clock_start(void)
{
    uint64_t counts = measure_undisturbed();
    uint32_t numerator = 1000;

    if (counts < MEASURE_MS * 10000u) /* below 10 MHz: the timer's output was up at once */
        counts = measure_by_acpi_timer();
    rate_khz = counts < MEASURE_MS * 10000u ? GUESS_KHZ : (uint32_t)counts / MEASURE_MS;
    /* us = counts * 1000 / kHz; the divisor is the larger number, so that the quotient is a fraction of 2^32. */
    __asm__("divl %2" : "=a"(us_per_count), "+d"(numerator) : "r"(rate_khz), "a"(0) : "cc");
}

uint32_t clock_rate_khz(void)
{
    return rate_khz;
}

time_us platform_now(void)
{
    uint64_t counts = read_tsc();

    return (counts >> 32) * us_per_count + (((counts & 0xffffffff) * us_per_count) >> 32);
}

void clock_delay_us(uint32_t us)
{
    time_us end = platform_now() + us;

    while (platform_now() < end)
        cpu_relax();
}
