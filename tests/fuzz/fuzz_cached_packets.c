/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * An accepted ACK and, behind a two-byte length of the ACK, a proxy's reply: the cached packets made of them parse,
 * name the chosen server and file in their header, and are never longer than they may be.
 */
#include "firmware/base/text.h"
#include "firmware/boot/cached_packets.h"
#include "tests/fuzz/fuzz.h"

static bool keep(struct dhcp_packet *packet, struct slice raw, struct dhcp_message *m)
{
    struct reader r;

    packet->len = 0;
    if (raw.len > DHCP_MESSAGE_MAX)
        return false;
    memcpy(packet->bytes, raw.data, raw.len);
    r = reader_of(slice_of(packet->bytes, raw.len));
    if (!dhcp_message_parse(&r, m))
        return false;
    packet->len = raw.len;
    return true;
}

static void check_packet(const uint8_t *packet, const struct boot_choice *choice)
{
    struct reader r = reader_of(slice_of(packet, CACHED_PACKET_LEN));
    size_t name_len = text_length(choice->file);
    struct dhcp_message m;

    check(dhcp_message_parse(&r, &m));
    check(m.siaddr == choice->server && m.overload == 0);
    name_len = name_len < DHCP_FILE_LEN ? name_len : DHCP_FILE_LEN - 1;
    check(memcmp(m.file.data, choice->file, name_len) == 0 && m.file.data[name_len] == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static struct dhcp_lease lease;
    struct cached_packets *cached = malloc(sizeof(*cached));
    struct slice whole = slice_of(bytes, len);
    struct reader r = reader_of(whole);
    size_t ack_len = read_be16(&r);
    const struct dhcp_lease_packets packets = {
        .discover = slice_first(whole, 7),
        .ack = slice_first(slice_from(whole, 2), ack_len),
        .proxy = slice_from(whole, 2 + ack_len),
        .reply = slice_from(whole, 2 + ack_len / 2),
    };
    struct boot_choice choice;
    struct dhcp_message ack, proxy;

    if (dhcp_lease_restore(&lease, &packets))
        check(lease.address != 0 && lease.ack.len != 0);
    memset(&lease, 0, sizeof(lease));
    if (keep(&lease.ack, read_at_most(&r, ack_len), &ack)) {
        dhcp_lease_parse(&ack, &lease);
        if (keep(&lease.proxy, read_rest(&r), &proxy))
            dhcp_boot_parse(&proxy, &lease.proxy_boot);
        (void)boot_options_choose(&lease, &choice);
        cached_packets_build(cached, &lease, &choice);
        check_packet(cached_packets_get(cached, CACHED_DHCP_ACK), &choice);
        check_packet(cached_packets_get(cached, CACHED_REPLY), &choice);
    }
    free(cached);
    return 0;
}
