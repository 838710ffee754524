/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * virtio network device (virtio 1.2 section 5.1), without offloads or merged buffers: each frame lies whole in one
 * buffer, with real checksums, behind a header that says nothing. (Not accepting GUEST_CSUM obliges the
 * device to fill in the checksums of frames that come from the same host.)
 */
#include "drivers/drivers.h"
#include "drivers/virtio_net_control.h"
#include "drivers/virtio_net_rings.h"
#include "drivers/virtio_pci.h"

/* What we understand; the reserved ones because a driver must or should accept them (6.1, 6.3). */
#define FEATURES                                                                                       \
    (VIRTIO_NET_F_MAC | VIRTIO_NET_F_STATUS | VIRTIO_NET_F_CTRL_VQ | VIRTIO_NET_F_CTRL_RX |            \
     VIRTIO_NET_F_SPEED_DUPLEX | VIRTIO_F_ANY_LAYOUT | VIRTIO_F_VERSION_1 | VIRTIO_F_ACCESS_PLATFORM | \
     VIRTIO_F_ORDER_PLATFORM)

enum {
    BATCHES = 8, /* received buffers go back to the device an eighth of the ring at a time */
    NO_BUFFER = 0xffff,
    TRANSMIT_ALL = (1 << VIRTIO_NET_TRANSMIT_BUFFERS) - 1,
    GROUPS_MAX = VIRTIO_NET_CONTROL_GROUPS, /* more are taken for all groups */
};

struct virtio_net {
    struct nic nic; /* first: a struct nic * is ours */
    struct virtio_pci pci;
    struct virtio_net_rings rings;
    struct virtio_net_control control;
    uint32_t batch;
    uint32_t returned; /* buffers offered since the last publication */
    uint32_t lent;     /* head of the chain whose frame is lent, or NO_BUFFER */
    uint32_t room;     /* the transmit buffer lent, or NO_BUFFER */
    uint32_t free;     /* bit set: the transmit buffer is ours */
    unsigned transmitted;
    struct mac groups[GROUPS_MAX]; /* that nic.filter lets in */
    uint8_t group_count;
    bool lets_in_all_groups;
};

static struct virtio_net *virtio_of(struct nic *nic)
{
    return (struct virtio_net *)nic;
}

/* --- open and close --- */

static uint16_t smaller(uint16_t a, uint16_t b)
{
    return a < b ? a : b;
}

static enum status start(struct virtio_net *v)
{
    struct virtio_net_rings *r = &v->rings;
    uint16_t receive_size, transmit_size;
    enum status status;

    status = virtio_pci_negotiate(&v->pci, FEATURES);
    if (status != STATUS_OK)
        return status;
    r->header_len = v->pci.is_modern ? VIRTIO_NET_HEADER : VIRTIO_NET_HEADER_LEGACY;
    r->is_split = !v->pci.is_modern && (v->pci.features & VIRTIO_F_ANY_LAYOUT) == 0;
    receive_size = virtio_pci_queue_size(&v->pci, VIRTIO_NET_RECEIVE_QUEUE);
    transmit_size = virtio_pci_queue_size(&v->pci, VIRTIO_NET_TRANSMIT_QUEUE);
    if (receive_size >> r->is_split == 0 || transmit_size >> r->is_split < VIRTIO_NET_TRANSMIT_BUFFERS)
        return STATUS_NIC_FAILED;
    if (v->pci.is_modern) { /* the legacy interface has no way to say that we want less */
        receive_size = smaller(receive_size, VIRTIO_NET_RECEIVE_BUFFERS);
        transmit_size = VIRTIO_NET_TRANSMIT_BUFFERS;
    }
    status = virtio_net_rings_take(r, v->pci.pci, receive_size, transmit_size);
    if (status == STATUS_OK)
        status = virtio_pci_queue_enable(&v->pci, &r->receive, VIRTIO_NET_RECEIVE_QUEUE);
    if (status == STATUS_OK)
        status = virtio_pci_queue_enable(&v->pci, &r->transmit, VIRTIO_NET_TRANSMIT_QUEUE);
    if (status == STATUS_OK)
        virtio_net_control_take(&v->control, &v->pci);
    return status;
}

static void virtio_net_close(struct nic *nic)
{
    struct virtio_net *v = virtio_of(nic);

    virtio_pci_stop(&v->pci);
    virtio_net_rings_free(&v->rings, v->pci.pci);
    virtio_net_control_free(&v->control, v->pci.pci);
}

static enum status virtio_net_open(struct nic *nic)
{
    struct virtio_net *v = virtio_of(nic);
    enum status status = start(v);

    if (status != STATUS_OK) {
        virtio_pci_fail(&v->pci);
        virtio_net_close(nic);
        return status;
    }
    virtio_net_rings_fill(&v->rings);
    v->batch = v->rings.receive_count >= BATCHES ? v->rings.receive_count / BATCHES : 1;
    nic->receive_frames = (uint16_t)(v->rings.receive_count - v->batch);
    v->returned = 0;
    v->lent = NO_BUFFER;
    v->room = NO_BUFFER;
    v->free = TRANSMIT_ALL;
    v->transmitted = 0;
    virtio_pci_start(&v->pci);
    if (virtio_queue_publish(&v->rings.receive))
        virtio_pci_notify(&v->pci, &v->rings.receive);
    return STATUS_OK;
}

/* --- receive --- */

static bool is_wanted(struct nic *nic, const struct mac *destination)
{
    const struct virtio_net *v = virtio_of(nic);

    if ((nic->filter & NIC_FILTER_PROMISCUOUS) != 0)
        return true;
    if (!mac_is_group(*destination))
        return (nic->filter & NIC_FILTER_DIRECTED) != 0 && mac_equal(*destination, nic->mac);
    if (mac_equal(*destination, MAC_BROADCAST))
        return (nic->filter & NIC_FILTER_BROADCAST) != 0;
    for (unsigned n = 0; n < v->group_count; n++)
        if (mac_equal(*destination, v->groups[n]))
            return true;
    return v->lets_in_all_groups;
}

static void virtio_net_receive_done(struct nic *nic)
{
    struct virtio_net *v = virtio_of(nic);

    if (v->lent == NO_BUFFER)
        return;
    virtio_queue_offer(&v->rings.receive, (uint16_t)v->lent);
    v->lent = NO_BUFFER;
    if (++v->returned < v->batch)
        return;
    v->returned = 0;
    if (virtio_queue_publish(&v->rings.receive))
        virtio_pci_notify(&v->pci, &v->rings.receive);
}

/*
 * A device without a control queue has no filter, and any other may let in more than it was told (5.1.6.5.1.2 asks for
 * its best effort), so frames for others are dropped here; at most a ring of them, so
 * that a flood cannot hold us. What the device claims and cannot be is lent as an empty frame, which nic.c counts.
 */
static bool virtio_net_receive(struct nic *nic, struct slice *frame)
{
    struct virtio_net *v = virtio_of(nic);
    struct virtio_net_rings *r = &v->rings;

    for (unsigned n = 0; n < r->receive_count; n++) {
        uint32_t head, len;
        const uint8_t *data;

        if (!virtio_queue_collect(&r->receive, &head, &len))
            return false;
        if ((head & r->no_head) != 0) {
            *frame = slice_of(r->receive_buffers, 0); /* no buffer of ours: nothing to give back either */
            return true;
        }
        v->lent = head;
        data = r->receive_buffers + (size_t)head * r->per_head + r->header_len;
        len -= r->header_len;
        if (len > VIRTIO_NET_BUFFER - r->header_len) /* less than a header is now more than any buffer */
            len = 0;
        if (len == 0 || is_wanted(nic, (const struct mac *)data)) {
            *frame = slice_of(data, len);
            return true;
        }
        virtio_net_receive_done(nic);
    }
    return false;
}

static bool virtio_net_has_frame(struct nic *nic)
{
    return virtio_queue_has_used(&virtio_of(nic)->rings.receive);
}

/* --- transmit --- */

static void reclaim(struct virtio_net *v)
{
    struct virtio_net_rings *r = &v->rings;
    uint32_t head, len;

    for (unsigned n = 0; n < VIRTIO_NET_TRANSMIT_BUFFERS && virtio_queue_collect(&r->transmit, &head, &len); n++) {
        uint32_t buffer = head >> r->is_split;

        /* Only a buffer that is out can come back; the length is meaningless (5.1.6.1). */
        if (buffer >= VIRTIO_NET_TRANSMIT_BUFFERS || (head & r->is_split) != 0 || (v->free >> buffer & 1) != 0)
            continue;
        v->free |= 1u << buffer;
        v->transmitted++;
    }
}

static uint8_t *transmit_frame(const struct virtio_net_rings *r, unsigned buffer)
{
    return r->transmit_buffers + VIRTIO_NET_BUFFER * (size_t)buffer + r->header_len;
}

static bool virtio_net_transmit_room(struct nic *nic, struct writer *frame)
{
    struct virtio_net *v = virtio_of(nic);

    reclaim(v);
    if (v->free == 0)
        return false;
    v->room = (uint32_t)__builtin_ctz(v->free);
    *frame = writer_of(transmit_frame(&v->rings, v->room), NIC_FRAME_MAX);
    return true;
}

static void virtio_net_transmit(struct nic *nic, size_t len)
{
    struct virtio_net *v = virtio_of(nic);
    struct virtio_net_rings *r = &v->rings;
    uint16_t head;

    if (v->room == NO_BUFFER || len > NIC_FRAME_MAX)
        return;
    if (len < NIC_FRAME_MIN) {
        memset(transmit_frame(r, v->room) + len, 0, NIC_FRAME_MIN - len);
        len = NIC_FRAME_MIN;
    }
    head = (uint16_t)(v->room << r->is_split);
    r->transmit.desc[head + r->is_split].len = (uint32_t)(r->is_split ? len : r->header_len + len);
    v->free &= ~(1u << v->room);
    v->room = NO_BUFFER;
    virtio_queue_offer(&r->transmit, head);
    if (virtio_queue_publish(&r->transmit))
        virtio_pci_notify(&v->pci, &r->transmit);
}

static unsigned virtio_net_transmitted(struct nic *nic)
{
    struct virtio_net *v = virtio_of(nic);
    unsigned transmitted;

    reclaim(v);
    transmitted = v->transmitted;
    v->transmitted = 0;
    return transmitted;
}

/* --- the rest --- */

static void virtio_net_irq_enable(struct nic *nic, bool on)
{
    struct virtio_net *v = virtio_of(nic);

    v->rings.receive.avail->flags = on ? 0 : VIRTQ_AVAIL_F_NO_INTERRUPT;
    v->rings.transmit.avail->flags = on ? 0 : VIRTQ_AVAIL_F_NO_INTERRUPT;
    pci_command(v->pci.pci, on ? 0 : PCI_COMMAND_INTX_DISABLE, on ? PCI_COMMAND_INTX_DISABLE : 0);
}

static bool virtio_net_irq_claim(struct nic *nic)
{
    return virtio_pci_isr(&virtio_of(nic)->pci) != 0;
}

/* For is_wanted(), and for the device: it may then spare us what is not. */
static enum status virtio_net_set_filter(struct nic *nic, unsigned filter, const struct mac *groups, size_t count)
{
    struct virtio_net *v = virtio_of(nic);
    struct virtio_net_filter device_filter;

    if ((filter & NIC_FILTER_MULTICAST) == 0)
        count = 0;
    v->lets_in_all_groups = (filter & NIC_FILTER_ALL_MULTICAST) != 0 || count > GROUPS_MAX;
    v->group_count = (uint8_t)(v->lets_in_all_groups ? 0 : count);
    if (v->group_count != 0)
        memcpy(v->groups, groups, count * sizeof(groups[0]));
    device_filter = (struct virtio_net_filter){
        .station = nic->mac,
        .everything = (filter & NIC_FILTER_PROMISCUOUS) != 0,
        .all_groups = v->lets_in_all_groups,
        .groups = v->groups,
        .group_count = v->group_count,
    };
    virtio_net_control_filter(&v->control, &v->pci, &device_filter);
    return STATUS_OK;
}

static bool virtio_net_link_up(struct nic *nic)
{
    struct virtio_net *v = virtio_of(nic);

    return (v->pci.features & VIRTIO_NET_F_STATUS) == 0 ||
           (virtio_pci_config(&v->pci, VIRTIO_NET_CONFIG_STATUS, 2) & VIRTIO_NET_STATUS_LINK_UP) != 0;
}

static unsigned virtio_net_link_speed(struct nic *nic)
{
    struct virtio_net *v = virtio_of(nic);
    uint32_t speed = 0;

    if ((v->pci.features & VIRTIO_NET_F_SPEED_DUPLEX) != 0)
        speed = virtio_pci_config(&v->pci, VIRTIO_NET_CONFIG_SPEED, 4);
    return speed <= INT32_MAX ? speed : 0; /* above it is unknown (5.1.4.2) */
}

static const struct nic_ops virtio_net_ops = {
    .driver = "virtio-net",
    .open = virtio_net_open,
    .close = virtio_net_close,
    .receive = virtio_net_receive,
    .receive_done = virtio_net_receive_done,
    .has_frame = virtio_net_has_frame,
    .transmit_room = virtio_net_transmit_room,
    .transmit = virtio_net_transmit,
    .transmitted = virtio_net_transmitted,
    .irq_enable = virtio_net_irq_enable,
    .irq_claim = virtio_net_irq_claim,
    .set_filter = virtio_net_set_filter,
    .link_up = virtio_net_link_up,
    .link_speed = virtio_net_link_speed,
};

/*
 * A device without a MAC is refused. 5.1.4.2 suggests a local address of our own making, but a client that is somebody
 * else at each boot cannot be told what to boot, and one made from the PCI address alone would be the same in every
 * virtual machine on the network.
 */
static enum status virtio_net_attach(struct pci_device *pci, void *memory, struct nic **nic)
{
    static const struct mac none = {{0}};
    struct virtio_net *v = memory;
    enum status status = virtio_pci_attach(&v->pci, pci);

    if (status != STATUS_OK)
        return status;
    status = virtio_pci_negotiate(&v->pci, FEATURES);
    if (status == STATUS_OK && ((v->pci.features & VIRTIO_NET_F_MAC) == 0 ||
                                !virtio_pci_config_bytes(&v->pci, VIRTIO_NET_CONFIG_MAC, v->nic.permanent_mac.byte, 6)))
        status = STATUS_BAD_MAC;
    if (status == STATUS_OK && (mac_is_group(v->nic.permanent_mac) || mac_equal(v->nic.permanent_mac, none)))
        status = STATUS_BAD_MAC;
    virtio_pci_stop(&v->pci);
    if (status != STATUS_OK)
        return status;
    v->nic.ops = &virtio_net_ops;
    v->nic.mac = v->nic.permanent_mac;
    *nic = &v->nic;
    return STATUS_OK;
}

static void virtio_net_detach(struct nic *nic)
{
    nic_close(nic);
}

static const struct pci_id virtio_net_ids[] = {
    {VIRTIO_PCI_VENDOR, VIRTIO_PCI_NET_TRANSITIONAL, "virtio network device (transitional)"},
    {VIRTIO_PCI_VENDOR, VIRTIO_PCI_NET, "virtio network device"},
    {0, 0, NULL},
};

const struct nic_driver virtio_net_driver = {
    .name = "virtio-net",
    .ids = virtio_net_ids,
    .memory_len = sizeof(struct virtio_net),
    .attach = virtio_net_attach,
    .detach = virtio_net_detach,
};
