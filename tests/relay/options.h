/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The relay's command line. */
#ifndef TESTS_RELAY_OPTIONS_H
#define TESTS_RELAY_OPTIONS_H

#include "tests/relay/link.h"

#include <stdbool.h>
#include <stdint.h>

struct options {
    const char *qemu;        /* unix path on which QEMU's stream netdev connects */
    const char *tap;         /* the other end: a tap interface ... */
    const char *peer;        /* ... or a second unix path */
    const char *pcap;        /* frames as the client sees them: sent by it, and delivered to it */
    const char *pcap_server; /* frames as the servers see them */
    const char *counters;    /* file kept up to date by tests/bench/insn.c ... */
    const char *samples;     /* ... and where its contents are noted for each frame of `pcap` */
    uint32_t snap;
    uint64_t seed;
    uint64_t spin_ns;
    bool die_with_parent;
    struct link_config link[LINK_DIRECTIONS];
};

/* False, after a message on standard error, when the arguments cannot be used. */
bool options_parse(struct options *, int argc, char **argv);

void options_usage(void);

#endif
