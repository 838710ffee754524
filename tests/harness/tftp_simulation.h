/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * One TFTP transfer between the client machine and a model of a server, in virtual time, over a link that delays,
 * loses, repeats and reorders frames. A DATA packet above one frame is lost when any of its fragments is.
 */
#ifndef PUCK_TESTS_HARNESS_TFTP_SIMULATION_H
#define PUCK_TESTS_HARNESS_TFTP_SIMULATION_H

#include "firmware/proto/tftp.h"

enum tftp_server_kind {
    TFTP_SERVER_WINDOWS,   /* RFC 7440; any ACK restarts the window behind the block it names */
    TFTP_SERVER_LOCK_STEP, /* RFC 1350 with blksize of any size: tftpd-hpa */
    TFTP_SERVER_ONE_FRAME, /* lock-step, cuts blksize to one frame: dnsmasq */
    TFTP_SERVER_PLAIN,     /* knows no options */
};

struct tftp_simulation {
    /* in */
    enum tftp_server_kind kind;
    uint64_t size; /* of the file; byte n of it is tftp_simulation_byte(n) */
    time_us round_trip;
    uint16_t block_size_granted;       /* 0: what was asked */
    unsigned rate;                     /* Mbit/s, both ways */
    unsigned loss, repeat, reorder;    /* per frame, in 1/10000, each way */
    bool fragments_blocked;            /* by a firewall: only packets of one frame get through */
    bool skips_zero;                   /* after block 65535 comes 1 */
    time_us silent_from, silent_until; /* the server does nothing, and hears nothing */
    bool forgets;                      /* ... and then has lost its transfers: an ICMP port unreachable */
    time_us server_patience;           /* before it sends again; 0: 1 s */
    unsigned seed;
    struct tftp_request request; /* file, server and sink are filled in */
    struct tftp_experience *experience;

    /* out */
    enum status status;
    time_us took;           /* until all bytes were in the sink, or it failed */
    uint64_t frames_sent;   /* by the server, of DATA */
    uint64_t frames_ideal;  /* for the block size that ended the file */
    uint64_t bytes_arrived; /* of DATA at the client */
    uint32_t client_packets, requests, server_transfers;
    uint16_t block_size, window;
    bool content_is_right; /* all bytes, each with its value */
    uint64_t written_twice;
};

void tftp_simulate(struct tftp_simulation *);

static inline uint8_t tftp_simulation_byte(uint64_t at)
{
    return (uint8_t)(at * 31 + (at >> 8) * 17 + (at >> 16) * 5 + (at >> 24));
}

/* Many of these bytes: written, or compared. They are most of what a test does, so no sanitizer slows them down. */
void tftp_simulation_fill(uint8_t *bytes, uint64_t at, size_t len);
bool tftp_simulation_equal(const uint8_t *bytes, uint64_t at, size_t len);

#endif
