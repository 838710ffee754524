/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * UEFI's types and protocols: gnu-efi's headers, included here and nowhere else, and what they lack (UEFI 2.10, the
 * section is named at each). Types keep the specification's names; all addresses in network structures are in network
 * byte order.
 */
#ifndef PUCK_EFI_UEFI_H
#define PUCK_EFI_UEFI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <efi.h>

/* gnu-efi defines them for itself; our own code says `true`, `NULL` and DHCP's names. */
#undef DEFAULT_TTL
#undef DEFAULT_ToS

/* Section 11.5.1. A MAC node, an IPv4 node and a URI node are the messaging nodes that we build and read. */
enum {
    DEVICE_PATH_MESSAGING = 0x03,
    DEVICE_PATH_MAC = 0x0b,
    DEVICE_PATH_IPV4 = 0x0c,
    DEVICE_PATH_IPV6 = 0x0d,
    DEVICE_PATH_URI = 0x18,
    DEVICE_PATH_DNS = 0x1f,
    DEVICE_PATH_MEDIA = 0x04,
    DEVICE_PATH_FILE = 0x04,
    DEVICE_PATH_END = 0x7f,
    DEVICE_PATH_END_ENTIRE = 0xff,
};

/* Section 10.3.4.12, with the gateway and netmask that UEFI 2.3.1 added. Addresses in network byte order. */
struct efi_ipv4_node {
    uint8_t type, subtype, length[2];
    uint8_t local_ip[4], remote_ip[4];
    uint8_t local_port[2], remote_port[2], protocol[2]; /* little endian, like the length */
    uint8_t is_static;
    uint8_t gateway_ip[4], subnet_mask[4];
} __attribute__((packed));
_Static_assert(sizeof(struct efi_ipv4_node) == 27, "UEFI 2.10, table 10-38");

/* Section 11.15. */
#define EFI_DRIVER_SUPPORTED_EFI_VERSION_GUID              \
    {                                                      \
        0x5c198761, 0x16a8, 0x4e69,                        \
        {                                                  \
            0x97, 0x2c, 0x89, 0xd6, 0x79, 0x54, 0xf8, 0x1d \
        }                                                  \
    }

struct efi_driver_supported_efi_version {
    uint32_t length; /* 8 */
    uint32_t firmware_version;
};

/* Section 28.3.1 and 29.1: only their being there is of interest. */
#define EFI_MANAGED_NETWORK_SERVICE_BINDING_GUID           \
    {                                                      \
        0xf36ff770, 0xa7e1, 0x42cf,                        \
        {                                                  \
            0x9e, 0xd2, 0x56, 0xf0, 0xf2, 0x71, 0xf4, 0x4c \
        }                                                  \
    }
#define EFI_UDP4_SERVICE_BINDING_GUID                      \
    {                                                      \
        0x83f01464, 0x99bd, 0x45e5,                        \
        {                                                  \
            0xb3, 0x83, 0xaf, 0x63, 0x05, 0xd8, 0xe9, 0xe6 \
        }                                                  \
    }

#endif
