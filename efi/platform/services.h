/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The firmware that we run on. Set once by services_start(), which every entry point calls first; there is one image,
 * so these are the only globals of efi/ beside the clock.
 */
#ifndef PUCK_EFI_SERVICES_H
#define PUCK_EFI_SERVICES_H

#include "efi/spec/uefi.h"

extern EFI_HANDLE efi_image; /* our own image handle */
extern EFI_SYSTEM_TABLE *efi_system;
extern EFI_BOOT_SERVICES *efi_boot;

void services_start(EFI_HANDLE image, EFI_SYSTEM_TABLE *);

/* The protocol's interface on a handle, or NULL. Does not open it: for what cannot go away under us. */
void *services_protocol(EFI_HANDLE, const EFI_GUID *);

/*
 * All handles with a protocol, in pool memory that the caller frees with services_free(); NULL and 0 when there are
 * none.
 */
EFI_HANDLE *services_handles(const EFI_GUID *, size_t *count);

/* Zeroed pool memory (EfiBootServicesData, aligned to 8), or NULL. */
void *services_alloc(size_t len);
void services_free(void *); /* NULL is harmless */

#endif
