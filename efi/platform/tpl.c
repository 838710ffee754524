/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/platform/tpl.h"

#include "efi/platform/services.h"

/* The TPL of whoever called us, or TPL_CALLBACK when nobody did: then there is nothing to give back. */
static EFI_TPL caller = TPL_CALLBACK;

struct tpl_entry tpl_enter(void)
{
    struct tpl_entry entry = {.outer = caller};

    entry.caller = efi_boot->RaiseTPL(TPL_CALLBACK);
    caller = entry.caller;
    return entry;
}

void tpl_leave(struct tpl_entry entry)
{
    caller = entry.outer;
    efi_boot->RestoreTPL(entry.caller);
}

void tpl_yield(void)
{
    EFI_TPL lower = caller;

    if (lower >= TPL_CALLBACK)
        return;
    caller = TPL_CALLBACK;
    efi_boot->RestoreTPL(lower);
    efi_boot->RaiseTPL(TPL_CALLBACK);
    caller = lower;
}
