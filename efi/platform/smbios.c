/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/platform/smbios.h"

#include "efi/platform/services.h"
#include "firmware/wire/smbios_table.h"

enum {
    /* Entry points: DSP0134, sections 5.2.1 (32 bits) and 5.2.2 (64 bits). */
    ENTRY32_TABLE_LENGTH = 0x16,
    ENTRY32_TABLE_ADDRESS = 0x18,
    ENTRY64_TABLE_LENGTH = 0x0c,
    ENTRY64_TABLE_ADDRESS = 0x10,
};

static const uint8_t *find_entry(const EFI_GUID *guid)
{
    for (UINTN i = 0; i < efi_system->NumberOfTableEntries; i++)
        if (memcmp(&efi_system->ConfigurationTable[i].VendorGuid, guid, sizeof(*guid)) == 0)
            return efi_system->ConfigurationTable[i].VendorTable;
    return NULL;
}

bool smbios_uuid(uint8_t uuid[16])
{
    static const EFI_GUID guid64 = SMBIOS3_TABLE_GUID, guid32 = SMBIOS_TABLE_GUID;
    const uint8_t *entry = find_entry(&guid64);
    uint64_t address64;
    uint32_t address32, length32;
    uint16_t length16;

    if (entry != NULL && memcmp(entry, "_SM3_", 5) == 0) {
        memcpy(&length32, entry + ENTRY64_TABLE_LENGTH, sizeof(length32));
        memcpy(&address64, entry + ENTRY64_TABLE_ADDRESS, sizeof(address64));
        if (address64 <= SIZE_MAX)
            return smbios_table_uuid(slice_of((const void *)(uintptr_t)address64, length32), uuid);
    }
    entry = find_entry(&guid32);
    if (entry == NULL || memcmp(entry, "_SM_", 4) != 0)
        return false;
    memcpy(&length16, entry + ENTRY32_TABLE_LENGTH, sizeof(length16));
    memcpy(&address32, entry + ENTRY32_TABLE_ADDRESS, sizeof(address32));
    return smbios_table_uuid(slice_of((const void *)(uintptr_t)address32, length16), uuid);
}
