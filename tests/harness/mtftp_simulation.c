/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/harness/mtftp_simulation.h"

#include <stdlib.h>

#include "tests/harness/tftp_simulation.h"

#define GROUP     0xefff0101u
#define SERVER_IP 0xc0a86f82u
#define CLIENT_IP 0xc0a86f10u

enum {
    IN_FLIGHT = 4096,
    CLIENT_PORT = 1757,
    SERVER_PORT = 1758,
    OWN_PORT = 50000,
    TO_SERVER = MTFTP_SIMULATION_CLIENTS,
};

struct flying {
    time_us at;
    uint64_t order;
    unsigned to; /* a client, or TO_SERVER */
    struct udp_address from, dest;
    size_t len;
    uint8_t bytes[1540];
};

struct world {
    struct mtftp_simulation *s;
    time_us now, start;
    struct flying *flying;
    size_t in_flight;
    uint64_t order;
    uint32_t dice;
    uint8_t *file;
};

static bool throw_dice(struct world *w, unsigned of_1000)
{
    w->dice = w->dice * 1664525u + 1013904223u;
    return (w->dice >> 8) % 1000 < of_1000;
}

static void fly(struct world *w, time_us at, unsigned to, struct udp_address from, struct udp_address dest,
                struct slice bytes)
{
    struct flying *f = &w->flying[w->in_flight];

    if (w->in_flight == IN_FLIGHT || bytes.len > sizeof(f->bytes))
        abort();
    w->in_flight++;
    *f = (struct flying){.at = at, .order = w->order++, .to = to, .from = from, .dest = dest, .len = bytes.len};
    memcpy(f->bytes, bytes.data, bytes.len);
}

static void transmit(struct world *w, unsigned to, struct udp_address from, struct udp_address dest, struct slice bytes)
{
    const struct mtftp_simulation *s = w->s;
    time_us at = w->now + (s->round_trip != 0 ? s->round_trip : 200) / 2;

    if (throw_dice(w, s->loss))
        return;
    if (throw_dice(w, s->reorder))
        at += MILLISECONDS(1);
    fly(w, at, to, from, dest, bytes);
    if (throw_dice(w, s->repeat))
        fly(w, at + 300, to, from, dest, bytes);
}

static void server_sends(void *context, uint16_t from_port, struct udp_address to, struct slice bytes)
{
    struct world *w = context;
    struct udp_address from = {.ip = ipv4_address(SERVER_IP), .port = from_port};

    for (unsigned n = 0; n < w->s->clients; n++) {
        bool by_group = ipv4_value(to.ip) == GROUP;

        if (by_group ? !w->s->client[n].is_cut_off_from_group : ipv4_value(to.ip) == CLIENT_IP + n)
            transmit(w, n, from, to, bytes);
    }
}

static enum status no_size(struct sink *sink, uint64_t size)
{
    (void)sink;
    (void)size;
    abort();
}

static enum status sink_write(struct sink *sink, uint64_t at, struct slice bytes)
{
    struct mtftp_simulation_client *c =
        (struct mtftp_simulation_client *)(void *)((char *)sink - offsetof(struct mtftp_simulation_client, sink));
    size_t capacity = (size_t)BLOCK_MAP_MAX * MTFTP_BLOCK;

    if (at + bytes.len > capacity)
        abort();
    if (c->map.count == 0)
        memset(c->written, 0, capacity / MTFTP_BLOCK);
    c->written_twice += c->written[at / MTFTP_BLOCK];
    c->written[at / MTFTP_BLOCK] = 1;
    memcpy(c->memory + at, bytes.data, bytes.len);
    return STATUS_OK;
}

static void client_begins(struct world *w, unsigned n)
{
    struct mtftp_simulation_client *c = &w->s->client[n];
    struct mtftp_request request = {
        .server = ipv4_address(SERVER_IP),
        .file = "boot/kernel",
        .sink = &c->sink,
        .map = &c->map,
        .group = w->s->group,
    };
    uint32_t key[2] = {w->s->seed, n};

    random_seed(&c->random, slice_of(key, sizeof(key)));
    c->sink = (struct sink){.size_known = no_size, .write = sink_write};
    c->memory = malloc((size_t)BLOCK_MAP_MAX * MTFTP_BLOCK);
    c->written = calloc(1, BLOCK_MAP_MAX);
    c->mtftp.udp.port = (uint16_t)(OWN_PORT + n);
    c->took = TIME_NEVER;
    if (mtftp_start(&c->mtftp, w->now, &request, &c->random, NULL) != STATUS_OK)
        abort();
    c->is_attached = true;
}

static void client_sends(struct world *w, unsigned n)
{
    struct mtftp_simulation_client *c = &w->s->client[n];
    const struct udp_client_ops *ops = c->mtftp.udp.ops;
    struct udp_address from = {.ip = ipv4_address(CLIENT_IP + n), .port = c->mtftp.udp.port};
    unsigned calls = 0;

    while (c->is_attached && ops->deadline(&c->mtftp.udp) <= w->now) {
        struct udp_address to = ops->destination(&c->mtftp.udp);
        uint8_t bytes[600];
        struct writer out = writer_of(bytes, sizeof(bytes));

        if (++calls > 10)
            abort();
        if (ops->output(&c->mtftp.udp, w->now, &out)) {
            w->s->packets_sent++;
            transmit(w, TO_SERVER, from, to, writer_written(&out));
        }
    }
    if (c->is_attached && c->took == TIME_NEVER && c->mtftp.status != STATUS_PENDING)
        c->took = w->now - w->start - c->begins;
    if (c->is_attached && mtftp_is_quiet(&c->mtftp))
        c->is_attached = false;
}

static void server_gets(struct world *w, const struct flying *f)
{
    struct mtftp_server *server = &w->s->server;
    unsigned n = (unsigned)(ipv4_value(f->from.ip) - CLIENT_IP);
    struct mtftp_simulation_client *c = &w->s->client[n];

    if (!mtftp_server_has_port(server, f->dest.port) && w->now >= server->dead_until && c->is_attached)
        c->mtftp.udp.ops->unreachable(&c->mtftp.udp, w->now, STATUS_FAILURE);
    mtftp_server_input(server, w->now, f->dest.port, f->from, slice_of(f->bytes, f->len));
}

static void arrive(struct world *w, const struct flying *f)
{
    struct mtftp_simulation_client *c = &w->s->client[f->to == TO_SERVER ? 0 : f->to];
    struct udp_datagram datagram = {.from = f->from, .to = f->dest, .payload = slice_of(f->bytes, f->len)};
    bool by_group = ipv4_value(f->dest.ip) == GROUP;

    if (f->to == TO_SERVER)
        server_gets(w, f);
    else if (c->is_attached && f->dest.port == (by_group ? c->mtftp.udp.group_port : c->mtftp.udp.port))
        c->mtftp.udp.ops->input(&c->mtftp.udp, w->now, &datagram);
}

static size_t earliest(const struct world *w)
{
    size_t best = 0;

    for (size_t n = 1; n < w->in_flight; n++)
        if (w->flying[n].at < w->flying[best].at ||
            (w->flying[n].at == w->flying[best].at && w->flying[n].order < w->flying[best].order))
            best = n;
    return best;
}

static time_us next_moment(const struct world *w)
{
    time_us next = mtftp_server_deadline(&w->s->server);

    for (unsigned n = 0; n < w->s->clients; n++) {
        const struct mtftp_simulation_client *c = &w->s->client[n];

        if (c->memory == NULL)
            next = time_earlier(next, w->start + c->begins);
        else if (c->is_attached)
            next = time_earlier(next, c->mtftp.udp.ops->deadline(&c->mtftp.udp));
    }
    return next;
}

static bool is_over(const struct world *w)
{
    for (unsigned n = 0; n < w->s->clients; n++)
        if (w->s->client[n].memory == NULL || w->s->client[n].is_attached)
            return false;
    return true;
}

static void step(struct world *w)
{
    time_us next = next_moment(w);
    size_t first = earliest(w);

    if (w->in_flight != 0 && w->flying[first].at <= next) {
        struct flying f = w->flying[first];

        w->flying[first] = w->flying[--w->in_flight];
        w->now = f.at > w->now ? f.at : w->now;
        arrive(w, &f);
    } else {
        w->now = next > w->now ? next : w->now;
        mtftp_server_poll(&w->s->server, w->now);
    }
    for (unsigned n = 0; n < w->s->clients; n++) {
        if (w->s->client[n].memory == NULL && w->now >= w->start + w->s->client[n].begins)
            client_begins(w, n);
        if (w->s->client[n].memory != NULL)
            client_sends(w, n);
    }
}

void mtftp_simulate(struct mtftp_simulation *s)
{
    struct udp_address group = {.ip = ipv4_address(GROUP), .port = CLIENT_PORT};
    struct world w = {.s = s, .now = SECONDS(10), .start = SECONDS(10), .dice = s->seed * 2654435761u + 12345};

    w.flying = calloc(IN_FLIGHT, sizeof(*w.flying));
    w.file = malloc(s->size + 1);
    for (size_t n = 0; n < s->size; n++)
        w.file[n] = tftp_simulation_byte(n);
    if (s->group.address == 0)
        s->group = (struct mtftp_group){.address = GROUP, .client_port = CLIENT_PORT, .server_port = SERVER_PORT};
    mtftp_server_start(&s->server, "boot/kernel", slice_of(w.file, s->size), group, SERVER_PORT);
    s->server.knobs = s->knobs;
    s->server.send = server_sends;
    s->server.context = &w;
    s->blocks_ideal = s->size / MTFTP_BLOCK + 1;
    while (!is_over(&w) && w.now < w.start + (s->give_up != 0 ? s->give_up : SECONDS(3600)))
        step(&w);
    for (unsigned n = 0; n < s->clients; n++)
        if (s->client[n].took != TIME_NEVER && s->client[n].begins + s->client[n].took > s->took)
            s->took = s->client[n].begins + s->client[n].took;
    free(w.flying);
    free(w.file);
}

bool mtftp_simulation_is_right(const struct mtftp_simulation *s, unsigned client)
{
    const struct mtftp_simulation_client *c = &s->client[client];

    if (c->is_attached || c->mtftp.status != STATUS_OK || c->mtftp.size != s->size || c->mtftp.received != s->size ||
        c->map.count != s->size / MTFTP_BLOCK + 1 || c->written_twice != 0)
        return false;
    for (size_t at = 0; at < s->size; at++)
        if (c->memory[at] != tftp_simulation_byte(at))
            return false;
    return true;
}

void mtftp_simulation_end(struct mtftp_simulation *s)
{
    for (unsigned n = 0; n < s->clients; n++) {
        free(s->client[n].memory);
        free(s->client[n].written);
    }
}
