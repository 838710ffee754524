/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/sim/network.h"

#include <stdlib.h>

struct network *network_new(uint32_t seed, size_t file_len)
{
    struct network *n = calloc(1, sizeof(*n));
    const struct dhcp_server_config dhcp = {
        .address = NETWORK_CLIENT,
        .netmask = NETWORK_MASK,
        .router = NETWORK_SERVER,
        .next_server = NETWORK_SERVER,
        .file = "boot/kernel",
    };

    if (n == NULL || (n->content = malloc(file_len + 1)) == NULL || (n->memory = malloc(file_len + 1)) == NULL)
        abort();
    for (size_t at = 0; at < file_len; at++)
        n->content[at] = (uint8_t)(at * 31 + at / 509 + at / 65521);
    memset(n->memory, 0xee, file_len);
    n->memory_len = file_len;
    n->config = (struct session_config){
        .nic = &n->world.wire.ends[0].nic,
        .nic_name = "simulated NIC",
        .nic_place = "wire",
        .target = &bios_boot_target,
        .cached = &n->cached,
        .file = &n->sink,
    };
    n->file = (struct tftp_server_file){.name = "boot/kernel", .bytes = slice_of(n->content, file_len)};
    world_start(&n->world, seed);
    server_start(&n->server, &n->world, 1, NETWORK_SERVER, NETWORK_MASK);
    dhcp_server_start(&n->dhcp, &n->server, &dhcp);
    tftp_server_start(&n->tftp, &n->server, &n->file, 1);
    return n;
}

void network_free(struct network *n)
{
    world_stop(&n->world);
    free(n->content);
    free(n->memory);
    free(n);
}

enum status network_boot(struct network *n)
{
    time_us begin = n->world.now;
    enum status status;

    buffer_sink_start(&n->sink, n->memory, n->memory_len);
    status = session_start(&n->session, &n->config);
    if (status == STATUS_OK)
        status = session_boot(&n->session);
    n->took = n->world.now - begin;
    return status;
}

bool network_file_is_right(const struct network *n)
{
    return slice_equal(session_boot_file(&n->session), n->file.bytes);
}
