/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/app/firmware_pxe.h"

#include "efi/platform/device_path.h"
#include "efi/platform/services.h"

/* syslinux.efi has 200 KB. In a kernel nobody need look. */
#define PROGRAM_MAX (4u << 20)

static const EFI_GUID pxe_guid = EFI_PXE_BASE_CODE_PROTOCOL_GUID;
static const EFI_GUID path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID;

bool firmware_pxe_is_wanted(struct slice file)
{
    static const EFI_GUID wanted = EFI_UDP4_SERVICE_BINDING_GUID;

    if (file.len > PROGRAM_MAX)
        return false;
    for (size_t at = 0; at + sizeof(wanted) <= file.len; at++)
        if (file.data[at] == (uint8_t)wanted.Data1 && memcmp(file.data + at, &wanted, sizeof(wanted)) == 0)
            return true;
    return false;
}

/* The child of this card's handle with an IPv4 node at its end. */
static bool is_child(const struct card *card, const EFI_DEVICE_PATH *path)
{
    const EFI_DEVICE_PATH *last = device_path_last(path);

    return last != NULL && device_path_is(last, DEVICE_PATH_MESSAGING, DEVICE_PATH_IPV4) &&
           device_path_starts_with(path, card->path) &&
           device_path_len(path) == device_path_len(card->path) + device_path_node_len(last);
}

static bool find(struct firmware_pxe *theirs)
{
    size_t count;
    EFI_HANDLE *handles = services_handles(&pxe_guid, &count);

    theirs->pxe = NULL;
    theirs->path = NULL;
    for (size_t i = 0; i < count && theirs->path == NULL; i++) {
        const EFI_DEVICE_PATH *path = services_protocol(handles[i], &path_guid);

        if (!is_child(theirs->card, path))
            continue;
        theirs->pxe = services_protocol(handles[i], &pxe_guid);
        theirs->path = device_path_append(path, NULL);
    }
    services_free(handles);
    return theirs->pxe != NULL && theirs->path != NULL;
}

static bool tell(EFI_PXE_BASE_CODE_PROTOCOL *pxe, EFI_PXE_BASE_CODE_MODE *ours)
{
    EFI_IP_ADDRESS station = ours->StationIp, mask = ours->SubnetMask;

    if (pxe->Mode == NULL)
        return false;
    if (pxe->Mode->Started)
        pxe->Stop(pxe);
    return !EFI_ERROR(pxe->Start(pxe, FALSE)) && !EFI_ERROR(pxe->SetStationIp(pxe, &station, &mask)) &&
           !EFI_ERROR(pxe->SetPackets(pxe, &ours->DhcpDiscoverValid, &ours->DhcpAckReceived, &ours->ProxyOfferReceived,
                                      NULL, &ours->PxeReplyReceived, NULL, &ours->DhcpDiscover, &ours->DhcpAck,
                                      &ours->ProxyOffer, NULL, &ours->PxeReply, NULL));
}

bool firmware_pxe_borrow(struct firmware_pxe *theirs, struct app *app)
{
    theirs->card = app->card;
    if (find(theirs) && tell(theirs->pxe, &app->boot.pxe.mode))
        return true;
    firmware_pxe_return(theirs);
    return false;
}

/* The program may have taken the SNP for itself, which destroys the firmware's PXE_BASE_CODE: it is looked for again.
 */
void firmware_pxe_return(struct firmware_pxe *theirs)
{
    services_free(theirs->path);
    if (find(theirs) && theirs->pxe->Mode != NULL && theirs->pxe->Mode->Started)
        theirs->pxe->Stop(theirs->pxe);
    services_free(theirs->path);
}
