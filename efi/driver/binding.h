/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * EFI_DRIVER_BINDING_PROTOCOL (UEFI 2.10, section 11.1): a hybrid driver, which manages PCI functions and makes child
 * handles of them.
 */
#ifndef PUCK_EFI_DRIVER_BINDING_H
#define PUCK_EFI_DRIVER_BINDING_H

#include "efi/spec/uefi.h"

struct controller;

extern EFI_DRIVER_BINDING_PROTOCOL driver_binding; /* its handles are filled in by the entry point */

/* The function that we manage under this handle, or NULL. */
struct controller *binding_find(EFI_HANDLE);

/* Lets go of all functions; the first failure ends it. */
EFI_STATUS binding_release_all(void);

#endif
