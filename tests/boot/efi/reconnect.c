/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Started from the Shell: disconnects whatever drives each network card and connects it again, 50 times, and counts
 * what is left behind. The option ROM's driver comes and goes with it.
 */
#include "tests/boot/efi/census.h"
#include "tests/boot/efi/report.h"

enum {
    ROUNDS = 50,
    SLACK_OF_DRIVER = 4, /* the pool's own growth */
    SLACK_OF_STACK = 64,
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

/* Opens the NIC and closes it again, as a stack does. */
static unsigned use_snp(void)
{
    EFI_HANDLE *handles;
    EFI_SIMPLE_NETWORK_PROTOCOL *snp;
    UINTN count;
    unsigned refused;

    if (EFI_ERROR(bs->LocateHandleBuffer(ByProtocol, &snp_guid, NULL, &count, &handles)))
        return 1;
    snp = protocol_of(handles[0], snp_guid);
    bs->FreePool(handles);
    refused = EFI_ERROR(snp->Start(snp)) || EFI_ERROR(snp->Initialize(snp, 0, 0)) ||
              EFI_ERROR(snp->ReceiveFilters(snp, EFI_SIMPLE_NETWORK_RECEIVE_UNICAST, 0, FALSE, 0, NULL)) ||
              EFI_ERROR(snp->Shutdown(snp)) || EFI_ERROR(snp->Stop(snp));
    return refused;
}

/* `with_stack`: the firmware's network stack comes and goes as well, and may keep something of its own. */
static void reconnect(EFI_HANDLE card, BOOLEAN with_stack)
{
    struct census before, after;
    unsigned refused = 0, missing = 0;
    UINTN wanted;

    say("-- %s\n", with_stack ? "driver and network stack" : "driver alone, its SNP used");
    (void)bs->DisconnectController(card, NULL, NULL);
    check_number("7.3.13", "DisconnectController: SNP goes", snp_count(), 0);
    check_status("7.3.12", "ConnectController", bs->ConnectController(card, NULL, NULL, with_stack), EFI_SUCCESS);
    wanted = snp_count();
    check(wanted > 0, "24.1", "ConnectController: SNP comes");
    census_take(&before);
    for (unsigned round = 0; round < ROUNDS; round++) {
        refused += EFI_ERROR(bs->DisconnectController(card, NULL, NULL));
        missing += snp_count() != 0;
        refused += EFI_ERROR(bs->ConnectController(card, NULL, NULL, with_stack));
        missing += snp_count() != wanted;
        refused += with_stack ? 0 : use_snp();
    }
    census_take(&after);
    check_number("7.3.12", "50 times: no refusal", refused, 0);
    check_number("24.1", "50 times: SNP goes and comes", missing, 0);
    census_compare(&before, &after, with_stack ? SLACK_OF_STACK : SLACK_OF_DRIVER);
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    EFI_HANDLE *handles;
    UINTN count;

    report_start(image, system);
    if (EFI_ERROR(bs->LocateHandleBuffer(ByProtocol, &pci_io_guid, NULL, &count, &handles)))
        return EFI_NOT_FOUND;
    for (UINTN i = 0; i < count; i++)
        if (is_network_card(handles[i])) {
            /* The first time loads what the firmware loads once. */
            (void)bs->ConnectController(handles[i], NULL, NULL, TRUE);
            reconnect(handles[i], FALSE);
            reconnect(handles[i], TRUE);
        }
    bs->FreePool(handles);
    return report_end("reconnect") == 0 ? EFI_SUCCESS : EFI_ABORTED;
}
