/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/devices/virtio_model.h"

#include <string.h>

void virtio_model_reset(struct virtio_model *m)
{
    m->status = 0;
    m->isr = 0;
    m->driver_features = 0;
    m->reset_ends = 0;
    m->taken_count = 0;
    for (unsigned i = 0; i < 3; i++)
        m->queue[i] = (struct virtio_model_queue){.size = m->queue_max};
    m->lets_in_everything = true; /* until it is told to filter */
    m->lets_in_all_groups = false;
    m->mac_count = 0;
}

static void status_written(struct virtio_model *m, uint8_t value, bool legacy)
{
    if (m->reset_ends != 0)
        return;
    if (value == 0 && m->reset_us != 0 && m->status != 0) {
        m->reset_ends = m->pci.now_us + m->reset_us;
        return;
    }
    if (value == 0) {
        virtio_model_reset(m);
        return;
    }
    if ((m->status & ~value) != 0)
        pci_model_fault(&m->pci, "status bits cleared: %x after %x", value, m->status);
    if (!legacy && (value & VIRTIO_STATUS_FEATURES_OK) != 0 &&
        (m->refuses_features || (m->driver_features & ~m->features) != 0 ||
         (m->driver_features & VIRTIO_F_VERSION_1) == 0))
        value &= (uint8_t)~VIRTIO_STATUS_FEATURES_OK;
    if (!legacy && (value & VIRTIO_STATUS_DRIVER_OK) != 0 && (value & VIRTIO_STATUS_FEATURES_OK) == 0)
        pci_model_fault(&m->pci, "DRIVER_OK without FEATURES_OK");
    m->was_failed |= (value & VIRTIO_STATUS_FAILED) != 0;
    m->status = value;
}

static uint32_t notify_off(const struct virtio_model *m, uint32_t queue)
{
    return queue == 1 ? m->notify_off : queue * 3;
}

static void notify_written(struct virtio_model *m, uint16_t number)
{
    if ((m->status & VIRTIO_STATUS_DRIVER_OK) == 0 || number > 2)
        pci_model_fault(&m->pci, "notification of queue %u with status %x", number, m->status); /* 3.1.1 */
    else
        m->queue[number].notified++;
    if (number == VIRTIO_NET_CONTROL_QUEUE)
        virtio_model_control(m);
}

static uint32_t device_read(struct virtio_model *m, uint32_t offset, unsigned width, bool legacy)
{
    uint8_t config[20] = {0};
    uint32_t value = 0;

    memcpy(config, m->mac, 6);
    memcpy(config + VIRTIO_NET_CONFIG_STATUS, &m->link, 2);
    memcpy(config + VIRTIO_NET_CONFIG_SPEED, &m->speed, 4);
    if (offset + width > sizeof(config) || (!legacy && width != (offset < 6 ? 1 : offset < 12 ? 2 : 4))) {
        pci_model_fault(&m->pci, "configuration at %u read with width %u", offset, width);
        return 0;
    }
    memcpy(&value, config + offset, width);
    if (offset == 3 && m->mac_changes > 0) {
        m->mac_changes--;
        m->generation++;
        for (unsigned i = 0; i < 6; i++)
            m->mac[i] ^= 0x54;
    }
    return value;
}

static uint8_t isr_read(struct virtio_model *m)
{
    uint8_t isr = m->isr;

    m->isr = 0;
    return isr;
}

static struct virtio_model_queue *selected(struct virtio_model *m)
{
    return m->queue_select < (m->has_no_control ? 2 : 3) ? &m->queue[m->queue_select] : NULL;
}

static uint32_t legacy_read(struct virtio_model *m, uint32_t offset, unsigned width)
{
    m->is_legacy_used = true;
    if (offset >= VIRTIO_LEGACY_DEVICE)
        return device_read(m, offset - VIRTIO_LEGACY_DEVICE, width, true);
    switch (offset << 4 | width) {
    case VIRTIO_LEGACY_DEVICE_FEATURES << 4 | 4:
        return (uint32_t)m->features;
    case VIRTIO_LEGACY_QUEUE_SIZE << 4 | 2:
        return selected(m) != NULL ? m->queue_max : 0;
    case VIRTIO_LEGACY_STATUS << 4 | 1:
        return m->status;
    case VIRTIO_LEGACY_ISR << 4 | 1:
        return isr_read(m);
    default:
        pci_model_fault(&m->pci, "legacy register %u read with width %u", offset, width);
        return 0;
    }
}

static void legacy_queue_placed(struct virtio_model *m, uint64_t page)
{
    struct virtio_model_queue *q = selected(m);

    if (q == NULL)
        return;
    q->is_enabled = page != 0;
    q->size = m->queue_max;
    q->desc = page * VIRTIO_LEGACY_ALIGN;
    q->avail = q->desc + 16ull * q->size;
    q->used = (q->avail + 6 + 2ull * q->size + VIRTIO_LEGACY_ALIGN - 1) & ~(uint64_t)(VIRTIO_LEGACY_ALIGN - 1);
}

static void legacy_write(struct virtio_model *m, uint32_t offset, unsigned width, uint32_t value)
{
    m->is_legacy_used = true;
    switch (offset << 4 | width) {
    case VIRTIO_LEGACY_DRIVER_FEATURES << 4 | 4:
        if ((value & ~m->features) != 0)
            pci_model_fault(&m->pci, "features accepted that were not offered: %x", value);
        m->driver_features = value;
        break;
    case VIRTIO_LEGACY_QUEUE_ADDRESS << 4 | 4:
        legacy_queue_placed(m, value);
        break;
    case VIRTIO_LEGACY_QUEUE_SELECT << 4 | 2:
        m->queue_select = (uint16_t)value;
        break;
    case VIRTIO_LEGACY_QUEUE_NOTIFY << 4 | 2:
        notify_written(m, (uint16_t)value);
        break;
    case VIRTIO_LEGACY_STATUS << 4 | 1:
        status_written(m, (uint8_t)value, true);
        break;
    default:
        pci_model_fault(&m->pci, "legacy register %u written with width %u", offset, width);
    }
}

static uint32_t common_read(struct virtio_model *m, uint32_t offset, unsigned width)
{
    const struct virtio_model_queue *q = selected(m);

    switch (offset << 4 | width) {
    case VIRTIO_COMMON_DEVICE_FEATURE << 4 | 4:
        return m->device_feature_select < 2 ? (uint32_t)(m->features >> 32 * m->device_feature_select) : 0;
    case VIRTIO_COMMON_STATUS << 4 | 1:
        return m->status;
    case VIRTIO_COMMON_GENERATION << 4 | 1:
        return m->generation;
    case VIRTIO_COMMON_QUEUE_SIZE << 4 | 2:
        return q != NULL ? q->size : 0;
    case VIRTIO_COMMON_QUEUE_NOTIFY_OFF << 4 | 2:
        return notify_off(m, m->queue_select);
    default:
        pci_model_fault(&m->pci, "common register %u read with width %u", offset, width);
        return 0;
    }
}

static void half_set(uint64_t *field, bool upper, uint32_t value)
{
    *field = upper ? (*field & UINT32_MAX) | (uint64_t)value << 32 : (*field & ~(uint64_t)UINT32_MAX) | value;
}

static void queue_written(struct virtio_model *m, uint32_t offset, unsigned width, uint32_t value)
{
    struct virtio_model_queue *q = selected(m);

    if (q == NULL || q->is_enabled || (m->status & VIRTIO_STATUS_FEATURES_OK) == 0)
        pci_model_fault(&m->pci, "queue register %u written with status %x", offset, m->status);
    else if (offset == VIRTIO_COMMON_QUEUE_SIZE && width == 2 && value <= m->queue_max)
        q->size = (uint16_t)value;
    else if (offset == VIRTIO_COMMON_QUEUE_ENABLE && width == 2 && value == 1)
        q->is_enabled = true;
    else if (offset >= VIRTIO_COMMON_QUEUE_DESC && offset < VIRTIO_COMMON_QUEUE_DRIVER && width == 4)
        half_set(&q->desc, offset != VIRTIO_COMMON_QUEUE_DESC, value);
    else if (offset >= VIRTIO_COMMON_QUEUE_DRIVER && offset < VIRTIO_COMMON_QUEUE_DEVICE && width == 4)
        half_set(&q->avail, offset != VIRTIO_COMMON_QUEUE_DRIVER, value);
    else if (offset >= VIRTIO_COMMON_QUEUE_DEVICE && offset < VIRTIO_COMMON_LEN && width == 4)
        half_set(&q->used, offset != VIRTIO_COMMON_QUEUE_DEVICE, value);
    else
        pci_model_fault(&m->pci, "common register %u written with width %u: %x", offset, width, value);
}

static void common_write(struct virtio_model *m, uint32_t offset, unsigned width, uint32_t value)
{
    switch (offset << 4 | width) {
    case VIRTIO_COMMON_DEVICE_FEATURE_SELECT << 4 | 4:
        m->device_feature_select = value;
        break;
    case VIRTIO_COMMON_DRIVER_FEATURE_SELECT << 4 | 4:
        m->driver_feature_select = value;
        break;
    case VIRTIO_COMMON_DRIVER_FEATURE << 4 | 4:
        if ((m->status & VIRTIO_STATUS_FEATURES_OK) != 0 || m->driver_feature_select > 1)
            pci_model_fault(&m->pci, "features written with status %x", m->status);
        else
            half_set(&m->driver_features, m->driver_feature_select == 1, value);
        break;
    case VIRTIO_COMMON_STATUS << 4 | 1:
        status_written(m, (uint8_t)value, false);
        break;
    case VIRTIO_COMMON_QUEUE_SELECT << 4 | 2:
        m->queue_select = (uint16_t)value;
        break;
    default:
        queue_written(m, offset, width, value);
    }
}

uint32_t virtio_model_reg_read(struct pci_model *pci, unsigned bar, uint32_t offset, unsigned width)
{
    struct virtio_model *m = (struct virtio_model *)pci;

    if (bar == 0)
        return legacy_read(m, offset, width);
    if (bar == VIRTIO_MODEL_BAR && offset < VIRTIO_MODEL_ISR_AT)
        return common_read(m, offset - VIRTIO_MODEL_COMMON_AT, width);
    if (bar == VIRTIO_MODEL_BAR && offset == VIRTIO_MODEL_ISR_AT && width == 1)
        return isr_read(m);
    if (bar == VIRTIO_MODEL_BAR && offset >= VIRTIO_MODEL_DEVICE_AT && offset < VIRTIO_MODEL_NOTIFY_AT)
        return device_read(m, offset - VIRTIO_MODEL_DEVICE_AT, width, false);
    pci_model_fault(pci, "BAR %u: register %x read with width %u", bar, offset, width);
    return 0;
}

void virtio_model_reg_write(struct pci_model *pci, unsigned bar, uint32_t offset, unsigned width, uint32_t value)
{
    struct virtio_model *m = (struct virtio_model *)pci;

    if (bar == 0)
        legacy_write(m, offset, width, value);
    else if (bar == VIRTIO_MODEL_BAR && offset < VIRTIO_MODEL_ISR_AT)
        common_write(m, offset - VIRTIO_MODEL_COMMON_AT, width, value);
    else if (bar == VIRTIO_MODEL_BAR && width == 2 && value <= 2 &&
             offset == VIRTIO_MODEL_NOTIFY_AT + notify_off(m, value) * VIRTIO_MODEL_NOTIFY_MULTIPLIER)
        notify_written(m, (uint16_t)value);
    else
        pci_model_fault(pci, "BAR %u: register %x written with width %u: %x", bar, offset, width, value);
}
