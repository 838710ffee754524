/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Writes a pcap file (link type Ethernet, time stamps in nanoseconds), each frame cut at a snap length. */
#ifndef TESTS_RELAY_CAPTURE_H
#define TESTS_RELAY_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct capture {
    FILE *file; /* NULL: frames are not written */
    uint32_t snap;
};

/* A null path gives a capture that writes nothing. */
bool capture_open(struct capture *, const char *path, uint32_t snap);
void capture_frame(struct capture *, uint64_t epoch_ns, const uint8_t *frame, size_t len);
bool capture_close(struct capture *);

#endif
