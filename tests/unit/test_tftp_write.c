/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The TFTP write machine as transcripts: RFC 1350 sections 4 to 6, RFC 2347 to 2349. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/proto/tftp_write.h"
#include "firmware/wire/tftp_packet.h"
#include "tests/harness/transcript.h"

#define MS(n)   MILLISECONDS(n)
#define REQUEST "\0\2log/one\0octet\0"
#define OPTIONS "tsize\0001500\0blksize\0001000\0"

enum {
    LEN = 1500
};

static struct tftp_write machine;
static struct random dice;
static uint8_t content[LEN + 100];
static struct udp_address port69, server;

static struct slice packet(uint8_t opcode, uint16_t number, const char *text)
{
    static uint8_t bytes[100];
    struct writer w = writer_of(bytes, sizeof(bytes));

    write_be16(&w, opcode);
    write_be16(&w, number);
    if (text != NULL)
        write_bytes(&w, text, strlen(text) + 1);
    return writer_written(&w);
}

static struct slice ack(uint16_t number)
{
    return packet(TFTP_ACK, number, NULL);
}

static void start(struct transcript *t, size_t len)
{
    const struct tftp_write_request request = {
        .server = {.ip = ipv4_address(0xc0a86f82)},
        .file = "log/one",
        .bytes = slice_of(content, len),
        .block_size_max = 1000,
    };

    for (size_t n = 0; n < sizeof(content); n++)
        content[n] = (uint8_t)(n * 7 + n / 251);
    dice = (struct random){0};
    random_seed(&dice, slice_of("dice", 4));
    port69 = (struct udp_address){.ip = ipv4_address(0xc0a86f82), .port = 69};
    server = (struct udp_address){.ip = ipv4_address(0xc0a86f82), .port = 3000};
    machine.udp.port = 50000;
    assert_int_equal(tftp_write_start(&machine, t->now, &request, &dice, NULL), STATUS_OK);
    transcript_with(t, &machine.udp);
}

static void sends_block(struct transcript *t, time_us earliest, time_us latest, uint16_t number, size_t at, size_t len)
{
    struct slice sent = transcript_sends(t, earliest, latest);

    if (!t->whole)
        return;
    assert_int_equal(sent.len, 4 + len);
    assert_int_equal(load_be16(sent.data), TFTP_DATA);
    assert_int_equal(load_be16(sent.data + 2), number);
    assert_memory_equal(sent.data + 4, content + at, len);
    assert_int_equal(t->sent_to.port, server.port);
}

static void complains(struct transcript *t, time_us at, uint16_t port, uint16_t code)
{
    struct slice sent = transcript_sends(t, at, at);

    if (!t->whole)
        return;
    assert_int_equal(load_be16(sent.data), TFTP_ERROR);
    assert_int_equal(load_be16(sent.data + 2), code);
    assert_int_equal(t->sent_to.port, port);
}

static void with_options(struct transcript *t)
{
    start(t, LEN);
    transcript_sends_bytes(t, 0, 0, BYTES(REQUEST OPTIONS));
    transcript_gets(t, MS(1), server, BYTES("\0\6tsize\0001500\0blksize\0001000\0"));
    sends_block(t, MS(1), MS(1), 1, 0, 1000);
    transcript_gets(t, MS(2), server, ack(1));
    sends_block(t, MS(2), MS(2), 2, 1000, 500);
    transcript_gets(t, MS(3), server, ack(2));
    transcript_silent(t, SECONDS(300));
    if (!t->whole)
        return;
    assert_int_equal(machine.status, STATUS_OK);
    assert_int_equal(machine.acked, LEN);
    assert_true(tftp_write_is_quiet(&machine));
}

/* shows: RFC1350-2-b, RFC1350-5-a, RFC2347-3-b, RFC2348-2-f, RFC2349-3-b */
static void options_are_asked_for_and_kept(void **state)
{
    (void)state;
    transcript_run_cut(with_options);
}

/* A file that ends with a full block is ended by an empty one. */
static void old_server(struct transcript *t)
{
    start(t, 1024);
    transcript_sends(t, 0, 0);
    transcript_gets(t, MS(1), server, ack(0));
    sends_block(t, MS(1), MS(1), 1, 0, 512);
    transcript_gets(t, MS(2), server, ack(1));
    sends_block(t, MS(2), MS(2), 2, 512, 512);
    transcript_gets(t, MS(3), server, ack(2));
    sends_block(t, MS(3), MS(3), 3, 1024, 0);
    transcript_gets(t, MS(4), server, ack(3));
    transcript_silent(t, SECONDS(300));
    if (t->whole)
        assert_int_equal(machine.status, STATUS_OK);
}

/* shows: RFC1350-2-a, RFC1350-2-b, RFC1350-4-b, RFC1350-4-c, RFC1350-5-g, RFC2347-2-a */
static void a_server_without_options_gets_blocks_of_512(void **state)
{
    (void)state;
    transcript_run_cut(old_server);
}

static void refused(struct transcript *t)
{
    start(t, 100);
    transcript_sends(t, 0, 0);
    transcript_gets(t, MS(1), server, packet(TFTP_ERROR, 8, "no options"));
    transcript_sends_bytes(t, MS(1), MS(1), BYTES(REQUEST));
    server.port++;
    transcript_gets(t, MS(2), server, ack(0));
    sends_block(t, MS(2), MS(2), 1, 0, 100);
}

static void bent(struct transcript *t)
{
    start(t, 100);
    transcript_sends(t, 0, 0);
    transcript_gets(t, MS(1), server, BYTES("\0\6blksize\0001001\0")); /* more than was asked for */
    complains(t, MS(1), server.port, TFTP_ERROR_OPTIONS);
    transcript_sends_bytes(t, MS(1), MS(1), BYTES(REQUEST));
    server.port++;
    transcript_gets(t, MS(2), server, ack(0));
    sends_block(t, MS(2), MS(2), 1, 0, 100);
}

/* shows: RFC2347-2-d, RFC2347-2-e */
static void without_options_when_they_are_refused_or_bent(void **state)
{
    (void)state;
    transcript_run_cut(refused);
    transcript_run_cut(bent);
}

static void repeated(struct transcript *t)
{
    start(t, LEN);
    transcript_sends(t, 0, 0);
    transcript_gets(t, MS(10), server, BYTES("\0\6blksize\0001000\0"));
    sends_block(t, MS(10), MS(10), 1, 0, 1000);
    transcript_gets(t, MS(11), server, ack(0));                          /* no reason to send block 1 again */
    sends_block(t, MS(10 + 437), MS(10 + 563), 1, 0, 1000);              /* it was lost */
    transcript_gets(t, MS(600), server, BYTES("\0\6blksize\0001000\0")); /* nor is a second OACK */
    sends_block(t, MS(1200), MS(1800), 1, 0, 1000);
    transcript_gets(t, MS(1800), server, ack(1));
    sends_block(t, MS(1800), MS(1800), 2, 1000, 500);
    transcript_gets(t, MS(1801), server, ack(1)); /* sorcerer's apprentice */
    transcript_silent(t, MS(1900));
    transcript_gets(t, MS(1900), server, ack(2));
    transcript_silent(t, SECONDS(300));
    assert_int_equal(machine.status, STATUS_OK);
}

/* shows: RFC1350-2-c, RFC1350-2-d, RFC1350-6-c */
static void only_time_repeats_a_block(void **state)
{
    (void)state;
    transcript_run(repeated);
}

/* After one round trip of 100 ms a block is repeated after 400. */
static void measured(struct transcript *t)
{
    start(t, LEN);
    transcript_sends(t, 0, 0);
    transcript_gets(t, MS(100), server, BYTES("\0\6blksize\0001000\0"));
    sends_block(t, MS(100), MS(100), 1, 0, 1000);
    transcript_gets(t, MS(200), server, ack(1));
    sends_block(t, MS(200), MS(200), 2, 1000, 500);
    sends_block(t, MS(200 + 350), MS(200 + 450), 2, 1000, 500);
}

/* Which of two the ACK is for cannot be known (Karn's algorithm): nothing is learnt from it. */
static void ambiguous(struct transcript *t)
{
    time_us at;

    start(t, LEN);
    transcript_sends(t, 0, 0);
    transcript_gets(t, MS(100), server, BYTES("\0\6blksize\0001000\0"));
    sends_block(t, MS(100), MS(100), 1, 0, 1000);
    sends_block(t, MS(100 + 437), MS(100 + 563), 1, 0, 1000);
    at = t->now - TRANSCRIPT_EPOCH + MS(5);
    transcript_gets(t, at, server, ack(1));
    sends_block(t, at, at, 2, 1000, 500);
    sends_block(t, at + MS(437), at + MS(563), 2, 1000, 500);
}

/* shows: RFC1350-2-e, RFC1350-6-c */
static void patience_follows_the_round_trip(void **state)
{
    (void)state;
    transcript_run(measured);
    transcript_run(ambiguous);
}

static void strangers(struct transcript *t)
{
    struct udp_address other_port, other_host;

    start(t, LEN);
    transcript_sends(t, 0, 0);
    transcript_gets(t, MS(1), server, BYTES("\0\6blksize\0001000\0"));
    sends_block(t, MS(1), MS(1), 1, 0, 1000);
    other_port = other_host = server;
    other_port.port = 4444;
    other_host.ip = ipv4_address(0xc0a86f83);
    transcript_gets(t, MS(2), other_port, ack(1)); /* the second transfer of a request that was repeated */
    complains(t, MS(2), other_port.port, TFTP_ERROR_UNKNOWN_TID);
    transcript_gets(t, MS(3), other_port, ack(1));
    transcript_gets(t, MS(3), other_host, ack(1));
    transcript_gets(t, MS(3), other_host, packet(TFTP_ERROR, 2, "not yours"));
    transcript_gets(t, MS(4), server, ack(1));
    sends_block(t, MS(4), MS(4), 2, 1000, 500);
}

/* shows: RFC1350-4-e, RFC1350-4-f */
static void strangers_change_nothing(void **state)
{
    (void)state;
    transcript_run(strangers);
}

static void denied(struct transcript *t)
{
    start(t, LEN);
    transcript_sends(t, 0, 0);
    transcript_gets(t, MS(1), server, packet(TFTP_ERROR, 2, "File exists\x1b[2J"));
    transcript_silent(t, SECONDS(300));
    if (!t->whole)
        return;
    assert_int_equal(machine.status, STATUS_TFTP_ACCESS);
    assert_int_equal(machine.server_error, 2);
    assert_string_equal(machine.server_text, "File exists?[2J");
}

static void disk_full(struct transcript *t)
{
    start(t, LEN);
    transcript_sends(t, 0, 0);
    transcript_gets(t, MS(1), server, ack(0));
    sends_block(t, MS(1), MS(1), 1, 0, 512);
    transcript_gets(t, MS(2), server, packet(TFTP_ERROR, 3, ""));
    transcript_silent(t, SECONDS(300));
    if (!t->whole)
        return;
    assert_int_equal(machine.status, STATUS_TFTP_ERROR);
    assert_int_equal(machine.server_error, 3);
    assert_string_equal(machine.server_text, "(no text)");
}

/* shows: RFC1350-2-f, RFC1350-5-f, RFC2349-3-d */
static void errors_end_it_with_the_servers_words(void **state)
{
    (void)state;
    transcript_run_cut(denied);
    transcript_run_cut(disk_full);
}

static void nobody(struct transcript *t)
{
    start(t, LEN);
    transcript_sends_bytes(t, 0, 0, BYTES(REQUEST OPTIONS));
    for (unsigned n = 1; n < 4; n++)
        transcript_sends_bytes(t, MS(400), SECONDS(9), BYTES(REQUEST OPTIONS));
    transcript_sends_bytes(t, SECONDS(2), SECONDS(20), BYTES(REQUEST)); /* perhaps it cannot stand options */
    transcript_passes(t, SECONDS(45));
    assert_int_equal(machine.status, STATUS_TFTP_OPEN_TIMEOUT);
    assert_in_range(t->sent, 10, 16);
}

static void gone(struct transcript *t)
{
    start(t, LEN);
    transcript_sends(t, 0, 0);
    transcript_gets(t, MS(1), server, ack(0));
    transcript_passes(t, SECONDS(80));
    assert_int_equal(machine.status, STATUS_TFTP_READ_TIMEOUT);
    assert_in_range(t->sent, 15, 25);
}

/* shows: RFC1350-2-c, RFC1350-7-b */
static void silence_ends_it(void **state)
{
    (void)state;
    transcript_run(nobody);
    transcript_run(gone);
}

static void cancelled(struct transcript *t)
{
    start(t, LEN);
    transcript_sends(t, 0, 0);
    transcript_gets(t, MS(1), server, ack(0));
    sends_block(t, MS(1), MS(1), 1, 0, 512);
    tftp_write_cancel(&machine, t->now, STATUS_CANCELLED);
    assert_false(tftp_write_is_quiet(&machine));
    complains(t, MS(1), server.port, TFTP_ERROR_OTHER);
    assert_true(tftp_write_is_quiet(&machine));
    assert_int_equal(machine.status, STATUS_CANCELLED);
    transcript_silent(t, SECONDS(100));
}

/* shows: RFC1350-7-a */
static void cancelling_tells_the_server(void **state)
{
    (void)state;
    transcript_run(cancelled);
}

static void unreachable(struct transcript *t)
{
    start(t, LEN);
    transcript_sends(t, 0, 0);
    for (unsigned n = 0; n < 2; n++)
        machine.udp.ops->unreachable(&machine.udp, t->now, STATUS_FAILURE);
    assert_int_equal(machine.status, STATUS_PENDING);
    machine.udp.ops->unreachable(&machine.udp, t->now, STATUS_FAILURE);
    assert_int_equal(machine.status, STATUS_TFTP_CANNOT_OPEN);
    start(t, LEN);
    machine.udp.ops->unreachable(&machine.udp, t->now + SECONDS(6), STATUS_ARP_TIMEOUT);
    assert_int_equal(machine.status, STATUS_PENDING);
    machine.udp.ops->unreachable(&machine.udp, t->now + SECONDS(12), STATUS_ARP_TIMEOUT);
    assert_int_equal(machine.status, STATUS_TFTP_CANNOT_ARP);
}

static void a_server_that_is_not_there_is_told(void **state)
{
    (void)state;
    transcript_run(unreachable);
}

static void impossible_requests_are_refused(void **state)
{
    struct tftp_write_request request = {.server = {.ip = ipv4_address(1)}, .file = "a"};
    char name[300];

    (void)state;
    memset(name, 'a', sizeof(name));
    name[sizeof(name) - 1] = 0;
    assert_int_equal(tftp_write_start(&machine, 0, &request, &dice, NULL), STATUS_OK);
    request.file = name;
    assert_int_equal(tftp_write_start(&machine, 0, &request, &dice, NULL), STATUS_BAD_PARAMETER);
    request.file = "";
    assert_int_equal(tftp_write_start(&machine, 0, &request, &dice, NULL), STATUS_BAD_PARAMETER);
    request.file = "a";
    request.block_size_max = 511;
    assert_int_equal(tftp_write_start(&machine, 0, &request, &dice, NULL), STATUS_BAD_PARAMETER);
    request.block_size_max = 0;
    request.server.ip = ipv4_address(0);
    assert_int_equal(tftp_write_start(&machine, 0, &request, &dice, NULL), STATUS_BAD_PARAMETER);
    assert_true(tftp_write_is_quiet(&machine));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_asked_for_and_kept),
        cmocka_unit_test(a_server_without_options_gets_blocks_of_512),
        cmocka_unit_test(without_options_when_they_are_refused_or_bent),
        cmocka_unit_test(only_time_repeats_a_block),
        cmocka_unit_test(patience_follows_the_round_trip),
        cmocka_unit_test(strangers_change_nothing),
        cmocka_unit_test(errors_end_it_with_the_servers_words),
        cmocka_unit_test(silence_ends_it),
        cmocka_unit_test(cancelling_tells_the_server),
        cmocka_unit_test(a_server_that_is_not_there_is_told),
        cmocka_unit_test(impossible_requests_are_refused),
    };

    return cmocka_run_group_tests_name("tftp_write", tests, NULL, NULL);
}
