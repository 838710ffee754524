/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The prompt and the menu of a PXE server (PXE 2.1 table 2-1, tags 9 and 10) as a machine without screen and keyboard:
 * time and keys go in; lines that stay, and one line that is written over, come out. So it looks the same on a VGA
 * screen, under UEFI and on a serial terminal that can do nothing but print.
 *
 *   BOOT_MENU_PROMPT -F8-> BOOT_MENU_OPEN -Enter-> BOOT_MENU_CHOSEN
 *       |                      |   `-nobody presses a key, the prompt had a time-out--^
 *       |                      `-nobody presses a key, and nothing says which item--> BOOT_MENU_DESERTED
 *       `-time-out (0: at once), Enter-----------------------------------------> BOOT_MENU_CHOSEN (the first item)
 *
 * A prompt of 255 seconds, as a menu without a prompt, is open from the start; only the former waits for ever. ESC is
 * not the menu's: it ends a network boot at any time.
 */
#ifndef PUCK_BOOT_BOOT_MENU_H
#define PUCK_BOOT_BOOT_MENU_H

#include "firmware/base/key.h"
#include "firmware/wire/pxe_options.h"

#define BOOT_MENU_PAGE 16 /* items that are listed at a time */
#define BOOT_MENU_TEXT 61 /* of an item or the prompt, with its NUL: an item's line has less than 80 characters */
#define BOOT_MENU_LINE 80

enum boot_menu_state {
    BOOT_MENU_PROMPT,
    BOOT_MENU_OPEN,
    BOOT_MENU_CHOSEN,
    BOOT_MENU_DESERTED,
};

struct boot_menu_item {
    uint16_t type;
    char text[BOOT_MENU_TEXT]; /* printable; never empty */
};

struct boot_menu {
    enum boot_menu_state state;
    unsigned count;    /* items; of a menu that is cut, those before the cut */
    unsigned selected; /* counted from 0 */
    bool is_cut;

    /* The machine's own. */
    struct slice items, prompt;
    bool has_default, waits_for_ever;
    bool owes_title, owes_help;
    unsigned next_line, end_line; /* items still to be listed */
    unsigned typed;               /* the number typed so far */
    time_us until;
};

/* The items that the menu of `options` has. */
unsigned boot_menu_count(const struct pxe_options *options);

/* `options` has at least one item and stays. wants_menu: F8 has been pressed already. */
void boot_menu_start(struct boot_menu *, time_us now, const struct pxe_options *options, bool wants_menu);

void boot_menu_key(struct boot_menu *, time_us now, int key);

/* Lets time pass. */
void boot_menu_step(struct boot_menu *, time_us now);

/* The next line to print; false when all are. */
bool boot_menu_line(struct boot_menu *, char line[BOOT_MENU_LINE]);

/* The line below all others. */
void boot_menu_status(const struct boot_menu *, time_us now, char line[BOOT_MENU_LINE]);

/* Item number `n`, counted from 0; false when there is none. */
bool boot_menu_item(const struct boot_menu *, unsigned n, struct boot_menu_item *out);

#endif
