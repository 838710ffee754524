/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/app/cards.h"

#include "efi/platform/device_path.h"
#include "efi/platform/services.h"
#include "firmware/base/bytes.h"
#include "firmware/base/format.h"

enum {
    PCI_BASE_CLASS = 0x0b, /* PCI 3.0, section 6.2.1 */
    PCI_CLASS_NETWORK = 0x02,
};

static const EFI_GUID snp_guid = EFI_SIMPLE_NETWORK_PROTOCOL_GUID;
static const EFI_GUID path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID;
static const EFI_GUID pci_guid = EFI_PCI_IO_PROTOCOL_GUID;

/* A path that goes on behind the MAC node is a child's. */
static bool is_child(const EFI_DEVICE_PATH *path)
{
    const EFI_DEVICE_PATH *mac = device_path_find(path, DEVICE_PATH_MESSAGING, DEVICE_PATH_MAC);

    return mac != NULL && mac != device_path_last(path);
}

static bool is_known(const struct cards *cards, const EFI_SIMPLE_NETWORK_PROTOCOL *snp)
{
    for (size_t i = 0; i < cards->count; i++)
        if (cards->card[i].snp == snp)
            return true;
    return false;
}

static void tell_place(struct card *card)
{
    EFI_GUID guid = pci_guid;
    EFI_DEVICE_PATH *rest = card->path;
    UINTN segment, bus, device, function;
    EFI_PCI_IO_PROTOCOL *pci;
    EFI_HANDLE handle;

    text_format(card->place, sizeof(card->place), "not on PCI");
    if (rest == NULL || EFI_ERROR(efi_boot->LocateDevicePath(&guid, &rest, &handle)))
        return;
    pci = services_protocol(handle, &pci_guid);
    if (pci != NULL && !EFI_ERROR(pci->GetLocation(pci, &segment, &bus, &device, &function)))
        text_format(card->place, sizeof(card->place), "PCI %02x:%02x.%x", (unsigned)bus & 0xffu,
                    (unsigned)device & 0x1fu, (unsigned)function & 7u);
}

static void add(struct cards *cards, EFI_HANDLE handle)
{
    const EFI_DEVICE_PATH *path = services_protocol(handle, &path_guid);
    struct card card = {.handle = handle, .snp = services_protocol(handle, &snp_guid)};
    size_t at;

    if (card.snp == NULL || card.snp->Mode == NULL || cards->count == CARDS_MAX || is_child(path) ||
        is_known(cards, card.snp))
        return;
    card.path = device_path_append(path, NULL);
    card.has_link = !card.snp->Mode->MediaPresentSupported || card.snp->Mode->MediaPresent;
    tell_place(&card);
    for (at = cards->count; card.has_link && at > 0 && !cards->card[at - 1].has_link; at--)
        cards->card[at] = cards->card[at - 1];
    cards->card[at] = card;
    cards->count++;
}

void cards_find(struct cards *cards)
{
    size_t count;
    EFI_HANDLE *handles = services_handles(&snp_guid, &count);

    cards->count = 0;
    for (size_t i = 0; i < count; i++)
        add(cards, handles[i]);
    services_free(handles);
}

void cards_forget(struct cards *cards)
{
    for (size_t i = 0; i < cards->count; i++)
        services_free(cards->card[i].path);
    cards->count = 0;
}

static bool is_network(EFI_HANDLE handle)
{
    EFI_PCI_IO_PROTOCOL *pci = services_protocol(handle, &pci_guid);
    uint8_t base_class = 0;

    return pci != NULL && !EFI_ERROR(pci->Pci.Read(pci, EfiPciIoWidthUint8, PCI_BASE_CLASS, 1, &base_class)) &&
           base_class == PCI_CLASS_NETWORK;
}

static void connect_pci(bool (*wanted)(EFI_HANDLE))
{
    size_t count;
    EFI_HANDLE *handles = services_handles(&pci_guid, &count);

    for (size_t i = 0; i < count; i++)
        if (wanted == NULL || wanted(handles[i]))
            efi_boot->ConnectController(handles[i], NULL, NULL, TRUE);
    services_free(handles);
}

void cards_connect(struct cards *cards)
{
    connect_pci(is_network);
    cards_find(cards);
    if (cards->count != 0)
        return;
    connect_pci(NULL);
    cards_find(cards);
}

const struct card *cards_on_path(const struct cards *cards, const EFI_DEVICE_PATH *path)
{
    const struct card *best = NULL;

    for (size_t i = 0; i < cards->count; i++) {
        const struct card *card = &cards->card[i];

        if (card->path != NULL && device_path_starts_with(path, card->path) &&
            (best == NULL || device_path_len(card->path) > device_path_len(best->path)))
            best = card;
    }
    return best;
}
