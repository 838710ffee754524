/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The functions of PXE_BASE_CODE's table, each with its siblings in a file of its own; pxe_base_code.c has the table.
 */
#ifndef PUCK_EFI_PXE_FUNCTIONS_H
#define PUCK_EFI_PXE_FUNCTIONS_H

#include "efi/spec/uefi.h"

/* pxe_dhcp.c */
EFI_STATUS EFIAPI pxe_dhcp(EFI_PXE_BASE_CODE_PROTOCOL *, BOOLEAN sort_offers);

/* pxe_discover.c */
EFI_STATUS EFIAPI pxe_discover(EFI_PXE_BASE_CODE_PROTOCOL *, UINT16 type, UINT16 *layer, BOOLEAN use_bis,
                               EFI_PXE_BASE_CODE_DISCOVER_INFO *);

/* pxe_mtftp.c */
EFI_STATUS EFIAPI pxe_mtftp(EFI_PXE_BASE_CODE_PROTOCOL *, EFI_PXE_BASE_CODE_TFTP_OPCODE, VOID *buffer,
                            BOOLEAN overwrite, UINT64 *buffer_size, UINTN *block_size, EFI_IP_ADDRESS *server,
                            UINT8 *file, EFI_PXE_BASE_CODE_MTFTP_INFO *, BOOLEAN dont_use_buffer);

/* pxe_udp.c */
EFI_STATUS EFIAPI pxe_udpwrite(EFI_PXE_BASE_CODE_PROTOCOL *, UINT16 flags, EFI_IP_ADDRESS *to_ip,
                               EFI_PXE_BASE_CODE_UDP_PORT *to_port, EFI_IP_ADDRESS *gateway, EFI_IP_ADDRESS *from_ip,
                               EFI_PXE_BASE_CODE_UDP_PORT *from_port, UINTN *header_size, VOID *header,
                               UINTN *buffer_size, VOID *buffer);
EFI_STATUS EFIAPI pxe_udpread(EFI_PXE_BASE_CODE_PROTOCOL *, UINT16 flags, EFI_IP_ADDRESS *to_ip,
                              EFI_PXE_BASE_CODE_UDP_PORT *to_port, EFI_IP_ADDRESS *from_ip,
                              EFI_PXE_BASE_CODE_UDP_PORT *from_port, UINTN *header_size, VOID *header,
                              UINTN *buffer_size, VOID *buffer);

/* pxe_address.c */
EFI_STATUS EFIAPI pxe_set_ip_filter(EFI_PXE_BASE_CODE_PROTOCOL *, EFI_PXE_BASE_CODE_IP_FILTER *);
EFI_STATUS EFIAPI pxe_arp(EFI_PXE_BASE_CODE_PROTOCOL *, EFI_IP_ADDRESS *, EFI_MAC_ADDRESS *);
EFI_STATUS EFIAPI pxe_set_station_ip(EFI_PXE_BASE_CODE_PROTOCOL *, EFI_IP_ADDRESS *station, EFI_IP_ADDRESS *netmask);

/* pxe_settings.c */
EFI_STATUS EFIAPI pxe_set_parameters(EFI_PXE_BASE_CODE_PROTOCOL *, BOOLEAN *auto_arp, BOOLEAN *send_guid, UINT8 *ttl,
                                     UINT8 *tos, BOOLEAN *make_callback);
EFI_STATUS EFIAPI pxe_set_packets(EFI_PXE_BASE_CODE_PROTOCOL *, BOOLEAN *discover_valid, BOOLEAN *ack_received,
                                  BOOLEAN *proxy_received, BOOLEAN *pxe_discover_valid, BOOLEAN *reply_received,
                                  BOOLEAN *bis_received, EFI_PXE_BASE_CODE_PACKET *discover,
                                  EFI_PXE_BASE_CODE_PACKET *ack, EFI_PXE_BASE_CODE_PACKET *proxy,
                                  EFI_PXE_BASE_CODE_PACKET *pxe_discover, EFI_PXE_BASE_CODE_PACKET *reply,
                                  EFI_PXE_BASE_CODE_PACKET *bis);

#endif
