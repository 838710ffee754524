/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/boot/pxe_boot.h"

#include "firmware/base/divide.h"
#include "firmware/base/text.h"
#include "firmware/boot/session.h"

enum {
    MENUS_MAX = 4, /* one behind the other; more are servers that send us round in circles */
};

static enum status settle(struct pxe_boot *p)
{
    p->state = PXE_BOOT_SETTLED;
    return STATUS_OK;
}

/* Option 43 of a message; nothing at all when it has none, or a broken one. */
static void read_options(struct pxe_boot *p, struct slice packet)
{
    struct writer vendor = writer_of(p->vendor, sizeof(p->vendor));
    struct reader r = reader_of(packet);
    struct dhcp_message m;

    if (!dhcp_message_parse(&r, &m) || !dhcp_option(&m, DHCP_TAG_VENDOR, &vendor) ||
        !pxe_options_parse(writer_written(&vendor), &p->options))
        p->options = (struct pxe_options){0};
}

/* --- asking ------------------------------------------------------------------------------------------------------ */

static enum status ask(struct session *s, time_us now, struct boot_server_config *config)
{
    struct pxe_boot *p = &s->pxe;
    char whom[BOOT_SERVER_DESTINATIONS_TEXT];
    enum status status;

    config->identity = session_identity(s);
    config->address = s->dhcp.lease.address;
    status = boot_server_start(&p->server, now, config, &s->random, &s->log);
    if (status == STATUS_NO_SERVER_LIST && p->has_file)
        return settle(p); /* who lets nobody be asked means the file of this very message */
    if (status != STATUS_OK)
        return status;
    screen_line(&s->screen, "Asking %s for %s", boot_server_destinations(config, whom), p->wanted);
    p->state = PXE_BOOT_ASKING;
    p->since = now;
    return net_attach(&s->net, &p->server.udp) ? STATUS_PENDING : STATUS_OUT_OF_RESOURCES;
}

static enum status ask_for_type(struct session *s, time_us now, uint16_t type)
{
    struct boot_server_config config = {.has_item = true, .type = type};

    boot_server_config_set(&config, &s->pxe.options, type);
    return ask(s, now, &config);
}

/* At port 4011 of the server whose message it was. */
static enum status ask_for_anything(struct session *s, time_us now)
{
    struct boot_server_config config = {.uses_list = true, .servers = {s->pxe.said_by}, .server_count = 1};

    text_format(s->pxe.wanted, sizeof(s->pxe.wanted), "what to boot");
    return ask(s, now, &config);
}

/* --- menu -------------------------------------------------------------------------------------------------------- */

static enum status choose(struct session *s, time_us now)
{
    struct pxe_boot *p = &s->pxe;
    struct boot_menu_item item = {0};

    (void)boot_menu_item(&p->menu, p->menu.selected, &item);
    text_format(p->wanted, sizeof(p->wanted), "item %u, \"%s\"", p->menu.selected + 1, item.text);
    if (item.type == 0) {
        screen_line(&s->screen, "Chosen: %s", p->wanted);
        return STATUS_LOCAL_BOOT;
    }
    return ask_for_type(s, now, item.type);
}

static enum status step_menu(struct session *s, time_us now)
{
    struct pxe_boot *p = &s->pxe;
    char line[BOOT_MENU_LINE];

    boot_menu_step(&p->menu, now);
    while (boot_menu_line(&p->menu, line))
        screen_line(&s->screen, "%s", line);
    if (p->menu.state == BOOT_MENU_CHOSEN)
        return choose(s, now);
    if (p->menu.state == BOOT_MENU_DESERTED) {
        screen_line(&s->screen, "Nobody chose, and the server does not say what to boot then.");
        return STATUS_LOCAL_BOOT;
    }
    boot_menu_status(&p->menu, now, line);
    screen_progress(&s->screen, now, "%s", line);
    return STATUS_PENDING;
}

static enum status start_menu(struct session *s, time_us now)
{
    struct pxe_boot *p = &s->pxe;

    p->state = PXE_BOOT_MENU;
    p->menus++;
    boot_menu_start(&p->menu, now, &p->options, p->wants_menu);
    p->wants_menu = false;
    if (p->menu.is_cut)
        screen_line(&s->screen, "The menu of " IPV4_FORMAT " is cut: %u whole items", IPV4_ARGS(p->said_by),
                    p->menu.count);
    return step_menu(s, now);
}

/* --- messages ---------------------------------------------------------------------------------------------------- */

/* Tag 6, bit 3 comes before all others; a file without a menu is what there is to boot. */
static bool is_last_word(const struct pxe_boot *p)
{
    return p->has_file && ((p->options.control & PXE_DOWNLOAD_AT_ONCE) != 0 || boot_menu_count(&p->options) == 0);
}

/* The type of the first boot server that is listed; 0: none is. */
static uint16_t first_type(const struct pxe_options *options)
{
    struct pxe_boot_server first = {0};
    struct reader r;

    if (options->boot_servers.len == 0)
        return 0;
    r = reader_of(options->boot_servers);
    return pxe_boot_server_next(&r, &first) ? first.type : 0;
}

static enum status follow(struct session *s, time_us now)
{
    struct pxe_boot *p = &s->pxe;
    uint16_t type = first_type(&p->options);

    if (is_last_word(p))
        return settle(p);
    if (boot_menu_count(&p->options) != 0)
        return start_menu(s, now);
    if (type == 0)
        return ask_for_anything(s, now);
    text_format(p->wanted, sizeof(p->wanted), "a boot server of type %u", type);
    return ask_for_type(s, now, type);
}

/* What the offer left out, port 4011 may say: whom to ask. A boot server of a type has no other to name. */
static bool names_boot_servers(const struct pxe_boot *p)
{
    return !p->server.config.has_item && first_type(&p->options) != 0;
}

/* A reply that names neither file nor menu has nothing to be asked for again. */
static enum status take_reply(struct session *s, time_us now)
{
    struct pxe_boot *p = &s->pxe;

    s->dhcp.lease.reply = p->server.reply;
    s->dhcp.lease.reply_boot = p->server.boot;
    p->said_by = p->server.server;
    p->has_file = p->server.boot.file_source != DHCP_FILE_NONE;
    read_options(p, slice_of(p->server.reply.bytes, p->server.reply.len));
    if (p->server.ignored != 0)
        screen_line(&s->screen, "  " IPV4_FORMAT " answers; %u other answers were ignored", IPV4_ARGS(p->said_by),
                    p->server.ignored);
    if (is_last_word(p))
        return settle(p);
    if (boot_menu_count(&p->options) == 0 && names_boot_servers(p))
        return follow(s, now);
    if (boot_menu_count(&p->options) == 0) {
        screen_line(&s->screen, "  " IPV4_FORMAT " answers, but names no boot file", IPV4_ARGS(p->said_by));
        return STATUS_DHCP_NO_BOOTFILE;
    }
    if (p->menus < MENUS_MAX)
        return start_menu(s, now);
    screen_line(&s->screen, "  " IPV4_FORMAT " answers with the %uth menu in a row: not followed",
                IPV4_ARGS(p->said_by), MENUS_MAX + 1u);
    return p->has_file ? settle(p) : STATUS_NO_BOOT_SERVER;
}

static enum status step_asking(struct session *s, time_us now)
{
    struct pxe_boot *p = &s->pxe;

    if (p->server.status == STATUS_PENDING) {
        screen_progress(&s->screen, now, "PXE: waiting for a boot server, %u s",
                        (unsigned)divide_u64(now - p->since, 1000000, NULL));
        return STATUS_PENDING;
    }
    net_detach(&s->net, &p->server.udp);
    if (p->server.status == STATUS_OK)
        return take_reply(s, now);
    /* Who is asked for anything and is silent is one more server that names no file. */
    return p->server.config.has_item ? p->server.status : STATUS_DHCP_NO_BOOTFILE;
}

/* --- what callers call ------------------------------------------------------------------------------------------- */

enum status pxe_boot_start(struct session *s, time_us now)
{
    const struct boot_choice *choice = &s->flow.choice;
    struct pxe_boot *p = &s->pxe;

    if (p->state == PXE_BOOT_SETTLED)
        return STATUS_OK;
    p->said_by = choice->said_by;
    p->has_file = choice->file[0] != '\0';
    p->wanted[0] = '\0';
    read_options(p, choice->packet);
    return choice->action == BOOT_ASK ? ask_for_anything(s, now) : follow(s, now);
}

enum status pxe_boot_step(struct session *s, time_us now)
{
    if (s->pxe.state == PXE_BOOT_MENU)
        return step_menu(s, now);
    return s->pxe.state == PXE_BOOT_ASKING ? step_asking(s, now) : STATUS_OK;
}

void pxe_boot_key(struct session *s, time_us now, int key)
{
    struct pxe_boot *p = &s->pxe;

    if (p->state == PXE_BOOT_MENU) {
        boot_menu_key(&p->menu, now, key);
        s->screen.next_progress = now; /* whoever presses a key wants to see what came of it */
    } else if (key == KEY_F8) {
        p->wants_menu = true;
    }
}

void pxe_boot_stop(struct session *s)
{
    net_detach(&s->net, &s->pxe.server.udp);
}

void pxe_boot_advise(struct session *s)
{
    const struct pxe_boot *p = &s->pxe;
    char whom[BOOT_SERVER_DESTINATIONS_TEXT];

    screen_line(&s->screen, "  PXE server " IPV4_FORMAT " lets us ask %s for %s.", IPV4_ARGS(p->said_by),
                boot_server_destinations(&p->server.config, whom), p->wanted);
    if (p->server.ignored != 0)
        screen_line(&s->screen, "  %u answers were ignored: of another server, item or layer.", p->server.ignored);
    screen_line(&s->screen, "  Check that the boot server runs, and that nothing drops UDP ports 67, 68 and 4011.");
}
