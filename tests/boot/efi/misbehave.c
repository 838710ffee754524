/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Boot programs that end badly, or treat what is ours as theirs. One source, one program for each way: MISBEHAVIOUR is
 * its name. After each of them the machine has to go on to its next boot entry.
 */
#include "tests/boot/efi/report.h"

static EFI_GUID pxe_guid = EFI_PXE_BASE_CODE_PROTOCOL_GUID;
static EFI_GUID callback_guid = EFI_PXE_BASE_CODE_CALLBACK_PROTOCOL_GUID;
static EFI_GUID snp_guid = EFI_SIMPLE_NETWORK_PROTOCOL_GUID;

/* The firmware takes it for "done" and shows its menu; after every other status it goes on to the next boot entry. */
static EFI_STATUS return_success(void)
{
    return EFI_SUCCESS;
}

static EFI_STATUS return_error(void)
{
    return EFI_VOLUME_CORRUPTED;
}

/* Exit data comes from the pool, and who started the image frees it (UEFI 2.10, section 7.4.5). */
static EFI_STATUS exit_text(void)
{
    static const CHAR16 text[] = L"the boot program's own words";
    CHAR16 *data = NULL;

    if (!EFI_ERROR(bs->AllocatePool(EfiBootServicesData, sizeof(text), (void **)&data)))
        memcpy(data, text, sizeof(text));
    return bs->Exit(this_image, EFI_INCOMPATIBLE_VERSION, sizeof(text), data);
}

/* Every function with nothing but NULL and nonsense; stopped, started, and with a filter and address of nonsense. */
static EFI_STATUS nulls(void)
{
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = protocol_of(loaded_image->DeviceHandle, pxe_guid);

    for (int round = 0; pxe != NULL && round < 3; round++) {
        (void)pxe->Dhcp(NULL, 77);
        (void)pxe->Discover(pxe, 0xffff, NULL, 77, NULL);
        for (unsigned operation = 0; operation < 12; operation++)
            (void)pxe->Mtftp(pxe, (EFI_PXE_BASE_CODE_TFTP_OPCODE)operation, NULL, 77, NULL, NULL, NULL, NULL, NULL, 77);
        (void)pxe->UdpWrite(pxe, 0xffff, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
        (void)pxe->UdpRead(pxe, 0xffff, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
        (void)pxe->UdpRead(pxe, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
        (void)pxe->SetIpFilter(pxe, NULL);
        (void)pxe->Arp(pxe, NULL, NULL);
        (void)pxe->SetParameters(pxe, NULL, NULL, NULL, NULL, NULL);
        (void)pxe->SetStationIp(pxe, NULL, NULL);
        (void)pxe->SetPackets(pxe, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
        (void)(round == 0 ? pxe->Stop(pxe) : pxe->Start(pxe, FALSE));
    }
    return EFI_ABORTED;
}

/* Takes every protocol off the handle that it was loaded from. */
static EFI_STATUS uninstall(void)
{
    EFI_GUID **guids;
    UINTN count;

    if (EFI_ERROR(bs->ProtocolsPerHandle(loaded_image->DeviceHandle, &guids, &count)))
        return EFI_NOT_FOUND;
    for (UINTN i = 0; i < count; i++) {
        void *interface = protocol_of(loaded_image->DeviceHandle, *guids[i]);

        say("uninstalled: %llX\n",
            (unsigned long long)bs->UninstallProtocolInterface(loaded_image->DeviceHandle, guids[i], interface));
    }
    bs->FreePool(guids);
    return EFI_ABORTED;
}

/* Closes every protocol of every handle that has SNP, whoever has it open. */
static EFI_STATUS close(void)
{
    EFI_HANDLE *handles;
    UINTN count;

    if (EFI_ERROR(bs->LocateHandleBuffer(ByProtocol, &snp_guid, NULL, &count, &handles)))
        return EFI_NOT_FOUND;
    for (UINTN i = 0; i < count; i++) {
        EFI_OPEN_PROTOCOL_INFORMATION_ENTRY *opens;
        UINTN open_count;

        if (EFI_ERROR(bs->OpenProtocolInformation(handles[i], &snp_guid, &opens, &open_count)))
            continue;
        for (UINTN n = 0; n < open_count; n++)
            say("closed: %llX\n", (unsigned long long)bs->CloseProtocol(handles[i], &snp_guid, opens[n].AgentHandle,
                                                                        opens[n].ControllerHandle));
        bs->FreePool(opens);
    }
    bs->FreePool(handles);
    return EFI_ABORTED;
}

/* As GRUB does: takes every SNP it can get for itself, with frames coming in, and never gives it back. */
static EFI_STATUS keep_snp(void)
{
    EFI_HANDLE *handles;
    UINTN count;

    if (EFI_ERROR(bs->LocateHandleBuffer(ByProtocol, &snp_guid, NULL, &count, &handles)))
        return EFI_NOT_FOUND;
    for (UINTN i = 0; i < count; i++) {
        EFI_SIMPLE_NETWORK_PROTOCOL *snp;

        if (EFI_ERROR(
                bs->OpenProtocol(handles[i], &snp_guid, (void **)&snp, this_image, NULL, EFI_OPEN_PROTOCOL_EXCLUSIVE)))
            continue;
        (void)snp->Start(snp);
        (void)snp->Initialize(snp, 0, 0);
        say("kept an SNP: %llX\n",
            (unsigned long long)snp->ReceiveFilters(snp, EFI_SIMPLE_NETWORK_RECEIVE_UNICAST, 0, FALSE, 0, NULL));
    }
    return EFI_ABORTED;
}

static EFI_PXE_BASE_CODE_CALLBACK_STATUS EFIAPI gone(EFI_PXE_BASE_CODE_CALLBACK_PROTOCOL *callback,
                                                     EFI_PXE_BASE_CODE_FUNCTION function, BOOLEAN received, UINT32 len,
                                                     EFI_PXE_BASE_CODE_PACKET *packet)
{
    (void)callback, (void)function, (void)received, (void)len, (void)packet;
    say("PUCK-TEST: the callback of a program that is gone was called\n");
    return EFI_PXE_BASE_CODE_CALLBACK_STATUS_CONTINUE;
}

/* Leaves a callback protocol behind, in memory that is freed with the program. */
static EFI_STATUS leave_callback(void)
{
    static EFI_PXE_BASE_CODE_CALLBACK_PROTOCOL callback = {EFI_PXE_BASE_CODE_CALLBACK_PROTOCOL_REVISION, gone};
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = protocol_of(loaded_image->DeviceHandle, pxe_guid);
    BOOLEAN on = TRUE;
    EFI_STATUS status;

    status = bs->InstallMultipleProtocolInterfaces(&loaded_image->DeviceHandle, &callback_guid, &callback, NULL);
    if (!EFI_ERROR(status) && pxe != NULL)
        status = pxe->SetParameters(pxe, NULL, NULL, NULL, NULL, &on);
    say("left a callback: %llX\n", (unsigned long long)status);
    return EFI_ABORTED;
}

static const struct {
    const char *name;
    EFI_STATUS (*run)(void);
} ways[] = {
    {"return-success", return_success},
    {"return-error", return_error},
    {"exit-text", exit_text},
    {"nulls", nulls},
    {"uninstall", uninstall},
    {"close", close},
    {"keep-snp", keep_snp},
    {"leave-callback", leave_callback},
};

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    static const char name[] = MISBEHAVIOUR;
    EFI_STATUS status = EFI_NOT_FOUND;

    report_start(image, system);
    say("PUCK-TEST: boot program %s\n", name);
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
        if (memcmp(ways[i].name, name, sizeof(name)) == 0)
            status = ways[i].run();
    say("PUCK-TEST: boot program %s ends\n", name);
    return status;
}
