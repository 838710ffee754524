/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Structures, opcodes and numbers of the PXE API: "Preboot Execution Environment (PXE) Specification", version 2.1,
 * chapter 3 and 4, and nothing else. Names are the specification's. All fields are little-endian and packed, except
 * that IP addresses and UDP ports are in network byte order (here: bytes). Far pointers are offset, then segment.
 */
#ifndef PUCK_SPEC_PXE_API_H
#define PUCK_SPEC_PXE_API_H

#include <stdint.h>

#define PXE_PACKED __attribute__((packed))

enum pxenv_opcode {
    PXENV_START_UNDI = 0x0000,
    PXENV_UNDI_STARTUP = 0x0001,
    PXENV_UNDI_CLEANUP = 0x0002,
    PXENV_UNDI_INITIALIZE = 0x0003,
    PXENV_UNDI_RESET_ADAPTER = 0x0004,
    PXENV_UNDI_SHUTDOWN = 0x0005,
    PXENV_UNDI_OPEN = 0x0006,
    PXENV_UNDI_CLOSE = 0x0007,
    PXENV_UNDI_TRANSMIT = 0x0008,
    PXENV_UNDI_SET_MCAST_ADDRESS = 0x0009,
    PXENV_UNDI_SET_STATION_ADDRESS = 0x000a,
    PXENV_UNDI_SET_PACKET_FILTER = 0x000b,
    PXENV_UNDI_GET_INFORMATION = 0x000c,
    PXENV_UNDI_GET_STATISTICS = 0x000d,
    PXENV_UNDI_CLEAR_STATISTICS = 0x000e,
    PXENV_UNDI_INITIATE_DIAGS = 0x000f,
    PXENV_UNDI_FORCE_INTERRUPT = 0x0010,
    PXENV_UNDI_GET_MCAST_ADDRESS = 0x0011,
    PXENV_UNDI_GET_NIC_TYPE = 0x0012,
    PXENV_UNDI_GET_IFACE_INFO = 0x0013,
    PXENV_UNDI_ISR = 0x0014,
    PXENV_STOP_UNDI = 0x0015, /* UNDI_GET_STATE has the same number; STOP_UNDI is what callers mean */
    PXENV_TFTP_OPEN = 0x0020,
    PXENV_TFTP_CLOSE = 0x0021,
    PXENV_TFTP_READ = 0x0022,
    PXENV_TFTP_READ_FILE = 0x0023,
    PXENV_TFTP_GET_FSIZE = 0x0025,
    PXENV_UDP_OPEN = 0x0030,
    PXENV_UDP_CLOSE = 0x0031,
    PXENV_UDP_READ = 0x0032,
    PXENV_UDP_WRITE = 0x0033,
    PXENV_UNLOAD_STACK = 0x0070,
    PXENV_GET_CACHED_INFO = 0x0071,
    PXENV_RESTART_TFTP = 0x0073,
    PXENV_START_BASE = 0x0075,
    PXENV_STOP_BASE = 0x0076,
};

enum {
    PXENV_EXIT_SUCCESS = 0x0000, /* AX */
    PXENV_EXIT_FAILURE = 0x0001,
};

struct PXE_PACKED pxe_far {
    uint16_t offset, segment;
};

/* s_UNDI_LOADER: what the UNDI loader of a ROM is called with (section 3.1.2). */
struct PXE_PACKED undi_loader {
    uint16_t Status;
    uint16_t AX, BX, DX, DI, ES; /* as the BIOS called the ROM's initialization: AX is bus, device and function */
    uint16_t UNDI_DS, UNDI_CS;   /* room that the caller made */
    struct pxe_far PXEptr, PXENVptr;
};

struct PXE_PACKED pxenv_start_undi {
    uint16_t Status;
    uint16_t AX, BX, DX, DI, ES; /* as in struct undi_loader */
};

struct PXE_PACKED pxenv_status_only { /* calls that take and give nothing else */
    uint16_t Status;
};

struct PXE_PACKED pxenv_undi_mcast {
    uint16_t MCastAddrCount;
    uint8_t McastAddr[8][16];
};

struct PXE_PACKED pxenv_undi_initialize {
    uint16_t Status;
    uint32_t ProtocolIni;
    uint8_t reserved[8];
};

struct PXE_PACKED pxenv_undi_reset {
    uint16_t Status;
    struct pxenv_undi_mcast R_Mcast_Buf;
};

struct PXE_PACKED pxenv_undi_open {
    uint16_t Status;
    uint16_t OpenFlag, PktFilter;
    struct pxenv_undi_mcast R_Mcast_Buf;
};

struct PXE_PACKED pxenv_undi_transmit {
    uint16_t Status;
    uint8_t Protocol, XmitFlag;
    struct pxe_far DestAddr, TBD;
    uint32_t Reserved[2];
};

enum {
    P_UNKNOWN = 0,
    P_IP = 1,
    P_ARP = 2,
    P_RARP = 3,
    P_OTHER = 4,
    XMT_DESTADDR = 0,
    XMT_BROADCAST = 1,
};

struct PXE_PACKED pxenv_undi_data_block {
    uint8_t TDPtrType, TDRsvdByte;
    uint16_t TDDataLen;
    struct pxe_far TDDataPtr;
};

struct PXE_PACKED pxenv_undi_tbd {
    uint16_t ImmedLength;
    struct pxe_far Xmit;
    uint16_t DataBlkCount;
    struct pxenv_undi_data_block DataBlock[8];
};

struct PXE_PACKED pxenv_undi_set_station_address {
    uint16_t Status;
    uint8_t StationAddress[16];
};

struct PXE_PACKED pxenv_undi_set_packet_filter {
    uint16_t Status;
    uint8_t filter;
};

enum {
    FLTR_DIRECTED = 0x0001,
    FLTR_BRDCST = 0x0002,
    FLTR_PRMSC = 0x0004,
    FLTR_SRC_RTG = 0x0008,
};

struct PXE_PACKED pxenv_undi_get_information {
    uint16_t Status;
    uint16_t BaseIo, IntNumber, MaxTranUnit, HwType, HwAddrLen;
    uint8_t CurrentNodeAddress[16], PermNodeAddress[16];
    uint16_t ROMAddress, RxBufCt, TxBufCt;
};

struct PXE_PACKED pxenv_undi_get_statistics {
    uint16_t Status;
    uint32_t XmtGoodFrames, RcvGoodFrames, RcvCRCErrors, RcvResourceErrors;
};

struct PXE_PACKED pxenv_undi_get_mcast_address {
    uint16_t Status;
    uint8_t InetAddr[4];
    uint8_t MediaAddr[16];
};

struct PXE_PACKED pxenv_undi_get_nic_type {
    uint16_t Status;
    uint8_t NicType; /* 2: PCI */
    uint16_t Vendor_ID, Dev_ID;
    uint8_t Base_Class, Sub_Class, Prog_Intf, Rev;
    uint16_t BusDevFunc, SubVendor_ID, SubDevice_ID;
};

struct PXE_PACKED pxenv_undi_get_iface_info {
    uint16_t Status;
    uint8_t IfaceType[16];
    uint32_t LinkSpeed, ServiceFlags, Reserved[4];
};

enum {
    SERVICE_FLAG_BROADCAST = 0x0001,
    SERVICE_FLAG_MULTICAST = 0x0002,
    SERVICE_FLAG_SOFT_MAC = 0x0010,
    SERVICE_FLAG_RESET = 0x0400,
    SERVICE_FLAG_OPEN_CLOSE = 0x0800,
};

struct PXE_PACKED pxenv_undi_isr {
    uint16_t Status;
    uint16_t FuncFlag, BufferLength, FrameLength, FrameHeaderLength;
    struct pxe_far Frame;
    uint8_t ProtType, PktType;
};

enum {
    PXENV_UNDI_ISR_IN_START = 1,
    PXENV_UNDI_ISR_IN_PROCESS = 2,
    PXENV_UNDI_ISR_IN_GET_NEXT = 3,
    PXENV_UNDI_ISR_OUT_OURS = 0,
    PXENV_UNDI_ISR_OUT_NOT_OURS = 1,
    PXENV_UNDI_ISR_OUT_DONE = 0,
    PXENV_UNDI_ISR_OUT_TRANSMIT = 2,
    PXENV_UNDI_ISR_OUT_RECEIVE = 3,
    PXENV_UNDI_ISR_OUT_BUSY = 4,
    P_DIRECTED = 0,
    P_BROADCAST = 1,
    P_MULTICAST = 2,
};

struct PXE_PACKED pxenv_tftp_open {
    uint16_t Status;
    uint8_t ServerIPAddress[4], GatewayIPAddress[4];
    uint8_t FileName[128];
    uint8_t TFTPPort[2];
    uint16_t PacketSize;
};

struct PXE_PACKED pxenv_tftp_read {
    uint16_t Status;
    uint16_t PacketNumber, BufferSize;
    struct pxe_far Buffer;
};

/* Also PXENV_RESTART_TFTP's. */
struct PXE_PACKED pxenv_tftp_read_file {
    uint16_t Status;
    uint8_t FileName[128];
    uint32_t BufferSize, Buffer; /* Buffer: physical address */
    uint8_t ServerIPAddress[4], GatewayIPAddress[4], McastIPAddress[4];
    uint8_t TFTPClntPort[2], TFTPSrvPort[2];
    uint16_t TFTPOpenTimeOut, TFTPReopenDelay; /* seconds */
};

struct PXE_PACKED pxenv_tftp_get_fsize {
    uint16_t Status;
    uint8_t ServerIPAddress[4], GatewayIPAddress[4];
    uint8_t FileName[128];
    uint32_t FileSize;
};

struct PXE_PACKED pxenv_udp_open {
    uint16_t Status;
    uint8_t src_ip[4];
};

struct PXE_PACKED pxenv_udp_read {
    uint16_t Status;
    uint8_t src_ip[4], dest_ip[4];
    uint8_t s_port[2], d_port[2];
    uint16_t buffer_size;
    struct pxe_far buffer;
};

struct PXE_PACKED pxenv_udp_write {
    uint16_t Status;
    uint8_t ip[4], gw[4];
    uint8_t src_port[2], dst_port[2];
    uint16_t buffer_size;
    struct pxe_far buffer;
};

enum {
    PXENV_PACKET_TYPE_DHCP_DISCOVER = 1,
    PXENV_PACKET_TYPE_DHCP_ACK = 2,
    PXENV_PACKET_TYPE_CACHED_REPLY = 3,
};

/* BufferLimit is not touched when only the first 10 bytes belong to the caller. */
struct PXE_PACKED pxenv_get_cached_info {
    uint16_t Status;
    uint16_t PacketType, BufferSize;
    struct pxe_far Buffer;
    uint16_t BufferLimit;
};

#endif
