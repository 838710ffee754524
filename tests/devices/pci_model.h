/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A PCI function made of registers, for driver tests: implements struct pci_ops on the host. A device model puts this
 * struct first in its own, fills in its registers' two functions, and reaches the driver's memory only through
 * pci_model_dma(). What hardware would not forgive is a fault: registers touched while decoding is off, DMA while bus
 * mastering is off or outside the memory allotted, memory written beyond its end, a wait over 10 ms. Faults are
 * printed and counted; a test asserts that pci_model_faults() is 0.
 *
 * Bus addresses differ from CPU addresses, and memory is aligned to what was asked for and to no more.
 */
#ifndef PUCK_TESTS_PCI_MODEL_H
#define PUCK_TESTS_PCI_MODEL_H

#include "firmware/base/bytes.h"
#include "firmware/base/format.h"
#include "firmware/bus/pci.h"

#define PCI_MODEL_BLOCKS 16

struct pci_model_block {
    struct dma_memory memory; /* cpu is NULL when free */
    uint8_t *allocated;       /* the heap block: guard, memory, guard */
    uint8_t *guard_end;       /* end of the second guard */
};

struct pci_model {
    struct pci_device pci;   /* what a driver attaches to */
    uint8_t config[256];     /* a test may change it at will: capabilities, subsystem ids, BARs */
    uint16_t command_writes; /* how often the driver wrote the command register */

    /* Given by the device model. `elapsed` (may be NULL) runs when the driver waits; now_us is already advanced. */
    uint32_t (*reg_read)(struct pci_model *, unsigned bar, uint32_t offset, unsigned width);
    void (*reg_write)(struct pci_model *, unsigned bar, uint32_t offset, unsigned width, uint32_t value);
    void (*elapsed)(struct pci_model *, unsigned us);
    void (*config_written)(struct pci_model *, unsigned offset, unsigned width); /* may be NULL */
    void (*config_reading)(struct pci_model *, unsigned offset, unsigned width); /* may be NULL; runs before the read */

    uint64_t now_us;          /* the sum of all waits */
    uint64_t accesses;        /* of registers: each is an exit to the hypervisor */
    uint8_t unreachable_bars; /* knob: a bit for each BAR that lies beyond reach */
    size_t dma_limit;         /* knob: longer allocations fail; 0 for none */
    size_t dma_total;         /* knob: no more than that in all; 0 for any */
    bool is_dma_refused;      /* knob: every allocation fails */
    uint64_t dma_base;        /* knob: bus address of the next block */
    size_t dma_allocated;     /* bytes out now */
    struct pci_model_block block[PCI_MODEL_BLOCKS];
    bool is_quiet; /* knob: faults are counted and not printed */
    unsigned faults;
    unsigned guard_faults; /* those of them that are writes beyond the memory's ends */
};

/* Zeroes the model (faults, time, memory: call pci_model_destroy first if it was in use) and gives it ids and a memory
 * BAR 0. */
void pci_model_init(struct pci_model *, uint16_t vendor, uint16_t device);

/* Frees what the driver did not free. */
void pci_model_destroy(struct pci_model *);

void pci_model_set_bar(struct pci_model *, unsigned bar, uint32_t value); /* bit 0: I/O; 0 for none */
uint16_t pci_model_command(const struct pci_model *);

/*
 * The device's way to memory: where `len` bytes at bus address `bus` are for us, or NULL and a fault (bus mastering
 * off, not wholly inside one live allocation).
 */
void *pci_model_dma(struct pci_model *, uint64_t bus, size_t len);

/* Counts and prints; for the device model's own rules too. */
void pci_model_fault(struct pci_model *, const char *format, ...) FORMAT_LIKE_PRINTF(2, 3);

/* Checks all guards, then returns the number of faults. */
unsigned pci_model_faults(struct pci_model *);

/* Whether all of `bytes` lies in one block of the driver's. */
bool pci_model_holds(const struct pci_model *, struct slice bytes);

/* How many blocks the driver has not freed. */
unsigned pci_model_blocks(const struct pci_model *);

#endif
