/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A virtio device that lies: about its capabilities, features, queue sizes and configuration, and then, in any order
 * with honest use, about heads and lengths in its used rings. The driver may refuse it or deliver nonsense; it reads
 * and writes nothing but its own memory, ends, and keeps none.
 */
#include "drivers/drivers.h"
#include "tests/devices/virtio_model.h"
#include "tests/fuzz/fuzz.h"

static struct virtio_model model;

/* Zeros make an honest device, so that most inputs get as far as frames. */
static void set_up_device(struct reader *r)
{
    unsigned knobs, changes;

    virtio_model_init(&model, (enum virtio_model_kind)(read_u8(r) % 3));
    model.pci.is_quiet = true;
    knobs = read_u8(r);
    model.pci.unreachable_bars = (knobs & 1) != 0 ? 1u << VIRTIO_MODEL_BAR : 0;
    model.features ^= (knobs & 2) != 0 ? VIRTIO_F_ANY_LAYOUT : 0;
    model.features ^= (knobs & 4) != 0 ? (uint64_t)read_be32(r) << 32 | read_be32(r) : 0;
    model.pci.dma_limit = (knobs & 8) != 0 ? 200000 : 0;
    model.keeps_transmitting = (knobs & 16) != 0;
    model.queue_max = (knobs & 32) != 0 ? read_be16(r) : (uint16_t)(256 >> read_u8(r) % 5);
    model.notify_off = (knobs & 64) != 0 ? read_be16(r) : 1;
    model.refuses_features = (knobs & 192) == 192;
    changes = (knobs & 128) != 0 ? read_u8(r) % 16 : 0;
    while (changes-- > 0 && !r->failed) {
        uint8_t at = read_u8(r);

        if (at >= PCI_CAPABILITIES)
            model.pci.config[at] = read_u8(r);
    }
}

static void step(struct nic *nic, struct reader *r)
{
    uint8_t bytes[2048] = {0};
    struct slice frame;
    struct writer w;
    uint32_t id;
    size_t len;

    switch (read_u8(r) % 10) {
    case 0:
        len = read_be16(r) % 1519u;
        memcpy(bytes, nic->mac.byte, 6);
        (void)virtio_model_deliver(&model, slice_of(bytes, len));
        break;
    case 1:
        memcpy(bytes, nic->mac.byte, 6);
        id = read_u8(r);
        (void)virtio_model_deliver_as(&model, slice_of(bytes, 60), id % 2 == 0 ? read_be16(r) : read_be32(r));
        break;
    case 2:
        id = read_be32(r);
        virtio_model_use(&model, id % 3, id >> 2, read_be32(r));
        break;
    case 3:
        id = read_be16(r) & 0x3ff; /* heads near those that exist */
        virtio_model_use(&model, id & 1, id >> 1, read_u8(r) + 60u);
        break;
    case 4:
        while (nic->ops->receive(nic, &frame)) {
            check(frame.len <= 1536 && pci_model_holds(&model.pci, frame));
            nic->ops->receive_done(nic);
        }
        break;
    case 5:
        if (nic_transmit_room(nic, &w)) {
            write_fill(&w, 0x5a, read_be16(r) % 1515u);
            nic_transmit(nic, writer_len(&w));
        }
        break;
    case 6:
        (void)virtio_model_take(&model, bytes);
        break;
    case 7:
        virtio_model_complete(&model);
        break;
    case 8:
        virtio_model_set_flags(&model, 0, read_be16(r));
        virtio_model_set_flags(&model, 1, read_be16(r));
        break;
    default:
        nic_set_filter(nic, read_u8(r) | NIC_FILTER_PROMISCUOUS, NULL, 0);
        check(nic_transmitted(nic) <= 65535);
        (void)nic_link_up(nic);
        (void)nic_link_speed(nic);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static uint64_t memory[80];
    struct reader r = reader_of(slice_of(bytes, len));
    struct nic *nic = NULL;

    set_up_device(&r);
    memset(memory, 0, sizeof(memory));
    if (virtio_net_driver.attach(&model.pci.pci, memory, &nic) == STATUS_OK) {
        if (nic_open(nic) == STATUS_OK)
            while (reader_left(&r) > 0 && !r.failed)
                step(nic, &r);
        nic_close(nic);
    }
    check((pci_model_command(&model.pci) & PCI_COMMAND_BUS_MASTER) == 0);
    check(pci_model_blocks(&model.pci) == 0);
    check(model.pci.guard_faults == 0);
    return 0;
}
