/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/wire/smbios_table.h"

enum {
    /* Sections 6.1.2 and 7.2. */
    STRUCTURE_HEADER = 4,
    SYSTEM_INFORMATION = 1,
    SYSTEM_UUID = 0x08,
    UUID_SIZE = 16,
};

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

bool smbios_table_uuid(struct slice table, uint8_t uuid[16])
{
    struct reader r = reader_of(table);

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
