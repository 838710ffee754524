/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/platform/clock.h"

#include "efi/platform/services.h"
#include "firmware/base/divide.h"
#include "firmware/platform.h"

enum {
    MEASURE_US = 2000,
    MEASURE_TRIES = 4,
};

/* Where the counter does not count: no processor of today is faster, so waits are too long rather than too short. */
#define GUESS_KHZ 4000000u

static uint32_t us_per_count; /* as a fraction of 2^32; 0: not started */

static uint64_t read_counter(void)
{
    return __builtin_ia32_rdtsc();
}

/* The shortest of a few: whatever disturbs a measurement makes it longer. */
static uint64_t counts_in_stall(void)
{
    uint64_t best = UINT64_MAX;

    for (unsigned i = 0; i < MEASURE_TRIES; i++) {
        uint64_t start = read_counter(), counts;

        efi_boot->Stall(MEASURE_US);
        counts = read_counter() - start;
        if (counts < best)
            best = counts;
    }
    return best;
}

void clock_start(void)
{
    uint64_t khz;

    if (us_per_count != 0)
        return;
    khz = divide_u64(counts_in_stall(), MEASURE_US / 1000, NULL);
    if (khz < 10000 || khz > UINT32_MAX)
        khz = GUESS_KHZ;
    us_per_count = (uint32_t)divide_u64((uint64_t)1000 << 32, (uint32_t)khz, NULL);
}

time_us platform_now(void)
{
    uint64_t counts = read_counter();

    return (counts >> 32) * us_per_count + (((counts & 0xffffffff) * us_per_count) >> 32);
}
