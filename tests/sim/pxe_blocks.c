/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/sim/pxe_blocks.h"

#include "firmware/base/text.h"
#include "tests/sim/pxe_world.h"

enum {
    FILE_PLACE = 0x100000,
    FILE_ROOM = 0x40000,
    TBD_BYTES = PXE_BLOCK_TBD + 0x100,
};

/* Those that carry a boot stand more than once. */
static const uint16_t opcodes[] = {
    PXENV_TFTP_OPEN,
    PXENV_TFTP_READ,
    PXENV_TFTP_READ,
    PXENV_TFTP_CLOSE,
    PXENV_TFTP_READ_FILE,
    PXENV_TFTP_GET_FSIZE,
    PXENV_UDP_OPEN,
    PXENV_UDP_READ,
    PXENV_UDP_READ,
    PXENV_UDP_WRITE,
    PXENV_UDP_CLOSE,
    PXENV_UNDI_OPEN,
    PXENV_UNDI_ISR,
    PXENV_UNDI_ISR,
    PXENV_UNDI_TRANSMIT,
    PXENV_UNDI_CLOSE,
    PXENV_GET_CACHED_INFO,
    PXENV_RESTART_TFTP,
    PXENV_STOP_UNDI,
    PXENV_UNLOAD_STACK,
    PXENV_UNDI_STARTUP,
    PXENV_UNDI_INITIALIZE,
    PXENV_UNDI_SHUTDOWN,
    PXENV_UNDI_CLEANUP,
    PXENV_UNDI_RESET_ADAPTER,
    PXENV_UNDI_SET_MCAST_ADDRESS,
    PXENV_UNDI_SET_STATION_ADDRESS,
    PXENV_UNDI_SET_PACKET_FILTER,
    PXENV_UNDI_GET_INFORMATION,
    PXENV_UNDI_GET_STATISTICS,
    PXENV_UNDI_CLEAR_STATISTICS,
    PXENV_UNDI_GET_MCAST_ADDRESS,
    PXENV_UNDI_GET_NIC_TYPE,
    PXENV_UNDI_GET_IFACE_INFO,
    PXENV_STOP_BASE,
};

static const char *const names[] = {"text", "big", "even", "boot.0", "none"};
static const uint8_t server_ip[4] = {PXE_WORLD_SERVER_IP >> 24, PXE_WORLD_SERVER_IP >> 16 & 0xff,
                                     PXE_WORLD_SERVER_IP >> 8 & 0xff, PXE_WORLD_SERVER_IP & 0xff};

uint16_t pxe_block_opcode(uint8_t which)
{
    return opcodes[which % (sizeof(opcodes) / sizeof(opcodes[0]))];
}

static const char *name_of(uint8_t variant)
{
    return names[variant % (sizeof(names) / sizeof(names[0]))];
}

static void fill_tftp_open(uint8_t variant, void *block)
{
    struct pxenv_tftp_open open = {.TFTPPort = {0, 69}, .PacketSize = (uint16_t)(512 + variant * 8)};

    memcpy(open.ServerIPAddress, server_ip, sizeof(server_ip));
    memcpy(open.FileName, name_of(variant), text_length(name_of(variant)));
    memcpy(block, &open, sizeof(open));
}

static void fill_tftp_get_fsize(uint8_t variant, void *block)
{
    struct pxenv_tftp_get_fsize size = {0};

    memcpy(size.ServerIPAddress, server_ip, sizeof(server_ip));
    memcpy(size.FileName, name_of(variant), text_length(name_of(variant)));
    memcpy(block, &size, sizeof(size));
}

static void fill_tftp_read_file(uint8_t variant, void *block)
{
    struct pxenv_tftp_read_file file = {
        .BufferSize = variant & 0x80 ? 1000 : FILE_ROOM,
        .Buffer = FILE_PLACE,
        .TFTPSrvPort = {0, 69},
    };

    memcpy(file.ServerIPAddress, server_ip, sizeof(server_ip));
    memcpy(file.FileName, name_of(variant), text_length(name_of(variant)));
    memcpy(block, &file, sizeof(file));
}

static void fill_udp_write(uint8_t variant, void *block)
{
    struct pxenv_udp_write write = {
        .src_port = {PXE_BLOCK_PORT >> 8, PXE_BLOCK_PORT & 0xff},
        .dst_port = {0, PXE_WORLD_ECHO_PORT},
        .buffer_size = (uint16_t)(variant * 6),
        .buffer = pxe_world_far(PXE_WORLD_BUFFER),
    };

    memcpy(write.ip, server_ip, sizeof(server_ip));
    memcpy(block, &write, sizeof(write));
}

/* The calls whose blocks hold more than numbers to choose. */
static void fill_small(uint16_t opcode, uint8_t variant, void *block)
{
    const struct pxenv_tftp_read tftp_read = {.Buffer = pxe_world_far(PXE_WORLD_BUFFER)};
    const struct pxenv_udp_read udp_read = {.buffer_size = 1500, .buffer = pxe_world_far(PXE_WORLD_BUFFER)};
    const struct pxenv_undi_isr isr = {.FuncFlag = (uint16_t)(1 + variant % 3)};
    const struct pxenv_undi_open open = {.PktFilter = variant & 7};
    const struct pxenv_undi_transmit transmit = {
        .Protocol = variant & 3,
        .XmitFlag = variant >> 2 & 1,
        .DestAddr = pxe_world_far(PXE_WORLD_BUFFER),
        .TBD = pxe_world_far(PXE_BLOCK_TBD),
    };
    const struct pxenv_get_cached_info info = {
        .PacketType = (uint16_t)(1 + variant % 3),
        .BufferSize = (uint16_t)(variant / 3 * 20),
        .Buffer = pxe_world_far(PXE_WORLD_BUFFER),
    };

    if (opcode == PXENV_TFTP_READ)
        memcpy(block, &tftp_read, sizeof(tftp_read));
    else if (opcode == PXENV_UDP_READ)
        memcpy(block, &udp_read, sizeof(udp_read));
    else if (opcode == PXENV_UNDI_ISR)
        memcpy(block, &isr, sizeof(isr));
    else if (opcode == PXENV_UNDI_OPEN)
        memcpy(block, &open, sizeof(open));
    else if (opcode == PXENV_UNDI_TRANSMIT)
        memcpy(block, &transmit, sizeof(transmit));
    else if (opcode == PXENV_GET_CACHED_INFO)
        memcpy(block, &info, sizeof(info));
}

void pxe_block_fill(uint16_t opcode, uint8_t variant, uint8_t block[PXE_BLOCK_MAX])
{
    memset(block, 0, PXE_BLOCK_MAX);
    if (opcode == PXENV_TFTP_OPEN)
        fill_tftp_open(variant, block);
    else if (opcode == PXENV_TFTP_GET_FSIZE)
        fill_tftp_get_fsize(variant, block);
    else if (opcode == PXENV_TFTP_READ_FILE || opcode == PXENV_RESTART_TFTP)
        fill_tftp_read_file(variant, block);
    else if (opcode == PXENV_UDP_WRITE)
        fill_udp_write(variant, block);
    else
        fill_small(opcode, variant, block);
}

void pxe_block_fill_tbd(uint8_t variant, struct pxenv_undi_tbd *tbd)
{
    *tbd = (struct pxenv_undi_tbd){
        .ImmedLength = (uint16_t)(variant + 14),
        .Xmit = pxe_world_far(TBD_BYTES),
        .DataBlkCount = variant >> 5,
    };
    for (unsigned n = 0; n < sizeof(tbd->DataBlock) / sizeof(tbd->DataBlock[0]); n++)
        tbd->DataBlock[n] = (struct pxenv_undi_data_block){
            .TDPtrType = 1,
            .TDDataLen = 100,
            .TDDataPtr = pxe_world_far(TBD_BYTES + 16 * n),
        };
}

size_t pxe_block_writes(uint16_t opcode, const uint8_t *block)
{
    struct pxenv_udp_read udp_read;
    struct pxenv_tftp_read tftp_read;
    struct pxenv_get_cached_info info;

    switch (opcode) {
    case PXENV_UDP_WRITE:
    case PXENV_UNDI_TRANSMIT:
        return 0;
    case PXENV_UDP_READ:
        memcpy(&udp_read, block, sizeof(udp_read));
        return udp_read.Status == 0 ? udp_read.buffer_size : 0;
    case PXENV_TFTP_READ:
        memcpy(&tftp_read, block, sizeof(tftp_read));
        return tftp_read.Status == 0 ? tftp_read.BufferSize : 0;
    case PXENV_GET_CACHED_INFO:
        memcpy(&info, block, offsetof(struct pxenv_get_cached_info, BufferLimit));
        return info.Status == 0 ? info.BufferSize : 0;
    default:
        return SIZE_MAX;
    }
}
