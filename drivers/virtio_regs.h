/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Registers and ring structures of virtio devices on PCI, from "Virtual I/O Device (VIRTIO) Version 1.2", OASIS
 * Committee Specification 01, 1 July 2022; section numbers here and in the drivers are that document's. Everything is
 * little-endian: the modern interface is by definition, the legacy one because so are the CPUs we run on.
 */
#ifndef PUCK_DRIVERS_VIRTIO_REGS_H
#define PUCK_DRIVERS_VIRTIO_REGS_H

#include <stdint.h>

/* 2.1 Device status field */
enum {
    VIRTIO_STATUS_ACKNOWLEDGE = 1,
    VIRTIO_STATUS_DRIVER = 2,
    VIRTIO_STATUS_DRIVER_OK = 4,
    VIRTIO_STATUS_FEATURES_OK = 8,
    VIRTIO_STATUS_NEEDS_RESET = 64,
    VIRTIO_STATUS_FAILED = 128,
};

/* 5.1.3 Network device feature bits, and 6 Reserved feature bits (6.3 for the legacy ones) */
#define VIRTIO_NET_F_MAC          (1ull << 5)
#define VIRTIO_NET_F_STATUS       (1ull << 16)
#define VIRTIO_NET_F_CTRL_VQ      (1ull << 17)
#define VIRTIO_NET_F_CTRL_RX      (1ull << 18)
#define VIRTIO_F_ANY_LAYOUT       (1ull << 27)
#define VIRTIO_F_VERSION_1        (1ull << 32)
#define VIRTIO_F_ACCESS_PLATFORM  (1ull << 33)
#define VIRTIO_F_ORDER_PLATFORM   (1ull << 36)
#define VIRTIO_NET_F_SPEED_DUPLEX (1ull << 63)

/* 5.1.4 struct virtio_net_config, 5.1.2 virtqueues, 5.1.6 struct virtio_net_hdr */
enum {
    VIRTIO_NET_CONFIG_MAC = 0,
    VIRTIO_NET_CONFIG_STATUS = 6,
    VIRTIO_NET_CONFIG_SPEED = 12,
    VIRTIO_NET_STATUS_LINK_UP = 1,
    VIRTIO_NET_RECEIVE_QUEUE = 0,
    VIRTIO_NET_TRANSMIT_QUEUE = 1,
    VIRTIO_NET_CONTROL_QUEUE = 2, /* without VIRTIO_NET_F_MQ */
    VIRTIO_NET_HEADER = 12,
    VIRTIO_NET_HEADER_LEGACY = 10, /* 5.1.6.1: no num_buffers unless buffers are merged */
};

/* 5.1.6.5 control queue: classes, commands (5.1.6.5.1, 5.1.6.5.2) and the answer */
enum {
    VIRTIO_NET_CONTROL_RX = 0,
    VIRTIO_NET_CONTROL_RX_EVERYTHING = 0,
    VIRTIO_NET_CONTROL_RX_ALL_GROUPS = 1,
    VIRTIO_NET_CONTROL_MAC = 1,
    VIRTIO_NET_CONTROL_MAC_TABLE = 0,
    VIRTIO_NET_CONTROL_OK = 0,
};

/* 4.1.2 PCI device discovery */
enum {
    VIRTIO_PCI_VENDOR = 0x1af4,
    VIRTIO_PCI_NET_TRANSITIONAL = 0x1000,
    VIRTIO_PCI_NET = 0x1041,
    VIRTIO_PCI_TRANSITIONAL_LAST = 0x103f,
};

/* 4.1.4 struct virtio_pci_cap: offsets inside the capability, and its types */
enum {
    VIRTIO_PCI_CAPABILITY = 0x09, /* vendor-specific */
    VIRTIO_CAP_TYPE = 3,
    VIRTIO_CAP_BAR = 4,
    VIRTIO_CAP_OFFSET = 8,
    VIRTIO_CAP_LENGTH = 12,
    VIRTIO_CAP_NOTIFY_MULTIPLIER = 16,
    VIRTIO_CAP_WINDOW_DATA = 16,

    VIRTIO_CAP_COMMON = 1,
    VIRTIO_CAP_NOTIFY = 2,
    VIRTIO_CAP_ISR = 3,
    VIRTIO_CAP_DEVICE = 4,
    VIRTIO_CAP_WINDOW = 5, /* VIRTIO_PCI_CAP_PCI_CFG */
};

/* 4.1.4.3 struct virtio_pci_common_cfg */
enum {
    VIRTIO_COMMON_DEVICE_FEATURE_SELECT = 0,
    VIRTIO_COMMON_DEVICE_FEATURE = 4,
    VIRTIO_COMMON_DRIVER_FEATURE_SELECT = 8,
    VIRTIO_COMMON_DRIVER_FEATURE = 12,
    VIRTIO_COMMON_STATUS = 20,
    VIRTIO_COMMON_GENERATION = 21,
    VIRTIO_COMMON_QUEUE_SELECT = 22,
    VIRTIO_COMMON_QUEUE_SIZE = 24,
    VIRTIO_COMMON_QUEUE_ENABLE = 28,
    VIRTIO_COMMON_QUEUE_NOTIFY_OFF = 30,
    VIRTIO_COMMON_QUEUE_DESC = 32,
    VIRTIO_COMMON_QUEUE_DRIVER = 40,
    VIRTIO_COMMON_QUEUE_DEVICE = 48,
    VIRTIO_COMMON_LEN = 56,
};

/* 4.1.4.10 the legacy interface: BAR 0 in I/O space. While MSI-X is off, device configuration starts at 20. */
enum {
    VIRTIO_LEGACY_DEVICE_FEATURES = 0,
    VIRTIO_LEGACY_DRIVER_FEATURES = 4,
    VIRTIO_LEGACY_QUEUE_ADDRESS = 8, /* in units of VIRTIO_LEGACY_ALIGN bytes */
    VIRTIO_LEGACY_QUEUE_SIZE = 12,
    VIRTIO_LEGACY_QUEUE_SELECT = 14,
    VIRTIO_LEGACY_QUEUE_NOTIFY = 16,
    VIRTIO_LEGACY_STATUS = 18,
    VIRTIO_LEGACY_ISR = 19,
    VIRTIO_LEGACY_DEVICE = 20,
    VIRTIO_LEGACY_ALIGN = 4096,
};

/* 2.7 Split virtqueues */
enum {
    VIRTQ_DESC_F_NEXT = 1,
    VIRTQ_DESC_F_WRITE = 2,
    VIRTQ_AVAIL_F_NO_INTERRUPT = 1,
    VIRTQ_USED_F_NO_NOTIFY = 1,
};

struct virtq_desc {
    uint64_t address;
    uint32_t len;
    uint16_t flags;
    uint16_t next;
};

struct virtq_avail {
    uint16_t flags;
    uint16_t index;
    uint16_t ring[];
};

struct virtq_used_element {
    uint32_t id;
    uint32_t len;
};

struct virtq_used {
    uint16_t flags;
    uint16_t index;
    struct virtq_used_element ring[];
};

#endif
