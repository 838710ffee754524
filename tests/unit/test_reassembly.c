/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* IPv4 datagrams in fragments, through the whole stack. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "firmware/wire/ethernet_frame.h"
#include "firmware/wire/ipv4_packet.h"
#include "firmware/wire/udp_header.h"
#include "tests/sim/net_bench.h"

enum {
    PIECE = 1480,
    LARGEST = REASSEMBLY_MAX - UDP_HEADER_LEN
};

/* A UDP datagram to the client with `len` bytes of a pattern that differs with `id`. */
struct sample {
    uint8_t bytes[REASSEMBLY_MAX];
    struct slice datagram;
    uint16_t id;
};

static struct sample *sample_new(uint16_t id, size_t len)
{
    struct sample *s = malloc(sizeof(*s));
    struct writer w = writer_of(s->bytes, sizeof(s->bytes));
    struct udp_header udp = {.source_port = PEER_PORT, .destination_port = OUR_PORT, .payload_len = (uint16_t)len};

    udp_header_emit(&w, &udp);
    for (size_t n = 0; n < len; n++)
        write_u8(&w, (uint8_t)(n * 7 + n / 251 + id));
    assert_false(w.failed);
    store_be16(s->bytes + 6, udp_checksum(PEER_IP, OUR_IP, writer_written(&w)));
    s->datagram = writer_written(&w);
    s->id = id;
    return s;
}

static size_t pieces_of(const struct sample *s)
{
    return (s->datagram.len + PIECE - 1) / PIECE;
}

static void put_range(struct bench *b, const struct sample *s, size_t from, size_t to)
{
    struct bench_packet packet = bench_fragment(b, s->id, s->datagram, from, to);

    bench_put(b, &packet);
}

static void put_piece(struct bench *b, const struct sample *s, size_t n)
{
    size_t end = (n + 1) * PIECE;

    put_range(b, s, n * PIECE, end < s->datagram.len ? end : s->datagram.len);
}

static void assert_arrived(struct bench *b, const struct sample *s, unsigned inputs)
{
    assert_int_equal(b->client.inputs, inputs);
    assert_int_equal(b->client.len, s->datagram.len - UDP_HEADER_LEN);
    assert_memory_equal(b->client.payload, s->datagram.data + UDP_HEADER_LEN, b->client.len);
}

/* T-IP-10 */
static void fragments_come_in_any_order(void **state)
{
    struct bench *b = *state;
    struct sample *s = sample_new(77, 8192 + 4);
    size_t order[8], count = pieces_of(s);

    for (size_t n = 0; n < count; n++)
        put_piece(b, s, n);
    assert_arrived(b, s, 1);
    for (size_t n = count; n-- > 0;)
        put_piece(b, s, n);
    assert_arrived(b, s, 2);
    for (unsigned round = 0; round < 50; round++) {
        for (size_t n = 0; n < count; n++)
            order[n] = n;
        for (size_t n = count; n > 1; n--) {
            size_t other = random_below(&b->random, (uint32_t)n), kept = order[other];

            order[other] = order[n - 1];
            order[n - 1] = kept;
        }
        for (size_t n = 0; n < count; n++)
            put_piece(b, s, order[n]);
        assert_arrived(b, s, 3 + round);
    }
    assert_int_equal(b->net.dropped[DROP_BAD_FRAGMENT] + b->net.dropped[DROP_FRAGMENT_LOST], 0);
    free(s);
}

/* T-IP-11, and the last fragments of 1 to 7 bytes that T-IP-05 must not forbid. */
static void every_size_is_put_together(void **state)
{
    static const size_t sizes[] = {1465, 1473, 1479, 2048, 4096, 8192, 16384, 32768, 65280, 65464 + 4, LARGEST};
    struct bench *b = *state;
    unsigned inputs = 0;

    for (size_t n = 0; n < sizeof(sizes) / sizeof(sizes[0]); n++) {
        for (size_t more = 0; more < 9 && sizes[n] + more <= LARGEST; more++) {
            struct sample *s = sample_new((uint16_t)(n * 16 + more), sizes[n] + more);

            for (size_t piece = 0; piece < pieces_of(s); piece++)
                put_piece(b, s, piece);
            if (pieces_of(s) > 1 || s->datagram.len <= PIECE)
                assert_arrived(b, s, ++inputs);
            free(s);
        }
    }
}

/* T-IP-05 */
static void fragments_that_fit_no_unit_are_dropped(void **state)
{
    struct bench *b = *state;
    struct sample *s = sample_new(1, 4000);

    for (size_t len = 1; len < 24; len++) {
        if (len % 8 == 0)
            continue;
        put_range(b, s, 0, len);
        put_range(b, s, 1480, 1480 + len);
    }
    put_range(b, s, 1480, 1480);
    assert_int_equal(b->net.dropped[DROP_BAD_FRAGMENT], 2 * 21 + 1);
    for (size_t n = 0; n < pieces_of(s); n++)
        put_piece(b, s, n); /* none of it left anything behind */
    assert_arrived(b, s, 1);
    free(s);
}

/* T-IP-06: what overlaps spoils its datagram, whatever comes after; the next datagram is not touched. */
static void overlaps_spoil_the_datagram(void **state)
{
    struct bench *b = *state;
    struct sample *s = sample_new(1, 5000), *next = sample_new(2, 5000);

    put_piece(b, s, 0);
    put_range(b, s, 1472, 2944); /* begins inside the first */
    for (size_t n = 0; n < pieces_of(s); n++)
        put_piece(b, s, n);
    assert_int_equal(b->client.inputs, 0);
    assert_int_equal(b->net.dropped[DROP_BAD_FRAGMENT], 1 + pieces_of(s));
    for (size_t n = 0; n < pieces_of(next); n++)
        put_piece(b, next, n);
    assert_arrived(b, next, 1);
    free(s);
    free(next);
}

static void teardrop_and_contradicting_ends_are_dropped(void **state)
{
    struct bench *b = *state;
    struct sample *s = sample_new(1, 5000), *cut = sample_new(1, 2000), *inner = sample_new(2, 3000);

    cut->datagram.len = 2000;
    put_piece(b, s, 3);
    put_piece(b, cut, 1); /* a second end, before the first */
    assert_int_equal(b->net.dropped[DROP_BAD_FRAGMENT], 1);
    put_range(b, inner, 0, 1480);
    inner->datagram.len = 1000; /* an end inside what is there */
    put_range(b, inner, 496, 1000);
    assert_int_equal(b->net.dropped[DROP_BAD_FRAGMENT], 2);
    inner->id = 3;
    inner->datagram.len = 3008;
    put_range(b, inner, 1480, 2960);
    inner->datagram.len = 1000; /* an end before what is there */
    put_range(b, inner, 496, 1000);
    assert_int_equal(b->net.dropped[DROP_BAD_FRAGMENT], 3);
    assert_int_equal(b->client.inputs, 0);
    free(s);
    free(cut);
    free(inner);
}

/* T-IP-06, T-IP-08 */
static void nothing_may_reach_beyond_the_largest_datagram(void **state)
{
    static uint8_t zeros[2048];
    struct bench *b = *state;

    for (size_t offset = 65536 - 8; offset >= 64040; offset -= 8) {
        for (unsigned more = 0; more < 2; more++) {
            struct bench_packet packet = bench_fragment(b, (uint16_t)offset, slice_of(zeros, 1480), 0, 1480);
            uint16_t field = (uint16_t)(offset / 8 | more << 13);

            store_be16(packet.bytes + ETHERNET_HEADER_LEN + 6, field);
            bench_fix(&packet);
            bench_put(b, &packet);
        }
    }
    assert_int_equal(b->net.dropped[DROP_BAD_FRAGMENT], 2 * ((65536 - 8 - 64040) / 8 + 1));
    assert_int_equal(b->client.inputs, 0);
}

static void repeated_fragments_do_no_harm(void **state)
{
    struct bench *b = *state;
    struct sample *s = sample_new(5, 5000);

    for (size_t n = 0; n + 1 < pieces_of(s); n++) {
        put_piece(b, s, n);
        put_piece(b, s, n);
        put_piece(b, s, 0);
    }
    put_piece(b, s, pieces_of(s) - 1);
    assert_arrived(b, s, 1);
    assert_int_equal(b->net.dropped[DROP_BAD_FRAGMENT], 0);
    free(s);
}

/* A repetition with other content is an attack on one of the two. */
static void repeated_fragments_must_be_equal(void **state)
{
    struct bench *b = *state;
    struct sample *s = sample_new(5, 5000);

    put_piece(b, s, 1);
    s->bytes[1500] ^= 1;
    put_piece(b, s, 1);
    s->bytes[1500] ^= 1;
    for (size_t n = 0; n < pieces_of(s); n++)
        put_piece(b, s, n);
    assert_int_equal(b->client.inputs, 0);
    free(s);
}

/* T-IP-07 */
static void a_late_repetition_begins_anew(void **state)
{
    struct bench *b = *state;
    struct sample *s = sample_new(9, 5000);

    for (unsigned round = 1; round <= 5; round++) {
        for (size_t n = 0; n < pieces_of(s); n++)
            put_piece(b, s, n);
        assert_arrived(b, s, round);
        put_piece(b, s, pieces_of(s) - 1);
        assert_int_equal(b->client.inputs, round);
        b->now += SECONDS(1);
    }
    free(s);
}

/* T-IP-08: the places are bounded, what is incomplete goes after a second, and a whole datagram gets through between.
 */
static void many_unfinished_datagrams_are_forgotten(void **state)
{
    struct bench *b = *state;
    struct sample *s = sample_new(1000, 9000);

    for (uint16_t id = 0; id < 64; id++) {
        struct bench_packet middle = bench_fragment(b, id, s->datagram, 1480, 2960);

        bench_put(b, &middle);
    }
    assert_int_equal(b->net.dropped[DROP_FRAGMENT_LOST], 62);
    for (size_t n = 0; n < pieces_of(s); n++)
        put_piece(b, s, n);
    assert_arrived(b, s, 1);
    free(s);
}

static void incomplete_datagrams_last_one_second(void **state)
{
    struct bench *b = *state;
    struct sample *s = sample_new(3, 2000);

    put_piece(b, s, 0);
    b->now += MILLISECONDS(999);
    put_piece(b, s, 1);
    assert_arrived(b, s, 1);
    put_piece(b, s, 0);
    b->now += SECONDS(1);
    put_piece(b, s, 1);
    assert_int_equal(b->client.inputs, 1);
    assert_int_equal(b->net.dropped[DROP_FRAGMENT_LOST], 1);
    free(s);
}

/* A window of large TFTP blocks: neighbours may be mixed; a lost fragment costs its own datagram only. */
static void neighbouring_datagrams_may_interleave(void **state)
{
    struct bench *b = *state;
    struct sample *first = sample_new(20, 3000), *second = sample_new(21, 3000), *third = sample_new(22, 3000);

    put_piece(b, first, 0);
    put_piece(b, second, 0);
    put_piece(b, first, 1);
    put_piece(b, second, 1);
    put_piece(b, second, 2);
    assert_arrived(b, second, 1);
    put_piece(b, first, 2);
    assert_arrived(b, first, 2);
    put_piece(b, first, 1); /* 0 and 2 are lost */
    for (size_t n = 0; n < 3; n++)
        put_piece(b, second, n);
    for (size_t n = 0; n < 3; n++)
        put_piece(b, third, n);
    assert_arrived(b, third, 4);
    free(first);
    free(second);
    free(third);
}

static void the_sum_of_a_reassembled_datagram_is_verified(void **state)
{
    struct bench *b = *state;
    struct sample *s = sample_new(20, 3000);

    s->bytes[2000] ^= 1;
    for (size_t n = 0; n < pieces_of(s); n++)
        put_piece(b, s, n);
    assert_int_equal(b->client.inputs, 0);
    assert_int_equal(b->net.dropped[DROP_BAD_CHECKSUM], 1);
    free(s);
}

int main(void)
{
#define IN(test) cmocka_unit_test_setup_teardown(test, bench_start, bench_stop)
    const struct CMUnitTest tests[] = {
        IN(fragments_come_in_any_order),
        IN(every_size_is_put_together),
        IN(fragments_that_fit_no_unit_are_dropped),
        IN(overlaps_spoil_the_datagram),
        IN(teardrop_and_contradicting_ends_are_dropped),
        IN(nothing_may_reach_beyond_the_largest_datagram),
        IN(repeated_fragments_do_no_harm),
        IN(repeated_fragments_must_be_equal),
        IN(a_late_repetition_begins_anew),
        IN(many_unfinished_datagrams_are_forgotten),
        IN(incomplete_datagrams_last_one_second),
        IN(neighbouring_datagrams_may_interleave),
        IN(the_sum_of_a_reassembled_datagram_is_verified),
    };

    return cmocka_run_group_tests_name("reassembly", tests, NULL, NULL);
}
