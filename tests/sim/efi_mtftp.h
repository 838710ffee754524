/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Calls of Mtftp() with one struct instead of ten arguments, and the content that the simulated server's files have. */
#ifndef PUCK_TESTS_SIM_EFI_MTFTP_H
#define PUCK_TESTS_SIM_EFI_MTFTP_H

#include "tests/sim/efi_world.h"

struct efi_mtftp_call {
    EFI_PXE_BASE_CODE_TFTP_OPCODE operation;
    void *buffer;
    UINT64 size;
    UINTN block_size; /* 0: NULL */
    const char *file;
    uint32_t server; /* 0: the usual one */
    BOOLEAN dont_use_buffer;
    EFI_PXE_BASE_CODE_MTFTP_INFO *info; /* of the multicast operations; else NULL */
};

EFI_STATUS efi_mtftp(struct efi_world *, struct efi_mtftp_call *);

/* TFTP_READ_FILE; `size` goes in and out. */
EFI_STATUS efi_mtftp_read(struct efi_world *, const char *file, void *buffer, UINT64 *size);

/* Whether these are the first bytes of a file of the simulated server. */
bool efi_mtftp_is_content(const uint8_t *bytes, size_t len);

#endif
