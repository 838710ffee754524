/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Addresses as the protocols see them. Bytes are in network order. An ip_address carries its family from day one, so
 * that IPv6 adds a value and changes no seat.
 */
#ifndef PUCK_BASE_ADDRESS_H
#define PUCK_BASE_ADDRESS_H

#include "firmware/base/bytes.h"

struct mac {
    uint8_t byte[6];
};

enum ip_family {
    IP_NONE = 0,
    IP_V4 = 4,
};

struct ip_address {
    uint8_t family; /* enum ip_family */
    uint8_t byte[16];
};

/* `port` is in host byte order. */
struct udp_address {
    struct ip_address ip;
    uint16_t port;
};

#define MAC_BROADCAST ((struct mac){{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}})

/* From an IPv4 address in host byte order (192.0.2.1 is 0xc0000201). */
static inline struct ip_address ipv4_address(uint32_t address)
{
    return (struct ip_address){
        .family = IP_V4,
        .byte = {(uint8_t)(address >> 24), (uint8_t)(address >> 16), (uint8_t)(address >> 8), (uint8_t)address},
    };
}

/* The IPv4 address in host byte order; 0 for any other family. */
static inline uint32_t ipv4_value(struct ip_address ip)
{
    if (ip.family != IP_V4)
        return 0;
    return (uint32_t)ip.byte[0] << 24 | (uint32_t)ip.byte[1] << 16 | (uint32_t)ip.byte[2] << 8 | ip.byte[3];
}

static inline bool ip_equal(const struct ip_address *a, const struct ip_address *b)
{
    return a->family == b->family && memcmp(a->byte, b->byte, 4) == 0 &&
           (a->family == IP_V4 || memcmp(a->byte, b->byte, sizeof(a->byte)) == 0);
}

static inline bool ipv4_is_multicast(uint32_t address)
{
    return (address & 0xf0000000u) == 0xe0000000u;
}

static inline bool mac_equal(struct mac a, struct mac b)
{
    uint32_t a_head, b_head;
    uint16_t a_tail, b_tail;

    /* Asked for each frame received: two compares instead of a call. */
    __builtin_memcpy(&a_head, a.byte, 4);
    __builtin_memcpy(&b_head, b.byte, 4);
    __builtin_memcpy(&a_tail, a.byte + 4, 2);
    __builtin_memcpy(&b_tail, b.byte + 4, 2);
    return ((a_head ^ b_head) | (uint32_t)(a_tail ^ b_tail)) == 0;
}

static inline bool mac_is_group(struct mac mac)
{
    return (mac.byte[0] & 1) != 0;
}

/* For format strings: text_format(..., "from " IPV4_FORMAT, IPV4_ARGS(ipv4_value(ip))). */
#define IPV4_FORMAT "%u.%u.%u.%u"
#define IPV4_ARGS(a) \
    ((unsigned)(a) >> 24), ((unsigned)(a) >> 16 & 255u), ((unsigned)(a) >> 8 & 255u), ((unsigned)(a)&255u)
#define MAC_FORMAT  "%02x:%02x:%02x:%02x:%02x:%02x"
#define MAC_ARGS(m) (m).byte[0], (m).byte[1], (m).byte[2], (m).byte[3], (m).byte[4], (m).byte[5]

#endif
