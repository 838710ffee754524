/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The firmware's SNP, borrowed. While we boot it is ours alone: opened EXCLUSIVE, which makes the firmware's own stack
 * let go of it and destroys all that this stack had built on it. While a boot program runs, it is the firmware's; when
 * the program calls PXE_BASE_CODE it is taken as a driver takes it (BY_DRIVER), so that a program that wants it for
 * itself (GRUB, iPXE: EXCLUSIVE) makes the firmware call our Stop(), which gives it up. It goes back two seconds after
 * the last call. (UEFI 2.10, section 7.3.9.)
 *
 *   LOAN_NONE -take-> LOAN_EXCLUSIVE | LOAN_UNDER | LOAN_DRIVER -give back, or evicted (LOAN_DRIVER)-> LOAN_NONE
 */
#ifndef PUCK_EFI_LOAN_H
#define PUCK_EFI_LOAN_H

#include "efi/app/cards.h"
#include "efi/nic/snp_nic.h"

enum loan_state {
    LOAN_NONE,
    LOAN_EXCLUSIVE,
    LOAN_UNDER,  /* an application holds it exclusively and waits for us to return (GRUB's chainloader) */
    LOAN_DRIVER, /* evictable */
};

struct loan {
    EFI_HANDLE handle;
    struct snp_nic nic;
    enum loan_state state;
    const bool *is_busy;                 /* a call of ours is inside: neither the timer nor an eviction may end it */
    EFI_HANDLE above;                    /* the application that we are under */
    UINT32 state_before, filter_before;  /* of the SNP, for whoever we are under */
    EFI_DRIVER_BINDING_PROTOCOL binding; /* on our image handle while a boot program runs; Version 0: it is not */
    EFI_EVENT idle;
};

void loan_init(struct loan *, const struct card *, const bool *is_busy);

/*
 * Takes it if it is not taken, and opens the NIC. STATUS_NIC_FAILED and LOAN_NONE when somebody else does not let go.
 * When it is the NIC that fails it stays taken, and has to be given back.
 */
enum status loan_take(struct loan *);

/* Closes the NIC, gives the SNP back stopped, and lets the firmware build its stack on it again. */
void loan_give_back(struct loan *);

/* A boot program is about to run: from here on it is taken BY_DRIVER, and given back by itself. */
EFI_STATUS loan_serve(struct loan *);
void loan_serve_end(struct loan *);

/* A call has ended: what was taken for it goes back soon. */
void loan_rest(struct loan *);

#endif
