/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/harness/transcript.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define TOO_LITTLE_ROOM 3   /* no UDP protocol of ours has a shorter packet than 4 bytes */
#define AT_ONE_MOMENT   100 /* outputs without time passing: more than this is a loop */

#define FAIL(file, line, ...) (print_error(__VA_ARGS__), print_error("\n"), _fail(file, line))

static double seconds(time_us machine_time)
{
    return (double)(int64_t)(machine_time - TRANSCRIPT_EPOCH) / 1e6;
}

static time_us deadline_of(const struct transcript *t)
{
    return t->client == NULL ? TIME_NEVER : t->client->ops->deadline(t->client);
}

/* One call of output at t->now. Returns whether a packet was sent. */
static bool one_output(struct transcript *t)
{
    struct writer room = guard_page_room(&t->output_page, TOO_LITTLE_ROOM);
    struct udp_address to;

    if (t->client->ops->output(t->client, t->now, &room))
        FAIL(__FILE__, __LINE__, "at %.6f s: a packet was said to be complete in %d bytes of room", seconds(t->now),
             TOO_LITTLE_ROOM);
    if (deadline_of(t) > t->now)
        return false; /* it was not about sending: a timer that ended in giving up */
    to = t->client->ops->destination(t->client);
    room = guard_page_room(&t->output_page, UDP_PAYLOAD_MAX);
    if (!t->client->ops->output(t->client, t->now, &room))
        return false;
    if (room.failed)
        FAIL(__FILE__, __LINE__, "at %.6f s: a packet overran its room and was sent all the same", seconds(t->now));
    t->last_sent_len = writer_len(&room);
    memcpy(t->last_sent, room.start, t->last_sent_len);
    t->sent_to = to;
    t->sent++;
    return true;
}

/* Lets time pass up to `until` or to the first packet. */
static bool next_packet(struct transcript *t, time_us until)
{
    unsigned calls = 0;
    time_us at;

    while ((at = deadline_of(t)) <= until) {
        if (at > t->now) {
            t->now = at;
            calls = 0;
        }
        if (one_output(t))
            return true;
        if (++calls > AT_ONE_MOMENT)
            FAIL(__FILE__, __LINE__, "at %.6f s: output wants to be called for ever", seconds(t->now));
    }
    if (t->now < until)
        t->now = until;
    return false;
}

/* Time passes, whatever is sent. */
static void drain(struct transcript *t, time_us until)
{
    unsigned packets = 0;
    time_us moment = t->now;

    while (next_packet(t, until)) {
        packets = t->now == moment ? packets + 1 : 0;
        moment = t->now;
        if (packets > AT_ONE_MOMENT)
            FAIL(__FILE__, __LINE__, "at %.6f s: packets without end", seconds(t->now));
    }
}

void transcript_with(struct transcript *t, struct udp_client *client)
{
    t->client = client;
    if (client->port == 0)
        client->port = t->own.port;
}

struct slice transcript_sends_at(struct transcript *t, time_us earliest, time_us latest, const char *file, int line)
{
    if (!t->whole) {
        drain(t, TRANSCRIPT_EPOCH + latest);
    } else if (!next_packet(t, TRANSCRIPT_EPOCH + latest)) {
        FAIL(file, line, "nothing was sent by %.6f s", seconds(t->now));
    } else if (t->now < TRANSCRIPT_EPOCH + earliest) {
        FAIL(file, line, "sent at %.6f s, which is too early", seconds(t->now));
    }
    return slice_of(t->last_sent, t->last_sent_len);
}

void transcript_sends_bytes_at(struct transcript *t, time_us earliest, time_us latest, struct slice bytes,
                               const char *file, int line)
{
    struct slice sent = transcript_sends_at(t, earliest, latest, file, line);

    if (!t->whole)
        return;
    _assert_int_equal(sent.len, bytes.len, file, line);
    _assert_memory_equal(sent.data, bytes.data, bytes.len, file, line);
}

void transcript_silent_at(struct transcript *t, time_us until, const char *file, int line)
{
    if (!t->whole)
        drain(t, TRANSCRIPT_EPOCH + until);
    else if (next_packet(t, TRANSCRIPT_EPOCH + until))
        FAIL(file, line, "a packet was sent at %.6f s", seconds(t->now));
}

void transcript_passes(struct transcript *t, time_us until)
{
    drain(t, TRANSCRIPT_EPOCH + until);
}

static void deliver(struct transcript *t, struct udp_address from, struct slice payload)
{
    struct udp_datagram datagram = {.from = from, .to = t->own};

    datagram.payload = guard_page_copy(&t->input_page, payload);
    t->client->ops->input(t->client, t->now, &datagram);
}

void transcript_gets_at(struct transcript *t, time_us at, struct udp_address from, struct slice payload,
                        const char *file, int line)
{
    bool cut = t->cutting && t->got == t->cut_input;

    if (t->now < TRANSCRIPT_EPOCH + at && (!t->whole || deadline_of(t) < TRANSCRIPT_EPOCH + at))
        transcript_silent_at(t, at - 1, file, line);
    if (t->now < TRANSCRIPT_EPOCH + at)
        t->now = TRANSCRIPT_EPOCH + at;
    if (t->got++ == t->cut_input)
        t->longest_input = payload.len;
    if (cut) {
        t->whole = false;
        deliver(t, from, slice_first(payload, t->cut_len));
        if (!t->whole_follows)
            return;
    }
    deliver(t, from, payload);
}

static void run_once(transcript_script *script, struct transcript *t)
{
    t->now = TRANSCRIPT_EPOCH;
    t->whole = true;
    t->own = (struct udp_address){.ip = ipv4_address(0xc0a86f64u), .port = 50000};
    t->client = NULL;
    t->sent = t->got = 0;
    t->last_sent_len = 0;
    t->longest_input = 0;
    script(t);
}

static void open_pages(struct transcript *t)
{
    *t = (struct transcript){0};
    guard_page_open(&t->input_page, 65536);
    guard_page_open(&t->output_page, UDP_PAYLOAD_MAX);
}

static void close_pages(struct transcript *t)
{
    guard_page_close(&t->input_page);
    guard_page_close(&t->output_page);
}

void transcript_run(transcript_script *script)
{
    struct transcript t;

    open_pages(&t);
    run_once(script, &t);
    close_pages(&t);
}

void transcript_run_cut(transcript_script *script)
{
    struct transcript t;
    unsigned inputs;

    open_pages(&t);
    run_once(script, &t);
    inputs = t.got;
    for (unsigned input = 0; input < inputs; input++) {
        size_t len = 0, whole_len = 1;

        for (; len < whole_len; len++) {
            for (int follows = 0; follows < 2; follows++) {
                t.cutting = true;
                t.cut_input = input;
                t.cut_len = len;
                t.whole_follows = follows != 0;
                run_once(script, &t);
                whole_len = t.longest_input;
            }
        }
    }
    close_pages(&t);
}
