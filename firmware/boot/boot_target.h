/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What kind of program a machine starts. BIOS and EFI machines are given different files by the same servers, so what
 * is looked at in a file and what a person is advised differs; the way to the file does not. A platform names its
 * target in session_config, and links no other.
 */
#ifndef PUCK_BOOT_BOOT_TARGET_H
#define PUCK_BOOT_BOOT_TARGET_H

#include "firmware/base/status.h"

struct session;

struct boot_target {
    uint8_t undi_major, undi_minor; /* DHCP options 60 and 94 (RFC 4578): the network interface that programs get */
    /* A boot file for examples in advice. */
    const char *(*example)(const struct session *);
    /*
     * Sees what boot_options_choose() came to, and may choose otherwise. STATUS_PENDING: not with the lease that was
     * given, a DHCP exchange of our own has to follow. NULL: whatever was chosen is right.
     */
    enum status (*check_choice)(struct session *, enum status chosen);
    /* Sees the file in memory; other than STATUS_OK, it is not started. */
    enum status (*check_file)(struct session *);
    /* Lines of advice about failures that are this target's own. */
    void (*advise)(struct session *, enum status why);
};

extern const struct boot_target bios_boot_target;
extern const struct boot_target efi_boot_target; /* architectures 6, 7, 9, 10, 11, 27 and 39 */

#endif
