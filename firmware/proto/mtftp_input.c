/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/proto/mtftp_machine.h"
#include "firmware/proto/tftp_error.h"
#include "firmware/wire/tftp_packet.h"

#define QUIET_MIN   MILLISECONDS(10)  /* duplicates within that time are the network's, not the server's */
#define OVERLAP     MILLISECONDS(100) /* how late the network may bring packets of a session that another one followed */
#define LISTENED    MILLISECONDS(200) /* for so long before, a session that begins now cannot have been under way */
#define DALLY_MAX   SECONDS(15)       /* for a server that does not hear the last ACK */
#define ANSWER_LATE SECONDS(30)       /* after an RRQ, and it may still be answered */

enum {
    FIRST_BLOCKS = 8,    /* the first block heard of a session that was heard from its beginning, some being lost */
    RETURNS_MAX = 4,     /* to the session before, within a second each: no network reorders for so long */
    END_OF_ROUND = 65000 /* where block numbers may be about to roll over */
};

/* FNV-1a: whether two blocks are the same, at no more cost than that. */
static uint32_t sum_of(struct slice bytes)
{
    uint32_t sum = 2166136261u;

    for (size_t n = 0; n < bytes.len; n++)
        sum = (sum ^ bytes.data[n]) * 16777619u;
    return sum;
}

/* --- blocks ------------------------------------------------------------------------------------------------------ */

/* Whether this can be a block of the file that the others are of. */
static bool agrees(const struct mtftp *m, const struct tftp_packet *data)
{
    bool is_last = data->body.len < MTFTP_BLOCK;

    if (data->number == 1 && m->has_first_sum && m->first_sum != sum_of(data->body))
        return false;
    if (!is_last)
        return m->last == 0 || data->number < m->last;
    if (m->last == 0)
        return data->number >= m->highest && !block_map_has(m->request.map, data->number);
    return data->number == m->last && m->size == (uint64_t)(m->last - 1) * MTFTP_BLOCK + data->body.len &&
           m->last_sum == sum_of(data->body);
}

static void note(struct mtftp *m, const struct tftp_packet *data)
{
    if (data->number == 1) {
        m->has_first_sum = true;
        m->first_sum = sum_of(data->body);
    }
    if (data->number > m->highest)
        m->highest = data->number;
    if (data->body.len < MTFTP_BLOCK) {
        m->last = data->number;
        m->last_sum = sum_of(data->body);
        m->size = (uint64_t)(m->last - 1) * MTFTP_BLOCK + data->body.len;
    }
}

/* Into the sink, if it is new. False when the machine ended over it. */
static bool place(struct mtftp *m, time_us now, const struct tftp_packet *data)
{
    enum status status = STATUS_OK;

    if (data->number == BLOCK_MAP_MAX && data->body.len == MTFTP_BLOCK) {
        mtftp_give_up_all(m, now, STATUS_TFTP_CANNOT_READ, "the file has more than 65535 blocks");
        return false;
    }
    if (!agrees(m, data)) {
        if (!mtftp_start_over(m, now, "blocks of different files came"))
            return false;
        if (m->distrusts_others && !m->session.is_ours)
            return true;
    }
    if (block_map_has(m->request.map, data->number)) {
        m->blocks_useless++;
    } else {
        if (data->body.len != 0)
            status = m->request.sink->write(m->request.sink, (uint64_t)(data->number - 1) * MTFTP_BLOCK, data->body);
        if (status != STATUS_OK) {
            mtftp_give_up(m, now, status, "it does not fit");
            return false;
        }
        (void)block_map_add(m->request.map, data->number);
        m->received += data->body.len;
        m->blocks_new++;
        m->session.blocks_new++;
        m->progressed = now;
        note(m, data);
    }
    if (data->number == m->last && m->session.is_whole)
        m->is_confirmed = true;
    return true;
}

bool mtftp_has_all(const struct mtftp *m)
{
    return m->is_confirmed && m->request.map->count == m->last;
}

/* --- a session of ours ------------------------------------------------------------------------------------------- */

/* The block to ask for next, `came` being here now: the next hole, and in the end the last block, so that all hear it.
 */
static uint16_t next_wanted(const struct mtftp *m, uint16_t came)
{
    uint16_t hole = block_map_missing(m->request.map, (uint16_t)(came + 1), m->last != 0 ? m->last : BLOCK_MAP_MAX);

    if (came == m->last)
        return block_map_missing(m->request.map, 1, m->last);
    return hole != 0 ? hole : m->last;
}

static void acknowledge(struct mtftp *m, time_us now, uint16_t came)
{
    struct mtftp_session *s = &m->session;
    uint16_t wanted;

    s->block = came;
    s->heard = now;
    m->unreachables = 0;
    if (came == m->last && mtftp_has_all(m)) {
        mtftp_finish(m, now);
        return;
    }
    wanted = next_wanted(m, came);
    if (m->seeks == MTFTP_SEEKS_NO || wanted == 0) {
        mtftp_acknowledge_each(m);
        wanted = s->awaited;
    }
    s->awaited = wanted;
    mtftp_owe_ack(m, now, (uint16_t)(wanted - 1));
}

static void take_sample(struct mtftp *m, time_us now)
{
    time_us sample = now - m->ack_sent;

    if (m->retry.attempts != 1)
        return; /* which ACK it answers is not known, or none was sent */
    m->round_trip = m->round_trip == 0 ? sample : m->round_trip + sample / 8 - m->round_trip / 8;
    if (m->round_trip == 0)
        m->round_trip = 1;
}

/* The server still is at the block that is acknowledged already. */
static void repeated(struct mtftp *m, time_us now)
{
    struct mtftp_session *s = &m->session;

    if (m->retry.attempts == 0 || now - m->ack_sent < (m->round_trip > QUIET_MIN ? m->round_trip : QUIET_MIN))
        return;
    if (s->awaited != s->block + 1 && m->seeks == MTFTP_SEEKS_UNKNOWN)
        mtftp_acknowledge_each(m);
    mtftp_owe_ack(m, now, m->owed);
}

static void receive(struct mtftp *m, time_us now, const struct tftp_packet *data)
{
    struct mtftp_session *s = &m->session;
    bool was_skip = s->awaited != s->block + 1;

    if (!place(m, now, data))
        return;
    if (data->number == s->awaited) {
        if (was_skip)
            m->seeks = MTFTP_SEEKS_YES;
        take_sample(m, now);
        acknowledge(m, now, data->number);
    } else if (m->seeks != MTFTP_SEEKS_YES && data->number > s->block) {
        mtftp_acknowledge_each(m); /* it counts ACKs, whatever is in them, repeated ones too: on from there */
        take_sample(m, now);
        acknowledge(m, now, data->number);
    } else if (data->number == s->block) {
        repeated(m, now);
    }
}

/* By unicast comes the first block alone, and only to whom the session belongs. */
static void own(struct mtftp *m, time_us now, uint16_t port, const struct tftp_packet *data)
{
    if (data->number != 1 || !m->has_asked || now - m->requested > ANSWER_LATE) {
        m->ignored++;
        return;
    }
    m->session = (struct mtftp_session){
        .is_known = true,
        .is_whole = true,
        .is_ours = true,
        .port = port,
        .former_port = m->session.is_known && m->session.port != port ? m->session.port : 0,
        .awaited = 1,
        .began = now,
        .heard = now,
    };
    m->has_asked = false;
    m->sessions_ours++;
    m->ends_after_ack = false;
    retry_stop(&m->retry);
    m->retry.attempts = 0;
    mtftp_set_state(m, now, MTFTP_RECEIVING);
    receive(m, now, data);
}

/* --- somebody else's --------------------------------------------------------------------------------------------- */

static void new_session(struct mtftp *m, time_us now, uint16_t port, const struct tftp_packet *data)
{
    m->session = (struct mtftp_session){
        .is_known = true,
        .is_whole = data->number <= FIRST_BLOCKS && now - m->began >= LISTENED,
        .port = port,
        .former_port = m->session.is_known && m->session.port != port ? m->session.port : m->session.former_port,
        .began = now,
    };
    m->sessions_heard++;
    mtftp_draw(m);
}

/* Two servers' files on one group, or a server that sends the same one twice: nobody can tell. */
static bool is_second_stream(struct mtftp *m, time_us now, uint16_t port)
{
    const struct mtftp_session *s = &m->session;

    if (!s->is_known || port != s->former_port || port == s->port || now - s->heard > OVERLAP)
        return false;
    m->returns = now - m->returned <= SECONDS(1) ? m->returns + 1 : 1;
    m->returned = now;
    return m->returns >= RETURNS_MAX;
}

/* False when the machine does without the block, or ended over it. */
static bool follow(struct mtftp *m, time_us now, uint16_t port, const struct tftp_packet *data)
{
    struct mtftp_session *s = &m->session;

    if (!m->distrusts_others && is_second_stream(m, now, port)) {
        if (mtftp_start_over(m, now, "two streams at once"))
            m->distrusts_others = true;
        return false;
    }
    if (s->is_known && port == s->port && m->last == 0 && s->block > END_OF_ROUND &&
        data->number < s->block - END_OF_ROUND / 2) {
        mtftp_give_up_all(m, now, STATUS_TFTP_CANNOT_READ, "block numbers roll over");
        return false;
    }
    if (!s->is_known || port != s->port || (data->number == 1 && s->block != 1))
        new_session(m, now, port, data);
    s->block = data->number;
    s->heard = now;
    return true;
}

static void listen(struct mtftp *m, time_us now, uint16_t port, const struct tftp_packet *data)
{
    if (!follow(m, now, port, data))
        return;
    if (!m->distrusts_others && !place(m, now, data))
        return;
    if (mtftp_has_all(m)) {
        mtftp_finish(m, now);
        return;
    }
    mtftp_heard(m, now, data->body.len < MTFTP_BLOCK);
    if (m->state == MTFTP_OPENING) {
        retry_stop(&m->retry);
        mtftp_set_state(m, now, MTFTP_LISTENING);
    }
}

/* --- packets ----------------------------------------------------------------------------------------------------- */

/* The last block once more: the server did not get the last ACK. */
static void dally(struct mtftp *m, time_us now, uint16_t port, const struct tftp_packet *data)
{
    if (port == m->session.port && data->number == m->last && m->retry.attempts != 0 &&
        now - m->ack_sent >= QUIET_MIN && now - m->turned < DALLY_MAX)
        mtftp_owe_ack(m, now, m->last);
}

static void data_came(struct mtftp *m, time_us now, uint16_t port, bool by_group, const struct tftp_packet *data)
{
    bool is_ours = m->state == MTFTP_RECEIVING && port == m->session.port;

    if (m->state == MTFTP_DALLYING) {
        dally(m, now, port, data);
        return;
    }
    m->has_heard_group |= by_group;
    if (data->body.len > MTFTP_BLOCK) {
        m->ignored++;
        if (is_ours || (m->state == MTFTP_OPENING && !by_group)) {
            mtftp_give_up(m, now, STATUS_TFTP_BAD_SIZE, "the server's blocks have more than 512 bytes");
            mtftp_owe_error(m, now, port, TFTP_ERROR_ILLEGAL_OPERATION, "block larger than 512 bytes");
        }
        return;
    }
    if (m->state == MTFTP_RECEIVING && !is_ours) {
        m->ignored++;
        if (!by_group && !m->farewell.is_owed && port != 0)
            mtftp_owe_error(m, now, port, TFTP_ERROR_UNKNOWN_TID, "unknown transfer ID");
        return;
    }
    if (data->number == 0 && (is_ours || by_group))
        mtftp_give_up_all(m, now, STATUS_TFTP_CANNOT_READ, "block numbers roll over");
    else if (is_ours)
        receive(m, now, data);
    else if (by_group)
        listen(m, now, port, data);
    else
        own(m, now, port, data);
}

static void error_came(struct mtftp *m, time_us now, uint16_t port, const struct tftp_packet *error)
{
    enum status status;

    if (m->state != MTFTP_OPENING && !(m->state == MTFTP_RECEIVING && port == m->session.port)) {
        m->ignored++;
        return;
    }
    status = tftp_error_take(error, &m->server_error, m->server_text, sizeof(m->server_text));
    if (m->state == MTFTP_OPENING) {
        mtftp_give_up(m, now, status, "the server refuses");
        return;
    }
    if (m->session.awaited != m->session.block + 1 && m->seeks == MTFTP_SEEKS_UNKNOWN)
        m->seeks = MTFTP_SEEKS_NO; /* that may have been why */
    mtftp_session_over(m, now, false, "the server broke off");
}

void mtftp_input(struct udp_client *udp, time_us now, const struct udp_datagram *datagram)
{
    struct mtftp *m = (struct mtftp *)udp;
    struct reader r = reader_of(datagram->payload);
    bool by_group = ipv4_value(datagram->to.ip) == m->udp.group;
    struct tftp_packet packet;

    if (m->state == MTFTP_IDLE || m->state == MTFTP_DONE || m->state == MTFTP_FAILED)
        return;
    if (!ip_equal(&datagram->from.ip, &m->request.server) || !tftp_packet_parse(&r, &packet))
        m->ignored++;
    else if (packet.opcode == TFTP_DATA)
        data_came(m, now, datagram->from.port, by_group, &packet);
    else if (packet.opcode == TFTP_ERROR && !by_group)
        error_came(m, now, datagram->from.port, &packet);
    else
        m->ignored++;
}
