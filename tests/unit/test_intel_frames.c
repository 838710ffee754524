/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/unit/intel_machine.h"

static void memory_that_is_short_makes_a_short_ring(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct machine *m = power_on(0x100e);

        assert_int_equal(attach(m), STATUS_OK);
        m->model.bus.dma_limit = i == 0 ? 0 : 256 * 1024;
        m->model.bus.is_dma_refused = i == 2;
        assert_int_equal(nic_open(m->nic), i == 2 ? STATUS_OUT_OF_RESOURCES : STATUS_OK);
        if (i < 2)
            assert_int_equal(m->nic->receive_frames, i == 0 ? 240 : 48);
        else
            assert_quiet(m);
        for (unsigned n = 0; i < 2 && n < 200; n++) {
            assert_true(arrives(m, n));
            assert_received(m, n);
        }
        power_off(m);
    }
}

static void frames_come_as_they_were_sent_and_the_ring_never_runs_dry(void **state)
{
    unsigned received = 0;

    (void)state;
    FOR_EACH_DEVICE(device)
    {
        struct machine *m = open_machine(*device);
        uint64_t accesses = m->model.bus.accesses;

        assert_silence(m);
        for (unsigned n = 0; n < 3000; n += 40) {
            for (unsigned i = 0; i < 40; i++)
                assert_true(arrives(m, n + i));
            for (unsigned i = 0; i < 40; i++)
                assert_received(m, n + i);
            assert_silence(m);
            assert_true(intel_model_free_descriptors(&m->model) >= m->nic->receive_frames);
            received += 40;
        }
        assert_int_equal(m->model.missed, 0);
        assert_int_equal(m->nic->counters.received_bad, 0);
        assert_true(m->model.rdt_writes <= 2 + 3000 / 16 + 1);
        assert_true(m->model.bus.accesses - accesses <= 3000 / 16 + 1);
        power_off(m);
    }
    assert_int_equal(received, 6000);
}

static void a_full_ring_loses_the_newest_and_goes_on(void **state)
{
    struct machine *m = open_machine(0x100e);

    (void)state;
    for (unsigned n = 0; n < 255; n++)
        assert_true(arrives(m, n));
    assert_false(arrives(m, 255));
    assert_int_equal(m->model.missed, 1);
    for (unsigned n = 0; n < 255; n++)
        assert_received(m, n);
    assert_silence(m);
    for (unsigned n = 1000; n < 1600; n++) {
        assert_true(arrives(m, n));
        assert_received(m, n);
    }
    power_off(m);
}

static void a_lent_frame_stays_as_it_is_until_given_back(void **state)
{
    struct machine *m = open_machine(0x100e);
    uint8_t expected[NIC_FRAME_MAX];
    size_t len = make_frame(expected, 9);
    struct slice frame, second;

    (void)state;
    assert_true(arrives(m, 9));
    assert_true(nic_receive(m->nic, &frame));
    for (unsigned n = 0; n < 600; n++)
        arrives(m, n);
    assert_int_equal(m->model.missed, 600 - 254);
    assert_false(nic_receive(m->nic, &second));
    assert_int_equal(frame.len, len);
    assert_memory_equal(frame.data, expected, len);
    nic_receive_done(m->nic);
    for (unsigned n = 0; n < 254; n++)
        assert_received(m, n);
    assert_silence(m);
    power_off(m);
}

static void bad_frames_are_dropped_and_counted(void **state)
{
    static const struct {
        uint16_t length;
        uint32_t status; /* errors from bit 8 */
        bool is_good;
    } cases[] = {
        {60, 0x0003, true},  {60, 0x0103, false},   {60, 0x0203, false}, {60, 0x0403, false},  {60, 0x1003, false},
        {60, 0x8003, false}, {60, 0x6003, true},    {13, 0x0003, false}, {0, 0x0003, false},   {14, 0x0003, true},
        {1518, 0x03, true},  {1519, 0x0003, false}, {2048, 0x03, false}, {65535, 0x03, false},
    };
    struct machine *m = open_machine(0x100e);
    uint8_t data[2048];
    unsigned bad = 0;
    struct slice frame;

    (void)state;
    memset(data, 0x5a, sizeof(data));
    for (unsigned round = 0; round < 40; round++) {
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
            assert_true(intel_model_receive_raw(&m->model, data, sizeof(data), cases[i].length, cases[i].status));
            bad += !cases[i].is_good;
            assert_int_equal(nic_receive(m->nic, &frame), cases[i].is_good);
            if (cases[i].is_good)
                assert_int_equal(frame.len, cases[i].length);
            nic_receive_done(m->nic);
            assert_int_equal(m->nic->counters.received_bad, bad);
        }
    }
    /* Of frames in pieces each piece is dropped, the last one too, and the frame is counted once. */
    assert_true(intel_model_receive_raw(&m->model, data, 2048, 2048, 0x01));
    assert_silence(m);
    assert_true(intel_model_receive_raw(&m->model, data, 2048, 2048, 0x01));
    assert_true(intel_model_receive_raw(&m->model, data, 2048, 100, 0x03));
    assert_true(arrives(m, 5));
    assert_received(m, 5);
    assert_int_equal(m->nic->counters.received_bad, bad + 1);
    /* A ring full of rubbish is one call's work, and all of it can be used again. */
    for (unsigned n = 0; n < 255 - 15; n++)
        assert_true(intel_model_receive_raw(&m->model, data, 64, 9000, 0x03));
    assert_silence(m);
    assert_true(intel_model_free_descriptors(&m->model) >= m->nic->receive_frames);
    power_off(m);
}

static void frames_leave_as_written_and_short_ones_are_padded_with_zeros(void **state)
{
    (void)state;
    FOR_EACH_DEVICE(device)
    {
        struct machine *m = open_machine(*device);
        struct writer unused;

        for (unsigned n = 0; n < 100; n++) {
            size_t len = n % 2 == 0 ? 1514 : 14 + n % 47; /* each buffer holds a long frame before a short one */
            struct intel_model_frame *sent = &m->model.sent[n % INTEL_MODEL_SENT];

            if (n == 50)
                assert_true(nic_transmit_room(m->nic, &unused)); /* asked for, and not used */
            if (n % 17 == 0)
                transmit(m, 99, 1514), m->model.sent_count--;
            transmit(m, n, len);
            assert_int_equal(m->model.sent_count, n + 1);
            assert_int_equal(sent->len, len < 60 ? 60 : len);
            for (size_t i = 0; i < sent->len; i++)
                assert_int_equal(sent->data[i], i < len ? (uint8_t)(n + i) : 0);
        }
        assert_int_equal(nic_transmitted(m->nic), 106);
        assert_int_equal(nic_transmitted(m->nic), 0);
        power_off(m);
    }
}

static void a_full_transmit_ring_refuses_and_completions_are_counted(void **state)
{
    struct machine *m = open_machine(0x100e);
    struct writer frame;
    unsigned sent = 0;

    (void)state;
    m->model.is_transmit_stuck = true;
    while (sent < 100 && nic_transmit_room(m->nic, &frame)) {
        nic_transmit(m->nic, 100);
        sent++;
    }
    assert_in_range(sent, 7, 15);
    assert_int_equal(nic_transmitted(m->nic), 0);
    assert_false(nic_transmit_room(m->nic, &frame));
    intel_model_transmit(&m->model, 3);
    assert_int_equal(nic_transmitted(m->nic), 3);
    for (unsigned i = 0; i < 3; i++) {
        assert_true(nic_transmit_room(m->nic, &frame));
        nic_transmit(m->nic, 100);
    }
    assert_false(nic_transmit_room(m->nic, &frame));
    assert_int_equal(nic_transmitted(m->nic), 0);
    intel_model_transmit(&m->model, 100);
    assert_int_equal(nic_transmitted(m->nic), sent);
    assert_int_equal(m->model.sent_count, sent + 3);
    power_off(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_that_is_short_makes_a_short_ring),
        cmocka_unit_test(frames_come_as_they_were_sent_and_the_ring_never_runs_dry),
        cmocka_unit_test(a_full_ring_loses_the_newest_and_goes_on),
        cmocka_unit_test(a_lent_frame_stays_as_it_is_until_given_back),
        cmocka_unit_test(bad_frames_are_dropped_and_counted),
        cmocka_unit_test(frames_leave_as_written_and_short_ones_are_padded_with_zeros),
        cmocka_unit_test(a_full_transmit_ring_refuses_and_completions_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
