/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/sim/pxe_world.h"

/* shows: PXE-3.1-a */
static void every_other_opcode_is_unsupported(void **state)
{
    static const uint16_t known[] = {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b,
                                     0x0c, 0x0d, 0x0e, 0x11, 0x12, 0x13, 0x14, 0x15, 0x20, 0x21, 0x22, 0x23,
                                     0x25, 0x30, 0x31, 0x32, 0x33, 0x70, 0x71, 0x73, 0x75, 0x76};
    struct pxe_world *w = *state;
    unsigned unsupported = 0;

    for (uint32_t opcode = 0; opcode <= 0xffff; opcode += opcode < 0x100 ? 1 : 0x1ff) {
        struct pxenv_status_only none;
        bool is_known = false;

        for (size_t n = 0; n < sizeof(known) / sizeof(known[0]); n++)
            is_known |= known[n] == opcode;
        if (is_known)
            continue;
        assert_int_equal(pxe_world_call(w, (uint16_t)opcode, &none, sizeof(none)), 0x03);
        unsupported++;
    }
    assert_true(unsupported > 200);
}

/* pxelinux asks with 4096 bytes of room; GRUB and undionly always take 1260. */
/* shows: PXE-3.2-a, PXE-3.2-b */
static void cached_packets_are_copied_into_a_buffer(void **state)
{
    struct pxe_world *w = *state;

    for (uint16_t type = 1; type <= 3; type++) {
        struct pxenv_get_cached_info info = {.PacketType = type, .BufferSize = 4096, .BufferLimit = 0x1234};

        info.Buffer = pxe_world_far(PXE_WORLD_BUFFER);
        memset(w->memory + PXE_WORLD_BUFFER, 0xee, 4096);
        assert_int_equal(pxe_world_call(w, PXENV_GET_CACHED_INFO, &info, sizeof(info)), 0);
        assert_int_equal(info.BufferSize, 1260);
        assert_int_equal(info.BufferLimit, 0x1234);
        assert_memory_equal(w->memory + PXE_WORLD_BUFFER, w->memory + PXE_WORLD_LOW + (type - 1) * 1260, 1260);
        assert_int_equal(w->memory[PXE_WORLD_BUFFER + 1260], 0xee);
        assert_int_equal(w->memory[PXE_WORLD_BUFFER], type == 1 ? 1 : 2); /* BOOTREQUEST, BOOTREPLY */
    }
}

/* shows: PXE-3.2-b */
static void a_small_buffer_gets_the_beginning(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_get_cached_info info = {.PacketType = 2, .BufferSize = 20};

    info.Buffer = pxe_world_far(PXE_WORLD_BUFFER);
    memset(w->memory + PXE_WORLD_BUFFER, 0xee, 64);
    assert_int_equal(pxe_world_call(w, PXENV_GET_CACHED_INFO, &info, sizeof(info)), 0);
    assert_int_equal(info.BufferSize, 20);
    assert_memory_equal(w->memory + PXE_WORLD_BUFFER + 16, ((uint8_t[]){192, 168, 111, 100}), 4); /* yiaddr */
    assert_int_equal(w->memory[PXE_WORLD_BUFFER + 20], 0xee);
}

/* pxechn.c32 edits the boot file name in place and expects the next program to see it. */
/* shows: PXE-3.2-c */
static void without_a_buffer_the_callers_get_ours_to_edit(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_get_cached_info info = {.PacketType = 3};
    uint32_t at;

    /* Altiris' block ends before BufferLimit. */
    assert_int_equal(
        pxe_world_call(w, PXENV_GET_CACHED_INFO, &info, offsetof(struct pxenv_get_cached_info, BufferLimit)), 0);
    assert_int_equal(info.BufferSize, 1260);
    at = (uint32_t)info.Buffer.segment * 16 + info.Buffer.offset;
    assert_int_equal(at, PXE_WORLD_LOW + 2 * 1260);
    assert_string_equal((const char *)w->memory + at + 108, "boot.0");
    memcpy(w->memory + at + 108, "other.0", 8);
    info = (struct pxenv_get_cached_info){.PacketType = 3, .BufferSize = 1260};
    info.Buffer = pxe_world_far(PXE_WORLD_BUFFER);
    assert_int_equal(pxe_world_call(w, PXENV_GET_CACHED_INFO, &info, sizeof(info)), 0);
    assert_string_equal((const char *)w->memory + PXE_WORLD_BUFFER + 108, "other.0");
}

/* shows: PXE-3.2-a */
static void other_packet_types_do_not_exist(void **state)
{
    static const uint16_t types[] = {0, 4, 255, 65535};
    struct pxe_world *w = *state;

    for (size_t n = 0; n < sizeof(types) / sizeof(types[0]); n++) {
        struct pxenv_get_cached_info info = {.PacketType = types[n]};

        assert_int_equal(pxe_world_call(w, PXENV_GET_CACHED_INFO, &info, sizeof(info)), 0x03);
    }
}

static uint16_t restart(struct pxe_world *w, const char *name)
{
    struct pxenv_tftp_read_file block = {.ServerIPAddress = {192, 168, 111, 130}};

    for (size_t at = 0; name[at] != '\0'; at++)
        block.FileName[at] = (uint8_t)name[at];
    return pxe_world_call(w, PXENV_RESTART_TFTP, &block, sizeof(block));
}

/* shows: PXE-3.2-f */
static void restart_starts_the_file_that_came(void **state)
{
    struct pxe_world *w = *state;

    assert_int_equal(restart(w, "big"), 0);
    assert_int_equal(w->restarts, 1);
    assert_int_equal(w->restarted_len, 200000);
}

/* pxechn.c32 -r has UDP open, and goes on with it when the file is missing. */
/* shows: PXE-3.2-f */
static void a_failed_restart_leaves_its_caller_as_it_was(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_udp_open open = {0};

    assert_int_equal(pxe_world_call(w, PXENV_UDP_OPEN, &open, sizeof(open)), 0);
    assert_int_equal(restart(w, "missing"), 0x3b);
    assert_int_equal(w->restarts, 0);
    assert_true(w->api.udp.is_open);
}

/* shows: PXE-3.2-g, PXE-3.2-h */
static void unloading_takes_nothing_away_until_stop_undi(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_status_only none;

    assert_int_equal(pxe_world_call(w, PXENV_UNLOAD_STACK, &none, sizeof(none)), 0);
    assert_int_equal(w->releases, 0);
    assert_int_equal(pxe_world_call(w, PXENV_STOP_UNDI, &none, sizeof(none)), 0);
    assert_int_equal(w->releases, 1);
    w->release_status = STATUS_KEEP_UNDI;
    assert_int_equal(pxe_world_call(w, PXENV_STOP_UNDI, &none, sizeof(none)), 0x04);
}

/* The driver was started for one card when it was loaded; a caller that means another one is told so. */
/* shows: PXE-3.2-i */
static void undi_is_started_for_its_own_card_only(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_start_undi start = {.AX = 0x0018};
    struct pxenv_status_only none;

    w->api.identity.bus_dev_fn = 0x0018;
    assert_int_equal(pxe_world_call(w, PXENV_START_UNDI, &start, sizeof(start)), 0);
    start.AX = 0x0020;
    assert_int_equal(pxe_world_call(w, PXENV_START_UNDI, &start, sizeof(start)), 0x6c);
    assert_int_equal(pxe_world_call(w, PXENV_STOP_UNDI, &none, sizeof(none)), 0);
    start.AX = 0x0018;
    assert_int_equal(pxe_world_call(w, PXENV_START_UNDI, &start, sizeof(start)), 0x6a);
}

/* shows: PXE-3.2-j */
static void stopping_the_base_closes_what_is_open_and_keeps_the_api(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_status_only none;
    struct pxenv_udp_open open = {0};

    assert_int_equal(pxe_world_call(w, PXENV_UDP_OPEN, &open, sizeof(open)), 0);
    assert_int_equal(pxe_world_call(w, PXENV_STOP_BASE, &none, sizeof(none)), 0);
    assert_false(w->api.udp.is_open);
    assert_int_equal(pxe_world_call(w, PXENV_START_BASE, &none, sizeof(none)), 0);
    assert_int_equal(pxe_world_call(w, PXENV_UDP_OPEN, &open, sizeof(open)), 0);
    assert_int_equal(pxe_world_call(w, PXENV_STOP_UNDI, &none, sizeof(none)), 0);
    assert_int_equal(pxe_world_call(w, PXENV_START_BASE, &none, sizeof(none)), 0x6a);
}

/* The NIC must not write to memory that an operating system owns by now, whatever its loader still calls. */
static void after_stop_undi_the_nic_stays_closed(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_status_only none;
    struct pxenv_undi_open undi_open = {.PktFilter = FLTR_DIRECTED};
    struct pxenv_udp_open udp_open = {0};
    uint8_t any[sizeof(struct pxenv_tftp_read_file)] = {0};

    assert_int_equal(pxe_world_call(w, PXENV_STOP_UNDI, &none, sizeof(none)), 0);
    assert_int_equal(pxe_world_call(w, PXENV_UDP_OPEN, &udp_open, sizeof(udp_open)), 0x6a);
    assert_int_equal(pxe_world_call(w, PXENV_UNDI_OPEN, &undi_open, sizeof(undi_open)), 0x6a);
    assert_int_equal(pxe_world_call(w, PXENV_UNDI_INITIALIZE, any, sizeof(struct pxenv_undi_initialize)), 0x6a);
    assert_int_equal(pxe_world_call(w, PXENV_UNDI_RESET_ADAPTER, any, sizeof(struct pxenv_undi_reset)), 0x6a);
    assert_int_equal(restart(w, "big"), 0x6a);
    for (uint16_t opcode = 0; opcode < 0x100; opcode++)
        (void)pxe_world_call(w, opcode, any, sizeof(any));
    assert_false(w->session.nic->is_open);
    assert_int_equal(w->restarts, 0);
    /* What says goodbye in another order is not told that it failed. */
    assert_int_equal(pxe_world_call(w, PXENV_UNDI_SHUTDOWN, &none, sizeof(none)), 0);
    assert_int_equal(pxe_world_call(w, PXENV_UNLOAD_STACK, &none, sizeof(none)), 0);
    assert_int_equal(pxe_world_call(w, PXENV_STOP_UNDI, &none, sizeof(none)), 0);
}

/* shows: PXE-3.2-h */
static void after_a_failed_stop_undi_all_goes_on(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_status_only none;
    struct pxenv_udp_open open = {0};

    w->release_status = STATUS_KEEP_UNDI;
    assert_int_equal(pxe_world_call(w, PXENV_STOP_UNDI, &none, sizeof(none)), 0x04);
    assert_int_equal(pxe_world_call(w, PXENV_UDP_OPEN, &open, sizeof(open)), 0);
}

/* A block that is not the caller's gets no Status: writing it would be the harm. */
static void a_block_in_our_own_memory_is_not_touched(void **state)
{
    struct pxe_world *w = *state;
    uint8_t before[PXE_WORLD_LOW_LEN];

    memcpy(before, w->memory + PXE_WORLD_LOW, sizeof(before));
    for (uint16_t opcode = 0; opcode < 0x100; opcode++) {
        assert_int_equal(pxe_call(&w->api, opcode, PXE_WORLD_LOW >> 4, 0x10), PXENV_EXIT_FAILURE);
        assert_int_equal(pxe_call(&w->api, opcode, (PXE_WORLD_LOW >> 4) - 1, 0xf), PXENV_EXIT_FAILURE);
    }
    assert_memory_equal(before, w->memory + PXE_WORLD_LOW, sizeof(before));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, pxe_world_start, pxe_world_stop)
    const struct CMUnitTest tests[] = {
        TEST(every_other_opcode_is_unsupported),
        TEST(cached_packets_are_copied_into_a_buffer),
        TEST(a_small_buffer_gets_the_beginning),
        TEST(without_a_buffer_the_callers_get_ours_to_edit),
        TEST(other_packet_types_do_not_exist),
        TEST(restart_starts_the_file_that_came),
        TEST(a_failed_restart_leaves_its_caller_as_it_was),
        TEST(unloading_takes_nothing_away_until_stop_undi),
        TEST(undi_is_started_for_its_own_card_only),
        TEST(stopping_the_base_closes_what_is_open_and_keeps_the_api),
        TEST(after_stop_undi_the_nic_stays_closed),
        TEST(after_a_failed_stop_undi_all_goes_on),
        TEST(a_block_in_our_own_memory_is_not_touched),
    };

    return cmocka_run_group_tests_name("PXE API: preboot", tests, NULL, NULL);
}
