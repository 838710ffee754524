/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/relay/event_queue.h"
#include "tests/relay/link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t frame[1514] = {[12] = 0x08, [14] = 0x45};

static struct link *link_of(struct link_config config, uint64_t seed)
{
    struct link *l = malloc(sizeof *l);
    assert_non_null(l);
    link_start(l, &config, seed);
    return l;
}

static void events_come_out_by_time_then_by_order_of_arrival(void **state)
{
    (void)state;
    struct event_queue q = {0};
    uint64_t random = 7, last_due = 0;
    uint8_t last_order = 0;
    for (unsigned i = 0; i < 250; i++) {
        uint8_t order = (uint8_t)i;
        assert_true(event_queue_put(&q, link_random(&random) % 10, LINK_UP, &order, 1));
    }
    struct event e;
    assert_int_equal(event_queue_next(&q), 0);
    for (unsigned i = 0; i < 250; i++) {
        assert_true(event_queue_take(&q, 9, &e));
        assert_true(e.due_ns >= last_due);
        if (i && e.due_ns == last_due)
            assert_true(e.frame[0] > last_order);
        last_due = e.due_ns;
        last_order = e.frame[0];
        free(e.frame);
    }
    assert_false(event_queue_take(&q, UINT64_MAX, &e));
    assert_true(event_queue_next(&q) == UINT64_MAX);
    event_queue_clear(&q);
}

static void event_stays_until_it_is_due(void **state)
{
    (void)state;
    struct event_queue q = {0};
    struct event e;
    assert_true(event_queue_put(&q, 100, LINK_DOWN, frame, sizeof frame));
    assert_false(event_queue_take(&q, 99, &e));
    assert_true(event_queue_take(&q, 100, &e));
    assert_int_equal(e.len, sizeof frame);
    assert_int_equal(e.direction, LINK_DOWN);
    assert_memory_equal(e.frame, frame, sizeof frame);
    free(e.frame);
    assert_true(event_queue_put(&q, 1, LINK_UP, frame, 60));
    event_queue_clear(&q);
}

static void perfect_link_adds_its_delay_and_nothing_else(void **state)
{
    (void)state;
    struct link *l = link_of((struct link_config){.delay_ns = 500}, 1);
    for (uint64_t now = 1000; now < 2000; now++) {
        struct link_verdict v = link_frame(l, now, 1000, frame, 60);
        assert_int_equal(v.copies, 1);
        assert_int_equal(v.due_ns[0], now + 500);
        assert_false(v.corrupt);
    }
    assert_int_equal(l->count.frames, 1000);
    assert_int_equal(l->count.bytes, 60000);
    free(l);
}

static void same_seed_gives_the_same_fate(void **state)
{
    (void)state;
    struct link_config c = {.loss = 0.3, .duplicate = 0.2, .reorder = 0.2, .corrupt = 0.2, .jitter_ns = 900};
    struct link *a = link_of(c, 42), *b = link_of(c, 42), *other = link_of(c, 43);
    bool differs = false;
    for (uint64_t now = 0; now < 500; now++) {
        struct link_verdict va = link_frame(a, now, 0, frame, 1000), vb = link_frame(b, now, 0, frame, 1000);
        struct link_verdict vo = link_frame(other, now, 0, frame, 1000);
        assert_memory_equal(&va, &vb, sizeof va);
        differs |= va.copies != vo.copies;
    }
    assert_true(differs);
    free(a);
    free(b);
    free(other);
}

static void chances_are_met_within_statistical_error(void **state)
{
    (void)state;
    struct link *l = link_of((struct link_config){.loss = 0.1, .duplicate = 0.05}, 5);
    unsigned arrived = 0, twice = 0;
    for (uint64_t now = 0; now < 100000; now++) {
        struct link_verdict v = link_frame(l, now, 0, frame, 100);
        arrived += v.copies > 0;
        twice += v.copies == 2;
    }
    assert_in_range(100000 - arrived, 9600, 10400); /* four standard deviations */
    assert_in_range(twice, 4230, 4770);
    assert_int_equal(l->count.dropped[DROP_LOSS], 100000 - arrived);
    assert_int_equal(l->count.duplicated, twice);
    free(l);
}

static void jitter_stays_in_range_and_in_order(void **state)
{
    (void)state;
    struct link *l = link_of((struct link_config){.delay_ns = 1000, .jitter_ns = 5000}, 9);
    uint64_t last = 0;
    for (uint64_t now = 0; now < 100000; now += 100) {
        struct link_verdict v = link_frame(l, now, 0, frame, 100);
        assert_true(v.due_ns[0] >= last && v.due_ns[0] >= now + 1000 && v.due_ns[0] <= now + 6000);
        last = v.due_ns[0];
    }
    free(l);
}

static void reordered_frame_is_passed_by_the_next(void **state)
{
    (void)state;
    struct link *l = link_of((struct link_config){.reorder = 1, .reorder_hold_ns = 1000}, 1);
    assert_int_equal(link_frame(l, 100, 100, frame, 60).due_ns[0], 1100);
    l->config.reorder = 0;
    assert_int_equal(link_frame(l, 200, 100, frame, 60).due_ns[0], 200);
    assert_int_equal(l->count.reordered, 1);
    free(l);
}

static void rate_limit_serialises_and_its_queue_drops_the_tail(void **state)
{
    (void)state;
    /* 1514 bytes and 24 more on the wire are 12,304 bits: 123,040 ns at 100 Mbit/s */
    struct link *l = link_of((struct link_config){.rate_bps = 100000000, .queue_frames = 3}, 1);
    for (uint64_t i = 1; i <= 3; i++) {
        struct link_verdict v = link_frame(l, 1000, 0, frame, 1514);
        assert_int_equal(v.copies, 1);
        assert_int_equal(v.due_ns[0], 1000 + i * 123040);
    }
    assert_int_equal(link_frame(l, 1000, 0, frame, 1514).copies, 0);
    assert_int_equal(l->count.dropped[DROP_QUEUE], 1);
    /* once the first has left there is room for one */
    assert_int_equal(link_frame(l, 1000 + 123040, 0, frame, 1514).due_ns[0], 1000 + 4 * 123040);
    assert_int_equal(link_frame(l, 1000 + 123040, 0, frame, 1514).copies, 0);
    /* an idle link starts anew; a short frame is charged as 60 bytes */
    assert_int_equal(link_frame(l, 9000000, 0, frame, 10).due_ns[0], 9000000 + 6720);
    free(l);
}

static void size_limit_fragments_and_blackouts_drop(void **state)
{
    (void)state;
    struct link_config c = {.max_frame = 1014, .drop_fragments = true, .blackouts = 1, .blackout = {{100, 200}}};
    struct link *l = link_of(c, 1);
    uint8_t fragment[64] = {[12] = 0x08, [14] = 0x45, [20] = 0x20};
    assert_int_equal(link_frame(l, 1000, 1000, frame, 1014).copies, 1);
    assert_int_equal(link_frame(l, 1000, 1000, frame, 1015).copies, 0);
    assert_int_equal(link_frame(l, 1000, 1000, fragment, sizeof fragment).copies, 0);
    fragment[20] = 0;
    fragment[21] = 1;
    assert_int_equal(link_frame(l, 1000, 1000, fragment, sizeof fragment).copies, 0);
    fragment[20] = 0x40; /* don't fragment: not a fragment */
    fragment[21] = 0;
    assert_int_equal(link_frame(l, 1000, 1000, fragment, sizeof fragment).copies, 1);
    fragment[12] = 0x86; /* not IPv4 */
    fragment[21] = 1;
    assert_int_equal(link_frame(l, 1000, 1000, fragment, sizeof fragment).copies, 1);
    assert_int_equal(link_frame(l, 1099, 1000, frame, 60).copies, 1);
    assert_int_equal(link_frame(l, 1100, 1000, frame, 60).copies, 0);
    assert_int_equal(link_frame(l, 1199, 1000, frame, 60).copies, 0);
    assert_int_equal(link_frame(l, 1200, 1000, frame, 60).copies, 1);
    assert_int_equal(l->count.dropped[DROP_SIZE], 1);
    assert_int_equal(l->count.dropped[DROP_FRAGMENT], 2);
    assert_int_equal(l->count.dropped[DROP_BLACKOUT], 2);
    free(l);
}

static void corruption_spares_the_ethernet_header(void **state)
{
    (void)state;
    struct link *l = link_of((struct link_config){.corrupt = 1}, 3);
    for (size_t len = 15; len < 1514; len++) {
        struct link_verdict v = link_frame(l, len, 0, frame, len);
        assert_true(v.corrupt);
        assert_in_range(v.corrupt_bit, 8 * 14, 8 * len - 1);
    }
    assert_false(link_frame(l, 5000, 0, frame, 14).corrupt);
    free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_come_out_by_time_then_by_order_of_arrival),
        cmocka_unit_test(event_stays_until_it_is_due),
        cmocka_unit_test(perfect_link_adds_its_delay_and_nothing_else),
        cmocka_unit_test(same_seed_gives_the_same_fate),
        cmocka_unit_test(chances_are_met_within_statistical_error),
        cmocka_unit_test(jitter_stays_in_range_and_in_order),
        cmocka_unit_test(reordered_frame_is_passed_by_the_next),
        cmocka_unit_test(rate_limit_serialises_and_its_queue_drops_the_tail),
        cmocka_unit_test(size_limit_fragments_and_blackouts_drop),
        cmocka_unit_test(corruption_spares_the_ethernet_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
