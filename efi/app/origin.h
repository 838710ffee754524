/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Where we were started from, and what whoever loaded us has found out about the net: deep copies of all of it, for
 * taking the SNP destroys the handle that LoadedImage names, with everything on it.
 */
#ifndef PUCK_EFI_ORIGIN_H
#define PUCK_EFI_ORIGIN_H

#include "efi/spec/uefi.h"
#include "firmware/proto/dhcp_lease.h"

struct origin {
    EFI_DEVICE_PATH *path; /* of the device that we were loaded from; pool memory; NULL: not known */
    bool has_lease;
    struct dhcp_lease lease;           /* of the firmware's DHCP client, for the card on `path` */
    char own_file[DHCP_NAME_MAX + 1];  /* what was fetched to start us; empty: we came from a disk */
    uint32_t own_server;               /* host byte order; 0: not known */
    char file_name[DHCP_NAME_MAX + 1]; /* named by our load options; empty: not */
    uint32_t file_server;              /* host byte order; 0: not named */
    bool is_bad_file;                  /* what the load options name is nothing we can fetch */
};

/* Of a boot program that we started, on its handle: should it start us again, we know what not to fetch. */
struct boot_marker {
    uint32_t server; /* host byte order */
    char file[DHCP_NAME_MAX + 1];
};

#define BOOT_MARKER_GUID                                   \
    {                                                      \
        0x6d3f3a0b, 0x5b0e, 0x4c55,                        \
        {                                                  \
            0x9a, 0x41, 0x70, 0x75, 0x63, 0x6b, 0x00, 0x01 \
        }                                                  \
    }

void origin_find(struct origin *);
void origin_forget(struct origin *);

#endif
