/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/base/text.h"
#include "tests/sim/pxe_world.h"

static void put_name(uint8_t field[128], const char *name)
{
    memcpy(field, name, text_length(name) + 1);
}

static uint16_t open_tftp(struct pxe_world *w, const char *name, uint16_t packet_size, uint16_t *agreed)
{
    struct pxenv_tftp_open open = {.ServerIPAddress = {192, 168, 111, 130}, .PacketSize = packet_size};
    uint16_t status;

    put_name(open.FileName, name);
    status = pxe_world_call(w, PXENV_TFTP_OPEN, &open, sizeof(open));
    *agreed = open.PacketSize;
    return status;
}

static uint16_t read_tftp(struct pxe_world *w, struct pxenv_tftp_read *read)
{
    *read = (struct pxenv_tftp_read){.Buffer = pxe_world_far(PXE_WORLD_BUFFER)};
    memset(w->memory + PXE_WORLD_BUFFER, 0xee, 4096);
    return pxe_world_call(w, PXENV_TFTP_READ, read, sizeof(*read));
}

static uint16_t close_tftp(struct pxe_world *w)
{
    struct pxenv_status_only close;

    return pxe_world_call(w, PXENV_TFTP_CLOSE, &close, sizeof(close));
}

/* Reads the whole file; returns its length. Every packet but the last has the agreed size, and they are numbered
 * from 1. */
static size_t read_all(struct pxe_world *w, uint16_t agreed, unsigned *packets)
{
    struct pxenv_tftp_read read;
    size_t len = 0;

    *packets = 0;
    do {
        assert_int_equal(read_tftp(w, &read), 0);
        assert_int_equal(read.PacketNumber, (uint16_t)++ * packets);
        for (size_t at = 0; at < read.BufferSize; at++)
            assert_int_equal(w->memory[PXE_WORLD_BUFFER + at], pxe_world_file_byte(len + at));
        assert_int_equal(w->memory[PXE_WORLD_BUFFER + read.BufferSize], 0xee);
        len += read.BufferSize;
    } while (read.BufferSize == agreed);
    return len;
}

/* shows: PXE-3.3-a, PXE-3.3-d */
static void a_file_is_read_packet_by_packet(void **state)
{
    struct pxe_world *w = *state;
    uint16_t agreed;
    unsigned packets;

    assert_int_equal(open_tftp(w, "big", 1024, &agreed), 0);
    assert_int_equal(agreed, 1024);
    assert_int_equal(read_all(w, agreed, &packets), 200000);
    assert_int_equal(packets, 196);
    assert_int_equal(close_tftp(w), 0);
}

/* shows: PXE-3.3-d */
static void a_multiple_of_the_packet_size_ends_with_an_empty_packet(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_tftp_read read;
    uint16_t agreed;
    unsigned packets;

    assert_int_equal(open_tftp(w, "even", 1024, &agreed), 0);
    assert_int_equal(read_all(w, agreed, &packets), 2048);
    assert_int_equal(packets, 3);
    assert_int_equal(read_tftp(w, &read), 0x39);
}

/* A caller's buffer is as large as it said: nothing above that is ever agreed. */
/* shows: PXE-3.3-a, PXE-3.3-b */
static void packet_sizes_are_bounded_by_the_caller_and_a_frame(void **state)
{
    static const struct {
        uint16_t asked, agreed;
    } sizes[] = {{0, 512}, {1, 512}, {512, 512}, {513, 513}, {1408, 1408}, {1468, 1468}, {1469, 1468}, {65535, 1468}};
    struct pxe_world *w = *state;
    uint16_t agreed;

    for (size_t n = 0; n < sizeof(sizes) / sizeof(sizes[0]); n++) {
        assert_int_equal(open_tftp(w, "big", sizes[n].asked, &agreed), 0);
        assert_int_equal(agreed, sizes[n].agreed);
        assert_int_equal(close_tftp(w), 0);
    }
}

static void a_server_without_options_gives_512(void **state)
{
    struct pxe_world *w = *state;
    uint16_t agreed;
    unsigned packets;

    w->tftp.knobs.ignores_options = true;
    assert_int_equal(open_tftp(w, "even", 1468, &agreed), 0);
    assert_int_equal(agreed, 512);
    assert_int_equal(read_all(w, agreed, &packets), 2048);
}

/* shows: PXE-3.3-e, PXE-3.3-i */
static void errors_keep_their_numbers(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_tftp_read read;
    uint16_t agreed;

    assert_int_equal(open_tftp(w, "missing", 1024, &agreed), 0x3b);
    assert_int_equal(read_tftp(w, &read), 0x1a);
    assert_int_equal(close_tftp(w), 0x1a);
    assert_int_equal(open_tftp(w, "", 1024, &agreed), 0x6c);
    w->tftp.knobs.is_deaf = true;
    assert_int_equal(open_tftp(w, "big", 1024, &agreed), 0x32);
}

/* Limine never reads the last packet. */
/* shows: PXE-3.3-e */
static void closing_in_the_middle_tells_the_server(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_tftp_read read;
    uint16_t agreed;

    assert_int_equal(open_tftp(w, "big", 1024, &agreed), 0);
    assert_int_equal(read_tftp(w, &read), 0);
    assert_int_equal(close_tftp(w), 0);
    world_run(&w->world, w->world.now + SECONDS(10));
    assert_int_equal(w->tftp.errors_received, 1);
    assert_int_equal(open_tftp(w, "text", 1024, &agreed), 0);
    assert_int_equal(read_tftp(w, &read), 0);
    assert_int_equal(read.BufferSize, 5);
}

/* shows: PXE-3.3-c */
static void opening_again_closes_what_was_open(void **state)
{
    struct pxe_world *w = *state;
    uint16_t agreed;
    unsigned packets;

    assert_int_equal(open_tftp(w, "big", 1024, &agreed), 0);
    assert_int_equal(open_tftp(w, "boot.0", 1024, &agreed), 0);
    assert_int_equal(read_all(w, agreed, &packets), 3000);
}

static uint16_t read_file(struct pxe_world *w, const char *name, uint32_t to, uint32_t room, uint32_t *len)
{
    struct pxenv_tftp_read_file read = {.ServerIPAddress = {192, 168, 111, 130}, .Buffer = to, .BufferSize = room};
    uint16_t status;

    put_name(read.FileName, name);
    status = pxe_world_call(w, PXENV_TFTP_READ_FILE, &read, sizeof(read));
    *len = read.BufferSize;
    return status;
}

/* shows: PXE-3.3-f */
static void read_file_goes_above_1_mb(void **state)
{
    struct pxe_world *w = *state;
    uint32_t len;

    assert_int_equal(read_file(w, "big", 0x200000, 200000, &len), 0);
    assert_int_equal(len, 200000);
    for (size_t at = 0; at < len; at++)
        assert_int_equal(w->memory[0x200000 + at], pxe_world_file_byte(at));
    assert_int_equal(w->memory[0x200000 + len], 0);
}

/* shows: PXE-3.3-f, PXE-3.3-i */
static void read_file_never_writes_beyond_its_buffer(void **state)
{
    struct pxe_world *w = *state;
    uint32_t len;

    memset(w->memory + 0x200000, 0xee, 0x40000);
    assert_int_equal(read_file(w, "big", 0x200000, 199999, &len), 0x79);
    assert_int_equal(len, 200000); /* what would have been needed */
    w->tftp.knobs.knows_no_tsize = true;
    assert_int_equal(read_file(w, "big", 0x200000, 100000, &len), 0x79);
    for (size_t at = 100000; at < 0x40000; at++)
        assert_int_equal(w->memory[0x200000 + at], 0xee);
}

static void read_file_refuses_memory_that_is_not_the_callers(void **state)
{
    struct pxe_world *w = *state;
    uint32_t len;

    assert_int_equal(read_file(w, "text", PXE_WORLD_LOW, 16, &len), 0x6c);
    assert_int_equal(read_file(w, "text", 0xfffffff0, 0x100, &len), 0x6c);
    assert_int_equal(read_file(w, "text", 0x200000, 0, &len), 0x6c);
}

/* WinPE's loaders claim more than there is: the file has to fit in what is there. */
static void read_file_uses_what_is_there_of_a_buffer(void **state)
{
    struct pxe_world *w = *state;
    uint32_t len;

    assert_int_equal(read_file(w, "big", PXE_WORLD_MEMORY - 200000, 0xf0000000, &len), 0);
    assert_int_equal(len, 200000);
    for (size_t at = 0; at < len; at++)
        assert_int_equal(w->memory[PXE_WORLD_MEMORY - 200000 + at], pxe_world_file_byte(at));
    assert_int_equal(read_file(w, "big", PXE_WORLD_MEMORY - 199999, 0xf0000000, &len), 0x79);
    assert_int_equal(len, 200000);
    assert_int_equal(read_file(w, "text", PXE_WORLD_LOW - 5, 16, &len), 0);
    assert_int_equal(read_file(w, "text", PXE_WORLD_LOW - 4, 16, &len), 0x79);
}

static uint16_t get_fsize(struct pxe_world *w, const char *name, uint32_t *size)
{
    struct pxenv_tftp_get_fsize query = {.ServerIPAddress = {192, 168, 111, 130}};
    uint16_t status;

    put_name(query.FileName, name);
    status = pxe_world_call(w, PXENV_TFTP_GET_FSIZE, &query, sizeof(query));
    *size = query.FileSize;
    return status;
}

/* shows: PXE-3.3-h, PXE-3.3-i, PXE-3.3-j */
static void a_size_is_told_even_in_the_middle_of_a_file(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_tftp_read read;
    uint16_t agreed;
    uint32_t size;

    assert_int_equal(get_fsize(w, "big", &size), 0);
    assert_int_equal(size, 200000);
    assert_int_equal(open_tftp(w, "boot.0", 1024, &agreed), 0);
    assert_int_equal(read_tftp(w, &read), 0);
    assert_int_equal(get_fsize(w, "text", &size), 0);
    assert_int_equal(size, 5);
    assert_int_equal(read_tftp(w, &read), 0);
    assert_int_equal(w->memory[PXE_WORLD_BUFFER], pxe_world_file_byte(1024));
    assert_int_equal(get_fsize(w, "missing", &size), 0x3b);
    w->tftp.knobs.knows_no_tsize = true;
    assert_int_equal(get_fsize(w, "text", &size), 0x3e);
}

/* 128 characters and no NUL: the name ends where its field does. */
static void a_name_that_fills_its_field_is_bounded(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_tftp_open open = {.ServerIPAddress = {192, 168, 111, 130}, .PacketSize = 1024};

    memset(open.FileName, 'a', sizeof(open.FileName));
    assert_int_equal(pxe_world_call(w, PXENV_TFTP_OPEN, &open, sizeof(open)), 0x3b);
    assert_int_equal(text_length(w->session.transfer.tftp.file), 128);
}

static void reading_takes_the_nic_back_from_undi(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_undi_open undi = {.PktFilter = FLTR_DIRECTED};
    uint16_t agreed;
    unsigned packets;

    assert_int_equal(open_tftp(w, "big", 1024, &agreed), 0);
    assert_int_equal(pxe_world_call(w, PXENV_UNDI_OPEN, &undi, sizeof(undi)), 0);
    assert_int_equal(read_all(w, agreed, &packets), 200000);
}

static void a_closed_nic_is_opened_for_reading(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_status_only close;
    uint16_t agreed;
    unsigned packets;

    assert_int_equal(open_tftp(w, "big", 1024, &agreed), 0);
    assert_int_equal(pxe_world_call(w, PXENV_UNDI_CLOSE, &close, sizeof(close)), 0);
    assert_int_equal(read_all(w, agreed, &packets), 200000);
}

static void no_server_is_no_reason_to_wait(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_tftp_open open = {.PacketSize = 512};
    struct pxenv_tftp_get_fsize size = {0};
    time_us before = w->world.now;

    put_name(open.FileName, "text");
    put_name(size.FileName, "text");
    assert_int_equal(pxe_world_call(w, PXENV_TFTP_OPEN, &open, sizeof(open)), 0x6c);
    assert_int_equal(pxe_world_call(w, PXENV_TFTP_GET_FSIZE, &size, sizeof(size)), 0x6c);
    assert_true(w->world.now == before);
}

static void time_passes(void *context)
{
    ((struct pxe_world *)context)->world.now += MILLISECONDS(10);
}

/* The clocks of a transfer go on when there is no room to send, be it before its first packet or later. */
static void a_card_that_sends_nothing_ends_in_a_timeout(void **state)
{
    struct pxe_world *w = *state;
    struct pxenv_tftp_read read;
    uint16_t agreed;

    w->world.in_idle = time_passes;
    w->world.in_idle_context = w;
    assert_int_equal(open_tftp(w, "big", 512, &agreed), 0);
    assert_int_equal(read_tftp(w, &read), 0);
    w->world.wire.ends[0].ring_is_full = true;
    for (unsigned n = 0; n < 2; n++)
        if (read_tftp(w, &read) != 0)
            break;
    assert_int_equal(read.Status, 0x35);
    assert_int_equal(open_tftp(w, "text", 512, &agreed), 0x32);
    w->world.wire.ends[0].ring_is_full = false;
    assert_int_equal(open_tftp(w, "text", 512, &agreed), 0);
}

static void loss_does_not_show(void **state)
{
    struct pxe_world *w = *state;
    struct wire_conditions bad = {.delay = MILLISECONDS(1), .loss = 50, .duplicate = 50, .late_by = MILLISECONDS(3)};
    uint16_t agreed;
    unsigned packets;
    uint32_t len;

    wire_set_conditions(&w->world.wire, &bad);
    assert_int_equal(open_tftp(w, "big", 1408, &agreed), 0);
    assert_int_equal(read_all(w, agreed, &packets), 200000);
    assert_int_equal(read_file(w, "big", 0x200000, 200000, &len), 0);
    for (size_t at = 0; at < len; at++)
        assert_int_equal(w->memory[0x200000 + at], pxe_world_file_byte(at));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, pxe_world_start, pxe_world_stop)
    const struct CMUnitTest tests[] = {
        TEST(a_file_is_read_packet_by_packet),
        TEST(a_multiple_of_the_packet_size_ends_with_an_empty_packet),
        TEST(packet_sizes_are_bounded_by_the_caller_and_a_frame),
        TEST(a_server_without_options_gives_512),
        TEST(errors_keep_their_numbers),
        TEST(closing_in_the_middle_tells_the_server),
        TEST(opening_again_closes_what_was_open),
        TEST(read_file_goes_above_1_mb),
        TEST(read_file_never_writes_beyond_its_buffer),
        TEST(read_file_refuses_memory_that_is_not_the_callers),
        TEST(read_file_uses_what_is_there_of_a_buffer),
        TEST(a_size_is_told_even_in_the_middle_of_a_file),
        TEST(a_name_that_fills_its_field_is_bounded),
        TEST(reading_takes_the_nic_back_from_undi),
        TEST(a_closed_nic_is_opened_for_reading),
        TEST(no_server_is_no_reason_to_wait),
        TEST(a_card_that_sends_nothing_ends_in_a_timeout),
        TEST(loss_does_not_show),
    };

    return cmocka_run_group_tests_name("PXE API: TFTP", tests, NULL, NULL);
}
