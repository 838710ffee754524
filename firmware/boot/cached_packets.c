/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/boot/cached_packets.h"

#include "firmware/base/text.h"

/* The text as far as it fits the field with its NUL: boot programs read these fields as C strings. */
static struct slice field_text(const char *text, size_t field_len)
{
    return slice_first(text_slice(text), field_len - 1);
}

/*
 * All options in the order of RFC 3396, but overload itself, which the walk leaves out: the main field has room for
 * what lay in `file` and `sname`. The end option needs one byte more than each option that is let in.
 */
static void rebuild_options(struct writer *w, const struct dhcp_message *m)
{
    struct dhcp_option_walk walk;
    struct slice value;
    uint8_t tag;

    dhcp_option_walk_start(&walk, m);
    while (dhcp_option_walk_next(&walk, &tag, &value)) {
        /* pxelinux and GRUB ignore an option 3 of more than one address. */
        if (tag == DHCP_TAG_ROUTERS)
            value = slice_first(value, 4);
        if (2 + value.len + 1 <= writer_left(w))
            dhcp_option_emit(w, tag, value);
    }
}

/* What cannot be parsed again was never accepted: an empty packet is a packet that was not there. */
void cached_packet_build(uint8_t *packet, size_t len, const struct dhcp_packet *raw, const struct dhcp_boot *boot,
                         const struct dhcp_lease *lease, const struct boot_choice *choice)
{
    struct reader r = reader_of(slice_of(raw->bytes, raw->len));
    struct writer w = writer_of(packet, len);
    struct dhcp_message m, header;

    memset(packet, 0, len);
    if (!dhcp_message_parse(&r, &m))
        return;
    header = m; /* the walk over `m` still needs its overloaded fields */
    if (m.yiaddr == 0)
        header.ciaddr = lease->address; /* a proxy's reply: WDS's boot program takes our address from here */
    header.siaddr = choice->server;
    header.file = field_text(choice->file, DHCP_FILE_LEN);
    if ((m.overload & DHCP_OVERLOAD_SNAME) != 0 || m.sname.data[0] == 0)
        header.sname = field_text(boot->server_name, DHCP_SNAME_LEN);
    dhcp_message_emit(&w, &header);
    rebuild_options(&w, &m);
    dhcp_message_emit_end(&w, len);
}

static void copy_discover(uint8_t *packet, const struct dhcp_packet *raw)
{
    size_t len = raw->len < CACHED_PACKET_LEN ? raw->len : CACHED_PACKET_LEN;

    memset(packet, 0, CACHED_PACKET_LEN);
    memcpy(packet, raw->bytes, len);
}

void cached_packets_build(struct cached_packets *cached, const struct dhcp_lease *lease,
                          const struct boot_choice *choice)
{
    uint8_t *ack = cached->packet[CACHED_DHCP_ACK - 1], *reply = cached->packet[CACHED_REPLY - 1];

    copy_discover(cached->packet[CACHED_DHCP_DISCOVER - 1], &lease->discover);
    cached_packet_build(ack, CACHED_PACKET_LEN, &lease->ack, &lease->boot, lease, choice);
    if (lease->reply.len != 0)
        cached_packet_build(reply, CACHED_PACKET_LEN, &lease->reply, &lease->reply_boot, lease, choice);
    else if (lease->proxy.len != 0)
        cached_packet_build(reply, CACHED_PACKET_LEN, &lease->proxy, &lease->proxy_boot, lease, choice);
    else
        memcpy(reply, ack, CACHED_PACKET_LEN); /* pxelinux gives up when a type is missing */
}

uint8_t *cached_packets_get(struct cached_packets *cached, unsigned type)
{
    if (type < CACHED_DHCP_DISCOVER || type > CACHED_REPLY)
        return NULL;
    return cached->packet[type - 1];
}
