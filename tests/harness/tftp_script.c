/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/harness/tftp_script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/base/text.h"
#include "firmware/wire/tftp_packet.h"
#include "tests/harness/tftp_simulation.h"

const struct tftp_request tftp_script_request = {.receive_frames = 256};

static uint8_t packet[65536 + 4];

static struct tftp_script *script_of(struct sink *sink)
{
    return (struct tftp_script *)(void *)((char *)sink - offsetof(struct tftp_script, sink));
}

static enum status size_known(struct sink *sink, uint64_t size)
{
    struct tftp_script *s = script_of(sink);

    s->told_size = size;
    return size > s->capacity ? STATUS_FILE_TOO_BIG : STATUS_OK;
}

static enum status write(struct sink *sink, uint64_t at, struct slice bytes)
{
    struct tftp_script *s = script_of(sink);

    if (at + bytes.len > s->capacity)
        return STATUS_FILE_TOO_BIG;
    s->writes++;
    for (size_t n = 0; n < bytes.len; n++) {
        uint64_t byte = at + n;

        s->twice += s->written[byte / 8] >> byte % 8 & 1;
        s->written[byte / 8] |= (uint8_t)(1u << byte % 8);
    }
    s->wrong |= !tftp_simulation_equal(bytes.data, at, bytes.len);
    if (at + bytes.len > s->highest)
        s->highest = at + bytes.len;
    return STATUS_OK;
}

void tftp_script_start(struct tftp_script *s, struct transcript *t, struct tftp_request request)
{
    struct tftp_experience experience = s->experience;

    *s = (struct tftp_script){.keeps_experience = s->keeps_experience};
    if (s->keeps_experience)
        s->experience = experience;
    s->port69 = (struct udp_address){.ip = ipv4_address(0xc0a86f82u), .port = TFTP_PORT};
    s->server = (struct udp_address){.ip = ipv4_address(0xc0a86f82u), .port = 32768};
    s->sink = (struct sink){.size_known = size_known, .write = write};
    s->capacity = TFTP_SCRIPT_BYTES;
    s->told_size = UINT64_MAX;
    random_seed(&s->random, slice_of("script", 6));
    request.server = s->port69;
    if (request.file == NULL)
        request.file = "boot/kernel";
    request.sink = &s->sink;
    assert_int_equal(tftp_start(&s->tftp, t->now, &request, &s->experience, &s->random, NULL), STATUS_OK);
    transcript_with(t, &s->tftp.udp);
}

void tftp_script_open(struct tftp_script *s, struct transcript *t, struct tftp_request request, struct slice options)
{
    tftp_script_start(s, t, request);
    transcript_sends(t, 0, 0);
    transcript_gets(t, MILLISECONDS(1), s->server, tftp_script_oack(options));
    tftp_script_acks(t, MILLISECONDS(1), MILLISECONDS(1), 0);
}

uint64_t tftp_script_have(const struct tftp_script *s)
{
    uint64_t byte = 0;

    while (byte < TFTP_SCRIPT_BYTES && (s->written[byte / 8] >> byte % 8 & 1) != 0)
        byte++;
    return byte;
}

struct slice tftp_script_data(uint16_t number, uint64_t at, size_t len)
{
    struct writer w = writer_of(packet, sizeof(packet));
    uint8_t *room;

    tftp_data_emit(&w, number, slice_of(packet, 0));
    room = write_room(&w, len);
    if (room != NULL)
        tftp_simulation_fill(room, at, len);
    return writer_written(&w);
}

struct slice tftp_script_oack(struct slice options)
{
    struct writer w = writer_of(packet, sizeof(packet));

    tftp_oack_emit(&w);
    write_slice(&w, options);
    return writer_written(&w);
}

struct slice tftp_script_error(uint16_t code, struct slice text)
{
    struct writer w = writer_of(packet, sizeof(packet));

    write_be16(&w, TFTP_ERROR);
    write_be16(&w, code);
    write_slice(&w, text);
    return writer_written(&w);
}

void tftp_script_acks(struct transcript *t, time_us earliest, time_us latest, uint16_t number)
{
    uint8_t ack[4] = {0, TFTP_ACK, (uint8_t)(number >> 8), (uint8_t)number};

    transcript_sends_bytes(t, earliest, latest, slice_of(ack, 4));
    if (t->whole)
        assert_int_equal(t->sent_to.port, 32768);
}

void tftp_script_complains(struct transcript *t, time_us at, struct udp_address to, uint16_t code)
{
    struct slice sent = transcript_sends(t, at, at);

    if (!t->whole)
        return;
    assert_true(sent.len > 5);
    assert_int_equal(sent.data[1], TFTP_ERROR);
    assert_int_equal(sent.data[3], code);
    assert_int_equal(sent.data[sent.len - 1], 0);
    assert_true(ip_equal(&t->sent_to.ip, &to.ip));
    assert_int_equal(t->sent_to.port, to.port);
}

void tftp_script_block(const struct tftp_script *s, struct transcript *t, time_us at, unsigned block)
{
    transcript_gets(t, at, s->server, tftp_script_data((uint16_t)block, (block - 1) * 1000u, 1000));
}

void tftp_script_last_block(const struct tftp_script *s, struct transcript *t, time_us at, unsigned block)
{
    uint64_t size = (block - 1) * 1000u + 10;

    transcript_gets(t, at, s->server, tftp_script_data((uint16_t)block, size - 10, 10));
    tftp_script_acks(t, at, at, (uint16_t)block);
    if (!t->whole)
        return;
    assert_int_equal(s->tftp.status, STATUS_OK);
    assert_int_equal(s->tftp.received, size);
    assert_int_equal(tftp_script_have(s), size);
    assert_int_equal(s->highest, size);
    assert_int_equal(s->twice, 0);
    assert_false(s->wrong);
}
