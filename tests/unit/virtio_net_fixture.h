/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What the tests of the virtio network driver share: one device, one driver on it, frames with a known content. */
#ifndef PUCK_TESTS_VIRTIO_NET_FIXTURE_H
#define PUCK_TESTS_VIRTIO_NET_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/drivers.h"
#include "tests/devices/virtio_model.h"

static struct virtio_model model;
static uint64_t driver_memory[80];
static struct nic *nic;

static const struct mac device_mac = {{0x52, 0x54, 0x00, 0x12, 0x34, 0x56}};
static const struct mac other_mac = {{0x52, 0x54, 0x00, 0x12, 0x34, 0x57}};
static const struct mac group_mac = {{0x01, 0x00, 0x5e, 0x00, 0x00, 0xfb}};

static const enum virtio_model_kind kinds[] = {VIRTIO_MODEL_LEGACY, VIRTIO_MODEL_TRANSITIONAL, VIRTIO_MODEL_MODERN};

static inline enum status attach(void)
{
    assert_true(virtio_net_driver.memory_len <= sizeof(driver_memory));
    memset(driver_memory, 0, sizeof(driver_memory));
    nic = NULL;
    assert_ptr_equal(driver_for(&model.pci.pci, &(const struct pci_id *){NULL}), &virtio_net_driver);
    return virtio_net_driver.attach(&model.pci.pci, driver_memory, &nic);
}

/* No DMA, no memory kept; INTx is on again if and only if the device is reset and has nothing to say. */
static inline void expect_quiet(void)
{
    assert_int_equal(pci_model_command(&model.pci) & (PCI_COMMAND_BUS_MASTER | PCI_COMMAND_INTX_DISABLE),
                     model.status == 0 ? 0 : PCI_COMMAND_INTX_DISABLE);
    assert_int_equal(pci_model_blocks(&model.pci), 0);
}

static inline void open_kind(enum virtio_model_kind kind)
{
    virtio_model_init(&model, kind);
    assert_int_equal(attach(), STATUS_OK);
    expect_quiet();
    assert_int_equal(nic_open(nic), STATUS_OK);
}

static inline void finish(void)
{
    nic_close(nic);
    expect_quiet();
    assert_int_equal(model.status, 0);
    assert_int_equal(pci_model_faults(&model.pci), 0);
}

/* A frame with a pattern that its number gives. */
static inline struct slice frame_of(uint8_t *bytes, struct mac to, unsigned number, size_t len)
{
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(number * 7 + i);
    memcpy(bytes, to.byte, 6);
    return slice_of(bytes, len);
}

static inline bool deliver(struct mac to, unsigned number, size_t len)
{
    uint8_t bytes[2048];

    return virtio_model_deliver(&model, frame_of(bytes, to, number, len));
}

static inline void expect_frame(struct mac to, unsigned number, size_t len)
{
    uint8_t bytes[2048];
    struct slice frame;

    assert_true(nic_has_frame(nic));
    assert_true(nic_receive(nic, &frame));
    assert_true(slice_equal(frame, frame_of(bytes, to, number, len)));
    nic_receive_done(nic);
}

static inline void expect_no_frame(void)
{
    struct slice frame;

    assert_false(nic_receive(nic, &frame));
}

static inline bool transmit(unsigned number, size_t len)
{
    uint8_t bytes[2048];
    struct writer w;

    if (!nic_transmit_room(nic, &w))
        return false;
    write_slice(&w, frame_of(bytes, other_mac, number, len));
    assert_false(w.failed);
    nic_transmit(nic, writer_len(&w));
    return true;
}

static inline void expect_sent(unsigned number, size_t len)
{
    uint8_t bytes[2048], sent[2048];

    assert_int_equal(virtio_model_take(&model, sent), len < 60 ? 60 : len);
    frame_of(bytes, other_mac, number, len);
    assert_memory_equal(sent, bytes, len);
    for (size_t i = len; i < 60; i++)
        assert_int_equal(sent[i], 0);
}

#endif
