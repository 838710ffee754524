/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/servers/tftp_request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct tftp_manners polite = {.max_blksize = 65464, .max_windowsize = 64};

static struct tftp_request ask(const char *text, size_t len, const struct tftp_manners *m, bool *ok)
{
    uint8_t packet[256] = {0, 1};
    memcpy(packet + 2, text, len);
    struct tftp_request r;
    *ok = tftp_request_parse(&r, packet, 2 + len, m);
    r.file = NULL; /* it points into the packet */
    if (*ok)
        tftp_request_answer(&r, 5000000000u, m);
    return r;
}

#define ASK(text, manners, ok) ask(text, sizeof(text), manners, ok)
#define ASSERT_OACK(r, text)                                             \
    do {                                                                 \
        assert_int_equal((r).oack_len, sizeof("\0\6" text));             \
        assert_memory_equal((r).oack, "\0\6" text, sizeof("\0\6" text)); \
    } while (0)

static void request_without_options_has_no_oack(void **state)
{
    (void)state;
    bool ok;
    struct tftp_request r = ASK("a\0octet", &polite, &ok);
    assert_true(ok);
    assert_int_equal(r.blksize, 512);
    assert_int_equal(r.windowsize, 1);
    assert_int_equal(r.oack_len, 0);
}

static void options_are_granted_within_limits(void **state)
{
    (void)state;
    bool ok;
    struct tftp_request r =
        ASK("a\0OCTET\0BlkSize\0001468\0tsize\0000\0windowsize\000100\0timeout\0003\0other\0001", &polite, &ok);
    assert_true(ok);
    assert_int_equal(r.blksize, 1468);
    assert_int_equal(r.windowsize, 64);
    assert_int_equal(r.timeout_s, 3);
    ASSERT_OACK(r, "blksize\0001468\0tsize\0005000000000\0timeout\0003\0windowsize\00064");
}

static void values_out_of_range_are_passed_over(void **state)
{
    (void)state;
    bool ok;
    struct tftp_request r = ASK("a\0octet\0blksize\0007\0windowsize\0000\0timeout\000256", &polite, &ok);
    assert_true(ok);
    assert_int_equal(r.blksize, 512);
    assert_int_equal(r.windowsize, 1);
    assert_int_equal(r.oack_len, 0);
}

static void options_can_be_refused_bent_and_added(void **state)
{
    (void)state;
    bool ok;
    struct tftp_manners m = polite;
    m.refuses[OPTION_WINDOWSIZE] = true;
    m.says[OPTION_BLKSIZE] = "600";
    m.adds = "multicast=,,1";
    struct tftp_request r = ASK("a\0octet\0blksize\0001468\0windowsize\00016", &m, &ok);
    assert_true(ok);
    assert_int_equal(r.blksize, 600);
    assert_int_equal(r.windowsize, 1);
    ASSERT_OACK(r, "blksize\000600\0multicast\0,,1");
    m.says[OPTION_BLKSIZE] = "0"; /* said, though it cannot be obeyed */
    r = ASK("a\0octet\0blksize\0001468", &m, &ok);
    assert_int_equal(r.blksize, 512);
    ASSERT_OACK(r, "blksize\0000\0multicast\0,,1");
}

static void broken_requests_are_refused(void **state)
{
    (void)state;
    bool ok;
    ASK("a\0mail", &polite, &ok);
    assert_false(ok);
    ask("a", 1, &polite, &ok);
    assert_false(ok);
    ask("abc", 3, &polite, &ok); /* no mode */
    assert_false(ok);
    struct tftp_request r = ASK("a\0octet\0blksize", &polite, &ok); /* option without a value */
    assert_true(ok);
    assert_int_equal(r.oack_len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_without_options_has_no_oack), cmocka_unit_test(options_are_granted_within_limits),
        cmocka_unit_test(values_out_of_range_are_passed_over), cmocka_unit_test(options_can_be_refused_bent_and_added),
        cmocka_unit_test(broken_requests_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
