/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* puck-x64.efi, puck-ia32.efi: boots from the network over the firmware's own NIC driver. */
#include "efi/app/app.h"
#include "efi/platform/clock.h"
#include "efi/platform/services.h"

EFI_STATUS EFIAPI efi_main(EFI_HANDLE, EFI_SYSTEM_TABLE *);

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    services_start(image, system);
    clock_start();
    return app_run();
}
