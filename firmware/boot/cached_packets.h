/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The three packets that PXENV_GET_CACHED_INFO hands out (PXE 2.1 section 3.2, "PXENV_GET_CACHED_INFO"). The struct
 * lies in memory that the platform gives: boot programs hold its address and write into it, so it is built once, before
 * the boot program starts, and never again until the next boot.
 */
#ifndef PUCK_BOOT_CACHED_PACKETS_H
#define PUCK_BOOT_CACHED_PACKETS_H

#include "firmware/boot/boot_options.h"
#include "firmware/proto/dhcp_lease.h"

#define CACHED_PACKET_LEN 1260 /* 236 bytes of BOOTP and 1024 of options: sizeof(BOOTPLAYER) */

enum cached_packet_type { /* PXENV_PACKET_TYPE_* */
    CACHED_DHCP_DISCOVER = 1,
    CACHED_DHCP_ACK = 2,
    CACHED_REPLY = 3, /* a boot server's, else the proxyDHCP server's, else a copy of the ACK */
};

struct cached_packets {
    uint8_t packet[3][CACHED_PACKET_LEN]; /* by type - 1 */
};

/*
 * The header of ACK and reply names the server and file that are really used (`choice`), wherever they came from:
 * GRUB and pxelinux read nothing else. Options are kept but for these: overloaded ones move to the main field, option 3
 * is cut to its first router, and what does not fit is left out.
 */
void cached_packets_build(struct cached_packets *, const struct dhcp_lease *, const struct boot_choice *);

/*
 * One such packet (the server's `raw`, of which `boot` was read) in `len` bytes, padded with zeros, for platforms that
 * hand packets out in another way. All zero when `raw` is no DHCP message.
 */
void cached_packet_build(uint8_t *packet, size_t len, const struct dhcp_packet *raw, const struct dhcp_boot *boot,
                         const struct dhcp_lease *, const struct boot_choice *);

/* NULL for a type that does not exist. */
uint8_t *cached_packets_get(struct cached_packets *, unsigned type);

#endif
