/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A boot program that says how long its own section ".load" is and its CRC-32. tools/labkit/multicast.py adds that
 * section in any size, so the boot file itself is what is tested.
 */
#include "tests/boot/efi/report.h"

enum {
    PE_HEADER_AT = 0x3c, /* PE/COFF specification, section 2.1: where the offset of the PE header is */
    SECTION_COUNT_AT = 6,
    OPTIONAL_SIZE_AT = 20,
    OPTIONAL_AT = 24,
    SECTION_SIZE = 40,
    VIRTUAL_SIZE_AT = 8,
    VIRTUAL_ADDRESS_AT = 12,
};

static uint32_t number(const uint8_t *at, unsigned size)
{
    uint32_t value = 0;

    while (size > 0)
        value = value << 8 | at[--size];
    return value;
}

/* NULL when nobody added one. */
static const uint8_t *load_section(uint32_t *size)
{
    const uint8_t *base = loaded_image->ImageBase, *pe = base + number(base + PE_HEADER_AT, 4);
    const uint8_t *section = pe + OPTIONAL_AT + number(pe + OPTIONAL_SIZE_AT, 2);

    for (uint32_t n = number(pe + SECTION_COUNT_AT, 2); n > 0; n--, section += SECTION_SIZE) {
        if (memcmp(section, ".load\0\0", 8) == 0) {
            *size = number(section + VIRTUAL_SIZE_AT, 4);
            return base + number(section + VIRTUAL_ADDRESS_AT, 4);
        }
    }
    return NULL;
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    uint32_t size = 0;
    UINT32 crc = 0;
    const uint8_t *load;

    report_start(image, system);
    load = load_section(&size);
    check(load != NULL && bs->CalculateCrc32((void *)(uintptr_t)load, size, &crc) == EFI_SUCCESS, "7.5",
          "the image has its load");
    say("PUCK-LAB: boot program size=%x crc=%x\r\n", size, crc);
    return report_end("carrier") == 0 ? EFI_SUCCESS : EFI_ABORTED;
}
