/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* How MTFTP comes to its end where the server, or the way to it, is gone by then, or where the server has none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/wire/tftp_packet.h"
#include "tests/harness/mtftp_script.h"
#include "tests/harness/tftp_script.h"

#define MS(n) MILLISECONDS(n)

enum {
    PORT = 40000,
    OTHER = 40001,
};

static struct mtftp_script s;

static time_us now_of(const struct transcript *t)
{
    return t->now - TRANSCRIPT_EPOCH;
}

/* Somebody else's session leaves out block 2 of three; ours brings it, and asks for the last one for all who listen. */
static time_us repair(struct transcript *t)
{
    time_us at;

    mtftp_script_start(&s, t, mtftp_script_group);
    mtftp_script_group_block(t, MS(300), PORT, 1, 512);
    mtftp_script_group_block(t, MS(301), PORT, 3, 100);
    mtftp_script_asks(t, MS(302), SECONDS(2), MTFTP_SCRIPT_SERVER_PORT);
    at = now_of(t);
    mtftp_script_own_block(t, at, OTHER, 1, 512);
    mtftp_script_acks(t, at, OTHER, 1);
    mtftp_script_group_block(t, at, OTHER, 2, 512);
    mtftp_script_acks(t, at, OTHER, 2);
    return at;
}

static void broken_off(struct transcript *t)
{
    const struct udp_address server = {.ip = ipv4_address(MTFTP_SCRIPT_SERVER), .port = OTHER};
    time_us at = repair(t);

    transcript_gets(t, at, server, tftp_script_error(TFTP_ERROR_OTHER, BYTES("going down\0")));
    mtftp_script_is_whole(&s, t, 1124);
    transcript_silent(t, at + SECONDS(60));
}

static void silent(struct transcript *t)
{
    time_us at = repair(t);

    transcript_passes(t, at + SECONDS(30));
    mtftp_script_is_whole(&s, t, 1124);
    assert_true(mtftp_is_quiet(&s.mtftp));
}

static void what_is_whole_does_not_need_the_server(void **state)
{
    (void)state;
    transcript_run(broken_off);
    transcript_run(silent);
}

/* A server that does not hear the last ACK, and never ends. */
static void repeats_for_ever(struct transcript *t)
{
    time_us at = mtftp_script_open(&s, t, PORT);

    mtftp_script_group_block(t, at, PORT, 2, 100);
    mtftp_script_acks_last(t, at, PORT, 2);
    for (unsigned n = 5; n < 30; n++) {
        transcript_passes(t, at + SECONDS(n));
        mtftp_script_group_block(t, at + SECONDS(n), PORT, 2, 100);
    }
    assert_true(mtftp_is_quiet(&s.mtftp));
    mtftp_script_is_whole(&s, t, 612);
}

static void a_server_that_repeats_the_last_block_for_ever(void **state)
{
    (void)state;
    transcript_run(repeats_for_ever);
}

/* A card whose ring never empties, with an ERROR that is owed: whoever waits to go on by unicast must not wait on. */
static void stuck(struct transcript *t)
{
    uint8_t place = 0;

    (void)mtftp_script_open(&s, t, PORT);
    mtftp_cancel(&s.mtftp, t->now, STATUS_TFTP_READ_TIMEOUT);
    for (unsigned n = 0; n < 30; n++) {
        struct writer no_room = writer_of(&place, 0);

        assert_false(t->client->ops->output(t->client, t->now + SECONDS(n), &no_room));
    }
    assert_true(mtftp_is_quiet(&s.mtftp));
}

static void an_error_that_cannot_be_sent_is_dropped(void **state)
{
    (void)state;
    transcript_run(stuck);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_whole_does_not_need_the_server),
        cmocka_unit_test(a_server_that_repeats_the_last_block_for_ever),
        cmocka_unit_test(an_error_that_cannot_be_sent_is_dropped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
