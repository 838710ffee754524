/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/devices/virtio_numbers.h"

#include <linux/virtio_config.h>
#include <linux/virtio_net.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>

const uint64_t virtio_numbers[] = {
    /* status, features */
    VIRTIO_CONFIG_S_ACKNOWLEDGE,
    VIRTIO_CONFIG_S_DRIVER,
    VIRTIO_CONFIG_S_DRIVER_OK,
    VIRTIO_CONFIG_S_FEATURES_OK,
    VIRTIO_CONFIG_S_NEEDS_RESET,
    VIRTIO_CONFIG_S_FAILED,
    1ull << VIRTIO_NET_F_MAC,
    1ull << VIRTIO_NET_F_STATUS,
    1ull << VIRTIO_F_ANY_LAYOUT,
    1ull << VIRTIO_F_VERSION_1,
    1ull << VIRTIO_F_ACCESS_PLATFORM,
    1ull << VIRTIO_F_ORDER_PLATFORM,
    1ull << VIRTIO_NET_F_SPEED_DUPLEX,
    /* network device */
    offsetof(struct virtio_net_config, mac),
    offsetof(struct virtio_net_config, status),
    offsetof(struct virtio_net_config, speed),
    VIRTIO_NET_S_LINK_UP,
    sizeof(struct virtio_net_hdr_mrg_rxbuf),
    sizeof(struct virtio_net_hdr),
    /* capabilities */
    offsetof(struct virtio_pci_cap, cfg_type),
    offsetof(struct virtio_pci_cap, bar),
    offsetof(struct virtio_pci_cap, offset),
    offsetof(struct virtio_pci_cap, length),
    offsetof(struct virtio_pci_notify_cap, notify_off_multiplier),
    offsetof(struct virtio_pci_cfg_cap, pci_cfg_data),
    VIRTIO_PCI_CAP_COMMON_CFG,
    VIRTIO_PCI_CAP_NOTIFY_CFG,
    VIRTIO_PCI_CAP_ISR_CFG,
    VIRTIO_PCI_CAP_DEVICE_CFG,
    VIRTIO_PCI_CAP_PCI_CFG,
    /* common configuration */
    offsetof(struct virtio_pci_common_cfg, device_feature_select),
    offsetof(struct virtio_pci_common_cfg, device_feature),
    offsetof(struct virtio_pci_common_cfg, guest_feature_select),
    offsetof(struct virtio_pci_common_cfg, guest_feature),
    offsetof(struct virtio_pci_common_cfg, device_status),
    offsetof(struct virtio_pci_common_cfg, config_generation),
    offsetof(struct virtio_pci_common_cfg, queue_select),
    offsetof(struct virtio_pci_common_cfg, queue_size),
    offsetof(struct virtio_pci_common_cfg, queue_enable),
    offsetof(struct virtio_pci_common_cfg, queue_notify_off),
    offsetof(struct virtio_pci_common_cfg, queue_desc_lo),
    offsetof(struct virtio_pci_common_cfg, queue_avail_lo),
    offsetof(struct virtio_pci_common_cfg, queue_used_lo),
    /* legacy */
    VIRTIO_PCI_HOST_FEATURES,
    VIRTIO_PCI_GUEST_FEATURES,
    VIRTIO_PCI_QUEUE_PFN,
    VIRTIO_PCI_QUEUE_NUM,
    VIRTIO_PCI_QUEUE_SEL,
    VIRTIO_PCI_QUEUE_NOTIFY,
    VIRTIO_PCI_STATUS,
    VIRTIO_PCI_ISR,
    VIRTIO_PCI_CONFIG_OFF(0),
    VIRTIO_PCI_VRING_ALIGN,
    /* rings */
    VRING_DESC_F_NEXT,
    VRING_DESC_F_WRITE,
    VRING_AVAIL_F_NO_INTERRUPT,
    VRING_USED_F_NO_NOTIFY,
    sizeof(struct vring_desc),
    offsetof(struct vring_desc, len),
    offsetof(struct vring_desc, flags),
    offsetof(struct vring_desc, next),
    offsetof(struct vring_avail, idx),
    offsetof(struct vring_avail, ring),
    offsetof(struct vring_used, idx),
    offsetof(struct vring_used, ring),
    sizeof(struct vring_used_elem),
    offsetof(struct vring_used_elem, len),
};
const size_t virtio_number_count = sizeof(virtio_numbers) / sizeof(virtio_numbers[0]);
