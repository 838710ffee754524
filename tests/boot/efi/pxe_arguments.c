/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * One table: each function of EFI_PXE_BASE_CODE_PROTOCOL, right but for what the row says, with the status that UEFI
 * 2.10 gives for it in the started state. In the stopped state each is EFI_NOT_STARTED; which of two errors is named
 * the specification leaves open.
 */
#include "tests/boot/efi/pxe_checks.h"
#include "tests/boot/efi/report.h"

/* What is NULL in a call. */
enum {
    NO_THIS = 1,
    NO_FILE = 2,
    NO_BUFFER = 4,
    NO_SIZE = 8,
    NO_SERVER = 16,
    NO_PORT = 32,
    NO_IP = 64,
    NO_HEADER = 128,
    HEADER_0 = 256, /* *HeaderSize is 0 */
    NO_FROM_PORT = 512,
};

struct call {
    const char *section, *what;
    EFI_STATUS (*run)(unsigned missing, UINTN value);
    unsigned missing;
    UINTN value;
    EFI_STATUS wanted, or ; /* wanted 0: the call is right, and run while stopped only */
};

static EFI_PXE_BASE_CODE_PROTOCOL *this(unsigned missing)
{
    return (missing & NO_THIS) != 0 ? NULL : pxe;
}

static EFI_STATUS run_start(unsigned missing, UINTN value)
{
    return pxe->Start(this(missing), (BOOLEAN)value);
}

static EFI_STATUS run_stop(unsigned missing, UINTN value)
{
    (void)value;
    return pxe->Stop(this(missing));
}

static EFI_STATUS run_dhcp(unsigned missing, UINTN value)
{
    return pxe->Dhcp(this(missing), (BOOLEAN)value);
}

static EFI_STATUS run_discover(unsigned missing, UINTN value)
{
    UINT16 layer = 0;

    return pxe->Discover(this(missing), 0, (missing & NO_BUFFER) != 0 ? NULL : &layer, (BOOLEAN)value, NULL);
}

static EFI_STATUS mtftp(unsigned missing, EFI_PXE_BASE_CODE_TFTP_OPCODE operation, UINTN *block, EFI_IP_ADDRESS *server)
{
    static UINT8 buffer[512];
    UINT64 size = sizeof(buffer);

    return pxe->Mtftp(this(missing), operation, (missing & NO_BUFFER) != 0 ? NULL : buffer, FALSE,
                      (missing & NO_SIZE) != 0 ? NULL : &size, block, (missing & NO_SERVER) != 0 ? NULL : server,
                      (missing & NO_FILE) != 0 ? NULL : boot_file, NULL, FALSE);
}

static EFI_STATUS run_mtftp(unsigned missing, UINTN operation)
{
    return mtftp(missing, (EFI_PXE_BASE_CODE_TFTP_OPCODE)operation, NULL, &server_ip);
}

static EFI_STATUS run_mtftp_block(unsigned missing, UINTN block)
{
    return mtftp(missing, EFI_PXE_BASE_CODE_TFTP_READ_FILE, &block, &server_ip);
}

static EFI_STATUS run_mtftp_server(unsigned missing, UINTN every_byte)
{
    UINT8 byte = (UINT8)every_byte;
    EFI_IP_ADDRESS server = ip(byte, byte, byte, byte);

    return mtftp(missing, EFI_PXE_BASE_CODE_TFTP_READ_FILE, NULL, &server);
}

/* `value` is the size of the data. */
static EFI_STATUS run_udp_write(unsigned missing, UINTN value)
{
    static UINT8 data[16], header[4];
    EFI_PXE_BASE_CODE_UDP_PORT port = 9;
    UINTN header_size = (missing & HEADER_0) != 0 ? 0 : sizeof(header);

    return pxe->UdpWrite(this(missing), 0, (missing & NO_IP) != 0 ? NULL : &server_ip,
                         (missing & NO_PORT) != 0 ? NULL : &port, NULL, NULL, NULL,
                         (missing & (NO_HEADER | HEADER_0)) != 0 ? &header_size : NULL,
                         (missing & NO_HEADER) != 0 ? NULL : header, (missing & NO_SIZE) != 0 ? NULL : &value,
                         (missing & NO_BUFFER) != 0 ? NULL : data);
}

/* `value` is OpFlags. */
static EFI_STATUS run_udp_read(unsigned missing, UINTN value)
{
    static UINT8 data[64], header[4];
    EFI_PXE_BASE_CODE_UDP_PORT port = 4321, from_port = 9;
    UINTN size = sizeof(data), header_size = (missing & HEADER_0) != 0 ? 0 : sizeof(header);
    EFI_IP_ADDRESS from = server_ip;

    return pxe->UdpRead(this(missing), (UINT16)value, NULL, (missing & NO_PORT) != 0 ? NULL : &port,
                        (missing & NO_IP) != 0 ? NULL : &from, (missing & NO_FROM_PORT) != 0 ? NULL : &from_port,
                        (missing & (NO_HEADER | HEADER_0)) != 0 ? &header_size : NULL,
                        (missing & NO_HEADER) != 0 ? NULL : header, (missing & NO_SIZE) != 0 ? NULL : &size,
                        (missing & NO_BUFFER) != 0 ? NULL : data);
}

/* `value` is IpCnt; every address of the list is 255.255.255.255. */
static EFI_STATUS run_set_ip_filter(unsigned missing, UINTN value)
{
    EFI_PXE_BASE_CODE_IP_FILTER filter = {.Filters = EFI_PXE_BASE_CODE_IP_FILTER_STATION_IP, .IpCnt = (UINT8)value};

    for (size_t i = 0; i < EFI_PXE_BASE_CODE_MAX_IPCNT; i++)
        filter.IpList[i] = ip(255, 255, 255, 255);
    return pxe->SetIpFilter(this(missing), (missing & NO_BUFFER) != 0 ? NULL : &filter);
}

static EFI_STATUS run_arp(unsigned missing, UINTN value)
{
    EFI_IP_ADDRESS address = server_ip;

    (void)value;
    return pxe->Arp(this(missing), (missing & NO_IP) != 0 ? NULL : &address, NULL);
}

/* `value` is NewMakeCallback; nobody has installed the callback protocol. */
static EFI_STATUS run_set_parameters(unsigned missing, UINTN value)
{
    BOOLEAN make_callback = (BOOLEAN)value;

    return pxe->SetParameters(this(missing), NULL, NULL, NULL, NULL, &make_callback);
}

/* `value` is the first byte of the netmask's second half: 0 leaves 255.255.0.255. */
static EFI_STATUS run_set_station_ip(unsigned missing, UINTN value)
{
    EFI_IP_ADDRESS address = ip(10, 1, 2, 3), netmask = ip(255, 255, (UINT8)value, 255);

    return pxe->SetStationIp(this(missing), &address, &netmask);
}

static EFI_STATUS run_set_station_to(unsigned missing, UINTN every_byte)
{
    UINT8 byte = (UINT8)every_byte;
    EFI_IP_ADDRESS address = ip(byte, byte, byte, byte), netmask = ip(255, 255, 255, 0);

    return pxe->SetStationIp(this(missing), &address, &netmask);
}

static EFI_STATUS run_set_packets(unsigned missing, UINTN value)
{
    (void)value;
    return pxe->SetPackets(this(missing), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
}

#define INVALID       EFI_INVALID_PARAMETER
#define READ          EFI_PXE_BASE_CODE_TFTP_READ_FILE
#define SIZE          EFI_PXE_BASE_CODE_TFTP_GET_FILE_SIZE
#define WRITE         EFI_PXE_BASE_CODE_TFTP_WRITE_FILE
#define LIST          EFI_PXE_BASE_CODE_TFTP_READ_DIRECTORY
#define M_SIZE        EFI_PXE_BASE_CODE_MTFTP_GET_FILE_SIZE
#define M_READ        EFI_PXE_BASE_CODE_MTFTP_READ_FILE
#define M_LIST        EFI_PXE_BASE_CODE_MTFTP_READ_DIRECTORY
#define ANY_IP        EFI_PXE_BASE_CODE_UDP_OPFLAGS_ANY_SRC_IP
#define ANY_FROM_PORT EFI_PXE_BASE_CODE_UDP_OPFLAGS_ANY_SRC_PORT

static const struct call calls[] = {
    {"24.3.2", "Start: This NULL", run_start, NO_THIS, FALSE, INVALID, 0},
    {"24.3.3", "Stop: This NULL", run_stop, NO_THIS, 0, INVALID, 0},
    {"24.3.4", "Dhcp: This NULL", run_dhcp, NO_THIS, FALSE, INVALID, 0},
    {"24.3.4", "Dhcp", run_dhcp, 0, FALSE, 0, 0},
    {"24.3.5", "Discover: This NULL", run_discover, NO_THIS, FALSE, INVALID, 0},
    {"24.3.5", "Discover: Layer NULL", run_discover, NO_BUFFER, FALSE, INVALID, 0},
    {"24.3.5", "Discover: UseBis without BIS", run_discover, 0, TRUE, INVALID, EFI_UNSUPPORTED},
    {"24.3.5", "Discover", run_discover, 0, FALSE, 0, 0},
    {"24.3.6", "Mtftp read: This NULL", run_mtftp, NO_THIS, READ, INVALID, 0},
    {"24.3.6", "Mtftp read: BufferPtr NULL", run_mtftp, NO_BUFFER, READ, INVALID, 0},
    {"24.3.6", "Mtftp read: BufferSize NULL", run_mtftp, NO_SIZE, READ, INVALID, 0},
    {"24.3.6", "Mtftp read: ServerIp NULL", run_mtftp, NO_SERVER, READ, INVALID, 0},
    {"24.3.6", "Mtftp read: Filename NULL", run_mtftp, NO_FILE, READ, INVALID, 0},
    {"24.3.6", "Mtftp read: BlockSize 511", run_mtftp_block, 0, 511, INVALID, 0},
    {"24.3.6", "Mtftp read: BlockSize 0", run_mtftp_block, 0, 0, INVALID, 0},
    {"24.3.6", "Mtftp read: ServerIp 0.0.0.0", run_mtftp_server, 0, 0, INVALID, 0},
    {"24.3.6", "Mtftp read: ServerIp 255.255.255.255", run_mtftp_server, 0, 255, INVALID, 0},
    {"24.3.6", "Mtftp size: This NULL", run_mtftp, NO_THIS, SIZE, INVALID, 0},
    {"24.3.6", "Mtftp size: BufferSize NULL", run_mtftp, NO_SIZE, SIZE, INVALID, 0},
    {"24.3.6", "Mtftp size: ServerIp NULL", run_mtftp, NO_SERVER, SIZE, INVALID, 0},
    {"24.3.6", "Mtftp size: Filename NULL", run_mtftp, NO_FILE, SIZE, INVALID, 0},
    {"24.3.6", "Mtftp write: BufferPtr NULL", run_mtftp, NO_BUFFER, WRITE, INVALID, 0},
    {"24.3.6", "Mtftp write: BufferSize NULL", run_mtftp, NO_SIZE, WRITE, INVALID, 0},
    {"24.3.6", "Mtftp write: ServerIp NULL", run_mtftp, NO_SERVER, WRITE, INVALID, 0},
    {"24.3.6", "Mtftp write: Filename NULL", run_mtftp, NO_FILE, WRITE, INVALID, 0},
    {"24.3.6", "Mtftp directory: ServerIp NULL", run_mtftp, NO_SERVER, LIST, INVALID, 0},
    {"24.3.6", "Mtftp directory: BufferSize NULL", run_mtftp, NO_SIZE, LIST, INVALID, 0},
    {"24.3.6", "Mtftp multicast read: Info NULL", run_mtftp, 0, M_READ, INVALID, EFI_UNSUPPORTED},
    {"24.3.6", "Mtftp multicast directory: Info NULL", run_mtftp, 0, M_LIST, INVALID, EFI_UNSUPPORTED},
    {"24.3.6", "Mtftp multicast size: ServerIp NULL", run_mtftp, NO_SERVER, M_SIZE, INVALID, EFI_UNSUPPORTED},
    {"24.3.6", "Mtftp: Operation 0", run_mtftp, 0, 0, INVALID, 0},
    {"24.3.6", "Mtftp: Operation 8", run_mtftp, 0, 8, INVALID, 0},
    {"24.3.6", "Mtftp: Operation 1000", run_mtftp, 0, 1000, INVALID, 0},
    {"24.3.6", "Mtftp read", run_mtftp, 0, READ, 0, 0},
    {"24.3.6", "Mtftp size", run_mtftp, 0, SIZE, 0, 0},
    {"24.3.7", "UdpWrite: This NULL", run_udp_write, NO_THIS, 16, INVALID, 0},
    {"24.3.7", "UdpWrite: DestIp NULL", run_udp_write, NO_IP, 16, INVALID, 0},
    {"24.3.7", "UdpWrite: DestPort NULL", run_udp_write, NO_PORT, 16, INVALID, 0},
    {"24.3.7", "UdpWrite: BufferSize NULL", run_udp_write, NO_SIZE, 16, INVALID, 0},
    {"24.3.7", "UdpWrite: BufferPtr NULL", run_udp_write, NO_BUFFER, 16, INVALID, 0},
    {"24.3.7", "UdpWrite: HeaderPtr NULL", run_udp_write, NO_HEADER, 16, INVALID, 0},
    {"24.3.7", "UdpWrite: HeaderSize 0", run_udp_write, HEADER_0, 16, INVALID, 0},
    {"24.3.7", "UdpWrite: 65508 bytes", run_udp_write, 0, 65508, EFI_BAD_BUFFER_SIZE, 0},
    {"24.3.7", "UdpWrite: all bytes there can be", run_udp_write, 0, ~(UINTN)0, EFI_BAD_BUFFER_SIZE, 0},
    {"24.3.7", "UdpWrite", run_udp_write, 0, 16, 0, 0},
    {"24.3.8", "UdpRead: This NULL", run_udp_read, NO_THIS, 0, INVALID, 0},
    {"24.3.8", "UdpRead: DestPort NULL, not ANY_DEST_PORT", run_udp_read, NO_PORT, 0, INVALID, 0},
    {"24.3.8", "UdpRead: SrcIp NULL, not ANY_SRC_IP", run_udp_read, NO_IP, 0, INVALID, 0},
    {"24.3.8", "UdpRead: SrcPort NULL, not ANY_SRC_PORT", run_udp_read, NO_FROM_PORT, 0, INVALID, 0},
    {"24.3.8", "UdpRead: SrcIp NULL, ANY_SRC_PORT", run_udp_read, NO_IP, ANY_FROM_PORT, INVALID, 0},
    {"24.3.8", "UdpRead: SrcPort NULL, ANY_SRC_IP", run_udp_read, NO_FROM_PORT, ANY_IP, INVALID, 0},
    {"24.3.8", "UdpRead: HeaderPtr NULL", run_udp_read, NO_HEADER, 0, INVALID, 0},
    {"24.3.8", "UdpRead: HeaderSize 0", run_udp_read, HEADER_0, 0, INVALID, 0},
    {"24.3.8", "UdpRead: BufferSize NULL", run_udp_read, NO_SIZE, 0, INVALID, 0},
    {"24.3.8", "UdpRead: BufferPtr NULL", run_udp_read, NO_BUFFER, 0, INVALID, 0},
    {"24.3.8", "UdpRead", run_udp_read, 0, 0, 0, 0},
    {"24.3.9", "SetIpFilter: This NULL", run_set_ip_filter, NO_THIS, 0, INVALID, 0},
    {"24.3.9", "SetIpFilter: NewFilter NULL", run_set_ip_filter, NO_BUFFER, 0, INVALID, 0},
    {"24.3.9", "SetIpFilter: a broadcast address", run_set_ip_filter, 0, 1, INVALID, 0},
    {"24.3.9", "SetIpFilter: 9 addresses", run_set_ip_filter, 0, 9, INVALID, 0},
    {"24.3.9", "SetIpFilter", run_set_ip_filter, 0, 0, 0, 0},
    {"24.3.10", "Arp: This NULL", run_arp, NO_THIS, 0, INVALID, 0},
    {"24.3.10", "Arp: IpAddr NULL", run_arp, NO_IP, 0, INVALID, 0},
    {"24.3.10", "Arp", run_arp, 0, 0, 0, 0},
    {"24.3.11", "SetParameters: This NULL", run_set_parameters, NO_THIS, FALSE, INVALID, 0},
    {"24.3.11", "SetParameters: callbacks, no protocol", run_set_parameters, 0, TRUE, INVALID, 0},
    {"24.3.11", "SetParameters", run_set_parameters, 0, FALSE, 0, 0},
    {"24.3.12", "SetStationIp: This NULL", run_set_station_ip, NO_THIS, 255, INVALID, 0},
    {"24.3.12", "SetStationIp: netmask 255.255.0.255", run_set_station_ip, 0, 0, INVALID, 0},
    {"24.3.12", "SetStationIp: 255.255.255.255", run_set_station_to, 0, 255, INVALID, 0},
    {"24.3.12", "SetStationIp: 224.224.224.224", run_set_station_to, 0, 224, INVALID, 0},
    {"24.3.12", "SetStationIp", run_set_station_ip, 0, 255, 0, 0},
    {"24.3.13", "SetPackets: This NULL", run_set_packets, NO_THIS, 0, INVALID, 0},
    {"24.3.13", "SetPackets", run_set_packets, 0, 0, 0, 0},
};

/* Every row, and that nothing of it shows in Mode. */
void pxe_arguments(bool started)
{
    static EFI_PXE_BASE_CODE_MODE before;

    before = *pxe->Mode;
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        const struct call *call = &calls[i];

        if (started && call->wanted != 0)
            check_status_either(call->section, call->what, call->run(call->missing, call->value), call->wanted,
                                call->or == 0 ? call->wanted : call->or);
        if (!started && call->run != run_start)
            check_status_either(call->section, call->what, call->run(call->missing, call->value), EFI_NOT_STARTED,
                                call->wanted == 0 ? EFI_NOT_STARTED : call->wanted);
    }
    check(memcmp(&before, pxe->Mode, sizeof(before)) == 0, "24.3.1", "Mode is as before all these");
}
