/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Dhcp(), Discover(), what Mode tells after them and after a boot of our own, and writing files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "firmware/base/text.h"
#include "tests/sim/efi_world.h"
#include "tests/sim/tftp_receiver.h"

enum {
    TYPE = 15,
    BOOT_SERVER_IP = 0xc0a86f90,
    GROUP = 0xe0000102,
};

/* --- a boot server -------------------------------------------------------------------------------------------------
 */

struct item_server {
    struct udp_client udp; /* first */
    struct server *server;
    struct server host;
    unsigned requests;
    uint16_t type, layer; /* of the last request */
    bool is_silent;
};

static void item_server_input(struct udp_client *client, time_us now, const struct udp_datagram *datagram)
{
    struct item_server *s = (struct item_server *)client;
    uint8_t vendor[64], bytes[600], item[] = {PXE_TAG_BOOT_ITEM, 4, 0, 0, 0, 0, 255};
    struct writer joined = writer_of(vendor, sizeof(vendor)), w = writer_of(bytes, sizeof(bytes));
    struct reader r = reader_of(datagram->payload);
    struct dhcp_message asked, reply = {.op = DHCP_OP_REPLY, .htype = 1, .hlen = 6};
    struct pxe_options options;

    (void)now;
    if (!dhcp_message_parse(&r, &asked) || !dhcp_option(&asked, DHCP_TAG_VENDOR, &joined) ||
        !pxe_options_parse(writer_written(&joined), &options) || !options.has_boot_item)
        return;
    s->requests++;
    s->type = options.boot_item_type;
    s->layer = options.boot_item_layer;
    if (s->is_silent)
        return;
    store_be16(item + 2, s->type);
    store_be16(item + 4, s->layer);
    reply.xid = asked.xid;
    reply.chaddr = asked.chaddr;
    reply.ciaddr = asked.ciaddr;
    reply.siaddr = BOOT_SERVER_IP;
    dhcp_message_emit(&w, &reply);
    dhcp_option_emit_u8(&w, DHCP_TAG_TYPE, DHCP_ACK);
    dhcp_option_emit_u32(&w, DHCP_TAG_SERVER_ID, BOOT_SERVER_IP);
    dhcp_option_emit(&w, DHCP_TAG_CLASS, text_slice("PXEClient"));
    dhcp_option_emit(&w, DHCP_TAG_BOOT_FILE, text_slice("boot/wdsmgfw.efi"));
    dhcp_option_emit(&w, DHCP_TAG_VENDOR, slice_of(item, sizeof(item)));
    dhcp_message_emit_end(&w, DHCP_MESSAGE_MIN);
    server_knows(s->server, EFI_WORLD_OUR_IP, asked.chaddr);
    (void)server_send(s->server, 4011, (struct udp_address){.ip = ipv4_address(EFI_WORLD_OUR_IP), .port = 68},
                      writer_written(&w));
}

static bool no_output(struct udp_client *client, time_us now, struct writer *payload)
{
    (void)client, (void)now, (void)payload;
    return false;
}

static struct udp_address nowhere(const struct udp_client *client)
{
    (void)client;
    return (struct udp_address){.ip = ipv4_address(0)};
}

static time_us never(const struct udp_client *client)
{
    (void)client;
    return TIME_NEVER;
}

static const struct udp_client_ops item_server_ops = {
    .input = item_server_input, .output = no_output, .destination = nowhere, .deadline = never};

static void add_item_server(struct item_server *s, struct efi_world *w)
{
    memset(s, 0, sizeof(*s));
    s->udp = (struct udp_client){.ops = &item_server_ops, .port = 4011};
    s->server = &s->host;
    server_start(&s->host, &w->world, 3, BOOT_SERVER_IP, EFI_WORLD_NETMASK);
    assert_true(net_attach(&s->host.net, &s->udp));
}

/* --- what packets say ----------------------------------------------------------------------------------------------
 */

static const EFI_PXE_BASE_CODE_DHCPV4_PACKET *v4(const EFI_PXE_BASE_CODE_PACKET *packet)
{
    return &packet->Dhcpv4;
}

static void assert_boots(const EFI_PXE_BASE_CODE_PACKET *packet, const char *file, uint32_t server)
{
    EFI_IP_ADDRESS expected = efi_ip(server);
    struct reader r = reader_of(slice_of(packet->Raw, sizeof(packet->Raw)));
    struct dhcp_message m;

    assert_string_equal((const char *)v4(packet)->BootpBootFile, file);
    assert_memory_equal(v4(packet)->BootpSiAddr, &expected, 4);
    assert_memory_equal(&v4(packet)->DhcpMagik, "\x63\x82\x53\x63", 4);
    assert_true(dhcp_message_parse(&r, &m)); /* fails without an end option */
}

static void assert_lease(const EFI_PXE_BASE_CODE_MODE *mode)
{
    EFI_IP_ADDRESS station = efi_ip(EFI_WORLD_OUR_IP), netmask = efi_ip(EFI_WORLD_NETMASK),
                   router = efi_ip(EFI_WORLD_ROUTER_IP), zero = efi_ip(0);

    assert_true(mode->Started && mode->DhcpDiscoverValid && mode->DhcpAckReceived);
    assert_false(mode->UsingIpv6);
    assert_false(mode->PxeBisReplyReceived);
    assert_memory_equal(&mode->StationIp, &station, sizeof(station));
    assert_memory_equal(&mode->SubnetMask, &netmask, sizeof(netmask));
    assert_memory_equal(v4(&mode->DhcpAck)->BootpYiAddr, &station, 4);
    assert_int_equal(v4(&mode->DhcpDiscover)->BootpOpcode, 1);
    assert_memory_equal(v4(&mode->DhcpDiscover)->BootpHwAddr, "\x02\0\0\0\0", 5);
    assert_int_equal(mode->RouteTableEntries, 1);
    assert_memory_equal(&mode->RouteTable[0].IpAddr, &zero, sizeof(zero));
    assert_memory_equal(&mode->RouteTable[0].SubnetMask, &zero, sizeof(zero));
    assert_memory_equal(&mode->RouteTable[0].GwAddr, &router, sizeof(router));
    assert_int_equal(mode->IpFilter.Filters, EFI_PXE_BASE_CODE_IP_FILTER_STATION_IP);
    assert_int_equal(mode->IpFilter.IpCnt, 0);
}

static void a_boot_leaves_everything_in_mode(void **state)
{
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_MODE *mode = efi_world_pxe(w)->Mode;

    assert_lease(mode);
    assert_boots(&mode->DhcpAck, "boot.efi", EFI_WORLD_SERVER_IP);
    assert_true(mode->ProxyOfferReceived && mode->PxeReplyReceived);
    assert_boots(&mode->ProxyOffer, "boot.efi", EFI_WORLD_SERVER_IP);
    assert_boots(&mode->PxeReply, "boot.efi", EFI_WORLD_SERVER_IP);
    assert_false(mode->PxeDiscoverValid);
    assert_true(mode->ArpCacheEntries >= 1);
}

/* The name in option 67 alone is in the header too: shim and GRUB look nowhere else. */
static void the_header_names_the_file_of_option_67(void **state)
{
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_MODE *mode = efi_world_pxe(w)->Mode;

    w->dhcp.config.file = NULL;
    w->dhcp.config.option_67 = "boot.efi";
    assert_int_equal(net_boot_run(&w->boot), STATUS_OK);
    assert_boots(&mode->DhcpAck, "boot.efi", EFI_WORLD_SERVER_IP);
}

static void a_proxy_is_told_apart(void **state)
{
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    EFI_IP_ADDRESS station = efi_ip(EFI_WORLD_OUR_IP), zero = efi_ip(0);

    w->dhcp.config.file = NULL;
    w->dhcp.config.class = NULL;
    w->dhcp.config.next_server = 0;
    efi_world_add_proxy(w, "boot.efi");
    assert_int_equal(net_boot_run(&w->boot), STATUS_OK);
    assert_lease(pxe->Mode);
    assert_boots(&pxe->Mode->DhcpAck, "boot.efi", EFI_WORLD_SERVER_IP);
    assert_true(pxe->Mode->ProxyOfferReceived);
    assert_boots(&pxe->Mode->ProxyOffer, "boot.efi", EFI_WORLD_SERVER_IP);
    assert_memory_equal(v4(&pxe->Mode->ProxyOffer)->BootpYiAddr, &zero, 4);
    assert_memory_equal(v4(&pxe->Mode->ProxyOffer)->BootpCiAddr, &station, 4);
    assert_true(pxe->Mode->PxeReplyReceived);
    assert_memory_equal(&pxe->Mode->PxeReply, &pxe->Mode->ProxyOffer, sizeof(EFI_PXE_BASE_CODE_PACKET));
    /* The caller's own Dhcp() tells what came and nothing else. */
    assert_int_equal(pxe->Stop(pxe), EFI_SUCCESS);
    assert_int_equal(pxe->Start(pxe, FALSE), EFI_SUCCESS);
    assert_int_equal(pxe->Dhcp(pxe, TRUE), EFI_SUCCESS);
    assert_lease(pxe->Mode);
    assert_true(pxe->Mode->ProxyOfferReceived);
    assert_false(pxe->Mode->PxeReplyReceived);
}

/* The offer stays in ProxyOffer, what was asked for at port 4011 is PxeReply: wdsmgfw and syslinux look there. */
static void a_boot_servers_reply_is_told_from_the_proxys_offer(void **state)
{
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);

    w->dhcp.config.file = NULL;
    w->dhcp.config.class = NULL;
    w->dhcp.config.next_server = 0;
    efi_world_add_proxy(w, "boot.efi");
    w->proxy_dhcp.config.wants_asking = true;
    assert_true(net_attach(&w->proxy.net, &w->proxy_dhcp.boot_port));
    assert_int_equal(net_boot_run(&w->boot), STATUS_OK);
    assert_lease(pxe->Mode);
    assert_int_equal(w->proxy_dhcp.asked, 1);
    assert_true(pxe->Mode->ProxyOfferReceived && pxe->Mode->PxeReplyReceived);
    assert_boots(&pxe->Mode->ProxyOffer, "boot.efi", EFI_WORLD_SERVER_IP);
    assert_boots(&pxe->Mode->PxeReply, "boot.efi", EFI_WORLD_SERVER_IP);
    assert_int_equal(v4(&pxe->Mode->ProxyOffer)->DhcpOptions[2], DHCP_OFFER);
    assert_int_equal(v4(&pxe->Mode->PxeReply)->DhcpOptions[2], DHCP_ACK);
    /* The caller's own Dhcp() finds a server to be asked: Discover() is the caller's to call. */
    assert_int_equal(pxe->Stop(pxe), EFI_SUCCESS);
    assert_int_equal(pxe->Start(pxe, FALSE), EFI_SUCCESS);
    assert_int_equal(pxe->Dhcp(pxe, TRUE), EFI_SUCCESS);
    assert_true(pxe->Mode->ProxyOfferReceived);
    assert_false(pxe->Mode->PxeReplyReceived);
    assert_int_equal(w->proxy_dhcp.asked, 1);
}

static void dhcp_fills_mode(void **state)
{
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    size_t screen = w->world.screen_len;

    assert_int_equal(pxe->Start(pxe, FALSE), EFI_SUCCESS);
    assert_int_equal(pxe->Dhcp(pxe, FALSE), EFI_SUCCESS);
    assert_lease(pxe->Mode);
    assert_boots(&pxe->Mode->DhcpAck, "boot.efi", EFI_WORLD_SERVER_IP);
    assert_false(pxe->Mode->ProxyOfferReceived);
    assert_false(pxe->Mode->PxeReplyReceived);
    assert_int_equal(w->world.screen_len, screen); /* the screen is the caller's */
    assert_int_equal(w->dhcp.discovers, 1);
    assert_int_equal(pxe->Dhcp(pxe, FALSE), EFI_SUCCESS); /* once more */
    assert_lease(pxe->Mode);
    assert_int_equal(w->acquired, w->released);
}

static void nobody_offers_anything(void **state)
{
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    EFI_PXE_BASE_CODE_MODE before;

    w->dhcp.config.misses = 1000;
    assert_int_equal(pxe->Start(pxe, FALSE), EFI_SUCCESS);
    before = *pxe->Mode;
    assert_int_equal(pxe->Dhcp(pxe, FALSE), EFI_TIMEOUT);
    assert_int_equal(pxe->Mode->DhcpAckReceived, FALSE);
    assert_memory_equal(&pxe->Mode->StationIp, &before.StationIp, sizeof(before.StationIp));
}

static void offers_without_a_boot_file_are_no_answer(void **state)
{
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);

    w->dhcp.config.file = NULL;
    w->dhcp.config.class = NULL;
    assert_int_equal(pxe->Start(pxe, FALSE), EFI_SUCCESS);
    assert_int_equal(pxe->Dhcp(pxe, FALSE), EFI_NO_RESPONSE);
    assert_false(pxe->Mode->DhcpAckReceived);
    assert_int_equal(w->boot.session.net.config.address, 0);
}

static void the_callback_sees_dhcp_and_may_end_it(void **state)
{
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    BOOLEAN yes = TRUE;

    efi_world_add_callback(w);
    assert_int_equal(pxe->Start(pxe, FALSE), EFI_SUCCESS);
    assert_int_equal(pxe->SetParameters(pxe, NULL, NULL, NULL, NULL, &yes), EFI_SUCCESS);
    for (unsigned at = 1; at <= 3; at++) {
        w->callback.abort_at = at;
        w->callback.sent = w->callback.received = 0;
        assert_int_equal(pxe->Dhcp(pxe, FALSE), EFI_ABORTED);
        assert_false(pxe->Mode->DhcpAckReceived);
    }
    w->callback.abort_at = 0;
    w->callback.sent = w->callback.received = 0;
    assert_int_equal(pxe->Dhcp(pxe, FALSE), EFI_SUCCESS);
    assert_int_equal(w->callback.function, EFI_PXE_BASE_CODE_FUNCTION_DHCP);
    assert_int_equal(w->callback.sent, 2);
    assert_in_range(w->callback.received, 2, 3); /* the ACK that the last aborted call asked for comes as well */
    assert_true(pxe->Mode->MakeCallbacks);
}

/* --- Discover -------------------------------------------------------------------------------------------------------
 */

static void assert_discovered(const EFI_PXE_BASE_CODE_MODE *mode)
{
    assert_true(mode->PxeDiscoverValid && mode->PxeReplyReceived);
    assert_int_equal(v4(&mode->PxeDiscover)->BootpOpcode, 1);
    assert_boots(&mode->PxeReply, "boot/wdsmgfw.efi", BOOT_SERVER_IP);
    assert_boots(&mode->DhcpAck, "boot.efi", EFI_WORLD_SERVER_IP);
    assert_int_equal(mode->IpFilter.Filters, EFI_PXE_BASE_CODE_IP_FILTER_STATION_IP);
}

static void a_boot_server_of_the_callers_list(void **state)
{
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    EFI_PXE_BASE_CODE_DISCOVER_INFO info = {
        .UseUCast = TRUE, .MustUseList = TRUE, .IpCnt = 1, .SrvList = {{.Type = TYPE}}};
    struct item_server server;
    UINT16 layer = 0;

    add_item_server(&server, w);
    info.SrvList[0].IpAddr = efi_ip(BOOT_SERVER_IP);
    assert_int_equal(pxe->Discover(pxe, TYPE, &layer, FALSE, &info), EFI_SUCCESS);
    assert_int_equal(server.requests, 1);
    assert_int_equal(server.type, TYPE);
    assert_discovered(pxe->Mode);
    layer = 2; /* there is a reply now that may have spoken of it */
    assert_int_equal(pxe->Discover(pxe, TYPE, &layer, FALSE, &info), EFI_SUCCESS);
    assert_int_equal(server.layer, 2);
    assert_int_equal(pxe->Discover(pxe, TYPE + 1, &layer, FALSE, &info), EFI_INVALID_PARAMETER); /* nobody to ask */
    server.is_silent = true;
    assert_int_equal(pxe->Discover(pxe, TYPE, &layer, FALSE, &info), EFI_TIMEOUT);
    assert_int_equal(server.requests, 6);
    assert_int_equal(w->acquired, w->released);
}

/* A packet whose option 43 is `vendor`. */
static void write_packet(EFI_PXE_BASE_CODE_PACKET *packet, uint8_t type, struct slice vendor)
{
    struct writer out = writer_of(packet->Raw, sizeof(packet->Raw));
    const struct dhcp_message m = {.op = DHCP_OP_REPLY, .htype = 1, .hlen = 6};

    dhcp_message_emit(&out, &m);
    dhcp_option_emit_u8(&out, DHCP_TAG_TYPE, type);
    dhcp_option_emit(&out, DHCP_TAG_VENDOR, vendor);
    dhcp_message_emit_end(&out, sizeof(packet->Raw));
}

/* Only the list: neither broadcast nor multicast. */
static const uint8_t listed_only[] = {6, 1, 7, 8, 7, 0, TYPE, 1, 0xc0, 0xa8, 0x6f, 0x90, 255};

/* Without Info, option 43 of what the servers sent: here of a packet that the caller set. */
static void a_boot_server_that_the_packets_name(void **state)
{
    static EFI_PXE_BASE_CODE_PACKET offer;
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    struct item_server server;
    UINT16 layer = 0;

    add_item_server(&server, w);
    write_packet(&offer, DHCP_OFFER, slice_of(listed_only, sizeof(listed_only)));
    assert_int_equal(pxe->SetPackets(pxe, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, &offer, NULL, NULL, NULL),
                     EFI_SUCCESS);
    assert_int_equal(pxe->Discover(pxe, TYPE, &layer, FALSE, NULL), EFI_SUCCESS);
    assert_int_equal(server.requests, 1);
    assert_discovered(pxe->Mode);
}

/* After a boot that a boot server's reply ended, ProxyOffer may be that reply: it says which item, not who to ask. */
static void a_reply_in_the_proxys_place_does_not_hide_the_list(void **state)
{
    static const uint8_t item[] = {PXE_TAG_BOOT_ITEM, 4, 0, TYPE, 0, 0, 255};
    static EFI_PXE_BASE_CODE_PACKET ack, offer;
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    struct item_server server;
    BOOLEAN yes = TRUE;
    UINT16 layer = 0;

    add_item_server(&server, w);
    write_packet(&ack, DHCP_ACK, slice_of(listed_only, sizeof(listed_only)));
    write_packet(&offer, DHCP_ACK, slice_of(item, sizeof(item)));
    assert_int_equal(pxe->SetPackets(pxe, NULL, &yes, &yes, NULL, NULL, NULL, NULL, &ack, &offer, NULL, NULL, NULL),
                     EFI_SUCCESS);
    assert_int_equal(pxe->Discover(pxe, TYPE, &layer, FALSE, NULL), EFI_SUCCESS);
    assert_int_equal(server.requests, 1);
}

static void discover_checks_its_arguments(void **state)
{
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    EFI_PXE_BASE_CODE_DISCOVER_INFO info = {0};
    unsigned carried = w->world.wire.carried;
    BOOLEAN no = FALSE;
    UINT16 layer = 0, second = 1;

    assert_int_equal(pxe->Discover(pxe, TYPE, NULL, FALSE, NULL), EFI_INVALID_PARAMETER);
    assert_int_equal(pxe->Discover(pxe, TYPE, &layer, FALSE, &info), EFI_INVALID_PARAMETER);
    info.UseMCast = TRUE;
    assert_int_equal(pxe->Discover(pxe, TYPE, &layer, FALSE, &info), EFI_INVALID_PARAMETER);
    info = (EFI_PXE_BASE_CODE_DISCOVER_INFO){.UseUCast = TRUE};
    assert_int_equal(pxe->Discover(pxe, TYPE, &layer, FALSE, &info), EFI_INVALID_PARAMETER);
    info = (EFI_PXE_BASE_CODE_DISCOVER_INFO){.UseBCast = TRUE, .MustUseList = TRUE};
    assert_int_equal(pxe->Discover(pxe, TYPE, &layer, FALSE, &info), EFI_INVALID_PARAMETER);
    info = (EFI_PXE_BASE_CODE_DISCOVER_INFO){.UseBCast = TRUE};
    assert_int_equal(pxe->Discover(pxe, TYPE, &layer, TRUE, &info), EFI_UNSUPPORTED);
    assert_int_equal(pxe->SetPackets(pxe, NULL, NULL, NULL, NULL, &no, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
                     EFI_SUCCESS);
    assert_int_equal(pxe->Discover(pxe, TYPE, &second, FALSE, &info), EFI_INVALID_PARAMETER);
    assert_int_equal(w->world.wire.carried, carried);
    assert_int_equal(pxe->Stop(pxe), EFI_SUCCESS);
    assert_int_equal(pxe->Start(pxe, FALSE), EFI_SUCCESS);
    assert_int_equal(pxe->Discover(pxe, TYPE, &layer, FALSE, &info), EFI_INVALID_PARAMETER); /* no address */
}

/* Everybody is asked: by multicast and by broadcast, four rounds. */
static void discover_by_multicast_and_broadcast(void **state)
{
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    EFI_PXE_BASE_CODE_DISCOVER_INFO info = {.UseMCast = TRUE, .UseBCast = TRUE};
    BOOLEAN yes = TRUE;
    UINT16 layer = 0;

    info.ServerMCastIp = efi_ip(GROUP);
    efi_world_add_callback(w);
    assert_int_equal(pxe->SetParameters(pxe, NULL, NULL, NULL, NULL, &yes), EFI_SUCCESS);
    assert_int_equal(pxe->Discover(pxe, TYPE, &layer, FALSE, &info), EFI_TIMEOUT);
    assert_int_equal(w->callback.sent, 8);
    assert_int_equal(w->callback.function, EFI_PXE_BASE_CODE_FUNCTION_DISCOVER);
    w->callback.sent = 0;
    w->callback.abort_at = 2;
    assert_int_equal(pxe->Discover(pxe, TYPE, &layer, FALSE, &info), EFI_ABORTED);
}

/* --- files that are written ------------------------------------------------------------------------------------------
 */

static EFI_STATUS write_file(struct efi_world *w, const uint8_t *bytes, UINT64 len, UINTN block_size)
{
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    EFI_IP_ADDRESS server = efi_ip(BOOT_SERVER_IP);
    uint8_t name[] = "upload/log.txt";

    return pxe->Mtftp(pxe, EFI_PXE_BASE_CODE_TFTP_WRITE_FILE, (void *)(uintptr_t)bytes, TRUE, &len,
                      block_size != 0 ? &block_size : NULL, &server, name, NULL, FALSE);
}

static void a_file_is_written(void **state)
{
    static struct tftp_receiver receiver;
    static struct server host;
    static uint8_t bytes[5000];
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_MODE *mode = efi_world_pxe(w)->Mode;

    for (size_t at = 0; at < sizeof(bytes); at++)
        bytes[at] = efi_world_file_byte(at);
    server_start(&host, &w->world, 3, BOOT_SERVER_IP, EFI_WORLD_NETMASK);
    tftp_receiver_start(&receiver, &host);
    assert_int_equal(write_file(w, bytes, sizeof(bytes), 0), EFI_SUCCESS);
    assert_string_equal(receiver.name, "upload/log.txt");
    assert_non_null(receiver.completed);
    assert_int_equal(receiver.completed->len, sizeof(bytes));
    assert_memory_equal(receiver.completed->bytes, bytes, sizeof(bytes));
    receiver.blocks = 0;
    assert_int_equal(write_file(w, bytes, sizeof(bytes), 512), EFI_SUCCESS);
    assert_int_equal(receiver.blocks, 10);
    receiver.knobs.full_from = 3;
    assert_int_equal(write_file(w, bytes, sizeof(bytes), 512), EFI_TFTP_ERROR);
    assert_true(mode->TftpErrorReceived);
    assert_int_equal(mode->TftpError.ErrorCode, 3);
    receiver.knobs = (struct tftp_receiver_knobs){.is_deaf = true};
    assert_int_equal(write_file(w, bytes, sizeof(bytes), 0), EFI_TIMEOUT);
    assert_int_equal(w->acquired, w->released);
}

#define FRESH(test)  cmocka_unit_test_setup_teardown(test, efi_world_start, efi_world_stop)
#define BOOTED(test) cmocka_unit_test_setup_teardown(test, efi_world_booted, efi_world_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOOTED(a_boot_leaves_everything_in_mode),
        FRESH(the_header_names_the_file_of_option_67),
        FRESH(a_proxy_is_told_apart),
        FRESH(a_boot_servers_reply_is_told_from_the_proxys_offer),
        FRESH(dhcp_fills_mode),
        FRESH(nobody_offers_anything),
        FRESH(offers_without_a_boot_file_are_no_answer),
        FRESH(the_callback_sees_dhcp_and_may_end_it),
        BOOTED(a_boot_server_of_the_callers_list),
        BOOTED(a_boot_server_that_the_packets_name),
        BOOTED(a_reply_in_the_proxys_place_does_not_hide_the_list),
        BOOTED(discover_checks_its_arguments),
        BOOTED(discover_by_multicast_and_broadcast),
        BOOTED(a_file_is_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
