/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A whole boot whose every packet from the server is at the mercy of the input: passed, lost, cut, or changed at a few
 * places with the checksums made good again. The boot must end, well or badly, and the machine must be able to go on.
 */
#include <stdlib.h>

#include "firmware/base/checksum.h"
#include "firmware/wire/ipv4_packet.h"
#include "tests/sim/network.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum {
    PASS_BELOW = 96,
    LOSE_BELOW = 112,
    CUT_BELOW = 128,
    HEADERS = 42
};

static void make_good(uint8_t *frame, size_t len)
{
    struct reader r = reader_of(slice_of(frame + 14, len - 14));
    uint8_t *header = frame + 14;
    struct ipv4_packet ip;

    if (load_be16(frame + 12) != 0x0800 || !ipv4_packet_parse(&r, &ip))
        return;
    store_be16(header + 10, 0);
    store_be16(header + 10, checksum_finish(checksum_add(0, slice_of(header, (size_t)(header[0] & 15) * 4))));
    if (ip.protocol == IPV4_UDP && ip.fragment_offset == 0 && ip.payload_len >= 8)
        store_be16(header + (header[0] & 15) * 4 + 6, 0);
}

/* Mostly in the payload: headers have targets of their own. */
static size_t mangle(void *context, uint8_t *frame, size_t len)
{
    struct reader *in = context;
    uint8_t what = read_u8(in);

    if (what < PASS_BELOW || len < 60)
        return len;
    if (what < LOSE_BELOW)
        return 0;
    if (what < CUT_BELOW)
        return 14 + read_be16(in) % (len - 14);
    for (unsigned changes = what % 8 + 1u; changes != 0; changes--) {
        size_t at = read_be16(in);

        at = at & 0x8000 ? at % len : HEADERS + at % (len - HEADERS);
        frame[at] = read_u8(in);
    }
    make_good(frame, len);
    return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct reader in = reader_of(slice_of(bytes, len));
    uint8_t setup = read_u8(&in);
    struct network *n = network_new(1, 20000);
    enum status status;

    n->tftp.knobs.knows_no_window = (setup & 1) != 0;
    n->tftp.knobs.ignores_options = (setup & 2) != 0;
    n->dhcp.config.class = setup & 4 ? "PXEClient" : NULL;
    n->world.wire.ends[0].mangle = mangle;
    n->world.wire.ends[0].mangle_context = &in;
    status = network_boot(n);
    if (status == STATUS_PENDING || (status == STATUS_OK) != n->world.wire.ends[0].nic.is_open)
        abort();
    network_free(n);
    return 0;
}
