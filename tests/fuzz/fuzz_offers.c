/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The choice among offers, fed records of: kind, delay in ms, length (two bytes), options. Kind, bit 0: a proxy's; bit
 * 1: BOOTP; bit 2: marked "PXEClient"; bit 3: a server that refused us; bit 4: with a boot file; bits 5 to 7: which of
 * eight servers. Whatever they say, there is a decision within the longest wait, and the lease that comes of it has a
 * choice that its own words bear out.
 */
#include "firmware/base/text.h"
#include "firmware/boot/boot_options.h"
#include "tests/fuzz/fuzz.h"

enum {
    PROXY = 1,
    BOOTP = 2,
    MARKED = 4,
    REFUSED = 8,
    WITH_FILE = 16,
};

static struct dhcp_offers heard;
static struct dhcp_lease lease;
static uint8_t packet[DHCP_MESSAGE_MAX];

static struct slice message(unsigned kind, struct slice options)
{
    struct writer w = writer_of(packet, sizeof(packet));
    const struct dhcp_message m = {
        .op = DHCP_OP_REPLY,
        .htype = 1,
        .hlen = 6,
        .yiaddr = (kind & PROXY) != 0 ? 0 : 0x0a000064u,
        .siaddr = (kind & WITH_FILE) != 0 ? 0x0a000001u : 0,
        .file = (kind & WITH_FILE) != 0 ? text_slice("a/file") : slice_of(packet, 0),
    };

    dhcp_message_emit(&w, &m);
    if ((kind & BOOTP) == 0)
        dhcp_option_emit_u8(&w, DHCP_TAG_TYPE, DHCP_OFFER);
    if ((kind & MARKED) != 0)
        dhcp_option_emit(&w, DHCP_TAG_CLASS, text_slice("PXEClient"));
    write_slice(&w, slice_first(options, writer_left(&w) - 1));
    write_u8(&w, DHCP_TAG_END);
    return writer_written(&w);
}

static void hear(unsigned kind, time_us now, struct slice options)
{
    const struct dhcp_sighting seen = {
        .server = 0x0a000001u + (kind >> 5),
        .was_refused = (kind & REFUSED) != 0,
        .heard = now,
        .round_trip = now,
    };
    struct slice raw = message(kind, options);
    struct reader r = reader_of(raw);
    struct dhcp_message m;

    if (dhcp_message_parse(&r, &m))
        (void)dhcp_offers_add(&heard, &boot_offer_policy, &m, raw, &seen);
    check(heard.offer_count <= DHCP_OFFERS && heard.proxy_count <= DHCP_PROXIES);
}

static void keep(const struct dhcp_packet *from, struct dhcp_packet *to, struct dhcp_boot *boot)
{
    struct reader r = reader_of(slice_of(from->bytes, from->len));
    struct dhcp_message m;

    check(dhcp_message_parse(&r, &m));
    dhcp_boot_parse(&m, boot);
    *to = *from;
}

static void check_choice(const struct dhcp_offer *offer)
{
    const struct dhcp_offer *proxy = boot_offer_policy.proxy_for(&heard, offer);
    struct boot_choice choice;
    enum status status;

    memset(&lease, 0, sizeof(lease));
    keep(&offer->packet, &lease.ack, &lease.boot);
    if (proxy != NULL)
        keep(&proxy->packet, &lease.proxy, &lease.proxy_boot);
    status = boot_options_choose(&lease, &choice);
    check(choice.is_proxy == (proxy != NULL)); /* the lease has no proxy that has no say */
    check(choice.packet.data == (proxy != NULL ? lease.proxy.bytes : lease.ack.bytes));
    check((status == STATUS_DHCP_NO_BOOTFILE) == (choice.action == BOOT_NOTHING));
    check(choice.action != BOOT_FILE || choice.file[0] != '\0');
    check(choice.action != BOOT_ASK || choice.file[0] == '\0');
    check(choice.mtftp.address == 0 ||
          (ipv4_is_multicast(choice.mtftp.address) && choice.mtftp.client_port != 0 && choice.mtftp.server_port != 0));
    check(text_length(choice.why) < sizeof(choice.why));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct reader r = reader_of(slice_of(bytes, len));
    time_us now = 0;

    memset(&heard, 0, sizeof(heard));
    while (reader_left(&r) >= 4) {
        unsigned kind = read_u8(&r);
        struct dhcp_decision decision;
        size_t options_len;

        now += MILLISECONDS(read_u8(&r));
        options_len = read_be16(&r);
        hear(kind, now, read_at_most(&r, options_len));
        decision = boot_offer_policy.choose(&heard);
        check((decision.offer == NULL) == (heard.offer_count == 0));
        check((decision.offer == NULL) == (decision.at == TIME_NEVER));
        check(decision.offer == NULL || decision.at <= now + SECONDS(4));
        if (decision.offer != NULL)
            check_choice(decision.offer);
    }
    return 0;
}
