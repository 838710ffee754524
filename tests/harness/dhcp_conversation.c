/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/harness/dhcp_conversation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/base/text.h"
#include "firmware/boot/boot_options.h"

const struct dhcp_config dhcp_test_config = {
    .identity = {.mac = {{0x52, 0x54, 0, 1, 2, 3}},
                 .has_uuid = true,
                 .uuid = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
                 .undi_major = 2,
                 .undi_minor = 1},
    .policy = &boot_offer_policy,
    .give_up_after = SECONDS(90),
    .link_is_up = true,
};

struct dhcp dhcp;
static struct random numbers;
struct dhcp_reply reply;
unsigned log_lines;

static void count_line(struct log *log, enum log_level level, const char *line)
{
    (void)log;
    log_lines += level != LOG_DEBUG && text_length(line) > 0;
}

static struct log counting_log = {.write = count_line};

void start_with(struct transcript *t, const struct dhcp_config *c)
{
    memset(&numbers, 0, sizeof(numbers));
    random_seed(&numbers, text_slice("dhcp"));
    log_lines = 0;
    memset(&dhcp, 0xa5, sizeof(dhcp));
    dhcp_start(&dhcp, t->now, c, &numbers, &counting_log);
    transcript_with(t, &dhcp.udp);
}

void start(struct transcript *t)
{
    start_with(t, &dhcp_test_config);
}

struct udp_address from(uint32_t address)
{
    return (struct udp_address){.ip = ipv4_address(address), .port = DHCP_SERVER_PORT};
}

struct dhcp_reply *reply_of(struct transcript *t, uint8_t type, uint32_t server)
{
    struct reader r = reader_of(slice_of(t->last_sent + 4, 4));

    dhcp_reply_start(&reply, type, read_be32(&r), dhcp_test_config.identity.mac, ADDRESS, server);
    dhcp_option_emit_u32(&reply.options, DHCP_TAG_LEASE, 21600);
    dhcp_option_emit_u32(&reply.options, DHCP_TAG_NETMASK, 0xffffff00u);
    dhcp_option_emit_u32(&reply.options, DHCP_TAG_ROUTERS, SERVER);
    return &reply;
}

struct dhcp_reply *with_file(struct dhcp_reply *r)
{
    r->fixed.siaddr = SERVER;
    r->fixed.file = text_slice("pxelinux.0");
    return r;
}

struct dhcp_reply *with_class(struct dhcp_reply *r, const char *class)
{
    dhcp_reply_text(r, DHCP_TAG_CLASS, class);
    return r;
}

struct dhcp_reply *proxy_offer(struct transcript *t, uint32_t server, const char *file)
{
    struct reader r = reader_of(slice_of(t->last_sent + 4, 4));

    dhcp_reply_start(&reply, DHCP_OFFER, read_be32(&r), dhcp_test_config.identity.mac, 0, server);
    dhcp_reply_text(&reply, DHCP_TAG_CLASS, "PXEClient");
    reply.fixed.siaddr = server;
    reply.fixed.file = text_slice(file);
    return &reply;
}

void gets_reply(struct transcript *t, time_us at, struct dhcp_reply *r)
{
    uint32_t server = SERVER;

    (void)dhcp_option_u32(&(struct dhcp_message){.options = writer_written(&r->options)}, DHCP_TAG_SERVER_ID, &server);
    transcript_gets(t, at, from(server), dhcp_reply_finish(r));
}

struct dhcp_message parsed(struct slice sent)
{
    struct reader r = reader_of(sent);
    struct dhcp_message m;

    if (!dhcp_message_parse(&r, &m))
        memset(&m, 0, sizeof(m));
    return m;
}

void assert_option(const struct dhcp_message *m, uint8_t tag, const void *bytes, size_t len)
{
    uint8_t room[255];
    struct writer w = writer_of(room, sizeof(room));

    assert_true(dhcp_option(m, tag, &w));
    assert_int_equal(writer_len(&w), len);
    assert_memory_equal(room, bytes, len);
}

void sends_request(struct transcript *t, time_us earliest, time_us latest, uint32_t server)
{
    struct dhcp_message m = parsed(transcript_sends(t, earliest, latest));
    uint32_t asked = 0, told = 0;

    if (!t->whole)
        return;
    assert_int_equal(m.type, DHCP_REQUEST);
    assert_int_equal(m.ciaddr, 0);
    assert_true(dhcp_option_u32(&m, DHCP_TAG_REQUESTED_ADDRESS, &asked));
    assert_int_equal(asked, ADDRESS);
    assert_true(dhcp_option_u32(&m, DHCP_TAG_SERVER_ID, &told));
    assert_int_equal(told, server);
}

void sends_discover(struct transcript *t, time_us earliest, time_us latest)
{
    struct dhcp_message m = parsed(transcript_sends(t, earliest, latest));

    if (t->whole)
        assert_int_equal(m.type, DHCP_DISCOVER);
}

void is_bound(struct transcript *t)
{
    transcript_silent(t, SECONDS(600));
    if (!t->whole)
        return;
    assert_int_equal(dhcp.state, DHCP_BOUND);
    assert_int_equal(dhcp.status, STATUS_OK);
    assert_int_equal(dhcp.lease.address, ADDRESS);
}

void run_whole(void **script)
{
    transcript_run((transcript_script *)*script);
}

void run_cut(void **script)
{
    transcript_run_cut((transcript_script *)*script);
}
