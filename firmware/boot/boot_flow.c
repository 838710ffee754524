/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/boot/boot_flow.h"

#include "firmware/base/divide.h"
#include "firmware/base/text.h"
#include "firmware/boot/failure.h"
#include "firmware/boot/offer_report.h"
#include "firmware/boot/session.h"

/* Autonegotiation takes 1 to 4 s; 15 s is what a switch with energy saving needs at worst. */
#define LINK_PATIENCE SECONDS(15)

/* Longer than a spanning tree takes to open a port (2 x 15 s forward delay, 20 s maximum age). */
#define DHCP_PATIENCE SECONDS(60)

static const char *const state_names[] = {"idle", "link", "DHCP", "PXE", "boot file", "ready", "failed"};

static void set_state(struct session *s, time_us now, enum flow_state state)
{
    log_print(&s->log, LOG_INFO, "flow: %s -> %s", state_names[s->flow.state], state_names[state]);
    s->flow.state = state;
    s->flow.since = now;
}

static unsigned seconds_since(time_us since, time_us now)
{
    return (unsigned)divide_u64(now - since, 1000000, NULL);
}

static void start_dhcp(struct session *s, time_us now)
{
    const struct net_config no_address = {0};
    struct dhcp_config config = {
        .identity = session_identity(s),
        .policy = &boot_offer_policy,
        .give_up_after = DHCP_PATIENCE,
        .link_is_up = true,
    };

    set_state(s, now, FLOW_DHCP);
    net_configure(&s->net, &no_address);
    dhcp_start(&s->dhcp, now, &config, &s->random, &s->log);
    if (!net_attach(&s->net, &s->dhcp.udp))
        boot_flow_fail(s, now, STATUS_OUT_OF_RESOURCES);
}

static void show_link(struct session *s)
{
    unsigned speed = nic_link_speed(s->nic);

    if (speed != 0)
        screen_line(&s->screen, "Link up, %u Mbit/s", speed);
    else
        screen_line(&s->screen, "Link up");
}

static void configure_net(struct session *s)
{
    const struct dhcp_lease *lease = &s->dhcp.lease;
    struct net_config config = {.address = lease->address, .netmask = lease->netmask};

    while (config.route_count < lease->route_count && config.route_count < NET_ROUTES) {
        const struct dhcp_route *from = &lease->routes[config.route_count];

        config.routes[config.route_count++] =
            (struct net_route){.destination = from->destination, .netmask = from->netmask, .gateway = from->gateway};
    }
    net_configure(&s->net, &config);
}

static void start_file(struct session *s, time_us now)
{
    struct boot_flow *flow = &s->flow;
    struct tftp_request request = {
        .server = {.ip = ipv4_address(flow->choice.server)},
        .file = flow->choice.file,
        .sink = &s->config.file->sink,
        .mtftp = flow->choice.mtftp,
    };
    char name[64];
    enum status status;

    text_copy_printable(name, sizeof(name), text_slice(flow->choice.file));
    screen_line(&s->screen, "%stftp://" IPV4_FORMAT "/%s", flow->choice.mtftp.address != 0 ? "m" : "",
                IPV4_ARGS(flow->choice.server), name);
    screen_line(&s->screen, "  named by the %s", flow->choice.why);
    set_state(s, now, FLOW_FILE);
    s->config.file->needed = 0;
    status = session_download(s, &s->transfer, &request);
    if (status != STATUS_OK)
        boot_flow_fail(s, now, status);
}

static enum status named_file(struct session *s)
{
    const struct session_config *config = &s->config;
    struct boot_choice *choice = &s->flow.choice;
    enum status status = boot_options_choose(&s->dhcp.lease, choice);

    if (config->file_name == NULL)
        return status;
    if (config->file_server != 0)
        choice->server = config->file_server;
    if (!text_copy(choice->file, sizeof(choice->file), text_slice(config->file_name)))
        return STATUS_BAD_PARAMETER;
    choice->action = BOOT_FILE;
    choice->packet = slice_of(NULL, 0);
    choice->mtftp = (struct mtftp_group){0};
    choice->vendor_is_broken = choice->mtftp_is_wrong = false;
    text_format(choice->why, sizeof(choice->why), "command line");
    return choice->server == 0 ? STATUS_NO_PXE_SERVER : STATUS_OK;
}

/*
 * A PXE server has to be asked, or its menu followed, before there is a file: STATUS_PENDING then. A lease of the
 * firmware's is of no use for that: what was asked and chosen is not ours to guess.
 */
static enum status follow_pxe(struct session *s, time_us now)
{
    const struct boot_choice *choice = &s->flow.choice;
    enum status status;

    if (s->flow.has_given_lease)
        status = choice->action == BOOT_PXE && choice->file[0] != '\0' ? STATUS_OK : STATUS_DHCP_NO_BOOTFILE;
    else
        status = pxe_boot_start(s, now);
    if (status == STATUS_OK && choice->server == 0)
        return STATUS_NO_PXE_SERVER;
    if (status == STATUS_PENDING)
        set_state(s, now, FLOW_PXE);
    return status;
}

static void choose_file(struct session *s, time_us now)
{
    const struct boot_target *target = s->config.target;
    enum status status = named_file(s);

    if (s->flow.state == FLOW_DHCP)
        offer_report_ignored(s);
    if (s->flow.state == FLOW_DHCP || s->dhcp.lease.reply.len != 0)
        offer_report_doubts(s);
    if (s->flow.choice.action == BOOT_PXE || s->flow.choice.action == BOOT_ASK) {
        status = follow_pxe(s, now);
        if (status == STATUS_PENDING)
            return;
    }
    if (target->check_choice != NULL)
        status = target->check_choice(s, status);
    if (status == STATUS_OK) {
        start_file(s, now);
    } else if (status == STATUS_PENDING) {
        s->flow.has_given_lease = false;
        s->flow.choice = (struct boot_choice){0};
        start_dhcp(s, now);
    } else {
        boot_flow_fail(s, now, status);
    }
}

/* From whomever: our DHCP exchange, or the config. */
static void take_lease(struct session *s, time_us now)
{
    configure_net(s);
    offer_report_lease(s);
    if (s->flow.wants_lease_only) {
        set_state(s, now, FLOW_READY);
        s->flow.status = STATUS_OK;
    } else {
        choose_file(s, now);
    }
}

static void step_link(struct session *s, time_us now)
{
    if (s->flow.link_is_up) {
        show_link(s);
        if (s->flow.has_given_lease) {
            s->dhcp.lease = *s->config.lease;
            take_lease(s, now);
        } else {
            start_dhcp(s, now);
        }
    } else if (now - s->flow.since >= LINK_PATIENCE) {
        boot_flow_fail(s, now, STATUS_LINK_DOWN);
    } else {
        screen_progress(&s->screen, now, "Waiting for the link, %u s", seconds_since(s->flow.since, now));
    }
}

static const char *awaited(const struct session *s)
{
    const struct dhcp_offer *offer = boot_offer_policy.choose(&s->dhcp.heard).offer;

    if (!s->flow.link_is_up)
        return "the link to come back";
    if (s->dhcp.state == DHCP_REQUESTING)
        return "the server's confirmation";
    if (offer == NULL)
        return "an offer";
    return offer->facts.has_file ? "other offers" : "a proxyDHCP server, the offer names no boot file";
}

static void step_dhcp(struct session *s, time_us now)
{
    struct dhcp *dhcp = &s->dhcp;

    dhcp_link(dhcp, now, s->flow.link_is_up);
    if (dhcp->status == STATUS_PENDING) {
        screen_progress(&s->screen, now, "DHCP: waiting for %s, %u s", awaited(s), seconds_since(s->flow.since, now));
        return;
    }
    if (dhcp->status != STATUS_OK) {
        boot_flow_fail(s, now, dhcp->status);
        return;
    }
    net_detach(&s->net, &dhcp->udp);
    take_lease(s, now);
}

static void step_pxe(struct session *s, time_us now)
{
    enum status status = pxe_boot_step(s, now);

    if (status == STATUS_OK)
        choose_file(s, now);
    else if (status != STATUS_PENDING)
        boot_flow_fail(s, now, status);
}

/* How the file comes, where that is not plain TFTP. */
static const char *way_of(const struct download *d)
{
    if (d->mode == DOWNLOAD_MULTICAST)
        return d->mtftp.session.is_ours ? ", by multicast on our request" : ", by multicast";
    return d->has_fallen_back ? ", by unicast after multicast" : "";
}

static void show_waiting(struct session *s, time_us now)
{
    const struct download *d = &s->transfer;
    unsigned seconds = seconds_since(s->flow.since, now);

    if (download_phase(d) == DOWNLOAD_LISTENING)
        screen_progress(&s->screen, now, "MTFTP: listening to group " IPV4_FORMAT ", %u s",
                        IPV4_ARGS(d->mtftp.request.group.address), seconds);
    else if (d->mode == DOWNLOAD_MULTICAST)
        screen_progress(&s->screen, now, "MTFTP: asking the server, %u s", seconds);
    else
        screen_progress(&s->screen, now, "TFTP: waiting for the server%s, %u s",
                        d->has_fallen_back ? ", no multicast" : "", seconds);
}

static void show_progress(struct session *s, time_us now)
{
    const struct download *d = &s->transfer;
    char received[SCREEN_BYTES_TEXT], of[SCREEN_BYTES_TEXT], rate[SCREEN_BYTES_TEXT];
    uint64_t size;

    if (!screen_progress_due(&s->screen, now))
        return; /* this is asked at every poll, and divisions cost more than the rest of it */
    screen_bytes(received, download_received(d));
    screen_bytes(rate, download_rate(d, now));
    if (download_phase(d) != DOWNLOAD_RECEIVING)
        show_waiting(s, now);
    else if (download_size(d, &size) && size != 0 && size <= UINT32_MAX)
        screen_progress(&s->screen, now, "  %s of %s, %u %%, %s/s%s", received, screen_bytes(of, size),
                        (unsigned)divide_u64(download_received(d) * 100, (uint32_t)size, NULL), rate, way_of(d));
    else
        screen_progress(&s->screen, now, "  %s, %s/s%s", received, rate, way_of(d));
}

static void step_file(struct session *s, time_us now)
{
    enum status status = download_status(&s->transfer);
    char received[SCREEN_BYTES_TEXT], rate[SCREEN_BYTES_TEXT];

    if (status == STATUS_PENDING) {
        show_progress(s, now);
        return;
    }
    if (status != STATUS_OK) {
        boot_flow_fail(s, now, status);
        return;
    }
    if (download_owes(&s->transfer, now))
        return;
    status = s->config.target->check_file(s);
    if (status != STATUS_OK) {
        boot_flow_fail(s, now, status);
        return;
    }
    screen_line(&s->screen, "  %s, %s/s: starting it", screen_bytes(received, download_received(&s->transfer)),
                screen_bytes(rate, download_rate(&s->transfer, now)));
    cached_packets_build(s->config.cached, &s->dhcp.lease, &s->flow.choice);
    set_state(s, now, FLOW_READY);
    s->flow.status = STATUS_OK;
}

void boot_flow_start(struct session *s, time_us now)
{
    s->flow = (struct boot_flow){
        .status = STATUS_PENDING,
        .next_link_check = now,
        .has_given_lease = s->config.lease != NULL,
    };
    set_state(s, now, FLOW_LINK);
}

void boot_flow_start_dhcp(struct session *s, time_us now)
{
    s->flow = (struct boot_flow){.status = STATUS_PENDING, .next_link_check = now, .wants_lease_only = true};
    set_state(s, now, FLOW_LINK);
}

void boot_flow_step(struct session *s, time_us now)
{
    struct boot_flow *flow = &s->flow;

    if (flow->status != STATUS_PENDING || flow->state == FLOW_IDLE)
        return;
    if (now >= flow->next_link_check) {
        flow->link_is_up = nic_link_up(s->nic);
        flow->next_link_check = now + MILLISECONDS(100);
    }
    if (flow->state == FLOW_LINK)
        step_link(s, now);
    else if (flow->state == FLOW_DHCP)
        step_dhcp(s, now);
    else if (flow->state == FLOW_PXE)
        step_pxe(s, now);
    else
        step_file(s, now);
}

time_us boot_flow_deadline(const struct session *s)
{
    return s->flow.status == STATUS_PENDING && s->flow.state != FLOW_IDLE ? s->flow.next_link_check : TIME_NEVER;
}

void boot_flow_fail(struct session *s, time_us now, enum status why)
{
    set_state(s, now, FLOW_FAILED);
    s->flow.status = why;
    failure_show(s, why);
    net_detach(&s->net, &s->dhcp.udp);
    pxe_boot_stop(s);
    if (s->flow.wants_lease_only)
        return;
    download_cancel(&s->transfer, now, why);
    nic_close(s->nic);
}
