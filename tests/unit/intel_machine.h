/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A machine with an Intel model in it, for the tests of the driver.
 */
#ifndef PUCK_TESTS_INTEL_MACHINE_H
#define PUCK_TESTS_INTEL_MACHINE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/drivers.h"
#include "tests/devices/intel_model.h"

static const uint8_t address[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

struct machine {
    struct intel_model model;
    void *memory;
    struct nic *nic;
    const struct nic_driver *driver;
};

static inline struct machine *power_on(uint16_t device)
{
    struct machine *m = calloc(1, sizeof(*m));
    const struct pci_id *id;

    assert_non_null(m);
    intel_model_init(&m->model, device, address);
    m->driver = driver_for(&m->model.bus.pci, &id);
    assert_ptr_equal(m->driver, &intel_driver);
    m->memory = calloc(1, m->driver->memory_len);
    return m;
}

static inline enum status attach(struct machine *m)
{
    return m->driver->attach(&m->model.bus.pci, m->memory, &m->nic);
}

static inline struct machine *open_machine(uint16_t device)
{
    struct machine *m = power_on(device);

    assert_int_equal(attach(m), STATUS_OK);
    assert_int_equal(nic_open(m->nic), STATUS_OK);
    return m;
}

static inline void power_off(struct machine *m)
{
    assert_int_equal(pci_model_faults(&m->model.bus), 0);
    pci_model_destroy(&m->model.bus);
    free(m->memory);
    free(m);
}

/* No DMA, no interrupt, no memory: what attach, close and each failure must leave behind. */
static inline void assert_quiet(struct machine *m)
{
    assert_int_equal(pci_model_command(&m->model.bus) & PCI_COMMAND_BUS_MASTER, 0);
    assert_false(intel_model_receive(&m->model, "\xff\xff\xff\xff\xff\xff", 60));
    assert_int_equal(m->model.reg[0xd0 / 4], 0);
    assert_int_equal(pci_model_blocks(&m->model.bus), 0);
    assert_int_equal(pci_model_faults(&m->model.bus), 0);
}

/* Frame number `n`: broadcast, and no two alike. */
static inline size_t make_frame(uint8_t *frame, unsigned n)
{
    size_t len = 60 + n * 7 % 1455;

    memset(frame, 0xff, 6);
    for (size_t i = 6; i < len; i++)
        frame[i] = (uint8_t)(n * 31 + i);
    return len;
}

static inline bool arrives(struct machine *m, unsigned n)
{
    uint8_t frame[NIC_FRAME_MAX];
    size_t len = make_frame(frame, n);

    return intel_model_receive(&m->model, frame, len);
}

static inline void assert_received(struct machine *m, unsigned n)
{
    uint8_t expected[NIC_FRAME_MAX];
    size_t len = make_frame(expected, n);
    struct slice frame;

    assert_true(nic_has_frame(m->nic));
    assert_true(nic_receive(m->nic, &frame));
    assert_int_equal(frame.len, len);
    assert_memory_equal(frame.data, expected, len);
    nic_receive_done(m->nic);
}

static inline void assert_silence(struct machine *m)
{
    struct slice frame;

    assert_false(nic_receive(m->nic, &frame));
    assert_false(nic_has_frame(m->nic));
}

static inline void transmit(struct machine *m, unsigned n, size_t len)
{
    struct writer frame;
    uint8_t *room;

    assert_true(nic_transmit_room(m->nic, &frame));
    assert_int_equal(writer_left(&frame), NIC_FRAME_MAX);
    room = write_room(&frame, len);
    for (size_t i = 0; i < len; i++)
        room[i] = (uint8_t)(n + i);
    nic_transmit(m->nic, len);
}

static const uint16_t devices[] = {0x100e, 0x10d3};

#define FOR_EACH_DEVICE(d) for (const uint16_t *d = devices; d < devices + 2; d++)

#endif
