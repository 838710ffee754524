/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/proto/tftp_write.h"

#include "firmware/base/text.h"
#include "firmware/proto/tftp_error.h"
#include "firmware/wire/tftp_packet.h"

#define REQUEST_WAIT     MILLISECONDS(500)
#define LONGEST_WAIT     SECONDS(4)
#define PATIENCE_MIN     MILLISECONDS(50) /* servers write to disks */
#define PATIENCE_UNKNOWN MILLISECONDS(500)
#define OPEN_PATIENCE    SECONDS(36)
#define ARP_PATIENCE     SECONDS(10)
#define SILENCE          SECONDS(64)
#define STRANGER_PAUSE   SECONDS(1)

enum {
    TRIES_WITH_OPTIONS = 4, /* then every other request is a plain one */
    UNREACHABLE_OPEN = 3,
    UNREACHABLE_SENDING = 2,
};

static struct tftp_write *write_of(const struct udp_client *udp)
{
    return (struct tftp_write *)udp; /* udp is its first member */
}

static void end(struct tftp_write *t, enum tftp_write_state state, enum status status)
{
    retry_stop(&t->retry);
    t->state = state;
    t->status = status;
    log_print(t->log, LOG_INFO, "tftp: write of %s: %llu of %llu bytes: %s", t->file, (unsigned long long)t->acked,
              (unsigned long long)t->request.bytes.len, status_text(status));
}

static void fail(struct tftp_write *t, enum status status)
{
    end(t, TFTP_WRITE_FAILED, status);
}

static void owe_farewell(struct tftp_write *t, time_us now, struct udp_address to, uint16_t code, const char *text)
{
    t->farewell = (struct tftp_farewell){.is_owed = true, .to = to, .at = now, .code = code, .text = text};
}

static time_us patience(const struct tftp_write *t)
{
    time_us four = t->round_trip * 4;

    if (t->round_trip == 0)
        return PATIENCE_UNKNOWN;
    return four < PATIENCE_MIN ? PATIENCE_MIN : time_earlier(four, LONGEST_WAIT);
}

static uint64_t block_at(const struct tftp_write *t)
{
    return (t->block - 1) * t->block_size;
}

/* The last block is the first that is not full; it may be empty. */
static struct slice block_bytes(const struct tftp_write *t)
{
    return slice_first(slice_from(t->request.bytes, (size_t)block_at(t)), t->block_size);
}

static void owe_block(struct tftp_write *t, time_us now, uint64_t block)
{
    t->block = block;
    t->progressed = now;
    t->unreachables = 0;
    t->sent_at = 0;
    retry_start(&t->retry, now, patience(t), LONGEST_WAIT);
}

/* --- output ------------------------------------------------------------------------------------------------------ */

static bool request_output(struct tftp_write *t, time_us now, struct writer *w)
{
    bool is_plain = t->is_plain || (t->retry.attempts >= TRIES_WITH_OPTIONS && t->retry.attempts % 2 == 0);

    if (now - t->progressed >= OPEN_PATIENCE) {
        fail(t, STATUS_TFTP_OPEN_TIMEOUT);
        return false;
    }
    tftp_request_emit(w, TFTP_WRQ, t->file);
    if (!is_plain) {
        tftp_option_emit(w, "tsize", t->request.bytes.len);
        tftp_option_emit(w, "blksize", t->request.block_size_max);
    }
    if (w->failed)
        return false;
    if (!is_plain)
        t->asked = (struct tftp_ask){.size = true, .block_size = t->request.block_size_max};
    retry_sent(&t->retry, now, t->random);
    return true;
}

static bool block_output(struct tftp_write *t, time_us now, struct writer *w)
{
    if (now - t->progressed >= SILENCE) {
        fail(t, STATUS_TFTP_READ_TIMEOUT);
        return false;
    }
    tftp_data_emit(w, (uint16_t)t->block, block_bytes(t));
    if (w->failed)
        return false;
    t->sent_at = t->retry.attempts == 0 ? now : 0;
    retry_sent(&t->retry, now, t->random);
    return true;
}

static bool write_output(struct udp_client *udp, time_us now, struct writer *payload)
{
    struct tftp_write *t = write_of(udp);

    if (t->farewell.is_owed)
        return tftp_farewell_output(&t->farewell, now, &t->stranger_told, payload);
    if (t->state == TFTP_WRITE_REQUESTING)
        return request_output(t, now, payload);
    return t->state == TFTP_WRITE_SENDING && block_output(t, now, payload);
}

static time_us write_deadline(const struct udp_client *udp)
{
    const struct tftp_write *t = write_of(udp);

    return t->farewell.is_owed ? t->farewell.at : t->retry.deadline;
}

static struct udp_address write_destination(const struct udp_client *udp)
{
    const struct tftp_write *t = write_of(udp);

    if (t->farewell.is_owed)
        return t->farewell.to;
    return t->state == TFTP_WRITE_REQUESTING ? t->request.server : t->peer;
}

/* --- input ------------------------------------------------------------------------------------------------------- */

/* A repeated request may start a second transfer at the server: it must not wait for our blocks. */
static void stranger(struct tftp_write *t, time_us now, const struct udp_address *from,
                     const struct tftp_packet *packet)
{
    bool asks_for_blocks = packet->opcode == TFTP_ACK || packet->opcode == TFTP_OACK;

    /* Another host is not told: finding it may take ARP seconds that are the server's. */
    if (!asks_for_blocks || t->farewell.is_owed || from->port == 0 || !ip_equal(&from->ip, &t->request.server.ip) ||
        (t->stranger_told != 0 && now - t->stranger_told < STRANGER_PAUSE))
        return;
    owe_farewell(t, now, *from, TFTP_ERROR_UNKNOWN_TID, "unknown transfer ID");
    t->farewell.is_for_stranger = true;
}

static void server_failed(struct tftp_write *t, const struct tftp_packet *error)
{
    fail(t, tftp_error_take(error, &t->server_error, t->server_text, sizeof(t->server_text)));
}

static void connect(struct tftp_write *t, time_us now, const struct udp_address *from, uint16_t block_size)
{
    t->peer = *from;
    t->block_size = block_size;
    t->state = TFTP_WRITE_SENDING;
    log_print(t->log, LOG_INFO, "tftp: writing %s: blocks of %u", t->file, block_size);
    owe_block(t, now, 1);
}

static void ask_plainly(struct tftp_write *t, time_us now)
{
    t->is_plain = true;
    t->progressed = now;
    retry_start(&t->retry, now, REQUEST_WAIT, LONGEST_WAIT);
}

/* Of a request, neither an unknown transfer nor options that it has not got can be said: it is about a former one. */
static bool is_late_error(const struct tftp_write *t, uint16_t code)
{
    return code == TFTP_ERROR_UNKNOWN_TID || (code == TFTP_ERROR_OPTIONS && t->is_plain);
}

static void input_requesting(struct tftp_write *t, time_us now, const struct udp_address *from,
                             const struct tftp_packet *packet)
{
    bool about_options = packet->opcode == TFTP_ERROR &&
                         (packet->number == TFTP_ERROR_OPTIONS || packet->number == TFTP_ERROR_ILLEGAL_OPERATION);
    struct tftp_answer answer;

    if (t->retry.attempts == 0)
        return; /* nothing has been asked yet: it answers a former request */
    if (packet->opcode == TFTP_ACK && packet->number == 0) {
        connect(t, now, from, TFTP_BLOCK_DEFAULT);
    } else if (packet->opcode == TFTP_OACK && t->is_plain) {
        stranger(t, now, from, packet);
    } else if (packet->opcode == TFTP_OACK) {
        if (tftp_answer_parse(packet->body, &t->asked, &answer) == TFTP_ANSWER_GOOD) {
            connect(t, now, from, answer.block_size);
            return;
        }
        ask_plainly(t, now);
        owe_farewell(t, now, *from, TFTP_ERROR_OPTIONS, "this is not what was asked for");
    } else if (about_options && !t->is_plain) {
        ask_plainly(t, now);
    } else if (packet->opcode == TFTP_ERROR && !is_late_error(t, packet->number)) {
        server_failed(t, packet);
    }
}

static void take_ack(struct tftp_write *t, time_us now)
{
    size_t len = block_bytes(t).len;

    if (t->sent_at != 0)
        t->round_trip =
            t->round_trip == 0 ? now - t->sent_at : t->round_trip - t->round_trip / 8 + (now - t->sent_at) / 8;
    t->acked = block_at(t) + len;
    if (len < t->block_size)
        end(t, TFTP_WRITE_DONE, STATUS_OK);
    else
        owe_block(t, now, t->block + 1);
}

static void write_input(struct udp_client *udp, time_us now, const struct udp_datagram *datagram)
{
    struct tftp_write *t = write_of(udp);
    struct reader r = reader_of(datagram->payload);
    const struct udp_address *from = &datagram->from;
    struct tftp_packet packet;

    if (!tftp_packet_parse(&r, &packet) || !ip_equal(&from->ip, &t->request.server.ip))
        return;
    if (t->state == TFTP_WRITE_REQUESTING)
        input_requesting(t, now, from, &packet);
    else if (t->state != TFTP_WRITE_SENDING)
        return;
    else if (from->port != t->peer.port)
        stranger(t, now, from, &packet);
    else if (packet.opcode == TFTP_ERROR)
        server_failed(t, &packet);
    else if (packet.opcode == TFTP_ACK && packet.number == (uint16_t)t->block && t->retry.attempts != 0)
        take_ack(t, now);
}

static void write_unreachable(struct udp_client *udp, time_us now, enum status why)
{
    struct tftp_write *t = write_of(udp);

    if (why == STATUS_ARP_TIMEOUT) {
        t->farewell.is_owed = false;
        if (t->state == TFTP_WRITE_REQUESTING && now - t->progressed >= ARP_PATIENCE)
            fail(t, STATUS_TFTP_CANNOT_ARP);
        return;
    }
    /* A stranger whom we told off may have gone; that says nothing about the server. */
    if (t->stranger_told != 0 && now - t->stranger_told < STRANGER_PAUSE)
        return;
    t->unreachables++;
    if (t->state == TFTP_WRITE_REQUESTING && t->unreachables >= UNREACHABLE_OPEN)
        fail(t, STATUS_TFTP_CANNOT_OPEN);
    else if (t->state == TFTP_WRITE_SENDING && t->unreachables >= UNREACHABLE_SENDING)
        fail(t, STATUS_TFTP_READ_TIMEOUT);
}

static const struct udp_client_ops write_ops = {
    .input = write_input,
    .output = write_output,
    .destination = write_destination,
    .deadline = write_deadline,
    .unreachable = write_unreachable,
};

/* --- what callers call ------------------------------------------------------------------------------------------- */

enum status tftp_write_start(struct tftp_write *t, time_us now, const struct tftp_write_request *request,
                             struct random *random, struct log *log)
{
    struct udp_client udp = t->udp;

    udp.ops = &write_ops;
    *t = (struct tftp_write){.udp = udp, .request = *request, .random = random, .log = log};
    retry_stop(&t->retry);
    if (t->request.server.port == 0)
        t->request.server.port = TFTP_PORT;
    if (t->request.block_size_max == 0 || t->request.block_size_max > TFTP_BLOCK_FRAME)
        t->request.block_size_max = TFTP_BLOCK_FRAME;
    if (ipv4_value(request->server.ip) == 0 || request->file == NULL || request->file[0] == '\0' ||
        !text_copy(t->file, sizeof(t->file), text_slice(request->file)) ||
        t->request.block_size_max < TFTP_BLOCK_DEFAULT) {
        t->state = TFTP_WRITE_FAILED;
        t->status = STATUS_BAD_PARAMETER;
        return STATUS_BAD_PARAMETER;
    }
    t->request.file = t->file;
    t->state = TFTP_WRITE_REQUESTING;
    t->status = STATUS_PENDING;
    t->progressed = now;
    retry_start(&t->retry, now, REQUEST_WAIT, LONGEST_WAIT);
    return STATUS_OK;
}

void tftp_write_cancel(struct tftp_write *t, time_us now, enum status why)
{
    bool is_sending = t->state == TFTP_WRITE_SENDING;

    if (t->status != STATUS_PENDING)
        return;
    fail(t, why);
    if (is_sending)
        owe_farewell(t, now, t->peer, TFTP_ERROR_OTHER, "cancelled");
}

bool tftp_write_is_quiet(const struct tftp_write *t)
{
    return t->status != STATUS_PENDING && !t->farewell.is_owed;
}
