/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "bios/rom/lzma.h"

enum {
    PROBABILITY_BITS = 11,
    PROBABILITY_HALF = 1 << (PROBABILITY_BITS - 1),
    ADAPT_SHIFT = 5,
    STATES = 12,
    POSITION_STATES = 16,
    LENGTH_MIN = 2,
};

/* Where each group of probabilities begins in the scratch memory. */
enum {
    AT_MATCH = 0,                                 /* [STATES][POSITION_STATES] */
    AT_REP = AT_MATCH + STATES * POSITION_STATES, /* [STATES] each, up to AT_REP0_LONG */
    AT_REP_G0 = AT_REP + STATES,
    AT_REP_G1 = AT_REP_G0 + STATES,
    AT_REP_G2 = AT_REP_G1 + STATES,
    AT_REP0_LONG = AT_REP_G2 + STATES,                 /* [STATES][POSITION_STATES] */
    AT_SLOT = AT_REP0_LONG + STATES * POSITION_STATES, /* [4][64] */
    AT_DISTANCE = AT_SLOT + 4 * 64,                    /* [115] */
    AT_ALIGN = AT_DISTANCE + 115,                      /* [16] */
    AT_MATCH_LENGTH = AT_ALIGN + 16,
    LENGTH_CHOICE2 = 1,
    LENGTH_LOW = 2,                                 /* [POSITION_STATES][8] */
    LENGTH_MID = LENGTH_LOW + POSITION_STATES * 8,  /* [POSITION_STATES][8] */
    LENGTH_HIGH = LENGTH_MID + POSITION_STATES * 8, /* [256] */
    LENGTH_SIZE = LENGTH_HIGH + 256,
    AT_REP_LENGTH = AT_MATCH_LENGTH + LENGTH_SIZE,
    AT_LITERAL = AT_REP_LENGTH + LENGTH_SIZE, /* [1 << (lc + lp)][0x300] */
};
_Static_assert(AT_LITERAL == LZMA_PROBABILITIES(0) - 0x300, "LZMA_PROBABILITIES counts everything before the literals");

struct decoder {
    uint32_t range, code;
    const uint8_t *in;
    uint16_t *p;
};

static void normalize(struct decoder *d)
{
    if (d->range < (1u << 24)) {
        d->range <<= 8;
        d->code = d->code << 8 | *d->in++;
    }
}

static unsigned bit(struct decoder *d, uint32_t at)
{
    uint32_t p = d->p[at];
    uint32_t bound = (d->range >> PROBABILITY_BITS) * p;
    unsigned result = d->code >= bound;

    if (result) {
        d->range -= bound;
        d->code -= bound;
        p -= p >> ADAPT_SHIFT;
    } else {
        d->range = bound;
        p += ((1u << PROBABILITY_BITS) - p) >> ADAPT_SHIFT;
    }
    d->p[at] = (uint16_t)p;
    normalize(d);
    return result;
}

static uint32_t direct_bits(struct decoder *d, unsigned count)
{
    uint32_t result = 0;

    while (count--) {
        d->range >>= 1;
        result <<= 1;
        if (d->code >= d->range) {
            d->code -= d->range;
            result |= 1;
        }
        normalize(d);
    }
    return result;
}

static uint32_t tree(struct decoder *d, uint32_t at, unsigned bits)
{
    uint32_t node = 1;

    for (unsigned i = 0; i < bits; i++)
        node = node << 1 | bit(d, at + node);
    return node - (1u << bits);
}

static uint32_t reverse_tree(struct decoder *d, uint32_t at, unsigned bits)
{
    uint32_t node = 1, result = 0;

    for (unsigned i = 0; i < bits; i++) {
        unsigned b = bit(d, at + node);

        node = node << 1 | b;
        result |= (uint32_t)b << i;
    }
    return result;
}

static uint32_t length(struct decoder *d, uint32_t at, uint32_t position_state)
{
    if (!bit(d, at))
        return LENGTH_MIN + tree(d, at + LENGTH_LOW + position_state * 8, 3);
    if (!bit(d, at + LENGTH_CHOICE2))
        return LENGTH_MIN + 8 + tree(d, at + LENGTH_MID + position_state * 8, 3);
    return LENGTH_MIN + 16 + tree(d, at + LENGTH_HIGH, 8);
}

/* Distance minus one, as the stream counts it. */
static uint32_t distance(struct decoder *d, uint32_t match_length)
{
    uint32_t length_state = match_length - LENGTH_MIN;
    uint32_t slot = tree(d, AT_SLOT + (length_state < 4 ? length_state : 3) * 64, 6);
    unsigned bits = (slot >> 1) - 1;
    uint32_t base;

    if (slot < 4)
        return slot;
    base = (2 | (slot & 1)) << bits;
    if (slot < 14)
        return base + reverse_tree(d, AT_DISTANCE + base - slot, bits);
    base += direct_bits(d, bits - 4) << 4;
    return base + reverse_tree(d, AT_ALIGN, 4);
}

/* `match` is the byte at the last distance if the symbol before was a match, else -1. */
static uint8_t literal(struct decoder *d, uint32_t at, int match)
{
    uint32_t symbol = 1;

    if (match >= 0) {
        uint32_t byte = (uint32_t)match;

        while (symbol < 0x100) {
            uint32_t expected = (byte >> 7) & 1;
            unsigned b;

            byte <<= 1;
            b = bit(d, at + ((1 + expected) << 8) + symbol);
            symbol = symbol << 1 | b;
            if (b != expected)
                break;
        }
    }
    while (symbol < 0x100)
        symbol = symbol << 1 | bit(d, at + symbol);
    return (uint8_t)symbol;
}

/* Which of the last four distances is meant; it becomes the first of them. False: a single byte at the unchanged
 * distance. */
static bool repeated(struct decoder *d, uint32_t state, uint32_t position_state, uint32_t rep[4])
{
    unsigned which = 0;
    uint32_t chosen;

    if (!bit(d, AT_REP_G0 + state))
        return bit(d, AT_REP0_LONG + state * POSITION_STATES + position_state);
    which = 1;
    if (bit(d, AT_REP_G1 + state))
        which = 2 + bit(d, AT_REP_G2 + state);
    chosen = rep[which];
    for (; which; which--)
        rep[which] = rep[which - 1];
    rep[0] = chosen;
    return true;
}

static void decoder_start(struct decoder *d, const uint8_t *in, uint16_t *probabilities, uint32_t count)
{
    d->p = probabilities;
    for (uint32_t i = 0; i < count; i++)
        probabilities[i] = PROBABILITY_HALF;
    d->range = 0xffffffff;
    d->code = 0;
    in++; /* always zero */
    for (int i = 0; i < 4; i++)
        d->code = d->code << 8 | *in++;
    d->in = in;
}

bool lzma_decode(uint8_t *out, uint32_t size, const uint8_t *in, uint16_t *probabilities,
                 struct lzma_properties properties)
{
    struct decoder d;
    uint32_t state = 0, at = 0;
    uint32_t rep[4] = {0, 0, 0, 0};

    decoder_start(&d, in, probabilities, LZMA_PROBABILITIES(properties.lc + properties.lp));
    while (at < size) {
        uint32_t position_state = at & ((1u << properties.pb) - 1);
        uint32_t count = 1;

        if (!bit(&d, AT_MATCH + state * POSITION_STATES + position_state)) {
            uint32_t before = at ? out[at - 1] : 0;
            uint32_t context = ((at & ((1u << properties.lp) - 1)) << properties.lc) + (before >> (8 - properties.lc));

            out[at] = literal(&d, AT_LITERAL + 0x300 * context, state >= 7 ? out[at - rep[0] - 1] : -1);
            at++;
            state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
            continue;
        }
        if (!bit(&d, AT_REP + state)) {
            rep[3] = rep[2];
            rep[2] = rep[1];
            rep[1] = rep[0];
            count = length(&d, AT_MATCH_LENGTH, position_state);
            rep[0] = distance(&d, count);
            state = state < 7 ? 7 : 10;
        } else if (repeated(&d, state, position_state, rep)) {
            count = length(&d, AT_REP_LENGTH, position_state);
            state = state < 7 ? 8 : 11;
        } else {
            state = state < 7 ? 9 : 11;
        }
        if (rep[0] >= at || count > size - at)
            return false;
        for (; count; count--, at++)
            out[at] = out[at - rep[0] - 1];
    }
    return true;
}
