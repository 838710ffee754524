/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/boot/boot_options.h"

#include "firmware/base/format.h"

static const char *file_source_text(enum dhcp_file_source source)
{
    switch (source) {
    case DHCP_FILE_FIELD:
        return "boot file field";
    case DHCP_FILE_OPTION_67:
        return "option 67";
    case DHCP_FILE_NONE:
        break;
    }
    return "no boot file";
}

static const char *server_source_text(enum dhcp_server_source source)
{
    switch (source) {
    case DHCP_SERVER_SIADDR:
        return "next-server";
    case DHCP_SERVER_OPTION_66:
        return "option 66";
    case DHCP_SERVER_SNAME:
        return "server name field";
    case DHCP_SERVER_ID:
        return "no next-server";
    case DHCP_SERVER_NONE:
        break;
    }
    return "no server";
}

/* A proxy is told apart by its own server identifier; one without is known by the boot server it names. */
static uint32_t proxy_address(const struct dhcp_lease *lease)
{
    struct reader r = reader_of(slice_of(lease->proxy.bytes, lease->proxy.len));
    struct dhcp_message m;
    uint32_t server = lease->proxy_boot.server;

    if (dhcp_message_parse(&r, &m))
        (void)dhcp_option_u32(&m, DHCP_TAG_SERVER_ID, &server);
    return server;
}

enum status boot_options_choose(const struct dhcp_lease *lease, struct boot_choice *out)
{
    bool is_proxy = lease->proxy.len != 0 && lease->proxy_boot.file_source != DHCP_FILE_NONE;
    const struct dhcp_boot *boot = is_proxy ? &lease->proxy_boot : &lease->boot;
    uint32_t said_by = is_proxy ? proxy_address(lease) : lease->server_id;

    *out = (struct boot_choice){.server = boot->server, .is_proxy = is_proxy};
    memcpy(out->file, boot->file, sizeof(out->file));
    text_format(out->why, sizeof(out->why), "%s and %s of %s " IPV4_FORMAT, file_source_text(boot->file_source),
                server_source_text(boot->server_source), is_proxy ? "proxyDHCP server" : "DHCP server",
                IPV4_ARGS(said_by));
    if (boot->file_source == DHCP_FILE_NONE)
        return STATUS_DHCP_NO_BOOTFILE;
    return boot->server == 0 ? STATUS_NO_PXE_SERVER : STATUS_OK;
}
