/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/platform/tpl.h"
#include "efi/protocols/net_boot.h"
#include "efi/protocols/pxe_functions.h"

EFI_STATUS EFIAPI pxe_discover(EFI_PXE_BASE_CODE_PROTOCOL *this, UINT16 type, UINT16 *layer, BOOLEAN use_bis,
                               EFI_PXE_BASE_CODE_DISCOVER_INFO *info)
{
    struct tpl_entry tpl;
    EFI_STATUS status;

    (void)type, (void)info;
    if (this == NULL)
        return EFI_INVALID_PARAMETER;
    tpl = tpl_enter();
    status = pxe_base_code_check(pxe_of(this));
    if (status == EFI_SUCCESS)
        status = layer == NULL ? EFI_INVALID_PARAMETER : EFI_UNSUPPORTED;
    (void)use_bis;
    tpl_leave(tpl);
    return status;
}
