/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/boot/session.h"

#include "firmware/boot/failure.h"
#include "firmware/boot/run.h"
#include "firmware/boot/version.h"
#include "firmware/platform.h"

static void session_log(struct log *log, enum log_level level, const char *line)
{
    (void)log;
    platform_log(level, line);
}

static void session_print(struct screen *screen, const char *text)
{
    (void)screen;
    platform_print(text);
}

/* The MAC and UUID are no secret, but they make two machines that lack any other entropy differ. */
static void seed_random(struct session *s)
{
    uint8_t entropy[32];
    time_us now = platform_now();

    random_seed(&s->random, slice_of(entropy, platform_random(entropy, sizeof(entropy))));
    random_seed(&s->random, slice_of(&now, sizeof(now)));
    random_seed(&s->random, slice_of(s->nic->mac.byte, sizeof(s->nic->mac.byte)));
    random_seed(&s->random, slice_of(s->config.uuid, sizeof(s->config.uuid)));
}

void session_attach(struct session *s, const struct session_config *config)
{
    memset(s, 0, sizeof(*s));
    s->config = *config;
    s->nic = config->nic;
    s->log.write = session_log;
    s->screen.print = session_print;
    seed_random(s);
    net_start(&s->net, s->nic, &s->log, &s->random);
}

enum status session_start(struct session *s, const struct session_config *config)
{
    enum status status;

    session_attach(s, config);
    screen_line(&s->screen, "Puck " PUCK_VERSION "  %s, %s, " MAC_FORMAT, config->nic_name, config->nic_place,
                MAC_ARGS(s->nic->mac));
    status = nic_open(s->nic);
    if (status != STATUS_OK)
        boot_flow_fail(s, platform_now(), status);
    return status;
}

static bool flow_is_over(const void *context)
{
    return ((const struct session *)context)->flow.status != STATUS_PENDING;
}

enum status session_boot(struct session *s)
{
    enum status status;

    boot_flow_start(s, platform_now());
    s->watches_keys = true;
    status = run_until(s, flow_is_over, s, TIME_NEVER);
    s->watches_keys = false;
    if (status != STATUS_OK)
        boot_flow_fail(s, platform_now(), status);
    return s->flow.status;
}

static void print_nothing(struct screen *screen, const char *text)
{
    (void)screen;
    (void)text;
}

enum status session_configure(struct session *s, bool is_quiet)
{
    enum status status;

    if (is_quiet)
        s->screen.print = print_nothing;
    boot_flow_start_dhcp(s, platform_now());
    status = run_until(s, flow_is_over, s, TIME_NEVER);
    if (status != STATUS_OK)
        boot_flow_fail(s, platform_now(), status);
    s->screen.print = session_print;
    return s->flow.status;
}

struct slice session_boot_file(const struct session *s)
{
    return slice_of(s->config.file->memory, (size_t)download_received(&s->transfer));
}

struct dhcp_identity session_identity(const struct session *s)
{
    struct dhcp_identity identity = {
        .mac = s->nic->mac,
        .has_uuid = s->config.has_uuid,
        .architecture = s->config.architecture,
        .undi_major = s->config.target->undi_major,
        .undi_minor = s->config.target->undi_minor,
        .user_class = s->config.user_class,
    };

    memcpy(identity.uuid, s->config.uuid, sizeof(identity.uuid));
    return identity;
}

void session_poll(struct session *s, time_us now)
{
    if (s->nic->owner == NIC_OWNER_STACK)
        net_poll(&s->net, now);
    download_step(&s->transfer, now);
    download_step(&s->size_query, now);
    boot_flow_step(s, now);
}

time_us session_deadline(const struct session *s)
{
    return time_earlier(net_deadline(&s->net), boot_flow_deadline(s));
}

time_us session_now(void)
{
    return platform_now();
}

enum status session_download(struct session *s, struct download *d, const struct tftp_request *request)
{
    struct tftp_request on_this_nic = *request;

    on_this_nic.receive_frames = s->nic->receive_frames;
    on_this_nic.map = d == &s->transfer ? &s->blocks : NULL;
    return download_start(d, &s->net, platform_now(), &on_this_nic, &s->experience);
}
