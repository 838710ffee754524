/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A whole boot whose every packet from the server is at the mercy of the input: passed, lost, cut, or changed at a few
 * places with the checksums made good again. The boot must end, well or badly, and the machine must be able to go on.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/harness/frame_repair.h"
#include "tests/sim/network.h"

enum {
    PASS_BELOW = 96,
    LOSE_BELOW = 112,
    CUT_BELOW = 128,
    HEADERS = 42
};

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
    frame_repair(frame, len);
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
