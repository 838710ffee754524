/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * From the word of a PXE server that is not yet a boot file (boot_choice.action BOOT_ASK and BOOT_PXE) to one that is:
 * prompt and menu, then the discovery of a boot server for the item, as its option 43 says (PXE 2.1 section 2.2, steps
 * 3 to 6), or the question at its port 4011. A boot server's reply may hold a menu again, a few times.
 */
#ifndef PUCK_BOOT_PXE_BOOT_H
#define PUCK_BOOT_PXE_BOOT_H

#include "firmware/boot/boot_menu.h"
#include "firmware/proto/boot_server.h"

struct session;

enum pxe_boot_state {
    PXE_BOOT_IDLE,
    PXE_BOOT_MENU,    /* prompt or menu are on the screen */
    PXE_BOOT_ASKING,  /* a boot server, or port 4011 */
    PXE_BOOT_SETTLED, /* the file is what the last message names */
};

/* All zero before a boot. */
struct pxe_boot {
    enum pxe_boot_state state;
    struct pxe_options options; /* of `vendor` */
    struct boot_menu menu;
    struct boot_server server;
    bool wants_menu; /* F8 was pressed before there was a prompt */
    bool has_file;   /* the message that is followed names one */
    unsigned menus;  /* shown so far */
    uint32_t said_by;
    time_us since;
    char wanted[BOOT_MENU_TEXT + 16]; /* what is asked for, in words */
    uint8_t vendor[DHCP_MESSAGE_MAX];
};

/*
 * Follows flow.choice. STATUS_PENDING: pxe_boot_step() goes on. STATUS_OK: fetch what flow.choice names, or, when a
 * boot server has been found meanwhile, what it is once chosen again with its reply in the lease. STATUS_LOCAL_BOOT:
 * that was the choice. Else what went wrong.
 */
enum status pxe_boot_start(struct session *, time_us now);
enum status pxe_boot_step(struct session *, time_us now);

/* A key that was pressed. */
void pxe_boot_key(struct session *, time_us now, int key);

/* No more packets. */
void pxe_boot_stop(struct session *);

/* For the screen of a failure: what was asked for, and whom. */
void pxe_boot_advise(struct session *);

#endif
