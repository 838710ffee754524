/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/proto/dhcp_request.h"

#include "firmware/base/format.h"
#include "firmware/base/text.h"
#include "firmware/wire/dhcp_message.h"
#include "firmware/wire/pxe_options.h"

/* 1260, what the cached packets hold (PXE 2.1): servers count it with or without the 28 bytes of IP and UDP header. */
#define MESSAGE_SIZE 1260

#define USER_CLASS_MAX 63

/*
 * What a PXE ROM asks for, and: classless routes before routers (RFC 3442), option 17 (FreeBSD's pxeboot), 208 to 211
 * (pxelinux reads them from the cached ACK, RFC 5071).
 */
static const uint8_t parameters[] = {
    DHCP_TAG_NETMASK,
    DHCP_TAG_ROUTES,
    DHCP_TAG_ROUTERS,
    DHCP_TAG_DNS,
    DHCP_TAG_HOST_NAME,
    DHCP_TAG_DOMAIN,
    DHCP_TAG_ROOT_PATH,
    DHCP_TAG_BROADCAST,
    DHCP_TAG_VENDOR,
    DHCP_TAG_LEASE,
    DHCP_TAG_SERVER_ID,
    DHCP_TAG_T1,
    DHCP_TAG_T2,
    DHCP_TAG_CLASS,
    DHCP_TAG_TFTP_SERVER,
    DHCP_TAG_BOOT_FILE,
    DHCP_TAG_UUID,
    128,
    129,
    130,
    131,
    132,
    133,
    134,
    135,
    208,
    DHCP_TAG_PXELINUX_CONFIG,
    DHCP_TAG_PXELINUX_PREFIX,
    211,
};

/* RFC 3004 section 4: every instance of a class has its length in front of it. */
static void write_user_class(struct writer *w, const char *user_class)
{
    uint8_t bytes[1 + USER_CLASS_MAX];
    struct slice text = slice_first(text_slice(user_class), USER_CLASS_MAX);

    bytes[0] = (uint8_t)text.len;
    memcpy(bytes + 1, text.data, text.len);
    dhcp_option_emit(w, DHCP_TAG_USER_CLASS, slice_of(bytes, 1 + text.len));
}

/*
 * The client identifier is 1 and the MAC address, not 0 and the UUID as some PXE ROMs have it: installers' and systems'
 * DHCP clients send this or nothing, so that servers keep one lease for the machine from the ROM to the running system.
 */
static void write_identity(struct writer *w, const struct dhcp_identity *me)
{
    char class[40];
    uint8_t id[7] = {1};
    uint8_t undi[3] = {1, me->undi_major, me->undi_minor};

    memcpy(id + 1, me->mac.byte, sizeof(me->mac.byte));
    dhcp_option_emit(w, DHCP_TAG_CLIENT_ID, slice_of(id, sizeof(id)));
    text_format(class, sizeof(class), "PXEClient:Arch:%05u:UNDI:%03u%03u", (unsigned)me->architecture,
                (unsigned)me->undi_major, (unsigned)me->undi_minor);
    dhcp_option_emit(w, DHCP_TAG_CLASS, text_slice(class));
    dhcp_option_emit_u16(w, DHCP_TAG_ARCHITECTURE, me->architecture);
    dhcp_option_emit(w, DHCP_TAG_UNDI, slice_of(undi, sizeof(undi)));
    if (me->has_uuid) {
        write_u8(w, DHCP_TAG_UUID);
        write_u8(w, 1 + sizeof(me->uuid));
        write_u8(w, 0);
        write_bytes(w, me->uuid, sizeof(me->uuid));
    }
}

/* What goes into every message, behind what makes it the message it is; and its end. */
static void write_client(struct writer *w, const struct dhcp_identity *me)
{
    dhcp_option_emit_u16(w, DHCP_TAG_MAX_SIZE, MESSAGE_SIZE);
    dhcp_option_emit(w, DHCP_TAG_PARAMETERS, slice_of(parameters, sizeof(parameters)));
    write_identity(w, me);
    if (me->user_class != NULL)
        write_user_class(w, me->user_class);
    dhcp_message_emit_end(w, DHCP_MESSAGE_MIN);
}

void dhcp_request_emit(struct writer *w, const struct dhcp_identity *me, const struct dhcp_request *request)
{
    struct dhcp_message m = {
        .op = DHCP_OP_REQUEST,
        .htype = 1,
        .hlen = sizeof(me->mac.byte),
        .xid = request->xid,
        .secs = request->secs,
        .flags = request->use_broadcast ? DHCP_FLAG_BROADCAST : 0,
        .chaddr = me->mac,
    };

    dhcp_message_emit(w, &m);
    dhcp_option_emit_u8(w, DHCP_TAG_TYPE, request->is_for_offer ? DHCP_REQUEST : DHCP_DISCOVER);
    if (request->is_for_offer) {
        dhcp_option_emit_u32(w, DHCP_TAG_REQUESTED_ADDRESS, request->address);
        dhcp_option_emit_u32(w, DHCP_TAG_SERVER_ID, request->server);
    }
    write_client(w, me);
}

/* Options 50 and 54 stay away: a DHCP server that hears it must not take it for an address (RFC 2131 section 4.3.2). */
void boot_server_request_emit(struct writer *w, const struct dhcp_identity *me,
                              const struct boot_server_request *request)
{
    struct dhcp_message m = {
        .op = DHCP_OP_REQUEST,
        .htype = 1,
        .hlen = sizeof(me->mac.byte),
        .xid = request->xid,
        .secs = request->secs,
        .ciaddr = request->address,
        .chaddr = me->mac,
    };
    uint8_t bytes[7];
    struct writer item = writer_of(bytes, sizeof(bytes));

    dhcp_message_emit(w, &m);
    dhcp_option_emit_u8(w, DHCP_TAG_TYPE, DHCP_REQUEST);
    if (request->has_item) {
        write_u8(&item, PXE_TAG_BOOT_ITEM);
        write_u8(&item, 4);
        write_be16(&item, request->type);
        write_be16(&item, request->layer);
        write_u8(&item, DHCP_TAG_END);
        dhcp_option_emit(w, DHCP_TAG_VENDOR, writer_written(&item));
    }
    write_client(w, me);
}
