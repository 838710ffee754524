/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What the tests of SNP share: SNP over one end of a simulated wire, a peer at the other, and a little firmware. */
#ifndef PUCK_TESTS_EFI_SNP_FIXTURE_H
#define PUCK_TESTS_EFI_SNP_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "efi/platform/services.h"
#include "efi/protocols/snp.h"
#include "tests/sim/world.h"

enum {
    UNICAST = EFI_SIMPLE_NETWORK_RECEIVE_UNICAST,
    MULTICAST = EFI_SIMPLE_NETWORK_RECEIVE_MULTICAST,
    BROADCAST = EFI_SIMPLE_NETWORK_RECEIVE_BROADCAST,
    PROMISCUOUS = EFI_SIMPLE_NETWORK_RECEIVE_PROMISCUOUS,
    ALL_MULTICAST = EFI_SIMPLE_NETWORK_RECEIVE_PROMISCUOUS_MULTICAST,
};

static struct world world;
static struct nic *nic, *peer;
static struct snp snp;
static EFI_SIMPLE_NETWORK_PROTOCOL *net = &snp.protocol;
static uint8_t bytes[2048];
static UINTN len;

static EFI_MAC_ADDRESS ours, other = {{0x02, 0, 0, 0, 0, 0x77}}, everybody = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
static EFI_MAC_ADDRESS groups[] = {{{0x01, 0, 0x5e, 0, 0, 1}}, {{0x33, 0x33, 0, 0, 0, 1}}, {{0x01, 0, 0x5e, 0, 0, 9}}};

/* --- boot services: the TPL, and one event --- */

static EFI_TPL tpl;
static EFI_EVENT_NOTIFY notify;
static void *notify_context;
static unsigned signals, events;

static EFI_TPL EFIAPI raise_tpl(EFI_TPL to)
{
    EFI_TPL before = tpl;

    assert_true(to >= tpl);
    tpl = to;
    return before;
}

static void EFIAPI restore_tpl(EFI_TPL to)
{
    assert_true(to <= tpl);
    tpl = to;
}

static EFI_STATUS EFIAPI create_event(UINT32 type, EFI_TPL at, EFI_EVENT_NOTIFY function, void *context, EFI_EVENT *out)
{
    assert_int_equal(type, EVT_NOTIFY_WAIT);
    assert_int_equal(at, TPL_NOTIFY);
    notify = function;
    notify_context = context;
    *out = &events;
    events++;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI close_event(EFI_EVENT event)
{
    assert_ptr_equal(event, &events);
    events--;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI signal_event(EFI_EVENT event)
{
    assert_ptr_equal(event, &events);
    signals++;
    return EFI_SUCCESS;
}

static inline int start(void **state)
{
    static EFI_BOOT_SERVICES boot;
    static EFI_SYSTEM_TABLE table = {.BootServices = &boot};

    (void)state;
    boot.RaiseTPL = raise_tpl;
    boot.RestoreTPL = restore_tpl;
    boot.CreateEvent = create_event;
    boot.CloseEvent = close_event;
    boot.SignalEvent = signal_event;
    services_start(NULL, &table);
    tpl = TPL_APPLICATION;
    world_start(&world, 1);
    nic = &world.wire.ends[0].nic;
    peer = &world.wire.ends[1].nic;
    assert_int_equal(nic_open(peer), STATUS_OK);
    (void)nic_set_filter(peer, NIC_FILTER_PROMISCUOUS, NULL, 0);
    assert_int_equal(snp_init(&snp, nic), EFI_SUCCESS);
    ours = (EFI_MAC_ADDRESS){{0}};
    memcpy(ours.Addr, nic->mac.byte, 6);
    return 0;
}

static inline int end(void **state)
{
    (void)state;
    assert_int_equal(tpl, TPL_APPLICATION);
    snp_exit(&snp);
    assert_int_equal(events, 0);
    assert_false(nic->is_open);
    world_stop(&world);
    return 0;
}

static inline void initialize(UINT32 filters)
{
    if (snp.mode.State == EfiSimpleNetworkStopped)
        assert_int_equal(net->Start(net), EFI_SUCCESS);
    assert_int_equal(net->Initialize(net, 0, 0), EFI_SUCCESS);
    if ((filters & MULTICAST) != 0)
        assert_int_equal(net->ReceiveFilters(net, filters, 0, FALSE, 2, groups), EFI_SUCCESS);
    else if (filters != 0)
        assert_int_equal(net->ReceiveFilters(net, filters, 0, FALSE, 0, NULL), EFI_SUCCESS);
}

static inline void peer_sends(const EFI_MAC_ADDRESS *to, uint8_t mark, size_t frame_len)
{
    struct writer frame;
    uint8_t *room;

    assert_true(nic_transmit_room(peer, &frame));
    room = write_room(&frame, frame_len);
    memset(room, mark, frame_len);
    memcpy(room, to->Addr, 6);
    memcpy(room + 6, peer->mac.byte, 6);
    room[12] = 0x12;
    room[13] = 0x34;
    nic_transmit(peer, frame_len);
}

static inline EFI_STATUS receive(void)
{
    len = sizeof(bytes);
    return net->Receive(net, NULL, &len, bytes, NULL, NULL, NULL);
}

static inline bool hears(const EFI_MAC_ADDRESS *to)
{
    bool heard;

    peer_sends(to, 1, 60);
    heard = receive() == EFI_SUCCESS;
    assert_int_equal(receive(), EFI_NOT_READY);
    return heard;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

#endif
