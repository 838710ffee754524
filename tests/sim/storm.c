/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/sim/storm.h"

#include <stdio.h>
#include <stdlib.h>

#include "firmware/boot/session.h"
#include "tests/sim/dhcp_server.h"
#include "tests/sim/mtftp_server.h"
#include "tests/sim/multicast_server.h"

enum {
    SERVER = 0x0a000001, /* 10.0.0.1/16 */
    FIRST = 0x0a000100,
    GROUP = 0xefff0101, /* 239.255.1.1 */
    GROUP_PORT = 1757,
    MTFTP_PORT = 1758,
    NETMASK = 0xffff0000,
    GRAIN = 4,
    QUEUE = 256,         /* frames of a machine's port at the switch */
    SERVER_QUEUE = 1000, /* Linux's txqueuelen, and as much at the switch */
};

static const time_us give_up_after = SECONDS(3600);

/* Takes a file without keeping it: what comes is compared with what the server has, and noted in a map. */
struct storm_sink {
    struct buffer_sink buffer; /* first; its memory is the server's own file */
    uint32_t *map;             /* a bit for each GRAIN bytes */
    uint64_t grains;           /* that are set */
    bool is_wrong, is_twice;
};

struct storm_machine {
    struct session session;
    struct cached_packets cached;
    struct storm_sink sink;
    time_us on, booted;
    bool is_on, has_lease, is_over;
};

struct storm {
    const struct storm_config *config;
    struct storm_result *result;
    struct world world;
    struct segment segment;
    struct busy_server server;
    struct dhcp_server dhcp;
    struct mtftp_server mtftp;
    uint8_t option[32];
    struct multicast_server multicast;
    struct storm_machine *machines;
    uint8_t *file;
    time_us begin;
    uint32_t left;
};

/* --- the file ------------------------------------------------------------------------------------------------------
 */

static enum status storm_sink_write(struct sink *sink, uint64_t at, struct slice bytes)
{
    struct storm_sink *s = (struct storm_sink *)sink;

    if (at > s->buffer.capacity || bytes.len > s->buffer.capacity - at)
        return STATUS_FILE_TOO_BIG;
    if (at % GRAIN != 0 || bytes.len % GRAIN != 0)
        abort(); /* neither blocks nor files here have such a size */
    s->is_wrong = s->is_wrong || memcmp(s->buffer.memory + at, bytes.data, bytes.len) != 0;
    for (uint64_t n = at / GRAIN; n < (at + bytes.len) / GRAIN; n++) {
        uint32_t bit = (uint32_t)1 << n % 32;

        s->is_twice = s->is_twice || (s->map[n / 32] & bit) != 0;
        s->grains += (s->map[n / 32] & bit) == 0;
        s->map[n / 32] |= bit;
    }
    return STATUS_OK;
}

static bool storm_sink_is_right(const struct storm_sink *s)
{
    return !s->is_wrong && s->grains == s->buffer.capacity / GRAIN;
}

static void make_file(struct storm *storm)
{
    size_t len = storm->config->file_len;

    storm->file = malloc(len);
    if (storm->file == NULL)
        abort();
    for (size_t at = 0; at < len; at++)
        storm->file[at] = (uint8_t)(at * 31 + at / 509 + at / 65521);
}

/* --- machines ------------------------------------------------------------------------------------------------------
 */

static void switch_on(struct storm *storm, struct storm_machine *m, struct segment_port *port)
{
    const struct session_config config = {
        .nic = &port->nic,
        .nic_name = "simulated NIC",
        .nic_place = "segment",
        .target = &bios_boot_target,
        .cached = &m->cached,
        .file = &m->sink.buffer,
    };

    m->is_on = true;
    buffer_sink_start(&m->sink.buffer, storm->file, storm->config->file_len);
    m->sink.buffer.sink.write = storm_sink_write;
    m->sink.map = calloc(storm->config->file_len / GRAIN / 32 + 1, sizeof(*m->sink.map));
    if (m->sink.map == NULL)
        abort();
    if (session_start(&m->session, &config) != STATUS_OK)
        abort();
    boot_flow_start(&m->session, storm->world.now);
}

static void keep_last_words(struct storm *storm)
{
    const struct world *w = &storm->world;
    size_t room = sizeof(storm->result->first_failure), len = w->screen_len < room ? w->screen_len : room - 1;

    memcpy(storm->result->first_failure, w->screen + w->screen_len - len, len + 1);
}

/*
 * The machine's boot program takes over, and is not taken to use our base code: no packet is answered any more. What
 * was due in the very moment still leaves.
 */
static void machine_is_over(struct storm *storm, struct storm_machine *m)
{
    struct session *s = &m->session;

    m->is_over = true;
    m->booted = storm->world.now;
    storm->left--;
    session_poll(s, storm->world.now);
    if (s->flow.status != STATUS_OK) {
        if (storm->result->failed++ == 0)
            keep_last_words(storm);
    } else if (storm_sink_is_right(&m->sink)) {
        storm->result->booted++;
    } else {
        storm->result->wrong++;
    }
    storm->result->written_twice += m->sink.is_twice;
    nic_close(s->nic);
}

static void machine_poll(struct storm *storm, uint32_t port)
{
    struct storm_machine *m = &storm->machines[port - 1];
    struct session *s = &m->session;
    time_us now = storm->world.now;

    if (!m->is_on)
        switch_on(storm, m, &storm->segment.ports[port]);
    session_poll(s, now);
    if (!m->has_lease && s->net.config.address != 0) {
        m->has_lease = true;
        storm->result->last_lease = now - storm->begin;
    }
    if (s->flow.status != STATUS_PENDING) {
        machine_is_over(storm, m);
        event_heap_set(&storm->segment.events, port, TIME_NEVER);
    } else {
        segment_wait(&storm->segment, port, session_deadline(s));
    }
}

/* --- services ------------------------------------------------------------------------------------------------------
 */

static void service_sends(void *context, uint16_t from_port, struct udp_address to, struct slice payload)
{
    busy_server_send(&((struct storm *)context)->server, from_port, to, payload);
}

static bool mtftp_takes(void *service, time_us now, uint16_t to_port, struct udp_address from, struct slice payload)
{
    bool is_ours = mtftp_server_has_port(service, to_port);

    if (is_ours)
        mtftp_server_input(service, now, to_port, from, payload);
    return is_ours;
}

static void mtftp_polls(void *service, time_us now)
{
    mtftp_server_poll(service, now);
}

static time_us mtftp_is_due(const void *service)
{
    return mtftp_server_deadline(service);
}

/*
 * PXE 2.1 tags 1 to 6: group, ports in Intel order, open and reopen delay; no menu, no discovery. The open delay is
 * what an administrator sets to the time in which all machines have a lease (DHCP messages take the server 0.1 ms).
 */
static const uint8_t mtftp_option[] = {1,    4, 239, 255, 1, 1, 2, 2, 0xdd, 6, 3, 2,
                                       0xde, 6, 4,   1,   2, 5, 1, 1, 6,    1, 8, 255};

enum {
    OPEN_DELAY = 16, /* its place in the option */
};

static void start_mtftp(struct storm *storm, struct dhcp_server_config *dhcp)
{
    dhcp->class = "PXEClient";
    memcpy(storm->option, mtftp_option, sizeof(mtftp_option));
    if (storm->config->machines > 1000)
        storm->option[OPEN_DELAY] = 10;
    dhcp->vendor = slice_of(storm->option, sizeof(mtftp_option));
    mtftp_server_start(&storm->mtftp, "boot/kernel", slice_of(storm->file, storm->config->file_len),
                       (struct udp_address){.ip = ipv4_address(GROUP), .port = GROUP_PORT}, MTFTP_PORT);
    storm->mtftp.send = service_sends;
    storm->mtftp.context = storm;
    storm->server.service = (struct busy_service){
        .service = &storm->mtftp, .input = mtftp_takes, .poll = mtftp_polls, .deadline = mtftp_is_due};
}

/* Its sessions have ports from 32768 on, as the crowd's transfers, which then get nothing. */
static bool multicast_takes(void *service, time_us now, uint16_t to_port, struct udp_address from, struct slice payload)
{
    if (to_port == 69 || to_port >= 32768)
        multicast_server_input(service, now, to_port, from, payload);
    return true;
}

static void multicast_polls(void *service, time_us now)
{
    multicast_server_poll(service, now);
}

static time_us multicast_is_due(const void *service)
{
    return multicast_server_deadline(service);
}

static void multicast_reads(void *context, uint64_t at, uint8_t *to, size_t len)
{
    memcpy(to, ((const struct storm *)context)->file + at, len);
}

static void start_multicast(struct storm *storm)
{
    storm->multicast.size = storm->config->file_len;
    storm->multicast.content = multicast_reads;
    storm->multicast.send = service_sends;
    storm->multicast.context = storm;
    storm->server.service = (struct busy_service){
        .service = &storm->multicast, .input = multicast_takes, .poll = multicast_polls, .deadline = multicast_is_due};
}

/* --- the whole -----------------------------------------------------------------------------------------------------
 */

static void start_server(struct storm *storm)
{
    const struct storm_config *config = storm->config;
    const struct tftp_crowd_config crowd = {
        .address = SERVER,
        .first_address = FIRST,
        .machines = config->machines,
        .name = "boot/kernel",
        .file = slice_of(storm->file, config->file_len),
        .block_size_max = 1468,
        .window_max = 64,
    };
    struct dhcp_server_config dhcp = {
        .address = FIRST,
        .pool = config->machines,
        .netmask = NETMASK,
        .router = SERVER,
        .next_server = SERVER,
        .file = "boot/kernel",
    };

    busy_server_start(&storm->server, &storm->segment, &busy_costs_usual, &crowd);
    if (config->protocol == STORM_MTFTP)
        start_mtftp(storm, &dhcp);
    else if (config->protocol == STORM_MULTICAST)
        start_multicast(storm);
    dhcp_server_start(&storm->dhcp, &storm->server.server, &dhcp);
}

static struct storm *storm_new(const struct storm_config *config, struct storm_result *result)
{
    struct storm *storm = calloc(1, sizeof(*storm));
    const struct segment_config segment = {
        .machines = config->machines,
        .server_mbit = config->server_mbit,
        .machine_mbit = 1000,
        .latency = 20,
        .loss_own = config->loss_own,
        .loss_shared = config->loss_shared,
        .server_queue = SERVER_QUEUE,
        .queue = QUEUE,
        .server_address = SERVER,
        .first_address = FIRST,
        .seed = config->seed,
    };
    struct random random = {0};

    if (storm == NULL)
        abort();
    memset(result, 0, sizeof(*result));
    storm->config = config;
    storm->result = result;
    storm->left = config->machines;
    storm->machines = calloc(config->machines, sizeof(*storm->machines));
    if (storm->machines == NULL)
        abort();
    make_file(storm);
    world_start(&storm->world, config->seed);
    storm->begin = storm->world.now;
    segment_start(&storm->segment, &segment, &storm->world.now);
    start_server(storm);
    random_seed(&random, slice_of(&config->seed, sizeof(config->seed)));
    for (uint32_t n = 0; n < config->machines; n++) {
        storm->machines[n].on = storm->begin + random_below(&random, (uint32_t)config->spread);
        segment_wait(&storm->segment, n + 1, storm->machines[n].on);
    }
    segment_wait(&storm->segment, SEGMENT_SERVER, storm->begin);
    return storm;
}

static void storm_free(struct storm *storm)
{
    for (uint32_t n = 0; n < storm->config->machines; n++)
        free(storm->machines[n].sink.map);
    busy_server_stop(&storm->server);
    segment_stop(&storm->segment);
    world_stop(&storm->world);
    free(storm->machines);
    free(storm->file);
    free(storm);
}

static int later(const void *a, const void *b)
{
    time_us x = *(const time_us *)a, y = *(const time_us *)b;

    return (x > y) - (x < y);
}

static void take_times(struct storm *storm)
{
    struct storm_result *result = storm->result;
    time_us *times = malloc(storm->config->machines * sizeof(*times));
    uint32_t count = 0;

    if (times == NULL)
        abort();
    for (uint32_t n = 0; n < storm->config->machines; n++)
        if (storm->machines[n].is_over && storm->machines[n].session.flow.status == STATUS_OK)
            times[count++] = storm->machines[n].booted - storm->begin;
    if (count != 0) {
        qsort(times, count, sizeof(*times), later);
        result->first_boot = times[0];
        result->median_boot = times[count / 2];
        result->last_boot = times[count - 1];
    }
    free(times);
}

static void take_counts(struct storm *storm)
{
    const struct busy_server *server = &storm->server;
    const struct busy_queue *dhcp = &server->queues[BUSY_DHCP], *requests = &server->queues[BUSY_REQUESTS];
    struct storm_result *result = storm->result;

    result->failed += storm->left; /* no end in sight */
    result->wire = storm->segment.count;
    result->server_busy = server->busy_ns / 1000;
    result->dhcp_taken = dhcp->taken;
    result->dhcp_dropped = dhcp->dropped;
    result->dhcp_most = dhcp->most;
    result->requests_taken = requests->taken;
    result->requests_dropped = requests->dropped;
    result->transfers_most = server->crowd.running_most;
    result->time_outs = server->crowd.time_outs;
    result->by_unicast = server->crowd.requests;
    result->sessions = storm->mtftp.sessions + storm->multicast.sessions_opened;
    result->multicast_requests = storm->mtftp.requests + storm->multicast.requests;
}

void storm_run(const struct storm_config *config, struct storm_result *result)
{
    struct storm *storm = storm_new(config, result);
    uint32_t port;

    while (storm->left != 0 && segment_next(&storm->segment, storm->begin + give_up_after, &port)) {
        if (port == SEGMENT_SERVER)
            busy_server_poll(&storm->server);
        else
            machine_poll(storm, port);
    }
    take_times(storm);
    take_counts(storm);
    storm_free(storm);
}

const char *storm_protocol_name(enum storm_protocol protocol)
{
    static const char *const names[STORM_PROTOCOLS] = {"TFTP", "MTFTP", "RFC 2090"};

    return names[protocol];
}
