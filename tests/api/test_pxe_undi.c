/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/sim/pxe_world.h"

enum {
    HEADER = PXE_WORLD_BUFFER, /* where tests put what UNDI_TRANSMIT points to */
    TBD = PXE_WORLD_BUFFER + 0x800,
    BODY = PXE_WORLD_BUFFER + 0x1000,
    MAC_AT = PXE_WORLD_BUFFER + 0xf00,
    ARP_LEN = 28,
};

static uint16_t open_undi(struct pxe_world *w, uint16_t filter)
{
    struct pxenv_undi_open open = {.PktFilter = filter, .R_Mcast_Buf = {.MCastAddrCount = 0xffff}};

    return pxe_world_call(w, PXENV_UNDI_OPEN, &open, offsetof(struct pxenv_undi_open, R_Mcast_Buf));
}

static uint16_t isr(struct pxe_world *w, uint16_t function, struct pxenv_undi_isr *out)
{
    *out = (struct pxenv_undi_isr){.FuncFlag = function, .BufferLength = 0x1111, .FrameLength = 0x2222};
    return pxe_world_call(w, PXENV_UNDI_ISR, out, sizeof(*out));
}

static void wait_ms(struct pxe_world *w, unsigned ms)
{
    world_run(&w->world, w->world.now + MILLISECONDS(ms));
}

/* An ARP request for the server: 14 bytes of Ethernet header and 28 of ARP. */
static void write_arp_request(struct pxe_world *w)
{
    static const uint8_t request[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0,   0,   0x08, 0x06,
                                      0,    1,    0x08, 0,    6,    4,    0, 1, 0, 0, 0,   0,   0,    0,
                                      192,  168,  111,  100,  0,    0,    0, 0, 0, 0, 192, 168, 111,  130};

    memcpy(w->memory + HEADER, request, sizeof(request));
    memcpy(w->memory + HEADER + 6, w->session.nic->mac.byte, 6);
    memcpy(w->memory + HEADER + 22, w->session.nic->mac.byte, 6);
}

static uint16_t transmit(struct pxe_world *w, uint8_t protocol, uint8_t flag, const struct pxenv_undi_tbd *tbd)
{
    struct pxenv_undi_transmit call = {.Protocol = protocol, .XmitFlag = flag};

    call.TBD = pxe_world_far(TBD);
    call.DestAddr = flag == XMT_DESTADDR && protocol != P_UNKNOWN ? pxe_world_far(MAC_AT) : (struct pxe_far){0, 0};
    memcpy(w->memory + TBD, tbd, sizeof(*tbd));
    return pxe_world_call(w, PXENV_UNDI_TRANSMIT, &call, sizeof(call));
}

static struct pxenv_undi_tbd immediate(uint32_t at, uint16_t len)
{
    return (struct pxenv_undi_tbd){.ImmedLength = len, .Xmit = pxe_world_far(at)};
}

/* Polls until a frame comes; checks the transmit completions on the way. */
static bool next_frame(struct pxe_world *w, struct pxenv_undi_isr *out)
{
    for (unsigned n = 0; n < 20; n++) {
        assert_int_equal(isr(w, PXENV_UNDI_ISR_IN_PROCESS, out), 0);
        if (out->FuncFlag == PXENV_UNDI_ISR_OUT_RECEIVE)
            return true;
        assert_int_not_equal(out->FuncFlag, PXENV_UNDI_ISR_OUT_BUSY);
        wait_ms(w, 1);
    }
    return false;
}

static void an_arp_request_is_answered_whole(struct pxe_world *w)
{
    struct pxenv_undi_isr got;
    const uint8_t *frame = w->memory + PXE_WORLD_LOW + PXE_WORLD_FRAME;

    assert_true(next_frame(w, &got));
    assert_int_equal(got.BufferLength, got.FrameLength);
    assert_in_range(got.FrameLength, 42, 60);
    assert_int_equal(got.FrameHeaderLength, 14);
    assert_int_equal(got.ProtType, P_ARP);
    assert_int_equal(got.PktType, P_DIRECTED);
    assert_int_equal(got.Frame.segment * 16 + got.Frame.offset, PXE_WORLD_LOW + PXE_WORLD_FRAME);
    assert_memory_equal(frame, w->session.nic->mac.byte, 6);
    assert_int_equal(frame[21], 2); /* an ARP reply */
}

/* GRUB: filter 4 alone, whole frames, XmitFlag 0 with a null DestAddr. */
/* shows: PXE-3.5-a, PXE-3.5-b, PXE-3.5-e */
static void grubs_way(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_undi_tbd tbd = immediate(HEADER, 42);

    assert_int_equal(open_undi(w, FLTR_PRMSC), 0);
    write_arp_request(w);
    assert_int_equal(transmit(w, P_UNKNOWN, XMT_DESTADDR, &tbd), 0);
    an_arp_request_is_answered_whole(w);
}

/* undionly.kpxe: the link header is ours to write, the payload comes in pieces. */
/* shows: PXE-3.5-b */
static void undionlys_way(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_undi_tbd tbd = {.ImmedLength = 8, .Xmit = pxe_world_far(HEADER + 14), .DataBlkCount = 2};

    assert_int_equal(open_undi(w, FLTR_DIRECTED | FLTR_BRDCST | FLTR_PRMSC), 0);
    write_arp_request(w);
    tbd.DataBlock[0] = (struct pxenv_undi_data_block){1, 0, 10, pxe_world_far(HEADER + 22)};
    tbd.DataBlock[1] = (struct pxenv_undi_data_block){1, 0, 10, pxe_world_far(HEADER + 32)};
    assert_int_equal(transmit(w, P_ARP, XMT_BROADCAST, &tbd), 0);
    an_arp_request_is_answered_whole(w);
    memcpy(w->memory + MAC_AT, w->world.wire.ends[1].nic.mac.byte, 6);
    assert_int_equal(transmit(w, P_ARP, XMT_DESTADDR, &tbd), 0);
    an_arp_request_is_answered_whole(w);
}

static void transmit_works_without_open(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_undi_tbd tbd = immediate(HEADER, 42);

    write_arp_request(w);
    assert_int_equal(transmit(w, P_UNKNOWN, XMT_BROADCAST, &tbd), 0);
    an_arp_request_is_answered_whole(w);
}

/* shows: PXE-3.5-c */
static void frames_that_cannot_be_are_refused(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_undi_tbd tbd = immediate(HEADER, 0);
    unsigned before;

    assert_int_equal(open_undi(w, FLTR_DIRECTED), 0);
    before = w->session.nic->counters.transmitted;
    assert_int_equal(transmit(w, P_UNKNOWN, 0, &tbd), 0x6c);
    tbd = immediate(HEADER, 1515);
    assert_int_equal(transmit(w, P_UNKNOWN, 0, &tbd), 0x6c);
    tbd = immediate(HEADER, 1501);
    assert_int_equal(transmit(w, P_IP, XMT_BROADCAST, &tbd), 0x6c);
    tbd = immediate(HEADER, 42);
    assert_int_equal(transmit(w, P_OTHER, XMT_BROADCAST, &tbd), 0x6c);
    tbd.DataBlkCount = 9;
    assert_int_equal(transmit(w, P_UNKNOWN, 0, &tbd), 0x6c);
    tbd = immediate(PXE_WORLD_LOW, 42);
    assert_int_equal(transmit(w, P_UNKNOWN, 0, &tbd), 0x6c);
    tbd = immediate(HEADER, 42);
    tbd.DataBlkCount = 1;
    tbd.DataBlock[0] = (struct pxenv_undi_data_block){0, 0, 4, pxe_world_far(BODY)}; /* a physical address */
    assert_int_equal(transmit(w, P_UNKNOWN, 0, &tbd), 0x6c);
    assert_int_equal(w->session.nic->counters.transmitted, before);
}

/* shows: PXE-3.5-c */
static void a_full_ring_is_told_after_a_short_wait(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_undi_tbd tbd = immediate(HEADER, 42);
    time_us before;

    assert_int_equal(open_undi(w, FLTR_DIRECTED), 0);
    w->world.wire.ends[0].ring_is_full = true;
    before = w->world.now;
    assert_int_equal(transmit(w, P_UNKNOWN, 0, &tbd), 0x06);
    assert_in_range(w->world.now - before, MILLISECONDS(10), MILLISECONDS(50));
}

static void isr_in_any_order_never_fails(void **state)
{
    static const uint16_t order[] = {3, 2, 1, 1, 3, 2, 2, 3, 1, 2, 3, 3};
    struct pxe_world *w = *state;
    struct pxenv_undi_isr got;

    for (size_t n = 0; n < sizeof(order) / sizeof(order[0]); n++) {
        assert_int_equal(isr(w, order[n], &got), 0);
        assert_int_equal(got.FuncFlag, order[n] == 1 ? PXENV_UNDI_ISR_OUT_NOT_OURS : PXENV_UNDI_ISR_OUT_DONE);
        assert_int_equal(got.BufferLength | got.FrameLength | got.FrameHeaderLength | got.ProtType | got.PktType, 0);
    }
    assert_int_equal(isr(w, 0, &got), 0x6c);
    assert_int_equal(isr(w, 4, &got), 0x6c);
}

/* shows: PXE-3.5-d */
static void start_tells_whether_there_is_work(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_undi_tbd tbd = immediate(HEADER, 42);
    struct pxenv_undi_isr got;
    unsigned transmitted = 0, received = 0;

    assert_int_equal(open_undi(w, FLTR_DIRECTED | FLTR_BRDCST), 0);
    write_arp_request(w);
    assert_int_equal(transmit(w, P_UNKNOWN, 0, &tbd), 0);
    wait_ms(w, 5);
    assert_int_equal(isr(w, PXENV_UNDI_ISR_IN_START, &got), 0);
    assert_int_equal(got.FuncFlag, PXENV_UNDI_ISR_OUT_OURS);
    assert_int_equal(isr(w, PXENV_UNDI_ISR_IN_PROCESS, &got), 0);
    while (got.FuncFlag != PXENV_UNDI_ISR_OUT_DONE) {
        transmitted += got.FuncFlag == PXENV_UNDI_ISR_OUT_TRANSMIT;
        received += got.FuncFlag == PXENV_UNDI_ISR_OUT_RECEIVE;
        assert_int_equal(isr(w, PXENV_UNDI_ISR_IN_GET_NEXT, &got), 0);
    }
    assert_int_equal(transmitted, 1);
    assert_int_equal(received, 1);
}

/* shows: PXE-3.5-a */
static void the_nic_is_quiet_after_each_way_to_close_it(void **state)
{
    static const uint16_t ways[] = {PXENV_UNDI_CLOSE, PXENV_UNDI_SHUTDOWN, PXENV_UNDI_CLEANUP};
    struct pxe_world *w = *state;
    struct pxenv_status_only none;

    for (size_t n = 0; n < sizeof(ways) / sizeof(ways[0]); n++) {
        assert_int_equal(open_undi(w, FLTR_PRMSC), 0);
        assert_true(w->session.nic->is_open);
        assert_int_equal(pxe_world_call(w, ways[n], &none, sizeof(none)), 0);
        assert_false(w->session.nic->is_open);
        assert_int_equal(pxe_world_call(w, ways[n], &none, sizeof(none)), 0); /* twice does no harm */
        assert_int_equal(pxe_world_call(w, PXENV_UNDI_INITIALIZE, &none, sizeof(none)), 0);
        assert_true(w->session.nic->is_open);
    }
}

/* shows: PXE-3.5-f, PXE-3.5-j */
static void the_nic_describes_itself(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_undi_get_information info = {0};
    struct pxenv_undi_get_nic_type type = {0};
    struct pxenv_undi_get_iface_info iface = {0};

    assert_int_equal(pxe_world_call(w, PXENV_UNDI_GET_INFORMATION, &info, sizeof(info)), 0);
    assert_int_equal(info.MaxTranUnit, 1500);
    assert_int_equal(info.HwType, 1);
    assert_int_equal(info.HwAddrLen, 6);
    assert_int_equal(info.IntNumber, 0);
    assert_memory_equal(info.CurrentNodeAddress, w->session.nic->mac.byte, 6);
    assert_int_equal(pxe_world_call(w, PXENV_UNDI_GET_NIC_TYPE, &type, sizeof(type)), 0);
    assert_int_equal(type.NicType, 2);
    assert_int_equal(type.Vendor_ID, 0x8086);
    assert_int_equal(type.BusDevFunc, 0x18);
    assert_int_equal(pxe_world_call(w, PXENV_UNDI_GET_IFACE_INFO, &iface, sizeof(iface)), 0);
    assert_string_equal((const char *)iface.IfaceType, "DIX+802.3");
    assert_int_not_equal(iface.ServiceFlags, 0);
    assert_int_equal(iface.ServiceFlags & 0x1000, 0); /* no interrupt is offered */
}

/* shows: PXE-3.5-g */
static void the_station_address_changes_only_while_closed(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_undi_set_station_address set = {.StationAddress = {2, 0, 0, 0, 0, 0x77}};
    struct pxenv_status_only none;

    assert_int_equal(pxe_world_call(w, PXENV_UNDI_SET_STATION_ADDRESS, &set, sizeof(set)), 0x6a);
    assert_int_equal(pxe_world_call(w, PXENV_UNDI_SHUTDOWN, &none, sizeof(none)), 0);
    assert_int_equal(pxe_world_call(w, PXENV_UNDI_SET_STATION_ADDRESS, &set, sizeof(set)), 0);
    assert_int_equal(w->session.nic->mac.byte[5], 0x77);
}

/* RFC 1112 section 6.4. */
/* shows: PXE-3.5-h */
static void a_group_has_its_mac(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_undi_get_mcast_address map = {.InetAddr = {239, 255, 1, 2}};

    assert_int_equal(pxe_world_call(w, PXENV_UNDI_GET_MCAST_ADDRESS, &map, sizeof(map)), 0);
    assert_memory_equal(map.MediaAddr, ((uint8_t[]){0x01, 0x00, 0x5e, 0x7f, 1, 2}), 6);
    map.InetAddr[0] = 192;
    assert_int_equal(pxe_world_call(w, PXENV_UNDI_GET_MCAST_ADDRESS, &map, sizeof(map)), 0x6c);
}

static bool hears_group(struct pxe_world *w, uint8_t last)
{
    struct nic *far = &w->world.wire.ends[1].nic;
    struct pxenv_undi_isr got;
    struct writer frame;

    assert_true(nic_transmit_room(far, &frame));
    write_bytes(&frame, (const uint8_t[]){1, 0, 0x5e, 1, 2, last}, 6);
    write_fill(&frame, 2, 60);
    nic_transmit(far, writer_len(&frame));
    wait_ms(w, 1);
    return next_frame(w, &got);
}

/* Without a word from SET_MCAST_ADDRESS; and the stack's own groups are back when the card is. */
/* shows: PXE-3.5-i */
static void an_open_card_lets_in_all_groups(void **state)
{
    struct pxe_world *w = *state;
    struct udp_client listener = *w->session.net.clients;
    struct pxenv_udp_open udp = {.src_ip = {192, 168, 111, 100}};

    listener.port = 0;
    listener.group = 0xef010203;
    assert_true(net_attach(&w->session.net, &listener));
    session_poll(&w->session, w->world.now);
    assert_int_equal(w->session.nic->filter, NIC_FILTER_DIRECTED | NIC_FILTER_BROADCAST | NIC_FILTER_MULTICAST);
    assert_int_equal(open_undi(w, FLTR_DIRECTED | FLTR_BRDCST), 0);
    assert_true(hears_group(w, 3) && hears_group(w, 4));
    assert_int_equal(pxe_world_call(w, PXENV_UDP_OPEN, &udp, sizeof(udp)), 0);
    assert_int_equal(w->session.nic->filter, NIC_FILTER_DIRECTED | NIC_FILTER_BROADCAST | NIC_FILTER_MULTICAST);
    assert_int_equal(w->world.wire.ends[0].group_count, 2);
    net_detach(&w->session.net, &listener);
    assert_int_equal(w->world.wire.ends[0].group_count, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, pxe_world_start, pxe_world_stop)
    const struct CMUnitTest tests[] = {
        TEST(grubs_way),
        TEST(undionlys_way),
        TEST(transmit_works_without_open),
        TEST(frames_that_cannot_be_are_refused),
        TEST(a_full_ring_is_told_after_a_short_wait),
        TEST(isr_in_any_order_never_fails),
        TEST(start_tells_whether_there_is_work),
        TEST(the_nic_is_quiet_after_each_way_to_close_it),
        TEST(the_nic_describes_itself),
        TEST(the_station_address_changes_only_while_closed),
        TEST(a_group_has_its_mac),
        TEST(an_open_card_lets_in_all_groups),
    };

    return cmocka_run_group_tests_name("PXE API: UNDI", tests, NULL, NULL);
}
