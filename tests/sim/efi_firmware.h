/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * UEFI's boot services in a simulated world: handles and who has opened what on them by the rules of UEFI 2.10,
 * section 7.3, memory that is counted, timers of virtual time, the TPL. Functions that only a few tests need are
 * theirs to fill in, in efi_boot itself. One firmware at a time.
 */
#ifndef PUCK_SIM_EFI_FIRMWARE_H
#define PUCK_SIM_EFI_FIRMWARE_H

#include "efi/platform/services.h"
#include "tests/sim/world.h"

/* Sets efi_boot, efi_system and efi_image. */
void efi_firmware_start(struct world *);

/* Ends it, and frees what was left behind. */
void efi_firmware_stop(void);

/* What a test compares before and after. */
struct efi_firmware_counts {
    size_t pool_blocks, pages, events, interfaces, opens;
};

struct efi_firmware_counts efi_firmware_counts(void);

EFI_TPL efi_firmware_tpl(void);

/* Notifies an event's function, at its TPL. */
void efi_firmware_signal(EFI_EVENT);

/* The seconds that the watchdog was last set to; 0: it is off. */
unsigned efi_firmware_watchdog(void);

/* A handle with one protocol (or none: guid NULL). */
EFI_HANDLE efi_firmware_handle(const EFI_GUID *, void *interface);
void efi_firmware_install(EFI_HANDLE, const EFI_GUID *, void *interface);

/* Lets virtual time pass, and fires the timers that are due on the way. */
void efi_firmware_run(time_us);

/* Called by ConnectController() for a handle, as the firmware's own drivers would be; NULL: there are none. */
extern void (*efi_firmware_connected)(EFI_HANDLE);

#endif
