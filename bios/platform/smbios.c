/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "bios/platform/smbios.h"

#include "bios/realmode/low.h"
#include "firmware/wire/smbios_table.h"

enum {
    /* Entry point structure, section 5.2.1. */
    ENTRY_SEARCH_START = 0xf0000,
    ENTRY_SEARCH_END = 0x100000,
    ENTRY_SIZE = 0x1f,
    ENTRY_LENGTH = 0x05,
    ENTRY_TABLE_LENGTH = 0x16,
    ENTRY_TABLE_ADDRESS = 0x18,
};

static const uint8_t *find_entry(void)
{
    for (uint32_t at = ENTRY_SEARCH_START; at + ENTRY_SIZE <= ENTRY_SEARCH_END; at += 16) {
        const uint8_t *p = memory_at(at);
        uint8_t sum = 0;

        if (memcmp(p, "_SM_", 4) != 0 || p[ENTRY_LENGTH] < ENTRY_SIZE - 1 || p[ENTRY_LENGTH] > ENTRY_SEARCH_END - at)
            continue;
        for (unsigned i = 0; i < p[ENTRY_LENGTH]; i++)
            sum = (uint8_t)(sum + p[i]);
        if (sum == 0)
            return p;
    }
    return NULL;
}

bool smbios_uuid(uint8_t uuid[16])
{
    const uint8_t *entry = find_entry();
    uint16_t length;
    uint32_t address;

    if (entry == NULL)
        return false;
    memcpy(&length, entry + ENTRY_TABLE_LENGTH, sizeof(length));
    memcpy(&address, entry + ENTRY_TABLE_ADDRESS, sizeof(address));
    return smbios_table_uuid(slice_of(memory_at(address), length), uuid);
}
