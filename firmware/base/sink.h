/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Where file bytes go. A download writes each byte to its sink exactly once, straight from the NIC's ring; the sink is
 * the only place that knows the memory. A status other than STATUS_OK ends the transfer with that status.
 */
#ifndef PUCK_BASE_SINK_H
#define PUCK_BASE_SINK_H

#include "firmware/base/bytes.h"
#include "firmware/base/status.h"

struct sink {
    /*
     * Called at most once, when the server tells the size: before the first byte, unless multicast, which tells none,
     * has brought some already. Those stay.
     */
    enum status (*size_known)(struct sink *, uint64_t size);
    /*
     * `at` counts from the start of the file. Pieces may come out of order, but never twice; only when a server was
     * lost in mid-file and the file asked for again, bytes behind a gap may come a second time, the same.
     */
    enum status (*write)(struct sink *, uint64_t at, struct slice bytes);
};

#endif
