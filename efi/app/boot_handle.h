/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The handle that a boot program finds itself loaded from: …/MAC/IPv4 with the addresses that were really used, which
 * makes it different from the child of the firmware's stack, and true (UEFI 2.10, section 10.3.4.12).
 */
#ifndef PUCK_EFI_BOOT_HANDLE_H
#define PUCK_EFI_BOOT_HANDLE_H

#include "efi/app/app.h"
#include "efi/app/origin.h"

struct boot_handle {
    EFI_HANDLE handle;
    EFI_DEVICE_PATH *path;
    struct boot_marker marker;
    bool holds_snp;
};

EFI_STATUS boot_handle_make(struct boot_handle *, struct app *);

/* The boot program may have uninstalled, opened or closed what was there: what is left goes. */
void boot_handle_drop(struct boot_handle *, struct app *);

#endif
