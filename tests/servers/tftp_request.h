/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What a TFTP server reads from a read request and answers in an OACK (RFC 1350, 2347, 2348, 2349, 7440), and the ways
 * in which a test may want that answer to be unlike what was asked.
 */
#ifndef TESTS_SERVERS_TFTP_REQUEST_H
#define TESTS_SERVERS_TFTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tftp_option {
    OPTION_BLKSIZE,
    OPTION_TSIZE,
    OPTION_TIMEOUT,
    OPTION_WINDOWSIZE,
    OPTION_COUNT
};
extern const char *const tftp_option_name[OPTION_COUNT];

#define TFTP_OACK_MAX 512

struct tftp_manners {
    bool refuses[OPTION_COUNT];     /* the option is passed over in silence, as RFC 2347 allows */
    const char *says[OPTION_COUNT]; /* put into the OACK whatever was asked; the transfer obeys it if it is usable */
    const char *adds;               /* "name=value": an option nobody asked for */
    uint32_t max_blksize, max_windowsize;
};

struct tftp_request {
    const char *file; /* in the packet */
    bool asked[OPTION_COUNT];
    uint32_t blksize, windowsize, timeout_s; /* as they will be used; timeout_s 0: the server's own */
    size_t oack_len;                         /* 0: no OACK, the first DATA answers */
    uint8_t oack[TFTP_OACK_MAX];
};

/* False for what is no read request in octet mode. `packet` needs room for one byte after its `len`. */
bool tftp_request_parse(struct tftp_request *, uint8_t *packet, size_t len, const struct tftp_manners *);

/* Writes the OACK for what was asked, once the size of the file is known. */
void tftp_request_answer(struct tftp_request *, uint64_t file_size, const struct tftp_manners *);

#endif
