/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What the test programs for UEFI say: a line per check on the firmware's console, and at the end "N passed, N failed".
 * Each check names its section of the UEFI specification 2.10.
 */
#ifndef PUCK_TESTS_BOOT_EFI_REPORT_H
#define PUCK_TESTS_BOOT_EFI_REPORT_H

#include <string.h>

#include "efi/spec/uefi.h"
#include "firmware/base/format.h"

extern EFI_BOOT_SERVICES *bs;
extern EFI_SYSTEM_TABLE *st;
extern EFI_HANDLE this_image;
extern EFI_LOADED_IMAGE *loaded_image;

EFI_STATUS EFIAPI efi_main(EFI_HANDLE, EFI_SYSTEM_TABLE *);

void report_start(EFI_HANDLE image, EFI_SYSTEM_TABLE *system);

/* To the console; a line end is the caller's. */
void say(const char *format, ...) FORMAT_LIKE_PRINTF(1, 2);

/* Each also fails when the TPL is not the one of report_start(): whoever was called has left it raised. */
void check(bool holds, const char *section, const char *what);
void check_number(const char *section, const char *what, UINT64 got, UINT64 wanted);
void check_status(const char *section, const char *what, EFI_STATUS got, EFI_STATUS wanted);
/* Where the specification, or its order of checks, leaves a choice. */
void check_status_either(const char *section, const char *what, EFI_STATUS got, EFI_STATUS wanted, EFI_STATUS or);

/* Prints the closing line; the number of failed checks. */
unsigned report_end(const char *program);

/* The interface on a handle, or NULL. */
void *protocol_of(EFI_HANDLE, EFI_GUID);
bool is_zero(const void *, size_t len);

#endif
