/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "drivers/virtio_pci.h"

#include <string.h>

enum {
    RESET_WAIT_MS = 1000,
    LEGACY_QUEUE_MAX = 1024, /* its size cannot be changed, and its memory is ours: 32 KB */
    PCI_MSIX = 0x11,         /* capability id; message control at +2 (PCI 3.0 section 6.8.2) */
    MSIX_CONTROL = 2,
    MSIX_ENABLE = 0x8000,
};

/* --- access to registers --- */

/* Points the window in configuration space at a register (4.1.4.9). */
static void window_aim(struct virtio_pci *v, const struct virtio_region *region, uint32_t offset, unsigned width)
{
    const struct pci_ops *ops = v->pci->ops;

    ops->config_write(v->pci, v->window + VIRTIO_CAP_BAR, 1, region->bar);
    ops->config_write(v->pci, v->window + VIRTIO_CAP_LENGTH, 4, width);
    ops->config_write(v->pci, v->window + VIRTIO_CAP_OFFSET, 4, region->offset + offset);
}

static uint32_t region_read(struct virtio_pci *v, const struct virtio_region *region, uint32_t offset, unsigned width)
{
    if (v->window == 0)
        return v->pci->ops->reg_read(v->pci, region->bar, region->offset + offset, width);
    window_aim(v, region, offset, width);
    return v->pci->ops->config_read(v->pci, v->window + VIRTIO_CAP_WINDOW_DATA, width);
}

static void region_write(struct virtio_pci *v, const struct virtio_region *region, uint32_t offset, unsigned width,
                         uint32_t value)
{
    if (v->window == 0) {
        v->pci->ops->reg_write(v->pci, region->bar, region->offset + offset, width, value);
        return;
    }
    window_aim(v, region, offset, width);
    v->pci->ops->config_write(v->pci, v->window + VIRTIO_CAP_WINDOW_DATA, width, value);
}

static uint32_t common_read(struct virtio_pci *v, uint32_t offset, unsigned width)
{
    return region_read(v, &v->common, offset, width);
}

static void common_write(struct virtio_pci *v, uint32_t offset, unsigned width, uint32_t value)
{
    region_write(v, &v->common, offset, width, value);
}

static uint8_t status_read(struct virtio_pci *v)
{
    return (uint8_t)common_read(v, v->is_modern ? VIRTIO_COMMON_STATUS : VIRTIO_LEGACY_STATUS, 1);
}

static void status_write(struct virtio_pci *v, uint8_t status)
{
    common_write(v, v->is_modern ? VIRTIO_COMMON_STATUS : VIRTIO_LEGACY_STATUS, 1, status);
}

static void status_add(struct virtio_pci *v, uint8_t bits)
{
    status_write(v, status_read(v) | bits);
}

/* --- finding the interface --- */

static void region_from_capability(struct virtio_pci *v, unsigned at, unsigned bar, struct virtio_region *region)
{
    if (region->len != 0) /* of several, the device prefers the first (4.1.4.1) */
        return;
    region->bar = (uint8_t)bar;
    region->offset = v->pci->ops->config_read(v->pci, at + VIRTIO_CAP_OFFSET, 4);
    region->len = v->pci->ops->config_read(v->pci, at + VIRTIO_CAP_LENGTH, 4);
    if (region == &v->notify)
        v->notify_multiplier = v->pci->ops->config_read(v->pci, at + VIRTIO_CAP_NOTIFY_MULTIPLIER, 4);
}

/* Looks for the modern structures; through BARs, or (`by_window`) through configuration space. */
static bool find_modern(struct virtio_pci *v, bool by_window)
{
    struct virtio_region *regions[] = {
        [VIRTIO_CAP_COMMON] = &v->common,
        [VIRTIO_CAP_NOTIFY] = &v->notify,
        [VIRTIO_CAP_ISR] = &v->isr,
        [VIRTIO_CAP_DEVICE] = &v->device,
    };
    struct pci_device *pci = v->pci;

    for (unsigned i = VIRTIO_CAP_COMMON; i <= VIRTIO_CAP_DEVICE; i++)
        *regions[i] = (struct virtio_region){0};
    v->window = 0;
    for (unsigned n = 0, at = 0; n < 48; n++) { /* 48 capabilities fill the space: a longer list is a loop */
        unsigned type, bar;

        at = pci_find_capability(pci, VIRTIO_PCI_CAPABILITY, at);
        if (at == 0)
            break;
        type = pci->ops->config_read(pci, at + VIRTIO_CAP_TYPE, 1);
        bar = pci->ops->config_read(pci, at + VIRTIO_CAP_BAR, 1);
        if (type == VIRTIO_CAP_WINDOW && by_window)
            v->window = (uint8_t)at;
        else if (type >= VIRTIO_CAP_COMMON && type <= VIRTIO_CAP_DEVICE && bar < 6 &&
                 (by_window || pci->ops->bar_reachable(pci, bar)))
            region_from_capability(v, at, bar, regions[type]);
    }
    v->is_modern = true;
    return v->common.len >= VIRTIO_COMMON_LEN && v->notify.len >= 2 && v->isr.len != 0 && v->device.len != 0 &&
           by_window == (v->window != 0);
}

static bool find_legacy(struct virtio_pci *v)
{
    struct pci_device *pci = v->pci;

    if (pci->device > VIRTIO_PCI_TRANSITIONAL_LAST || !pci->ops->bar_reachable(pci, 0) ||
        (pci->ops->config_read(pci, PCI_BAR0, 4) & 1) == 0)
        return false;
    v->is_modern = false;
    v->window = 0;
    v->common = (struct virtio_region){.len = VIRTIO_LEGACY_DEVICE};
    v->notify = (struct virtio_region){.offset = VIRTIO_LEGACY_QUEUE_NOTIFY, .len = 2};
    v->isr = (struct virtio_region){.offset = VIRTIO_LEGACY_ISR, .len = 1};
    v->device = (struct virtio_region){.offset = VIRTIO_LEGACY_DEVICE, .len = VIRTIO_NET_CONFIG_STATUS + 2};
    return true;
}

static uint64_t features_read(struct virtio_pci *v)
{
    uint64_t features;

    if (!v->is_modern)
        return common_read(v, VIRTIO_LEGACY_DEVICE_FEATURES, 4);
    common_write(v, VIRTIO_COMMON_DEVICE_FEATURE_SELECT, 4, 0);
    features = common_read(v, VIRTIO_COMMON_DEVICE_FEATURE, 4);
    common_write(v, VIRTIO_COMMON_DEVICE_FEATURE_SELECT, 4, 1);
    return features | (uint64_t)common_read(v, VIRTIO_COMMON_DEVICE_FEATURE, 4) << 32;
}

static void features_write(struct virtio_pci *v, uint64_t features)
{
    if (!v->is_modern) {
        common_write(v, VIRTIO_LEGACY_DRIVER_FEATURES, 4, (uint32_t)features);
        return;
    }
    common_write(v, VIRTIO_COMMON_DRIVER_FEATURE_SELECT, 4, 0);
    common_write(v, VIRTIO_COMMON_DRIVER_FEATURE, 4, (uint32_t)features);
    common_write(v, VIRTIO_COMMON_DRIVER_FEATURE_SELECT, 4, 1);
    common_write(v, VIRTIO_COMMON_DRIVER_FEATURE, 4, (uint32_t)(features >> 32));
}

/* A modern interface whose device does not offer VIRTIO_F_VERSION_1 is none (2.2.3). */
static bool modern_works(struct virtio_pci *v)
{
    return virtio_pci_reset(v) && (features_read(v) & VIRTIO_F_VERSION_1) != 0;
}

enum status virtio_pci_attach(struct virtio_pci *v, struct pci_device *pci)
{
    unsigned msix = pci_find_capability(pci, PCI_MSIX, 0);

    v->pci = pci;
    pci_command(pci, PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_INTX_DISABLE, PCI_COMMAND_BUS_MASTER);
    if (msix != 0) { /* while it is enabled the legacy registers lie elsewhere (4.1.4.10) */
        uint32_t control = pci->ops->config_read(pci, msix + MSIX_CONTROL, 2);

        if ((control & MSIX_ENABLE) != 0)
            pci->ops->config_write(pci, msix + MSIX_CONTROL, 2, control & ~(uint32_t)MSIX_ENABLE);
    }
    if (find_modern(v, false) && modern_works(v))
        return STATUS_OK;
    if (find_legacy(v))
        return virtio_pci_reset(v) ? STATUS_OK : STATUS_NIC_FAILED;
    return find_modern(v, true) && modern_works(v) ? STATUS_OK : STATUS_NIC_FAILED;
}

/* --- life of the device (3.1.1, 3.1.2, 3.3) --- */

bool virtio_pci_reset(struct virtio_pci *v)
{
    status_write(v, 0);
    for (unsigned ms = 0; ms <= RESET_WAIT_MS; ms++) {
        if (status_read(v) == 0)
            return true;
        v->pci->ops->delay_us(v->pci, 1000);
    }
    return false;
}

enum status virtio_pci_negotiate(struct virtio_pci *v, uint64_t wanted)
{
    if (!virtio_pci_reset(v))
        return STATUS_NIC_FAILED;
    status_add(v, VIRTIO_STATUS_ACKNOWLEDGE);
    status_add(v, VIRTIO_STATUS_DRIVER);
    v->features = features_read(v) & wanted;
    features_write(v, v->features);
    if (!v->is_modern)
        return STATUS_OK;
    status_add(v, VIRTIO_STATUS_FEATURES_OK);
    return (status_read(v) & VIRTIO_STATUS_FEATURES_OK) != 0 ? STATUS_OK : STATUS_NIC_FAILED;
}

void virtio_pci_fail(struct virtio_pci *v)
{
    status_add(v, VIRTIO_STATUS_FAILED);
}

uint16_t virtio_pci_queue_size(struct virtio_pci *v, uint16_t number)
{
    uint32_t size;

    common_write(v, v->is_modern ? VIRTIO_COMMON_QUEUE_SELECT : VIRTIO_LEGACY_QUEUE_SELECT, 2, number);
    size = common_read(v, v->is_modern ? VIRTIO_COMMON_QUEUE_SIZE : VIRTIO_LEGACY_QUEUE_SIZE, 2);
    if ((size & (size - 1)) != 0 || (!v->is_modern && size > LEGACY_QUEUE_MAX))
        return 0;
    return (uint16_t)size;
}

static void queue_address(struct virtio_pci *v, uint32_t field, uint64_t address)
{
    common_write(v, field, 4, (uint32_t)address);
    common_write(v, field + 4, 4, (uint32_t)(address >> 32));
}

enum status virtio_pci_queue_enable(struct virtio_pci *v, struct virtio_queue *q, uint16_t number)
{
    uint64_t notify;

    q->number = number;
    if (!v->is_modern) {
        if (q->bus / VIRTIO_LEGACY_ALIGN > UINT32_MAX)
            return STATUS_OUT_OF_RESOURCES;
        q->notify_offset = 0;
        common_write(v, VIRTIO_LEGACY_QUEUE_SELECT, 2, number);
        common_write(v, VIRTIO_LEGACY_QUEUE_ADDRESS, 4, (uint32_t)(q->bus / VIRTIO_LEGACY_ALIGN));
        return STATUS_OK;
    }
    common_write(v, VIRTIO_COMMON_QUEUE_SELECT, 2, number);
    notify = (uint64_t)common_read(v, VIRTIO_COMMON_QUEUE_NOTIFY_OFF, 2) * v->notify_multiplier;
    if (notify + 2 > v->notify.len)
        return STATUS_NIC_FAILED;
    q->notify_offset = (uint32_t)notify;
    common_write(v, VIRTIO_COMMON_QUEUE_SIZE, 2, virtio_queue_size(q));
    queue_address(v, VIRTIO_COMMON_QUEUE_DESC, q->bus);
    queue_address(v, VIRTIO_COMMON_QUEUE_DRIVER, q->bus + sizeof(struct virtq_desc) * virtio_queue_size(q));
    queue_address(v, VIRTIO_COMMON_QUEUE_DEVICE, q->bus + virtio_queue_used_at((uint16_t)virtio_queue_size(q)));
    common_write(v, VIRTIO_COMMON_QUEUE_ENABLE, 2, 1);
    return STATUS_OK;
}

void virtio_pci_start(struct virtio_pci *v)
{
    pci_command(v->pci, PCI_COMMAND_BUS_MASTER | PCI_COMMAND_INTX_DISABLE, 0);
    status_add(v, VIRTIO_STATUS_DRIVER_OK);
}

void virtio_pci_stop(struct virtio_pci *v)
{
    /* A device that is reset raises no interrupt, and the driver of the next system may expect INTx to be on. */
    if (virtio_pci_reset(v))
        pci_command(v->pci, 0, PCI_COMMAND_BUS_MASTER | PCI_COMMAND_INTX_DISABLE);
    else
        pci_command(v->pci, PCI_COMMAND_INTX_DISABLE, PCI_COMMAND_BUS_MASTER);
}

void virtio_pci_notify(struct virtio_pci *v, const struct virtio_queue *q)
{
    region_write(v, &v->notify, q->notify_offset, 2, q->number);
}

/* --- the device's own configuration (2.5) --- */

uint32_t virtio_pci_config(struct virtio_pci *v, uint32_t offset, unsigned width)
{
    return offset + width <= v->device.len ? region_read(v, &v->device, offset, width) : 0;
}

static uint8_t generation(struct virtio_pci *v)
{
    return v->is_modern ? (uint8_t)common_read(v, VIRTIO_COMMON_GENERATION, 1) : 0;
}

bool virtio_pci_config_bytes(struct virtio_pci *v, uint32_t offset, uint8_t *to, size_t len)
{
    uint8_t again[8];

    /* The legacy interface has no generation counter: what reads the same twice is taken for whole (2.5.4). */
    for (unsigned tries = 0; tries < 4 && len <= sizeof(again); tries++) {
        uint8_t before = generation(v);

        for (uint32_t i = 0; i < len; i++)
            to[i] = (uint8_t)virtio_pci_config(v, offset + i, 1);
        for (uint32_t i = 0; i < len; i++)
            again[i] = (uint8_t)virtio_pci_config(v, offset + i, 1);
        if (memcmp(to, again, len) == 0 && generation(v) == before)
            return true;
    }
    return false;
}

uint8_t virtio_pci_isr(struct virtio_pci *v)
{
    return (uint8_t)region_read(v, &v->isr, 0, 1);
}
