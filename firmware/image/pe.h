/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What a downloaded file says about itself as an EFI program (Microsoft PE/COFF specification, revision 11; UEFI 2.10
 * section 2.1.1). Only the headers are looked at: enough to tell a person what is wrong with a file, before the
 * firmware, whose verdict counts, says no more than "unsupported".
 */
#ifndef PUCK_IMAGE_PE_H
#define PUCK_IMAGE_PE_H

#include "firmware/base/bytes.h"

enum pe_machine {
    PE_MACHINE_IA32 = 0x014c,
    PE_MACHINE_ARM = 0x01c2,
    PE_MACHINE_EBC = 0x0ebc,
    PE_MACHINE_RISCV64 = 0x5064,
    PE_MACHINE_LOONGARCH64 = 0x6264,
    PE_MACHINE_X64 = 0x8664,
    PE_MACHINE_AA64 = 0xaa64,
};

enum pe_subsystem {
    PE_SUBSYSTEM_EFI_APPLICATION = 10,
    PE_SUBSYSTEM_EFI_BOOT_DRIVER = 11,
    PE_SUBSYSTEM_EFI_RUNTIME_DRIVER = 12,
};

enum pe_verdict {
    PE_WHOLE,
    PE_TRUNCATED, /* the headers tell of more than there is */
    PE_NOT_MZ,    /* not even the first two bytes are right */
    PE_NO_HEADER, /* a DOS program, or nonsense behind "MZ" */
};

struct pe_image {
    enum pe_verdict verdict;
    uint16_t machine;   /* enum pe_machine or another; 0: the file ends before it */
    uint16_t subsystem; /* the same */
    uint64_t needed;    /* the least length the headers tell of, as far as they are there */
};

void pe_parse(struct slice file, struct pe_image *out);

/* What a person calls it: "x86-64"; "an unknown machine". */
const char *pe_machine_text(uint16_t machine);

#endif
