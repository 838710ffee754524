/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * One network boot on one NIC: the net, the machines seated at it, and what they found. Main starts it, waits with
 * run_until() until the boot file is there, and the PXE API (or the EFI protocols) then serve the boot program from the
 * same session. It takes no memory: everything it needs is lent by its config.
 */
#ifndef PUCK_BOOT_SESSION_H
#define PUCK_BOOT_SESSION_H

#include "firmware/boot/boot_flow.h"
#include "firmware/boot/cached_packets.h"
#include "firmware/boot/download.h"
#include "firmware/boot/screen.h"
#include "firmware/proto/dhcp.h"

/* Strings and memory must outlive the session. */
struct session_config {
    struct nic *nic;
    const char *nic_name;  /* "Intel 82574L" */
    const char *nic_place; /* "PCI 00:03.0" */
    uint16_t architecture; /* DHCP option 93 (RFC 4578): 0 is x86 BIOS */
    bool has_uuid;
    uint8_t uuid[16];              /* SMBIOS system UUID as it lies in the table */
    struct cached_packets *cached; /* built before the boot program starts */
    void *file_memory;             /* where the boot file goes; its size is the largest that can be started */
    size_t file_memory_len;
};

struct session {
    struct session_config config;
    struct nic *nic;
    struct log log;
    struct random random;
    struct screen screen;
    struct net net;
    struct dhcp dhcp;
    struct boot_flow flow;
    struct tftp_experience experience;
    struct download transfer;   /* the boot file; later the PXE API's open file */
    struct download size_query; /* PXENV_TFTP_GET_FSIZE's, beside an open file */
    bool watches_keys;          /* ESC is ours; once a boot program runs, keys are the boot program's */
};

/* Opens the NIC and tells who we are. After a failure the NIC is closed and the screen says why. */
enum status session_start(struct session *, const struct session_config *);

/*
 * Runs until the boot file is in file_memory and the cached packets are built. On failure the screen says why and the
 * NIC is closed.
 */
enum status session_boot(struct session *);

/* The boot file, after session_boot() succeeded. */
struct slice session_boot_file(const struct session *);

/* Lets everything that is due happen, without waiting. */
void session_poll(struct session *, time_us now);
time_us session_deadline(const struct session *);
time_us session_now(void);

/* Starts a transfer with what this session has learnt about servers. */
enum status session_download(struct session *, struct download *, const struct tftp_request *);

#endif
