/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/app/origin.h"

#include "efi/app/firmware_packet.h"
#include "efi/app/load_options.h"
#include "efi/platform/device_path.h"
#include "efi/platform/services.h"
#include "firmware/base/text.h"

enum {
    PACKETS = 4,
};

static const EFI_GUID image_guid = EFI_LOADED_IMAGE_PROTOCOL_GUID;
static const EFI_GUID path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID;
static const EFI_GUID pxe_guid = EFI_PXE_BASE_CODE_PROTOCOL_GUID;

static struct slice packet(BOOLEAN is_there, EFI_PXE_BASE_CODE_PACKET *copy, const EFI_PXE_BASE_CODE_PACKET *packet)
{
    if (!is_there)
        return slice_of(copy->Raw, 0);
    firmware_packet_copy(copy, packet);
    return slice_of(copy->Raw, sizeof(copy->Raw));
}

/* Firmware takes option 67 before the header's field, and an empty name is none. */
static bool take_name(struct origin *o, struct slice bytes)
{
    struct reader r = reader_of(bytes);
    struct dhcp_message message;
    struct dhcp_boot boot;

    if (bytes.len == 0 || !dhcp_message_parse(&r, &message))
        return false;
    dhcp_boot_parse(&message, &boot);
    o->own_server = boot.server;
    return dhcp_boot_file_in(&message, DHCP_FILE_OPTION_67, o->own_file) ||
           dhcp_boot_file_in(&message, DHCP_FILE_FIELD, o->own_file);
}

/* A boot server's reply is the last word, then the DHCP server's, then a proxyDHCP server's. */
static void take_lease(struct origin *o, const EFI_PXE_BASE_CODE_MODE *mode)
{
    EFI_PXE_BASE_CODE_PACKET *copies = services_alloc(PACKETS * sizeof(*copies));
    struct dhcp_lease_packets packets;

    if (copies == NULL)
        return;
    packets.discover = packet(mode->DhcpDiscoverValid, &copies[0], &mode->DhcpDiscover);
    packets.ack = packet(mode->DhcpAckReceived, &copies[1], &mode->DhcpAck);
    packets.proxy = packet(mode->ProxyOfferReceived, &copies[2], &mode->ProxyOffer);
    packets.reply = packet(mode->PxeReplyReceived, &copies[3], &mode->PxeReply);
    if (!take_name(o, packets.reply) && !take_name(o, packets.proxy) && !take_name(o, packets.ack))
        o->own_file[0] = '\0';
    o->has_lease = dhcp_lease_restore(&o->lease, &packets);
    services_free(copies);
}

static void take_uri(struct origin *o)
{
    const EFI_DEVICE_PATH *node = device_path_find(o->path, DEVICE_PATH_MESSAGING, DEVICE_PATH_URI);

    if (node == NULL || device_path_node_len(node) <= sizeof(*node))
        return;
    text_copy_printable(o->own_file, sizeof(o->own_file),
                        slice_of((const uint8_t *)node + sizeof(*node), device_path_node_len(node) - sizeof(*node)));
}

/* What an instance of ours has fetched, which is still running: it waits for what it started, which started us. */
static void take_marker(struct origin *o)
{
    EFI_GUID guid = BOOT_MARKER_GUID;
    struct boot_marker *marker;
    void *interface = NULL;

    if (EFI_ERROR(efi_boot->LocateProtocol(&guid, NULL, &interface)))
        return;
    marker = interface;
    o->own_server = marker->server;
    memcpy(o->own_file, marker->file, sizeof(o->own_file));
}

void origin_find(struct origin *o)
{
    const EFI_LOADED_IMAGE *image = services_protocol(efi_image, &image_guid);
    const EFI_PXE_BASE_CODE_PROTOCOL *pxe;

    memset(o, 0, sizeof(*o));
    if (image == NULL)
        return;
    o->path = device_path_append(services_protocol(image->DeviceHandle, &path_guid), NULL);
    pxe = services_protocol(image->DeviceHandle, &pxe_guid);
    if (pxe != NULL && pxe->Mode != NULL && pxe->Mode->Started && pxe->Mode->DhcpAckReceived && !pxe->Mode->UsingIpv6)
        take_lease(o, pxe->Mode);
    if (o->own_file[0] == '\0')
        take_uri(o);
    if (o->own_file[0] == '\0')
        take_marker(o);
    load_options_read(image, o);
}

void origin_forget(struct origin *o)
{
    services_free(o->path);
    o->path = NULL;
}
