/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * An Intel 8254x or 82574 made of registers, written from the same manuals as the driver but with numbers of its own,
 * so that a slip in drivers/intel_regs.h shows. It is strict: a register it does not know, a ring changed while in use
 * or a reset during DMA is a fault of the PCI model underneath.
 */
#ifndef PUCK_TESTS_INTEL_MODEL_H
#define PUCK_TESTS_INTEL_MODEL_H

#include "firmware/bus/pci.h"
#include "tests/devices/pci_model.h"

#define INTEL_MODEL_REGISTERS 0x8000 /* of 4 bytes: BAR 0 has 128 KB */
#define INTEL_MODEL_SENT      64

struct intel_model_frame {
    uint8_t data[2048];
    size_t len;
};

struct intel_model {
    struct pci_model bus; /* first */
    bool is_82574;
    uint32_t reg[INTEL_MODEL_REGISTERS];
    uint16_t eeprom[64];

    /* Knobs. Set them before the driver attaches or at any time after. */
    uint64_t link_at_us;      /* the link is up from then on */
    bool is_link_down;        /* and now it is not */
    unsigned speed;           /* 10, 100, 1000 (the default) */
    bool is_reset_endless;    /* CTRL.RST stays set */
    bool has_no_autoload;     /* RAL0/RAH0 are not loaded after a reset */
    bool is_eeprom_dead;      /* EERD never says done */
    bool is_transmit_stuck;   /* descriptors wait for intel_model_transmit() */
    bool has_endless_master;  /* 82574: PCIe requests never end */
    bool has_frame_under_way; /* when the receiver is disabled, one more frame still arrives */
    uint32_t port;            /* 82546: 1 for the second port */

    /* What happened. */
    unsigned resets, phy_resets, rctl_writes, mta_writes, rdt_writes;
    unsigned missed;   /* frames there was no descriptor for */
    unsigned filtered; /* frames no filter let in */
    unsigned sent_count;
    struct intel_model_frame sent[INTEL_MODEL_SENT]; /* the last ones, at sent_count % INTEL_MODEL_SENT */

    /* Its own. */
    uint64_t reset_at_us, rx_stops_at_us;
    bool is_resetting, is_rx_stopping;
};

/* `device` is 0x100e, 0x10d3, ...; the station address goes to the EEPROM. */
void intel_model_init(struct intel_model *, uint16_t device, const uint8_t mac[6]);

/* A frame (without FCS) comes over the wire. True when it was stored. */
bool intel_model_receive(struct intel_model *, const void *frame, size_t len);

/*
 * Writes one receive descriptor as no filter and no rule would: `length` and `status` (errors from bit 8 up) as given,
 * the first `stored` bytes of the buffer from `data`.
 */
bool intel_model_receive_raw(struct intel_model *, const void *data, size_t stored, uint16_t length, uint32_t status);

/* Sends up to `count` frames that wait because of is_transmit_stuck. */
void intel_model_transmit(struct intel_model *, unsigned count);

/* Descriptors the device may fill. */
unsigned intel_model_free_descriptors(const struct intel_model *);

/* The level of its interrupt pin. */
bool intel_model_interrupts(const struct intel_model *);

#endif
