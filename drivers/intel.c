/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Intel 8254x (PCI, PCI-X) and 82574 (PCI Express) gigabit controllers with copper PHYs, polled, legacy descriptors.
 *
 * The device is reset when attached and when closed, so that open finds it in its reset state and the link has had all
 * the time in between to come up. CTRL.RST resets the MAC; the PHY has its own reset, CTRL.PHY_RST (SDM table 13-3),
 * which this driver never uses, so a link that is up stays up. (Not so on the 82541 and 82547, which are not listed.)
 *
 * QEMU's e1000 (not e1000e) accepts no frame for one second after each write of RCTL: they wait in its queue. So RCTL
 * is written when open enables the receiver, and later only if the filter changes.
 */
#include <stdatomic.h>

#include "drivers/drivers.h"
#include "drivers/intel_chip.h"

enum {
    RX_COUNT = 256,
    RX_COUNT_SHORT = 64, /* when memory is short */
    RX_RETURN = 16,      /* this many descriptors are given back at once: each time is an exit to a hypervisor */
    TX_COUNT = 16,
    BUFFER_LEN = 2048, /* RCTL.BSIZE */
    /* The rings lie in front of the buffers, each aligned to its own size so that neither they nor any buffer lies
     * across a 64 KB boundary: early 82545 and 82546 must not write there (erratum 23). */
    TX_RING_AT = RX_COUNT * sizeof(struct intel_descriptor),
    BUFFERS_AT = TX_RING_AT + BUFFER_LEN,
    CAUSES = INTEL_CAUSE_TXDW | INTEL_CAUSE_LSC | INTEL_CAUSE_RXDMT0 | INTEL_CAUSE_RXO | INTEL_CAUSE_RXT0,
};

struct intel {
    struct nic nic;
    struct intel_chip chip;
    struct dma_memory memory; /* rings and buffers, while open */
    volatile struct intel_descriptor *rx, *tx;
    uint8_t *rx_buffers, *tx_buffers;
    unsigned rx_count, rx_next, rx_unreturned;
    unsigned tx_next, tx_oldest; /* counted on and on; the index is the rest modulo TX_COUNT */
    unsigned tx_done;            /* completions nobody has asked for yet */
    uint32_t rctl;
    bool is_reset, is_rx_in_pieces, has_groups, is_irq_on;
};

static struct intel *intel_of(struct nic *nic)
{
    return (struct intel *)(void *)((uint8_t *)nic - offsetof(struct intel, nic));
}

static bool intel_alloc(struct intel *intel, unsigned rx_count)
{
    uint8_t *start;

    if (!intel->chip.pci->ops->dma_alloc(intel->chip.pci, BUFFERS_AT + (rx_count + TX_COUNT) * BUFFER_LEN, 4096,
                                         &intel->memory))
        return false;
    start = intel->memory.cpu;
    intel->rx = (volatile struct intel_descriptor *)(void *)start;
    intel->tx = (volatile struct intel_descriptor *)(void *)(start + TX_RING_AT);
    intel->tx_buffers = start + BUFFERS_AT;
    intel->rx_buffers = intel->tx_buffers + TX_COUNT * BUFFER_LEN;
    intel->rx_count = rx_count;
    intel->nic.receive_frames = (uint16_t)(rx_count - RX_RETURN);
    for (unsigned i = 0; i < TX_COUNT + rx_count; i++) {
        volatile struct intel_descriptor *descriptor = i < TX_COUNT ? &intel->tx[i] : &intel->rx[i - TX_COUNT];
        uint64_t bus = intel->memory.bus + BUFFERS_AT + i * BUFFER_LEN;

        descriptor->address_low = (uint32_t)bus;
        descriptor->address_high = (uint32_t)(bus >> 32);
    }
    return true;
}

static void intel_set_ring(struct intel *intel, uint32_t base_register, size_t at, unsigned count)
{
    uint64_t bus = intel->memory.bus + at;

    intel_write(&intel->chip, base_register, (uint32_t)bus);
    intel_write(&intel->chip, base_register + (INTEL_RDBAH - INTEL_RDBAL), (uint32_t)(bus >> 32));
    intel_write(&intel->chip, base_register + (INTEL_RDLEN - INTEL_RDBAL),
                count * (uint32_t)sizeof(struct intel_descriptor));
    intel_write(&intel->chip, base_register + (INTEL_RDH - INTEL_RDBAL), 0);
    intel_write(&intel->chip, base_register + (INTEL_RDT - INTEL_RDBAL), 0);
}

static enum status intel_set_filter(struct nic *nic, unsigned filter, const struct mac *groups, size_t count)
{
    struct intel *intel = intel_of(nic);
    const uint8_t *mac = nic->mac.byte;
    bool all_groups = (filter & NIC_FILTER_ALL_MULTICAST) != 0;
    uint32_t rctl = INTEL_RCTL_EN | INTEL_RCTL_SECRC;

    if ((filter & NIC_FILTER_MULTICAST) == 0)
        count = 0;
    /* The table has no reset value. Its index is the address's last 12 bits as RCTL.MO 00 takes them (SDM 13.5.1). */
    for (unsigned word = 0; (count != 0 || all_groups || intel->has_groups) && word < INTEL_MTA_WORDS; word++) {
        uint32_t bits = all_groups ? UINT32_MAX : 0;

        for (size_t i = 0; i < count; i++)
            if (groups[i].byte[5] >> 1 == word)
                bits |= 1u << ((groups[i].byte[5] << 4 | groups[i].byte[4] >> 4) & 31);
        intel_write(&intel->chip, INTEL_MTA + 4 * word, bits);
    }
    intel->has_groups = count != 0 || all_groups;
    intel_write(&intel->chip, INTEL_RAL0,
                (uint32_t)mac[3] << 24 | (uint32_t)mac[2] << 16 | (uint32_t)mac[1] << 8 | (uint32_t)mac[0]);
    intel_write(&intel->chip, INTEL_RAH0,
                (uint32_t)mac[5] << 8 | mac[4] | ((filter & NIC_FILTER_DIRECTED) != 0 ? INTEL_RAH_VALID : 0));
    if ((filter & NIC_FILTER_BROADCAST) != 0)
        rctl |= INTEL_RCTL_BAM;
    if ((filter & NIC_FILTER_PROMISCUOUS) != 0)
        rctl |= INTEL_RCTL_UPE | INTEL_RCTL_MPE | INTEL_RCTL_BAM;
    if (rctl != intel->rctl)
        intel_write(&intel->chip, INTEL_RCTL, rctl);
    intel->rctl = rctl;
    return STATUS_OK;
}

static enum status intel_open(struct nic *nic)
{
    struct intel *intel = intel_of(nic);
    uint32_t ctrl;

    if (!intel->is_reset && intel_chip_reset(&intel->chip) != STATUS_OK)
        return STATUS_NIC_FAILED;
    if (!intel_alloc(intel, RX_COUNT) && !intel_alloc(intel, RX_COUNT_SHORT))
        return STATUS_OUT_OF_RESOURCES;
    intel->rx_next = intel->rx_unreturned = 0;
    intel->tx_next = intel->tx_oldest = intel->tx_done = 0;
    intel->is_rx_in_pieces = false;
    intel->is_reset = false;
    intel->has_groups = true; /* have the table written */
    intel->rctl = 0;
    pci_command(intel->chip.pci, PCI_COMMAND_BUS_MASTER | PCI_COMMAND_INTX_DISABLE, 0);
    /* Speed and duplex as the PHY negotiated them (SDM 14.3). */
    ctrl = intel_read(&intel->chip, INTEL_CTRL) &
           ~(INTEL_CTRL_MASTER_DISABLE | INTEL_CTRL_LRST | INTEL_CTRL_ILOS | INTEL_CTRL_FRCSPD | INTEL_CTRL_FRCDPX |
             INTEL_CTRL_VME | INTEL_CTRL_PHY_RST);
    intel_write(&intel->chip, INTEL_CTRL, ctrl | INTEL_CTRL_SLU | INTEL_CTRL_ASDE);
    intel_set_ring(intel, INTEL_RDBAL, 0, intel->rx_count);   /* SDM 14.4 */
    intel_set_ring(intel, INTEL_TDBAL, TX_RING_AT, TX_COUNT); /* SDM 14.5 */
    intel_write(&intel->chip, INTEL_TIPG, INTEL_TIPG_COPPER);
    intel_write(&intel->chip, INTEL_TCTL,
                (intel_read(&intel->chip, INTEL_TCTL) & ~(INTEL_TCTL_CT | INTEL_TCTL_COLD)) | INTEL_TCTL_EN |
                    INTEL_TCTL_CT_15 | INTEL_TCTL_COLD_64);
    intel_set_filter(nic, NIC_FILTER_DIRECTED | NIC_FILTER_BROADCAST, NULL, 0);
    intel_write(&intel->chip, INTEL_RDT, intel->rx_count - 1);
    return STATUS_OK;
}

static void intel_collect_transmitted(struct intel *intel)
{
    while (intel->tx_oldest != intel->tx_next && (intel->tx[intel->tx_oldest % TX_COUNT].status & INTEL_TX_DONE) != 0) {
        intel->tx_oldest++;
        intel->tx_done++;
    }
}

static void intel_close(struct nic *nic)
{
    struct intel *intel = intel_of(nic);

    /* The last frame written is often an ACK that saves the server a retransmission: let it leave. */
    for (unsigned tries = 0; tries < 10 && intel->tx_oldest != intel->tx_next; tries++) {
        intel_collect_transmitted(intel);
        if (intel->tx_oldest != intel->tx_next)
            intel->chip.pci->ops->delay_us(intel->chip.pci, 100);
    }
    intel->is_reset = intel_chip_reset(&intel->chip) == STATUS_OK;
    /* Should the reset have failed, this is what makes the memory ours again, and INTx stays off. Else it goes back to
     * the state most systems expect to find: not every driver of theirs switches it on. */
    pci_command(intel->chip.pci, 0, PCI_COMMAND_BUS_MASTER | (intel->is_reset ? PCI_COMMAND_INTX_DISABLE : 0));
    intel->chip.pci->ops->dma_free(intel->chip.pci, &intel->memory);
}

static void intel_receive_done(struct nic *nic)
{
    struct intel *intel = intel_of(nic);
    unsigned done = intel->rx_next;

    intel->rx[done].status = 0;
    intel->rx_next = done + 1 == intel->rx_count ? 0 : done + 1;
    if (++intel->rx_unreturned < RX_RETURN)
        return;
    intel->rx_unreturned = 0;
    atomic_thread_fence(memory_order_release);
    intel_write(&intel->chip, INTEL_RDT, done); /* the device may fill those before `done` */
}

static bool intel_receive(struct nic *nic, struct slice *frame)
{
    struct intel *intel = intel_of(nic);

    for (unsigned tries = 0; tries < RX_COUNT; tries++) {
        volatile struct intel_descriptor *descriptor = &intel->rx[intel->rx_next];
        uint32_t status = descriptor->status;
        bool is_whole = (status & INTEL_RX_EOP) != 0 && !intel->is_rx_in_pieces;

        if ((status & INTEL_RX_DONE) == 0)
            return false;
        atomic_thread_fence(memory_order_acquire); /* what was written before DONE is read after it */
        intel->is_rx_in_pieces = (status & INTEL_RX_EOP) == 0;
        if (is_whole && (status & INTEL_RX_ERRORS) == 0) { /* nic.c checks the length */
            *frame = slice_of(intel->rx_buffers + intel->rx_next * BUFFER_LEN, descriptor->command & INTEL_RX_LENGTH);
            return true;
        }
        if (!intel->is_rx_in_pieces)
            nic->counters.received_bad++;
        intel_receive_done(nic);
    }
    return false;
}

static bool intel_has_frame(struct nic *nic)
{
    struct intel *intel = intel_of(nic);

    return (intel->rx[intel->rx_next].status & INTEL_RX_DONE) != 0;
}

static bool intel_transmit_room(struct nic *nic, struct writer *frame)
{
    struct intel *intel = intel_of(nic);

    intel_collect_transmitted(intel);
    if (intel->tx_next - intel->tx_oldest >= TX_COUNT - 1) /* a full ring would look empty to the device */
        return false;
    *frame = writer_of(intel->tx_buffers + intel->tx_next % TX_COUNT * BUFFER_LEN, NIC_FRAME_MAX);
    return true;
}

static void intel_transmit(struct nic *nic, size_t len)
{
    struct intel *intel = intel_of(nic);
    unsigned index = intel->tx_next % TX_COUNT;

    if (len < NIC_FRAME_MIN) {
        memset(intel->tx_buffers + index * BUFFER_LEN + len, 0, NIC_FRAME_MIN - len);
        len = NIC_FRAME_MIN;
    }
    intel->tx[index].command = (uint32_t)len | INTEL_TX_EOP | INTEL_TX_IFCS | INTEL_TX_RS;
    intel->tx[index].status = 0;
    intel->tx_next++;
    atomic_thread_fence(memory_order_release);
    intel_write(&intel->chip, INTEL_TDT, intel->tx_next % TX_COUNT);
}

static unsigned intel_transmitted(struct nic *nic)
{
    struct intel *intel = intel_of(nic);
    unsigned done;

    intel_collect_transmitted(intel);
    done = intel->tx_done;
    intel->tx_done = 0;
    return done;
}

static void intel_irq_enable(struct nic *nic, bool on)
{
    struct intel *intel = intel_of(nic);

    intel->is_irq_on = on;
    intel_write(&intel->chip, on ? INTEL_IMS : INTEL_IMC, on ? CAUSES : UINT32_MAX);
    pci_command(intel->chip.pci, on ? 0 : PCI_COMMAND_INTX_DISABLE, on ? PCI_COMMAND_INTX_DISABLE : 0);
}

static bool intel_irq_claim(struct nic *nic)
{
    struct intel *intel = intel_of(nic);
    uint32_t causes;

    if (!intel->is_irq_on)
        return false;
    /* Reading clears them on the 8254x (SDM 13.4.17), but not always on the 82574: writing does on both. */
    causes = intel_read(&intel->chip, INTEL_ICR);
    intel_write(&intel->chip, INTEL_ICR, causes);
    return (causes & CAUSES) != 0;
}

static bool intel_link_up(struct nic *nic)
{
    return (intel_read(&intel_of(nic)->chip, INTEL_STATUS) & INTEL_STATUS_LU) != 0;
}

static unsigned intel_link_speed(struct nic *nic)
{
    uint32_t status = intel_read(&intel_of(nic)->chip, INTEL_STATUS);

    if ((status & INTEL_STATUS_LU) == 0)
        return 0;
    if ((status & INTEL_STATUS_SPEED_1000) != 0)
        return 1000;
    return (status & INTEL_STATUS_SPEED_100) != 0 ? 100 : 10;
}

static const struct nic_ops intel_ops = {
    .driver = "intel",
    .open = intel_open,
    .close = intel_close,
    .receive = intel_receive,
    .receive_done = intel_receive_done,
    .has_frame = intel_has_frame,
    .transmit_room = intel_transmit_room,
    .transmit = intel_transmit,
    .transmitted = intel_transmitted,
    .irq_enable = intel_irq_enable,
    .irq_claim = intel_irq_claim,
    .set_filter = intel_set_filter,
    .link_up = intel_link_up,
    .link_speed = intel_link_speed,
};

static enum status intel_attach(struct pci_device *pci, void *memory, struct nic **nic)
{
    struct intel *intel = memory;
    enum status status = STATUS_NIC_FAILED;

    intel->chip.pci = pci;
    intel->nic.ops = &intel_ops;
    intel->chip.is_82574 = pci->device == 0x10d3 || pci->device == 0x10f6;
    pci_command(pci, PCI_COMMAND_MEMORY, PCI_COMMAND_BUS_MASTER);
    /* A device that is not there reads as all ones. */
    if (pci->ops->bar_reachable(pci, 0) && intel_read(&intel->chip, INTEL_STATUS) != UINT32_MAX)
        status = intel_chip_reset(&intel->chip);
    if (status == STATUS_OK && !intel_chip_read_mac(&intel->chip, &intel->nic.permanent_mac))
        status = STATUS_BAD_MAC;
    if (status != STATUS_OK)
        return status;
    intel->is_reset = true;
    intel->nic.mac = intel->nic.permanent_mac;
    *nic = &intel->nic;
    return STATUS_OK;
}

/*
 * Copper only: the fibre ids (82545EM 1011, 82546EB 1012 and so on) need link code of their own. Not the 82541 and
 * 82547, whose PHY needs a start-up sequence, and not the 82544, which has no EERD.
 */
static const struct pci_id intel_ids[] = {
    {0x8086, 0x100e, "Intel 82540EM"},
    {0x8086, 0x1015, "Intel 82540EM"},
    {0x8086, 0x1016, "Intel 82540EP"},
    {0x8086, 0x1017, "Intel 82540EP"},
    {0x8086, 0x100f, "Intel 82545EM"},
    {0x8086, 0x1026, "Intel 82545GM"},
    {0x8086, 0x1010, "Intel 82546EB"},
    {0x8086, 0x1079, "Intel 82546GB"},
    {0x8086, 0x10d3, "Intel 82574L"},
    {0x8086, 0x10f6, "Intel 82574LA"},
    {0},
};

const struct nic_driver intel_driver = {
    .name = "intel",
    .ids = intel_ids,
    .memory_len = sizeof(struct intel),
    .attach = intel_attach,
    .detach = nic_close,
};
