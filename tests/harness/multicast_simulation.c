/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/harness/multicast_simulation.h"

#include <stdlib.h>

#include "tests/harness/tftp_simulation.h"

#define SERVER_IP      0xc0a86f82u
#define CLIENT_IP      0xc0a80001u
#define CLIENT_PORT    50000
#define FRAME_OVERHEAD 58 /* MAC and IP header, FCS, preamble, gap */
#define GIVE_UP        SECONDS(3600)

struct packet {
    unsigned users;
    struct udp_address from, to;
    size_t len;
    uint8_t bytes[];
};

struct flying {
    time_us at;
    uint64_t order;
    int client; /* whom it flies to; -1: the server */
    struct packet *packet;
};

struct station {
    struct tftp tftp;
    struct sink sink;
    struct random random;
    struct block_map map;
    struct world *world;
    struct multicast_client *client;
    uint8_t *written;
    uint64_t count;
    bool is_on;
};

struct world {
    struct multicast_simulation *s;
    struct multicast_server server;
    struct station *stations;
    unsigned running;
    time_us now, line_free;
    struct flying *heap;
    size_t flying, room;
    uint64_t order;
    uint32_t dice;
    bool server_is_on;
};

/* --- the link ---------------------------------------------------------------------------------------------------- */

static bool throw_dice(struct world *w, unsigned of_10000)
{
    w->dice = w->dice * 1664525u + 1013904223u;
    return (w->dice >> 8) % 10000 < of_10000;
}

static bool is_sooner(const struct flying *a, const struct flying *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void swap(struct flying *a, struct flying *b)
{
    struct flying c = *a;

    *a = *b;
    *b = c;
}

static void push(struct world *w, time_us at, int client, struct packet *packet)
{
    size_t n = w->flying++;

    if (w->flying > w->room) {
        w->room = w->room * 2 + 1024;
        w->heap = realloc(w->heap, w->room * sizeof(*w->heap));
    }
    packet->users++;
    w->heap[n] = (struct flying){.at = at, .order = w->order++, .client = client, .packet = packet};
    for (; n != 0 && is_sooner(&w->heap[n], &w->heap[(n - 1) / 2]); n = (n - 1) / 2)
        swap(&w->heap[n], &w->heap[(n - 1) / 2]);
}

static struct flying pop(struct world *w)
{
    struct flying first = w->heap[0];
    size_t n = 0;

    w->heap[0] = w->heap[--w->flying];
    for (;;) {
        size_t child = 2 * n + 1;

        if (child >= w->flying)
            return first;
        if (child + 1 < w->flying && is_sooner(&w->heap[child + 1], &w->heap[child]))
            child++;
        if (!is_sooner(&w->heap[child], &w->heap[n]))
            return first;
        swap(&w->heap[n], &w->heap[child]);
        n = child;
    }
}

static void let_go(struct packet *packet)
{
    if (--packet->users == 0)
        free(packet);
}

static struct packet *packet_new(struct udp_address from, struct udp_address to, struct slice bytes)
{
    struct packet *packet = malloc(sizeof(*packet) + bytes.len + 1);

    *packet = (struct packet){.users = 1, .from = from, .to = to, .len = bytes.len};
    memcpy(packet->bytes, bytes.data, bytes.len);
    return packet;
}

/* Loses, delays and repeats it as the conditions are. */
static void fly(struct world *w, time_us at, int client, struct packet *packet)
{
    unsigned frames = (unsigned)(packet->len + 8 + 1479) / 1480;

    for (unsigned n = 0; n < frames; n++)
        if (throw_dice(w, w->s->loss))
            return;
    at += w->s->round_trip / 2;
    if (throw_dice(w, w->s->reorder))
        at += MILLISECONDS(1);
    push(w, at, client, packet);
    if (throw_dice(w, w->s->repeat))
        push(w, at + 7, client, packet);
}

static void server_sends(void *context, uint16_t port, struct udp_address to, struct slice bytes)
{
    struct world *w = context;
    uint32_t address = ipv4_value(to.ip);
    struct packet *packet = packet_new((struct udp_address){ipv4_address(SERVER_IP), port}, to, bytes);
    unsigned frames = (unsigned)(bytes.len + 8 + 1479) / 1480;

    if (w->line_free < w->now)
        w->line_free = w->now;
    w->line_free += (bytes.len + 8 + frames * FRAME_OVERHEAD) * 8 / w->s->rate;
    for (unsigned n = 0; n < w->s->clients; n++) {
        const struct station *station = &w->stations[n];
        bool to_group = address >> 28 == 14 && station->tftp.udp.group == address && !station->client->is_deaf &&
                        station->tftp.udp.group_port == to.port;

        if (station->is_on && (to_group || address == CLIENT_IP + n))
            fly(w, w->line_free, (int)n, packet);
    }
    let_go(packet);
}

static void content(void *context, uint64_t at, uint8_t *to, size_t len)
{
    (void)context;
    for (size_t n = 0; n < len; n++)
        to[n] = tftp_simulation_byte(at + n);
}

/* --- the clients ------------------------------------------------------------------------------------------------- */

static enum status size_known(struct sink *sink, uint64_t size)
{
    (void)sink;
    (void)size;
    return STATUS_OK;
}

static enum status sink_write(struct sink *sink, uint64_t at, struct slice bytes)
{
    struct station *station = (struct station *)(void *)((char *)sink - offsetof(struct station, sink));

    if (at + bytes.len > station->world->s->size)
        abort();
    for (size_t n = 0; n < bytes.len; n++) {
        if (bytes.data[n] != tftp_simulation_byte(at + n))
            station->client->content_is_right = false;
        if ((station->written[(at + n) / 8] >> (at + n) % 8 & 1) != 0)
            station->client->written_twice++;
        else
            station->count++;
        station->written[(at + n) / 8] |= (uint8_t)(1u << (at + n) % 8);
    }
    return STATUS_OK;
}

static void station_ends(struct station *station, enum status status)
{
    struct multicast_client *client = station->client;

    if (client->status == STATUS_PENDING) {
        client->status = status;
        client->took = station->world->now - client->starts;
        station->world->s->took = station->world->now;
        if (station->count != station->world->s->size || station->tftp.received != station->world->s->size)
            client->content_is_right = false;
        station->world->running--;
    }
}

static void station_starts(struct world *w, struct station *station)
{
    const struct tftp_request request = {
        .server = {.ip = ipv4_address(SERVER_IP)},
        .file = "file",
        .sink = &station->sink,
        .receive_frames = station->client->receive_frames != 0 ? station->client->receive_frames : 256,
        .map = &station->map,
    };
    uint32_t key[2] = {w->s->seed, (uint32_t)(station - w->stations)};

    station->is_on = true;
    station->sink = (struct sink){.size_known = size_known, .write = sink_write};
    random_seed(&station->random, slice_of(key, sizeof(key)));
    memset(&station->map, 0xa5, sizeof(station->map)); /* whatever was there before */
    if (tftp_start(&station->tftp, w->now, &request, &station->client->experience, &station->random, NULL) != STATUS_OK)
        abort();
}

static void station_sends(struct world *w, struct station *station)
{
    const struct udp_client_ops *ops = station->tftp.udp.ops;
    unsigned n = (unsigned)(station - w->stations);
    uint8_t bytes[UDP_PAYLOAD_MAX];

    while (station->is_on && ops->deadline(&station->tftp.udp) <= w->now) {
        struct udp_address to = ops->destination(&station->tftp.udp);
        struct writer out = writer_of(bytes, sizeof(bytes));
        struct packet *packet;

        if (!ops->output(&station->tftp.udp, w->now, &out))
            continue;
        station->client->packets++;
        station->client->requests += bytes[1] == TFTP_RRQ;
        packet = packet_new((struct udp_address){ipv4_address(CLIENT_IP + n), CLIENT_PORT}, to, writer_written(&out));
        fly(w, w->now + 1, -1, packet);
        let_go(packet);
    }
    station->client->by_multicast |= station->tftp.multicast.is_agreed;
    if (tftp_is_complete(&station->tftp)) {
        station_ends(station, STATUS_OK);
        station->is_on = !w->s->lets_go && !tftp_is_quiet(&station->tftp);
    } else if (station->tftp.status != STATUS_PENDING) {
        station_ends(station, station->tftp.status);
    }
}

/* --- time -------------------------------------------------------------------------------------------------------- */

static void arrive(struct world *w, const struct flying *f)
{
    struct udp_datagram datagram = {
        .from = f->packet->from,
        .to = f->packet->to,
        .payload = slice_of(f->packet->bytes, f->packet->len),
    };
    struct station *station = &w->stations[f->client];

    if (f->client < 0) {
        if (w->server_is_on)
            multicast_server_input(&w->server, w->now, datagram.to.port, datagram.from, datagram.payload);
    } else if (station->is_on) {
        station->tftp.udp.ops->input(&station->tftp.udp, w->now, &datagram);
        station_sends(w, station);
    }
}

static void goodbye(struct world *w)
{
    static const uint8_t error[] = "\0\5\0\0Undefined error code";

    for (unsigned n = 0; n < MULTICAST_SERVER_SESSIONS; n++) {
        const struct multicast_server_session *e = &w->server.sessions[n];

        for (unsigned i = 0; e->port != 0 && i < e->client_count; i++)
            server_sends(w, e->port, e->clients[i].address, slice_of(error, sizeof(error)));
    }
}

static void server_time(struct world *w)
{
    struct multicast_simulation *s = w->s;

    if (w->server_is_on && s->server_stops != 0 && w->now >= s->server_stops && w->now < s->server_starts) {
        if (s->says_goodbye)
            goodbye(w);
        multicast_server_forget(&w->server);
        w->server_is_on = false;
    }
    if (!w->server_is_on && w->now >= s->server_starts)
        w->server_is_on = true;
    if (w->server_is_on)
        multicast_server_poll(&w->server, w->now);
}

static time_us next_moment(const struct world *w)
{
    const struct multicast_simulation *s = w->s;
    time_us next = w->flying != 0 ? w->heap[0].at : TIME_NEVER;

    if (s->server_stops != 0 && w->now < s->server_stops)
        next = time_earlier(next, s->server_stops);
    if (!w->server_is_on)
        next = time_earlier(next, s->server_starts);
    else
        next = time_earlier(next, multicast_server_deadline(&w->server));
    for (unsigned n = 0; n < s->clients; n++) {
        const struct station *station = &w->stations[n];

        if (station->is_on)
            next = time_earlier(next, station->tftp.udp.ops->deadline(&station->tftp.udp));
        else if (station->client->status == STATUS_PENDING && station->count == 0)
            next = time_earlier(next, station->client->starts);
        if (station->is_on && station->client->dies != 0)
            next = time_earlier(next, station->client->dies);
    }
    return next > w->now ? next : w->now;
}

static void stations_time(struct world *w)
{
    for (unsigned n = 0; n < w->s->clients; n++) {
        struct station *station = &w->stations[n];
        const struct multicast_client *client = station->client;

        if (!station->is_on && client->status == STATUS_PENDING && w->now >= client->starts)
            station_starts(w, station);
        if (station->is_on && client->dies != 0 && w->now >= client->dies) {
            station_ends(station, STATUS_CANCELLED);
            station->is_on = false;
        }
        if (station->is_on && station->tftp.udp.ops->deadline(&station->tftp.udp) <= w->now)
            station_sends(w, station);
    }
}

static void run(struct world *w)
{
    while (w->running != 0 && w->now < GIVE_UP) {
        w->now = next_moment(w);
        /* Many frames arrive between two timers: those are looked at once for all of them. */
        while (w->flying != 0 && w->heap[0].at <= w->now) {
            struct flying f = pop(w);

            arrive(w, &f);
            let_go(f.packet);
        }
        server_time(w);
        stations_time(w);
    }
}

void multicast_simulate(struct multicast_simulation *s)
{
    struct world *w = calloc(1, sizeof(*w));

    if (s->rate == 0)
        s->rate = 1000;
    w->s = s;
    w->stations = calloc(s->clients, sizeof(*w->stations));
    w->dice = s->seed * 2654435761u + 12345;
    w->running = s->clients;
    w->server_is_on = true;
    w->server.knobs = s->knobs;
    w->server.size = s->size;
    w->server.content = content;
    w->server.send = server_sends;
    w->server.context = w;
    if (s->knobs.block_time == 0)
        w->server.knobs.block_time = 5908 * 8 / s->rate;
    for (unsigned n = 0; n < s->clients; n++) {
        w->stations[n].world = w;
        w->stations[n].client = &s->client[n];
        w->stations[n].written = calloc(1, s->size / 8 + 1);
        s->client[n].status = STATUS_PENDING;
        s->client[n].content_is_right = true;
        s->client[n].starts += SECONDS(10);
        s->client[n].dies += s->client[n].dies != 0 ? SECONDS(10) : 0;
    }
    s->server_stops += s->server_stops != 0 ? SECONDS(10) : 0;
    s->server_starts += s->server_starts != 0 ? SECONDS(10) : 0;
    run(w);
    s->took -= SECONDS(10);
    s->bytes_sent = w->server.bytes_sent;
    s->sessions = w->server.sessions_opened;
    s->turns = w->server.turns;
    s->requests = w->server.requests;
    while (w->flying != 0)
        let_go(pop(w).packet);
    for (unsigned n = 0; n < s->clients; n++)
        free(w->stations[n].written);
    free(w->heap);
    free(w->stations);
    free(w);
}
