/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/sim/segment.h"

#include <stdlib.h>

enum {
    ETHERNET = 14,
    UDP_PORTS = 34,  /* where the ports of a UDP frame without IP options lie */
    TFTP_START = 42, /* and its payload */
};

struct mac segment_mac(uint32_t port)
{
    /* The last three bytes of the first machine's are 0: dhcp_server's pool begins with it. */
    uint32_t n = port - 1;

    return (struct mac){{2, 0, 0, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}};
}

/* xorshift64*: a loss is decided for each frame at each port, which ChaCha would make most of the work. */
static bool is_lost(struct segment *s, unsigned per_thousand)
{
    if (per_thousand == 0)
        return false;
    s->dice ^= s->dice >> 12;
    s->dice ^= s->dice << 25;
    s->dice ^= s->dice >> 27;
    if ((s->dice * 2685821657736338717u >> 32) * 1000 >> 32 >= per_thousand)
        return false;
    s->count.lost++;
    return true;
}

void segment_drop(struct segment_frame *frame)
{
    if (frame != NULL && --frame->users == 0)
        free(frame);
}

static struct segment_frame *frame_of(struct slice bytes)
{
    size_t len = bytes.len < NIC_FRAME_MIN ? NIC_FRAME_MIN : bytes.len;
    struct segment_frame *frame = malloc(sizeof(*frame) + len);

    if (frame == NULL)
        abort();
    frame->users = 1;
    frame->len = (uint32_t)len;
    memcpy(frame->bytes, bytes.data, bytes.len);
    memset(frame->bytes + bytes.len, 0, len - bytes.len);
    return frame;
}

/* --- lines and queues --------------------------------------------------------------------------------------------- */

static void queue_start(struct segment_queue *queue, uint32_t max)
{
    queue->max = max;
    queue->ring = malloc(max * sizeof(*queue->ring));
    if (queue->ring == NULL)
        abort();
}

static struct segment_frame *queue_pop(struct segment_queue *queue)
{
    struct segment_frame *frame = queue->ring[queue->first].frame;

    queue->first = queue->first + 1 == queue->max ? 0 : queue->first + 1;
    queue->count--;
    return frame;
}

static void queue_stop(struct segment_queue *queue)
{
    while (queue->count != 0)
        segment_drop(queue_pop(queue));
    free(queue->ring);
}

static uint64_t line_ns(uint32_t len, uint32_t mbit)
{
    return (uint64_t)(len + SEGMENT_WIRE) * 8000 / mbit;
}

/* The frame is the queue's from now on. False when that is full. */
static bool queue_push(struct segment_queue *queue, struct segment_frame *frame, time_us now, uint32_t mbit,
                       time_us latency)
{
    uint32_t last = queue->first + queue->count;

    if (queue->count == queue->max)
        return false;
    if (queue->line_free_ns < now * 1000)
        queue->line_free_ns = now * 1000;
    queue->line_free_ns += line_ns(frame->len, mbit);
    queue->ring[last < queue->max ? last : last - queue->max] =
        (struct segment_waiting){.frame = frame, .at = (queue->line_free_ns + 999) / 1000 + latency};
    queue->count++;
    return true;
}

static time_us queue_due(const struct segment_queue *queue)
{
    return queue->count == 0 ? TIME_NEVER : queue->ring[queue->first].at;
}

/* --- the switch --------------------------------------------------------------------------------------------------- */

static void to_port(struct segment *s, uint32_t index, struct segment_frame *frame, time_us at)
{
    const struct segment_config *config = &s->config;
    struct segment_port *port = &s->ports[index];
    bool is_server = index == SEGMENT_SERVER;

    if (!port->nic.is_open || is_lost(s, is_server ? config->loss_shared : config->loss_own))
        return;
    if (!queue_push(&port->down, frame, at, is_server ? config->server_mbit : config->machine_mbit, config->latency)) {
        s->count.overflowed++;
        return;
    }
    frame->users++;
    if (is_server && port->down.count > s->count.server_queue_most)
        s->count.server_queue_most = port->down.count;
    if (port->down.count == 1 && port->down.ring[port->down.first].at < s->events.due[index])
        event_heap_set(&s->events, index, port->down.ring[port->down.first].at);
}

static bool has_joined(const struct segment_port *port, uint32_t group)
{
    for (unsigned n = 0; n < SEGMENT_GROUPS; n++)
        if (port->joined[n] == group)
            return true;
    return false;
}

static bool filter_wants(const struct segment_port *port, const uint8_t *destination)
{
    if (port->nic.filter & (NIC_FILTER_PROMISCUOUS | NIC_FILTER_ALL_MULTICAST))
        return true;
    for (uint32_t n = 0; n < port->wanted_count; n++)
        if (memcmp(port->wanted[n].byte, destination, 6) == 0)
            return true;
    return false;
}

static uint32_t ipv4_destination(const struct segment_frame *frame)
{
    return load_be16(frame->bytes + 12) == 0x0800 ? load_be32(frame->bytes + 30) : 0;
}

static void to_group(struct segment *s, uint32_t from, struct segment_frame *frame, time_us at)
{
    uint32_t group = ipv4_destination(frame);
    bool floods = s->config.floods_groups || group >> 8 == 0xe00000; /* 224.0.0.x: to all (RFC 4541 section 2.1.2) */

    if (from != SEGMENT_SERVER)
        to_port(s, SEGMENT_SERVER, frame, at);
    /* Whoever heard a report would leave its own unsent, and the switch would not know (RFC 4541 section 2.1.1). */
    if (!s->config.floods_groups && frame->bytes[ETHERNET + 9] == 2 && from != SEGMENT_SERVER)
        return;
    for (uint32_t n = 1; n <= s->config.machines; n++)
        if (n != from && (floods || has_joined(&s->ports[n], group)) && filter_wants(&s->ports[n], frame->bytes))
            to_port(s, n, frame, at);
}

/*
 * The machine that a broadcast frame is for; UINT32_MAX: all, 0: none. ARP requests teach nobody but the one who is
 * asked, and DHCP's messages are ignored by all but servers and the one whose hardware address (RFC 2131 section 2) is
 * in them. With N machines there are several from and for each, and N squared times nothing would be most of what is
 * simulated.
 */
static uint32_t machine_meant(const struct segment *s, const struct segment_frame *frame)
{
    bool is_udp = ipv4_destination(frame) != 0 && frame->bytes[23] == 17;
    uint32_t port = is_udp ? load_be16(frame->bytes + UDP_PORTS + 2) : 0, machine = UINT32_MAX;

    if (load_be16(frame->bytes + 12) == 0x0806)
        machine = load_be32(frame->bytes + 38) - s->config.first_address + 1;
    else if (port == 68 && frame->len >= TFTP_START + 34)
        machine = (load_be32(frame->bytes + TFTP_START + 30) & 0xffffff) + 1;
    else if (port != 67)
        return UINT32_MAX;
    return machine <= s->config.machines ? machine : 0;
}

static void to_all(struct segment *s, uint32_t from, struct segment_frame *frame, time_us at)
{
    uint32_t meant = machine_meant(s, frame);

    if (from != SEGMENT_SERVER)
        to_port(s, SEGMENT_SERVER, frame, at);
    s->count.machine_broadcasts += from != SEGMENT_SERVER;
    s->count.server_broadcasts += from == SEGMENT_SERVER;
    if (meant != UINT32_MAX) {
        if (meant != 0 && meant != from)
            to_port(s, meant, frame, at);
        return;
    }
    for (uint32_t n = 1; n <= s->config.machines; n++)
        if (n != from)
            to_port(s, n, frame, at);
}

static void watch_igmp(struct segment_port *port, const struct segment_frame *frame)
{
    const uint8_t *message = frame->bytes + ETHERNET + (frame->bytes[ETHERNET] & 15) * 4;
    uint32_t group;

    if (load_be16(frame->bytes + 12) != 0x0800 || frame->bytes[ETHERNET + 9] != 2)
        return;
    group = load_be32(message + 4);
    for (unsigned n = 0; n < SEGMENT_GROUPS && message[0] == 0x17; n++) /* leave (RFC 2236) */
        if (port->joined[n] == group)
            port->joined[n] = 0;
    if ((message[0] != 0x16 && message[0] != 0x12) || has_joined(port, group))
        return;
    for (unsigned n = 0; n < SEGMENT_GROUPS; n++)
        if (port->joined[n] == 0) {
            port->joined[n] = group;
            return;
        }
}

/* A frame has come to the switch. */
static void forward(struct segment *s, uint32_t from, struct segment_frame *frame, time_us at)
{
    uint32_t to;

    if (frame->bytes[0] == 0xff) {
        to_all(s, from, frame, at);
    } else if ((frame->bytes[0] & 1) != 0) {
        watch_igmp(&s->ports[from], frame);
        to_group(s, from, frame, at);
    } else {
        to = ((load_be32(frame->bytes + 2) & 0xffffff) + 1) & 0xffffff;
        if (to <= s->config.machines && to != from)
            to_port(s, to, frame, at);
    }
    segment_drop(frame);
}

bool segment_has_room(const struct segment *s, uint32_t frames)
{
    return s->up.count + frames <= s->up.max;
}

static void count_server_frame(struct segment *s, const struct segment_frame *frame, size_t len)
{
    struct segment_counters *count = &s->count;

    count->server_frames++;
    count->server_bytes += len;
    if (s->up.count > count->up_queue_most)
        count->up_queue_most = s->up.count;
    if (ipv4_destination(frame) == 0 || frame->bytes[23] != 17)
        return;
    if ((load_be16(frame->bytes + 20) & 0x1fff) != 0) { /* a fragment behind the first */
        count->file_bytes += s->is_file ? len - UDP_PORTS : 0;
        return;
    }
    s->is_file =
        len >= TFTP_START + 4 && load_be16(frame->bytes + UDP_PORTS) != 67 && load_be16(frame->bytes + TFTP_START) == 3;
    count->file_bytes += s->is_file ? len - TFTP_START - 4 : 0;
}

static void server_transmits(struct segment *s, size_t len)
{
    struct slice bytes = slice_of(s->room, len);
    struct segment_frame *frame;

    if (s->sends != NULL && s->sends(s->sends_context, bytes))
        return;
    frame = frame_of(bytes);
    if (!queue_push(&s->up, frame, *s->clock, s->config.server_mbit, s->config.latency)) {
        s->count.overflowed++;
        segment_drop(frame);
        return;
    }
    count_server_frame(s, frame, len);
    event_heap_set(&s->events, s->config.machines + 1, queue_due(&s->up));
}

static void segment_transmit(struct nic *nic, size_t len)
{
    struct segment_port *port = (struct segment_port *)nic;
    struct segment *s = port->segment;
    uint64_t now_ns = *s->clock * 1000;
    struct segment_frame *frame;

    if (len > NIC_FRAME_MAX || len < ETHERNET)
        abort();
    if (port->index == SEGMENT_SERVER) {
        server_transmits(s, len);
        return;
    }
    frame = frame_of(slice_of(s->room, len));
    s->count.machine_frames++;
    s->count.machine_bytes += len;
    port->up_free_ns =
        (port->up_free_ns < now_ns ? now_ns : port->up_free_ns) + line_ns(frame->len, s->config.machine_mbit);
    if (is_lost(s, s->config.loss_own))
        segment_drop(frame);
    else
        forward(s, port->index, frame, (port->up_free_ns + 999) / 1000);
}

/* --- events ------------------------------------------------------------------------------------------------------- */

bool segment_next(struct segment *s, time_us limit, uint32_t *port)
{
    for (;;) {
        uint32_t first = event_heap_first(&s->events);
        time_us due = s->events.due[first];

        if (due >= limit)
            return false;
        if (due > *s->clock)
            *s->clock = due;
        if (first != s->config.machines + 1) {
            *port = first;
            return true;
        }
        if (is_lost(s, s->config.loss_shared))
            segment_drop(queue_pop(&s->up));
        else
            forward(s, SEGMENT_SERVER, queue_pop(&s->up), due);
        event_heap_set(&s->events, first, queue_due(&s->up));
    }
}

void segment_wait(struct segment *s, uint32_t port, time_us until)
{
    time_us soonest = *s->clock + 1;

    until = time_earlier(until, queue_due(&s->ports[port].down));
    event_heap_set(&s->events, port, until > soonest ? until : soonest);
}

struct segment_frame *segment_take(struct segment_port *port)
{
    return queue_due(&port->down) <= *port->segment->clock ? queue_pop(&port->down) : NULL;
}

void segment_inject(struct segment_port *port, struct slice bytes)
{
    struct segment_frame *frame = frame_of(bytes);

    if (!queue_push(&port->down, frame, *port->segment->clock, 100000, 0))
        segment_drop(frame);
}

/* --- NICs --------------------------------------------------------------------------------------------------------- */

static enum status segment_open(struct nic *nic)
{
    nic->receive_frames = 256;
    return STATUS_OK;
}

static void segment_close(struct nic *nic)
{
    struct segment_port *port = (struct segment_port *)nic;

    segment_drop(port->lent);
    port->lent = NULL;
    while (port->down.count != 0)
        segment_drop(queue_pop(&port->down));
}

static bool segment_receive(struct nic *nic, struct slice *frame)
{
    struct segment_port *port = (struct segment_port *)nic;

    if (port->lent == NULL)
        port->lent = segment_take(port);
    if (port->lent == NULL)
        return false;
    *frame = slice_of(port->lent->bytes, port->lent->len);
    return true;
}

static void segment_receive_done(struct nic *nic)
{
    struct segment_port *port = (struct segment_port *)nic;

    segment_drop(port->lent);
    port->lent = NULL;
}

static bool segment_has_frame(struct nic *nic)
{
    const struct segment_port *port = (struct segment_port *)nic;

    return port->lent != NULL || queue_due(&port->down) <= *port->segment->clock;
}

static bool segment_transmit_room(struct nic *nic, struct writer *frame)
{
    struct segment *s = ((struct segment_port *)nic)->segment;

    *frame = writer_of(s->room, sizeof(s->room));
    return true;
}

static unsigned segment_transmitted(struct nic *nic)
{
    (void)nic;
    return 0;
}

static void segment_irq_enable(struct nic *nic, bool on)
{
    (void)nic;
    (void)on;
}

static bool segment_irq_claim(struct nic *nic)
{
    (void)nic;
    return false;
}

static enum status segment_set_filter(struct nic *nic, unsigned filter, const struct mac *groups, size_t count)
{
    struct segment_port *port = (struct segment_port *)nic;

    (void)filter;
    if (count > SEGMENT_GROUPS)
        return STATUS_OUT_OF_RESOURCES;
    port->wanted_count = (uint32_t)count;
    for (size_t n = 0; n < count; n++)
        port->wanted[n] = groups[n];
    return STATUS_OK;
}

static bool segment_link_up(struct nic *nic)
{
    (void)nic;
    return true;
}

static unsigned segment_link_speed(struct nic *nic)
{
    return ((struct segment_port *)nic)->segment->config.machine_mbit;
}

static const struct nic_ops segment_ops = {
    .driver = "segment",
    .open = segment_open,
    .close = segment_close,
    .receive = segment_receive,
    .receive_done = segment_receive_done,
    .has_frame = segment_has_frame,
    .transmit_room = segment_transmit_room,
    .transmit = segment_transmit,
    .transmitted = segment_transmitted,
    .irq_enable = segment_irq_enable,
    .irq_claim = segment_irq_claim,
    .set_filter = segment_set_filter,
    .link_up = segment_link_up,
    .link_speed = segment_link_speed,
};

void segment_start(struct segment *s, const struct segment_config *config, time_us *clock)
{
    memset(s, 0, sizeof(*s));
    s->config = *config;
    s->clock = clock;
    s->dice = ((uint64_t)config->seed << 32 | 0x9e3779b9u) + 1;
    event_heap_start(&s->events, config->machines + 2);
    s->ports = calloc(config->machines + 1, sizeof(*s->ports));
    if (s->ports == NULL)
        abort();
    queue_start(&s->up, config->server_queue);
    for (uint32_t n = 0; n <= config->machines; n++) {
        struct segment_port *port = &s->ports[n];

        port->segment = s;
        port->index = n;
        port->nic.ops = &segment_ops;
        port->nic.mac = port->nic.permanent_mac = segment_mac(n);
        queue_start(&port->down, n == SEGMENT_SERVER ? config->server_queue : config->queue);
    }
}

void segment_stop(struct segment *s)
{
    for (uint32_t n = 0; n <= s->config.machines; n++) {
        segment_drop(s->ports[n].lent);
        queue_stop(&s->ports[n].down);
    }
    queue_stop(&s->up);
    free(s->ports);
    event_heap_stop(&s->events);
}
