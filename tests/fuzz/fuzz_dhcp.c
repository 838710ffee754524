/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The DHCP machine, fed records of: kind, delay (two bytes, in 4 ms), length (two bytes), packet. Kind, bit 0: the
 * packet is made to look like an answer to us; bit 1: the link goes down before it, bit 2: up; bit 3: the address we
 * asked for.
 */
#include "firmware/base/text.h"
#include "firmware/boot/boot_options.h"
#include "firmware/proto/dhcp.h"
#include "tests/fuzz/fuzz.h"

static const struct dhcp_config config = {
    .identity = {.mac = {{2, 0, 0, 0, 0, 1}}, .has_uuid = true, .undi_major = 2, .undi_minor = 1},
    .policy = &boot_offer_policy,
    .give_up_after = SECONDS(70),
    .link_is_up = true,
};

static struct dhcp dhcp;

static void check_state(void)
{
    const struct dhcp_lease *lease = &dhcp.lease;

    check(dhcp.heard.offer_count <= DHCP_OFFERS && dhcp.heard.proxy_count <= DHCP_PROXIES);
    check((dhcp.status == STATUS_PENDING) == (dhcp.state == DHCP_DISCOVERING || dhcp.state == DHCP_REQUESTING));
    if (dhcp.state != DHCP_BOUND)
        return;
    check(lease->address != 0 && lease->netmask != 0 && lease->route_count <= DHCP_ROUTES &&
          lease->dns_count <= DHCP_DNS);
    check(lease->t1_s <= lease->t2_s && lease->t2_s <= lease->lease_s && lease->lease_s >= 60);
    check(lease->ack.len >= 240 && lease->discover.len >= DHCP_MESSAGE_MIN);
    check(text_length(lease->boot.file) <= DHCP_NAME_MAX);
}

/* Everything that is owed up to `until`. A machine that wants to be asked without end, or sends too often, is broken.
 */
static time_us pass(time_us now, time_us until)
{
    time_us at, most = 4 + (until - now) / MILLISECONDS(100), calls = 0;

    while ((at = dhcp.udp.ops->deadline(&dhcp.udp)) <= until) {
        uint8_t room[UDP_PAYLOAD_MAX];
        struct writer w = writer_of(room, sizeof(room));

        now = at > now ? at : now;
        if (dhcp.udp.ops->output(&dhcp.udp, now, &w))
            check(!w.failed && writer_len(&w) >= DHCP_MESSAGE_MIN);
        check(++calls < most);
        check_state();
    }
    return until;
}

static void deliver(time_us now, unsigned kind, struct slice packet)
{
    static uint8_t bytes[65536];
    struct udp_datagram datagram = {.from = {.ip = ipv4_address(0x0a000001), .port = 67}};
    struct writer w = writer_of(bytes, sizeof(bytes));

    if ((kind & 2) != 0)
        dhcp_link(&dhcp, now, false);
    if ((kind & 4) != 0)
        dhcp_link(&dhcp, now, true);
    write_slice(&w, packet);
    if ((kind & 1) != 0 && packet.len >= 240) {
        struct writer patch = writer_of(bytes, 8);

        write_be32(&patch, 0x02010600);
        write_be32(&patch, dhcp.xid);
        memcpy(bytes + 28, config.identity.mac.byte, 6);
        patch = writer_of(bytes + 236, 4);
        write_be32(&patch, 0x63825363);
        patch = writer_of(bytes + 16, 4);
        if ((kind & 8) != 0 && dhcp.chosen != NULL)
            write_be32(&patch, dhcp.chosen->yiaddr);
    }
    datagram.payload = writer_written(&w);
    dhcp.udp.ops->input(&dhcp.udp, now, &datagram);
    check_state();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct reader r = reader_of(slice_of(bytes, len));
    struct random random = {0};
    time_us now = SECONDS(1);

    random_seed(&random, text_slice("fuzz"));
    memset(&dhcp, 0xa5, sizeof(dhcp));
    dhcp_start(&dhcp, now, &config, &random, NULL);
    while (reader_left(&r) >= 5) {
        unsigned kind = read_u8(&r);
        time_us delay = MILLISECONDS(read_be16(&r) * 4u);
        size_t packet_len = read_be16(&r);

        now = pass(now, now + delay);
        deliver(now, kind, read_at_most(&r, packet_len));
    }
    dhcp_link(&dhcp, now, true);
    pass(now, now + SECONDS(600));
    check(dhcp.state == DHCP_BOUND || dhcp.state == DHCP_FAILED);
    return 0;
}
