/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * One IPv4 datagram being put together from its fragments (RFC 791, RFC 815), in a buffer of its own. A fragment of
 * another datagram takes the place over only when it is newer than the time-out or the present one is complete.
 */
#ifndef PUCK_NET_REASSEMBLY_H
#define PUCK_NET_REASSEMBLY_H

#include "firmware/base/bytes.h"
#include "firmware/base/time.h"

#define REASSEMBLY_MAX 65535

struct reassembly {
    uint8_t bytes[REASSEMBLY_MAX + 1];
};

#endif
