/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The rim: our outcomes as EFI_STATUS and back (UEFI 2.10, appendix D). */
#ifndef PUCK_EFI_STATUS_H
#define PUCK_EFI_STATUS_H

#include "efi/spec/uefi.h"
#include "firmware/base/status.h"

/* The general translation. Protocols whose functions define more exact codes translate those cases themselves. */
EFI_STATUS efi_status(enum status);

#endif
