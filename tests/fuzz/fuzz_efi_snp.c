/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * An SNP that lies: any status from any call, lengths that no frame has, buffers that nobody gave it, a Mode that
 * changes under its user. The NIC over it may fail or deliver nonsense; it reads and writes nothing but its own memory
 * and ends.
 */
#include "efi/nic/snp_nic.h"
#include "tests/fuzz/fuzz.h"
#include "tests/sim/efi_firmware.h"

static struct reader input;
static struct world world;
static EFI_SIMPLE_NETWORK_MODE mode;
static struct snp_nic snp;

static EFI_STATUS any_status(void)
{
    static const EFI_STATUS statuses[] = {EFI_SUCCESS,           EFI_SUCCESS,          EFI_SUCCESS,
                                          EFI_NOT_READY,         EFI_DEVICE_ERROR,     EFI_ALREADY_STARTED,
                                          EFI_NOT_STARTED,       EFI_OUT_OF_RESOURCES, EFI_BUFFER_TOO_SMALL,
                                          EFI_INVALID_PARAMETER, EFI_UNSUPPORTED,      EFI_TIMEOUT};
    uint8_t choice = read_u8(&input);

    if ((choice & 0x80) != 0)
        mode.State = read_u8(&input) % 4;
    return statuses[choice % (sizeof(statuses) / sizeof(statuses[0]))];
}

static EFI_STATUS EFIAPI any_start(EFI_SIMPLE_NETWORK_PROTOCOL *this)
{
    (void)this;
    mode.State = EfiSimpleNetworkStarted;
    return any_status();
}

static EFI_STATUS EFIAPI any_stop(EFI_SIMPLE_NETWORK_PROTOCOL *this)
{
    (void)this;
    mode.State = EfiSimpleNetworkStopped;
    return any_status();
}

static EFI_STATUS EFIAPI any_initialize(EFI_SIMPLE_NETWORK_PROTOCOL *this, UINTN rx, UINTN tx)
{
    (void)this, (void)rx, (void)tx;
    mode.State = EfiSimpleNetworkInitialized;
    return any_status();
}

static EFI_STATUS EFIAPI any_reset(EFI_SIMPLE_NETWORK_PROTOCOL *this, BOOLEAN extended)
{
    (void)this, (void)extended;
    return any_status();
}

static EFI_STATUS EFIAPI any_filters(EFI_SIMPLE_NETWORK_PROTOCOL *this, UINT32 enable, UINT32 disable, BOOLEAN reset,
                                     UINTN count, EFI_MAC_ADDRESS *list)
{
    (void)this, (void)reset;
    check(((enable | disable) & ~mode.ReceiveFilterMask) == 0);
    check(count <= MAX_MCAST_FILTER_CNT && (count == 0) == (list == NULL));
    mode.ReceiveFilterSetting = read_u8(&input);
    return any_status();
}

static EFI_STATUS EFIAPI any_get_status(EFI_SIMPLE_NETWORK_PROTOCOL *this, UINT32 *interrupts, void **buffer)
{
    uint8_t choice = read_u8(&input);

    (void)this;
    check(interrupts != NULL || buffer != NULL);
    mode.MediaPresent = choice & 1;
    if (buffer != NULL && (choice & 2) != 0)
        *buffer = (choice & 4) != 0 ? snp.transmit[choice >> 4] + (choice >> 3 & 1) : (void *)&mode;
    return any_status();
}

static EFI_STATUS EFIAPI any_transmit(EFI_SIMPLE_NETWORK_PROTOCOL *this, UINTN header_len, UINTN len, void *buffer,
                                      EFI_MAC_ADDRESS *from, EFI_MAC_ADDRESS *to, UINT16 *protocol)
{
    (void)this, (void)from, (void)to, (void)protocol;
    check(header_len == 0 && buffer != NULL && len >= NIC_FRAME_MIN && len <= NIC_FRAME_MAX);
    return any_status();
}

static EFI_STATUS EFIAPI any_receive(EFI_SIMPLE_NETWORK_PROTOCOL *this, UINTN *header_len, UINTN *len, void *buffer,
                                     EFI_MAC_ADDRESS *from, EFI_MAC_ADDRESS *to, UINT16 *protocol)
{
    uint8_t choice = read_u8(&input);
    UINTN room = *len;

    (void)this, (void)header_len, (void)from, (void)to, (void)protocol;
    *len = (choice & 1) != 0 ? read_be16(&input) : choice;
    if ((choice & 0x42) == 0x42)
        *len = (UINTN)-1;
    memset(buffer, choice, *len < room ? *len : room);
    return any_status();
}

static void step(struct nic *nic)
{
    static const struct mac groups[20];
    struct slice frame;
    struct writer w;

    switch (read_u8(&input) % 8) {
    case 0:
        while (reader_left(&input) > 0 && nic_receive(nic, &frame)) {
            check(frame.len <= NIC_FRAME_MAX + 4 && frame.data == snp.received);
            nic_receive_done(nic);
        }
        break;
    case 1:
        (void)nic_has_frame(nic);
        break;
    case 2:
        if (nic_transmit_room(nic, &w)) {
            write_fill(&w, 0x5a, read_be16(&input) % 1515u);
            nic_transmit(nic, writer_len(&w));
        }
        break;
    case 3:
        (void)nic_set_filter(nic, read_u8(&input), groups, read_u8(&input) % 20u);
        break;
    case 4:
        (void)nic_link_up(nic);
        check(nic_transmitted(nic) <= 10000);
        break;
    case 5:
        mode.ReceiveFilterMask = read_u8(&input);
        mode.MaxMCastFilterCount = read_u8(&input);
        mode.MediaPresentSupported = read_u8(&input) & 1;
        break;
    case 6:
        efi_firmware_run(read_be16(&input) * 10u);
        break;
    default:
        nic_close(nic);
        (void)nic_open(nic);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    EFI_SIMPLE_NETWORK_PROTOCOL protocol = {
        .Start = any_start,
        .Stop = any_stop,
        .Initialize = any_initialize,
        .Reset = any_reset,
        .Shutdown = any_stop,
        .ReceiveFilters = any_filters,
        .GetStatus = any_get_status,
        .Transmit = any_transmit,
        .Receive = any_receive,
        .Mode = &mode,
    };

    input = reader_of(slice_of(bytes, len));
    memset(&mode, 0, sizeof(mode));
    mode.HwAddressSize = 6;
    mode.ReceiveFilterMask = 0x1f;
    mode.MaxMCastFilterCount = 4;
    world_start(&world, 1);
    efi_firmware_start(&world);
    snp_nic_init(&snp, &protocol);
    (void)nic_open(&snp.nic);
    while (reader_left(&input) > 0 && !input.failed)
        step(&snp.nic);
    nic_close(&snp.nic);
    efi_firmware_stop();
    world_stop(&world);
    return 0;
}
