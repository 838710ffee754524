/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Starts the file that was fetched. It is loaded from memory by the firmware, so that the firmware's verification and
 * measurement stay in force, and finds itself on a handle of its own, …/MAC/IPv4(real addresses), with PXE_BASE_CODE,
 * LOAD_FILE and the firmware's SNP; programs that bring no TFTP of their own and use the firmware's UDP instead find
 * themselves on the handle of the firmware's PXE_BASE_CODE, which is told what we know (efi/README.md).
 */
#ifndef PUCK_EFI_BOOT_IMAGE_H
#define PUCK_EFI_BOOT_IMAGE_H

#include "efi/app/app.h"

/*
 * After net_boot_run() has succeeded. Returns when the boot program does, with its status, or at once with why it was
 * not started, which the person at the machine has been told. Nothing of ours is left behind either way.
 */
EFI_STATUS boot_image_run(struct app *);

#endif
