/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * From a NIC to a boot file in memory: the steps of one network boot, and what the person at the machine reads
 * meanwhile.
 *
 *   FLOW_LINK -link up-> FLOW_DHCP -lease-> FLOW_FILE -file complete-> FLOW_READY
 *       |                    |  |               ^
 *       |                    |  |--a PXE server has a menu, or has to be asked-> FLOW_PXE -file--> FLOW_FILE
 *       |                    |  `---- wants the lease alone ----------------------------------> FLOW_READY
 *       |--the config brings a lease: no FLOW_DHCP--^
 *       `--------------------`--------------`-> FLOW_FAILED (status says why)
 */
#ifndef PUCK_BOOT_BOOT_FLOW_H
#define PUCK_BOOT_BOOT_FLOW_H

#include "firmware/base/time.h"
#include "firmware/boot/boot_options.h"

struct session;

enum flow_state {
    FLOW_IDLE,
    FLOW_LINK,
    FLOW_DHCP,
    FLOW_PXE,
    FLOW_FILE,
    FLOW_READY,
    FLOW_FAILED,
};

struct boot_flow {
    enum flow_state state;
    enum status status;      /* STATUS_PENDING until FLOW_READY or FLOW_FAILED */
    time_us since;           /* when the state was entered */
    time_us next_link_check; /* the link is a slow register: looked at ten times a second */
    bool link_is_up;
    bool wants_lease_only;     /* over once the net is configured; the NIC stays open when it is not */
    bool has_given_lease;      /* the lease is the config's, not from a DHCP exchange of our own */
    struct boot_choice choice; /* from FLOW_FILE on */
};

void boot_flow_start(struct session *, time_us now);

/* The same as far as a configured net: no file, and the config's lease is not looked at. */
void boot_flow_start_dhcp(struct session *, time_us now);
void boot_flow_step(struct session *, time_us now);

/* When the flow wants to be stepped again, apart from the net's own deadlines. */
time_us boot_flow_deadline(const struct session *);

/* Ends the flow early: STATUS_CANCELLED, or whatever else the caller found. */
void boot_flow_fail(struct session *, time_us now, enum status why);

#endif
