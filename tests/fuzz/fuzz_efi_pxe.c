/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A boot program that calls PXE_BASE_CODE with anything, in any order, on a network where anything may arrive, also
 * while a call waits, and whose callback protocol calls back. The input is a list of steps (see step()).
 *
 * Required of every call: it ends, at the TPL it came with, and leaves the NIC; NULL and garbage are a status; buffers
 * of exactly the size that was told are the address sanitizer's affair; Mode says nothing impossible.
 */
#include "firmware/platform.h"
#include "tests/fuzz/fuzz.h"
#include "tests/harness/frame_repair.h"
#include "tests/sim/efi_world.h"

enum {
    EVENTS = 32,
    IDLES_MAX = 400000, /* of one call; a call that spins is as bad as one that never ends */
    CALL_LIMIT_S = 1800,
    FRAME_MAX = 1600,
    BUFFER_MAX = 70000,
    NAME_MAX_LEN = 300,
    NESTED_MAX = 3,
};

struct event {
    bool is_call; /* else a frame or datagram */
    struct slice bytes;
};

static struct {
    struct efi_world *world;
    struct event events[EVENTS]; /* what happens while calls wait, one per idle */
    unsigned event_count, events_taken, depth;
    uint64_t idles;
    EFI_PXE_BASE_CODE_CALLBACK_PROTOCOL callback;
    uint8_t answers; /* of the callback: bits taken one at a time; 0 is CONTINUE */
} fuzz;

static void call(struct reader *in);

static EFI_PXE_BASE_CODE_CALLBACK_STATUS EFIAPI callback(EFI_PXE_BASE_CODE_CALLBACK_PROTOCOL *this,
                                                         EFI_PXE_BASE_CODE_FUNCTION function, BOOLEAN received,
                                                         UINT32 len, EFI_PXE_BASE_CODE_PACKET *packet)
{
    const uint8_t *bytes = (const uint8_t *)packet;
    volatile uint8_t sum = 0;
    uint8_t answer = fuzz.answers & 3;

    check(this == &fuzz.callback && function > EFI_PXE_BASE_CODE_FUNCTION_FIRST &&
          function < EFI_PXE_BASE_CODE_PXE_FUNCTION_LAST);
    (void)received;
    check((len == 0) == (packet == NULL));
    for (UINT32 at = 0; at < len; at++)
        sum = (uint8_t)(sum + bytes[at]);
    fuzz.answers >>= 1;
    return answer == 0 ? EFI_PXE_BASE_CODE_CALLBACK_STATUS_CONTINUE : (EFI_PXE_BASE_CODE_CALLBACK_STATUS)answer;
}

static struct wire_end *our_end(void)
{
    return &fuzz.world->world.wire.ends[0];
}

/* --- what arrives ----------------------------------------------------------------------------------------------------
 */

static void send_frame(struct slice bytes)
{
    uint8_t frame[FRAME_MAX];
    struct reader in = reader_of(bytes);
    uint8_t what = read_u8(&in);
    struct slice rest = slice_first(read_rest(&in), sizeof(frame));

    if (rest.len < 14 || !our_end()->nic.is_open)
        return;
    memcpy(frame, rest.data, rest.len);
    if (what & 1)
        memcpy(frame, our_end()->nic.mac.byte, 6);
    if (what & 2 && rest.len >= 34)
        store_be32(frame + 30, EFI_WORLD_OUR_IP);
    if (what & 4)
        frame_repair(frame, rest.len);
    wire_inject(our_end(), slice_of(frame, rest.len));
}

static uint16_t port_of(uint8_t which)
{
    const struct net_boot *boot = &fuzz.world->boot;
    const uint16_t ports[] = {
        boot->session.transfer.tftp.udp.port, boot->pxe.udp.client.port,    boot->session.size_query.tftp.udp.port,
        boot->pxe.upload.write.udp.port,      boot->pxe.discovery.udp.port, 68,
    };

    return ports[which % (sizeof(ports) / sizeof(ports[0]))];
}

/* A datagram from the server's host; its rest is zeros, so that a long one need not be long in the input. */
static void send_datagram(struct slice bytes)
{
    static uint8_t payload[4000];
    struct reader in = reader_of(bytes);
    uint8_t what = read_u8(&in);
    size_t len = read_be16(&in) % sizeof(payload);
    uint16_t from = (uint16_t)(what & 64 ? fuzz.world->boot.session.transfer.tftp.peer.port : EFI_WORLD_ECHO_PORT);
    struct slice rest = slice_first(read_rest(&in), len);

    memset(payload, 0, sizeof(payload));
    if (rest.len != 0)
        memcpy(payload, rest.data, rest.len);
    server_knows(&fuzz.world->server, EFI_WORLD_OUR_IP, our_end()->nic.mac);
    if (our_end()->nic.is_open)
        (void)server_send(&fuzz.world->server, from,
                          (struct udp_address){.ip = ipv4_address(EFI_WORLD_OUR_IP), .port = port_of(what & 15)},
                          slice_of(payload, len));
}

static void arrive(struct slice bytes)
{
    if (bytes.len != 0 && bytes.data[0] & 128)
        send_frame(bytes);
    else
        send_datagram(bytes);
}

static void in_idle(void *context)
{
    struct event *event = &fuzz.events[fuzz.events_taken];
    struct reader in;

    (void)context;
    check(++fuzz.idles < IDLES_MAX);
    if (fuzz.events_taken == fuzz.event_count)
        return;
    fuzz.events_taken++;
    in = reader_of(event->bytes);
    if (!event->is_call)
        arrive(event->bytes);
    else if (fuzz.depth < NESTED_MAX)
        call(&in);
}

/* --- arguments
 * --------------------------------------------------------------------------------------------------------- */

static EFI_IP_ADDRESS address(struct reader *in)
{
    uint8_t which = read_u8(in);

    switch (which % 8) {
    case 0:
    case 1:
    case 2:
        return efi_ip(EFI_WORLD_SERVER_IP);
    case 3:
        return efi_ip(EFI_WORLD_OUR_IP);
    case 4:
        return efi_ip(0xef010203);
    case 5:
        return efi_ip(0xffffffff);
    default:
        return efi_ip(read_be32(in));
    }
}

/* Memory of exactly the size that the call is told; NULL when it is to be. */
static uint8_t *buffer(struct reader *in, size_t *len)
{
    uint16_t wanted = read_be16(in);
    uint8_t *memory;

    *len = wanted < 0xff00 ? wanted % 4096 : BUFFER_MAX;
    if (wanted == 0xfffe)
        return NULL;
    memory = calloc(1, *len != 0 ? *len : 1);
    check(memory != NULL);
    return memory;
}

/* One in sixteen pointers is NULL. */
static void *or_null(struct reader *in, void *pointer)
{
    return (read_u8(in) & 15) == 15 ? NULL : pointer;
}

static void call_mtftp(EFI_PXE_BASE_CODE_PROTOCOL *pxe, struct reader *in)
{
    static const char *const names[] = {"text", "big", "even", "empty", "no such", ""};
    uint8_t op = read_u8(in), which = read_u8(in);
    EFI_PXE_BASE_CODE_MTFTP_INFO info = {0};
    EFI_IP_ADDRESS server = address(in);
    uint8_t name[NAME_MAX_LEN] = {0};
    UINTN block = read_be16(in);
    struct slice text;
    UINT64 told;
    size_t len;
    uint8_t *memory = buffer(in, &len);

    if (which < 200) {
        const char *chosen = names[which % (sizeof(names) / sizeof(names[0]))];

        memcpy(name, chosen, strlen(chosen));
    } else {
        text = read_at_most(in, NAME_MAX_LEN - 1);
        memcpy(name, text.data, text.len);
    }
    told = len;
    (void)pxe->Mtftp(pxe, (EFI_PXE_BASE_CODE_TFTP_OPCODE)(op & 31 ? op % 10 : 2), memory, TRUE, or_null(in, &told),
                     op & 32 ? &block : NULL, or_null(in, &server), or_null(in, name), op & 64 ? &info : NULL,
                     (op & 128) != 0);
    free(memory);
}

static void call_udp_write(EFI_PXE_BASE_CODE_PROTOCOL *pxe, struct reader *in)
{
    EFI_IP_ADDRESS to = address(in), gateway = address(in), from = address(in);
    EFI_PXE_BASE_CODE_UDP_PORT to_port = read_be16(in), from_port = read_be16(in);
    uint8_t flags = read_u8(in), given = read_u8(in);
    UINTN head_told, told;
    size_t head_len, len;
    uint8_t *head = buffer(in, &head_len), *body = buffer(in, &len);

    head_told = head_len;
    told = len;
    (void)pxe->UdpWrite(pxe, flags, or_null(in, &to), or_null(in, &to_port), given & 1 ? &gateway : NULL,
                        given & 2 ? &from : NULL, given & 4 ? &from_port : NULL, given & 8 ? &head_told : NULL, head,
                        or_null(in, &told), body);
    free(head);
    free(body);
}

static void call_udp_read(EFI_PXE_BASE_CODE_PROTOCOL *pxe, struct reader *in)
{
    EFI_IP_ADDRESS to = address(in), from = address(in);
    EFI_PXE_BASE_CODE_UDP_PORT to_port = read_be16(in), from_port = EFI_WORLD_ECHO_PORT;
    uint8_t flags = read_u8(in), given = read_u8(in);
    UINTN head_told, told;
    size_t head_len, len;
    uint8_t *head = buffer(in, &head_len), *body = buffer(in, &len);

    head_told = head_len;
    told = len;
    if (pxe->UdpRead(pxe, flags, given & 1 ? &to : NULL, or_null(in, &to_port), or_null(in, &from),
                     or_null(in, &from_port), given & 8 ? &head_told : NULL, head, or_null(in, &told),
                     body) == EFI_SUCCESS)
        check(told <= len && head_told <= head_len);
    free(head);
    free(body);
}

static void call_discover(EFI_PXE_BASE_CODE_PROTOCOL *pxe, struct reader *in)
{
    struct {
        EFI_PXE_BASE_CODE_DISCOVER_INFO info;
        EFI_PXE_BASE_CODE_SRVLIST more[3];
    } list = {.info = {.UseMCast = 1}};
    uint8_t flags = read_u8(in);
    UINT16 layer = (UINT16)(flags >> 7);

    list.info.UseMCast = flags & 1;
    list.info.UseBCast = flags & 2;
    list.info.UseUCast = flags & 4;
    list.info.MustUseList = flags & 8;
    list.info.ServerMCastIp = address(in);
    list.info.IpCnt = read_u8(in) % 5;
    list.info.SrvList[0] = (EFI_PXE_BASE_CODE_SRVLIST){.Type = read_u8(in), .IpAddr = address(in)};
    for (size_t n = 0; n < 3; n++)
        list.more[n] = (EFI_PXE_BASE_CODE_SRVLIST){.Type = 15, .AcceptAnyResponse = flags & 16, .IpAddr = address(in)};
    (void)pxe->Discover(pxe, 15, or_null(in, &layer), (flags & 32) != 0, flags & 64 ? NULL : &list.info);
}

static void call_set_packets(EFI_PXE_BASE_CODE_PROTOCOL *pxe, struct reader *in)
{
    EFI_PXE_BASE_CODE_PACKET packet = {0};
    uint8_t which = read_u8(in);
    BOOLEAN flag = (which & 64) != 0;
    struct slice bytes = read_at_most(in, read_be16(in) % sizeof(packet));

    if (which & 128)
        packet = pxe->Mode->DhcpAck;
    if (bytes.len != 0)
        memcpy(packet.Raw, bytes.data, bytes.len);
#define FLAG(n)   (which % 6 == (n) ? &flag : NULL)
#define PACKET(n) (which % 6 == (n) ? &packet : NULL)
    (void)pxe->SetPackets(pxe, FLAG(0), FLAG(1), FLAG(2), FLAG(3), FLAG(4), FLAG(5), PACKET(0), PACKET(1), PACKET(2),
                          PACKET(3), PACKET(4), PACKET(5));
}

static void call_setter(EFI_PXE_BASE_CODE_PROTOCOL *pxe, uint8_t which, struct reader *in)
{
    EFI_PXE_BASE_CODE_IP_FILTER filter = {.Filters = read_u8(in), .IpCnt = read_u8(in) % 12};
    EFI_IP_ADDRESS first = address(in), second = address(in);
    EFI_MAC_ADDRESS mac;
    BOOLEAN yes = TRUE, maybe = (which & 16) != 0;
    UINT8 ttl = read_u8(in), tos = read_u8(in);

    filter.IpList[0] = first;
    filter.IpList[1] = second;
    switch (which % 4) {
    case 0:
        (void)pxe->SetIpFilter(pxe, or_null(in, &filter));
        break;
    case 1:
        (void)pxe->SetStationIp(pxe, or_null(in, &first), or_null(in, &second));
        break;
    case 2:
        (void)pxe->SetParameters(pxe, or_null(in, &maybe), or_null(in, &yes), or_null(in, &ttl), or_null(in, &tos),
                                 or_null(in, &maybe));
        break;
    default:
        (void)pxe->Arp(pxe, or_null(in, &first), or_null(in, &mac));
    }
}

static void check_mode(const struct efi_world *w)
{
    const EFI_PXE_BASE_CODE_MODE *mode = &w->boot.pxe.mode;
    EFI_IP_ADDRESS station = efi_ip(w->boot.session.net.config.address);

    check(mode->ArpCacheEntries <= EFI_PXE_BASE_CODE_MAX_ARP_ENTRIES);
    check(mode->RouteTableEntries <= EFI_PXE_BASE_CODE_MAX_ROUTE_ENTRIES);
    check(mode->IpFilter.IpCnt <= EFI_PXE_BASE_CODE_MAX_IPCNT);
    check(mode->TftpError.ErrorString[126] == 0);
    check(!mode->UsingIpv6);
    check(!mode->Started || memcmp(&mode->StationIp, &station, 4) == 0);
}

static void call(struct reader *in)
{
    struct efi_world *w = fuzz.world;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    uint8_t which = read_u8(in);
    EFI_TPL tpl = efi_firmware_tpl();

    fuzz.depth++;
    if (fuzz.depth == 1)
        fuzz.idles = 0;
    w->world.limit = w->world.now + SECONDS(CALL_LIMIT_S);
    switch (which % 16) {
    case 0:
        (void)pxe->Start(pxe, which & 128);
        break;
    case 1:
        (void)pxe->Stop(pxe);
        break;
    case 2:
        (void)pxe->Dhcp(pxe, which & 128);
        break;
    case 3:
        call_discover(pxe, in);
        break;
    case 4:
    case 5:
    case 6:
        call_mtftp(pxe, in);
        break;
    case 7:
    case 8:
        call_udp_write(pxe, in);
        break;
    case 9:
    case 10:
        call_udp_read(pxe, in);
        break;
    case 11:
        call_set_packets(pxe, in);
        break;
    default:
        call_setter(pxe, which, in);
    }
    fuzz.depth--;
    check(efi_firmware_tpl() == tpl);
    if (fuzz.depth != 0)
        return;
    check(!w->boot.is_busy && w->boot.pxe.udp.read == NULL && !w->boot.pxe.udp.write_owed);
    check(w->boot.session.net.observer == NULL);
    check_mode(w);
}

/* --- steps
 * ---------------------------------------------------------------------------------------------------------------- */

/* What is wrong with the network and the servers from now on. */
static void step_trouble(struct reader *in)
{
    struct efi_world *w = fuzz.world;
    uint16_t flags = read_be16(in);

    w->tftp.knobs = (struct tftp_server_knobs){
        .ignores_options = (flags & 1) != 0,
        .refuses_options = (flags & 2) != 0,
        .is_deaf = (flags & 4) != 0,
        .silent_from = (flags & 8) != 0 ? 3 : 0,
        .error_at = (flags & 16) != 0 ? 2 : 0,
        .strays = (flags & 32) != 0,
        .knows_no_tsize = (flags & 64) != 0,
        .lies_size = (flags & 128) != 0 ? read_be32(in) : 0,
    };
    w->acquire_status = (flags & 256) != 0 ? STATUS_LINK_DOWN : STATUS_OK;
    w->echo.is_silent = (flags & 512) != 0;
    w->dhcp.config.misses = (flags & 1024) != 0 ? 100 : 0;
    w->dhcp.config.naks = (flags & 2048) != 0 ? 3 : 0;
    w->dhcp.config.file = (flags & 4096) != 0 ? NULL : "boot.efi";
    w->world.wire.ends[0].conditions.loss = (flags & 8192) != 0 ? 100 : 0;
    fuzz.answers = read_u8(in);
}

static void step(struct reader *in)
{
    uint8_t kind = read_u8(in);
    struct slice bytes;

    switch (kind % 4) {
    case 0:
        call(in);
        break;
    case 1:
    case 2: /* something arrives, or is called: while the next call waits */
        bytes = read_at_most(in, read_be16(in) % FRAME_MAX);
        if (fuzz.event_count < EVENTS)
            fuzz.events[fuzz.event_count++] = (struct event){.is_call = (kind & 64) != 0, .bytes = bytes};
        break;
    default:
        if (kind & 64)
            world_run(&fuzz.world->world, fuzz.world->world.now + ((time_us)1 << read_u8(in) % 24));
        else
            step_trouble(in);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const EFI_GUID guid = EFI_PXE_BASE_CODE_CALLBACK_PROTOCOL_GUID;
    struct reader in = reader_of(slice_of(bytes, len));

    fuzz.world = efi_world_new(1);
    fuzz.event_count = fuzz.events_taken = fuzz.depth = 0;
    fuzz.answers = 0;
    fuzz.callback = (EFI_PXE_BASE_CODE_CALLBACK_PROTOCOL){.Revision = EFI_PXE_BASE_CODE_CALLBACK_PROTOCOL_REVISION,
                                                          .Callback = callback};
    efi_firmware_install(fuzz.world->boot.pxe.handle, &guid, &fuzz.callback);
    if (read_u8(&in) & 1)
        check(net_boot_run(&fuzz.world->boot) == STATUS_OK);
    fuzz.world->world.in_idle = in_idle;
    while (reader_left(&in) != 0 && !in.failed)
        step(&in);
    fuzz.world->world.in_idle = NULL;
    efi_world_free(fuzz.world);
    return 0;
}
