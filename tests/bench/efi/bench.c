/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The boot program of the UEFI benchmarks, 40 MB or small: says on port E9 (QEMU: -debugcon) that it runs, how large
 * its payload is and what CRC-32 that has, so that a loader which lost or changed a byte is found out. Then it waits
 * for the end: whoever measures stops the machine.
 */
#include "efi/spec/uefi.h"

extern const uint8_t payload[], payload_end[]; /* payload.S */

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system);

static void say(uint8_t c)
{
    __asm__ volatile("outb %0, $0xe9" : : "a"(c));
}

static void say_text(const char *text)
{
    while (*text)
        say((uint8_t)*text++);
}

static void say_hex(uint32_t value)
{
    for (int shift = 28; shift >= 0; shift -= 4)
        say((uint8_t) "0123456789ABCDEF"[(value >> shift) & 15]);
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    (void)image;
    UINTN size = (UINTN)(payload_end - payload);
    UINT32 crc = 0;
    say_text("BENCH start\n");
    if (size && EFI_ERROR(system->BootServices->CalculateCrc32((void *)payload, size, &crc)))
        say_text("BENCH no checksum\n");
    say_text("BENCH size=");
    say_hex((uint32_t)size);
    say_text(" crc=");
    say_hex(crc);
    say_text("\nBENCH end\n");
    for (;;)
        system->BootServices->Stall(1000000);
}
