/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/sim/efi_world.h"

#include <stdlib.h>

#include "efi/platform/services.h"
#include "firmware/image/pe.h"
#include "tests/harness/pe_file.h"

enum {
    ARCHITECTURE_X64 = 7
};

static uint8_t file_bytes[EFI_WORLD_HUGE], boot_bytes[PE_FILE_LEN];

static const struct tftp_server_file files[] = {
    {"boot.efi", {boot_bytes, sizeof(boot_bytes)}}, {"text", {file_bytes, 5}},  {"big", {file_bytes, EFI_WORLD_BIG}},
    {"huge", {file_bytes, EFI_WORLD_HUGE}},         {"empty", {file_bytes, 0}}, {"even", {file_bytes, 2048}},
    {"dir/grubx64.efi", {file_bytes, 3000}},
};

uint8_t efi_world_file_byte(size_t at)
{
    return (uint8_t)(at * 7 + (at >> 8) + (at >> 16) + 1);
}

EFI_IP_ADDRESS efi_ip(uint32_t address)
{
    struct ip_address ip = ipv4_address(address);
    EFI_IP_ADDRESS efi;

    memset(&efi, 0, sizeof(efi));
    memcpy(&efi, ip.byte, 4);
    return efi;
}

/* --- the shape ------------------------------------------------------------------------------------------------------
 */

static struct efi_world *world_of(struct net_boot *boot)
{
    return (struct efi_world *)((uint8_t *)boot - offsetof(struct efi_world, boot));
}

static enum status acquire(struct net_boot *boot)
{
    struct efi_world *w = world_of(boot);

    if (w->acquire_status != STATUS_OK)
        return w->acquire_status;
    w->acquired++;
    w->is_acquired = true;
    return nic_open(boot->config.nic);
}

static void release(struct net_boot *boot, bool expects_replies)
{
    struct efi_world *w = world_of(boot);

    if (!w->is_acquired)
        abort();
    w->released++;
    w->expecting += expects_replies;
    w->is_acquired = expects_replies;
    if (!expects_replies)
        nic_close(boot->config.nic);
}

static const struct net_boot_ops ops = {.acquire = acquire, .release = release};

/* --- the echo service ------------------------------------------------------------------------------------------------
 */

static void echo_input(struct udp_client *client, time_us now, const struct udp_datagram *datagram)
{
    struct efi_echo *echo = (struct efi_echo *)client;

    (void)now;
    echo->received++;
    echo->from = datagram->from;
    echo->len = datagram->payload.len;
    memcpy(echo->bytes, datagram->payload.data, datagram->payload.len);
    if (!echo->is_silent)
        (void)server_send(echo->server, EFI_WORLD_ECHO_PORT, echo->from, datagram->payload);
}

static bool echo_output(struct udp_client *client, time_us now, struct writer *payload)
{
    (void)client, (void)now, (void)payload;
    return false;
}

static struct udp_address echo_destination(const struct udp_client *client)
{
    return ((const struct efi_echo *)client)->from;
}

static time_us echo_deadline(const struct udp_client *client)
{
    (void)client;
    return TIME_NEVER;
}

static const struct udp_client_ops echo_ops = {
    .input = echo_input,
    .output = echo_output,
    .destination = echo_destination,
    .deadline = echo_deadline,
};

/* --- the callback protocol ------------------------------------------------------------------------------------------
 */

/* Packets lie at any address. */
static void count_data(struct efi_callback *c, UINT32 len, const uint8_t *packet)
{
    if (len < 4 || load_be16(packet) != 3 || load_be16(packet + 2) != (uint16_t)(c->block + 1))
        return;
    c->block++;
    for (size_t at = 4; at < len; at++)
        if (packet[at] != efi_world_file_byte((size_t)c->data_len + at - 4))
            abort();
    c->data_len += len - 4;
}

static void call_back(struct efi_callback *c)
{
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(c->world);
    EFI_IP_ADDRESS server = efi_ip(EFI_WORLD_SERVER_IP);
    uint8_t byte, name[] = "text";
    UINT64 size = 1;

    c->nested_mtftp =
        pxe->Mtftp(pxe, EFI_PXE_BASE_CODE_TFTP_READ_FILE, &byte, FALSE, &size, NULL, &server, name, NULL, FALSE);
    c->nested_stop = pxe->Stop(pxe);
}

static EFI_PXE_BASE_CODE_CALLBACK_STATUS EFIAPI callback(EFI_PXE_BASE_CODE_CALLBACK_PROTOCOL *this,
                                                         EFI_PXE_BASE_CODE_FUNCTION function, BOOLEAN received,
                                                         UINT32 len, EFI_PXE_BASE_CODE_PACKET *packet)
{
    struct efi_callback *c = (struct efi_callback *)this;

    c->function = function;
    if (c->calls_back)
        call_back(c);
    if (len == 0) {
        c->ticks++;
    } else if (received) {
        c->received++;
        count_data(c, len, (const uint8_t *)packet);
    } else {
        if (c->sent++ == 0 && len >= 2)
            c->first_sent = load_be16((const uint8_t *)packet);
    }
    if (len > c->largest)
        c->largest = len;
    if ((c->abort_at != 0 && c->received + c->sent >= c->abort_at) ||
        (c->abort_at_tick != 0 && c->ticks >= c->abort_at_tick))
        return EFI_PXE_BASE_CODE_CALLBACK_STATUS_ABORT;
    return EFI_PXE_BASE_CODE_CALLBACK_STATUS_CONTINUE;
}

void efi_world_add_callback(struct efi_world *w)
{
    static const EFI_GUID guid = EFI_PXE_BASE_CODE_CALLBACK_PROTOCOL_GUID;

    w->callback.protocol.Revision = EFI_PXE_BASE_CODE_CALLBACK_PROTOCOL_REVISION;
    w->callback.protocol.Callback = callback;
    w->callback.world = w;
    efi_firmware_install(w->boot.pxe.handle, &guid, &w->callback.protocol);
}

/* --- all of it
 * --------------------------------------------------------------------------------------------------------- */

static void start_servers(struct efi_world *w)
{
    const struct dhcp_server_config config = {
        .address = EFI_WORLD_OUR_IP,
        .netmask = EFI_WORLD_NETMASK,
        .router = EFI_WORLD_ROUTER_IP,
        .next_server = EFI_WORLD_SERVER_IP,
        .file = "boot.efi",
        .class = "PXEClient",
    };

    server_start(&w->server, &w->world, 1, EFI_WORLD_SERVER_IP, EFI_WORLD_NETMASK);
    dhcp_server_start(&w->dhcp, &w->server, &config);
    tftp_server_start(&w->tftp, &w->server, files, sizeof(files) / sizeof(files[0]));
    w->echo.udp = (struct udp_client){.ops = &echo_ops, .port = EFI_WORLD_ECHO_PORT};
    w->echo.server = &w->server;
    net_attach(&w->server.net, &w->echo.udp);
}

void efi_world_add_proxy(struct efi_world *w, const char *file)
{
    const struct dhcp_server_config config = {.next_server = EFI_WORLD_SERVER_IP, .file = file, .class = "PXEClient"};

    server_start(&w->proxy, &w->world, 2, EFI_WORLD_SERVER_IP + 1, EFI_WORLD_NETMASK);
    dhcp_server_start(&w->proxy_dhcp, &w->proxy, &config);
}

struct efi_world *efi_world_new(uint32_t seed)
{
    struct efi_world *w = calloc(1, sizeof(*w));

    if (w == NULL)
        abort();
    if (file_bytes[0] == 0)
        for (size_t at = 0; at < sizeof(file_bytes); at++)
            file_bytes[at] = efi_world_file_byte(at);
    pe_file_fill(boot_bytes, PE_MACHINE_X64, PE_SUBSYSTEM_EFI_APPLICATION);
    world_start(&w->world, seed);
    efi_firmware_start(&w->world);
    start_servers(w);
    w->boot.ops = &ops;
    w->boot.config = (struct session_config){
        .nic = &w->world.wire.ends[0].nic,
        .nic_name = "simulated NIC",
        .nic_place = "PCI 00:03.0",
        .architecture = ARCHITECTURE_X64,
        .target = &efi_boot_target,
        .has_uuid = true,
        .uuid = {1, 2, 3, 4},
    };
    net_boot_start(&w->boot);
    w->boot.pxe.handle = efi_firmware_handle(NULL, NULL);
    return w;
}

void efi_world_free(struct efi_world *w)
{
    struct efi_firmware_counts counts;

    net_boot_stop(&w->boot);
    nic_close(&w->world.wire.ends[0].nic);
    counts = efi_firmware_counts();
    if (counts.pages != 0 || counts.pool_blocks != 0 || counts.events != 0 || efi_firmware_tpl() != TPL_APPLICATION)
        abort(); /* something was left behind */
    efi_firmware_stop();
    world_stop(&w->world);
    free(w);
}

int efi_world_start(void **state)
{
    *state = efi_world_new(1);
    return 0;
}

int efi_world_booted(void **state)
{
    struct efi_world *w = efi_world_new(1);

    *state = w;
    return net_boot_run(&w->boot) == STATUS_OK ? 0 : -1;
}

int efi_world_stop(void **state)
{
    efi_world_free(*state);
    return 0;
}
