/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* EFI_COMPONENT_NAME_PROTOCOL and EFI_COMPONENT_NAME2_PROTOCOL (UEFI 2.10, section 11.5): names for a person. */
#ifndef PUCK_EFI_DRIVER_COMPONENT_NAME_H
#define PUCK_EFI_DRIVER_COMPONENT_NAME_H

#include "efi/spec/uefi.h"

extern EFI_COMPONENT_NAME_PROTOCOL component_name;   /* ISO 639-2: "eng" */
extern EFI_COMPONENT_NAME2_PROTOCOL component_name2; /* RFC 4646: "en" */

#endif
