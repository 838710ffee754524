/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Boot server discovery. The input: two bytes that choose the config, an option 43 that fills it in (its length first),
 * then answers (delay, sender, length, bytes) whose xid and MAC are made right. Required: nothing is sent but by the
 * clock, four rounds end it, and what is found was said by an ACK.
 */
#include "firmware/proto/boot_server.h"
#include "tests/fuzz/fuzz.h"

static const struct mac mac = {{2, 0, 0, 0, 0, 1}};

static unsigned sends(struct boot_server *b, time_us now)
{
    const struct udp_client_ops *ops = b->udp.ops;
    uint8_t packet[UDP_PAYLOAD_MAX];
    unsigned sent = 0;

    while (ops->deadline(&b->udp) <= now) {
        struct writer out = writer_of(packet, sizeof(packet));
        struct udp_address to = ops->destination(&b->udp);

        check(to.port == BOOT_SERVER_PORT || to.port == DHCP_SERVER_PORT);
        if (ops->output(&b->udp, now, &out))
            sent++;
        check(sent <= 1);
    }
    return sent;
}

static time_us passes(struct boot_server *b, time_us now, time_us until, unsigned *sent)
{
    time_us at;

    while ((at = b->udp.ops->deadline(&b->udp)) <= until) {
        now = at > now ? at : now;
        *sent += sends(b, now);
    }
    return until;
}

static void answer(struct boot_server *b, time_us now, struct reader *in)
{
    uint8_t bytes[600];
    struct udp_datagram datagram = {.from = {.ip = ipv4_address(0x0a000000u | read_u8(in)), .port = 4011}};
    struct slice raw = read_at_most(in, (size_t)read_u8(in) * 2);

    if (raw.len != 0)
        memcpy(bytes, raw.data, raw.len);
    if (raw.len >= 34) {
        store_be32(bytes + 4, b->xid);
        memcpy(bytes + 28, mac.byte, sizeof(mac.byte));
    }
    datagram.payload = slice_of(bytes, raw.len);
    b->udp.ops->input(&b->udp, now, &datagram);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct reader in = reader_of(slice_of(bytes, len));
    struct boot_server_config config = {.identity = {.mac = mac}, .address = 0x0a000001, .layer = 0};
    struct random dice = {0};
    struct pxe_options pxe;
    struct boot_server b;
    time_us now = SECONDS(1);
    unsigned sent = 0;
    uint8_t how;

    if (len < 3)
        return 0;
    how = read_u8(&in);
    config.type = read_u8(&in);
    config.has_item = (how & 1) != 0;
    (void)pxe_options_parse(read_at_most(&in, read_u8(&in)), &pxe);
    boot_server_config_set(&config, &pxe, config.type);
    if (boot_server_start(&b, now, &config, &dice, NULL) != STATUS_OK) {
        check(boot_server_is_over(&b));
        return 0;
    }
    while (reader_left(&in) > 0) {
        now = passes(&b, now, now + (time_us)read_u8(&in) * MILLISECONDS(4), &sent);
        answer(&b, now, &in);
    }
    (void)passes(&b, now, now + SECONDS(11), &sent);
    check(boot_server_is_over(&b));
    check(sent <= 4 * (2 + BOOT_SERVERS_MAX));
    check(b.status != STATUS_OK || (b.reply.len != 0 && b.boot.server != 0));
    return 0;
}
