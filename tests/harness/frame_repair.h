/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Makes the checksums of a made-up frame good, for most of what a fuzzer makes up would stop at the first of them.
 */
#ifndef PUCK_TESTS_HARNESS_FRAME_REPAIR_H
#define PUCK_TESTS_HARNESS_FRAME_REPAIR_H

#include "firmware/base/bytes.h"

/*
 * An Ethernet frame with IPv4 in it; any other, and what is no IPv4 header but for its checksum, stays as it is. UDP's
 * checksum becomes 0 (none), ICMP's right; fragments keep theirs, which cover the whole datagram.
 */
void frame_repair(uint8_t *frame, size_t len);

#endif
