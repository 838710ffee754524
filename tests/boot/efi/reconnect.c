/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Started from the Shell: disconnects whatever drives each network card and connects it again, 50 times, and counts
 * what is left behind. The option ROM's driver comes and goes with it.
 */
#include "tests/boot/efi/census.h"
#include "tests/boot/efi/report.h"

enum {
    ROUNDS = 50,
    SLACK_PAGES = 16,
    CLASS_NETWORK = 0x02,
    CLASS_OFFSET = 0x0b,
};

static EFI_GUID pci_io_guid = EFI_PCI_IO_PROTOCOL_GUID;
static EFI_GUID snp_guid = EFI_SIMPLE_NETWORK_PROTOCOL_GUID;

static bool is_network_card(EFI_HANDLE handle)
{
    EFI_PCI_IO_PROTOCOL *io = protocol_of(handle, pci_io_guid);
    UINT8 class = 0;

    return io != NULL && !EFI_ERROR(io->Pci.Read(io, EfiPciIoWidthUint8, CLASS_OFFSET, 1, &class)) &&
           class == CLASS_NETWORK;
}

static UINTN snp_count(void)
{
    EFI_HANDLE *handles;
    UINTN count;

    if (EFI_ERROR(bs->LocateHandleBuffer(ByProtocol, &snp_guid, NULL, &count, &handles)))
        return 0;
    bs->FreePool(handles);
    return count;
}

static void reconnect(EFI_HANDLE card)
{
    struct census before, after;
    unsigned refused = 0, missing = 0;
    UINTN wanted;

    /* The first time loads what the firmware loads once. */
    (void)bs->ConnectController(card, NULL, NULL, TRUE);
    (void)bs->DisconnectController(card, NULL, NULL);
    check_number("7.3.13", "DisconnectController: SNP goes", snp_count(), 0);
    check_status("7.3.12", "ConnectController", bs->ConnectController(card, NULL, NULL, TRUE), EFI_SUCCESS);
    wanted = snp_count();
    check(wanted > 0, "24.1", "ConnectController: SNP comes");
    census_take(&before);
    for (unsigned round = 0; round < ROUNDS; round++) {
        refused += EFI_ERROR(bs->DisconnectController(card, NULL, NULL));
        missing += snp_count() != 0;
        refused += EFI_ERROR(bs->ConnectController(card, NULL, NULL, TRUE));
        missing += snp_count() != wanted;
    }
    census_take(&after);
    check_number("7.3.12", "50 times: no refusal", refused, 0);
    check_number("24.1", "50 times: SNP goes and comes", missing, 0);
    census_compare(&before, &after, SLACK_PAGES);
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    EFI_HANDLE *handles;
    UINTN count;

    report_start(image, system);
    if (EFI_ERROR(bs->LocateHandleBuffer(ByProtocol, &pci_io_guid, NULL, &count, &handles)))
        return EFI_NOT_FOUND;
    for (UINTN i = 0; i < count; i++)
        if (is_network_card(handles[i]))
            reconnect(handles[i]);
    bs->FreePool(handles);
    return report_end("reconnect") == 0 ? EFI_SUCCESS : EFI_ABORTED;
}
