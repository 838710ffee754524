/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A DHCP or BOOTP message (RFC 2131 section 2, RFC 951) and its options (RFC 2132): overload into `file` and `sname`
 * (option 52) is followed once and never from within those fields; an option split over several instances is joined in
 * the order main field, `file`, `sname` (RFC 3396). Everything in a parsed message is borrowed from the packet.
 */
#ifndef PUCK_WIRE_DHCP_MESSAGE_H
#define PUCK_WIRE_DHCP_MESSAGE_H

#include "firmware/base/address.h"

#define DHCP_SERVER_PORT    67
#define DHCP_CLIENT_PORT    68
#define DHCP_FIXED_LEN      236  /* up to and without the magic cookie */
#define DHCP_MESSAGE_MIN    300  /* shorter requests are dropped by old servers and relays (RFC 1542 section 2.1) */
#define DHCP_MESSAGE_MAX    1472 /* what one Ethernet frame carries; we hold nothing bigger */
#define DHCP_SNAME_LEN      64
#define DHCP_FILE_LEN       128
#define DHCP_FLAG_BROADCAST 0x8000

enum dhcp_op {
    DHCP_OP_REQUEST = 1,
    DHCP_OP_REPLY = 2,
};

enum dhcp_message_type { /* option 53 */
    DHCP_BOOTP = 0,      /* the message has no option 53 */
    DHCP_DISCOVER = 1,
    DHCP_OFFER = 2,
    DHCP_REQUEST = 3,
    DHCP_DECLINE = 4,
    DHCP_ACK = 5,
    DHCP_NAK = 6,
};

enum dhcp_tag {
    DHCP_TAG_PAD = 0,
    DHCP_TAG_NETMASK = 1,
    DHCP_TAG_ROUTERS = 3,
    DHCP_TAG_DNS = 6,
    DHCP_TAG_HOST_NAME = 12,
    DHCP_TAG_DOMAIN = 15,
    DHCP_TAG_ROOT_PATH = 17,
    DHCP_TAG_BROADCAST = 28,
    DHCP_TAG_VENDOR = 43,
    DHCP_TAG_REQUESTED_ADDRESS = 50,
    DHCP_TAG_LEASE = 51,
    DHCP_TAG_OVERLOAD = 52,
    DHCP_TAG_TYPE = 53,
    DHCP_TAG_SERVER_ID = 54,
    DHCP_TAG_PARAMETERS = 55,
    DHCP_TAG_MESSAGE = 56,
    DHCP_TAG_MAX_SIZE = 57,
    DHCP_TAG_T1 = 58,
    DHCP_TAG_T2 = 59,
    DHCP_TAG_CLASS = 60,
    DHCP_TAG_CLIENT_ID = 61,
    DHCP_TAG_TFTP_SERVER = 66,
    DHCP_TAG_BOOT_FILE = 67,
    DHCP_TAG_USER_CLASS = 77,   /* RFC 3004 */
    DHCP_TAG_ARCHITECTURE = 93, /* RFC 4578 */
    DHCP_TAG_UNDI = 94,
    DHCP_TAG_UUID = 97,
    DHCP_TAG_ROUTES = 121, /* RFC 3442 */
    DHCP_TAG_IPXE = 175,
    DHCP_TAG_PXELINUX_CONFIG = 209, /* RFC 5071 */
    DHCP_TAG_PXELINUX_PREFIX = 210,
    DHCP_TAG_END = 255,
};

/* Addresses are in host byte order. */
struct dhcp_message {
    uint8_t op, htype, hlen, hops;
    uint32_t xid;
    uint16_t secs, flags;
    uint32_t ciaddr, yiaddr, siaddr, giaddr;
    struct mac chaddr;    /* the first six of its sixteen bytes */
    struct slice sname;   /* raw, 64 bytes when parsed; options when `overload` has bit 1 */
    struct slice file;    /* raw, 128 bytes when parsed; options when `overload` has bit 0 */
    struct slice options; /* the main field, from behind the magic cookie to before its end option */
    uint8_t overload;     /* option 52: 0 to 3 */
    uint8_t type;         /* enum dhcp_message_type, or another value of option 53 */
};

#define DHCP_OVERLOAD_FILE  1
#define DHCP_OVERLOAD_SNAME 2

/*
 * Takes all that is left. False when the message is shorter than its fixed part, has no magic cookie, when an option of
 * the main field runs past the end or the field has no end option (it was cut, then), or option 53 is not one byte.
 */
bool dhcp_message_parse(struct reader *, struct dhcp_message *out);

/* Walks all options but pad, end and overload, piece by piece, in the order of RFC 3396. */
struct dhcp_option_walk {
    const struct dhcp_message *message;
    struct reader reader;
    unsigned field;
};

void dhcp_option_walk_start(struct dhcp_option_walk *, const struct dhcp_message *);
bool dhcp_option_walk_next(struct dhcp_option_walk *, uint8_t *tag, struct slice *value);

/*
 * Appends all pieces of an option to `joined`. False when it is not there, or when the pieces do not fit (`joined` has
 * failed, then, and holds some of them).
 */
bool dhcp_option(const struct dhcp_message *, uint8_t tag, struct writer *joined);

bool dhcp_has_option(const struct dhcp_message *, uint8_t tag);

/*
 * An option of fixed length. Such an option is never split: its first instance counts, and is ignored when its length
 * is wrong. `value` is left alone when the answer is false.
 */
bool dhcp_option_u8(const struct dhcp_message *, uint8_t tag, uint8_t *value);
bool dhcp_option_u32(const struct dhcp_message *, uint8_t tag, uint32_t *value);

/* The fixed part (sname and file padded with zeros, cut to their fields) and the magic cookie. Emits no options. */
void dhcp_message_emit(struct writer *, const struct dhcp_message *);

/* One option; a value longer than 255 bytes is split (RFC 3396). */
void dhcp_option_emit(struct writer *, uint8_t tag, struct slice value);
void dhcp_option_emit_u8(struct writer *, uint8_t tag, uint8_t value);
void dhcp_option_emit_u16(struct writer *, uint8_t tag, uint16_t value);
void dhcp_option_emit_u32(struct writer *, uint8_t tag, uint32_t value);

/* The end option, then zeros until `at_least` bytes are written in all. */
void dhcp_message_emit_end(struct writer *, size_t at_least);

#endif
