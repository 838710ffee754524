/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A boot program's view under UEFI: a net_boot on a simulated network, with a firmware around it, and the protocols it
 * leaves behind. Its NIC is open only while a call has acquired it.
 */
#ifndef PUCK_SIM_EFI_WORLD_H
#define PUCK_SIM_EFI_WORLD_H

#include "efi/protocols/net_boot.h"
#include "tests/sim/dhcp_server.h"
#include "tests/sim/efi_firmware.h"
#include "tests/sim/tftp_server.h"

enum {
    EFI_WORLD_OUR_IP = 0xc0a86f64, /* 192.168.111.100 */
    EFI_WORLD_SERVER_IP = 0xc0a86f82,
    EFI_WORLD_ROUTER_IP = 0xc0a86f01,
    EFI_WORLD_NETMASK = 0xffffff00,
    EFI_WORLD_ECHO_PORT = 7,
    EFI_WORLD_BIG = 200000,
    EFI_WORLD_HUGE = 9 << 20,
};

/* Answers every datagram with itself (RFC 862), in fragments if it must; keeps the last. */
struct efi_echo {
    struct udp_client udp; /* first */
    struct server *server;
    struct udp_address from;
    bool is_silent;
    size_t len;
    uint8_t bytes[65536];
    unsigned received;
};

/* What the callback protocol was told, and when it shall end the call. */
struct efi_callback {
    EFI_PXE_BASE_CODE_CALLBACK_PROTOCOL protocol; /* first */
    struct efi_world *world;
    unsigned received, sent, ticks;
    EFI_PXE_BASE_CODE_FUNCTION function; /* of the last */
    unsigned abort_at;                   /* at this packet; 0: never */
    unsigned abort_at_tick;
    bool calls_back; /* calls Mtftp() and Stop() from within, and keeps what they say */
    EFI_STATUS nested_mtftp, nested_stop;
    uint64_t data_len; /* bytes of TFTP DATA that were seen, each block counted once */
    uint16_t block;
    size_t largest;
    uint16_t first_sent; /* the first two bytes of what was sent first */
};

struct efi_world {
    struct world world;
    struct server server, proxy;
    struct dhcp_server dhcp, proxy_dhcp;
    struct tftp_server tftp;
    struct efi_echo echo;
    struct net_boot boot;
    struct efi_callback callback;           /* on the handle of boot.pxe once efi_world_add_callback() was called */
    unsigned acquired, released, expecting; /* calls; of the last kind those that expect replies */
    bool is_acquired;
    enum status acquire_status; /* what acquire says; STATUS_OK at first */
};

/*
 * Files: "boot.efi" (a PE file), "text" (5 bytes), "big" (EFI_WORLD_BIG), "huge" (EFI_WORLD_HUGE), "empty", "even"
 * (2048), "dir/grubx64.efi" (3000).
 */
struct efi_world *efi_world_new(uint32_t seed);
void efi_world_free(struct efi_world *);

/* cmocka fixtures: protocols at rest; and after a boot of "boot.efi". */
int efi_world_start(void **state);
int efi_world_booted(void **state);
int efi_world_stop(void **state);

/* A second server that gives no address and names `file`. */
void efi_world_add_proxy(struct efi_world *, const char *file);

void efi_world_add_callback(struct efi_world *);

uint8_t efi_world_file_byte(size_t at);

/* As a boot program writes addresses. */
EFI_IP_ADDRESS efi_ip(uint32_t address);

static inline EFI_PXE_BASE_CODE_PROTOCOL *efi_world_pxe(struct efi_world *w)
{
    return &w->boot.pxe.protocol;
}

#endif
