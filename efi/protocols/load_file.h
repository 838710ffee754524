/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * EFI_LOAD_FILE_PROTOCOL (UEFI 2.10, section 13.1): the boot entry. The firmware probes for the size, probes again, and
 * then loads: the first probe does the whole boot up to the file in memory, the last call copies it, and the network
 * sees one DHCP exchange and one file. A file that nobody fetches is kept for a minute.
 */
#ifndef PUCK_EFI_LOAD_FILE_H
#define PUCK_EFI_LOAD_FILE_H

#include "efi/spec/uefi.h"
#include "firmware/base/bytes.h"
#include "firmware/base/time.h"

struct net_boot;

struct load_file {
    EFI_LOAD_FILE_PROTOCOL protocol; /* first: This is the struct */
    struct net_boot *boot;
    struct slice file; /* fetched and kept, in the pages of boot->file; empty: none */
    time_us fetched;
};

void load_file_init(struct load_file *, struct net_boot *);

#endif
