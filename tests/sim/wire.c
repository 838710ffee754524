/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/sim/wire.h"

#include <stdlib.h>

static struct wire_end *end_of(struct nic *nic)
{
    return (struct wire_end *)((uint8_t *)nic - offsetof(struct wire_end, nic));
}

static bool chance(struct wire *wire, unsigned per_thousand)
{
    return per_thousand != 0 && random_below(&wire->random, 1000) < per_thousand;
}

/* Each frame is a heap block of exactly its size, so that the address sanitizer sees who reads beyond it. */
static void enqueue(struct wire_end *to, time_us arrival, struct slice bytes, bool damaged)
{
    struct wire_frame *frame = malloc(sizeof(*frame) + bytes.len), **link = &to->queue;

    if (frame == NULL)
        abort();
    frame->arrival = arrival;
    frame->len = bytes.len;
    if (bytes.len != 0)
        memcpy(frame->bytes, bytes.data, bytes.len);
    if (damaged && bytes.len != 0)
        frame->bytes[random_below(&to->wire->random, (uint32_t)bytes.len)] ^=
            (uint8_t)(1u << random_below(&to->wire->random, 8));
    while (*link != NULL && (*link)->arrival <= arrival)
        link = &(*link)->next;
    frame->next = *link;
    *link = frame;
    to->waiting++;
}

static bool is_fragment(struct slice frame)
{
    return frame.len >= 22 && load_be16(frame.data + 12) == 0x0800 && (load_be16(frame.data + 20) & 0x3fff) != 0;
}

static void carry(struct wire_end *to, struct slice bytes)
{
    const struct wire_conditions *conditions = &to->conditions;
    struct wire *wire = to->wire;
    time_us now = *wire->clock, arrival = now + conditions->delay;
    bool damaged = chance(wire, conditions->corrupt), late = chance(wire, conditions->reorder);

    if (conditions->bytes_per_ms != 0) {
        time_us begins = to->line_free > now ? to->line_free : now;

        to->line_free = begins + (time_us)(bytes.len + 24) * 1000 / conditions->bytes_per_ms;
        arrival = to->line_free + conditions->delay;
    }
    if (chance(wire, conditions->loss) || (conditions->drops_fragments && is_fragment(bytes)) ||
        (now >= conditions->cut_from && now < conditions->cut_until)) {
        wire->lost++;
        return;
    }
    if (late)
        arrival += 1 + random_below(&wire->random, (uint32_t)conditions->late_by);
    wire->reordered += late;
    wire->corrupted += damaged;
    wire->carried++;
    enqueue(to, arrival, bytes, damaged);
    if (chance(wire, conditions->duplicate)) {
        wire->duplicated++;
        enqueue(to, arrival + random_below(&wire->random, (uint32_t)conditions->late_by), bytes, false);
    }
}

static void mangle_and_carry(struct wire_end *to, struct slice bytes)
{
    uint8_t copy[NIC_FRAME_MAX];

    if (to->mangle != NULL) {
        memcpy(copy, bytes.data, bytes.len);
        bytes = slice_of(copy, to->mangle(to->mangle_context, copy, bytes.len));
    }
    carry(to, bytes);
}

static enum status wire_open(struct nic *nic)
{
    struct wire_end *end = end_of(nic);

    nic->receive_frames = (uint16_t)(end->conditions.ring != 0 ? end->conditions.ring : 256);
    if (end->room == NULL)
        end->room = malloc(NIC_FRAME_MAX);
    return end->room != NULL ? STATUS_OK : STATUS_OUT_OF_RESOURCES;
}

static void wire_drop_queue(struct wire_end *end)
{
    while (end->queue != NULL) {
        struct wire_frame *frame = end->queue;

        end->queue = frame->next;
        free(frame);
    }
    free(end->lent);
    end->lent = NULL;
    end->waiting = 0;
}

static void wire_close(struct nic *nic)
{
    wire_drop_queue(end_of(nic));
}

static void wire_receive_done(struct nic *nic)
{
    struct wire_end *end = end_of(nic);

    free(end->lent);
    end->lent = NULL;
}

static bool wire_receive(struct nic *nic, struct slice *frame)
{
    struct wire_end *end = end_of(nic);

    while (end->queue != NULL && end->queue->arrival <= *end->wire->clock) {
        end->lent = end->queue;
        end->queue = end->lent->next;
        end->waiting--;
        *frame = slice_of(end->lent->bytes, end->lent->len);
        if (end->take == NULL || !end->take(end->take_context, *frame))
            return true;
        wire_receive_done(nic);
    }
    return false;
}

static bool wire_has_frame(struct nic *nic)
{
    struct wire_end *end = end_of(nic);

    return end->queue != NULL && end->queue->arrival <= *end->wire->clock;
}

static bool wire_transmit_room(struct nic *nic, struct writer *frame)
{
    struct wire_end *end = end_of(nic);

    if (end->ring_is_full)
        return false;
    *frame = writer_of(end->room, NIC_FRAME_MAX);
    return true;
}

static bool listens(const struct wire_end *end, const uint8_t *group)
{
    for (size_t n = 0; n < end->group_count; n++)
        if (memcmp(group, end->groups[n].byte, 6) == 0)
            return true;
    return false;
}

static bool wants(const struct wire_end *end, const uint8_t *destination)
{
    if (end->nic.filter & NIC_FILTER_PROMISCUOUS)
        return true;
    if (memcmp(destination, MAC_BROADCAST.byte, 6) == 0)
        return (end->nic.filter & NIC_FILTER_BROADCAST) != 0;
    if (destination[0] & 1)
        return (end->nic.filter & NIC_FILTER_ALL_MULTICAST) != 0 || listens(end, destination);
    return memcmp(destination, end->nic.mac.byte, 6) == 0;
}

static void wire_transmit(struct nic *nic, size_t len)
{
    struct wire_end *from = end_of(nic);
    struct wire *wire = from->wire;

    if (len > NIC_FRAME_MAX || len < 14)
        abort();
    from->sent++;
    if (from->link_is_down)
        return;
    if (wire->tap != NULL)
        wire->tap(wire->tap_context, *wire->clock, from, slice_of(from->room, len));
    if (len < NIC_FRAME_MIN) {
        memset(from->room + len, 0, NIC_FRAME_MIN - len);
        len = NIC_FRAME_MIN;
    }
    for (unsigned n = 0; n < WIRE_ENDS; n++) {
        struct wire_end *to = &wire->ends[n];

        if (to == from || !to->nic.is_open || to->link_is_down || !wants(to, from->room))
            continue;
        if (to->conditions.ring != 0 && to->waiting >= to->conditions.ring)
            wire->lost++;
        else
            mangle_and_carry(to, slice_of(from->room, len));
    }
}

static unsigned wire_transmitted(struct nic *nic)
{
    unsigned sent = end_of(nic)->sent;

    end_of(nic)->sent = 0;
    return sent;
}

static void wire_irq_enable(struct nic *nic, bool on)
{
    (void)nic;
    (void)on;
}

static bool wire_irq_claim(struct nic *nic)
{
    (void)nic;
    return false;
}

static enum status wire_set_filter(struct nic *nic, unsigned filter, const struct mac *groups, size_t count)
{
    struct wire_end *end = end_of(nic);

    if ((filter & NIC_FILTER_MULTICAST) == 0)
        count = 0;
    end->filters_set++;
    end->group_count = 0;
    if (count > end->groups_most)
        return STATUS_NIC_FAILED;
    end->group_count = count;
    if (count != 0)
        memcpy(end->groups, groups, count * sizeof(groups[0]));
    return STATUS_OK;
}

static bool wire_link_up(struct nic *nic)
{
    return !end_of(nic)->link_is_down;
}

static unsigned wire_link_speed(struct nic *nic)
{
    (void)nic;
    return 1000;
}

static const struct nic_ops wire_ops = {
    .driver = "wire",
    .open = wire_open,
    .close = wire_close,
    .receive = wire_receive,
    .receive_done = wire_receive_done,
    .has_frame = wire_has_frame,
    .transmit_room = wire_transmit_room,
    .transmit = wire_transmit,
    .transmitted = wire_transmitted,
    .irq_enable = wire_irq_enable,
    .irq_claim = wire_irq_claim,
    .set_filter = wire_set_filter,
    .link_up = wire_link_up,
    .link_speed = wire_link_speed,
};

void wire_start(struct wire *wire, const time_us *clock, uint32_t seed)
{
    *wire = (struct wire){.clock = clock};
    random_seed(&wire->random, slice_of(&seed, sizeof(seed)));
    for (unsigned n = 0; n < WIRE_ENDS; n++) {
        struct wire_end *end = &wire->ends[n];

        end->wire = wire;
        end->groups_most = WIRE_GROUPS;
        end->nic.ops = &wire_ops;
        end->nic.mac = (struct mac){{2, 0, 0, 0, 0, (uint8_t)(n + 1)}};
        end->nic.permanent_mac = end->nic.mac;
    }
}

void wire_stop(struct wire *wire)
{
    for (unsigned n = 0; n < WIRE_ENDS; n++) {
        wire_drop_queue(&wire->ends[n]);
        free(wire->ends[n].room);
        wire->ends[n].room = NULL;
    }
}

void wire_set_conditions(struct wire *wire, const struct wire_conditions *conditions)
{
    for (unsigned n = 0; n < WIRE_ENDS; n++)
        wire->ends[n].conditions = *conditions;
}

void wire_inject(struct wire_end *to, struct slice frame)
{
    enqueue(to, *to->wire->clock, frame, false);
}

time_us wire_deadline(const struct wire *wire, unsigned first)
{
    time_us deadline = TIME_NEVER;

    for (unsigned n = first; n < WIRE_ENDS; n++)
        if (wire->ends[n].nic.is_open && wire->ends[n].queue != NULL)
            deadline = time_earlier(deadline, wire->ends[n].queue->arrival);
    return deadline;
}
