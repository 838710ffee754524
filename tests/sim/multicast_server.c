/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/sim/multicast_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/base/text.h"

enum {
    RETRIES = 5, /* NB_OF_RETRY */
};

static const time_us patience = SECONDS(5); /* S_TIMEOUT */

typedef struct multicast_server_session session;

static struct udp_address master_of(const session *e)
{
    return e->clients[e->master].address;
}

static bool same_address(const struct udp_address *a, const struct udp_address *b)
{
    return a->port == b->port && ip_equal(&a->ip, &b->ip);
}

static void transmit(struct multicast_server *s, const session *e, struct udp_address to, const struct writer *w)
{
    s->send(s->context, e->port, to, writer_written(w));
}

static void wait_for_packet(session *e, time_us now)
{
    e->is_streaming = false;
    e->at = now + patience;
}

static void send_oack(struct multicast_server *s, session *e, struct udp_address to, bool master, bool is_first)
{
    uint8_t bytes[200];
    char value[40];
    struct writer w = writer_of(bytes, sizeof(bytes));

    snprintf(value, sizeof(value), "%u.%u.%u.%u,%u,%u", e->group >> 24, e->group >> 16 & 255, e->group >> 8 & 255,
             e->group & 255, (unsigned)MULTICAST_SERVER_GROUP_PORT, (unsigned)master);
    if (!is_first && s->knobs.short_later_oacks)
        snprintf(value, sizeof(value), ",,%u", (unsigned)master);
    tftp_oack_emit(&w);
    if (e->has_size)
        tftp_option_emit(&w, "tsize", s->knobs.lies_size != 0 ? s->knobs.lies_size : s->size);
    tftp_option_emit(&w, "blksize", e->block_size);
    if (e->is_multicast)
        tftp_option_emit_text(&w, "multicast", is_first && s->knobs.says != NULL ? s->knobs.says : value);
    if (e->has_window)
        tftp_option_emit(&w, "windowsize", e->window);
    e->buffer = load_be16(bytes + 2);
    transmit(s, e, to, &w);
}

static void oack_to_master(struct multicast_server *s, session *e, time_us now, bool is_first)
{
    e->sends_oack = true;
    send_oack(s, e, master_of(e), true, is_first);
    wait_for_packet(e, now);
}

static void send_data(struct multicast_server *s, session *e, time_us now)
{
    static uint8_t bytes[65536];
    struct writer w = writer_of(bytes, sizeof(bytes));
    uint64_t at = (uint64_t)e->block * e->block_size;
    size_t len = at >= s->size ? 0 : s->size - at < e->block_size ? (size_t)(s->size - at) : e->block_size;
    struct udp_address group = {.ip = ipv4_address(e->group), .port = MULTICAST_SERVER_GROUP_PORT};
    uint8_t *room;

    e->window_block++;
    e->sends_oack = false;
    e->buffer = (uint16_t)(e->block + 1);
    if (len < e->block_size)
        e->last = e->block;
    write_be16(&w, TFTP_DATA);
    write_be16(&w, e->buffer);
    room = write_room(&w, len);
    if (len != 0)
        s->content(s->context, at, room, len);
    transmit(s, e, e->is_multicast ? group : master_of(e), &w);
    s->blocks_sent++;
    s->bytes_sent += len;
    wait_for_packet(e, now);
    e->is_streaming = e->window_block < e->window && e->acked != -1 && e->last == -1;
    if (e->is_streaming)
        e->at = now + s->knobs.block_time;
}

static void mark_done(session *e, const struct udp_address *who)
{
    for (unsigned n = 0; n < e->client_count; n++)
        if (same_address(&e->clients[n].address, who))
            e->clients[n].is_done = true;
}

/* The next that is not done, from behind the master on; false when there is none but perhaps the master. */
static bool next_client(session *e)
{
    for (unsigned n = 1; n < e->client_count; n++) {
        unsigned index = (e->master + n) % e->client_count;

        if (!e->clients[index].is_done) {
            e->master = index;
            return true;
        }
    }
    return false;
}

static void turn_ends(struct multicast_server *s, session *e, time_us now)
{
    e->clients[e->master].is_done = true;
    if (!e->is_multicast || s->knobs.hands_over_never || !next_client(e)) {
        e->port = 0;
        return;
    }
    s->turns++;
    e->acked = -1;
    oack_to_master(s, e, now, false);
}

static void time_is_up(struct multicast_server *s, session *e, time_us now)
{
    struct udp_address former = master_of(e);

    e->in_window = 0;
    e->window_block = 0;
    if (++e->timeouts > RETRIES) {
        turn_ends(s, e, now);
        return;
    }
    if (e->is_multicast && s->knobs.switches_master && next_client(e)) {
        send_oack(s, e, former, false, false);
        s->turns++;
        e->acked = -1;
        oack_to_master(s, e, now, false);
        return;
    }
    e->block = e->acked;
    if (e->sends_oack)
        oack_to_master(s, e, now, false);
    else
        send_data(s, e, now);
}

/* Without windows: a repeated ACK brings its block again, but for one as often as the block before was sent. */
static bool repeats_block(session *e, int32_t number)
{
    if (number == e->acked)
        return ++e->ack_count != e->sent_before;
    if (number < e->acked)
        return false;
    e->acked = number;
    e->sent_before = e->sent_now;
    e->sent_now = 0;
    e->ack_count = 1;
    return true;
}

static bool window_moves(session *e, int32_t number)
{
    bool is_old = e->is_multicast ? e->acked >= number : e->acked > number;

    if (is_old || e->in_window > 1)
        return false;
    e->acked = number;
    return true;
}

static void gets_ack(struct multicast_server *s, session *e, time_us now, const struct udp_address *from,
                     uint16_t number)
{
    struct udp_address master = master_of(e);

    if (!same_address(from, &master)) {
        if (e->last != -1 && e->block > e->last)
            mark_done(e, from);
        else if (e->is_multicast)
            send_oack(s, e, *from, false, false);
        return;
    }
    e->timeouts = 0;
    e->block = number;
    if (!e->is_multicast && number < e->last)
        e->last = -1;
    if (!(e->has_window ? window_moves(e, number) : repeats_block(e, number)))
        return;
    if (e->last != -1 && e->block > e->last) {
        turn_ends(s, e, now);
        return;
    }
    e->window_block = 0;
    e->sent_now++;
    send_data(s, e, now);
}

static void session_gets(struct multicast_server *s, session *e, time_us now, const struct udp_address *from,
                         const struct tftp_packet *packet)
{
    struct udp_address master = master_of(e);

    e->in_window = e->is_streaming ? e->in_window + 1 : 0;
    if (!e->is_streaming)
        e->at = now + patience;
    e->buffer = packet->number;
    if (packet->opcode == TFTP_ACK)
        gets_ack(s, e, now, from, packet->number);
    else if (packet->opcode == TFTP_ERROR && same_address(from, &master))
        turn_ends(s, e, now);
    else if (packet->opcode == TFTP_ERROR && e->is_multicast)
        mark_done(e, from);
}

void multicast_server_poll(struct multicast_server *s, time_us now)
{
    for (session *e = s->sessions; e < s->sessions + MULTICAST_SERVER_SESSIONS; e++) {
        if (e->port == 0 || e->at > now)
            continue;
        if (e->is_streaming) {
            e->block = e->buffer;
            send_data(s, e, now);
        } else {
            time_is_up(s, e, now);
        }
    }
}

time_us multicast_server_deadline(const struct multicast_server *s)
{
    time_us next = TIME_NEVER;

    for (const session *e = s->sessions; e < s->sessions + MULTICAST_SERVER_SESSIONS; e++)
        if (e->port != 0)
            next = time_earlier(next, e->at);
    return next;
}

/* --- requests ---------------------------------------------------------------------------------------------------- */

struct wishes {
    bool multicast, size, window;
    uint64_t block_size, window_size;
};

static struct wishes wishes_of(const struct multicast_server *s, struct slice options)
{
    struct wishes wishes = {.block_size = 512, .window_size = 1};
    struct tftp_option option;

    while (tftp_option_next(&options, &option) == TFTP_OPTION_OK) {
        if (text_equal_ignoring_case(option.name, "multicast"))
            wishes.multicast = !s->knobs.ignores_multicast;
        else if (text_equal_ignoring_case(option.name, "tsize"))
            wishes.size = !s->knobs.knows_no_size;
        else if (text_equal_ignoring_case(option.name, "blksize"))
            (void)text_parse_decimal(option.value, &wishes.block_size);
        else if (text_equal_ignoring_case(option.name, "windowsize") && !s->knobs.knows_no_window)
            wishes.window = text_parse_decimal(option.value, &wishes.window_size);
    }
    return wishes;
}

static void refuse(struct multicast_server *s, struct udp_address from, uint16_t code)
{
    uint8_t bytes[40];
    struct writer w = writer_of(bytes, sizeof(bytes));

    tftp_error_emit(&w, code, "Undefined error code");
    s->send(s->context, s->next_port++, from, writer_written(&w));
}

static bool join(struct multicast_server *s, struct udp_address from, const struct wishes *wishes)
{
    for (session *e = s->sessions; e < s->sessions + MULTICAST_SERVER_SESSIONS; e++) {
        session answer;
        unsigned n = 0;

        if (e->port == 0 || !e->is_multicast || e->block_size != wishes->block_size || e->has_size != wishes->size)
            continue;
        while (n < e->client_count && !(same_address(&e->clients[n].address, &from) && !e->clients[n].is_done))
            n++;
        if (n == MULTICAST_SERVER_CLIENTS)
            abort();
        if (n == e->client_count)
            e->clients[e->client_count++] = (struct multicast_server_client){.address = from};
        /* Its own thread answers, with its own buffer and its own request's window. */
        answer = *e;
        answer.has_window = wishes->window;
        answer.window = (uint16_t)wishes->window_size;
        send_oack(s, &answer, from, false, true);
        return true;
    }
    return false;
}

static session *room(struct multicast_server *s)
{
    for (session *e = s->sessions; e < s->sessions + MULTICAST_SERVER_SESSIONS; e++)
        if (e->port == 0)
            return e;
    return NULL;
}

static void request(struct multicast_server *s, time_us now, struct udp_address from, struct slice options)
{
    struct wishes wishes = wishes_of(s, options);
    uint64_t size_max = s->knobs.size_max != 0 ? s->knobs.size_max : wishes.block_size * 65537 - 1;
    session *e = room(s);

    s->requests++;
    if (e == NULL)
        return;
    if (wishes.multicast && s->knobs.refuses_multicast) {
        refuse(s, from, TFTP_ERROR_OPTIONS);
        return;
    }
    if (wishes.multicast && s->size > size_max) {
        refuse(s, from, TFTP_ERROR_OTHER);
        return;
    }
    if (wishes.multicast && join(s, from, &wishes))
        return;
    memset(e, 0, sizeof(*e));
    e->port = ++s->next_port;
    e->is_multicast = wishes.multicast;
    e->has_size = wishes.size;
    e->has_window = wishes.window;
    e->block_size = (uint16_t)wishes.block_size;
    e->window = (uint16_t)wishes.window_size;
    e->group = MULTICAST_SERVER_GROUP + (unsigned)(e - s->sessions);
    e->acked = e->last = -1;
    e->clients[e->client_count++].address = from;
    s->sessions_opened++;
    oack_to_master(s, e, now, true);
}

void multicast_server_input(struct multicast_server *s, time_us now, uint16_t to_port, struct udp_address from,
                            struct slice payload)
{
    struct reader r = reader_of(payload);
    struct slice file, mode, options;
    struct tftp_packet packet;

    if (s->next_port == 0)
        s->next_port = 32768;
    if (!tftp_packet_parse(&r, &packet))
        return;
    if (to_port == 69) {
        if (packet.opcode == TFTP_RRQ && tftp_rrq_parse(packet.body, &file, &mode, &options))
            request(s, now, from, options);
        return;
    }
    for (session *e = s->sessions; e < s->sessions + MULTICAST_SERVER_SESSIONS; e++)
        if (e->port == to_port) {
            session_gets(s, e, now, &from, &packet);
            return;
        }
}

void multicast_server_forget(struct multicast_server *s)
{
    for (session *e = s->sessions; e < s->sessions + MULTICAST_SERVER_SESSIONS; e++)
        e->port = 0;
}
