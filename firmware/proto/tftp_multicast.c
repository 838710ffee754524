/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * TFTP's multicast regime (RFC 2090), from the OACK that grants it until the file is whole or the way back to unicast.
 *
 * The server sends blocks to a group. One client of its list, the master, asks for them: ACK n asks for block n + 1,
 * and with windowsize for those behind it; the others listen. When the master leaves, the server makes the next client
 * master by an OACK, and that one asks for what it has missed.
 *
 * A turn as master goes through the file upwards once: atftpd (0.8.0, tftpd_file.c) ignores an ACK that is not higher
 * than the one before. What gets lost on the way is therefore left, and asked for in another turn: the client leaves
 * the list with an ERROR and sends its request again, which puts it at the list's end, or, when it was alone, makes it
 * the master of a new session at once.
 *
 * A client that is done must not stay on the list, for the server would wait for it half a minute when its turn comes.
 * "An acknowledgment of the last packet or [...] an error message" ends it (RFC 2090, Data Transfer). From anybody but
 * the master atftpd takes the ERROR only.
 */
#include "firmware/base/divide.h"
#include "firmware/base/text.h"
#include "firmware/proto/tftp_error.h"
#include "firmware/proto/tftp_machine.h"
#include "firmware/wire/tftp_packet.h"

#define LISTEN_WAIT  SECONDS(7)        /* more than the 5 s after which atftpd sends again */
#define PROBE_WAIT   MILLISECONDS(400) /* before a client that may be master without knowing leaves the list */
#define STARVED      SECONDS(120)      /* while others' blocks bring nothing new */
#define DEAF_WAIT    SECONDS(2)        /* for a master's first block */
#define REJOIN_PAUSE MILLISECONDS(10)  /* between leaving a list and the request to be on it again */
#define REORDER_MIN  MILLISECONDS(1)   /* how late a block may come behind the one sent after it */
#define DALLY        SECONDS(6)        /* atftpd repeats after 5 s */
#define DALLY_MAX    SECONDS(15)

enum {
    SILENCES_MAX = 4,       /* in a row; atftpd needs half a minute to find that a master has gone */
    REPEATS_IN_WINDOWS = 2, /* of an ACK, before the next block but one is asked for */
    REPEATS_IN_LOCK_STEP = 4,
    SURPLUS_MAX = 4, /* blocks beyond those asked for, from a server thought to send single ones */
    DOUBTS_MAX = 2,  /* each packet makes atftpd begin its wait of 5 s for the master anew */
    FRUITLESS_TURNS_MAX = 4,
    SPARSE = 4, /* less than a quarter of the file is missing */
};

static uint16_t missing_from(const struct tftp *t, uint32_t block)
{
    return block > t->multicast.last ? 0 : block_map_missing(t->request.map, (uint16_t)block, t->multicast.last);
}

static bool is_whole(const struct tftp *t)
{
    return t->request.map->count == t->multicast.last;
}

/* --- ways out ---------------------------------------------------------------------------------------------------- */

static void leave_list(struct tftp *t, time_us now, const char *text)
{
    tftp_owe_farewell(t, now, t->peer, TFTP_ERROR_OTHER, text);
}

/* Blocks behind the first that is missing come again. */
void tftp_multicast_end(struct tftp *t)
{
    struct tftp_multicast *m = &t->multicast;

    if (m->block_size != 0)
        t->received = (uint64_t)(missing_from(t, 1) - 1u) * m->block_size;
    m->block_size = 0;
    t->udp.group = 0;
    if (t->level == TFTP_OPTIONS_ALL)
        t->level = TFTP_OPTIONS_UNICAST;
}

static void by_unicast(struct tftp *t, time_us now, const char *reason)
{
    leave_list(t, now, "going on by unicast");
    tftp_multicast_end(t);
    t->restarted_with = t->received;
    tftp_ask_again(t, now, reason);
}

void tftp_multicast_refused(struct tftp *t, time_us now)
{
    if (t->experience->grants_multicast && !t->multicast.needs_large)
        t->multicast.needs_large = true;
    else
        tftp_multicast_end(t);
    tftp_ask_again(t, now, "too many blocks for multicast");
}

static void deaf(struct tftp *t, time_us now, const char *reason)
{
    t->experience->refuses_multicast = true;
    by_unicast(t, now, reason);
}

/* Off the list, and on again at its end. */
static void leave_and_ask(struct tftp *t, time_us now, const char *reason)
{
    leave_list(t, now, "asking again");
    tftp_ask_again(t, now, reason);
    t->multicast.left = true;
    t->retry.deadline = now + REJOIN_PAUSE;
}

/* This turn is over, and blocks below its place are missing. */
static void rejoin(struct tftp *t, time_us now)
{
    struct tftp_multicast *m = &t->multicast;

    m->fruitless = m->left_with == t->request.map->count ? m->fruitless + 1 : 0;
    m->left_with = t->request.map->count;
    if (m->fruitless == FRUITLESS_TURNS_MAX) {
        by_unicast(t, now, "no multicast block gets through");
        return;
    }
    /* Without a window single blocks can be had. */
    m->is_repair = (uint32_t)m->last - t->request.map->count < m->last / SPARSE;
    leave_and_ask(t, now, "blocks were lost");
}

static void session_is_silent(struct tftp *t, time_us now)
{
    struct tftp_multicast *m = &t->multicast;

    if (++m->silences == SILENCES_MAX) {
        deaf(t, now, "the group is silent");
        return;
    }
    tftp_ask_again(t, now, "the group is silent");
}

/* --- turns ------------------------------------------------------------------------------------------------------- */

static void listen(struct tftp *t, time_us now, time_us wait)
{
    uint32_t spread = (uint32_t)(wait / 2);

    retry_stop(&t->retry);
    t->retry.attempts = 0;
    t->retry.deadline = time_earlier(now + wait + random_below(t->random, spread), t->progressed + STARVED);
}

/* The next ACK is owed: all from `block` on may be missing. False when nothing there is. */
static bool ask_from(struct tftp *t, time_us now, uint32_t block)
{
    uint16_t missing = missing_from(t, block);

    if (missing == 0)
        return false;
    t->multicast.number = (uint16_t)(missing - 1);
    t->multicast.latest = t->multicast.number;
    retry_start(&t->retry, now, tftp_patience(t), SECONDS(1));
    return true;
}

/*
 * To the second of two requests atftpd says "listener" even to its master, and so it does to a master that left and
 * asked again when the ERROR was lost. Both show in that nothing comes: then the client leaves, once more.
 */
static bool is_in_doubt(const struct tftp *t)
{
    const struct tftp_multicast *m = &t->multicast;

    return !m->has_heard && (m->requests > 1 || m->left) && m->doubts < DOUBTS_MAX;
}

static void become(struct tftp *t, time_us now, bool master, bool sends_singly)
{
    struct tftp_multicast *m = &t->multicast;

    m->is_master = master;
    m->sends_singly = sends_singly;
    m->surplus = 0;
    m->was_single = false;
    t->round_trip_from = 0;
    if (master)
        (void)ask_from(t, now, 1);
    else
        listen(t, now, is_in_doubt(t) ? PROBE_WAIT << m->doubts : LISTEN_WAIT);
    log_print(t->log, LOG_INFO, "tftp: %s of the multicast session, %u of %u blocks are here",
              master ? "master" : "listener", (unsigned)t->request.map->count, (unsigned)m->last);
}

/* What is known of the file's blocks holds for blocks of that size only. */
static void take_blocks(struct tftp *t, const struct tftp_answer *answer, uint32_t last, uint32_t last_len)
{
    struct tftp_multicast *m = &t->multicast;

    if (m->block_size != answer->block_size) {
        block_map_clear(t->request.map);
        t->received = 0;
    }
    m->block_size = answer->block_size;
    m->last = (uint16_t)last;
    m->last_len = (uint16_t)last_len;
}

void tftp_multicast_start(struct tftp *t, time_us now, const struct tftp_answer *answer)
{
    struct tftp_multicast *m = &t->multicast;
    uint32_t last_len = 0;
    uint64_t last = divide_u64(answer->size, answer->block_size, &last_len) + 1;

    t->experience->refuses_multicast = false;
    if (!answer->has_size) {
        by_unicast(t, now, "a file of no known size is not taken by multicast");
        return;
    }
    if (last > BLOCK_MAP_MAX) {
        leave_list(t, now, "too many blocks");
        tftp_multicast_refused(t, now);
        return;
    }
    if (answer->window > 1 && answer->block_size > TFTP_BLOCK_FRAME && !t->experience->grants_multicast) {
        t->experience->grants_multicast = true;
        if (answer->size < (uint64_t)TFTP_BLOCK_FRAME * BLOCK_MAP_MAX) {
            leave_list(t, now, "asking again for blocks of one frame");
            tftp_ask_again(t, now, "it comes by multicast, better in blocks of one frame");
            return;
        }
        m->needs_large = true;
    }
    take_blocks(t, answer, (uint32_t)last, last_len);
    m->is_agreed = true;
    m->has_heard = false;
    m->answers++;
    t->udp.group = answer->group.address;
    t->udp.group_port = answer->group.port;
    become(t, now, answer->group.is_master, false);
}

/* --- packets ----------------------------------------------------------------------------------------------------- */

static void finish(struct tftp *t, time_us now)
{
    struct tftp_multicast *m = &t->multicast;

    m->number = m->last;
    m->farewells = m->is_master ? 1 : 2;
    tftp_finish(t, now);
    if (m->is_master)
        return;
    retry_stop(&t->retry);
    t->retry.attempts = 1;
    t->retry.deadline = now;
}

/* Whether the block is one of this file's. */
static bool fits(const struct tftp_multicast *m, uint32_t block, size_t len)
{
    return block == m->last ? len == m->last_len : len == m->block_size;
}

/* A block at or above the place asked for came: is it time to ask on? */
static void master_got(struct tftp *t, time_us now, uint16_t block, bool is_new)
{
    struct tftp_multicast *m = &t->multicast;
    uint16_t next;

    if (!is_new && m->sends_singly && ++m->surplus > SURPLUS_MAX)
        m->sends_singly = false;
    if (t->retry.attempts == 0 || block <= m->latest)
        return; /* the ACK that waits will say it all, or it only came late */
    if (block == m->number + 1 && t->round_trip_from != 0)
        tftp_take_sample(t, now, false);
    m->latest = block;
    next = missing_from(t, block + 1u);
    if (next == 0) {
        /* What is missing lies below. It may still be on its way. */
        t->retry.deadline = now + (t->round_trip > REORDER_MIN ? t->round_trip : REORDER_MIN);
        return;
    }
    t->retry.deadline = now + tftp_patience(t);
    if (next > block + 1u || m->sends_singly || block >= (uint32_t)m->number + t->window.size)
        (void)ask_from(t, now, next);
}

static bool keep(struct tftp *t, time_us now, uint16_t block, struct slice bytes)
{
    uint64_t at = (uint64_t)(block - 1u) * t->multicast.block_size;
    enum status status = bytes.len != 0 ? t->request.sink->write(t->request.sink, at, bytes) : STATUS_OK;

    if (status != STATUS_OK) {
        tftp_refuse(t, now, status);
        return false;
    }
    (void)block_map_add(t->request.map, block);
    t->received += bytes.len;
    t->blocks_new++;
    t->progressed = now;
    t->unreachables = 0;
    t->multicast.silences = 0;
    return true;
}

static void data(struct tftp *t, time_us now, const struct tftp_packet *packet)
{
    struct tftp_multicast *m = &t->multicast;
    uint16_t block = packet->number;
    bool is_new;

    m->has_heard = true;
    m->heard = now;
    m->left = false;
    m->doubts = 0;
    /*
     * atftpd 0.8.0 may send empty blocks from far beyond the file: a packet from one of the listeners makes it forget
     * where it is.
     */
    if (block == 0 || block > m->last) {
        t->blocks_useless++;
        return;
    }
    if (!fits(m, block, packet->body.len)) {
        by_unicast(t, now, "the size told and the blocks disagree");
        return;
    }
    is_new = !block_map_has(t->request.map, block);
    if (!is_new)
        t->blocks_useless++;
    else if (!keep(t, now, block, packet->body))
        return;
    if (is_whole(t))
        finish(t, now);
    else if (m->is_master)
        master_got(t, now, block, is_new);
    else
        listen(t, now, LISTEN_WAIT);
}

/* The server's word about who is master; whatever else a later OACK says was settled by the first. */
static void oack(struct tftp *t, time_us now, struct slice options)
{
    struct tftp_multicast *m = &t->multicast;
    struct tftp_option option;
    struct tftp_group group;
    bool is_found = false;

    while (!is_found && tftp_option_next(&options, &option) == TFTP_OPTION_OK)
        is_found = text_equal_ignoring_case(option.name, "multicast") && tftp_group_parse(option.value, &group);
    if (!is_found || (group.address != 0 && group.address != t->udp.group) ||
        (group.port != 0 && group.port != t->udp.group_port))
        return;
    m->heard = now;
    if (m->answers < m->requests) {
        /* A request that was sent twice has two answers; to the second atftpd says 0 even to its master. */
        m->answers++;
        if (m->is_master && !group.is_master)
            return;
    }
    if (t->state == TFTP_DALLYING) {
        if (now - t->progressed >= DALLY_MAX)
            return;
        m->is_master = group.is_master;
        m->farewells = group.is_master ? 0 : 1;
        retry_start(&t->retry, now, DALLY, DALLY);
    } else if (group.is_master && m->is_master) {
        if (t->retry.attempts != 0 && m->latest == m->number)
            (void)ask_from(t, now, 1); /* it did not get our ACK */
    } else {
        /* Once it has sent the last block, atftpd sends no more windows. */
        become(t, now, group.is_master, group.is_master && block_map_has(t->request.map, m->last));
    }
}

static void error(struct tftp *t, time_us now, const struct tftp_packet *packet)
{
    bool is_over = packet->number == TFTP_ERROR_UNKNOWN_TID || packet->number == TFTP_ERROR_OTHER;

    /* A server that is stopped says so with code 0; it may be started again. */
    if (is_over)
        tftp_server_lost(t, now, "the server has ended the session", STATUS_TFTP_ERROR);
    else
        tftp_fail(t, STATUS_TFTP_ERROR);
    if (t->state == TFTP_FAILED)
        t->status = tftp_error_take(packet, &t->server_error, t->server_text, sizeof(t->server_text));
}

void tftp_multicast_input(struct tftp *t, time_us now, const struct tftp_packet *packet)
{
    struct tftp_multicast *m = &t->multicast;

    if (packet->opcode == TFTP_OACK && t->state != TFTP_REQUESTING)
        oack(t, now, packet->body);
    else if (packet->opcode == TFTP_DATA && t->state == TFTP_RECEIVING)
        data(t, now, packet);
    else if (packet->opcode == TFTP_ERROR && t->state == TFTP_RECEIVING)
        error(t, now, packet);
    else if (packet->opcode == TFTP_DATA && m->is_master && packet->number == m->last && t->retry.attempts != 0 &&
             now - t->progressed < DALLY_MAX)
        retry_start(&t->retry, now, DALLY, DALLY); /* the server did not get the last ACK */
}

/* --- output ------------------------------------------------------------------------------------------------------ */

/* Nothing came for as long as the timer says. Returns whether an ACK is to be sent, and its number. */
static bool master_waited(struct tftp *t, time_us now, uint16_t *number)
{
    struct tftp_multicast *m = &t->multicast;
    uint16_t next;
    unsigned repeats = t->window.size > 1 || m->sends_singly ? REPEATS_IN_WINDOWS : REPEATS_IN_LOCK_STEP;

    if (!m->has_heard && now - t->progressed >= DEAF_WAIT) {
        deaf(t, now, "no multicast packet gets through");
        return false;
    }
    if (now - (m->has_heard ? m->heard : t->progressed) >= LISTEN_WAIT) {
        session_is_silent(t, now);
        return false;
    }
    if (m->latest > m->number) {
        /* The end of a window was lost, or the server sends none: where it came to an end after one block, twice. */
        bool one = m->latest == m->number + 1;

        m->sends_singly = one && m->was_single;
        m->was_single = one;
        if (!ask_from(t, now, m->latest + 1u))
            rejoin(t, now);
        *number = m->number;
        return t->state == TFTP_RECEIVING;
    }
    if (t->retry.attempts % repeats != 0)
        return true;
    /*
     * The ACK came through and the block was lost: with windows atftpd hears only one for a higher block, and does not
     * repeat anything either as long as ACKs come.
     */
    next = missing_from(t, m->number + 2u);
    if (next == 0) {
        rejoin(t, now);
        return false;
    }
    *number = (uint16_t)(next - 1);
    return true;
}

static bool ack_output(struct tftp *t, time_us now, struct writer *w, uint16_t number)
{
    tftp_ack_emit(w, number);
    if (w->failed)
        return false;
    if (number != t->multicast.number)
        t->multicast.number = t->multicast.latest = number;
    t->timeouts += t->retry.attempts != 0;
    t->round_trip_from = t->retry.attempts == 0 ? now : 0;
    t->ack_sent = now;
    retry_sent(&t->retry, now, t->random);
    return true;
}

/* The last ACK of a master, then the ERROR that takes us off the list whatever got lost: a second one of a listener. */
static bool dally_output(struct tftp *t, time_us now, struct writer *w)
{
    struct tftp_multicast *m = &t->multicast;

    if (m->is_master && t->retry.attempts == 0) {
        if (!ack_output(t, now, w, m->number))
            return false;
        t->retry.deadline = now + (m->farewells != 0 ? 0 : DALLY);
        return true;
    }
    if (m->farewells == 0) {
        tftp_end(t, TFTP_DONE, STATUS_OK);
        return false;
    }
    tftp_error_emit(w, TFTP_ERROR_OTHER, "all is here");
    if (w->failed)
        return false;
    m->farewells--;
    t->retry.attempts = 1;
    t->retry.deadline = now + (m->farewells != 0 ? MILLISECONDS(5) + random_below(t->random, 40000) : DALLY);
    return true;
}

bool tftp_multicast_output(struct tftp *t, time_us now, struct writer *w)
{
    struct tftp_multicast *m = &t->multicast;
    uint16_t number = m->number;

    if (t->state == TFTP_DALLYING)
        return dally_output(t, now, w);
    if (now - t->progressed >= STARVED) {
        by_unicast(t, now, "others' blocks bring nothing new");
        return false;
    }
    if (!m->is_master) {
        if (is_in_doubt(t)) {
            m->doubts++;
            leave_and_ask(t, now, "the server may take us for its master");
        } else {
            session_is_silent(t, now);
        }
        return false;
    }
    if (t->retry.attempts != 0 && !master_waited(t, now, &number))
        return false;
    return ack_output(t, now, w, number);
}
