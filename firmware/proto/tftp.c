/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/proto/tftp.h"

#include "firmware/base/text.h"
#include "firmware/proto/tftp_error.h"
#include "firmware/proto/tftp_machine.h"
#include "firmware/wire/tftp_packet.h"

#define REQUEST_WAIT      MILLISECONDS(500)
#define LONGEST_WAIT      SECONDS(4)
#define OPENING_WAIT      MILLISECONDS(500) /* the longest, until the first block is here */
#define PATIENCE_MIN      MILLISECONDS(20)
#define PATIENCE_UNKNOWN  MILLISECONDS(250)
#define OPEN_PATIENCE     SECONDS(36)
#define SILENCE           SECONDS(64)
#define FRAGMENT_PATIENCE MILLISECONDS(1300) /* longer than a server's usual second before it sends again */
#define DALLY             SECONDS(5)         /* servers repeat after 1 s, some after 5 s */

enum {
    TRIES_WITH_MULTICAST = 3, /* then one without, for servers that stumble over an option without a value */
    TRIES_WITH_OPTIONS = 4,   /* then every other request is a plain one */
    RESTARTS_MAX = 4,
    UNREACHABLE_OPEN = 3, /* a port nobody listens on, as often as this */
    UNREACHABLE_RECEIVING = 2,
};

static struct tftp *tftp_of(const struct udp_client *udp)
{
    return (struct tftp *)udp; /* udp is its first member */
}

void tftp_set_state(struct tftp *t, enum tftp_state state)
{
    static const char *const names[] = {"idle", "requesting", "receiving", "complete", "done", "failed"};

    if (t->state == state)
        return;
    t->state = state;
    if (state == TFTP_RECEIVING)
        log_print(t->log, LOG_INFO, "tftp: receiving %s: blocks of %u, window of %u", t->file, t->block_size,
                  t->window.size);
    else
        log_print(t->log, LOG_INFO, "tftp: %s %s: %llu bytes, %u gaps, %u time-outs: %s", names[state], t->file,
                  (unsigned long long)t->received, (unsigned)t->window.gaps, (unsigned)t->timeouts,
                  t->status == STATUS_PENDING ? "going on" : status_text(t->status));
}

static void learn(struct tftp *t)
{
    struct tftp_lesson lesson = {
        .block_size = t->block_size,
        .window = t->window.size,
        .window_asked = t->asked.window,
        .blocks = t->blocks_new,
        .losses = t->window.gaps + t->timeouts,
    };

    if (t->options_granted && !t->multicast.is_agreed)
        tftp_experience_learn(t->experience, &lesson);
}

void tftp_end(struct tftp *t, enum tftp_state state, enum status status)
{
    if (t->state == TFTP_RECEIVING)
        learn(t);
    retry_stop(&t->retry);
    t->is_held = false;
    t->status = status;
    tftp_set_state(t, state);
}

void tftp_fail(struct tftp *t, enum status status)
{
    tftp_end(t, TFTP_FAILED, status);
}

void tftp_owe_farewell(struct tftp *t, time_us now, struct udp_address to, uint16_t code, const char *text)
{
    t->farewell = (struct tftp_farewell){.is_owed = true, .to = to, .at = now, .code = code, .text = text};
}

void tftp_break_off(struct tftp *t, time_us now, uint16_t code, const char *text, enum status status)
{
    tftp_owe_farewell(t, now, t->peer, code, text);
    tftp_fail(t, status);
}

void tftp_finish(struct tftp *t, time_us now)
{
    if (t->has_size && t->size != t->received)
        log_print(t->log, LOG_WARN, "tftp: %s: the server told a size of %llu bytes and sent %llu", t->file,
                  (unsigned long long)t->size, (unsigned long long)t->received);
    t->has_size = true;
    t->size = t->received;
    tftp_end(t, TFTP_DALLYING, STATUS_OK);
    tftp_owe_ack(t, now);
}

void tftp_ask_again(struct tftp *t, time_us now, const char *reason)
{
    log_print(t->log, LOG_WARN, "tftp: asking for %s again: %s", t->file, reason);
    /* A server that has one port for everybody (dnsmasq --tftp-single-port) cannot be told from its former self. */
    t->former_port = t->peer.port == t->request.server.port ? 0 : t->peer.port;
    if (t->multicast.is_agreed && t->level == TFTP_OPTIONS_ALL)
        t->former_port = 0; /* the session we come back to */
    t->multicast.is_agreed = false;
    t->multicast.requests = t->multicast.answers = 0;
    t->former_asked = t->asked;
    t->asked = (struct tftp_ask){0};
    t->is_held = false;
    t->unreachables = 0;
    t->asked_since = now;
    t->round_trip_from = 0;
    retry_start(&t->retry, now, REQUEST_WAIT, LONGEST_WAIT);
    tftp_set_state(t, TFTP_REQUESTING);
}

void tftp_server_lost(struct tftp *t, time_us now, const char *reason, enum status status)
{
    if (t->restarts == RESTARTS_MAX || (t->restarts != 0 && t->restarted_with == t->received)) {
        tftp_fail(t, status);
        return;
    }
    t->restarts++;
    t->restarted_with = t->received;
    tftp_ask_again(t, now, reason);
}

time_us tftp_patience(const struct tftp *t)
{
    time_us patience = t->round_trip * 4;

    if (t->round_trip == 0)
        return PATIENCE_UNKNOWN;
    return patience < t->patience_min ? t->patience_min : time_earlier(patience, LONGEST_WAIT);
}

void tftp_owe_ack(struct tftp *t, time_us now)
{
    /* Finding a stranger by ARP may take seconds; the server must not wait for that. */
    if (t->farewell.is_for_stranger && !ip_equal(&t->farewell.to.ip, &t->peer.ip))
        t->farewell.is_owed = false;
    retry_start(&t->retry, now, tftp_patience(t), t->window.next == 1 ? OPENING_WAIT : LONGEST_WAIT);
}

/* Whether the ERROR goes before whatever the retry timer is for. A stranger's only when nothing else is due. */
static bool farewell_is_first(const struct tftp *t)
{
    return t->farewell.is_owed && (!t->farewell.is_for_stranger || t->farewell.at < t->retry.deadline);
}

static bool request_output(struct tftp *t, time_us now, struct writer *w)
{
    bool is_known = t->multicast.block_size != 0; /* to multicast: it is only away */
    bool plain = !is_known && t->retry.attempts >= TRIES_WITH_OPTIONS && t->retry.attempts % 2 == 0;
    struct tftp_experience known = *t->experience;
    struct tftp_ask ask, emitted;

    if (now - t->asked_since >= OPEN_PATIENCE) {
        tftp_fail(t, t->restarts == 0 ? STATUS_TFTP_OPEN_TIMEOUT : STATUS_TFTP_READ_TIMEOUT);
        return false;
    }
    known.grants_multicast &= !t->multicast.needs_large;
    tftp_ask_choose(&ask, plain ? TFTP_OPTIONS_NONE : t->level, &t->request, &known);
    if (ask.multicast && t->multicast.is_repair)
        ask.window = 0;
    emitted = ask;
    emitted.multicast = ask.multicast && (is_known || t->retry.attempts % 4 != TRIES_WITH_MULTICAST);
    tftp_request_emit(w, t->request.directory ? TFTP_DIR : TFTP_RRQ, t->file);
    tftp_ask_emit(&emitted, w);
    if (w->failed)
        return false;
    t->last_ask_was_plain = !ask.size;
    t->last_ask_was_multicast = emitted.multicast;
    t->multicast.requests += emitted.multicast;
    if (ask.size)
        t->asked = ask; /* with multicast all the same: the answer to an earlier request may come now */
    t->round_trip_from = t->retry.attempts == 0 ? now : 0;
    retry_sent(&t->retry, now, t->random);
    return true;
}

/* The time for a block is over. Returns false when it is not to be answered by repeating the ACK. */
static bool may_repeat_ack(struct tftp *t, time_us now)
{
    time_us silence = now - t->progressed;

    if (t->state == TFTP_DALLYING) {
        tftp_end(t, TFTP_DONE, STATUS_OK);
        return false;
    }
    if (silence >= SILENCE) {
        if (t->level < TFTP_OPTIONS_ONE_FRAME)
            t->level = TFTP_OPTIONS_ONE_FRAME;
        tftp_server_lost(t, now, "the server is silent", STATUS_TFTP_READ_TIMEOUT);
        return false;
    }
    if (t->window.next == 1 && t->block_size > TFTP_BLOCK_FRAME && silence >= FRAGMENT_PATIENCE) {
        t->experience->fragments_lost = true;
        tftp_owe_farewell(t, now, t->peer, TFTP_ERROR_OPTIONS, "blocks this large do not get through");
        tftp_ask_again(t, now, "no large block got through");
        return false;
    }
    return true;
}

static bool ack_output(struct tftp *t, time_us now, struct writer *w)
{
    bool is_repeated = t->retry.attempts != 0;
    bool is_stuck =
        t->state == TFTP_RECEIVING && now - t->progressed >= SILENCE; /* before even the first could leave */

    if ((is_repeated || is_stuck) && !may_repeat_ack(t, now))
        return false;
    tftp_ack_emit(w, tftp_window_ack_number(&t->window));
    if (w->failed)
        return false;
    tftp_window_acked(&t->window, now);
    t->timeouts += is_repeated;
    t->round_trip_from = is_repeated ? 0 : now;
    t->ack_sent = now;
    retry_sent(&t->retry, now, t->random);
    if (t->state == TFTP_DALLYING)
        t->retry.deadline = now + DALLY;
    return true;
}

static bool tftp_output(struct udp_client *udp, time_us now, struct writer *payload)
{
    struct tftp *t = tftp_of(udp);

    if (farewell_is_first(t))
        return tftp_farewell_output(&t->farewell, now, &t->stranger_told, payload);
    if (t->state == TFTP_REQUESTING)
        return request_output(t, now, payload);
    if (t->multicast.is_agreed && (t->state == TFTP_RECEIVING || t->state == TFTP_DALLYING))
        return tftp_multicast_output(t, now, payload);
    if (t->state == TFTP_RECEIVING || t->state == TFTP_DALLYING)
        return ack_output(t, now, payload);
    return false;
}

static time_us tftp_deadline(const struct udp_client *udp)
{
    const struct tftp *t = tftp_of(udp);

    return farewell_is_first(t) ? t->farewell.at : t->retry.deadline;
}

static struct udp_address tftp_destination(const struct udp_client *udp)
{
    const struct tftp *t = tftp_of(udp);

    if (farewell_is_first(t))
        return t->farewell.to;
    return t->state == TFTP_REQUESTING ? t->request.server : t->peer;
}

static void tftp_unreachable(struct udp_client *udp, time_us now, enum status why)
{
    struct tftp *t = tftp_of(udp);
    bool for_stranger = farewell_is_first(t) && t->farewell.is_for_stranger;

    if (why == STATUS_ARP_TIMEOUT && farewell_is_first(t))
        t->farewell.is_owed = false;
    if (for_stranger) {
        t->strangers_unreachable |= why == STATUS_ARP_TIMEOUT;
        return;
    }
    /* A stranger whom we told off may have gone; that says nothing about the server. */
    if (why != STATUS_ARP_TIMEOUT && t->stranger_told != 0 && now - t->stranger_told < SECONDS(1))
        return;
    t->unreachables += why != STATUS_ARP_TIMEOUT;
    if (t->state == TFTP_DALLYING) {
        tftp_end(t, TFTP_DONE, STATUS_OK); /* it had the last ACK, and left */
    } else if (t->state == TFTP_RECEIVING) {
        if (t->unreachables >= UNREACHABLE_RECEIVING || now - t->progressed >= SILENCE)
            tftp_server_lost(t, now, "the server has forgotten us", STATUS_TFTP_READ_TIMEOUT);
    } else if (t->state == TFTP_REQUESTING) {
        if (why == STATUS_ARP_TIMEOUT && now - t->asked_since >= (t->restarts == 0 ? SECONDS(10) : OPEN_PATIENCE))
            tftp_fail(t, STATUS_TFTP_CANNOT_ARP);
        else if (t->unreachables >= UNREACHABLE_OPEN && t->restarts == 0)
            tftp_fail(t, STATUS_TFTP_CANNOT_OPEN);
    }
}

enum status tftp_start(struct tftp *t, time_us now, const struct tftp_request *request,
                       struct tftp_experience *experience, struct random *random, struct log *log)
{
    static const struct udp_client_ops ops = {
        .input = tftp_input,
        .output = tftp_output,
        .destination = tftp_destination,
        .deadline = tftp_deadline,
        .unreachable = tftp_unreachable,
    };
    struct udp_client udp = t->udp;

    udp.ops = &ops;
    udp.group = 0;
    *t = (struct tftp){.udp = udp, .request = *request, .random = random, .log = log, .experience = experience};
    retry_stop(&t->retry);
    t->patience_min = PATIENCE_MIN;
    if (t->request.server.port == 0)
        t->request.server.port = TFTP_PORT;
    if (ipv4_value(request->server.ip) == 0 || request->file == NULL || request->file[0] == '\0' ||
        !text_copy(t->file, sizeof(t->file), text_slice(request->file)) ||
        (request->block_size_max != 0 &&
         (request->block_size_max < TFTP_BLOCK_DEFAULT || request->block_size_max > TFTP_BLOCK_MAX))) {
        t->state = TFTP_FAILED;
        t->status = STATUS_BAD_PARAMETER;
        return STATUS_BAD_PARAMETER;
    }
    t->request.file = t->file;
    t->status = STATUS_PENDING;
    t->asked_since = now;
    tftp_experience_meet(experience, ipv4_value(request->server.ip));
    retry_start(&t->retry, now, REQUEST_WAIT, LONGEST_WAIT);
    tftp_set_state(t, TFTP_REQUESTING);
    return STATUS_OK;
}

void tftp_resume(struct tftp *t, time_us now)
{
    if (!t->is_held)
        return;
    t->is_held = false;
    t->progressed = now;
    tftp_owe_ack(t, now);
}

void tftp_cancel(struct tftp *t, time_us now, enum status why)
{
    if (t->state == TFTP_REQUESTING)
        tftp_fail(t, why);
    else if (t->state == TFTP_RECEIVING)
        tftp_break_off(t, now, TFTP_ERROR_OTHER, "cancelled", why);
    else if (t->state == TFTP_DALLYING)
        tftp_end(t, TFTP_DONE, STATUS_OK);
}

bool tftp_is_complete(const struct tftp *t)
{
    return t->state == TFTP_DALLYING || t->state == TFTP_DONE;
}

bool tftp_is_quiet(const struct tftp *t)
{
    return tftp_deadline(&t->udp) == TIME_NEVER && t->state != TFTP_RECEIVING && t->state != TFTP_REQUESTING;
}
