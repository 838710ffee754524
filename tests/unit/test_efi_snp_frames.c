/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* EFI_SIMPLE_NETWORK_PROTOCOL (UEFI 2.10, section 24.1): frames in both directions, and the NIC between SNP and a
 * session. */
#include "tests/unit/efi_snp_fixture.h"

/* --- transmit --- */

static void a_frame_that_cannot_be_sent_is_refused(void **state)
{
    UINT16 protocol = 0x0800;

    (void)state;
    initialize(0);
    assert_int_equal(net->Transmit(net, 0, 60, NULL, NULL, NULL, NULL), EFI_INVALID_PARAMETER);
    assert_int_equal(net->Transmit(net, 0, 13, bytes, NULL, NULL, NULL), EFI_BUFFER_TOO_SMALL);
    assert_int_equal(net->Transmit(net, 0, 1515, bytes, NULL, NULL, NULL), EFI_INVALID_PARAMETER);
    assert_int_equal(net->Transmit(net, 13, 60, bytes, NULL, &other, &protocol), EFI_INVALID_PARAMETER);
    assert_int_equal(net->Transmit(net, 14, 60, bytes, NULL, NULL, &protocol), EFI_INVALID_PARAMETER);
    assert_int_equal(net->Transmit(net, 14, 60, bytes, NULL, &other, NULL), EFI_INVALID_PARAMETER);
    world.wire.ends[0].ring_is_full = true;
    assert_int_equal(net->Transmit(net, 0, 60, bytes, NULL, NULL, NULL), EFI_NOT_READY);
    world.wire.ends[0].ring_is_full = false;
    assert_int_equal(world.wire.carried, 0);
    assert_int_equal(snp.recycled_count, 0);
    assert_int_equal(net->Transmit(net, 0, 1514, bytes, NULL, NULL, NULL), EFI_SUCCESS);
}

static void a_header_is_written_for_whom_it_is_asked(void **state)
{
    EFI_MAC_ADDRESS source = {{0x02, 1, 2, 3, 4, 5}};
    UINT16 protocol = 0x0806;
    struct slice frame;

    (void)state;
    initialize(0);
    for (unsigned i = 0; i < 3; i++) {
        memset(bytes, 0x5a, 60);
        assert_int_equal(net->Transmit(net, i == 0 ? 0 : 14, 60, bytes, i == 1 ? &source : NULL, &other, &protocol),
                         EFI_SUCCESS);
        assert_true(nic_receive(peer, &frame));
        assert_int_equal(frame.len, 60);
        assert_memory_equal(frame.data + 14, bytes + 14, 46);
        if (i == 0) {
            assert_memory_equal(frame.data, bytes, 14);
        } else {
            assert_memory_equal(frame.data, other.Addr, 6);
            assert_memory_equal(frame.data + 6, i == 1 ? source.Addr : ours.Addr, 6);
            assert_memory_equal(frame.data + 12, "\x08\x06", 2);
        }
        nic_receive_done(peer);
    }
}

static void buffers_come_back_in_order(void **state)
{
    static uint8_t frames[SNP_RECYCLED_MAX + 1][60];
    UINT32 interrupts;
    void *buffer;

    (void)state;
    initialize(0);
    assert_int_equal(net->GetStatus(net, NULL, NULL), EFI_INVALID_PARAMETER);
    assert_int_equal(net->GetStatus(net, &interrupts, &buffer), EFI_SUCCESS);
    assert_null(buffer);
    assert_int_equal(interrupts, 0);
    for (unsigned i = 0; i < SNP_RECYCLED_MAX; i++)
        assert_int_equal(net->Transmit(net, 0, 60, frames[i], NULL, NULL, NULL), EFI_SUCCESS);
    assert_int_equal(net->Transmit(net, 0, 60, frames[SNP_RECYCLED_MAX], NULL, NULL, NULL), EFI_NOT_READY);
    assert_int_equal(net->GetStatus(net, &interrupts, NULL), EFI_SUCCESS);
    assert_int_equal(interrupts, EFI_SIMPLE_NETWORK_TRANSMIT_INTERRUPT);
    assert_int_equal(net->GetStatus(net, &interrupts, NULL), EFI_SUCCESS);
    assert_int_equal(interrupts, 0); /* reading clears */
    for (unsigned i = 0; i < SNP_RECYCLED_MAX; i++) {
        assert_int_equal(net->GetStatus(net, NULL, &buffer), EFI_SUCCESS);
        assert_ptr_equal(buffer, frames[i]);
    }
    assert_int_equal(net->GetStatus(net, NULL, &buffer), EFI_SUCCESS);
    assert_null(buffer);
    assert_int_equal(net->Transmit(net, 0, 60, frames[0], NULL, NULL, NULL), EFI_SUCCESS);
    assert_int_equal(net->Reset(net, TRUE), EFI_SUCCESS);
    assert_int_equal(net->GetStatus(net, NULL, &buffer), EFI_SUCCESS);
    assert_null(buffer);
}

/* --- receive --- */

static void a_frame_waits_for_a_buffer_long_enough(void **state)
{
    UINTN header_len = 0;
    EFI_MAC_ADDRESS source, destination;
    UINT16 protocol;

    (void)state;
    initialize(UNICAST);
    memset(&source, 0xee, sizeof(source));
    peer_sends(&ours, 9, 200);
    peer_sends(&ours, 8, 60);
    len = 100;
    assert_int_equal(net->Receive(net, NULL, NULL, bytes, NULL, NULL, NULL), EFI_INVALID_PARAMETER);
    assert_int_equal(net->Receive(net, NULL, &len, NULL, NULL, NULL, NULL), EFI_INVALID_PARAMETER);
    assert_int_equal(net->Receive(net, NULL, &len, bytes, NULL, NULL, NULL), EFI_BUFFER_TOO_SMALL);
    assert_int_equal(len, 200);
    assert_int_equal(net->Receive(net, &header_len, &len, bytes, &source, &destination, &protocol), EFI_SUCCESS);
    assert_int_equal(len, 200);
    assert_int_equal(header_len, 14);
    assert_memory_equal(source.Addr, peer->mac.byte, 6);
    assert_int_equal(source.Addr[6], 0xee); /* a caller may have six bytes only */
    assert_memory_equal(destination.Addr, ours.Addr, 6);
    assert_int_equal(protocol, 0x1234);
    assert_int_equal(bytes[199], 9);
    assert_int_equal(receive(), EFI_SUCCESS);
    assert_int_equal(len, 60);
    assert_int_equal(receive(), EFI_NOT_READY);
}

static void the_event_is_signalled_when_a_frame_is_here(void **state)
{
    UINT32 interrupts;

    (void)state;
    notify(&events, notify_context);
    initialize(UNICAST);
    notify(&events, notify_context);
    assert_int_equal(signals, 0);
    peer_sends(&ours, 1, 60);
    notify(&events, notify_context);
    assert_int_equal(signals, 1);
    assert_int_equal(net->GetStatus(net, &interrupts, NULL), EFI_SUCCESS);
    assert_int_equal(interrupts, EFI_SIMPLE_NETWORK_RECEIVE_INTERRUPT);
    assert_int_equal(snp_lend(&snp), STATUS_OK);
    notify(&events, notify_context);
    assert_int_equal(signals, 1);
    snp_resume(&snp);
    assert_int_equal(receive(), EFI_SUCCESS);
    notify(&events, notify_context);
    assert_int_equal(signals, 1);
}

/* --- with a session --- */

static void a_session_has_the_frames_and_gives_the_nic_back(void **state)
{
    struct slice frame;

    (void)state;
    initialize(UNICAST | MULTICAST);
    assert_int_equal(net->StationAddress(net, FALSE, &other), EFI_SUCCESS);
    assert_int_equal(snp_lend(&snp), STATUS_OK);
    assert_int_equal(nic->owner, NIC_OWNER_STACK);
    assert_int_equal(nic->filter & (NIC_FILTER_DIRECTED | NIC_FILTER_BROADCAST),
                     NIC_FILTER_DIRECTED | NIC_FILTER_BROADCAST);
    peer_sends(&other, 1, 60);
    assert_int_equal(receive(), EFI_NOT_READY);
    assert_int_equal(net->Transmit(net, 0, 60, bytes, NULL, NULL, NULL), EFI_SUCCESS);
    assert_true(nic_receive(nic, &frame));
    nic_receive_done(nic);
    nic_close(nic); /* as a session does that failed */
    snp_resume(&snp);
    assert_true(nic->is_open);
    assert_int_equal(nic->owner, NIC_OWNER_RAW);
    assert_int_equal(snp.mode.State, EfiSimpleNetworkInitialized);
    assert_true(hears(&other) && hears(&groups[0]) && !hears(&groups[2]) && !hears(&everybody));
}

static void what_snp_is_told_meanwhile_becomes_true_afterwards(void **state)
{
    (void)state;
    initialize(UNICAST);
    assert_int_equal(snp_lend(&snp), STATUS_OK);
    assert_int_equal(net->ReceiveFilters(net, BROADCAST, UNICAST, FALSE, 0, NULL), EFI_SUCCESS);
    assert_int_equal(net->Reset(net, FALSE), EFI_SUCCESS);
    assert_true(nic->is_open);
    snp_resume(&snp);
    assert_true(hears(&everybody) && !hears(&ours));

    assert_int_equal(snp_lend(&snp), STATUS_OK);
    assert_int_equal(net->Shutdown(net), EFI_SUCCESS);
    assert_int_equal(net->Stop(net), EFI_SUCCESS);
    assert_true(nic->is_open); /* the session goes on */
    snp_resume(&snp);
    assert_int_equal(snp.mode.State, EfiSimpleNetworkStopped);
    assert_int_equal(nic->owner, NIC_OWNER_RAW);

    assert_int_equal(snp_lend(&snp), STATUS_OK);
    initialize(UNICAST);
    assert_int_equal(receive(), EFI_NOT_READY);
    assert_int_equal(nic->owner, NIC_OWNER_STACK);
    snp_resume(&snp);
    assert_true(hears(&ours));
}

static void replies_are_kept_for_a_session_that_comes_back(void **state)
{
    (void)state;
    initialize(UNICAST);
    assert_int_equal(snp_lend(&snp), STATUS_OK);
    snp_linger(&snp, world.now + SECONDS(2));
    peer_sends(&ours, 1, 60);
    world_run(&world, world.now + SECONDS(1));
    assert_int_equal(receive(), EFI_NOT_READY);
    assert_int_equal(snp_lend(&snp), STATUS_OK); /* it came */
    snp_linger(&snp, world.now + SECONDS(2));
    world_run(&world, world.now + SECONDS(2));
    assert_int_equal(receive(), EFI_SUCCESS); /* it did not */

    assert_int_equal(snp_lend(&snp), STATUS_OK);
    assert_int_equal(net->Shutdown(net), EFI_SUCCESS);
    snp_linger(&snp, world.now + SECONDS(2));
    initialize(UNICAST); /* who starts anew does not wait */
    assert_int_equal(nic->owner, NIC_OWNER_RAW);
    assert_true(hears(&ours));
}

static void frames_from_before_initialize_are_not_shown(void **state)
{
    (void)state;
    assert_int_equal(snp_lend(&snp), STATUS_OK);
    snp_resume(&snp);
    assert_true(nic->is_open); /* a boot program may come back for more */
    peer_sends(&ours, 1, 60);
    initialize(UNICAST);
    assert_int_equal(receive(), EFI_NOT_READY);
    assert_true(hears(&ours));
}

static enum status fail_to_open(struct nic *failing)
{
    (void)failing;
    return STATUS_NIC_FAILED;
}

static void a_nic_that_fails_is_told(void **state)
{
    struct nic_ops broken = *nic->ops;
    const struct nic_ops *works = nic->ops;

    (void)state;
    broken.open = fail_to_open;
    nic->ops = &broken;
    assert_int_equal(net->Start(net), EFI_SUCCESS);
    assert_int_equal(net->Initialize(net, 0, 0), EFI_DEVICE_ERROR);
    assert_int_equal(snp.mode.State, EfiSimpleNetworkStarted);
    assert_int_equal(snp_lend(&snp), STATUS_NIC_FAILED);
    assert_int_equal(nic->owner, NIC_OWNER_RAW);
    nic->ops = works;
    initialize(UNICAST);
    nic->ops = &broken;
    assert_int_equal(net->Reset(net, FALSE), EFI_DEVICE_ERROR);
    assert_int_equal(snp.mode.State, EfiSimpleNetworkStarted);
    assert_int_equal(receive(), EFI_DEVICE_ERROR);
    assert_int_equal(net->Transmit(net, 0, 60, bytes, NULL, NULL, NULL), EFI_DEVICE_ERROR);
    assert_int_equal(snp_lend(&snp), STATUS_NIC_FAILED);
    assert_int_equal(snp.mode.State, EfiSimpleNetworkStarted);
    nic->ops = works;
    initialize(UNICAST);
    assert_true(hears(&ours));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_frame_that_cannot_be_sent_is_refused),
        TEST(a_header_is_written_for_whom_it_is_asked),
        TEST(buffers_come_back_in_order),
        TEST(a_frame_waits_for_a_buffer_long_enough),
        TEST(the_event_is_signalled_when_a_frame_is_here),
        TEST(a_session_has_the_frames_and_gives_the_nic_back),
        TEST(what_snp_is_told_meanwhile_becomes_true_afterwards),
        TEST(replies_are_kept_for_a_session_that_comes_back),
        TEST(frames_from_before_initialize_are_not_shown),
        TEST(a_nic_that_fails_is_told),
    };

    return cmocka_run_group_tests_name("efi_snp_frames", tests, NULL, NULL);
}
