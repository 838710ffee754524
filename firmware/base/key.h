/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Keys as the firmware knows them, whatever they were pressed on: ASCII, or one of those that have no character. A
 * keyboard's driver or a terminal driver tells function and cursor keys apart by codes of its own; where a serial line
 * is passed on as it is, they come as escape sequences (ECMA-48; VT100, and the DEC function keys that xterm and Linux
 * send), which the decoder here puts together.
 */
#ifndef PUCK_BASE_KEY_H
#define PUCK_BASE_KEY_H

#include <stdbool.h>

#include "firmware/base/time.h"

enum key {
    KEY_NONE = 0,
    KEY_BACKSPACE = 0x08,
    KEY_ENTER = 0x0d,
    KEY_ESC = 0x1b,
    KEY_F8 = 0x108,
    KEY_UP,
    KEY_DOWN,
};

/* All zero: nothing has come yet. */
struct key_decoder {
    enum {
        KEY_PLAIN,
        KEY_AFTER_ESC,
        KEY_IN_SEQUENCE, /* behind ESC [ or ESC O */
    } state;
    unsigned number; /* the sequence's parameter */
    time_us since;   /* of the last character */
};

/*
 * Takes what the platform's keyboard has, or KEY_NONE when it has nothing, and gives the key that was pressed, KEY_NONE
 * as long as none is complete. Ask often: an ESC that nothing follows for a while is the key itself.
 */
int key_decoder_input(struct key_decoder *, time_us now, int key);

#endif
