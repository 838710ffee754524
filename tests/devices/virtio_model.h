/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A virtio network device of registers and rings (virtio 1.2, sections 4.1 and 5.1), legacy, transitional or modern.
 * It does nothing by itself: a test tells it to deliver a frame or to take one that was sent. What the specification
 * forbids a driver is a fault of the pci_model below.
 */
#ifndef PUCK_TESTS_VIRTIO_MODEL_H
#define PUCK_TESTS_VIRTIO_MODEL_H

#include "drivers/virtio_regs.h"
#include "firmware/base/bytes.h"
#include "tests/devices/pci_model.h"

enum virtio_model_kind {
    VIRTIO_MODEL_LEGACY,       /* 1af4:1000, I/O ports only */
    VIRTIO_MODEL_TRANSITIONAL, /* 1af4:1000, I/O ports and capabilities */
    VIRTIO_MODEL_MODERN,       /* 1af4:1041, capabilities only */
};

enum {
    VIRTIO_MODEL_BAR = 4,
    VIRTIO_MODEL_COMMON_AT = 0x0000, /* in that BAR */
    VIRTIO_MODEL_ISR_AT = 0x1000,
    VIRTIO_MODEL_DEVICE_AT = 0x2000,
    VIRTIO_MODEL_NOTIFY_AT = 0x3000,
    VIRTIO_MODEL_NOTIFY_MULTIPLIER = 4,
    VIRTIO_MODEL_MSIX_AT = 0x98,   /* in configuration space */
    VIRTIO_MODEL_WINDOW_AT = 0x84, /* likewise */
    VIRTIO_MODEL_NOTIFY_CAP_AT = 0x70,
};

struct virtio_model_queue {
    uint16_t size;
    bool is_enabled;
    uint64_t desc, avail, used; /* bus addresses */
    uint16_t avail_seen, used_index;
    unsigned notified;
};

struct virtio_model {
    struct pci_model pci; /* first */

    /* Knobs. */
    uint64_t features;     /* offered */
    uint16_t queue_max;    /* the size of both queues as the device has it */
    uint8_t mac[6];        /* with `speed` and `link`: the configuration */
    uint16_t link;         /* VIRTIO_NET_STATUS_... */
    uint32_t speed;        /* Mbit/s */
    uint32_t reset_us;     /* how long a reset takes; UINT32_MAX: for ever */
    unsigned mac_changes;  /* how often the MAC changes while it is read */
    uint16_t notify_off;   /* of queue 1; queue 0 has 0 */
    bool refuses_features; /* never sets FEATURES_OK */
    bool has_no_control;   /* queue: only the feature bits say so */
    bool control_is_silent, control_refuses;
    bool keeps_transmitting; /* frames taken are not handed back as used */

    /* State. */
    uint8_t status, isr, generation;
    uint32_t device_feature_select, driver_feature_select;
    uint64_t driver_features;
    uint16_t queue_select;
    uint64_t reset_ends; /* in the pci_model's time; 0: not resetting */
    bool was_failed;     /* FAILED was set at some time */
    bool is_legacy_used; /* some legacy register was touched */
    unsigned interrupts;
    uint16_t taken[16]; /* heads kept, see keeps_transmitting */
    unsigned taken_count;
    struct virtio_model_queue queue[3];
    bool lets_in_everything, lets_in_all_groups; /* its filter, and the MACs it was given */
    uint8_t macs[64][6];
    unsigned mac_count;
    unsigned filtered; /* frames kept out */
    unsigned commands;
};

void virtio_model_init(struct virtio_model *, enum virtio_model_kind);

/*
 * Receives a frame; false when the device may not, or has no buffer. What its filter keeps out is received, and gone.
 * Nothing is filtered in the second form, where `reported` is the length it claims.
 */
bool virtio_model_deliver(struct virtio_model *, struct slice frame);
bool virtio_model_deliver_as(struct virtio_model *, struct slice frame, uint32_t reported);

/* Takes a frame that was sent: its length, 0 when there is none. Hands the buffer back unless told otherwise. */
size_t virtio_model_take(struct virtio_model *, uint8_t frame[2048]);

/* Hands back all frames kept, the last first. */
void virtio_model_complete(struct virtio_model *);

/* Writes any used element. */
void virtio_model_use(struct virtio_model *, unsigned queue, uint32_t id, uint32_t len);

/* Sets the used ring's flags: VIRTQ_USED_F_NO_NOTIFY or 0. */
void virtio_model_set_flags(struct virtio_model *, unsigned queue, uint16_t flags);

/* Whether the filter that the driver has set lets in frames for this MAC. */
bool virtio_model_lets_in(const struct virtio_model *, const uint8_t mac[6]);

/* Obeys what is in the control queue. */
void virtio_model_control(struct virtio_model *);

/* Between virtio_model.c and virtio_model_registers.c. */
void virtio_model_reset(struct virtio_model *);
uint32_t virtio_model_reg_read(struct pci_model *, unsigned bar, uint32_t offset, unsigned width);
void virtio_model_reg_write(struct pci_model *, unsigned bar, uint32_t offset, unsigned width, uint32_t value);

#endif
