/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What transcripts of the TFTP client need: the machine with all that it is lent, a sink that remembers which bytes it
 * was given, and the server's packets.
 */
#ifndef PUCK_TESTS_HARNESS_TFTP_SCRIPT_H
#define PUCK_TESTS_HARNESS_TFTP_SCRIPT_H

#include "firmware/proto/tftp.h"
#include "tests/harness/transcript.h"

#define TFTP_SCRIPT_BYTES 400000

struct tftp_script {
    struct tftp tftp;
    struct tftp_experience experience;
    struct random random;
    struct sink sink;
    struct udp_address port69, server; /* where the request goes, and who answers */
    bool keeps_experience;             /* else each start forgets it */
    uint64_t capacity;                 /* of the sink */
    uint64_t told_size;                /* by size_known; UINT64_MAX: not called */
    uint64_t highest;                  /* end of the last byte written */
    unsigned writes, twice;            /* bytes that came more than once */
    bool wrong;                        /* a byte of another value than tftp_simulation_byte() */
    uint8_t written[TFTP_SCRIPT_BYTES / 8];
};

/* The usual request: 256 frames may arrive while nobody polls. */
extern const struct tftp_request tftp_script_request;

/* Asks for "boot/kernel" with this request (server, file and sink are filled in) and gives it to the transcript. */
void tftp_script_start(struct tftp_script *, struct transcript *, struct tftp_request);

/* Starts, and takes the request, which must be the one all options are in; then the server grants these options. */
void tftp_script_open(struct tftp_script *, struct transcript *, struct tftp_request, struct slice options);

/* How many bytes the sink has, in one piece from the start. */
uint64_t tftp_script_have(const struct tftp_script *);

/* The server's packets; each call's result is valid until the next. `at` is the block's place in the file. */
struct slice tftp_script_data(uint16_t number, uint64_t at, size_t len);
struct slice tftp_script_oack(struct slice options);
struct slice tftp_script_error(uint16_t code, struct slice text);

/* Block `block` of a file in blocks of 1000 bytes comes from the server. */
void tftp_script_block(const struct tftp_script *, struct transcript *, time_us at, unsigned block);

/* The last block, of 10 bytes: it must be acknowledged, and the file must be whole, every byte written once. */
void tftp_script_last_block(const struct tftp_script *, struct transcript *, time_us at, unsigned block);

/* The client must acknowledge this block, or send this ERROR, to that address. */
void tftp_script_acks(struct transcript *, time_us earliest, time_us latest, uint16_t number);
void tftp_script_complains(struct transcript *, time_us at, struct udp_address to, uint16_t code);

#endif
