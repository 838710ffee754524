/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/harness/pe_file.h"

#include "firmware/image/pe.h"

static void put16(uint8_t *p, uint16_t value)
{
    p[0] = (uint8_t)value;
    p[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *p, uint32_t value)
{
    put16(p, (uint16_t)value);
    put16(p + 2, (uint16_t)(value >> 16));
}

static void put_section(uint8_t *p, const char *name, uint32_t len, uint32_t at)
{
    memcpy(p, name, strlen(name));
    put32(p + 8, len);
    put32(p + 12, at * 16);
    put32(p + 16, len);
    put32(p + 20, at);
}

void pe_file_fill(uint8_t *bytes, uint16_t machine, uint16_t subsystem)
{
    bool is_wide = machine != PE_MACHINE_IA32 && machine != PE_MACHINE_ARM;
    uint8_t *coff = bytes + PE_FILE_COFF, *optional = coff + 24, *directories = optional + (is_wide ? 112 : 96);

    memset(bytes, 0, PE_FILE_LEN);
    memcpy(bytes, "MZ", 2);
    put32(bytes + 0x3c, PE_FILE_COFF);
    memcpy(coff, "PE\0\0", 4);
    put16(coff + 4, machine);
    put16(coff + 6, 2);
    put16(coff + 20, (uint16_t)(directories + 16 * 8 - optional));
    put16(optional, is_wide ? 0x20b : 0x10b);
    put32(optional + 60, 0x200);
    put16(optional + 68, subsystem);
    put32(directories - 4, 16);
    put32(directories + 4 * 8, PE_FILE_CERTIFICATES);
    put32(directories + 4 * 8 + 4, PE_FILE_LEN - PE_FILE_CERTIFICATES);
    put_section(directories + 16 * 8, ".text", 0x100, 0x200);
    put_section(directories + 16 * 8 + 40, ".data", 0x100, 0x300);
}
