/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* PXE_BASE_CODE without packets: every function in the wrong state and with NULLs, and what Start(), Stop() and the
 * setters leave in Mode. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/sim/efi_world.h"

/* Every function but Start() with arguments that are good, each one's answer in `out`. Returns how many. */
static size_t call_all(EFI_PXE_BASE_CODE_PROTOCOL *table, EFI_PXE_BASE_CODE_PROTOCOL *this, EFI_STATUS out[16])
{
    EFI_IP_ADDRESS server = efi_ip(EFI_WORLD_SERVER_IP), from = efi_ip(0);
    EFI_PXE_BASE_CODE_UDP_PORT port = 9, from_port = 0;
    EFI_PXE_BASE_CODE_IP_FILTER filter = {.Filters = 1};
    uint8_t buffer[8], name[] = "text";
    UINT16 layer = 0;
    UINT64 size = 8;
    UINTN len = 8;
    size_t n = 0;

    out[n++] = table->Dhcp(this, FALSE);
    out[n++] = table->Discover(this, 0, &layer, FALSE, NULL);
    out[n++] =
        table->Mtftp(this, EFI_PXE_BASE_CODE_TFTP_READ_FILE, buffer, FALSE, &size, NULL, &server, name, NULL, FALSE);
    out[n++] = table->UdpWrite(this, 0, &server, &port, NULL, NULL, NULL, NULL, NULL, &len, buffer);
    out[n++] = table->UdpRead(this, 7, NULL, &port, &from, &from_port, NULL, NULL, &len, buffer);
    out[n++] = table->SetIpFilter(this, &filter);
    out[n++] = table->Arp(this, &server, NULL);
    out[n++] = table->SetParameters(this, NULL, NULL, NULL, NULL, NULL);
    out[n++] = table->SetStationIp(this, NULL, NULL);
    out[n++] = table->SetPackets(this, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
    out[n++] = table->Stop(this);
    return n;
}

static void the_table_is_complete(void **state)
{
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);

    assert_int_equal(pxe->Revision, 0x00010000);
    assert_ptr_equal(pxe->Mode, &w->boot.pxe.mode);
}

static void nothing_works_without_this(void **state)
{
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(*state);
    EFI_STATUS status[16];
    size_t count;

    assert_int_equal(pxe->Start(NULL, FALSE), EFI_INVALID_PARAMETER);
    for (unsigned started = 0; started < 2; started++) {
        count = call_all(pxe, NULL, status);
        for (size_t n = 0; n < count; n++)
            assert_int_equal(status[n], EFI_INVALID_PARAMETER);
        assert_int_equal(pxe->Start(pxe, FALSE), started == 0 ? EFI_SUCCESS : EFI_ALREADY_STARTED);
    }
}

static void nothing_works_before_start(void **state)
{
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    EFI_STATUS status[16];

    for (unsigned round = 0; round < 2; round++) {
        EFI_PXE_BASE_CODE_MODE before = *pxe->Mode;
        size_t count = call_all(pxe, pxe, status);

        for (size_t n = 0; n < count; n++)
            assert_int_equal(status[n], EFI_NOT_STARTED);
        assert_memory_equal(pxe->Mode, &before, sizeof(before));
        assert_int_equal(pxe->Start(pxe, FALSE), EFI_SUCCESS); /* and after Stop() */
        assert_int_equal(pxe->Stop(pxe), EFI_SUCCESS);
    }
    assert_int_equal(w->acquired, 0);
    assert_int_equal(w->world.wire.carried, 0);
}

static void assert_bare(const EFI_PXE_BASE_CODE_MODE *mode, bool is_started)
{
    static EFI_PXE_BASE_CODE_MODE expected;

    memset(&expected, 0, sizeof(expected));
    expected.Started = is_started;
    expected.AutoArp = TRUE;
    expected.TTL = 64;
    assert_memory_equal(mode, &expected, sizeof(expected));
}

static void start_and_stop_leave_a_bare_mode(void **state)
{
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);

    assert_true(pxe->Mode->Started); /* after the boot */
    assert_int_equal(pxe->Start(pxe, FALSE), EFI_ALREADY_STARTED);
    assert_int_equal(pxe->Stop(pxe), EFI_SUCCESS);
    assert_bare(pxe->Mode, false);
    assert_int_equal(w->boot.session.net.config.address, 0);
    assert_int_equal(pxe->Stop(pxe), EFI_NOT_STARTED);
    assert_int_equal(pxe->Start(pxe, TRUE), EFI_UNSUPPORTED);
    assert_bare(pxe->Mode, false);
    assert_int_equal(pxe->Start(pxe, FALSE), EFI_SUCCESS);
    assert_bare(pxe->Mode, true);
    assert_int_equal(pxe->Start(pxe, TRUE), EFI_ALREADY_STARTED);
}

/* Called where the TPL was given back within another call. */
static void a_busy_session_refuses(void **state)
{
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    EFI_PXE_BASE_CODE_MODE before = *pxe->Mode;
    EFI_STATUS status[16];
    size_t count;

    w->boot.is_busy = true;
    count = call_all(pxe, pxe, status);
    for (size_t n = 0; n < count; n++)
        assert_int_equal(status[n], EFI_NOT_READY);
    assert_int_equal(pxe->Start(pxe, FALSE), EFI_NOT_READY);
    assert_memory_equal(pxe->Mode, &before, sizeof(before));
    w->boot.is_busy = false;
}

static void parameters_are_all_set_or_none(void **state)
{
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    EFI_PXE_BASE_CODE_MODE *mode = pxe->Mode;
    BOOLEAN yes = TRUE, no = FALSE, odd = 7;
    UINT8 ttl = 9, tos = 0x10;

    assert_int_equal(pxe->SetParameters(pxe, &no, &yes, &ttl, &tos, &yes), EFI_INVALID_PARAMETER); /* no callback */
    assert_true(mode->AutoArp);
    assert_false(mode->SendGUID);
    assert_int_equal(mode->TTL, 64);
    assert_false(mode->MakeCallbacks);
    efi_world_add_callback(w);
    assert_int_equal(pxe->SetParameters(pxe, &no, &odd, &ttl, &tos, &yes), EFI_SUCCESS);
    assert_false(mode->AutoArp);
    assert_int_equal(mode->SendGUID, TRUE);
    assert_int_equal(mode->TTL, 9);
    assert_int_equal(mode->ToS, 0x10);
    assert_true(mode->MakeCallbacks);
    assert_int_equal(w->boot.session.net.ttl, 9);
    assert_int_equal(w->boot.session.net.tos, 0x10);
    assert_int_equal(pxe->SetParameters(pxe, NULL, &no, NULL, NULL, &no), EFI_SUCCESS);
    assert_int_equal(mode->TTL, 9);
    assert_false(mode->MakeCallbacks);
    w->boot.config.has_uuid = false;
    assert_int_equal(pxe->SetParameters(pxe, &yes, &yes, NULL, NULL, NULL), EFI_INVALID_PARAMETER);
    assert_false(mode->AutoArp);
    assert_int_equal(pxe->SetParameters(pxe, &yes, &no, NULL, NULL, NULL), EFI_SUCCESS);
    assert_int_equal(pxe->Stop(pxe), EFI_SUCCESS);
    assert_int_equal(w->boot.session.net.ttl, 64);
}

static EFI_STATUS set_station(struct efi_world *w, uint32_t station, uint32_t netmask)
{
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    EFI_IP_ADDRESS station_ip = efi_ip(station), mask = efi_ip(netmask);

    return pxe->SetStationIp(pxe, station != 1 ? &station_ip : NULL, netmask != 1 ? &mask : NULL);
}

static void the_station_gets_possible_addresses_only(void **state)
{
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_MODE *mode = efi_world_pxe(w)->Mode;
    EFI_IP_ADDRESS expected = efi_ip(0x0a000005), mask = efi_ip(0xff000000);

    assert_int_equal(set_station(w, 0x0a000005, 0xff00ff00), EFI_INVALID_PARAMETER); /* not contiguous */
    assert_int_equal(set_station(w, 0x0a000005, 0), EFI_INVALID_PARAMETER);
    assert_int_equal(set_station(w, 0xc0a86fff, 0xffffff00), EFI_INVALID_PARAMETER); /* broadcast */
    assert_int_equal(set_station(w, 0xc0a86f00, 0xffffff00), EFI_INVALID_PARAMETER); /* the network */
    assert_int_equal(set_station(w, 0xef010203, 0xffffff00), EFI_INVALID_PARAMETER);
    assert_int_equal(set_station(w, 0x7f000001, 0xff000000), EFI_INVALID_PARAMETER);
    assert_int_equal(set_station(w, 0xffffffff, 1), EFI_INVALID_PARAMETER);
    assert_int_equal(set_station(w, 0, 1), EFI_INVALID_PARAMETER);
    assert_int_equal(w->boot.session.net.config.address, EFI_WORLD_OUR_IP);
    assert_int_equal(mode->RouteTableEntries, 1);
    assert_int_equal(set_station(w, 1, 1), EFI_SUCCESS); /* nothing to set */
    assert_int_equal(mode->RouteTableEntries, 1);
    assert_int_equal(set_station(w, 0x0a000005, 0xff000000), EFI_SUCCESS);
    assert_memory_equal(&mode->StationIp, &expected, sizeof(expected));
    assert_memory_equal(&mode->SubnetMask, &mask, sizeof(mask));
    assert_int_equal(mode->RouteTableEntries, 0);
    assert_int_equal(mode->ArpCacheEntries, 0);
    assert_int_equal(w->boot.session.net.config.address, 0x0a000005);
    assert_int_equal(set_station(w, 1, 0xffff0000), EFI_SUCCESS);
    assert_int_equal(w->boot.session.net.config.netmask, 0xffff0000);
    assert_int_equal(set_station(w, 0x0a000006, 0xfffffffe), EFI_SUCCESS); /* RFC 3021 */
}

static void packets_are_kept(void **state)
{
    static EFI_PXE_BASE_CODE_PACKET packets[6];
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(*state);
    EFI_PXE_BASE_CODE_MODE *mode = pxe->Mode;
    BOOLEAN yes = TRUE, no = FALSE;

    assert_int_equal(pxe->Start(pxe, FALSE), EFI_SUCCESS);
    for (unsigned n = 0; n < 6; n++)
        memset(&packets[n], (int)n + 1, sizeof(packets[n]));
    assert_int_equal(pxe->SetPackets(pxe, &yes, &yes, &yes, &yes, &yes, &yes, &packets[0], &packets[1], &packets[2],
                                     &packets[3], &packets[4], &packets[5]),
                     EFI_SUCCESS);
    assert_true(mode->DhcpDiscoverValid && mode->DhcpAckReceived && mode->ProxyOfferReceived &&
                mode->PxeDiscoverValid && mode->PxeReplyReceived && mode->PxeBisReplyReceived);
    assert_memory_equal(&mode->DhcpDiscover, &packets[0], sizeof(packets[0]));
    assert_memory_equal(&mode->DhcpAck, &packets[1], sizeof(packets[0]));
    assert_memory_equal(&mode->ProxyOffer, &packets[2], sizeof(packets[0]));
    assert_memory_equal(&mode->PxeDiscover, &packets[3], sizeof(packets[0]));
    assert_memory_equal(&mode->PxeReply, &packets[4], sizeof(packets[0]));
    assert_memory_equal(&mode->PxeBisReply, &packets[5], sizeof(packets[0]));
    assert_int_equal(pxe->SetPackets(pxe, NULL, &no, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
                     EFI_SUCCESS);
    assert_false(mode->DhcpAckReceived);
    assert_true(mode->DhcpDiscoverValid);
    assert_memory_equal(&mode->DhcpAck, &packets[1], sizeof(packets[0]));
    /* Mode's own packets, as a program does that moves one into another's place. */
    assert_int_equal(pxe->SetPackets(pxe, NULL, NULL, NULL, NULL, NULL, NULL, NULL, &mode->ProxyOffer, NULL, NULL,
                                     &mode->PxeReply, NULL),
                     EFI_SUCCESS);
    assert_memory_equal(&mode->DhcpAck, &packets[2], sizeof(packets[0]));
}

/* As the firmware's own protocol is lent an address and packets: routes come with whichever is last. */
static void an_ack_brings_its_routes(void **state)
{
    static EFI_PXE_BASE_CODE_PACKET ack;
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    BOOLEAN yes = TRUE;

    ack = pxe->Mode->DhcpAck;
    for (unsigned order = 0; order < 2; order++) {
        assert_int_equal(pxe->Stop(pxe), EFI_SUCCESS);
        assert_int_equal(pxe->Start(pxe, FALSE), EFI_SUCCESS);
        assert_int_equal(pxe->Mode->RouteTableEntries, 0);
        if (order == 0)
            assert_int_equal(set_station(w, EFI_WORLD_OUR_IP, EFI_WORLD_NETMASK), EFI_SUCCESS);
        assert_int_equal(pxe->Mode->RouteTableEntries, 0);
        assert_int_equal(pxe->SetPackets(pxe, NULL, &yes, NULL, NULL, NULL, NULL, NULL, &ack, NULL, NULL, NULL, NULL),
                         EFI_SUCCESS);
        if (order == 1) {
            assert_int_equal(pxe->Mode->RouteTableEntries, 0);
            assert_int_equal(set_station(w, EFI_WORLD_OUR_IP, EFI_WORLD_NETMASK), EFI_SUCCESS);
        }
        assert_int_equal(pxe->Mode->RouteTableEntries, 1);
        assert_int_equal(w->boot.session.net.config.routes[0].gateway, EFI_WORLD_ROUTER_IP);
    }
    assert_int_equal(set_station(w, EFI_WORLD_OUR_IP + 1, 1), EFI_SUCCESS);
    assert_int_equal(pxe->Mode->RouteTableEntries, 0);
}

static void filters_are_checked(void **state)
{
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    EFI_PXE_BASE_CODE_IP_FILTER filter = {.Filters = EFI_PXE_BASE_CODE_IP_FILTER_BROADCAST, .IpCnt = 1};
    unsigned acquired = w->acquired;

    assert_int_equal(pxe->SetIpFilter(pxe, NULL), EFI_INVALID_PARAMETER);
    filter.IpList[0] = efi_ip(0xffffffff);
    assert_int_equal(pxe->SetIpFilter(pxe, &filter), EFI_INVALID_PARAMETER);
    filter.IpList[0] = efi_ip(0x7f000001);
    assert_int_equal(pxe->SetIpFilter(pxe, &filter), EFI_INVALID_PARAMETER);
    filter.IpCnt = 9;
    assert_int_equal(pxe->SetIpFilter(pxe, &filter), EFI_INVALID_PARAMETER);
    assert_int_equal(pxe->Mode->IpFilter.Filters, EFI_PXE_BASE_CODE_IP_FILTER_STATION_IP);
    filter.IpCnt = 0;
    assert_int_equal(pxe->SetIpFilter(pxe, &filter), EFI_SUCCESS);
    assert_int_equal(pxe->Mode->IpFilter.Filters, EFI_PXE_BASE_CODE_IP_FILTER_BROADCAST);
    assert_int_equal(w->acquired, acquired); /* nothing for the NIC to know */
    filter.IpCnt = 2;
    filter.IpList[0] = efi_ip(0xef010203);
    filter.IpList[1] = efi_ip(0xc0a86f65);
    w->acquire_status = STATUS_NIC_FAILED;
    assert_int_equal(pxe->SetIpFilter(pxe, &filter), EFI_DEVICE_ERROR);
    assert_int_equal(pxe->Mode->IpFilter.IpCnt, 0);
    w->acquire_status = STATUS_OK;
    assert_int_equal(pxe->SetIpFilter(pxe, &filter), EFI_SUCCESS);
    assert_memory_equal(&pxe->Mode->IpFilter, &filter, sizeof(filter));
    assert_int_equal(w->acquired, acquired + 1);
    assert_true((w->world.wire.ends[0].nic.filter & NIC_FILTER_MULTICAST) != 0);
    filter.IpCnt = 0;
    assert_int_equal(pxe->SetIpFilter(pxe, &filter), EFI_SUCCESS);
    assert_true((w->world.wire.ends[0].nic.filter & NIC_FILTER_MULTICAST) == 0);
}

static void arp_answers_and_fills_the_cache(void **state)
{
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    EFI_IP_ADDRESS server = efi_ip(EFI_WORLD_SERVER_IP), nobody = efi_ip(0xc0a86f77),
                   bad[] = {efi_ip(0), efi_ip(0xffffffff), efi_ip(0x7f000001), efi_ip(0xef000001)};
    EFI_MAC_ADDRESS mac, expected = {{0}};
    BOOLEAN no = FALSE;

    memcpy(&expected, w->server.nic->mac.byte, 6);
    assert_int_equal(pxe->Arp(pxe, NULL, &mac), EFI_INVALID_PARAMETER);
    for (size_t n = 0; n < sizeof(bad) / sizeof(bad[0]); n++)
        assert_int_equal(pxe->Arp(pxe, &bad[n], &mac), EFI_INVALID_PARAMETER);
    assert_int_equal(set_station(w, EFI_WORLD_OUR_IP + 1, EFI_WORLD_NETMASK), EFI_SUCCESS); /* empties the cache */
    assert_int_equal(pxe->SetParameters(pxe, &no, NULL, NULL, NULL, NULL), EFI_SUCCESS);
    assert_int_equal(pxe->Arp(pxe, &server, &mac), EFI_DEVICE_ERROR);
    no = TRUE;
    assert_int_equal(pxe->SetParameters(pxe, &no, NULL, NULL, NULL, NULL), EFI_SUCCESS);
    memset(&mac, 0xee, sizeof(mac));
    assert_int_equal(pxe->Arp(pxe, &server, &mac), EFI_SUCCESS);
    assert_memory_equal(&mac, &expected, sizeof(mac));
    assert_int_equal(pxe->Mode->ArpCacheEntries, 1);
    assert_memory_equal(&pxe->Mode->ArpCache[0].IpAddr, &server, sizeof(server));
    assert_memory_equal(&pxe->Mode->ArpCache[0].MacAddr, &expected, sizeof(expected));
    assert_int_equal(pxe->Arp(pxe, &server, NULL), EFI_SUCCESS);
    assert_int_equal(pxe->Arp(pxe, &nobody, &mac), EFI_TIMEOUT);
    assert_int_equal(pxe->Mode->ArpCacheEntries, 1);
    no = FALSE;
    assert_int_equal(pxe->SetParameters(pxe, &no, NULL, NULL, NULL, NULL), EFI_SUCCESS);
    assert_int_equal(pxe->Arp(pxe, &server, &mac), EFI_SUCCESS); /* from the cache */
    assert_int_equal(pxe->Arp(pxe, &nobody, &mac), EFI_DEVICE_ERROR);
}

#define FRESH(test)  cmocka_unit_test_setup_teardown(test, efi_world_start, efi_world_stop)
#define BOOTED(test) cmocka_unit_test_setup_teardown(test, efi_world_booted, efi_world_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(the_table_is_complete),
        FRESH(nothing_works_without_this),
        FRESH(nothing_works_before_start),
        BOOTED(start_and_stop_leave_a_bare_mode),
        BOOTED(a_busy_session_refuses),
        BOOTED(parameters_are_all_set_or_none),
        BOOTED(the_station_gets_possible_addresses_only),
        FRESH(packets_are_kept),
        BOOTED(an_ack_brings_its_routes),
        BOOTED(filters_are_checked),
        BOOTED(arp_answers_and_fills_the_cache),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
