/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/harness/mtftp_script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/wire/tftp_packet.h"
#include "tests/harness/tftp_script.h"
#include "tests/harness/tftp_simulation.h"

const struct mtftp_group mtftp_script_group = {
    .address = MTFTP_SCRIPT_GROUP,
    .client_port = MTFTP_SCRIPT_CLIENT_PORT,
    .server_port = MTFTP_SCRIPT_SERVER_PORT,
    .open_s = 1,
    .reopen_s = 1,
};

static enum status size_known(struct sink *sink, uint64_t size)
{
    (void)sink;
    (void)size;
    return STATUS_FAILURE; /* nobody can tell it */
}

static void forget(struct mtftp_script *s)
{
    memset(s->written, 0, s->used);
    s->used = 0;
    s->wrong = false;
}

/* Up to eight bytes from `at` on, a multiple of 8 as blocks are. */
static void mark(struct mtftp_script *s, uint64_t at, uint8_t bits)
{
    assert_int_equal(at % 8, 0);
    s->twice += (s->written[at / 8] & bits) != 0;
    s->written[at / 8] |= bits;
}

static enum status write(struct sink *sink, uint64_t at, struct slice bytes)
{
    struct mtftp_script *s = (struct mtftp_script *)(void *)((char *)sink - offsetof(struct mtftp_script, sink));

    if (at + bytes.len > s->capacity)
        return STATUS_FILE_TOO_BIG;
    assert_true(bytes.len != 0);
    if (s->map.count == 0)
        forget(s);
    s->writes++;
    if (s->used < (at + bytes.len + 7) / 8)
        s->used = (size_t)((at + bytes.len + 7) / 8);
    for (size_t n = 0; n < bytes.len; n += 8) {
        size_t count = bytes.len - n < 8 ? bytes.len - n : 8;

        mark(s, at + n, (uint8_t)(0xffu >> (8 - count)));
    }
    s->wrong |= !tftp_simulation_equal(bytes.data, at, bytes.len);
    return STATUS_OK;
}

void mtftp_script_start(struct mtftp_script *s, struct transcript *t, struct mtftp_group group)
{
    struct mtftp_request request = {
        .server = ipv4_address(MTFTP_SCRIPT_SERVER),
        .file = "boot/kernel",
        .sink = &s->sink,
        .map = &s->map,
        .group = group,
    };

    forget(s);
    memset(s, 0, offsetof(struct mtftp_script, used));
    s->sink = (struct sink){.size_known = size_known, .write = write};
    s->capacity = MTFTP_SCRIPT_BYTES;
    s->mtftp.udp.port = 50000;
    random_seed(&s->random, slice_of("script", 6));
    assert_int_equal(mtftp_start(&s->mtftp, t->now, &request, &s->random, NULL), STATUS_OK);
    assert_int_equal(s->mtftp.udp.group, group.address);
    assert_int_equal(s->mtftp.udp.group_port, group.client_port);
    transcript_with(t, &s->mtftp.udp);
}

void mtftp_script_asks(struct transcript *t, time_us earliest, time_us latest, uint16_t to_port)
{
    struct slice rrq = transcript_sends(t, earliest, latest);

    if (!t->whole)
        return;
    assert_true(slice_equal(rrq, BYTES("\0\1boot/kernel\0octet\0")));
    assert_int_equal(ipv4_value(t->sent_to.ip), MTFTP_SCRIPT_SERVER);
    assert_int_equal(t->sent_to.port, to_port);
}

static void block(struct transcript *t, time_us at, uint32_t to, uint16_t port, uint16_t number, size_t len)
{
    struct udp_address own = t->own, from = {.ip = ipv4_address(MTFTP_SCRIPT_SERVER), .port = port};
    uint64_t place = number == 0 ? 0 : (uint64_t)(number - 1) * 512;

    t->own = (struct udp_address){.ip = ipv4_address(to), .port = MTFTP_SCRIPT_CLIENT_PORT};
    transcript_gets(t, at, from, tftp_script_data(number, place, len));
    t->own = own;
}

void mtftp_script_group_block(struct transcript *t, time_us at, uint16_t port, uint16_t number, size_t len)
{
    block(t, at, MTFTP_SCRIPT_GROUP, port, number, len);
}

void mtftp_script_own_block(struct transcript *t, time_us at, uint16_t port, uint16_t number, size_t len)
{
    block(t, at, 0xc0a86f64, port, number, len);
}

time_us mtftp_script_open(struct mtftp_script *s, struct transcript *t, uint16_t port)
{
    time_us at;

    mtftp_script_start(s, t, mtftp_script_group);
    mtftp_script_asks(t, SECONDS(1), SECONDS(2), MTFTP_SCRIPT_SERVER_PORT);
    at = (t->whole ? t->now - TRANSCRIPT_EPOCH : SECONDS(3)) + MILLISECONDS(1);
    mtftp_script_own_block(t, at, port, 1, 512);
    mtftp_script_acks(t, at, port, 1);
    mtftp_script_group_block(t, at, port, 1, 512);
    return at;
}

void mtftp_script_acks(struct transcript *t, time_us at, uint16_t port, uint16_t number)
{
    uint8_t ack[4] = {0, TFTP_ACK, (uint8_t)(number >> 8), (uint8_t)number};

    transcript_sends_bytes(t, at, at, slice_of(ack, 4));
    if (t->whole)
        assert_int_equal(t->sent_to.port, port);
}

void mtftp_script_acks_last(struct transcript *t, time_us at, uint16_t port, uint16_t number)
{
    mtftp_script_acks(t, at, port, number);
    mtftp_script_acks(t, at, port, number);
    mtftp_script_acks(t, at, port, number);
    transcript_silent(t, at + SECONDS(4));
}

void mtftp_script_complains(struct transcript *t, time_us at, uint16_t port, uint16_t code)
{
    tftp_script_complains(t, at, (struct udp_address){.ip = ipv4_address(MTFTP_SCRIPT_SERVER), .port = port}, code);
}

void mtftp_script_is_whole(const struct mtftp_script *s, const struct transcript *t, uint64_t size)
{
    if (!t->whole)
        return;
    assert_int_equal(s->mtftp.status, STATUS_OK);
    assert_true(mtftp_is_complete(&s->mtftp));
    assert_int_equal(s->mtftp.size, size);
    assert_int_equal(s->mtftp.received, size);
    assert_int_equal(s->map.count, size / 512 + 1);
    for (uint64_t byte = 0; byte < size; byte++)
        assert_true((s->written[byte / 8] >> byte % 8 & 1) != 0);
    assert_int_equal(s->twice, 0);
    assert_false(s->wrong);
}
