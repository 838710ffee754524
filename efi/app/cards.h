/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The network cards that the firmware has a driver for: handles whose device path ends in a MAC node and that carry
 * EFI_SIMPLE_NETWORK_PROTOCOL. Its children (…/MAC/IPv4 and so on) carry the same interface again and are left out.
 */
#ifndef PUCK_EFI_CARDS_H
#define PUCK_EFI_CARDS_H

#include "efi/spec/uefi.h"

#define CARDS_MAX 16

struct card {
    EFI_HANDLE handle;
    EFI_SIMPLE_NETWORK_PROTOCOL *snp;
    EFI_DEVICE_PATH *path; /* a copy, in pool memory; NULL for a handle without one */
    bool has_link;         /* as the driver said last; it need not be right before the card is opened */
    char place[24];        /* "PCI 00:03.0" */
};

struct cards {
    struct card card[CARDS_MAX]; /* those with link come first */
    size_t count;
};

/* What the firmware has connected already. */
void cards_find(struct cards *);
void cards_forget(struct cards *);

/*
 * Lets the firmware connect its drivers: to network cards on PCI, and when no card comes of that, to everything on PCI
 * (USB cards). Firmware connects nothing by itself but what the boot entry needs.
 */
void cards_connect(struct cards *);

/* The card that a device path leads to or through, or NULL. */
const struct card *cards_on_path(const struct cards *, const EFI_DEVICE_PATH *);

#endif
