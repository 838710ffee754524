/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * TFTP packets (RFC 1350 section 5) and the options in RRQ and OACK (RFC 2347). Names and texts need not end in NUL to
 * be parsed safely; whether a missing NUL is an error is said at each function.
 */
#ifndef PUCK_WIRE_TFTP_PACKET_H
#define PUCK_WIRE_TFTP_PACKET_H

#include "firmware/base/bytes.h"

enum tftp_opcode {
    TFTP_RRQ = 1,
    TFTP_WRQ = 2,
    TFTP_DATA = 3,
    TFTP_ACK = 4,
    TFTP_ERROR = 5,
    TFTP_OACK = 6,
    TFTP_DIR = 7, /* UEFI 2.10 section 30.3 (EFI_MTFTP4_OPCODE_DIR): like RRQ, the answer is a list of files */
};

enum tftp_error {
    TFTP_ERROR_OTHER = 0, /* see the text */
    TFTP_ERROR_NOT_FOUND = 1,
    TFTP_ERROR_ACCESS = 2,
    TFTP_ERROR_DISK_FULL = 3,
    TFTP_ERROR_ILLEGAL_OPERATION = 4,
    TFTP_ERROR_UNKNOWN_TID = 5,
    TFTP_ERROR_EXISTS = 6,
    TFTP_ERROR_NO_SUCH_USER = 7,
    TFTP_ERROR_OPTIONS = 8, /* RFC 2347 */
};

struct tftp_packet {
    enum tftp_opcode opcode;
    uint16_t number;   /* DATA, ACK: the block; ERROR: the code */
    struct slice body; /* DATA: the bytes; ERROR: the text; RRQ, WRQ, OACK: what follows the opcode; ACK: empty */
};

struct tftp_option {
    struct slice name, value; /* without their NULs */
};

enum tftp_option_result {
    TFTP_OPTION_OK,
    TFTP_OPTION_END, /* there are no more */
    TFTP_OPTION_BAD, /* a name without a value, an empty name, or a missing NUL */
};

/* False when the packet is too short for its opcode or the opcode is none of the above. */
bool tftp_packet_parse(struct reader *, struct tftp_packet *out);

/* Splits the body of an RRQ or WRQ; false unless file name and mode both end in NUL. */
bool tftp_rrq_parse(struct slice body, struct slice *file, struct slice *mode, struct slice *options);

/* Takes the next option off `options`. After anything but TFTP_OPTION_OK nothing more is to be had. */
enum tftp_option_result tftp_option_next(struct slice *options, struct tftp_option *out);

/* RRQ, WRQ or DIR in octet mode; options may be emitted behind it. */
void tftp_request_emit(struct writer *, enum tftp_opcode, const char *file);
/* OACK; the options are to be emitted behind it. */
void tftp_oack_emit(struct writer *);
void tftp_option_emit(struct writer *, const char *name, uint64_t value);
void tftp_option_emit_text(struct writer *, const char *name, const char *value);
void tftp_data_emit(struct writer *, uint16_t block, struct slice bytes);
void tftp_ack_emit(struct writer *, uint16_t block);
void tftp_error_emit(struct writer *, uint16_t code, const char *text);

#endif
