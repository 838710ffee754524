/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Starts the file that was fetched. It is loaded from memory by the firmware, so that the firmware's verification and
 * measurement stay in force, and finds itself on a handle of its own, …/MAC/IPv4(real addresses), with PXE_BASE_CODE,
 * LOAD_FILE and the firmware's SNP. The firmware's own stack is alive on the card meanwhile: programs that want its UDP
 * look for it on any handle with the same MAC node (syslinux.efi does).
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
