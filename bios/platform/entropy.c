/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "bios/platform/io.h"
#include "bios/realmode/low.h"
#include "firmware/base/bytes.h"
#include "firmware/platform.h"

enum {
    CPUID_ECX_RDRAND = 1u << 30,
    RDRAND_TRIES = 10, /* Intel SDM volume 1, section 7.3.17 */
    CMOS_INDEX = 0x70,
    CMOS_DATA = 0x71,
    CMOS_CLOCK_REGISTERS = 10,
    BDA_TICKS = 0x46c,
};

static bool has_rdrand(void)
{
    uint32_t eax = 1, ebx, ecx, edx;

    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx));
    return (ecx & CPUID_ECX_RDRAND) != 0;
}

static bool rdrand(uint32_t *value)
{
    for (unsigned i = 0; i < RDRAND_TRIES; i++) {
        uint8_t ok;

        __asm__ volatile(".byte 0x0f, 0xc7, 0xf0\n\tsetc %1" : "=a"(*value), "=qm"(ok) : : "cc"); /* rdrand %eax */
        if (ok)
            return true;
    }
    return false;
}

/* Time of day, uptime, and the odd cycles it takes to read a port: different on each boot, but not to be relied on. */
static uint32_t circumstances(unsigned i)
{
    uint64_t before = read_tsc();
    uint32_t mixed = *(volatile uint32_t *)memory_at(BDA_TICKS);

    out8(CMOS_INDEX, (uint8_t)(i % CMOS_CLOCK_REGISTERS));
    mixed ^= (uint32_t)in8(CMOS_DATA) << 24;
    mixed ^= (uint32_t)(read_tsc() - before) << 12;
    return mixed ^ (uint32_t)before;
}

size_t platform_random(void *buffer, size_t len)
{
    bool hardware = has_rdrand();
    uint8_t *to = buffer;
    size_t believed = 0;

    for (size_t at = 0; at < len; at += sizeof(uint32_t)) {
        size_t piece = len - at < sizeof(uint32_t) ? len - at : sizeof(uint32_t);
        uint32_t value = 0, mixed = circumstances((unsigned)(at / sizeof(uint32_t)));

        if (hardware && rdrand(&value))
            believed += piece;
        value ^= mixed;
        memcpy(to + at, &value, piece);
    }
    return believed;
}
