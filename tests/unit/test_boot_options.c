/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Every offer of an address with every proxy's, in either order: whose word counts, what it comes to, and when. The
 * expectations are written as one table here, apart from the table that they test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/base/text.h"
#include "firmware/boot/boot_options.h"
#include "tests/harness/dhcp_reply.h"
#include "tests/harness/transcript.h"

#define SERVER  0x0a000001u
#define OTHER   0x0a000002u
#define PROXY   0x0a000009u
#define PROXY_2 0x0a00000au
#define ADDRESS 0x0a000064u
#define MS(n)   MILLISECONDS(n)

#define MENU    "\x09\5\0\1\2hi"
#define AT_ONCE "\6\1\x08"

/* What a server may say. */
enum {
    FILE_NAME = 1,
    NEXT_SERVER = 2,
    MARK = 4,
    WITH_MENU = 8,
    WITH_BIT_3 = 16,
    BROKEN = 32,
    NO_PROXY = 64,
    BOOTP = 128,
};

static struct dhcp_offers heard;
static struct dhcp_reply reply;
static struct dhcp_lease lease;
static struct boot_choice choice;

static struct slice message(uint8_t type, uint32_t yiaddr, uint32_t server, unsigned says)
{
    const struct mac mac = {{2, 0, 0, 0, 0, 1}};

    dhcp_reply_start(&reply, (says & BOOTP) != 0 ? DHCP_BOOTP : type, 1, mac, yiaddr, server);
    if ((says & FILE_NAME) != 0)
        reply.fixed.file = text_slice("boot/file");
    if ((says & NEXT_SERVER) != 0)
        reply.fixed.siaddr = server + 0x100;
    if ((says & MARK) != 0)
        dhcp_reply_text(&reply, DHCP_TAG_CLASS, "PXEClient");
    if ((says & WITH_MENU) != 0)
        dhcp_option_emit(&reply.options, DHCP_TAG_VENDOR, BYTES(MENU));
    if ((says & WITH_BIT_3) != 0)
        dhcp_option_emit(&reply.options, DHCP_TAG_VENDOR, BYTES(AT_ONCE));
    if ((says & BROKEN) != 0)
        dhcp_option_emit(&reply.options, DHCP_TAG_VENDOR, BYTES("\x09\xf0\0\1"));
    if ((says & NO_PROXY) != 0)
        dhcp_option_emit(&reply.options, DHCP_TAG_IPXE, BYTES("\xb0\1\1"));
    return dhcp_reply_finish(&reply);
}

static void hears(time_us at, uint32_t yiaddr, uint32_t server, unsigned says)
{
    const struct dhcp_sighting seen = {.server = server, .heard = at, .round_trip = at};
    struct slice raw = message(DHCP_OFFER, yiaddr, server, says);
    struct reader r = reader_of(raw);
    struct dhcp_message m;

    assert_true(dhcp_message_parse(&r, &m));
    assert_non_null(dhcp_offers_add(&heard, &boot_offer_policy, &m, raw, &seen));
}

static void take(struct slice raw, struct dhcp_packet *packet, struct dhcp_boot *boot)
{
    struct reader r = reader_of(raw);
    struct dhcp_message m;

    assert_true(dhcp_message_parse(&r, &m));
    packet->len = raw.len;
    memcpy(packet->bytes, raw.data, raw.len);
    dhcp_boot_parse(&m, boot);
}

/* The lease that comes of the offers, the ACK saying what the OFFER said. */
static enum status chooses(unsigned acknowledged)
{
    const struct dhcp_offer *offer = boot_offer_policy.choose(&heard).offer;
    const struct dhcp_offer *proxy = boot_offer_policy.proxy_for(&heard, offer);

    memset(&lease, 0, sizeof(lease));
    take(message(DHCP_ACK, ADDRESS, offer->server, acknowledged), &lease.ack, &lease.boot);
    if (proxy != NULL)
        take(slice_of(proxy->packet.bytes, proxy->packet.len), &lease.proxy, &lease.proxy_boot);
    return boot_options_choose(&lease, &choice);
}

enum proxies {
    NO_ONE,
    SILENT,
    SILENT_BROKEN,
    WITH_FILE,
    WITH_A_MENU,
    FILE_AT_ONCE,
    PROXIES
};

static const unsigned proxy_says[PROXIES] = {
    0, MARK, MARK | BROKEN, MARK | FILE_NAME | NEXT_SERVER, MARK | WITH_MENU, MARK | WITH_BIT_3 | FILE_NAME};

/* 'd' or 'p': the DHCP server's word or the proxy's; then f(ile), a(sk), m(enu), n(othing); then the wait in ms. */
struct outcome {
    const char *what;
    unsigned ms;
};

static const struct expected {
    unsigned says;
    struct outcome with[PROXIES];
} expectations[] = {
    {0, {{"dn", 4000}, {"pa", 150}, {"pa", 150}, {"pf", 0}, {"pm", 0}, {"pf", 0}}},
    {NEXT_SERVER, {{"dn", 4000}, {"pa", 150}, {"pa", 150}, {"pf", 0}, {"pm", 0}, {"pf", 0}}},
    {NO_PROXY, {{"dn", 0}, {"dn", 0}, {"dn", 0}, {"dn", 0}, {"dn", 0}, {"dn", 0}}},
    {MARK, {{"da", 150}, {"pa", 150}, {"pa", 150}, {"pf", 0}, {"pm", 0}, {"pf", 0}}},
    {MARK | BROKEN, {{"da", 150}, {"pa", 150}, {"pa", 150}, {"pf", 0}, {"pm", 0}, {"pf", 0}}},
    {WITH_MENU, {{"dn", 4000}, {"pa", 150}, {"pa", 150}, {"pf", 0}, {"pm", 0}, {"pf", 0}}}, /* not marked */
    {FILE_NAME, {{"df", 150}, {"df", 150}, {"df", 150}, {"pf", 0}, {"pm", 0}, {"pf", 0}}},
    {FILE_NAME | BROKEN, {{"df", 150}, {"df", 150}, {"df", 150}, {"pf", 0}, {"pm", 0}, {"pf", 0}}},
    {FILE_NAME | NEXT_SERVER, {{"df", 150}, {"df", 150}, {"df", 150}, {"pf", 0}, {"pm", 0}, {"pf", 0}}},
    {FILE_NAME | NEXT_SERVER | NO_PROXY, {{"df", 0}, {"df", 0}, {"df", 0}, {"df", 0}, {"df", 0}, {"df", 0}}},
    {FILE_NAME | WITH_BIT_3, {{"df", 0}, {"df", 0}, {"df", 0}, {"df", 0}, {"df", 0}, {"df", 0}}},
    {MARK | FILE_NAME | NEXT_SERVER, {{"df", 20}, {"df", 20}, {"df", 20}, {"df", 20}, {"pm", 0}, {"pf", 0}}},
    {MARK | FILE_NAME | BROKEN, {{"df", 20}, {"df", 20}, {"df", 20}, {"df", 20}, {"pm", 0}, {"pf", 0}}},
    {MARK | FILE_NAME | WITH_BIT_3, {{"df", 0}, {"df", 0}, {"df", 0}, {"df", 0}, {"df", 0}, {"df", 0}}},
    {MARK | WITH_BIT_3, {{"da", 150}, {"pa", 150}, {"pa", 150}, {"pf", 0}, {"pm", 0}, {"pf", 0}}},
    {MARK | WITH_MENU, {{"dm", 0}, {"dm", 0}, {"dm", 0}, {"dm", 0}, {"dm", 0}, {"dm", 0}}},
    {MARK | WITH_MENU | FILE_NAME, {{"dm", 0}, {"dm", 0}, {"dm", 0}, {"dm", 0}, {"dm", 0}, {"dm", 0}}},
    {MARK | WITH_MENU | WITH_BIT_3 | FILE_NAME, {{"df", 0}, {"df", 0}, {"df", 0}, {"df", 0}, {"df", 0}, {"df", 0}}},
    {BOOTP, {{"dn", 4000}, {"pa", 2000}, {"pa", 2000}, {"pf", 2000}, {"pm", 2000}, {"pf", 2000}}},
    {BOOTP | FILE_NAME, {{"df", 2000}, {"df", 2000}, {"df", 2000}, {"pf", 2000}, {"pm", 2000}, {"pf", 2000}}},
};

static char letter(enum boot_action action)
{
    switch (action) {
    case BOOT_FILE:
        return 'f';
    case BOOT_ASK:
        return 'a';
    case BOOT_PXE:
        return 'm';
    case BOOT_NOTHING:
        break;
    }
    return 'n';
}

static void check_case(const struct expected *expected, enum proxies proxy, time_us offer_at, time_us proxy_at)
{
    const struct outcome *outcome = &expected->with[proxy];
    time_us both = offer_at > proxy_at ? offer_at : proxy_at, alone = offer_at + MS(expected->with[NO_ONE].ms);
    time_us at = proxy == NO_ONE ? alone : time_earlier(alone, both + MS(outcome->ms));
    struct dhcp_decision decision;
    char what[3] = {0};

    memset(&heard, 0, sizeof(heard));
    if (proxy != NO_ONE && proxy_at < offer_at)
        hears(proxy_at, 0, PROXY, proxy_says[proxy]);
    assert_int_equal(boot_offer_policy.choose(&heard).at, TIME_NEVER);
    hears(offer_at, ADDRESS, SERVER, expected->says);
    if (proxy != NO_ONE && proxy_at > offer_at)
        hears(proxy_at, 0, PROXY, proxy_says[proxy]);
    decision = boot_offer_policy.choose(&heard);
    (void)chooses(expected->says);
    what[0] = choice.said_by == PROXY ? 'p' : 'd';
    what[1] = letter(choice.action);
    if (decision.at != at || !text_equal(what, outcome->what))
        print_message("offer %x, proxy %u: %s at %llu us, not %s at %llu\n", expected->says, proxy, what,
                      (unsigned long long)decision.at, outcome->what, (unsigned long long)at);
    assert_int_equal(decision.at, at);
    assert_string_equal(what, outcome->what);
    assert_int_equal(choice.is_proxy, what[0] == 'p');
    assert_true(what[0] == 'd' || choice.said_by == PROXY);
}

/* shows: RFC2131-4.1-l, PXE-2.2-a, PXE-2.2-c, PXE-2.2-d, PXE-2.2-e, PXE-2.2-f, PXE-2.2-g, PXE-2.3-h */
static void every_offer_meets_every_proxy(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof(expectations) / sizeof(expectations[0]); n++) {
        for (enum proxies proxy = NO_ONE; proxy < PROXIES; proxy++) {
            check_case(&expectations[n], proxy, MS(1), MS(3));
            check_case(&expectations[n], proxy, MS(4), MS(2));
            check_case(&expectations[n], proxy, MS(1), MS(5));
        }
    }
}

/* Of offers of an address the best, the first among equals; worst first here. */
/* shows: RFC2131-4.4.1-g */
static void offers_are_ranked(void **state)
{
    static const unsigned ranks[] = {
        BOOTP, BOOTP | FILE_NAME, 0, MARK, FILE_NAME, FILE_NAME | NEXT_SERVER, MARK | FILE_NAME, MARK | WITH_MENU};
    enum {
        RANKS = sizeof(ranks) / sizeof(ranks[0])
    };

    (void)state;
    for (size_t a = 0; a < RANKS; a++) {
        for (size_t b = 0; b < RANKS; b++) {
            memset(&heard, 0, sizeof(heard));
            hears(MS(1), ADDRESS, SERVER, ranks[a]);
            hears(MS(2), ADDRESS + 1, OTHER, ranks[b]);
            assert_int_equal(boot_offer_policy.choose(&heard).offer->server, a >= b ? SERVER : OTHER);
        }
    }
}

static void proxies_are_ranked(void **state)
{
    (void)state;
    for (enum proxies a = SILENT; a < PROXIES; a++) {
        for (enum proxies b = SILENT; b < PROXIES; b++) {
            bool is_equal =
                a == b || (a <= SILENT_BROKEN && b <= SILENT_BROKEN) || (a >= WITH_A_MENU && b >= WITH_A_MENU);

            memset(&heard, 0, sizeof(heard));
            hears(MS(1), 0, PROXY, proxy_says[a]);
            hears(MS(2), 0, PROXY_2, proxy_says[b]);
            hears(MS(3), ADDRESS, SERVER, 0);
            assert_int_equal(boot_offer_policy.proxy_for(&heard, &heard.offers[0])->server,
                             is_equal || a > b ? PROXY : PROXY_2);
        }
    }
}

/* A DHCP server that is a proxyDHCP server as well, under one identifier (dnsmasq with two ranges, Windows). */
static void proxy_of_the_dhcp_server_itself_is_a_proxy(void **state)
{
    (void)state;
    memset(&heard, 0, sizeof(heard));
    hears(MS(1), ADDRESS, SERVER, 0);
    hears(MS(2), 0, SERVER, MARK | FILE_NAME);
    assert_int_equal(heard.offer_count, 1);
    assert_int_equal(heard.proxy_count, 1);
    assert_int_equal(boot_offer_policy.choose(&heard).at, MS(2));
    assert_int_equal(chooses(0), STATUS_OK);
    assert_true(choice.is_proxy);
    assert_int_equal(choice.said_by, SERVER);
}

/* Whoever comes in addition never makes the wait longer. */
static void more_offers_never_put_a_decision_off(void **state)
{
    static const unsigned says[] = {0,    FILE_NAME,         MARK | FILE_NAME,       BOOTP,
                                    MARK, BOOTP | FILE_NAME, FILE_NAME | NEXT_SERVER};

    (void)state;
    for (size_t first = 0; first < 7; first++) {
        time_us at = TIME_NEVER;

        memset(&heard, 0, sizeof(heard));
        for (size_t n = 0; n < 7; n++) {
            time_us next;

            hears(MS(1 + n), ADDRESS, SERVER + (uint32_t)n, says[(first + n) % 7]);
            if (n < DHCP_PROXIES)
                hears(MS(1 + n), 0, PROXY + (uint32_t)n, proxy_says[1 + (first + n) % 5]);
            next = boot_offer_policy.choose(&heard).at;
            assert_true(next <= at);
            at = next;
        }
    }
}

/* shows: PXE-2.3-l */
static void reply_of_a_boot_server_has_the_last_word(void **state)
{
    (void)state;
    memset(&lease, 0, sizeof(lease));
    take(message(DHCP_ACK, ADDRESS, SERVER, MARK | WITH_MENU | FILE_NAME), &lease.ack, &lease.boot);
    take(message(DHCP_OFFER, 0, PROXY, MARK | WITH_MENU | FILE_NAME), &lease.proxy, &lease.proxy_boot);
    take(message(DHCP_ACK, 0, OTHER, MARK | FILE_NAME | NEXT_SERVER), &lease.reply, &lease.reply_boot);
    assert_int_equal(boot_options_choose(&lease, &choice), STATUS_OK);
    assert_int_equal(choice.action, BOOT_FILE);
    assert_int_equal(choice.said_by, OTHER);
    assert_int_equal(choice.server, OTHER + 0x100);
    assert_ptr_equal(choice.packet.data, lease.reply.bytes);
    assert_string_equal(choice.why, "boot file field and next-server of boot server 10.0.0.2");
    /* One that names nothing is an end too: it is not asked again. */
    take(message(DHCP_ACK, 0, OTHER, MARK), &lease.reply, &lease.reply_boot);
    assert_int_equal(boot_options_choose(&lease, &choice), STATUS_DHCP_NO_BOOTFILE);
    assert_int_equal(choice.action, BOOT_NOTHING);
}

static enum status with_mtftp(struct slice vendor, bool is_marked)
{
    memset(&lease, 0, sizeof(lease));
    (void)message(DHCP_ACK, ADDRESS, SERVER, FILE_NAME | (is_marked ? (unsigned)MARK : 0u));
    dhcp_option_emit(&reply.options, DHCP_TAG_VENDOR, vendor);
    take(dhcp_reply_finish(&reply), &lease.ack, &lease.boot);
    return boot_options_choose(&lease, &choice);
}

#define GROUP  "\1\4\xe1\1\2\3"
#define TIMES  "\4\1\5\5\1\7"
#define CLIENT "\2\2\6\xdf"
#define SERVES "\3\2\6\xde"

static void group_is_taken_from_the_deciding_packet(void **state)
{
    (void)state;
    assert_int_equal(with_mtftp(BYTES(GROUP CLIENT SERVES TIMES), true), STATUS_OK);
    assert_int_equal(choice.mtftp.address, 0xe1010203u);
    assert_int_not_equal(choice.mtftp.client_port, 0);
    assert_int_not_equal(choice.mtftp.server_port, choice.mtftp.client_port);
    assert_int_equal(choice.mtftp.open_s, 5);
    assert_int_equal(choice.mtftp.reopen_s, 7);
    assert_false(choice.mtftp_is_wrong);
    (void)with_mtftp(BYTES(GROUP CLIENT SERVES TIMES), false); /* other makers' tags */
    assert_int_equal(choice.mtftp.address, 0);
    assert_false(choice.mtftp_is_wrong);
    (void)with_mtftp(BYTES("\1\4\0\0\0\0"), true); /* none */
    assert_int_equal(choice.mtftp.address, 0);
    assert_false(choice.mtftp_is_wrong);
}

static void groups_that_are_none_are_told(void **state)
{
    static const struct slice wrong[] = {
        {(const uint8_t *)GROUP CLIENT, 10},
        {(const uint8_t *)GROUP SERVES, 10},
        {(const uint8_t *)"\1\4\x0a\1\2\3" CLIENT SERVES, 14},
        {(const uint8_t *)GROUP "\2\2\0\0" SERVES, 14},
        {(const uint8_t *)GROUP CLIENT "\3\2\0\0", 14},
    };

    (void)state;
    for (size_t n = 0; n < sizeof(wrong) / sizeof(wrong[0]); n++) {
        assert_int_equal(with_mtftp(wrong[n], true), STATUS_OK); /* the file is there all the same */
        assert_int_equal(choice.mtftp.address, 0);
        assert_true(choice.mtftp_is_wrong);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_offer_meets_every_proxy),
        cmocka_unit_test(offers_are_ranked),
        cmocka_unit_test(proxies_are_ranked),
        cmocka_unit_test(proxy_of_the_dhcp_server_itself_is_a_proxy),
        cmocka_unit_test(more_offers_never_put_a_decision_off),
        cmocka_unit_test(reply_of_a_boot_server_has_the_last_word),
        cmocka_unit_test(group_is_taken_from_the_deciding_packet),
        cmocka_unit_test(groups_that_are_none_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
