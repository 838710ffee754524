/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What a session does for boot programs beside the boot file: files sent to a server, sizes asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/boot/file_size.h"
#include "firmware/boot/run.h"
#include "firmware/boot/upload.h"
#include "tests/sim/network.h"
#include "tests/sim/tftp_receiver.h"

enum {
    RECEIVER = NETWORK_SERVER + 1,
};

/* A booted session, and a second host that takes files. */
struct place {
    struct network *n;
    struct server host;
    struct tftp_receiver receiver;
    struct upload upload;
};

static struct place place;

static void place_start(struct place *p, uint32_t seed, size_t len)
{
    p->n = network_new(seed, len);
    server_start(&p->host, &p->n->world, 2, RECEIVER, NETWORK_MASK);
    tftp_receiver_start(&p->receiver, &p->host);
    assert_int_equal(network_boot(p->n), STATUS_OK);
}

static enum status send(struct place *p, struct slice bytes, time_us timeout)
{
    const struct tftp_write_request request = {
        .server = {.ip = ipv4_address(RECEIVER)}, .file = "dump", .bytes = bytes};
    struct session *s = &p->n->session;

    assert_int_equal(upload_start(&p->upload, &s->net, session_now(), &request), STATUS_OK);
    (void)run_until(s, upload_is_over, &p->upload, timeout);
    return upload_stop(&p->upload, session_now(), STATUS_CANCELLED);
}

static void files_arrive_whole(void **state)
{
    static const size_t sizes[] = {0, 1, 511, 512, 513, 1467, 1468, 1469, 2936, 100000};

    (void)state;
    for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
        place_start(&place, (uint32_t)k + 1, 150000);
        assert_int_equal(send(&place, slice_of(place.n->content, sizes[k]), TIME_NEVER), STATUS_OK);
        assert_non_null(place.receiver.completed);
        assert_true(slice_equal(slice_of(place.receiver.completed->bytes, place.receiver.completed->len),
                                slice_of(place.n->content, sizes[k])));
        assert_int_equal(place.receiver.completed->told_size, sizes[k]);
        assert_string_equal(place.receiver.name, "dump");
        assert_int_equal(place.receiver.requests, 1);
        network_free(place.n);
    }
}

static void bad_cables_only_take_longer(void **state)
{
    static const struct tftp_receiver_knobs servers[] = {
        {0}, {.ignores_options = true}, {.refuses_options = true}, {.block_size_max = 600}, {.repeats_each_ack = true},
    };

    (void)state;
    for (uint32_t seed = 1; seed <= 20; seed++) {
        const struct wire_conditions bad = {.delay = 200,
                                            .loss = seed % 4 * 40,
                                            .duplicate = seed % 3 * 20,
                                            .reorder = seed % 2 * 40,
                                            .corrupt = seed % 5,
                                            .late_by = 2000};

        place_start(&place, seed, 60000);
        place.receiver.knobs = servers[seed % 5];
        wire_set_conditions(&place.n->world.wire, &bad);
        assert_int_equal(send(&place, slice_of(place.n->content, 60000), TIME_NEVER), STATUS_OK);
        assert_non_null(place.receiver.completed);
        assert_true(slice_equal(slice_of(place.receiver.completed->bytes, place.receiver.completed->len),
                                slice_of(place.n->content, 60000)));
        network_free(place.n);
    }
}

/* Each block once, though each ACK comes twice. */
static void the_apprentice_is_not_called(void **state)
{
    (void)state;
    place_start(&place, 1, 60000);
    place.receiver.knobs.repeats_each_ack = true;
    assert_int_equal(send(&place, slice_of(place.n->content, 60000), TIME_NEVER), STATUS_OK);
    assert_int_equal(place.receiver.repeated, 0);
    network_free(place.n);
}

static void failures_have_their_status(void **state)
{
    (void)state;
    place_start(&place, 1, 60000);
    place.receiver.knobs.full_from = 3;
    assert_int_equal(send(&place, slice_of(place.n->content, 60000), TIME_NEVER), STATUS_TFTP_ERROR);
    assert_string_equal(place.upload.write.server_text, "disk full");
    place.receiver.knobs = (struct tftp_receiver_knobs){.silent_from = 3};
    assert_int_equal(send(&place, slice_of(place.n->content, 60000), TIME_NEVER), STATUS_TFTP_READ_TIMEOUT);
    assert_int_equal(send(&place, slice_of(place.n->content, 60000), SECONDS(2)), STATUS_CANCELLED);
    world_run(&place.n->world, place.n->world.now + SECONDS(1));
    assert_int_equal(place.receiver.errors_received, 1); /* it was told */
    place.receiver.knobs = (struct tftp_receiver_knobs){.is_deaf = true};
    assert_int_equal(send(&place, slice_of(place.n->content, 60000), TIME_NEVER), STATUS_TFTP_OPEN_TIMEOUT);
    network_free(place.n);
}

static enum status size_of(struct network *n, const char *file, uint64_t *size)
{
    const struct tftp_request request = {.server = {.ip = ipv4_address(NETWORK_SERVER)}, .file = file};

    return file_size_find(&n->session, &request, size);
}

static void a_size_is_found_without_tsize(void **state)
{
    static const struct tftp_server_knobs servers[] = {
        {0}, {.knows_no_tsize = true}, {.ignores_options = true}, {.refuses_options = true}};
    uint64_t size;

    (void)state;
    for (size_t k = 0; k < sizeof(servers) / sizeof(servers[0]); k++) {
        struct network *n = network_new(1, 70001);

        assert_int_equal(network_boot(n), STATUS_OK);
        n->tftp.knobs = servers[k];
        n->session.experience = (struct tftp_experience){0};
        size = 0;
        assert_int_equal(size_of(n, "boot/kernel", &size), STATUS_OK);
        assert_int_equal(size, 70001);
        assert_true(network_file_is_right(n)); /* the boot file in memory is left alone */
        assert_int_equal(size_of(n, "boot/nothing", &size), STATUS_TFTP_NOT_FOUND);
        assert_string_equal(n->session.size_query.tftp.server_text, "File not found");
        assert_int_equal(size, 70001);
        network_free(n);
    }
}

static void a_size_query_ends(void **state)
{
    struct network *n = network_new(1, 70001);
    uint64_t size = 7;

    (void)state;
    assert_int_equal(network_boot(n), STATUS_OK);
    n->tftp.knobs.knows_no_tsize = true;
    n->tftp.knobs.silent_from = 5;
    n->session.experience = (struct tftp_experience){0};
    assert_int_equal(size_of(n, "boot/kernel", &size), STATUS_TFTP_READ_TIMEOUT);
    assert_int_equal(size_of(n, "", &size), STATUS_BAD_PARAMETER);
    assert_int_equal(size, 7);
    network_free(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_arrive_whole),
        cmocka_unit_test(bad_cables_only_take_longer),
        cmocka_unit_test(the_apprentice_is_not_called),
        cmocka_unit_test(failures_have_their_status),
        cmocka_unit_test(a_size_is_found_without_tsize),
        cmocka_unit_test(a_size_query_ends),
    };

    return cmocka_run_group_tests_name("transfers", tests, NULL, NULL);
}
