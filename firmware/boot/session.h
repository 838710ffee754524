/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * One network boot on one NIC: the net, the machines seated at it, and what they found. Main starts it, waits with
 * run_until() until the boot file is there, and the PXE API (or the EFI protocols) then serve the boot program from the
 * same session. It takes no memory: everything it needs is lent by its config.
 */
#ifndef PUCK_BOOT_SESSION_H
#define PUCK_BOOT_SESSION_H

#include "firmware/base/key.h"
#include "firmware/boot/boot_flow.h"
#include "firmware/boot/boot_target.h"
#include "firmware/boot/buffer_sink.h"
#include "firmware/boot/cached_packets.h"
#include "firmware/boot/download.h"
#include "firmware/boot/pxe_boot.h"
#include "firmware/boot/screen.h"
#include "firmware/proto/boot_server.h"
#include "firmware/proto/dhcp.h"

/* Strings and memory must outlive the session. */
struct session_config {
    struct nic *nic;
    const char *nic_name;  /* "Intel 82574L" */
    const char *nic_place; /* "PCI 00:03.0" */
    uint16_t architecture; /* DHCP option 93 (RFC 4578): 0 is x86 BIOS */
    const struct boot_target *target;
    bool has_uuid;
    uint8_t uuid[16];              /* SMBIOS system UUID as it lies in the table */
    struct cached_packets *cached; /* built before the boot program starts */
    /*
     * Where the boot file goes, started by the platform. It may be the first member of a sink of the platform's own,
     * whose size_known() finds the memory: `memory` and `capacity` are read only after that.
     */
    struct buffer_sink *file;
    /* What somebody else's DHCP client found out for this NIC (dhcp_lease_restore); then ours is not asked. NULL: none.
     */
    const struct dhcp_lease *lease;
    const char *user_class; /* DHCP option 77 (RFC 3004), at most 63 characters; NULL: none */
    /*
     * The file that this program itself was loaded from, where it came over the net: to fetch it again is a loop, and
     * ends in STATUS_LOOP. NULL: from elsewhere. own_server in host byte order; 0: not known, any server's file of
     * that name is ours.
     */
    const char *own_file;
    uint32_t own_server;
    /*
     * The file that the person who started us asked for: it comes before whatever DHCP names. file_server in host byte
     * order; 0: the boot server that DHCP names. NULL: DHCP says.
     */
    const char *file_name;
    uint32_t file_server;
};

struct session {
    struct session_config config;
    struct nic *nic;
    struct log log;
    struct random random;
    struct screen screen;
    struct net net;
    struct dhcp dhcp;
    struct pxe_boot pxe; /* menu and boot server discovery */
    struct boot_flow flow;
    struct tftp_experience experience;
    struct block_map blocks;    /* of `transfer`, while it comes by multicast */
    struct download transfer;   /* the boot file; later the PXE API's open file */
    struct download size_query; /* PXENV_TFTP_GET_FSIZE's, beside an open file */
    struct key_decoder keys;
    bool watches_keys; /* what is pressed is for us; once a boot program runs, it is for that */
    bool is_cancelled; /* set by whoever wants the wait that is going on to end: an observer of the net */
};

/* Opens the NIC and tells who we are. After a failure the NIC is closed and the screen says why. */
enum status session_start(struct session *, const struct session_config *);

/*
 * The same without a word to the person and without the NIC, which is the platform's to open and close: for a platform
 * that lends it for the time of single calls. UDP clients may be seated and run_until() waits as usual.
 */
void session_attach(struct session *, const struct session_config *);

/*
 * Runs until the boot file is in `file` and the cached packets are built. On failure the screen says why and the NIC is
 * closed.
 */
enum status session_boot(struct session *);

/*
 * DHCP alone, with the patience of session_boot(): afterwards dhcp.lease holds what the servers said, and the net is
 * configured by it. A quiet one prints nothing. The NIC stays open either way. (By hand: net_configure().)
 */
enum status session_configure(struct session *, bool is_quiet);

/* The boot file, after session_boot() succeeded. */
struct slice session_boot_file(const struct session *);

/* Who we are to DHCP and boot servers. */
struct dhcp_identity session_identity(const struct session *);

/* Lets everything that is due happen, without waiting. */
void session_poll(struct session *, time_us now);
time_us session_deadline(const struct session *);
time_us session_now(void);

/* Starts a transfer with what this session has learnt about servers. */
enum status session_download(struct session *, struct download *, const struct tftp_request *);

#endif
