/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/base/key.h"

/* At 300 baud a character takes 33 ms, and a console is asked every 30 to 50 ms. Nobody types two keys this fast. */
#define SEQUENCE_GAP MILLISECONDS(120)

enum {
    DEC_F8 = 19,       /* ESC [ 1 9 ~ */
    NUMBER_MAX = 1000, /* of no key at all */
};

static int end(struct key_decoder *d, int key)
{
    d->state = KEY_PLAIN;
    return key;
}

static int after_esc(struct key_decoder *d, int key)
{
    d->number = 0;
    if (key == '[' || key == 'O') {
        d->state = KEY_IN_SEQUENCE;
        return KEY_NONE;
    }
    if (key == KEY_ESC)
        return KEY_ESC;                           /* the one before; this one may begin a sequence */
    return end(d, key == '8' ? KEY_F8 : KEY_ESC); /* terminals of the kind "VT100+" and "VT-UTF8" send F8 as ESC 8 */
}

/*
 * Parameters and intermediate bytes, then one byte that ends the sequence, known or not (ECMA-48 section 5.4). Only
 * digits mean something to us, but what a terminal answers to somebody's question must not be taken for typed digits.
 */
static int in_sequence(struct key_decoder *d, int key)
{
    if (key >= '0' && key <= '9') {
        if (d->number < NUMBER_MAX)
            d->number = d->number * 10 + (unsigned)(key - '0');
        return KEY_NONE;
    }
    if (key >= ' ' && key <= '?')
        return KEY_NONE;
    if (key == 'A')
        return end(d, KEY_UP);
    if (key == 'B')
        return end(d, KEY_DOWN);
    return end(d, key == '~' && d->number == DEC_F8 ? KEY_F8 : KEY_NONE);
}

/* Nothing came for too long; whether what did come was the key ESC. */
static bool end_late(struct key_decoder *d)
{
    bool was_esc = d->state == KEY_AFTER_ESC;

    d->state = KEY_PLAIN;
    return was_esc;
}

int key_decoder_input(struct key_decoder *d, time_us now, int key)
{
    /* Where this was asked too seldom to see an ESC and what follows it apart, the ESC counts more. */
    if (d->state != KEY_PLAIN && now - d->since > SEQUENCE_GAP && end_late(d))
        return KEY_ESC;
    if (key == KEY_NONE)
        return KEY_NONE;
    d->since = now;
    if (d->state == KEY_AFTER_ESC)
        return after_esc(d, key);
    if (d->state == KEY_IN_SEQUENCE)
        return in_sequence(d, key);
    if (key != KEY_ESC)
        return key == '\n' ? KEY_ENTER : key;
    d->state = KEY_AFTER_ESC;
    return KEY_NONE;
}
