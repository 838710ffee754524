/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A boot program that calls the PXE API with anything, in any order, on a network where anything may arrive, also while
 * a call waits. The input is a list of steps (see step()).
 *
 * Required of every call: it ends; it touches no memory but what it asked map() for, which the address sanitizer
 * watches; of that it writes no more than it says; our own low memory stays as it is; AX and Status say the same.
 */
#include <sanitizer/asan_interface.h>

#include "tests/fuzz/fuzz.h"
#include "tests/harness/frame_repair.h"
#include "tests/sim/pxe_blocks.h"
#include "tests/sim/pxe_world.h"

enum {
    EVENTS = 64,
    RANGES = 64 + 2 * EVENTS, /* a call's own, and two of each nested one */
    COPY_MAX = 0x10000,
    IDLES_MAX = 500000, /* of one call; a call that spins is as bad as one that never ends */
    CALL_LIMIT_S = 1800,
    FRAME_MAX = 1600,
};

/* Memory that map() has given away during the call in progress. */
struct range {
    uint32_t start, len;
    uint8_t *before; /* NULL: too long to keep a copy */
};

struct event {
    bool is_nested_call; /* else a frame */
    struct slice bytes;
};

static struct {
    struct pxe_world *world, fresh;
    struct pxe_host_ops host; /* the world's own */
    uint8_t low[PXE_WORLD_LOW_LEN];
    struct range ranges[RANGES];
    unsigned range_count, nested_calls;
    bool is_nested;
    struct event events[EVENTS]; /* what happens while calls wait, one per idle */
    unsigned event_count, events_taken, ring_full_for;
    uint64_t idles;
} fuzz;

static void in_idle(void *context);

static uint8_t *map(struct pxe_api *api, uint32_t physical, uint32_t len)
{
    uint8_t *memory = fuzz.host.map(api, physical, len);
    struct range *range = &fuzz.ranges[fuzz.range_count];

    if (memory == NULL || len == 0)
        return memory;
    check(fuzz.range_count < RANGES);
    fuzz.range_count++;
    *range = (struct range){.start = physical, .len = len};
    ASAN_UNPOISON_MEMORY_REGION(memory, len);
    if (len <= COPY_MAX) {
        range->before = malloc(len);
        check(range->before != NULL);
        memcpy(range->before, memory, len);
    }
    return memory;
}

static enum status release(struct pxe_api *api)
{
    return fuzz.host.release(api);
}

static void restart(struct pxe_api *api, struct slice image)
{
    fuzz.host.restart(api, image);
}

static const struct pxe_host_ops host_ops = {.map = map, .release = release, .restart = restart};

static struct wire_end *our_end(void)
{
    return &fuzz.world->world.wire.ends[0];
}

/* Nothing is under way on the wire, so that the world is one struct that can be copied back. */
static void let_the_wire_drain(struct pxe_world *w)
{
    while (wire_deadline(&w->world.wire, 0) != TIME_NEVER) {
        session_poll(&w->session, w->world.now);
        world_run(&w->world, w->world.now + MILLISECONDS(1));
    }
}

static void start_once(void)
{
    void *state;

    if (fuzz.world != NULL)
        return;
    check(pxe_world_start(&state) == 0);
    fuzz.world = state;
    let_the_wire_drain(fuzz.world);
    fuzz.host = *fuzz.world->api.host;
    fuzz.world->api.host = &host_ops;
    fuzz.world->world.in_idle = in_idle;
    fuzz.fresh = *fuzz.world;
    memcpy(fuzz.low, fuzz.world->memory + PXE_WORLD_LOW, PXE_WORLD_LOW_LEN);
    ASAN_POISON_MEMORY_REGION(fuzz.world->memory, PXE_WORLD_MEMORY);
    ASAN_UNPOISON_MEMORY_REGION(fuzz.world->memory + PXE_WORLD_LOW, PXE_WORLD_LOW_LEN);
}

static void start_again(void)
{
    start_once();
    for (unsigned n = 0; n < WIRE_ENDS; n++)
        if (fuzz.world->world.wire.ends[n].nic.is_open)
            fuzz.world->world.wire.ends[n].nic.ops->close(&fuzz.world->world.wire.ends[n].nic);
    *fuzz.world = fuzz.fresh;
    memcpy(fuzz.world->memory + PXE_WORLD_LOW, fuzz.low, PXE_WORLD_LOW_LEN);
    fuzz.event_count = fuzz.events_taken = fuzz.ring_full_for = 0;
}

/* The boot program writes to its own memory. Takes the world's own map(): nothing is on record. */
static bool poke(uint32_t physical, struct slice bytes)
{
    uint8_t *memory = fuzz.host.map(&fuzz.world->api, physical, (uint32_t)bytes.len);

    if (memory == NULL || bytes.len == 0)
        return false;
    ASAN_UNPOISON_MEMORY_REGION(memory, bytes.len);
    memcpy(memory, bytes.data, bytes.len);
    ASAN_POISON_MEMORY_REGION(memory, bytes.len);
    return true;
}

static void send_frame(struct slice bytes)
{
    uint8_t frame[FRAME_MAX];
    struct reader in = reader_of(bytes);
    uint8_t what = read_u8(&in);
    struct slice rest = slice_first(read_rest(&in), sizeof(frame));

    if (rest.len < 14 || !our_end()->nic.is_open)
        return;
    memcpy(frame, rest.data, rest.len);
    if (what & 1)
        memcpy(frame, our_end()->nic.mac.byte, 6);
    if (what & 2 && rest.len >= 34)
        store_be32(frame + 30, PXE_WORLD_OUR_IP);
    if (what & 4)
        frame_repair(frame, rest.len);
    wire_inject(our_end(), slice_of(frame, rest.len));
}

/* A datagram from the server's host; its rest is zeros, so that a long one need not be long in the input. */
static void send_datagram(struct slice bytes)
{
    static uint8_t payload[4000];
    const struct tftp *tftp = &fuzz.world->session.transfer.tftp;
    struct reader in = reader_of(bytes);
    uint8_t what = read_u8(&in);
    size_t len = read_be16(&in) % sizeof(payload);
    uint16_t from = (uint16_t)(what & 8 ? tftp->peer.port : PXE_WORLD_ECHO_PORT),
             to = (uint16_t)(what & 16 ? tftp->udp.port : PXE_BLOCK_PORT);
    struct slice rest;

    if (what & 32)
        to = fuzz.world->session.size_query.tftp.udp.port;
    rest = slice_first(read_rest(&in), len);
    memset(payload, 0, len);
    if (rest.len != 0)
        memcpy(payload, rest.data, rest.len);
    (void)server_send(&fuzz.world->server, from, (struct udp_address){.ip = ipv4_address(PXE_WORLD_OUR_IP), .port = to},
                      slice_of(payload, len));
}

static void arrive(struct slice bytes)
{
    if (bytes.len != 0 && bytes.data[0] & 128)
        send_frame(bytes);
    else
        send_datagram(bytes);
}

static bool overlaps(const struct range *a, const struct range *b)
{
    return a->start < b->start + b->len && b->start < a->start + a->len;
}

/* No buffer of the call has changed behind the first `written` bytes. */
static void check_buffers(size_t written)
{
    for (unsigned n = 1; n < fuzz.range_count; n++) {
        const struct range *range = &fuzz.ranges[n];
        const uint8_t *now = fuzz.world->memory + range->start;

        if (range->before == NULL || written >= range->len || overlaps(range, &fuzz.ranges[0]))
            continue;
        check(memcmp(now + written, range->before + written, range->len - written) == 0);
    }
}

static void check_low_memory(void)
{
    const uint8_t *low = fuzz.world->memory + PXE_WORLD_LOW;

    check(memcmp(low, fuzz.low, PXE_WORLD_FRAME) == 0);
    check(memcmp(low + PXE_WORLD_FRAME + NIC_FRAME_MAX, fuzz.low + PXE_WORLD_FRAME + NIC_FRAME_MAX,
                 PXE_WORLD_LOW_LEN - PXE_WORLD_FRAME - NIC_FRAME_MAX) == 0);
}

static void forget_ranges(void)
{
    for (unsigned n = 0; n < fuzz.range_count; n++) {
        ASAN_POISON_MEMORY_REGION(fuzz.world->memory + fuzz.ranges[n].start, fuzz.ranges[n].len);
        free(fuzz.ranges[n].before);
    }
    fuzz.range_count = 0;
}

static void call(uint16_t opcode, struct pxe_far at)
{
    struct pxe_world *w = fuzz.world;
    struct pxenv_status_only block;
    uint16_t ax;

    fuzz.nested_calls = 0;
    fuzz.idles = 0;
    w->world.limit = w->world.now + SECONDS(CALL_LIMIT_S);
    ax = pxe_call(&w->api, opcode, at.segment, at.offset);
    check(ax == PXENV_EXIT_SUCCESS || ax == PXENV_EXIT_FAILURE);
    if (fuzz.range_count == 0) {
        check(ax == PXENV_EXIT_FAILURE); /* the block was nobody's memory */
    } else {
        memcpy(&block, w->memory + fuzz.ranges[0].start, sizeof(block));
        check((ax == PXENV_EXIT_SUCCESS) == (block.Status == 0));
        if (fuzz.nested_calls == 0)
            check_buffers(pxe_block_writes(opcode, w->memory + fuzz.ranges[0].start));
    }
    check_low_memory();
    check(w->api.udp.read == NULL && !w->api.udp.write_owed);
    forget_ranges();
}

/* An interrupt routine in the middle of a call: only UNDI_ISR is let through to here. */
static void nested_call(struct slice bytes)
{
    static const uint32_t place = 0x2f000;
    struct pxenv_undi_isr isr = {.FuncFlag = (uint16_t)(bytes.len != 0 ? bytes.data[0] % 5 : 0)};
    struct pxe_far at = pxe_world_far(place);

    fuzz.nested_calls++;
    (void)poke(place, slice_of(&isr, sizeof(isr)));
    fuzz.is_nested = true;
    (void)pxe_call(&fuzz.world->api, PXENV_UNDI_ISR, at.segment, at.offset);
    fuzz.is_nested = false;
}

static void in_idle(void *context)
{
    (void)context;
    check(++fuzz.idles < IDLES_MAX);
    if (fuzz.ring_full_for != 0)
        our_end()->ring_is_full = --fuzz.ring_full_for != 0;
    if (fuzz.events_taken == fuzz.event_count)
        return;
    /* The platform keeps interrupts off in a nested call: there is no second one in it. */
    if (fuzz.is_nested && fuzz.events[fuzz.events_taken].is_nested_call)
        return;
    fuzz.events_taken++;
    if (fuzz.events[fuzz.events_taken - 1].is_nested_call)
        nested_call(fuzz.events[fuzz.events_taken - 1].bytes);
    else
        arrive(fuzz.events[fuzz.events_taken - 1].bytes);
}

/* A block as a good boot program would fill it in, a few bytes of it changed, at the usual place or at any. */
static void step_call(struct reader *in)
{
    uint8_t block[PXE_BLOCK_MAX];
    uint8_t which = read_u8(in), variant = read_u8(in), changes = read_u8(in);
    uint16_t opcode = which == 0xff ? read_be16(in) : pxe_block_opcode(which);
    struct pxe_far at = pxe_world_far(PXE_WORLD_BLOCK);
    struct pxenv_undi_tbd tbd;

    pxe_block_fill(opcode, variant, block);
    pxe_block_fill_tbd(variant, &tbd);
    (void)poke(PXE_BLOCK_TBD, slice_of(&tbd, sizeof(tbd)));
    if (changes & 0x80)
        at = (struct pxe_far){.segment = read_be16(in), .offset = read_be16(in)};
    for (changes &= 0x7f; changes != 0 && !in->failed; changes--) {
        uint8_t where = read_u8(in);

        block[where % sizeof(block)] = read_u8(in);
    }
    (void)poke((uint32_t)at.segment * 16 + at.offset, slice_of(block, sizeof(block)));
    call(opcode, at);
}

/* What is wrong with the network, the servers and the machine from now on. */
static void step_trouble(struct reader *in)
{
    struct pxe_world *w = fuzz.world;
    uint16_t flags = read_be16(in);

    w->tftp.knobs = (struct tftp_server_knobs){
        .ignores_options = (flags & 1) != 0,
        .refuses_options = (flags & 2) != 0,
        .is_deaf = (flags & 4) != 0,
        .silent_from = (flags & 8) != 0 ? 3 : 0,
        .error_at = (flags & 16) != 0 ? 2 : 0,
        .strays = (flags & 32) != 0,
        .lies_block_size = (uint16_t)((flags & 64) != 0 ? read_be16(in) : 0),
        .lies_size = (flags & 128) != 0 ? read_be32(in) : 0,
    };
    our_end()->link_is_down = (flags & 256) != 0;
    fuzz.ring_full_for = (flags & 512) != 0 ? read_u8(in) : 0;
    our_end()->ring_is_full = fuzz.ring_full_for != 0;
    w->release_status = (flags & 1024) != 0 ? STATUS_KEEP_UNDI : STATUS_OK;
    w->world.wire.ends[0].conditions.delay = (flags & 2048) != 0 ? MILLISECONDS(30) : 0;
}

static void step(struct reader *in)
{
    uint8_t kind = read_u8(in);
    struct slice bytes;

    switch (kind % 6) {
    case 0:
    case 1:
        step_call(in);
        break;
    case 2: /* a frame arrives: now, or while a call waits */
        bytes = read_at_most(in, read_be16(in) % FRAME_MAX);
        if ((kind & 128) == 0)
            arrive(bytes);
        else if (fuzz.event_count < EVENTS)
            fuzz.events[fuzz.event_count++] = (struct event){.bytes = bytes};
        break;
    case 3:
        bytes = read_at_most(in, 1);
        if (fuzz.event_count < EVENTS)
            fuzz.events[fuzz.event_count++] = (struct event){.is_nested_call = true, .bytes = bytes};
        break;
    case 4:
        if (kind & 128) {
            world_run(&fuzz.world->world, fuzz.world->world.now + ((time_us)1 << read_u8(in) % 25));
        } else {
            uint32_t at = read_be32(in) % PXE_WORLD_MEMORY;

            (void)poke(at, read_at_most(in, read_u8(in)));
        }
        break;
    default:
        step_trouble(in);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct reader in = reader_of(slice_of(bytes, len));

    start_again();
    while (reader_left(&in) != 0 && !in.failed)
        step(&in);
    return 0;
}
