/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * UdpWrite() and UdpRead() (UEFI 2.10, sections 24.3.8 and 24.3.9): a seat at every port that no machine of ours uses,
 * from the first of these calls until Stop() or until another function moves packets. One turn at the NIC may bring
 * more datagrams than the one that is waited for: they are kept for the next UdpRead(), which takes them in their order
 * and drops those that it does not want, as it does with what is on the wire.
 */
#ifndef PUCK_EFI_PXE_UDP_H
#define PUCK_EFI_PXE_UDP_H

#include "efi/spec/uefi.h"
#include "firmware/net/udp.h"

#define PXE_UDP_KEPT_LEN 53248 /* all that one turn at the NIC can bring: 32 full frames and their addresses */

struct pxe_base_code;

/* What UdpRead() waits for, and where it goes: its arguments. */
struct pxe_udp_read {
    const EFI_PXE_BASE_CODE_MODE *mode;
    UINT16 flags;
    EFI_IP_ADDRESS *to_ip, *from_ip;
    EFI_PXE_BASE_CODE_UDP_PORT *to_port, *from_port;
    UINTN *header_size, *buffer_size;
    uint8_t *header, *buffer;
    EFI_STATUS status; /* EFI_NOT_READY until the datagram is here */
};

struct pxe_udp {
    struct udp_client client; /* first */
    /* UdpWrite() in progress */
    struct slice head, body;
    struct udp_address write_to;
    bool write_owed;
    size_t write_at; /* how much of a fragmented datagram has left, UDP header included */
    enum status write_status;
    struct pxe_udp_read *read; /* UdpRead() in progress; NULL: none, or it has its datagram */
    size_t kept_first, kept_end;
    uint8_t kept[PXE_UDP_KEPT_LEN];
    uint32_t dropped; /* no room to keep it */
};

/* Takes the seat; harmless when it is taken. False when somebody else has every port. */
bool pxe_udp_seat(struct pxe_base_code *);

/* Owes a datagram from client.port; `write_owed` tells when it has left, or cannot. Head and body are lent until then.
 */
void pxe_udp_send(struct pxe_udp *, struct udp_address to, struct slice head, struct slice body);

/* Waits for a datagram from now on: udp->read is NULL once it is here. Looks at what was kept first. */
void pxe_udp_receive(struct pxe_udp *, struct pxe_udp_read *);

/* Leaves the seat and forgets what was kept. Harmless when there is no seat. */
void pxe_udp_unseat(struct pxe_base_code *);

#endif
