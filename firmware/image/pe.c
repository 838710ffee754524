/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/image/pe.h"

#define DOS_HEADER_LEN    64
#define DOS_PE_OFFSET     0x3c
#define PE_OFFSET_MAX     0x10000 /* linkers put it below 1 KB; a DOS program may have anything there */
#define COFF_LEN          24      /* with the signature in front */
#define SECTION_LEN       40
#define OPTIONAL_MAGIC_32 0x010b
#define OPTIONAL_MAGIC_64 0x020b
#define CERTIFICATES      4 /* the one data directory that lies outside of all sections */

/* 0 beyond the end: `needed` then says that something is missing, or the header is too short to have the field. */
static uint32_t le16_at(struct slice file, uint64_t at)
{
    return at + 2 <= file.len ? load_le16(file.data + at) : 0;
}

static uint32_t le32_at(struct slice file, uint64_t at)
{
    return at + 4 <= file.len ? load_le32(file.data + at) : 0;
}

static void need(struct pe_image *pe, uint64_t len)
{
    if (len > pe->needed)
        pe->needed = len;
}

/* The certificate table's directory entry holds a file offset (PE/COFF, "Optional Header Data Directories"). */
static void parse_optional(struct slice optional, struct pe_image *pe)
{
    uint32_t magic = le16_at(optional, 0);
    size_t directories = magic == OPTIONAL_MAGIC_64 ? 112 : 96, entry = directories + CERTIFICATES * 8;

    if (magic != OPTIONAL_MAGIC_32 && magic != OPTIONAL_MAGIC_64)
        return;
    pe->subsystem = (uint16_t)le16_at(optional, 68);
    need(pe, le32_at(optional, 60)); /* SizeOfHeaders */
    if (le32_at(optional, directories - 4) > CERTIFICATES && le32_at(optional, entry) != 0)
        need(pe, (uint64_t)le32_at(optional, entry) + le32_at(optional, entry + 4));
}

static void parse_sections(struct slice file, size_t at, unsigned count, struct pe_image *pe)
{
    for (; count != 0 && at + SECTION_LEN <= file.len; count--, at += SECTION_LEN) {
        uint32_t len = le32_at(file, at + 16), start = le32_at(file, at + 20);

        if (start != 0)
            need(pe, (uint64_t)start + len);
    }
}

static void parse_headers(struct slice file, size_t coff, struct pe_image *pe)
{
    unsigned section_count = le16_at(file, coff + 6);
    size_t optional_len = le16_at(file, coff + 20), optional = coff + COFF_LEN, sections = optional + optional_len;

    pe->machine = (uint16_t)le16_at(file, coff + 4);
    need(pe, coff + COFF_LEN);
    need(pe, sections + (uint64_t)section_count * SECTION_LEN);
    parse_optional(slice_first(slice_from(file, optional), optional_len), pe);
    parse_sections(file, sections, section_count, pe);
}

void pe_parse(struct slice file, struct pe_image *pe)
{
    uint32_t coff;

    *pe = (struct pe_image){.verdict = PE_NOT_MZ};
    if (file.len < 2 || file.data[0] != 'M' || file.data[1] != 'Z')
        return;
    pe->verdict = PE_TRUNCATED;
    need(pe, DOS_HEADER_LEN);
    if (file.len < DOS_HEADER_LEN)
        return;
    pe->verdict = PE_NO_HEADER;
    coff = load_le32(file.data + DOS_PE_OFFSET);
    if (coff > PE_OFFSET_MAX)
        return;
    if (coff + 4 <= file.len && memcmp(file.data + coff, "PE\0\0", 4) != 0)
        return;
    parse_headers(file, coff, pe);
    pe->verdict = pe->needed > file.len ? PE_TRUNCATED : PE_WHOLE;
}

const char *pe_machine_text(uint16_t machine)
{
    switch (machine) {
    case PE_MACHINE_IA32:
        return "32-bit x86";
    case PE_MACHINE_ARM:
        return "32-bit ARM";
    case PE_MACHINE_EBC:
        return "EFI byte code";
    case PE_MACHINE_RISCV64:
        return "64-bit RISC-V";
    case PE_MACHINE_LOONGARCH64:
        return "64-bit LoongArch";
    case PE_MACHINE_X64:
        return "x86-64";
    case PE_MACHINE_AA64:
        return "64-bit ARM";
    default:
        return "an unknown machine";
    }
}
