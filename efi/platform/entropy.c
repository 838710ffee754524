/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <cpuid.h>

#include "efi/platform/services.h"
#include "firmware/base/bytes.h"
#include "firmware/platform.h"

enum {
    RDRAND_TRIES = 10, /* Intel SDM volume 1, section 7.3.17 */
    CIRCUMSTANCES = 8,
};

static bool from_firmware(void *buffer, size_t len)
{
    static const EFI_GUID guid = EFI_RNG_PROTOCOL_GUID;
    EFI_HANDLE *handles;
    size_t count;
    EFI_RNG_PROTOCOL *rng;

    handles = services_handles(&guid, &count);
    rng = count != 0 ? services_protocol(handles[0], &guid) : NULL;
    services_free(handles);
    return rng != NULL && !EFI_ERROR(rng->GetRNG(rng, NULL, len, buffer));
}

static bool rdrand(uint32_t *value)
{
    for (unsigned i = 0; i < RDRAND_TRIES; i++) {
        uint8_t ok;

        __asm__ volatile("rdrandl %0\n\tsetc %1" : "=r"(*value), "=qm"(ok) : : "cc");
        if (ok)
            return true;
    }
    return false;
}

static bool from_processor(uint8_t *buffer, size_t len)
{
    unsigned eax, ebx, ecx = 0, edx;

    if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || (ecx & bit_RDRND) == 0)
        return false;
    for (size_t at = 0; at < len; at += sizeof(uint32_t)) {
        size_t piece = len - at < sizeof(uint32_t) ? len - at : sizeof(uint32_t);
        uint32_t value;

        if (!rdrand(&value))
            return false;
        memcpy(buffer + at, &value, piece);
    }
    return true;
}

/* Time of day, and the odd cycles that Stall() takes: different on each boot, but not to be relied on. */
static void from_circumstances(uint8_t *buffer, size_t len)
{
    EFI_TIME clock = {0};
    uint64_t mixed;

    efi_system->RuntimeServices->GetTime(&clock, NULL);
    mixed = (uint64_t)clock.Second << 32 ^ (uint64_t)clock.Minute << 40 ^ (uint64_t)clock.Nanosecond;
    for (size_t i = 0; i < CIRCUMSTANCES; i++) {
        efi_boot->Stall(1);
        mixed = mixed * 0x5851f42d4c957f2d + __builtin_ia32_rdtsc();
        for (size_t at = i; at < len; at += CIRCUMSTANCES)
            buffer[at] = (uint8_t)(mixed >> (8 * (at % 8)));
    }
}

size_t platform_random(void *buffer, size_t len)
{
    if (from_firmware(buffer, len) || from_processor(buffer, len))
        return len;
    from_circumstances(buffer, len);
    return 0;
}
