/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/base/text.h"
#include "firmware/proto/tftp_error.h"
#include "firmware/proto/tftp_machine.h"
#include "firmware/wire/tftp_packet.h"

#define QUIET_MIN        MILLISECONDS(10)  /* duplicates within that time are the network's, not the server's */
#define PATIENCE_MIN_MAX MILLISECONDS(200) /* how far the least patience grows when it proved too short */
#define DALLY_MAX        SECONDS(15)
#define STRANGER_PAUSE   SECONDS(1)

enum {
    PLAIN_ANSWERS_TO_BELIEVE = 2,
};

/* Whoever sends us blocks or options but is not our transfer's other end (RFC 1350 section 4). */
static void stranger(struct tftp *t, time_us now, const struct udp_address *from, const struct tftp_packet *packet)
{
    if ((packet->opcode != TFTP_DATA && packet->opcode != TFTP_OACK) || t->farewell.is_owed || from->port == 0)
        return;
    if (t->stranger_told != 0 && now - t->stranger_told < STRANGER_PAUSE)
        return;
    if (t->strangers_unreachable && !ip_equal(&from->ip, &t->request.server.ip))
        return;
    tftp_owe_farewell(t, now, *from, TFTP_ERROR_UNKNOWN_TID, "unknown transfer ID");
    t->farewell.is_for_stranger = true;
}

static void server_failed(struct tftp *t, const struct tftp_packet *error)
{
    tftp_fail(t, tftp_error_take(error, &t->server_error, t->server_text, sizeof(t->server_text)));
}

/* --- the answer to a request ------------------------------------------------------------------------------------- */

void tftp_take_sample(struct tftp *t, time_us now, bool is_rough)
{
    time_us sample = now - t->round_trip_from;

    if (t->round_trip_from == 0)
        return;
    t->round_trip_from = 0;
    if (t->round_trip == 0 || t->round_trip_is_rough)
        t->round_trip = sample;
    else
        t->round_trip += sample / 8 - t->round_trip / 8;
    if (t->round_trip == 0)
        t->round_trip = 1;
    t->round_trip_is_rough = is_rough;
}

static void connect(struct tftp *t, time_us now, const struct udp_address *from, const struct tftp_answer *answer)
{
    uint32_t gaps = t->window.gaps;

    t->peer = *from;
    t->block_size = answer->block_size;
    tftp_window_start(&t->window, answer->block_size, answer->window, t->request.paced);
    t->window.gaps = gaps;
    t->unreachables = 0;
    t->progressed = now;
    tftp_take_sample(t, now, true);
    tftp_set_state(t, TFTP_RECEIVING);
}

static void ask_for_less(struct tftp *t, time_us now, bool windowsize_is_at_fault)
{
    if (t->asked.multicast && !windowsize_is_at_fault) {
        t->experience->refuses_multicast = true;
        t->level = TFTP_OPTIONS_UNICAST;
    } else if (windowsize_is_at_fault && t->level < TFTP_OPTIONS_NO_WINDOW) {
        t->experience->refuses_window = true;
        t->level = TFTP_OPTIONS_NO_WINDOW;
    } else if (t->level < TFTP_OPTIONS_NONE) {
        t->experience->refuses_options = true;
        t->level = TFTP_OPTIONS_NONE;
    } else {
        tftp_fail(t, STATUS_TFTP_CANNOT_OPEN);
        return;
    }
    tftp_ask_again(t, now, "the server bends or refuses options");
}

/* What the sink says about the size comes before the first byte; a second connection must be about the same file. */
static enum status take_size(struct tftp *t, const struct tftp_answer *answer)
{
    if (!answer->has_size)
        return STATUS_OK;
    if (t->has_size)
        return t->size == answer->size ? STATUS_OK : STATUS_TFTP_CANNOT_READ;
    t->has_size = true;
    t->size = answer->size;
    return t->request.size_only ? STATUS_OK : t->request.sink->size_known(t->request.sink, answer->size);
}

void tftp_refuse(struct tftp *t, time_us now, enum status status)
{
    if (status == STATUS_TFTP_CANNOT_READ)
        tftp_break_off(t, now, TFTP_ERROR_OTHER, "the file has changed", status);
    else
        tftp_break_off(t, now, TFTP_ERROR_DISK_FULL, "the file does not fit", status);
}

static void size_is_answered(struct tftp *t, time_us now)
{
    tftp_owe_farewell(t, now, t->peer, TFTP_ERROR_OPTIONS, "only the size was asked for");
    if (t->has_size)
        tftp_end(t, TFTP_DONE, STATUS_OK);
    else
        tftp_fail(t, STATUS_TFTP_NO_FILESIZE);
}

/* The server has passed over the multicast option, if it was asked for. */
static void by_unicast_only(struct tftp *t)
{
    t->experience->refuses_multicast |= t->last_ask_was_multicast;
    tftp_multicast_end(t);
}

static void answer_oack(struct tftp *t, time_us now, const struct udp_address *from, const struct tftp_packet *oack)
{
    struct tftp_answer answer;
    enum tftp_verdict verdict = tftp_answer_parse(oack->body, &t->asked, &answer);
    enum status status;

    /* A request that was repeated has two answers, and the second may come after we have asked for something else. */
    if (verdict != TFTP_ANSWER_GOOD && tftp_answer_parse(oack->body, &t->former_asked, &answer) == TFTP_ANSWER_GOOD) {
        stranger(t, now, from, oack);
        return;
    }
    t->peer = *from;
    if (verdict != TFTP_ANSWER_GOOD) {
        tftp_owe_farewell(t, now, *from, TFTP_ERROR_OPTIONS, "this is not what was asked for");
        ask_for_less(t, now, verdict == TFTP_ANSWER_BAD_WINDOW);
        return;
    }
    t->options_granted = true;
    status = take_size(t, &answer);
    if (t->request.size_only) {
        size_is_answered(t, now);
        return;
    }
    if (!answer.has_multicast)
        by_unicast_only(t);
    connect(t, now, from, &answer);
    if (status != STATUS_OK)
        tftp_refuse(t, now, status);
    else if (answer.has_multicast)
        tftp_multicast_start(t, now, &answer);
    else
        tftp_owe_ack(t, now);
}

static void data(struct tftp *t, time_us now, const struct tftp_packet *packet);

static void answer_data(struct tftp *t, time_us now, const struct udp_address *from, const struct tftp_packet *packet)
{
    static const struct tftp_answer no_options = {.block_size = TFTP_BLOCK_DEFAULT, .window = 1};
    struct tftp_experience *experience = t->experience;

    if (packet->number != 1) {
        t->blocks_useless++;
        return;
    }
    if (t->last_ask_was_plain && t->asked.size && experience->plain_answers < PLAIN_ANSWERS_TO_BELIEVE)
        experience->refuses_options = ++experience->plain_answers == PLAIN_ANSWERS_TO_BELIEVE;
    t->options_granted = false;
    t->peer = *from;
    if (t->request.size_only) {
        size_is_answered(t, now);
        return;
    }
    by_unicast_only(t);
    connect(t, now, from, &no_options);
    retry_start(&t->retry, now, tftp_patience(t), SECONDS(4));
    data(t, now, packet);
}

static void answer_error(struct tftp *t, time_us now, const struct tftp_packet *error)
{
    bool about_options = error->number == TFTP_ERROR_OPTIONS || error->number == TFTP_ERROR_ILLEGAL_OPERATION;

    if (error->number == TFTP_ERROR_UNKNOWN_TID)
        return; /* a late one: nobody can say that of a request */
    if (t->last_ask_was_multicast && error->number == TFTP_ERROR_OTHER) {
        /* atftpd 0.8.0 answers so when a file has too many blocks to be multicast. */
        tftp_multicast_refused(t, now);
        return;
    }
    if (about_options && t->level < TFTP_OPTIONS_NONE && !t->experience->refuses_options)
        ask_for_less(t, now, t->asked.window != 0 && !t->asked.multicast);
    else
        server_failed(t, error);
}

static void input_requesting(struct tftp *t, time_us now, const struct udp_address *from,
                             const struct tftp_packet *packet)
{
    if (t->former_port != 0 && from->port == t->former_port)
        stranger(t, now, from, packet);
    else if (packet->opcode == TFTP_OACK)
        answer_oack(t, now, from, packet);
    else if (packet->opcode == TFTP_DATA)
        answer_data(t, now, from, packet);
    else if (packet->opcode == TFTP_ERROR)
        answer_error(t, now, packet);
}

/* --- blocks ------------------------------------------------------------------------------------------------------ */

/* Bytes that an earlier connection brought are not written again. */
static enum status write_block(struct tftp *t, uint64_t at, struct slice bytes)
{
    if (at < t->received) {
        uint64_t known = t->received - at;

        if (known >= bytes.len)
            return STATUS_OK;
        bytes = slice_from(bytes, (size_t)known);
        at = t->received;
    }
    return bytes.len == 0 ? STATUS_OK : t->request.sink->write(t->request.sink, at, bytes);
}

/* A new block is here: the timers know more. */
static void progress(struct tftp *t, time_us now, uint32_t block)
{
    if (block == t->window.acked + 1) {
        tftp_take_sample(t, now, false);
        /* It came too soon to be the answer to the repeated ACK, so that was one too many. */
        if (t->retry.attempts >= 2 && now - t->ack_sent < t->round_trip / 2 && t->patience_min < PATIENCE_MIN_MAX) {
            t->patience_min *= 2;
            t->timeouts--;
        }
    }
    t->blocks_new++;
    t->progressed = now;
    t->unreachables = 0;
    if (t->retry.attempts != 0) {
        t->retry.attempts = 1;
        t->retry.longest = SECONDS(4);
        t->retry.wait = tftp_patience(t);
        t->retry.deadline = now + t->retry.wait;
    }
}

/*
 * Blocks of several frames make a lost frame dear: the rest of the window, half of it in the mean, is sent again. From
 * the loss so far, is what that will cost more than to begin again with blocks of one frame and the same window?
 */
static bool large_blocks_cost_too_much(const struct tftp *t)
{
    unsigned frames = tftp_frames_of(t->block_size);
    uint64_t left = t->has_size && t->size > t->received ? t->size - t->received : t->received;
    uint32_t losses = t->window.gaps + t->timeouts;
    unsigned dearer = (frames - 1) * t->window.size / 2;

    return t->window.size > 1 && frames > 1 && losses >= 2 &&
           left * losses * dearer > (t->received + t->block_size) * ((uint64_t)t->blocks_new + 1) * frames;
}

static void shrink_blocks(struct tftp *t, time_us now)
{
    t->level = TFTP_OPTIONS_ONE_FRAME;
    tftp_owe_farewell(t, now, t->peer, TFTP_ERROR_OTHER, "asking again with smaller blocks");
    tftp_ask_again(t, now, "large blocks get lost");
}

static void data(struct tftp *t, time_us now, const struct tftp_packet *packet)
{
    struct tftp_window *w = &t->window;
    struct tftp_taken taken = tftp_window_find(w, packet->number);
    bool due;

    if (packet->body.len > t->block_size) {
        tftp_break_off(t, now, TFTP_ERROR_ILLEGAL_OPERATION, "block larger than agreed", STATUS_TFTP_BAD_SIZE);
        return;
    }
    if (taken.kind == TFTP_BLOCK_NEW) {
        enum status status = write_block(t, taken.position, packet->body);

        if (status != STATUS_OK) {
            tftp_refuse(t, now, status);
            return;
        }
        progress(t, now, taken.block);
    } else {
        t->blocks_useless++;
    }
    due = tftp_window_add(w, now, t->round_trip, &taken, packet->body.len);
    if (w->position > t->received)
        t->received = w->position;
    if (tftp_window_is_complete(w)) {
        if (w->position < t->received)
            tftp_refuse(t, now, STATUS_TFTP_CANNOT_READ);
        else
            tftp_finish(t, now);
        return;
    }
    if (taken.kind == TFTP_BLOCK_REPEATED && !t->is_held)
        due = now - t->ack_sent >= (t->round_trip < QUIET_MIN ? QUIET_MIN : t->round_trip);
    if (!due)
        return;
    if (t->request.paced && taken.kind == TFTP_BLOCK_NEW && taken.block < w->next && t->received > t->held_with) {
        t->held_with = t->received;
        t->is_held = true;
        retry_stop(&t->retry);
    } else if (taken.block > w->next && large_blocks_cost_too_much(t)) {
        shrink_blocks(t, now);
    } else if (t->retry.attempts != 0) {
        tftp_owe_ack(t, now);
    }
}

static void input_receiving(struct tftp *t, time_us now, const struct tftp_packet *packet)
{
    bool is_first = t->window.next == 1 && t->window.ahead == 0;

    if (packet->opcode == TFTP_DATA)
        data(t, now, packet);
    else if (packet->opcode == TFTP_OACK && is_first && now - t->ack_sent >= QUIET_MIN && t->retry.attempts != 0)
        tftp_owe_ack(t, now); /* it did not get ACK 0 */
    else if (packet->opcode == TFTP_ERROR && packet->number == TFTP_ERROR_UNKNOWN_TID)
        tftp_server_lost(t, now, "the server has forgotten us", STATUS_TFTP_ERROR);
    else if (packet->opcode == TFTP_ERROR)
        server_failed(t, packet);
}

/* The last block once more: the server did not get the last ACK. */
static void input_dallying(struct tftp *t, time_us now, const struct tftp_packet *packet)
{
    if (packet->opcode != TFTP_DATA || t->retry.attempts == 0 || now - t->progressed >= DALLY_MAX)
        return;
    if (tftp_window_find(&t->window, packet->number).kind == TFTP_BLOCK_REPEATED && now - t->ack_sent >= QUIET_MIN)
        tftp_owe_ack(t, now);
}

static bool is_to_group(const struct udp_datagram *datagram)
{
    return datagram->to.ip.family == IP_V4 && ipv4_value(datagram->to.ip) >> 28 == 14;
}

static bool is_our_group(const struct tftp *t, const struct udp_datagram *datagram)
{
    return ipv4_value(datagram->to.ip) == t->udp.group && datagram->to.port == t->udp.group_port &&
           ip_equal(&datagram->from.ip, &t->peer.ip) && datagram->from.port == t->peer.port;
}

/* A request that was repeated may have opened two sessions, or the first of them has ended: the newer one lives. */
static bool is_newer_session(const struct tftp *t, const struct tftp_packet *packet)
{
    const struct tftp_multicast *m = &t->multicast;

    return m->is_agreed && t->state == TFTP_RECEIVING && packet->opcode == TFTP_OACK && m->answers < m->requests &&
           !m->has_heard;
}

void tftp_input(struct udp_client *udp, time_us now, const struct udp_datagram *datagram)
{
    struct tftp *t = (struct tftp *)udp;
    struct reader r = reader_of(datagram->payload);
    const struct udp_address *from = &datagram->from;
    struct tftp_packet packet;

    if (!tftp_packet_parse(&r, &packet))
        return;
    if (t->state == TFTP_IDLE || t->state == TFTP_DONE || t->state == TFTP_FAILED)
        return;
    if (is_to_group(datagram)) {
        /* Anybody can send to a group; what is not from our session is none of our business. */
        if (t->multicast.is_agreed && packet.opcode == TFTP_DATA && is_our_group(t, datagram))
            tftp_multicast_input(t, now, &packet);
        return;
    }
    if (!ip_equal(&from->ip, &t->request.server.ip))
        stranger(t, now, from, &packet);
    else if (t->state == TFTP_REQUESTING)
        input_requesting(t, now, from, &packet);
    else if (from->port != t->peer.port && is_newer_session(t, &packet))
        answer_oack(t, now, from, &packet);
    else if (from->port != t->peer.port)
        stranger(t, now, from, &packet);
    else if (t->multicast.is_agreed)
        tftp_multicast_input(t, now, &packet);
    else if (t->state == TFTP_RECEIVING)
        input_receiving(t, now, &packet);
    else
        input_dallying(t, now, &packet);
}
