/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What a NIC driver may ask of the bus: configuration space, registers, memory that both it and the device see, and a
 * short wait. BIOS, EFI_PCI_IO and the device models under tests/devices implement it. (PCI Local Bus 3.0; offsets in
 * bytes, values in CPU byte order.)
 */
#ifndef PUCK_BUS_PCI_H
#define PUCK_BUS_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Memory for rings and buffers: `cpu` is how we reach it, `bus` is how the device does. Zeroed. */
struct dma_memory {
    void *cpu;
    uint64_t bus;
    size_t len;
};

struct pci_device;

struct pci_ops {
    uint32_t (*config_read)(struct pci_device *, unsigned offset, unsigned width); /* width 1, 2 or 4 bytes */
    void (*config_write)(struct pci_device *, unsigned offset, unsigned width, uint32_t value);
    uint32_t (*reg_read)(struct pci_device *, unsigned bar, uint32_t offset,
                         unsigned width); /* memory or I/O BAR alike */
    void (*reg_write)(struct pci_device *, unsigned bar, uint32_t offset, unsigned width, uint32_t value);
    /* False for a BAR without an address, or with one beyond what this platform can touch (a BIOS stops at 4 GB). */
    bool (*bar_reachable)(struct pci_device *, unsigned bar);
    bool (*dma_alloc)(struct pci_device *, size_t len, size_t align, struct dma_memory *out); /* align: a power of 2 */
    void (*dma_free)(struct pci_device *, struct dma_memory *);
    void (*delay_us)(struct pci_device *, unsigned us); /* for resets; at most 10 ms */
};

struct pci_device {
    const struct pci_ops *ops;
    uint16_t vendor, device, subvendor, subdevice;
    uint8_t revision;
    uint8_t class_code[3]; /* base class, sub class, programming interface */
    uint16_t bus_dev_fn;   /* bus << 8 | device << 3 | function */
};

enum {
    PCI_VENDOR_ID = 0x00,
    PCI_DEVICE_ID = 0x02,
    PCI_COMMAND = 0x04,
    PCI_STATUS = 0x06,
    PCI_REVISION = 0x08,
    PCI_BAR0 = 0x10,
    PCI_SUBSYSTEM_VENDOR = 0x2c,
    PCI_SUBSYSTEM_ID = 0x2e,
    PCI_CAPABILITIES = 0x34,
    PCI_INTERRUPT_LINE = 0x3c,
    PCI_COMMAND_IO = 0x0001,
    PCI_COMMAND_MEMORY = 0x0002,
    PCI_COMMAND_BUS_MASTER = 0x0004,
    PCI_COMMAND_INTX_DISABLE = 0x0400,
    PCI_STATUS_CAPABILITIES = 0x0010,
};

/* Fills in ids, revision and class from configuration space; `ops` and `bus_dev_fn` must be set. */
void pci_identify(struct pci_device *);

/* Sets and clears bits of the command register. */
void pci_command(struct pci_device *, uint16_t set, uint16_t clear);

/*
 * The offset of the next capability with this id behind `after` (0 for the first), or 0. Bounded: a looping list ends.
 */
unsigned pci_find_capability(struct pci_device *, uint8_t id, unsigned after);

#endif
