/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Boot server discovery as transcripts of PXE 2.1 section 2.2, steps 5 and 6; adversarial row T-DH-25. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/base/text.h"
#include "firmware/proto/boot_server.h"
#include "tests/harness/dhcp_reply.h"
#include "tests/harness/transcript.h"

#define MS(n)     MILLISECONDS(n)
#define ADDRESS   0xc0a86f64u
#define SERVER    0xc0a86f82u
#define OTHER     0xc0a86f83u
#define GROUP     0xe0000102u
#define BROADCAST 0xffffffffu

enum {
    TYPE = 15,
    LAYER = 1
};

static struct boot_server machine;
static struct random dice;
static struct dhcp_reply reply;

static const struct boot_server_config basic = {
    .identity = {.mac = {{0x52, 0x54, 0, 1, 2, 3}}, .architecture = 7, .undi_major = 3},
    .address = ADDRESS,
    .has_item = true,
    .type = TYPE,
    .layer = LAYER,
};

static void start(struct transcript *t, struct boot_server_config config)
{
    memset(&dice, 0, sizeof(dice));
    random_seed(&dice, text_slice("boot server"));
    memset(&machine, 0xa5, sizeof(machine));
    assert_int_equal(boot_server_start(&machine, t->now, &config, &dice, NULL), STATUS_OK);
    transcript_with(t, &machine.udp);
}

static struct boot_server_config with_broadcast(void)
{
    struct boot_server_config config = basic;

    config.uses_broadcast = true;
    return config;
}

static struct udp_address from(uint32_t address)
{
    return (struct udp_address){.ip = ipv4_address(address), .port = BOOT_SERVER_PORT};
}

static void asks(struct transcript *t, time_us at, uint32_t address, uint16_t port)
{
    transcript_sends(t, at, at);
    if (!t->whole)
        return;
    assert_int_equal(ipv4_value(t->sent_to.ip), address);
    assert_int_equal(t->sent_to.port, port);
}

/* An ACK of `server` with the item that was asked for. */
static struct dhcp_reply *ack_of(struct transcript *t, uint32_t server, uint16_t type, uint16_t layer)
{
    uint8_t item[] = {PXE_TAG_BOOT_ITEM, 4,  (uint8_t)(type >> 8), (uint8_t)type, (uint8_t)(layer >> 8),
                      (uint8_t)layer,    255};
    struct reader r = reader_of(slice_of(t->last_sent + 4, 4));

    dhcp_reply_start(&reply, DHCP_ACK, read_be32(&r), basic.identity.mac, 0, server);
    reply.fixed.ciaddr = ADDRESS;
    reply.fixed.siaddr = server;
    reply.fixed.file = text_slice("boot/item15");
    dhcp_reply_text(&reply, DHCP_TAG_CLASS, "PXEClient");
    dhcp_option_emit(&reply.options, DHCP_TAG_VENDOR, slice_of(item, sizeof(item)));
    return &reply;
}

static void gets(struct transcript *t, time_us at, uint32_t sender, struct dhcp_reply *r)
{
    transcript_gets(t, at, from(sender), dhcp_reply_finish(r));
}

static void is_found(struct transcript *t, uint32_t server)
{
    transcript_silent(t, SECONDS(100));
    if (!t->whole)
        return;
    assert_int_equal(machine.status, STATUS_OK);
    assert_int_equal(machine.state, BOOT_SERVER_FOUND);
    assert_int_equal(machine.server, server);
}

static void one_broadcast(struct transcript *t)
{
    start(t, with_broadcast());
    asks(t, 0, BROADCAST, 67);
    gets(t, MS(3), SERVER, ack_of(t, SERVER, TYPE, LAYER));
    is_found(t, SERVER);
    if (!t->whole)
        return;
    assert_string_equal(machine.boot.file, "boot/item15");
    assert_int_equal(machine.boot.server, SERVER);
    assert_true(machine.reply.len >= DHCP_MESSAGE_MIN);
}

/* shows: PXE-2.3-d, PXE-2.3-k, PXE-2.3-l */
static void the_first_answer_is_taken(void **state)
{
    (void)state;
    transcript_run_cut(one_broadcast);
}

static void assert_text_option(const struct dhcp_message *m, uint8_t tag, const char *bytes, size_t len)
{
    uint8_t room[255];
    struct writer w = writer_of(room, sizeof(room));

    assert_true(dhcp_option(m, tag, &w));
    assert_int_equal(writer_len(&w), len);
    assert_memory_equal(room, bytes, len);
}

static void request(struct transcript *t)
{
    struct reader r;
    struct dhcp_message m;

    start(t, with_broadcast());
    r = reader_of(transcript_sends(t, 0, 0));
    assert_true(dhcp_message_parse(&r, &m));
    assert_int_equal(m.op, DHCP_OP_REQUEST);
    assert_int_equal(m.type, DHCP_REQUEST);
    assert_int_equal(m.ciaddr, ADDRESS);
    assert_true(mac_equal(m.chaddr, basic.identity.mac));
    assert_false(dhcp_has_option(&m, DHCP_TAG_REQUESTED_ADDRESS));
    assert_false(dhcp_has_option(&m, DHCP_TAG_SERVER_ID));
    assert_text_option(&m, DHCP_TAG_VENDOR, "\x47\4\0\17\0\1\xff", 7);
    assert_text_option(&m, DHCP_TAG_CLASS, "PXEClient:Arch:00007:UNDI:003000", 32);
    assert_text_option(&m, DHCP_TAG_ARCHITECTURE, "\0\7", 2);
    assert_int_equal(machine.request.len, t->last_sent_len);
    assert_memory_equal(machine.request.bytes, t->last_sent, t->last_sent_len);
}

/* shows: PXE-2.3-a, PXE-2.3-b, PXE-2.1-a */
static void the_request_names_the_item(void **state)
{
    (void)state;
    transcript_run(request);
}

static void alone(struct transcript *t)
{
    struct boot_server_config config = basic;

    config.multicast = GROUP;
    start(t, config);
    asks(t, 0, GROUP, 4011);
    asks(t, SECONDS(1), GROUP, 4011);
    asks(t, SECONDS(3), GROUP, 4011);
    asks(t, SECONDS(6), GROUP, 4011);
    transcript_silent(t, SECONDS(100));
    assert_int_equal(machine.status, STATUS_NO_BOOT_SERVER);
}

static void all_ways(struct transcript *t)
{
    struct boot_server_config config = with_broadcast();
    time_us round = 0;

    config.multicast = GROUP;
    config.uses_list = true;
    config.servers[0] = SERVER;
    config.servers[1] = OTHER;
    config.server_count = 2;
    start(t, config);
    for (unsigned n = 1; n <= 4; n++) {
        asks(t, round, GROUP, 4011);
        asks(t, round + MS(250) * n, BROADCAST, 67);
        asks(t, round + MS(500) * n, SERVER, 4011);
        asks(t, round + MS(750) * n, OTHER, 4011);
        round += SECONDS(n);
    }
    transcript_silent(t, round - 1);
    assert_int_equal(machine.status, STATUS_PENDING);
    transcript_silent(t, round);
    assert_int_equal(machine.status, STATUS_NO_BOOT_SERVER);
}

/* shows: PXE-2.3-c, PXE-2.3-d, PXE-2.3-e, PXE-2.3-j, PXE-2.3-m */
static void four_rounds_go_through_all_ways(void **state)
{
    (void)state;
    transcript_run(alone);
    transcript_run(all_ways);
}

static void wrong_answers(struct transcript *t)
{
    struct dhcp_reply *r;

    start(t, with_broadcast());
    asks(t, 0, BROADCAST, 67);
    gets(t, MS(1), SERVER, ack_of(t, SERVER, TYPE + 1, LAYER));
    gets(t, MS(2), SERVER, ack_of(t, SERVER, TYPE, LAYER + 1));
    r = ack_of(t, SERVER, TYPE, LAYER);
    r->fixed.xid ^= 1;
    gets(t, MS(3), SERVER, r);
    r = ack_of(t, SERVER, TYPE, LAYER);
    r->fixed.chaddr.byte[5] ^= 1;
    gets(t, MS(4), SERVER, r);
    r = ack_of(t, SERVER, TYPE, LAYER);
    r->fixed.op = DHCP_OP_REQUEST;
    gets(t, MS(5), SERVER, r);
    dhcp_reply_start(&reply, DHCP_OFFER, machine.xid, basic.identity.mac, 0, SERVER);
    gets(t, MS(6), SERVER, &reply);
    dhcp_reply_start(&reply, DHCP_ACK, machine.xid, basic.identity.mac, ADDRESS, SERVER); /* a DHCP server's */
    gets(t, MS(7), SERVER, &reply);
    assert_int_equal(machine.ignored, 7);
    assert_int_equal(machine.status, STATUS_PENDING);
    asks(t, SECONDS(1), BROADCAST, 67);
    gets(t, MS(1001), SERVER, ack_of(t, SERVER, TYPE, LAYER | 0x8000)); /* credentials or not is no other layer */
    is_found(t, SERVER);
}

/* shows: PXE-2.3-k */
static void answers_of_another_kind_are_ignored(void **state)
{
    (void)state;
    transcript_run(wrong_answers);
}

static void listed(struct transcript *t)
{
    struct boot_server_config config = with_broadcast();

    config.only_listed = true;
    config.servers[0] = SERVER;
    config.server_count = 1;
    start(t, config);
    asks(t, 0, BROADCAST, 67);
    gets(t, MS(1), OTHER, ack_of(t, OTHER, TYPE, LAYER));
    if (t->whole)
        assert_int_equal(machine.status, STATUS_PENDING);
    gets(t, MS(2), OTHER, ack_of(t, SERVER, TYPE, LAYER)); /* another address of a listed one */
    is_found(t, OTHER);
}

static void any_of_a_type(struct transcript *t)
{
    struct boot_server_config config = with_broadcast();

    config.only_listed = config.accepts_any = true;
    start(t, config);
    asks(t, 0, BROADCAST, 67);
    gets(t, MS(1), OTHER, ack_of(t, OTHER, TYPE, LAYER));
    is_found(t, OTHER);
}

/* shows: PXE-2.3-g, PXE-2.3-i */
static void only_listed_servers_may_answer_when_control_says_so(void **state)
{
    (void)state;
    transcript_run_cut(listed);
    transcript_run(any_of_a_type);
}

/* As Windows' servers have it: whoever says "PXEClient" without option 43 is asked at port 4011. */
static void without_item(struct transcript *t)
{
    struct boot_server_config config = basic;
    struct dhcp_message m;
    struct reader r;

    config.has_item = false;
    config.uses_list = true;
    config.servers[0] = SERVER;
    config.server_count = 1;
    start(t, config);
    r = reader_of(transcript_sends(t, 0, 0));
    assert_true(dhcp_message_parse(&r, &m));
    assert_false(dhcp_has_option(&m, DHCP_TAG_VENDOR));
    assert_int_equal(ipv4_value(t->sent_to.ip), SERVER);
    dhcp_reply_start(&reply, DHCP_ACK, machine.xid, basic.identity.mac, 0, 0);
    dhcp_reply_text(&reply, DHCP_TAG_CLASS, "PXEClient");
    reply.fixed.file = text_slice("wdsnbp.com");
    gets(t, MS(2), SERVER, &reply);
    is_found(t, SERVER);
    assert_int_equal(machine.boot.server, SERVER); /* it names none: itself */
    assert_string_equal(machine.boot.file, "wdsnbp.com");
}

/* shows: PXE-2.2-g */
static void a_proxy_is_asked_without_an_item(void **state)
{
    (void)state;
    transcript_run(without_item);
}

/* Output with no room, as the stack calls it while ARP finds nobody: the next destination gets its turn. */
static void without_room(struct transcript *t)
{
    struct boot_server_config config = with_broadcast();
    uint8_t place;
    struct writer none = writer_of(&place, 0);
    time_us turns = 0;

    start(t, config);
    for (time_us at = t->now; machine.status == STATUS_PENDING; at += MS(10)) {
        unsigned round = machine.round;

        assert_true(at < t->now + SECONDS(60));
        if (machine.udp.ops->deadline(&machine.udp) <= at)
            assert_false(machine.udp.ops->output(&machine.udp, at, &none));
        turns += machine.round != round;
    }
    assert_int_equal(turns, 4);
    assert_int_equal(machine.status, STATUS_NO_BOOT_SERVER);
}

static void who_cannot_be_sent_to_loses_the_turn(void **state)
{
    (void)state;
    transcript_run(without_room);
}

static void cancelled(struct transcript *t)
{
    start(t, with_broadcast());
    asks(t, 0, BROADCAST, 67);
    boot_server_cancel(&machine, STATUS_CANCELLED);
    assert_true(boot_server_is_over(&machine));
    gets(t, MS(1), SERVER, ack_of(t, SERVER, TYPE, LAYER));
    transcript_silent(t, SECONDS(100));
    assert_int_equal(machine.status, STATUS_CANCELLED);
}

static void it_can_be_cancelled(void **state)
{
    (void)state;
    transcript_run(cancelled);
}

/* shows: PXE-2.3-m */
static void with_nobody_to_ask_it_fails_at_once(void **state)
{
    (void)state;
    assert_int_equal(boot_server_start(&machine, 0, &basic, &dice, NULL), STATUS_NO_SERVER_LIST);
    assert_true(boot_server_is_over(&machine));
    assert_true(machine.udp.ops->deadline(&machine.udp) == TIME_NEVER);
}

/* A server asked by its address need not say which item it speaks of; others must, and a wrong one never counts. */
static void unnamed_item(struct transcript *t)
{
    struct boot_server_config config = with_broadcast();

    config.uses_list = true;
    config.servers[0] = SERVER;
    config.server_count = 1;
    start(t, config);
    asks(t, 0, BROADCAST, 67);
    for (unsigned n = 0; n < 2; n++) {
        dhcp_reply_start(&reply, DHCP_ACK, machine.xid, basic.identity.mac, 0, n == 0 ? OTHER : SERVER);
        dhcp_reply_text(&reply, DHCP_TAG_CLASS, "PXEClient");
        gets(t, MS(1), OTHER, &reply);
    }
    gets(t, MS(2), SERVER, ack_of(t, SERVER, TYPE + 1, LAYER));
    if (t->whole)
        assert_int_equal(machine.ignored, 3);
    dhcp_reply_start(&reply, DHCP_ACK, machine.xid, basic.identity.mac, 0, SERVER);
    dhcp_reply_text(&reply, DHCP_TAG_CLASS, "PXEClient");
    reply.fixed.file = text_slice("wdsnbp.com");
    gets(t, MS(3), SERVER, &reply);
    is_found(t, SERVER);
}

static void a_server_asked_itself_may_leave_the_item_out(void **state)
{
    (void)state;
    transcript_run(unnamed_item);
}

static void late_and_twice(struct transcript *t)
{
    start(t, with_broadcast());
    asks(t, 0, BROADCAST, 67);
    gets(t, MS(1), SERVER, ack_of(t, SERVER, TYPE, LAYER));
    gets(t, MS(1), SERVER, ack_of(t, SERVER, TYPE, LAYER));
    gets(t, MS(2), OTHER, ack_of(t, OTHER, TYPE, LAYER));
    is_found(t, SERVER);
    start(t, with_broadcast());
    transcript_passes(t, SECONDS(200));
    assert_int_equal(machine.status, STATUS_NO_BOOT_SERVER);
    gets(t, SECONDS(201), SERVER, ack_of(t, SERVER, TYPE, LAYER));
    assert_int_equal(machine.status, STATUS_NO_BOOT_SERVER);
}

static void answers_that_come_late_or_twice_change_nothing(void **state)
{
    (void)state;
    transcript_run(late_and_twice);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_answer_is_taken),
        cmocka_unit_test(the_request_names_the_item),
        cmocka_unit_test(four_rounds_go_through_all_ways),
        cmocka_unit_test(answers_of_another_kind_are_ignored),
        cmocka_unit_test(only_listed_servers_may_answer_when_control_says_so),
        cmocka_unit_test(a_proxy_is_asked_without_an_item),
        cmocka_unit_test(who_cannot_be_sent_to_loses_the_turn),
        cmocka_unit_test(it_can_be_cancelled),
        cmocka_unit_test(with_nobody_to_ask_it_fails_at_once),
        cmocka_unit_test(a_server_asked_itself_may_leave_the_item_out),
        cmocka_unit_test(answers_that_come_late_or_twice_change_nothing),
    };

    return cmocka_run_group_tests_name("boot_server", tests, NULL, NULL);
}
