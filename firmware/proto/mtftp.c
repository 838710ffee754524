/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/proto/mtftp.h"

#include "firmware/base/text.h"
#include "firmware/proto/mtftp_machine.h"
#include "firmware/proto/tftp_error.h"
#include "firmware/wire/tftp_packet.h"

/*
 * The policy of a thousand clients on one group. An opening is silenced by the first block that is heard, about a round
 * trip after somebody else's: a spread of 100 ms makes a thousand clients send ten RRQs per millisecond of it.
 */
#define OPEN_SPREAD   SECONDS(1)        /* clients switched on together do not ask together */
#define REOPEN_SPREAD MILLISECONDS(100) /* half of it by what is here already, half by chance */
#define END_PAUSE     MILLISECONDS(20)  /* after a last block, instead of the reopen delay: the ACK is on its way */
#define REQUEST_WAIT  MILLISECONDS(500)
#define LONGEST_WAIT  SECONDS(4)
#define BUSY_PATIENCE SECONDS(36)  /* for an answer where the group was heard: atftpd forgets a session after 30 s */
#define MUTE_PATIENCE SECONDS(3)   /* for the first block by multicast, when one came by unicast */
#define SILENCE       SECONDS(16)  /* of a session of ours; servers that repeat on their own do so every 1 to 5 s */
#define STARVED       SECONDS(120) /* while others' sessions bring nothing new */
#define DALLY         SECONDS(6)

#define PATIENCE_MIN     MILLISECONDS(20)
#define PATIENCE_UNKNOWN MILLISECONDS(250)

enum {
    OPEN_TIMEOUTS = 2, /* with the listening before, three time-outs until unicast */
    FRUITLESS_MAX = 3,
    START_OVERS_TRUSTING = 1,
    START_OVERS_MAX = 3,
    UNREACHABLE_MAX = 2,
    REPEATS_OF_SKIP = 2, /* before the block is acknowledged itself */
    FAILED_SKIPS_MAX = 3,
    LAST_ACKS = 3,      /* at once: as long as it waits for one, the server takes no other client, and we may be gone */
    REPAIR_BLOCKS = 64, /* so few are no matter, and not more than ... */
    REPAIR_SHARE = 8,   /* ... this part of the file is what got lost here and there, not missed as a whole */
};

static struct mtftp *mtftp_of(const struct udp_client *udp)
{
    return (struct mtftp *)udp; /* udp is its first member */
}

static time_us seconds_or_one(uint8_t s)
{
    return SECONDS(s != 0 ? s : 1);
}

void mtftp_set_state(struct mtftp *m, time_us now, enum mtftp_state state)
{
    static const char *const names[] = {"idle", "listening", "opening", "receiving", "complete", "done", "failed"};

    m->turned = now;
    if (m->state == state)
        return;
    m->state = state;
    log_print(m->log, LOG_INFO, "mtftp: %s %s: %u of %u blocks, %u useless, %u ignored, %u requests: %s", names[state],
              m->file, (unsigned)m->request.map->count, m->last, (unsigned)m->blocks_useless, (unsigned)m->ignored,
              (unsigned)m->requests, m->status == STATUS_PENDING ? "going on" : status_text(m->status));
}

/* --- listening --------------------------------------------------------------------------------------------------- */

/* Who has less goes first (PXE 2.1): his session brings more to everybody. */
void mtftp_draw(struct mtftp *m)
{
    uint32_t of = m->last != 0 ? m->last : m->highest, half = (uint32_t)(REOPEN_SPREAD / 2);

    if (of == 0)
        m->spread = random_below(m->random, (uint32_t)OPEN_SPREAD);
    else
        m->spread = half / 256 * (m->request.map->count * 256 / of) + random_below(m->random, half);
}

/*
 * Who joined in the middle is not the only one while machines are being switched on: were each to open at once, the
 * next would join in the middle of that session, and so on. Repairs need not wait for that.
 */
void mtftp_heard(struct mtftp *m, time_us now, bool was_last)
{
    uint32_t missing = m->last - m->request.map->count;
    bool is_repair = m->last != 0 && (missing <= REPAIR_BLOCKS || missing <= m->last / REPAIR_SHARE);

    m->opens_at = now + m->spread + (was_last && is_repair ? END_PAUSE : seconds_or_one(m->request.group.reopen_s));
}

static void end(struct mtftp *m, time_us now)
{
    retry_stop(&m->retry);
    m->status = STATUS_OK;
    mtftp_set_state(m, now, MTFTP_DONE);
}

void mtftp_session_over(struct mtftp *m, time_us now, bool was_last, const char *reason)
{
    log_print(m->log, LOG_INFO, "mtftp: session over: %s: it brought %u blocks", reason,
              (unsigned)m->session.blocks_new);
    if (mtftp_has_all(m)) {
        end(m, now); /* the last block was asked for once more, for those who listen */
        return;
    }
    m->fruitless = m->session.blocks_new == 0 ? m->fruitless + 1 : 0;
    m->session.is_ours = false;
    m->ends_after_ack = false;
    if (m->fruitless >= FRUITLESS_MAX) {
        mtftp_give_up(m, now, STATUS_TFTP_READ_TIMEOUT, "session after session brings nothing");
        return;
    }
    mtftp_draw(m);
    mtftp_heard(m, now, was_last);
    mtftp_set_state(m, now, MTFTP_LISTENING);
}

/* --- the end ----------------------------------------------------------------------------------------------------- */

void mtftp_owe_error(struct mtftp *m, time_us now, uint16_t port, uint16_t code, const char *text)
{
    struct udp_address to = {.ip = m->request.server, .port = port};

    m->farewell = (struct tftp_farewell){.is_owed = true, .to = to, .at = now, .code = code, .text = text};
}

static void fail(struct mtftp *m, time_us now, enum status status)
{
    if (m->state == MTFTP_RECEIVING)
        mtftp_owe_error(m, now, m->session.port, TFTP_ERROR_OTHER, "transfer given up");
    retry_stop(&m->retry);
    m->status = status;
    mtftp_set_state(m, now, MTFTP_FAILED);
}

void mtftp_give_up(struct mtftp *m, time_us now, enum status status, const char *reason)
{
    log_print(m->log, LOG_WARN, "mtftp: no multicast for %s: %s", m->file, reason);
    m->wants_unicast = true;
    fail(m, now, status);
}

static void forget_blocks(struct mtftp *m)
{
    block_map_clear(m->request.map);
    m->received = m->size = 0;
    m->last = m->highest = 0;
    m->has_first_sum = m->is_confirmed = false;
}

void mtftp_give_up_all(struct mtftp *m, time_us now, enum status status, const char *reason)
{
    forget_blocks(m);
    mtftp_give_up(m, now, status, reason);
}

bool mtftp_start_over(struct mtftp *m, time_us now, const char *reason)
{
    m->start_overs++;
    if (m->start_overs >= START_OVERS_MAX) {
        mtftp_give_up_all(m, now, STATUS_TFTP_CANNOT_READ, reason);
        return false;
    }
    log_print(m->log, LOG_WARN, "mtftp: starting %s over: %s", m->file, reason);
    forget_blocks(m);
    m->distrusts_others = m->start_overs > START_OVERS_TRUSTING;
    return true;
}

void mtftp_finish(struct mtftp *m, time_us now)
{
    bool is_ours = m->state == MTFTP_RECEIVING;

    m->status = STATUS_OK;
    retry_stop(&m->retry);
    mtftp_set_state(m, now, is_ours ? MTFTP_DALLYING : MTFTP_DONE);
    if (is_ours)
        mtftp_owe_ack(m, now, m->last);
}

/* --- output ------------------------------------------------------------------------------------------------------ */

static uint16_t swapped(uint16_t port)
{
    return (uint16_t)(port >> 8 | port << 8);
}

static void swap_ports(struct mtftp *m, time_us now)
{
    m->request.group.client_port = swapped(m->request.group.client_port);
    m->request.group.server_port = swapped(m->request.group.server_port);
    m->udp.group_port = m->request.group.client_port;
    m->ports_are_swapped = true;
    m->unreachables = 0;
    m->turned = now;
    log_print(m->log, LOG_INFO, "mtftp: trying ports %u and %u", m->request.group.client_port,
              m->request.group.server_port);
}

static bool may_swap(const struct mtftp *m)
{
    return m->request.group.ports_may_be_swapped && !m->ports_are_swapped && !m->has_heard_group &&
           m->sessions_ours == 0;
}

static time_us open_patience(const struct mtftp *m)
{
    time_us patience = seconds_or_one(m->request.group.open_s) * OPEN_TIMEOUTS;

    if (may_swap(m))
        return patience / 2;
    return (m->has_heard_group || m->sessions_ours != 0) && patience < BUSY_PATIENCE ? BUSY_PATIENCE : patience;
}

static bool request_output(struct mtftp *m, time_us now, struct writer *w)
{
    if (now - m->turned >= open_patience(m)) {
        if (may_swap(m)) {
            swap_ports(m, now);
            return false; /* the packet would go to the port it was addressed to before */
        }
        mtftp_give_up(m, now, STATUS_TFTP_OPEN_TIMEOUT, "nobody answers");
        return false;
    }
    tftp_request_emit(w, TFTP_RRQ, m->file);
    if (w->failed)
        return false;
    m->requests++;
    m->has_asked = true;
    m->requested = now;
    retry_sent(&m->retry, now, m->random);
    return true;
}

static bool opens(struct mtftp *m, time_us now)
{
    if (now - m->progressed >= STARVED) {
        mtftp_give_up(m, now, STATUS_TFTP_READ_TIMEOUT, "others' sessions bring nothing new");
        return false;
    }
    m->unreachables = 0;
    retry_start(&m->retry, now, REQUEST_WAIT, LONGEST_WAIT);
    mtftp_set_state(m, now, MTFTP_OPENING);
    return true;
}

static time_us block_patience(const struct mtftp *m)
{
    time_us wait = m->round_trip * 4;

    if (m->round_trip == 0)
        return PATIENCE_UNKNOWN;
    return wait < PATIENCE_MIN ? PATIENCE_MIN : time_earlier(wait, LONGEST_WAIT);
}

void mtftp_owe_ack(struct mtftp *m, time_us now, uint16_t block)
{
    m->owed = block;
    retry_start(&m->retry, now, block_patience(m), LONGEST_WAIT);
}

void mtftp_acknowledge_each(struct mtftp *m)
{
    if (m->session.awaited != m->session.block + 1 && ++m->failed_skips >= FAILED_SKIPS_MAX)
        m->seeks = MTFTP_SEEKS_NO;
    m->owed = m->session.block;
    m->session.awaited = (uint16_t)(m->session.block + 1);
    m->ends_after_ack = m->session.block == m->last;
}

/* The time for a block is over. Returns false when it is not to be answered by repeating the ACK. */
static bool may_repeat_ack(struct mtftp *m, time_us now)
{
    time_us silence = now - m->session.heard;

    if (m->state == MTFTP_DALLYING) {
        if (m->retry.attempts < LAST_ACKS)
            return true;
        end(m, now);
        return false;
    }
    if (!m->has_heard_group && silence >= MUTE_PATIENCE) {
        mtftp_give_up(m, now, STATUS_TFTP_NO_MULTICAST, "the server answers, but nothing comes by the group");
        return false;
    }
    if (silence >= SILENCE) {
        mtftp_owe_error(m, now, m->session.port, TFTP_ERROR_OTHER, "no answer");
        mtftp_session_over(m, now, false, "the server is silent");
        return false;
    }
    if (m->owed != m->session.block && m->seeks == MTFTP_SEEKS_UNKNOWN && m->retry.attempts >= REPEATS_OF_SKIP)
        mtftp_acknowledge_each(m);
    return true;
}

static bool ack_output(struct mtftp *m, time_us now, struct writer *w)
{
    bool is_repeated = m->retry.attempts != 0;

    if ((is_repeated || now - m->session.heard >= SILENCE) && !may_repeat_ack(m, now))
        return false;
    tftp_ack_emit(w, m->owed);
    if (w->failed)
        return false;
    m->repeats += is_repeated;
    m->ack_sent = now;
    retry_sent(&m->retry, now, m->random);
    if ((m->state == MTFTP_DALLYING || m->ends_after_ack) && m->retry.attempts < LAST_ACKS)
        m->retry.deadline = now;
    else if (m->state == MTFTP_DALLYING)
        m->retry.deadline = now + DALLY;
    else if (m->ends_after_ack)
        mtftp_session_over(m, now, true, "its last block came");
    return true;
}

static bool mtftp_output(struct udp_client *udp, time_us now, struct writer *payload)
{
    struct mtftp *m = mtftp_of(udp);
    time_us nobody_told = 0;

    if (m->farewell.is_owed)
        return tftp_farewell_output(&m->farewell, now, &nobody_told, payload);
    if (m->state == MTFTP_LISTENING && !opens(m, now))
        return false;
    if (m->state == MTFTP_OPENING)
        return request_output(m, now, payload);
    if (m->state == MTFTP_RECEIVING || m->state == MTFTP_DALLYING)
        return ack_output(m, now, payload);
    return false;
}

static time_us mtftp_deadline(const struct udp_client *udp)
{
    const struct mtftp *m = mtftp_of(udp);

    if (m->farewell.is_owed)
        return m->farewell.at;
    if (m->state == MTFTP_LISTENING)
        return time_earlier(m->opens_at, m->progressed + STARVED);
    return m->state == MTFTP_OPENING ? time_earlier(m->turned + open_patience(m), m->retry.deadline)
                                     : m->retry.deadline;
}

static struct udp_address mtftp_destination(const struct udp_client *udp)
{
    const struct mtftp *m = mtftp_of(udp);
    bool has_peer = m->state == MTFTP_RECEIVING || m->state == MTFTP_DALLYING;

    if (m->farewell.is_owed)
        return m->farewell.to;
    return (struct udp_address){.ip = m->request.server,
                                .port = has_peer ? m->session.port : m->request.group.server_port};
}

static void mtftp_unreachable(struct udp_client *udp, time_us now, enum status why)
{
    struct mtftp *m = mtftp_of(udp);

    if (why == STATUS_ARP_TIMEOUT)
        m->farewell.is_owed = false;
    m->unreachables += why != STATUS_ARP_TIMEOUT;
    if (m->state == MTFTP_DALLYING) {
        end(m, now); /* it had the last ACK, and left */
    } else if (m->state == MTFTP_FAILED || m->state == MTFTP_DONE || m->state == MTFTP_IDLE) {
        return;
    } else if (why == STATUS_ARP_TIMEOUT) {
        mtftp_give_up(m, now, STATUS_TFTP_CANNOT_ARP, "the server's link address is not known");
        m->farewell.is_owed = false;
    } else if (m->unreachables < UNREACHABLE_MAX) {
        return;
    } else if (m->state == MTFTP_RECEIVING) {
        mtftp_session_over(m, now, false, "the server has forgotten us");
    } else if (m->state == MTFTP_OPENING && may_swap(m)) {
        swap_ports(m, now);
    } else if (m->state == MTFTP_OPENING) {
        mtftp_give_up(m, now, STATUS_TFTP_CANNOT_OPEN, "nobody listens at the server's port");
    }
}

/* --- start and cancel -------------------------------------------------------------------------------------------- */

static bool request_is_wrong(const struct mtftp_request *r)
{
    return ipv4_value(r->server) == 0 || r->file == NULL || r->file[0] == '\0' ||
           text_length(r->file) > TFTP_FILE_NAME_MAX || !ipv4_is_multicast(r->group.address) ||
           r->group.client_port == 0 || r->group.server_port == 0;
}

enum status mtftp_start(struct mtftp *m, time_us now, const struct mtftp_request *request, struct random *random,
                        struct log *log)
{
    static const struct udp_client_ops ops = {
        .input = mtftp_input,
        .output = mtftp_output,
        .destination = mtftp_destination,
        .deadline = mtftp_deadline,
        .unreachable = mtftp_unreachable,
    };
    struct udp_client udp = m->udp;

    udp.ops = &ops;
    udp.group = 0;
    *m = (struct mtftp){.udp = udp, .request = *request, .random = random, .log = log};
    retry_stop(&m->retry);
    if (request_is_wrong(request)) {
        m->state = MTFTP_FAILED;
        m->status = STATUS_BAD_PARAMETER;
        return STATUS_BAD_PARAMETER;
    }
    (void)text_copy(m->file, sizeof(m->file), text_slice(request->file));
    m->request.file = m->file;
    m->udp.group = request->group.address;
    m->udp.group_port = request->group.client_port;
    m->status = STATUS_PENDING;
    m->began = m->progressed = now;
    block_map_clear(request->map);
    mtftp_draw(m);
    m->opens_at = now + seconds_or_one(request->group.open_s) + m->spread;
    mtftp_set_state(m, now, MTFTP_LISTENING);
    return STATUS_OK;
}

void mtftp_cancel(struct mtftp *m, time_us now, enum status why)
{
    if (m->state == MTFTP_LISTENING || m->state == MTFTP_OPENING || m->state == MTFTP_RECEIVING)
        fail(m, now, why);
    else if (m->state == MTFTP_DALLYING)
        end(m, now);
}

bool mtftp_is_complete(const struct mtftp *m)
{
    return m->state == MTFTP_DALLYING || m->state == MTFTP_DONE;
}

bool mtftp_is_quiet(const struct mtftp *m)
{
    return !m->farewell.is_owed && (m->state == MTFTP_IDLE || m->state == MTFTP_DONE || m->state == MTFTP_FAILED);
}
