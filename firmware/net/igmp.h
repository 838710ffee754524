/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The groups a net listens to, and what it says about them: the host's side of IGMP version 2 (RFC 2236 section 6),
 * with version 1 where a router knows no better. Routers of version 3 understand it (RFC 3376 section 7.3).
 *
 *   NON_MEMBER -somebody listens-> JOINING -report sent-> DELAYING -time over, report sent-> IDLE -query-> DELAYING
 *                                                             +------ another's report -----> IDLE
 *   any of them -nobody listens-> LEAVING, if we have reported last -leave sent-> NON_MEMBER
 *
 * Nothing is sent while there is no address to send it from; when one comes, everything is joined anew.
 */
#ifndef PUCK_NET_IGMP_H
#define PUCK_NET_IGMP_H

#include "firmware/base/time.h"

#include <stdbool.h>

#define NET_GROUPS 12 /* all of a full net_filter, and four of clients */

enum igmp_state {
    IGMP_NON_MEMBER,
    IGMP_JOINING,
    IGMP_DELAYING,
    IGMP_IDLE,
    IGMP_LEAVING,
};

struct igmp_group {
    enum igmp_state state;
    bool is_wanted;     /* somebody has said so in the round of asking that is going on */
    bool is_last;       /* nobody has reported it since we have: the leave is ours to send */
    uint32_t address;   /* host byte order */
    time_us due;        /* when the report is to be sent, while IGMP_DELAYING */
    time_us not_before; /* no report before: queries may come as fast as they like */
};

struct igmp {
    struct igmp_group groups[NET_GROUPS];
    bool is_in_use;      /* some entry is, or was when we looked last */
    bool has_overflowed; /* more groups are wanted than there are entries */
    bool is_v1;          /* a router of version 1 is taken to be there ... */
    time_us v1_until;    /* ... this long */
    uint32_t sent;       /* reports and leaves */
};

#endif
