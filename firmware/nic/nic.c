/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/nic/nic.h"

enum {
    ETHERNET_HEADER = 14,
    VLAN_TAG = 4, /* a tagged frame may be this much longer; the stack decides what to do with it */
};

enum status nic_open(struct nic *nic)
{
    enum status status;

    if (nic->is_open)
        return STATUS_OK;
    status = nic->ops->open(nic);
    if (status != STATUS_OK)
        return status;
    nic->is_open = true;
    nic->is_lent = false;
    nic->ops->irq_enable(nic, false);
    status = nic_set_filter(nic, NIC_FILTER_DIRECTED | NIC_FILTER_BROADCAST, NULL, 0);
    if (status != STATUS_OK)
        nic_close(nic);
    return status;
}

void nic_close(struct nic *nic)
{
    if (!nic->is_open)
        return;
    nic->ops->close(nic);
    nic->is_open = false;
    nic->is_lent = false;
}

bool nic_receive(struct nic *nic, struct slice *frame)
{
    if (!nic->is_open || nic->is_lent)
        return false;
    while (nic->ops->receive(nic, frame)) {
        nic->counters.received++;
        nic->counters.received_bytes += (uint32_t)frame->len;
        if (frame->len >= ETHERNET_HEADER && frame->len <= NIC_FRAME_MAX + VLAN_TAG) {
            nic->is_lent = true;
            return true;
        }
        nic->counters.received_bad++;
        nic->ops->receive_done(nic);
    }
    return false;
}

void nic_receive_done(struct nic *nic)
{
    if (!nic->is_lent)
        return;
    nic->is_lent = false;
    nic->ops->receive_done(nic);
}

bool nic_has_frame(struct nic *nic)
{
    return nic->is_open && (nic->ops->has_frame == NULL || nic->ops->has_frame(nic));
}

bool nic_transmit_room(struct nic *nic, struct writer *frame)
{
    if (nic->is_open && nic->ops->transmit_room(nic, frame))
        return true;
    nic->counters.room_refused++;
    return false;
}

void nic_transmit(struct nic *nic, size_t len)
{
    nic->counters.transmitted++;
    nic->counters.transmitted_bytes += (uint32_t)len;
    nic->ops->transmit(nic, len);
}

unsigned nic_transmitted(struct nic *nic)
{
    return nic->is_open ? nic->ops->transmitted(nic) : 0;
}

enum status nic_set_filter(struct nic *nic, unsigned filter, const struct mac *groups, size_t count)
{
    nic->filter = filter;
    nic->filter_changes++;
    return nic->is_open ? nic->ops->set_filter(nic, filter, groups, count) : STATUS_OK;
}

bool nic_link_up(struct nic *nic)
{
    return nic->is_open && nic->ops->link_up(nic);
}

unsigned nic_link_speed(struct nic *nic)
{
    return nic->is_open && nic->ops->link_speed != NULL ? nic->ops->link_speed(nic) : 0;
}
