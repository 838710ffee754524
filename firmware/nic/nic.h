/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The network card as the stack sees it: it lends received frames and room to build frames in, and takes both back.
 * Frames are whole Ethernet frames without FCS. A driver fills in ops and mac; nic.c checks arguments and state,
 * counts, and is what everybody else calls. Only one frame is lent at a time in each direction.
 */
#ifndef PUCK_NIC_NIC_H
#define PUCK_NIC_NIC_H

#include "firmware/base/address.h"
#include "firmware/base/status.h"

#define NIC_MTU       1500
#define NIC_FRAME_MAX 1514 /* 14 bytes of Ethernet header and NIC_MTU; no FCS */
#define NIC_FRAME_MIN 60   /* a driver pads shorter frames with zeros */

enum nic_filter {
    NIC_FILTER_DIRECTED = 1,
    NIC_FILTER_BROADCAST = 2,
    NIC_FILTER_MULTICAST = 4, /* the groups given, or all groups where the chip cannot filter */
    NIC_FILTER_PROMISCUOUS = 8,
    NIC_FILTER_ALL_MULTICAST = 16, /* every group, whatever groups are given */
};

enum nic_owner {
    NIC_OWNER_STACK, /* frames go to net_poll() */
    NIC_OWNER_RAW,   /* frames go to the caller of the UNDI API or SNP */
};

struct nic;

struct nic_ops {
    const char *driver; /* short name, shown to the user: "e1000", "virtio-net" */
    /* May wait, bounded. After close, and after a failed open, the device's DMA is off and its interrupt is masked. */
    enum status (*open)(struct nic *);
    void (*close)(struct nic *);
    /* Lends the next received frame; false when there is none. The frame stays valid until receive_done. */
    bool (*receive)(struct nic *, struct slice *frame);
    void (*receive_done)(struct nic *);
    /* Whether receive may have something to lend. Asked thousands of times a millisecond while we wait, so it looks at
     * the ring in memory alone. NULL: cannot tell. */
    bool (*has_frame)(struct nic *);
    /* Lends room for one frame of up to NIC_FRAME_MAX bytes; false while the ring is full. Not calling transmit gives
     * it back. */
    bool (*transmit_room)(struct nic *, struct writer *frame);
    void (*transmit)(struct nic *, size_t len);
    /* How many frames have left since last asked. */
    unsigned (*transmitted)(struct nic *);
    void (*irq_enable)(struct nic *, bool on);
    bool (*irq_claim)(struct nic *); /* was it us? acknowledges */
    enum status (*set_filter)(struct nic *, unsigned filter, const struct mac *groups, size_t count);
    bool (*link_up)(struct nic *);
    unsigned (*link_speed)(struct nic *); /* Mbit/s, 0 when not known */
};

struct nic_counters {
    uint32_t received, transmitted; /* frames */
    uint32_t received_bytes, transmitted_bytes;
    uint32_t received_bad; /* frames dropped: a length no frame can have, or an error the driver was told of */
    uint32_t room_refused; /* transmit ring full */
};

struct nic {
    const struct nic_ops *ops;
    struct mac mac;           /* in use; set before open */
    struct mac permanent_mac; /* as the hardware has it */
    uint16_t receive_frames;  /* how many may arrive while nobody polls; the driver's, valid while open */
    bool is_open;
    bool is_lent; /* a received frame is out */
    enum nic_owner owner;
    unsigned filter;
    unsigned filter_changes; /* how often it was set */
    struct nic_counters counters;
};

enum status nic_open(struct nic *);
void nic_close(struct nic *);
bool nic_receive(struct nic *, struct slice *frame);
void nic_receive_done(struct nic *);
bool nic_has_frame(struct nic *); /* may say so and be wrong, never the other way round */
bool nic_transmit_room(struct nic *, struct writer *frame);
void nic_transmit(struct nic *, size_t len);
unsigned nic_transmitted(struct nic *);
enum status nic_set_filter(struct nic *, unsigned filter, const struct mac *groups, size_t count);
bool nic_link_up(struct nic *);
unsigned nic_link_speed(struct nic *);

#endif
