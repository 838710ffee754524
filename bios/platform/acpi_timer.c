/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* ACPI 6.5 section 5.2: RSDP, RSDT, FADT. */
#include "bios/platform/acpi_timer.h"

#include "bios/realmode/low.h"
#include "firmware/base/bytes.h"

enum {
    EBDA_SEGMENT = 0x40e,
    RSDP_SIZE = 20, /* what its first checksum covers */
    RSDP_RSDT = 16,
    TABLE_LENGTH = 4,
    TABLE_HEADER = 36,
    TABLES_MAX = 128,
    FADT_PM_TMR_BLK = 76,
    FADT_PM_TMR_LEN = 91,
};

static uint32_t load32(const uint8_t *p)
{
    uint32_t value;

    memcpy(&value, p, sizeof(value));
    return value;
}

static bool is_rsdp(const uint8_t *p)
{
    uint8_t sum = 0;

    if (memcmp(p, "RSD PTR ", 8) != 0)
        return false;
    for (unsigned i = 0; i < RSDP_SIZE; i++)
        sum = (uint8_t)(sum + p[i]);
    return sum == 0;
}

static const uint8_t *find_rsdp(uint32_t from, uint32_t to)
{
    for (uint32_t at = from; at + RSDP_SIZE <= to; at += 16)
        if (is_rsdp(memory_at(at)))
            return memory_at(at);
    return NULL;
}

uint16_t acpi_timer_port(void)
{
    uint32_t ebda = (uint32_t) * (uint16_t *)memory_at(EBDA_SEGMENT) << 4;
    const uint8_t *rsdp = NULL, *rsdt;
    unsigned count;

    if (ebda >= 0x80000 && ebda < 0xa0000)
        rsdp = find_rsdp(ebda, ebda + 1024);
    if (!rsdp)
        rsdp = find_rsdp(0xe0000, 0x100000);
    if (!rsdp || !load32(rsdp + RSDP_RSDT))
        return 0;
    rsdt = memory_at(load32(rsdp + RSDP_RSDT));
    if (memcmp(rsdt, "RSDT", 4) != 0 || load32(rsdt + TABLE_LENGTH) < TABLE_HEADER)
        return 0;
    count = (load32(rsdt + TABLE_LENGTH) - TABLE_HEADER) / 4;
    for (unsigned i = 0; i < count && i < TABLES_MAX; i++) {
        const uint8_t *table = memory_at(load32(rsdt + TABLE_HEADER + i * 4));

        if (memcmp(table, "FACP", 4) == 0 && load32(table + TABLE_LENGTH) > FADT_PM_TMR_LEN &&
            table[FADT_PM_TMR_LEN] == 4)
            return (uint16_t)load32(table + FADT_PM_TMR_BLK);
    }
    return 0;
}
