/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/sim/efi_mtftp.h"

EFI_STATUS efi_mtftp(struct efi_world *w, struct efi_mtftp_call *c)
{
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    EFI_IP_ADDRESS server = efi_ip(c->server != 0 ? c->server : EFI_WORLD_SERVER_IP);

    return pxe->Mtftp(pxe, c->operation, c->buffer, FALSE, &c->size, c->block_size != 0 ? &c->block_size : NULL,
                      &server, (UINT8 *)(uintptr_t)c->file, c->info, c->dont_use_buffer);
}

EFI_STATUS efi_mtftp_read(struct efi_world *w, const char *file, void *buffer, UINT64 *size)
{
    struct efi_mtftp_call c = {
        .operation = EFI_PXE_BASE_CODE_TFTP_READ_FILE, .buffer = buffer, .size = *size, .file = file};
    EFI_STATUS status = efi_mtftp(w, &c);

    *size = c.size;
    return status;
}

bool efi_mtftp_is_content(const uint8_t *bytes, size_t len)
{
    for (size_t at = 0; at < len; at++)
        if (bytes[at] != efi_world_file_byte(at))
            return false;
    return true;
}
