/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What a session does for platforms that bring more than a NIC: a lease, a sink of their own, a name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "firmware/boot/run.h"
#include "firmware/proto/boot_server.h"
#include "tests/sim/network.h"

/* The lease that a first boot leaves, as another DHCP client would hand it over. */
static void lease_of_first_boot(struct network *n, struct dhcp_lease *lease)
{
    const struct dhcp_lease *got = &n->session.dhcp.lease;
    struct dhcp_lease_packets packets = {0};

    assert_int_equal(network_boot(n), STATUS_OK);
    packets.discover = slice_of(got->discover.bytes, got->discover.len);
    packets.ack = slice_of(got->ack.bytes, got->ack.len);
    assert_true(dhcp_lease_restore(lease, &packets));
    nic_close(&n->world.wire.ends[0].nic);
}

static void a_given_lease_needs_no_dhcp(void **state)
{
    struct network *n = network_new(1, 5000);
    struct dhcp_lease lease;

    (void)state;
    lease_of_first_boot(n, &lease);
    memset(n->memory, 0, n->memory_len);
    n->config.lease = &lease;
    n->config.user_class = "Puck";
    assert_int_equal(network_boot(n), STATUS_OK);
    assert_true(network_file_is_right(n));
    assert_int_equal(n->dhcp.discovers, 1);
    assert_int_equal(n->dhcp.requests, 1);
    assert_true(world_screen_has(&n->world, "the firmware's lease"));
    assert_int_equal(n->session.net.config.address, NETWORK_CLIENT);
    assert_memory_equal(cached_packets_get(&n->cached, CACHED_DHCP_ACK) + 108, "boot/kernel", 12);
    network_free(n);
}

/* Its menu is not followed again; the file beside the menu needs a server as any file does. */
static void a_given_lease_with_a_menu_names_a_file_and_its_server(void **state)
{
    static const uint8_t menu[] = {9, 5, 0x80, 1, 2, 'a', 'b'};

    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        struct network *n = network_new(1, 5000);
        struct dhcp_lease lease;

        n->dhcp.config.class = "PXEClient";
        n->dhcp.config.vendor = slice_of(menu, sizeof(menu));
        (void)network_boot(n); /* there is no boot server, and no matter */
        lease = n->session.dhcp.lease;
        n->config.lease = &lease;
        if (k == 1)
            lease.boot.server = 0;
        assert_int_equal(network_boot(n), k == 0 ? STATUS_OK : STATUS_NO_PXE_SERVER);
        network_free(n);
    }
}

static void a_given_lease_without_link_fails(void **state)
{
    struct network *n = network_new(1, 5000);
    struct dhcp_lease lease;

    (void)state;
    lease_of_first_boot(n, &lease);
    n->config.lease = &lease;
    n->world.wire.ends[0].link_is_down = true;
    assert_int_equal(network_boot(n), STATUS_LINK_DOWN);
    network_free(n);
}

/* shows: RFC3004-4-a, RFC3004-4-b */
static void the_user_class_is_sent_with_its_length(void **state)
{
    struct network *n = network_new(1, 5000);

    (void)state;
    assert_int_equal(network_boot(n), STATUS_OK);
    assert_string_equal(n->dhcp.user_class, "");
    nic_close(&n->world.wire.ends[0].nic);
    n->config.user_class = "Puck";
    assert_int_equal(network_boot(n), STATUS_OK);
    assert_string_equal(n->dhcp.user_class, "\4Puck");
    network_free(n);
}

/* A sink that finds its memory when the size is known, as one over page allocation does. */
struct page_sink {
    struct buffer_sink buffer; /* first */
    enum status (*fits)(struct sink *, uint64_t size);
    unsigned asked;
};

static enum status pages_for(struct sink *sink, uint64_t size)
{
    struct page_sink *pages = (struct page_sink *)sink;

    pages->asked++;
    free(pages->buffer.memory);
    pages->buffer.memory = malloc((size_t)size);
    pages->buffer.capacity = size;
    return pages->fits(sink, size);
}

static void a_sink_may_find_its_memory_late(void **state)
{
    struct network *n = network_new(1, 300000);
    struct page_sink pages = {0};

    (void)state;
    buffer_sink_start(&pages.buffer, NULL, 0);
    pages.fits = pages.buffer.sink.size_known;
    pages.buffer.sink.size_known = pages_for;
    n->config.file = &pages.buffer;
    assert_int_equal(network_boot(n), STATUS_OK);
    assert_int_equal(pages.asked, 1);
    assert_int_equal(pages.buffer.needed, 300000);
    assert_true(network_file_is_right(n));
    free(pages.buffer.memory);
    network_free(n);
}

static void dhcp_alone_leaves_a_configured_net(void **state)
{
    struct network *n = network_new(1, 5000);
    struct nic *nic = &n->world.wire.ends[0].nic;

    (void)state;
    session_attach(&n->session, &n->config);
    assert_false(nic->is_open);
    assert_int_equal(nic_open(nic), STATUS_OK);
    assert_int_equal(session_configure(&n->session, true), STATUS_OK);
    assert_string_equal(n->world.screen, "");
    assert_int_equal(n->session.net.config.address, NETWORK_CLIENT);
    assert_string_equal(n->session.dhcp.lease.boot.file, "boot/kernel");
    assert_int_equal(n->tftp.requests, 0);
    assert_true(nic->is_open);
    assert_int_equal(session_configure(&n->session, false), STATUS_OK); /* again, from a configured net */
    assert_true(world_screen_has(&n->world, "DHCP server"));
    assert_int_equal(n->dhcp.acks, 2);
    network_free(n);
}

static void dhcp_alone_that_fails_leaves_the_nic_open(void **state)
{
    struct network *n = network_new(1, 5000);
    struct nic *nic = &n->world.wire.ends[0].nic;

    (void)state;
    n->dhcp.config.misses = 1000000;
    session_attach(&n->session, &n->config);
    assert_int_equal(nic_open(nic), STATUS_OK);
    assert_int_equal(session_configure(&n->session, true), STATUS_DHCP_TIMEOUT);
    assert_string_equal(n->world.screen, "");
    assert_true(nic->is_open);
    n->dhcp.config.misses = 0;
    assert_int_equal(session_configure(&n->session, true), STATUS_OK);
    network_free(n);
}

/* Counts what it sees; wants to end it at the packet number `cancel_at`. */
struct counting_observer {
    struct net_observer observer; /* first */
    struct session *session;
    unsigned received, sent, cancel_at;
    size_t largest;
    bool is_dhcp;
};

static void count(struct net_observer *observer, const struct udp_client *client, bool is_received,
                  struct slice payload)
{
    struct counting_observer *counting = (struct counting_observer *)observer;

    counting->received += is_received;
    counting->sent += !is_received;
    counting->is_dhcp = client == &counting->session->dhcp.udp;
    if (payload.len > counting->largest)
        counting->largest = payload.len;
    if (counting->received + counting->sent == counting->cancel_at)
        counting->session->is_cancelled = true;
}

static bool is_fetched(const void *context)
{
    return download_status(context) != STATUS_PENDING;
}

static void an_observer_sees_each_packet(void **state)
{
    struct network *n = network_new(1, 5000);
    struct session *s = &n->session;
    struct counting_observer counting = {.observer = {.datagram = count}, .session = s};
    const struct tftp_request request = {
        .server = {.ip = ipv4_address(NETWORK_SERVER)}, .file = "boot/kernel", .sink = &n->sink.sink, .window_max = 1};

    (void)state;
    n->tftp.knobs.knows_no_window = true;
    n->tftp.knobs.block_size_max = 1000;
    session_attach(s, &n->config);
    assert_int_equal(nic_open(s->nic), STATUS_OK);
    s->net.observer = &counting.observer;
    assert_int_equal(session_configure(s, true), STATUS_OK);
    assert_true(counting.is_dhcp);
    assert_int_equal(counting.sent, 2);
    assert_int_equal(counting.received, 2);
    counting.sent = counting.received = 0;
    buffer_sink_start(&n->sink, n->memory, n->memory_len);
    assert_int_equal(session_download(s, &s->transfer, &request), STATUS_OK);
    assert_int_equal(run_until(s, is_fetched, &s->transfer, SECONDS(9)), STATUS_OK);
    assert_false(counting.is_dhcp);
    assert_int_equal(counting.received, 7); /* OACK and six blocks, the last one empty */
    assert_in_range(counting.sent, 7, 8);   /* RRQ and ACKs; the last may still be owed */
    assert_int_equal(counting.largest, 1004);
    network_free(n);
}

static void an_observer_can_end_the_wait(void **state)
{
    struct network *n = network_new(1, 5000);
    struct session *s = &n->session;
    struct counting_observer counting = {.observer = {.datagram = count}, .session = s, .cancel_at = 2};

    (void)state;
    session_attach(s, &n->config);
    assert_int_equal(nic_open(s->nic), STATUS_OK);
    s->net.observer = &counting.observer;
    assert_int_equal(session_configure(s, true), STATUS_CANCELLED);
    assert_int_equal(n->dhcp.requests, 0);
    assert_int_equal(session_configure(s, true), STATUS_OK);
    network_free(n);
}

/* A host that is DHCP and boot server in one, as dnsmasq is, asked by broadcast from a configured net. */
static void a_boot_server_is_found(void **state)
{
    struct network *n = network_new(1, 5000);
    struct session *s = &n->session;
    struct boot_server_config config = {.address = NETWORK_CLIENT, .has_item = true, .type = 15};
    const struct pxe_options anywhere = {0};
    static struct boot_server discovery;

    (void)state;
    n->dhcp.config.class = "PXEClient";
    assert_int_equal(network_boot(n), STATUS_OK);
    n->dhcp.config.file = "item15";
    n->dhcp.config.vendor = slice_of("\107\4\0\17\0\0\377", 7);
    config.identity.mac = s->nic->mac;
    boot_server_config_set(&config, &anywhere, 15);
    assert_int_equal(boot_server_start(&discovery, session_now(), &config, &s->random, &s->log), STATUS_OK);
    assert_true(net_attach(&s->net, &discovery.udp));
    assert_int_equal(run_until(s, boot_server_is_over, &discovery, SECONDS(20)), STATUS_OK);
    net_detach(&s->net, &discovery.udp);
    assert_int_equal(discovery.status, STATUS_OK);
    assert_int_equal(discovery.server, NETWORK_SERVER);
    assert_string_equal(discovery.boot.file, "item15");
    config.type = 16;
    assert_int_equal(boot_server_start(&discovery, session_now(), &config, &s->random, &s->log), STATUS_OK);
    assert_true(net_attach(&s->net, &discovery.udp));
    assert_int_equal(run_until(s, boot_server_is_over, &discovery, SECONDS(20)), STATUS_OK);
    net_detach(&s->net, &discovery.udp);
    assert_int_equal(discovery.status, STATUS_NO_BOOT_SERVER);
    network_free(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_given_lease_needs_no_dhcp),
        cmocka_unit_test(a_given_lease_with_a_menu_names_a_file_and_its_server),
        cmocka_unit_test(a_given_lease_without_link_fails),
        cmocka_unit_test(the_user_class_is_sent_with_its_length),
        cmocka_unit_test(a_sink_may_find_its_memory_late),
        cmocka_unit_test(dhcp_alone_leaves_a_configured_net),
        cmocka_unit_test(an_observer_sees_each_packet),
        cmocka_unit_test(an_observer_can_end_the_wait),
        cmocka_unit_test(a_boot_server_is_found),
        cmocka_unit_test(dhcp_alone_that_fails_leaves_the_nic_open),
    };

    return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
