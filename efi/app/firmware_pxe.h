/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The firmware's own PXE_BASE_CODE, told what we know: its handle is where a program has to be loaded from that uses
 * the firmware's UDP (syslinux.efi looks for it beside the PXE_BASE_CODE that it reads its packets from).
 */
#ifndef PUCK_EFI_FIRMWARE_PXE_H
#define PUCK_EFI_FIRMWARE_PXE_H

#include "efi/app/app.h"

struct firmware_pxe {
    const struct card *card;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe;
    EFI_DEVICE_PATH *path; /* a copy */
};

/* Whether a program is one of those: it holds the GUID of the UDP4 service binding, and is as small as they are. */
bool firmware_pxe_is_wanted(struct slice file);

/* False when the firmware has none for this card, or it does not take what it is told. */
bool firmware_pxe_borrow(struct firmware_pxe *, struct app *);
void firmware_pxe_return(struct firmware_pxe *);

#endif
