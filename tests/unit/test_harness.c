/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/harness/transcript.h"

/* A machine that says "ping" every second until it has heard three bytes, which it echoes. */
struct echo {
    struct udp_client udp;
    time_us next;
    uint8_t heard[4];
    unsigned inputs, longest;
};

static void echo_input(struct udp_client *udp, time_us now, const struct udp_datagram *datagram)
{
    struct echo *echo = (struct echo *)udp;
    struct reader r = reader_of(datagram->payload);

    echo->inputs++;
    read_bytes(&r, echo->heard, 3);
    if (r.failed)
        return;
    echo->heard[3] = '!';
    echo->next = now;
}

static bool echo_output(struct udp_client *udp, time_us now, struct writer *payload)
{
    struct echo *echo = (struct echo *)udp;

    write_bytes(payload, echo->heard[3] != 0 ? echo->heard : (const uint8_t *)"ping", 4);
    if (payload->failed)
        return false;
    echo->next = echo->heard[3] != 0 ? TIME_NEVER : now + SECONDS(1);
    echo->heard[3] = 0;
    return true;
}

static struct udp_address echo_destination(const struct udp_client *udp)
{
    (void)udp;
    return (struct udp_address){.ip = ipv4_address(0xc0a86f82u), .port = 7};
}

static time_us echo_deadline(const struct udp_client *udp)
{
    return ((const struct echo *)udp)->next;
}

static const struct udp_client_ops echo_ops = {
    .input = echo_input,
    .output = echo_output,
    .destination = echo_destination,
    .deadline = echo_deadline,
};

static unsigned runs, whole_runs;

static void ping_and_echo(struct transcript *t)
{
    struct echo echo = {.udp.ops = &echo_ops, .next = t->now};

    runs++;
    transcript_with(t, &echo.udp);
    transcript_sends_bytes(t, 0, 0, BYTES("ping"));
    transcript_sends_bytes(t, SECONDS(1), SECONDS(1), BYTES("ping"));
    transcript_gets(t, MILLISECONDS(1500), echo_destination(&echo.udp), BYTES("abc"));
    transcript_sends_bytes(t, MILLISECONDS(1500), MILLISECONDS(1500), BYTES("abc!"));
    transcript_silent(t, SECONDS(60));
    if (!t->whole)
        return;
    whole_runs++;
    assert_int_equal(t->sent, 3);
    assert_int_equal(t->sent_to.port, 7);
}

static void transcript_runs_whole_and_cut(void **state)
{
    (void)state;
    runs = whole_runs = 0;
    transcript_run_cut(ping_and_echo);
    assert_int_equal(whole_runs, 1);
    assert_int_equal(runs, 1 + 2 * 3);
}

static void early(struct transcript *t)
{
    struct echo echo = {.udp.ops = &echo_ops, .next = t->now};

    transcript_with(t, &echo.udp);
    transcript_sends(t, MILLISECONDS(1), SECONDS(1));
}

static void noisy(struct transcript *t)
{
    struct echo echo = {.udp.ops = &echo_ops, .next = t->now};

    transcript_with(t, &echo.udp);
    transcript_silent(t, SECONDS(1));
}

static void mute(struct transcript *t)
{
    struct echo echo = {.udp.ops = &echo_ops, .next = TIME_NEVER};

    transcript_with(t, &echo.udp);
    transcript_sends(t, 0, SECONDS(1));
}

static void unexpected(struct transcript *t)
{
    struct echo echo = {.udp.ops = &echo_ops, .next = t->now + SECONDS(1)};

    transcript_with(t, &echo.udp);
    transcript_gets(t, SECONDS(2), echo_destination(&echo.udp), BYTES("abc"));
}

static void reads_on(struct transcript *t)
{
    struct echo echo = {.udp.ops = &echo_ops, .next = TIME_NEVER};

    transcript_with(t, &echo.udp);
    (void)*(volatile uint8_t *)(guard_page_copy(&t->input_page, BYTES("abc")).data + 3);
}

/* Whether the script ends the program or its test, seen from a process of its own. */
static bool fails(transcript_script *script)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        close(1);
        close(2);
        transcript_run(script);
        _exit(0);
    }
    waitpid(child, &status, 0);
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

static void transcript_fails_what_is_not_as_written(void **state)
{
    (void)state;
    assert_false(fails(ping_and_echo));
    assert_true(fails(early));
    assert_true(fails(noisy));
    assert_true(fails(mute));
    assert_true(fails(unexpected));
}

static void guard_page_faults_on_the_first_byte_too_far(void **state)
{
    (void)state;
    assert_true(fails(reads_on));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transcript_runs_whole_and_cut),
        cmocka_unit_test(transcript_fails_what_is_not_as_written),
        cmocka_unit_test(guard_page_faults_on_the_first_byte_too_far),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
