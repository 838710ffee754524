/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/sim/pxe_world.h"

#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    BIG = 200000,
    FILE_ROOM = 0x80000,
    GUARD = 64,
};

static uint8_t file_bytes[BIG];

static const struct tftp_server_file files[] = {
    {"boot.0", {file_bytes, 3000}},
    {"text", {file_bytes, 5}},
    {"big", {file_bytes, BIG}},
    {"even", {file_bytes, 2048}},
};

uint8_t pxe_world_file_byte(size_t at)
{
    return (uint8_t)(at * 7 + (at >> 8) + 1);
}

struct pxe_far pxe_world_far(uint32_t physical)
{
    return (struct pxe_far){.segment = (uint16_t)(physical >> 4), .offset = (uint16_t)(physical & 15)};
}

static struct pxe_world *world_of(struct pxe_api *api)
{
    return (struct pxe_world *)((uint8_t *)api - offsetof(struct pxe_world, api));
}

static uint8_t *map(struct pxe_api *api, uint32_t physical, uint32_t len)
{
    struct pxe_world *w = world_of(api);
    uint64_t end = (uint64_t)physical + len;

    if (end > PXE_WORLD_MEMORY)
        return NULL;
    if (physical < PXE_WORLD_LOW + PXE_WORLD_LOW_LEN && end > PXE_WORLD_LOW)
        return NULL;
    return w->memory + physical;
}

static enum status release(struct pxe_api *api)
{
    world_of(api)->releases++;
    return world_of(api)->release_status;
}

static void restart(struct pxe_api *api, struct slice image)
{
    world_of(api)->restarts++;
    world_of(api)->restarted_len = image.len;
}

static const struct pxe_host_ops host_ops = {.map = map, .release = release, .restart = restart};

static void echo_input(struct udp_client *client, time_us now, const struct udp_datagram *datagram)
{
    struct pxe_echo *echo = (struct pxe_echo *)client;

    (void)now;
    echo->received++;
    echo->from = datagram->from;
    echo->len = datagram->payload.len;
    memcpy(echo->bytes, datagram->payload.data, datagram->payload.len);
    echo->is_owed = true;
}

static bool echo_output(struct udp_client *client, time_us now, struct writer *payload)
{
    struct pxe_echo *echo = (struct pxe_echo *)client;

    (void)now;
    write_bytes(payload, echo->bytes, echo->len);
    echo->is_owed = false;
    return true;
}

static struct udp_address echo_destination(const struct udp_client *client)
{
    return ((const struct pxe_echo *)client)->from;
}

static time_us echo_deadline(const struct udp_client *client)
{
    return ((const struct pxe_echo *)client)->is_owed ? 0 : TIME_NEVER;
}

static const struct udp_client_ops echo_ops = {
    .input = echo_input,
    .output = echo_output,
    .destination = echo_destination,
    .deadline = echo_deadline,
};

static void start_servers(struct pxe_world *w)
{
    const struct dhcp_server_config config = {
        .address = PXE_WORLD_OUR_IP,
        .netmask = 0xffffff00,
        .next_server = PXE_WORLD_SERVER_IP,
        .file = "boot.0",
        .class = "PXEClient",
    };

    server_start(&w->server, &w->world, 1, PXE_WORLD_SERVER_IP, 0xffffff00);
    dhcp_server_start(&w->dhcp, &w->server, &config);
    tftp_server_start(&w->tftp, &w->server, files, sizeof(files) / sizeof(files[0]));
    w->echo.udp = (struct udp_client){.ops = &echo_ops, .port = PXE_WORLD_ECHO_PORT};
    net_attach(&w->server.net, &w->echo.udp);
}

int pxe_world_start(void **state)
{
    struct pxe_world *w = calloc(1, sizeof(*w));
    struct session_config config = {
        .nic_name = "simulated NIC",
        .nic_place = "PCI 00:03.0",
        .target = &bios_boot_target,
        .file = &w->file,
    };

    for (size_t at = 0; at < BIG; at++)
        file_bytes[at] = pxe_world_file_byte(at);
    world_start(&w->world, 1);
    start_servers(w);
    w->memory = calloc(1, PXE_WORLD_MEMORY);
    w->file_memory = malloc(FILE_ROOM);
    config.nic = &w->world.wire.ends[0].nic;
    config.cached = (struct cached_packets *)(void *)(w->memory + PXE_WORLD_LOW);
    buffer_sink_start(&w->file, w->file_memory, FILE_ROOM);
    if (session_start(&w->session, &config) != STATUS_OK || session_boot(&w->session) != STATUS_OK)
        return -1;
    w->api.host = &host_ops;
    w->api.session = &w->session;
    w->api.cached_packets = pxe_world_far(PXE_WORLD_LOW);
    w->api.frame = pxe_world_far(PXE_WORLD_LOW + PXE_WORLD_FRAME);
    w->api.frame_bytes = w->memory + PXE_WORLD_LOW + PXE_WORLD_FRAME;
    w->api.identity = (struct pxe_nic_identity){.vendor = 0x8086, .device = 0x10d3, .bus_dev_fn = 0x18};
    pxe_start(&w->api);
    *state = w;
    return 0;
}

int pxe_world_stop(void **state)
{
    struct pxe_world *w = *state;

    world_stop(&w->world);
    free(w->memory);
    free(w->file_memory);
    free(w);
    return 0;
}

uint16_t pxe_world_call(struct pxe_world *w, uint16_t opcode, void *parameters, size_t len)
{
    uint8_t *block = w->memory + PXE_WORLD_BLOCK;
    uint16_t ax, status;

    memset(block - GUARD, 0xa5, len + 2 * (size_t)GUARD);
    memcpy(block, parameters, len);
    memset(block, 0x55, sizeof(status)); /* callers preset Status, or leave garbage there */
    ax = pxe_call(&w->api, opcode, PXE_WORLD_BLOCK >> 4, 0);
    for (size_t at = 1; at <= GUARD; at++) {
        assert_int_equal(block[-(ptrdiff_t)at], 0xa5);
        assert_int_equal(block[len + at - 1], 0xa5);
    }
    memcpy(parameters, block, len);
    memcpy(&status, block, sizeof(status));
    assert_int_not_equal(status, 0x5555);
    assert_int_equal(ax, status == 0 ? PXENV_EXIT_SUCCESS : PXENV_EXIT_FAILURE);
    return status;
}
