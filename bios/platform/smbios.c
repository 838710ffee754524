/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "bios/platform/smbios.h"

#include "bios/realmode/low.h"
#include "firmware/base/bytes.h"

enum {
    /* Entry point structure, section 5.2.1. */
    ENTRY_SEARCH_START = 0xf0000,
    ENTRY_SEARCH_END = 0x100000,
    ENTRY_SIZE = 0x1f,
    ENTRY_LENGTH = 0x05,
    ENTRY_TABLE_LENGTH = 0x16,
    ENTRY_TABLE_ADDRESS = 0x18,
    /* Structures, sections 6.1.2 and 7.2. */
    STRUCTURE_HEADER = 4,
    SYSTEM_INFORMATION = 1,
    SYSTEM_UUID = 0x08,
    UUID_SIZE = 16,
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

/* The structure after the one at `r`: behind its strings, which end with an empty one. */
static void skip_structure(struct reader *r, uint8_t length)
{
    uint8_t last = 1, byte = 1;

    (void)read_slice(r, length);
    while (!r->failed && (last | byte) != 0) {
        last = byte;
        byte = read_u8(r);
    }
}

/* Of all zeros or all ones the standard says: not set. */
static bool is_set(const uint8_t *uuid)
{
    unsigned i = 1;

    while (i < UUID_SIZE && uuid[i] == uuid[0])
        i++;
    return i < UUID_SIZE || (uuid[0] != 0x00 && uuid[0] != 0xff);
}

bool smbios_uuid(uint8_t uuid[16])
{
    const uint8_t *entry = find_entry();
    uint16_t length;
    uint32_t address;
    struct reader r;

    if (entry == NULL)
        return false;
    memcpy(&length, entry + ENTRY_TABLE_LENGTH, sizeof(length));
    memcpy(&address, entry + ENTRY_TABLE_ADDRESS, sizeof(address));
    r = reader_of(slice_of(memory_at(address), length));
    while (!r.failed && r.end - r.next >= STRUCTURE_HEADER) {
        const uint8_t *structure = r.next;

        if (structure[0] == SYSTEM_INFORMATION && structure[1] >= SYSTEM_UUID + UUID_SIZE &&
            r.end - r.next >= SYSTEM_UUID + UUID_SIZE) {
            memcpy(uuid, structure + SYSTEM_UUID, UUID_SIZE);
            return is_set(uuid);
        }
        skip_structure(&r, structure[1]);
    }
    return false;
}
