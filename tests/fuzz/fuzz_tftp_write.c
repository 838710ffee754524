/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The TFTP write machine, fed steps of (delay, port, length, bytes). Required: every DATA packet holds the file's bytes
 * of its block; at most two packets are sent per packet received beyond those that timers call for; it ends within two
 * minutes of the last packet.
 */
#include "firmware/proto/tftp_write.h"
#include "firmware/wire/tftp_packet.h"
#include "tests/fuzz/fuzz.h"

enum {
    FILE_LEN = 3000
};

static uint8_t content[FILE_LEN];

static void check_sent(const struct tftp_write *t, struct slice sent)
{
    struct reader r = reader_of(sent);
    struct tftp_packet packet;

    check(tftp_packet_parse(&r, &packet));
    if (packet.opcode != TFTP_DATA)
        return;
    check(t->state == TFTP_WRITE_SENDING);
    check(packet.body.len <= t->block_size && t->block_size <= TFTP_BLOCK_FRAME);
    check((t->block - 1) * t->block_size + packet.body.len <= FILE_LEN);
    check(packet.body.len == 0 ||
          memcmp(packet.body.data, content + (t->block - 1) * t->block_size, packet.body.len) == 0);
}

/* All that is owed now; returns how many packets. */
static unsigned sends(struct tftp_write *t, time_us now)
{
    const struct udp_client_ops *ops = t->udp.ops;
    uint8_t packet[UDP_PAYLOAD_MAX];
    unsigned packets = 0, calls = 0;

    while (ops->deadline(&t->udp) <= now) {
        struct writer out = writer_of(packet, sizeof(packet));

        check(ops->destination(&t->udp).port != 0);
        if (ops->output(&t->udp, now, &out)) {
            check_sent(t, writer_written(&out));
            packets++;
        }
        check(++calls < 10);
    }
    return packets;
}

static time_us passes(struct tftp_write *t, time_us now, time_us until)
{
    unsigned wakes = 0;

    while (t->udp.ops->deadline(&t->udp) <= until) {
        time_us at = t->udp.ops->deadline(&t->udp);

        now = at > now ? at : now;
        (void)sends(t, now);
        check(++wakes < 5000);
    }
    return until;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct reader in = reader_of(slice_of(bytes, len));
    struct random dice = {0};
    struct tftp_write t = {.udp.port = 50000};
    struct tftp_write_request request = {.server = {.ip = ipv4_address(0x0a000001)}, .file = "f"};
    time_us now = SECONDS(1);

    if (len == 0)
        return 0;
    for (size_t n = 0; n < FILE_LEN; n++)
        content[n] = (uint8_t)(n * 7 + n / 251);
    random_seed(&dice, slice_of("dice", 4));
    request.bytes = slice_of(content, (size_t)read_u8(&in) * 12 % (FILE_LEN + 1));
    request.block_size_max = (uint16_t)(512 + read_u8(&in) * 4);
    check(tftp_write_start(&t, now, &request, &dice, NULL) == STATUS_OK);
    while (reader_left(&in) > 0) {
        uint8_t what = read_u8(&in);
        struct udp_datagram datagram = {
            .from = {.ip = request.server.ip, .port = (uint16_t)(3000 + what % 3)},
            .to = {.ip = ipv4_address(0x0a000002), .port = 50000},
        };

        if (what >= 0xfe) {
            t.udp.ops->unreachable(&t.udp, now, what & 1 ? STATUS_FAILURE : STATUS_ARP_TIMEOUT);
            continue;
        }
        now = passes(&t, now, now + (time_us)read_u8(&in) * read_u8(&in) * 500);
        datagram.payload = read_at_most(&in, read_u8(&in));
        t.udp.ops->input(&t.udp, now, &datagram);
        check(sends(&t, now) <= 2);
    }
    (void)passes(&t, now, now + SECONDS(240));
    check(tftp_write_is_quiet(&t));
    check(t.status != STATUS_OK || t.acked == request.bytes.len);
    return 0;
}
