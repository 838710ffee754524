/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The boot file out of our load options: `tftp://10.0.0.1/grubx64.efi`, or a name on the boot server that DHCP tells. A
 * first word that is our own name (the Shell passes its whole line) is skipped. Firmware puts all sorts of things
 * there, so what is not printable text from end to end is none of ours.
 */
#ifndef PUCK_EFI_LOAD_OPTIONS_H
#define PUCK_EFI_LOAD_OPTIONS_H

#include "efi/app/origin.h"

void load_options_read(const EFI_LOADED_IMAGE *, struct origin *);

#endif
