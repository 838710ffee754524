/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Fragments with made-up offsets, lengths and ids, checked against a plain model: a datagram comes out only when each
 * of its bytes has come in, and then with the bytes that came.
 */
#include "firmware/net/reassembly.h"
#include "tests/fuzz/fuzz.h"

/* What any fragment carries at a place depends on the place and the id alone, so all fragments agree. */
static uint8_t content(uint16_t id, size_t at)
{
    return (uint8_t)(at * 13 + at / 256 + id * 5u);
}

static bool add(struct reassembly *r, time_us now, struct reader *in)
{
    uint8_t flags = read_u8(in);
    struct ipv4_packet ip = {
        .source = 1,
        .destination = 2,
        .protocol = 17,
        .id = flags & 3,
        .more_fragments = (flags & 4) != 0,
        .fragment_offset = (uint16_t)(read_be16(in) * 8u),
    };
    size_t len = read_u8(in) * 8u + ((flags & 8) ? read_u8(in) & 7u : 0);
    uint8_t *payload = malloc(len + 1);
    struct slice datagram = {0};

    if (payload == NULL)
        abort();
    for (size_t n = 0; n < len; n++)
        payload[n] = content(ip.id, ip.fragment_offset + n);
    if ((flags & 16) && len != 0)
        payload[0] ^= 1; /* one that does not agree */
    if (reassembly_add(r, now, &ip, slice_of(payload, len), &datagram) == REASSEMBLY_COMPLETE) {
        unsigned wrong = 0;

        check(datagram.len > 0 && datagram.len <= REASSEMBLY_MAX);
        for (size_t n = 0; n < datagram.len; n++)
            if (datagram.data[n] != content(ip.id, n))
                check(++wrong && n % 8 == 0);
    }
    free(payload);
    return !in->failed;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct reader in = reader_of(slice_of(bytes, len));
    struct reassembly *r = malloc(sizeof(*r));
    time_us now = 0;

    if (r == NULL)
        return 0;
    memset(r, 0xa5, sizeof(*r)); /* what is handed out must have been written */
    r->abandoned = 0;
    reassembly_clear(r);
    while (add(r, now, &in))
        now += 10000;
    free(r);
    return 0;
}
