/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * One NIC that boots, under UEFI: a session, the file it fetched, and the protocols that serve the boot program from
 * the same session. Both shapes have it: the application (over the firmware's SNP) and the driver (over a native NIC).
 * They differ in whose the NIC is between calls, and that is what net_boot_ops says.
 *
 * Every function here expects to run inside tpl_enter(), or on the application's main loop.
 */
#ifndef PUCK_EFI_NET_BOOT_H
#define PUCK_EFI_NET_BOOT_H

#include "efi/platform/page_sink.h"
#include "efi/protocols/load_file.h"
#include "efi/protocols/pxe_base_code.h"
#include "firmware/boot/session.h"

struct net_boot;

struct net_boot_ops {
    /*
     * Makes the NIC ours until release: open, its frames go to the session's net. The application takes the SNP back
     * from the firmware's stack here; the driver only stops serving its SNP protocol. May be called while acquired.
     */
    enum status (*acquire)(struct net_boot *);
    /*
     * The call is over. With `expects_replies` (a PXE_BASE_CODE caller sent a datagram and may come back for the
     * answer) the NIC is kept for about two seconds more; a shape may keep it longer as long as nobody else asks.
     */
    void (*release)(struct net_boot *, bool expects_replies);
    /* PXE_BASE_CODE was stopped: who asked for it now wants the NIC for somebody else. NULL: nothing is kept. */
    void (*stopped)(struct net_boot *);
};

struct net_boot {
    const struct net_boot_ops *ops;
    struct session_config config; /* what every session of this NIC begins with; nic, names, architecture, uuid */
    struct session session;
    struct cached_packets cached;
    struct page_sink file;
    struct pxe_base_code pxe;
    struct load_file load_file;
    bool is_busy; /* a call is inside and has yielded: another one is refused with EFI_NOT_READY */
};

/* Seats the session on the NIC without touching it, and initialises the protocols. ops and config must be set. */
void net_boot_start(struct net_boot *);

/*
 * A whole network boot: acquires the NIC, DHCP, download into `file`, and on success a PXE_BASE_CODE that is started
 * and whose Mode tells all this. The person at the machine has been told what failed. Releases the NIC either way.
 */
enum status net_boot_run(struct net_boot *);

/* Pairs around every call that moves packets. Begin says EFI_NOT_READY while another call is inside. */
EFI_STATUS net_boot_begin(struct net_boot *);
void net_boot_end(struct net_boot *, bool expects_replies);

/* Ends everything: no seat at the net, no pages. The NIC has been released. */
void net_boot_stop(struct net_boot *);

#endif
