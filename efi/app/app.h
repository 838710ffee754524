/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* One network boot of the application: a net_boot over a borrowed SNP. Lies in pool memory, for the time of one card.
 */
#ifndef PUCK_EFI_APP_H
#define PUCK_EFI_APP_H

#include "efi/app/loan.h"
#include "efi/protocols/net_boot.h"

struct app {
    struct net_boot boot; /* first */
    struct loan loan;
    const struct card *card;
};

/*
 * All of it: finds out where we came from and what cards there are, and boots. Returns what the boot program ended
 * with, or why none was started; either way nothing of ours is left and the firmware has its cards back.
 */
EFI_STATUS app_run(void);

#endif
