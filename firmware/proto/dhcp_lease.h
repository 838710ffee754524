/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What a DHCP server (and a proxyDHCP server) told us: an address and how to use it, and what to boot from where. Read
 * from messages that the machine in dhcp.h has accepted; addresses are in host byte order, 0 when not known.
 */
#ifndef PUCK_PROTO_DHCP_LEASE_H
#define PUCK_PROTO_DHCP_LEASE_H

#include "firmware/wire/dhcp_message.h"

#define DHCP_ROUTES   8
#define DHCP_DNS      4
#define DHCP_NAME_MAX 255
#define DHCP_FOR_EVER 0xffffffffu

/* A message as it was on the wire. */
struct dhcp_packet {
    size_t len; /* 0: there is none */
    uint8_t bytes[DHCP_MESSAGE_MAX];
};

struct dhcp_route {
    uint32_t destination, netmask, gateway; /* gateway 0: on link */
};

/*
 * Where a boot server's address was found, best first. siaddr stays first even where it is only the DHCP server's own
 * (dnsmasq fills it in always): option 66 is often there for telephones.
 */
enum dhcp_server_source {
    DHCP_SERVER_NONE,
    DHCP_SERVER_SIADDR,
    DHCP_SERVER_OPTION_66, /* a dotted address there */
    DHCP_SERVER_SNAME,     /* a dotted address in the sname field */
    DHCP_SERVER_ID,        /* nobody named a boot server: the DHCP server itself, as PXE clients do */
};

enum dhcp_file_source {
    DHCP_FILE_NONE,
    DHCP_FILE_FIELD,
    DHCP_FILE_OPTION_67,
};

/*
 * What one message says about booting. The file field comes before option 67 (as BIOS PXE ROMs and iPXE do it; UEFI's
 * own does it the other way round), except when the field holds options or is full to its last byte: a name that was
 * too long for the field is whole in option 67 only.
 */
struct dhcp_boot {
    uint32_t server;
    enum dhcp_server_source server_source;
    enum dhcp_file_source file_source;
    char file[DHCP_NAME_MAX + 1];        /* as the server wrote it: filter before showing */
    char server_name[DHCP_NAME_MAX + 1]; /* option 66 or sname when it is not an address: nobody resolves it yet */
};

struct dhcp_lease {
    uint32_t address, netmask;
    struct dhcp_route routes[DHCP_ROUTES]; /* of option 121 if there is one, else the first router of option 3 */
    size_t route_count;
    uint32_t dns[DHCP_DNS];
    size_t dns_count;
    uint32_t server_id;
    uint32_t lease_s, t1_s, t2_s; /* t1 <= t2 <= lease; DHCP_FOR_EVER */
    char host_name[DHCP_NAME_MAX + 1];
    char domain[DHCP_NAME_MAX + 1];
    struct dhcp_boot boot;                   /* from the ACK; from the OFFER it confirms when the ACK is silent */
    struct dhcp_boot proxy_boot;             /* from the proxyDHCP offer */
    struct dhcp_boot reply_boot;             /* from the boot server's reply */
    struct dhcp_packet discover, ack, proxy; /* proxy.len 0: no proxyDHCP server has a say */
    /*
     * A boot server's answer to our request, at a proxy's port 4011 or found by discovery; len 0: none was needed. It
     * comes after all others: what it names is what was booted.
     */
    struct dhcp_packet reply;
};

void dhcp_boot_parse(const struct dhcp_message *, struct dhcp_boot *out);

/* The file named in one of the two places, whichever of them counts. False when there is none, or one too long. */
bool dhcp_boot_file_in(const struct dhcp_message *, enum dhcp_file_source, char name[DHCP_NAME_MAX + 1]);

/* Everything but `proxy_boot` and the packets; these are left alone. */
void dhcp_lease_parse(const struct dhcp_message *ack, struct dhcp_lease *);

/* The packets of a lease as somebody else kept them; each may be empty, or have junk behind its end option. */
struct dhcp_lease_packets {
    struct slice discover, ack;
    struct slice proxy; /* a proxyDHCP server's offer */
    struct slice reply; /* a boot server's answer; one that names no boot file is ignored */
};

/* The lease that another DHCP client got for this NIC. False when `ack` cannot be a lease. */
bool dhcp_lease_restore(struct dhcp_lease *, const struct dhcp_lease_packets *);

/* False for an address that no host may have: 0/8, 127/8, multicast and above, the router's or the server's own. */
bool dhcp_address_is_usable(const struct dhcp_message *);

/* A dotted address and nothing else (trailing NULs aside). */
bool dhcp_parse_dotted(struct slice text, uint32_t *address);

#endif
