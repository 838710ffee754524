/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/boot/failure.h"

#include "firmware/base/text.h"
#include "firmware/boot/session.h"

struct file_shown {
    char name[64];
};

static struct file_shown file_shown(const struct session *s)
{
    struct file_shown shown;

    text_copy_printable(shown.name, sizeof(shown.name), text_slice(s->flow.choice.file));
    return shown;
}

static bool is_about_boot_servers(enum status why)
{
    return why == STATUS_NO_BOOT_SERVER || why == STATUS_NO_SERVER_LIST;
}

/* "PXE-E3B: TFTP file not found (10.0.0.5, boot/kernel: "File not found")" */
static void show_headline(struct session *s, enum status why)
{
    const char *server_text = download_server_text(&s->transfer);
    unsigned number = status_number(why);

    if (s->flow.choice.file[0] == '\0' || why == STATUS_CANCELLED || is_about_boot_servers(why))
        screen_line(&s->screen, "PXE-E%02X: %s", number, status_text(why));
    else if (server_text[0] != '\0')
        screen_line(&s->screen, "PXE-E%02X: %s (" IPV4_FORMAT ", %s: \"%s\")", number, status_text(why),
                    IPV4_ARGS(s->flow.choice.server), file_shown(s).name, server_text);
    else
        screen_line(&s->screen, "PXE-E%02X: %s (" IPV4_FORMAT ", %s)", number, status_text(why),
                    IPV4_ARGS(s->flow.choice.server), file_shown(s).name);
}

static void advise_no_offer(struct session *s)
{
    screen_line(&s->screen, "  No DHCP server answered %u requests.", s->dhcp.retry.attempts);
    if (s->dhcp.ignored != 0)
        screen_line(&s->screen, "  %u answers were ignored because something in them was wrong.", s->dhcp.ignored);
    if (s->net.nic->counters.received == 0)
        screen_line(&s->screen, "  Not one frame was received: is the switch port forwarding, in the right VLAN?");
    screen_line(&s->screen, "  Check that a DHCP server (or relay) serves this network and knows " MAC_FORMAT ".",
                MAC_ARGS(s->nic->mac));
}

static void advise_no_address(struct session *s)
{
    const struct dhcp *dhcp = &s->dhcp;

    if (dhcp->refused_server != 0 && dhcp->server_text[0] != '\0')
        screen_line(&s->screen, "  DHCP server " IPV4_FORMAT " refuses the address that it offered: \"%s\".",
                    IPV4_ARGS(dhcp->refused_server), dhcp->server_text);
    else if (dhcp->refused_server != 0)
        screen_line(&s->screen, "  DHCP server " IPV4_FORMAT " refuses the address that it offered, or is silent.",
                    IPV4_ARGS(dhcp->refused_server));
    else
        screen_line(&s->screen, "  Only proxyDHCP servers answer, and they give no addresses.");
    screen_line(&s->screen, "  Check that a DHCP server (or relay) serves this network and knows " MAC_FORMAT ".",
                MAC_ARGS(s->nic->mac));
}

/* Who said what of booting, and it came to nothing. */
static void tell_who_was_asked(struct session *s)
{
    const struct boot_choice *choice = &s->flow.choice;

    if (s->dhcp.lease.reply.len != 0)
        screen_line(&s->screen, "  Boot server " IPV4_FORMAT " was asked for it and named none.",
                    IPV4_ARGS(s->pxe.said_by));
    else if (choice->action == BOOT_ASK && choice->is_proxy)
        screen_line(&s->screen, "  proxyDHCP server " IPV4_FORMAT " was asked for it at port 4011: no answer.",
                    IPV4_ARGS(choice->said_by));
    else if (choice->action == BOOT_ASK)
        screen_line(&s->screen,
                    "  Its option 60 says \"PXEClient\", so it was asked at port 4011: no answer. Without a PXE "
                    "server there, take option 60 out of its configuration.");
    else if (choice->action == BOOT_PXE)
        screen_line(&s->screen, "  Option 43 of %s " IPV4_FORMAT " led to no boot server.",
                    choice->is_proxy ? "proxyDHCP server" : "DHCP server", IPV4_ARGS(choice->said_by));
    else
        screen_line(&s->screen, "  No proxyDHCP server named one either.");
}

static void advise_no_boot_file(struct session *s)
{
    const struct dhcp_lease *lease = &s->dhcp.lease;
    const char *file = s->config.target->example(s);

    screen_line(&s->screen, "  DHCP server " IPV4_FORMAT " gave " IPV4_FORMAT " but no boot file name.",
                IPV4_ARGS(lease->server_id), IPV4_ARGS(lease->address));
    tell_who_was_asked(s);
    screen_line(&s->screen, "  Check on the server, for example:");
    screen_line(&s->screen, "    ISC dhcpd  filename \"%s\"; next-server <TFTP server>;", file);
    screen_line(&s->screen, "    Kea        \"boot-file-name\": \"%s\", \"next-server\": \"<TFTP server>\"", file);
    screen_line(&s->screen, "    dnsmasq    dhcp-boot=%s,,<TFTP server>", file);
}

static void advise_not_found(struct session *s)
{
    screen_line(&s->screen, "  Check that %s is below the TFTP server's root and readable.", file_shown(s).name);
    screen_line(&s->screen, "  With in.tftpd -s, names are relative to that root; capitals count.");
}

static void advise_silent_server(struct session *s)
{
    screen_line(&s->screen, "  Check that a TFTP server runs there (next-server), that nothing drops UDP port 69,");
    screen_line(&s->screen, "  and that answers from its other ports get through. %llu bytes were received.",
                (unsigned long long)download_received(&s->transfer));
}

static void advise_too_big(struct session *s)
{
    char needed[SCREEN_BYTES_TEXT], room[SCREEN_BYTES_TEXT];

    screen_line(&s->screen, "  The file has %s, there is room for %s.", screen_bytes(needed, s->config.file->needed),
                screen_bytes(room, s->config.file->capacity));
}

static void advise(struct session *s, enum status why)
{
    if (why == STATUS_LINK_DOWN)
        screen_line(&s->screen, "  Check the cable and the switch port; %s is the card asked to boot.",
                    s->config.nic_place);
    else if (why == STATUS_DHCP_TIMEOUT)
        advise_no_offer(s);
    else if (why == STATUS_DHCP_NO_ADDRESS)
        advise_no_address(s);
    else if (why == STATUS_DHCP_NO_BOOTFILE)
        advise_no_boot_file(s);
    else if (why == STATUS_TFTP_NOT_FOUND || why == STATUS_TFTP_ACCESS)
        advise_not_found(s);
    else if (why == STATUS_TFTP_OPEN_TIMEOUT || why == STATUS_TFTP_READ_TIMEOUT || why == STATUS_ARP_TIMEOUT ||
             why == STATUS_TFTP_CANNOT_ARP || why == STATUS_TFTP_CANNOT_OPEN)
        advise_silent_server(s);
    else if (why == STATUS_FILE_TOO_BIG)
        advise_too_big(s);
    else if (is_about_boot_servers(why))
        pxe_boot_advise(s);
    s->config.target->advise(s, why);
}

void failure_show(struct session *s, enum status why)
{
    screen_line(&s->screen, "%s", "");
    if (why == STATUS_LOCAL_BOOT) {
        screen_line(&s->screen, "Booting from the local disk; the next boot device follows.");
        return;
    }
    show_headline(s, why);
    advise(s, why);
    screen_line(&s->screen, "%s", "");
    screen_line(&s->screen, "Leaving the network boot; the next boot device follows.");
}
