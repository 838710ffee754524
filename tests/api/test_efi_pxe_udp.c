/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* UdpWrite() and UdpRead(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/wire/ipv4_packet.h"
#include "tests/sim/efi_world.h"

#define ANY_SRC_IP    EFI_PXE_BASE_CODE_UDP_OPFLAGS_ANY_SRC_IP
#define ANY_SRC_PORT  EFI_PXE_BASE_CODE_UDP_OPFLAGS_ANY_SRC_PORT
#define ANY_DEST_IP   EFI_PXE_BASE_CODE_UDP_OPFLAGS_ANY_DEST_IP
#define ANY_DEST_PORT EFI_PXE_BASE_CODE_UDP_OPFLAGS_ANY_DEST_PORT
#define ANYTHING      (ANY_SRC_IP | ANY_SRC_PORT | ANY_DEST_IP | ANY_DEST_PORT)
#define USE_FILTER    EFI_PXE_BASE_CODE_UDP_OPFLAGS_USE_FILTER
#define MAY_FRAGMENT  EFI_PXE_BASE_CODE_UDP_OPFLAGS_MAY_FRAGMENT

enum {
    GROUP = 0xef010203,
    OUR_PORT = 3000,
};

static EFI_STATUS udp_write(struct efi_world *w, EFI_PXE_BASE_CODE_UDP_PORT from, uint16_t to, const void *bytes,
                            UINTN len)
{
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    EFI_IP_ADDRESS server = efi_ip(EFI_WORLD_SERVER_IP);

    return pxe->UdpWrite(pxe, 0, &server, &to, NULL, NULL, &from, NULL, NULL, &len, (void *)(uintptr_t)bytes);
}

static EFI_STATUS udp_read(struct efi_world *w, EFI_PXE_BASE_CODE_UDP_PORT to, void *bytes, UINTN *len)
{
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);

    return pxe->UdpRead(pxe, ANY_SRC_IP | ANY_SRC_PORT, NULL, &to, NULL, NULL, NULL, NULL, len, bytes);
}

/* From the server's port to ours. */
static void server_sends(struct efi_world *w, uint16_t from, uint32_t to, uint16_t to_port, const char *text)
{
    server_knows(&w->server, to, w->world.wire.ends[0].nic.mac);
    assert_true(server_send(&w->server, from, (struct udp_address){.ip = ipv4_address(to), .port = to_port},
                            slice_of(text, strlen(text))));
}

static void an_echo_comes_back(void **state)
{
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    EFI_IP_ADDRESS server = efi_ip(EFI_WORLD_SERVER_IP), station = efi_ip(EFI_WORLD_OUR_IP), from = efi_ip(0),
                   to = efi_ip(0);
    EFI_PXE_BASE_CODE_UDP_PORT port = EFI_WORLD_ECHO_PORT, our_port = 0, from_port = 0, to_port = 0;
    UINTN head_len = 3, len = 5;
    char head[] = "abc", body[] = "defgh", got_head[4], got_body[20];

    assert_int_equal(pxe->UdpWrite(pxe, 0, &server, &port, NULL, NULL, &our_port, &head_len, head, &len, body),
                     EFI_SUCCESS);
    assert_true(our_port >= 49152);
    assert_int_equal(w->expecting, 1);
    head_len = 2;
    len = sizeof(got_body);
    assert_int_equal(pxe->UdpRead(pxe, ANYTHING, &to, &to_port, &from, &from_port, &head_len, got_head, &len, got_body),
                     EFI_SUCCESS);
    assert_int_equal(head_len, 2);
    assert_memory_equal(got_head, "ab", 2);
    assert_int_equal(len, 6);
    assert_memory_equal(got_body, "cdefgh", 6);
    assert_int_equal(to_port, our_port);
    assert_int_equal(from_port, EFI_WORLD_ECHO_PORT);
    assert_memory_equal(&from, &server, 4);
    assert_memory_equal(&to, &station, 4);
    assert_int_equal(w->echo.from.port, our_port);
}

static void a_head_longer_than_the_datagram(void **state)
{
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    EFI_PXE_BASE_CODE_UDP_PORT to = OUR_PORT;
    UINTN head_len = 8, len = 0;
    char head[9] = "xxxxxxxx";

    assert_int_equal(udp_write(w, OUR_PORT, EFI_WORLD_ECHO_PORT, "hello", 5), EFI_SUCCESS);
    assert_int_equal(pxe->UdpRead(pxe, ANY_SRC_IP | ANY_SRC_PORT, NULL, &to, NULL, NULL, &head_len, head, &len, NULL),
                     EFI_SUCCESS);
    assert_int_equal(head_len, 5);
    assert_int_equal(len, 0);
    assert_string_equal(head, "helloxxx");
}

static void a_port_that_is_given_is_used(void **state)
{
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    EFI_IP_ADDRESS server = efi_ip(EFI_WORLD_SERVER_IP);
    EFI_PXE_BASE_CODE_UDP_PORT port = EFI_WORLD_ECHO_PORT, from = OUR_PORT;
    UINTN len = 1;

    assert_int_equal(pxe->UdpWrite(pxe, 0, &server, &port, NULL, NULL, &from, NULL, NULL, &len, "x"), EFI_SUCCESS);
    world_run(&w->world, w->world.now + MILLISECONDS(5));
    assert_int_equal(w->echo.from.port, OUR_PORT);
    assert_int_equal(pxe->UdpWrite(pxe, ANY_SRC_PORT, &server, &port, NULL, NULL, &from, NULL, NULL, &len, "x"),
                     EFI_SUCCESS);
    assert_int_not_equal(from, OUR_PORT);
    world_run(&w->world, w->world.now + MILLISECONDS(5));
    assert_int_equal(w->echo.from.port, from);
    assert_int_equal(pxe->UdpWrite(pxe, 0, &server, &port, NULL, NULL, NULL, NULL, NULL, &len, "x"), EFI_SUCCESS);
}

static void nothing_comes(void **state)
{
    struct efi_world *w = *state;
    time_us before = session_now();
    char bytes[8];
    UINTN len = 8;

    assert_int_equal(udp_read(w, OUR_PORT, bytes, &len), EFI_TIMEOUT);
    assert_int_equal(len, 8);
    assert_in_range(session_now() - before, SECONDS(3), SECONDS(4));
}

static void what_does_not_match_is_dropped(void **state)
{
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    EFI_IP_ADDRESS server = efi_ip(EFI_WORLD_SERVER_IP), other = efi_ip(EFI_WORLD_SERVER_IP + 5);
    EFI_PXE_BASE_CODE_UDP_PORT to = OUR_PORT, from = 77;
    char bytes[8];
    UINTN len = 8;

    assert_int_equal(udp_write(w, OUR_PORT, 9, "x", 1), EFI_SUCCESS); /* takes the seat */
    server_sends(w, 77, EFI_WORLD_OUR_IP, OUR_PORT + 1, "port");
    server_sends(w, 78, EFI_WORLD_OUR_IP, OUR_PORT, "from");
    server_sends(w, 77, EFI_WORLD_OUR_IP, OUR_PORT, "good");
    assert_int_equal(pxe->UdpRead(pxe, 0, NULL, &to, &other, &from, NULL, NULL, &len, bytes), EFI_TIMEOUT);
    server_sends(w, 77, EFI_WORLD_OUR_IP, OUR_PORT + 1, "port");
    server_sends(w, 78, EFI_WORLD_OUR_IP, OUR_PORT, "from");
    server_sends(w, 77, EFI_WORLD_OUR_IP, OUR_PORT, "good");
    assert_int_equal(pxe->UdpRead(pxe, 0, NULL, &to, &server, &from, NULL, NULL, &len, bytes), EFI_SUCCESS);
    assert_int_equal(len, 4);
    assert_memory_equal(bytes, "good", 4);
    assert_int_equal(pxe->UdpRead(pxe, ANYTHING, NULL, NULL, NULL, NULL, NULL, NULL, &len, bytes), EFI_TIMEOUT);
}

/* Several come at once: each is had, in order. */
static void a_burst_is_read_in_order(void **state)
{
    struct efi_world *w = *state;
    char bytes[8], text[] = "0";
    UINTN len;

    assert_int_equal(udp_write(w, OUR_PORT, 9, "x", 1), EFI_SUCCESS);
    for (unsigned n = 0; n < 9; n++) {
        text[0] = (char)('0' + n);
        server_sends(w, 77, EFI_WORLD_OUR_IP, OUR_PORT, text);
    }
    world_run(&w->world, w->world.now + MILLISECONDS(5));
    for (unsigned n = 0; n < 9; n++) {
        len = 8;
        assert_int_equal(udp_read(w, OUR_PORT, bytes, &len), EFI_SUCCESS);
        assert_int_equal(len, 1);
        assert_int_equal(bytes[0], '0' + n);
    }
    len = 8;
    assert_int_equal(udp_read(w, OUR_PORT, bytes, &len), EFI_TIMEOUT);
    assert_int_equal(w->boot.pxe.udp.dropped, 0);
}

static void a_buffer_too_small_loses_the_datagram(void **state)
{
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    EFI_PXE_BASE_CODE_UDP_PORT to = OUR_PORT;
    UINTN head_len = 2, len = 2;
    char head[2], bytes[8] = "12345678";

    assert_int_equal(udp_write(w, OUR_PORT, EFI_WORLD_ECHO_PORT, "hello", 5), EFI_SUCCESS);
    assert_int_equal(pxe->UdpRead(pxe, ANY_SRC_IP | ANY_SRC_PORT, NULL, &to, NULL, NULL, &head_len, head, &len, bytes),
                     EFI_BUFFER_TOO_SMALL);
    assert_int_equal(len, 2);
    assert_memory_equal(bytes, "12345678", 8);
    len = 8;
    assert_int_equal(udp_read(w, OUR_PORT, bytes, &len), EFI_TIMEOUT);
}

static void destinations_go_by_filter_or_by_address(void **state)
{
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    EFI_PXE_BASE_CODE_IP_FILTER filter = {.Filters = EFI_PXE_BASE_CODE_IP_FILTER_STATION_IP, .IpCnt = 1};
    EFI_PXE_BASE_CODE_UDP_PORT to = OUR_PORT;
    EFI_IP_ADDRESS to_ip = efi_ip(GROUP), group = to_ip;
    const struct mac group_mac = {{0x01, 0x00, 0x5e, 0x01, 0x02, 0x03}};
    char bytes[8];
    UINTN len = 8;

    assert_int_equal(udp_write(w, OUR_PORT, 9, "x", 1), EFI_SUCCESS);
    server_knows(&w->server, GROUP, group_mac);
    filter.IpList[0] = efi_ip(GROUP);
    assert_int_equal(pxe->SetIpFilter(pxe, &filter), EFI_SUCCESS);
#define SERVER_SENDS_TO_GROUP()                                                                                \
    assert_true(server_send(&w->server, 77, (struct udp_address){.ip = ipv4_address(GROUP), .port = OUR_PORT}, \
                            slice_of("group", 5)))
    SERVER_SENDS_TO_GROUP();
    assert_int_equal(
        pxe->UdpRead(pxe, USE_FILTER | ANY_SRC_IP | ANY_SRC_PORT, NULL, &to, NULL, NULL, NULL, NULL, &len, bytes),
        EFI_SUCCESS);
    assert_memory_equal(bytes, "group", 5);
    SERVER_SENDS_TO_GROUP();
    assert_int_equal(udp_read(w, OUR_PORT, bytes, &len), EFI_TIMEOUT); /* not to the station */
    SERVER_SENDS_TO_GROUP();
    len = 8;
    assert_int_equal(pxe->UdpRead(pxe, ANY_SRC_IP | ANY_SRC_PORT, &to_ip, &to, NULL, NULL, NULL, NULL, &len, bytes),
                     EFI_SUCCESS);
    memset(&to_ip, 0, sizeof(to_ip));
    SERVER_SENDS_TO_GROUP();
    assert_int_equal(
        pxe->UdpRead(pxe, ANY_DEST_IP | ANY_SRC_IP | ANY_SRC_PORT, &to_ip, &to, NULL, NULL, NULL, NULL, &len, bytes),
        EFI_SUCCESS);
    assert_memory_equal(&to_ip, &group, 4);
    filter.IpCnt = 0;
    filter.Filters = EFI_PXE_BASE_CODE_IP_FILTER_STATION_IP;
    assert_int_equal(pxe->SetIpFilter(pxe, &filter), EFI_SUCCESS);
    SERVER_SENDS_TO_GROUP();
    assert_int_equal(
        pxe->UdpRead(pxe, ANY_DEST_IP | ANY_SRC_IP | ANY_SRC_PORT, &to_ip, &to, NULL, NULL, NULL, NULL, &len, bytes),
        EFI_TIMEOUT);
}

/* What leaves our NIC. */
struct tap {
    struct efi_world *w;
    unsigned packets;
    struct ipv4_packet last;
    size_t bytes;
};

static void tap(void *context, time_us now, const struct wire_end *from, struct slice frame)
{
    struct tap *t = context;
    struct reader r = reader_of(slice_from(frame, 14));

    (void)now;
    if (from != &t->w->world.wire.ends[0] || load_be16(frame.data + 12) != 0x0800)
        return;
    assert_true(ipv4_packet_parse(&r, &t->last));
    t->packets++;
    t->bytes += t->last.payload_len;
}

static void long_datagrams_are_cut_if_they_may(void **state)
{
    static uint8_t bytes[65536], got[65536];
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    EFI_IP_ADDRESS server = efi_ip(EFI_WORLD_SERVER_IP);
    EFI_PXE_BASE_CODE_UDP_PORT port = EFI_WORLD_ECHO_PORT, from = OUR_PORT;
    struct tap t = {.w = w};
    UINTN len = 1473, head_len = 1, max = 65507, got_len;

    for (size_t at = 0; at < sizeof(bytes); at++)
        bytes[at] = efi_world_file_byte(at);
    w->world.wire.tap = tap;
    w->world.wire.tap_context = &t;
#define WRITE(flags, len) pxe->UdpWrite(pxe, flags, &server, &port, NULL, NULL, &from, NULL, NULL, &(len), bytes)
    assert_int_equal(WRITE(0, len), EFI_BAD_BUFFER_SIZE);
    len = 1472;
    assert_int_equal(pxe->UdpWrite(pxe, 0, &server, &port, NULL, NULL, &from, &head_len, bytes, &len, bytes),
                     EFI_BAD_BUFFER_SIZE);
    assert_int_equal(t.packets, 0);
    assert_int_equal(WRITE(0, len), EFI_SUCCESS);
    assert_int_equal(t.packets, 1);
    assert_true(t.last.dont_fragment);
    len = 65508;
    assert_int_equal(WRITE(MAY_FRAGMENT, len), EFI_BAD_BUFFER_SIZE);
    len = SIZE_MAX;
    assert_int_equal(pxe->UdpWrite(pxe, MAY_FRAGMENT, &server, &port, NULL, NULL, &from, &head_len, bytes, &len, bytes),
                     EFI_BAD_BUFFER_SIZE);
    got_len = sizeof(got);
    assert_int_equal(udp_read(w, OUR_PORT, got, &got_len), EFI_SUCCESS);
    for (len = 1470; len <= max; len = len == 1475 ? 2957 : len == 2962 ? 9001 : len == 9001 ? max : len + 1) {
        for (head_len = 1; head_len <= 3; head_len += 2) {
            UINTN body_len = len - head_len;

            t.packets = 0;
            assert_int_equal(pxe->UdpWrite(pxe, MAY_FRAGMENT, &server, &port, NULL, NULL, &from, &head_len, bytes,
                                           &body_len, bytes + head_len),
                             EFI_SUCCESS);
            assert_int_equal(t.packets, (len + 8 + 1479) / 1480);
            assert_false(t.last.dont_fragment);
            got_len = sizeof(got);
            assert_int_equal(udp_read(w, OUR_PORT, got, &got_len), EFI_SUCCESS);
            assert_int_equal(got_len, len);
            assert_memory_equal(got, bytes, len);
        }
        if (len == max)
            break;
    }
    w->world.wire.tap = NULL;
}

static void the_header_has_what_the_caller_wants(void **state)
{
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    EFI_IP_ADDRESS server = efi_ip(EFI_WORLD_SERVER_IP), source = efi_ip(EFI_WORLD_OUR_IP + 9);
    EFI_PXE_BASE_CODE_UDP_PORT port = EFI_WORLD_ECHO_PORT;
    struct tap t = {.w = w};
    UINT8 ttl = 5, tos = 8;
    UINTN len = 3;

    w->world.wire.tap = tap;
    w->world.wire.tap_context = &t;
    assert_int_equal(pxe->SetParameters(pxe, NULL, NULL, &ttl, &tos, NULL), EFI_SUCCESS);
    assert_int_equal(pxe->UdpWrite(pxe, 0, &server, &port, NULL, &source, NULL, NULL, NULL, &len, "abc"), EFI_SUCCESS);
    assert_int_equal(t.last.ttl, 5);
    assert_int_equal(t.last.tos, 8);
    assert_int_equal(t.last.source, EFI_WORLD_OUR_IP + 9);
    assert_int_equal(udp_write(w, OUR_PORT, EFI_WORLD_ECHO_PORT, "abc", 3), EFI_SUCCESS);
    assert_int_equal(t.last.source, EFI_WORLD_OUR_IP);
    w->world.wire.tap = NULL;
    world_run(&w->world, w->world.now + MILLISECONDS(5));
    assert_int_equal(w->echo.received, 2);
}

/* The caller's gateway comes before the lease's router, which is not there. */
static void the_callers_gateway_is_the_way(void **state)
{
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    EFI_IP_ADDRESS far = efi_ip(0x08080808), gateway = efi_ip(EFI_WORLD_SERVER_IP);
    EFI_PXE_BASE_CODE_UDP_PORT port = 9;
    struct tap t = {.w = w};
    UINTN len = 3;

    assert_int_equal(pxe->UdpWrite(pxe, 0, &far, &port, NULL, NULL, NULL, NULL, NULL, &len, "abc"), EFI_TIMEOUT);
    w->world.wire.tap = tap;
    w->world.wire.tap_context = &t;
    assert_int_equal(pxe->UdpWrite(pxe, 0, &far, &port, &gateway, NULL, NULL, NULL, NULL, &len, "abc"), EFI_SUCCESS);
    w->world.wire.tap = NULL;
    assert_int_equal(t.packets, 1);
    assert_int_equal(t.last.destination, 0x08080808);
}

static void nobody_takes_it(void **state)
{
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    EFI_IP_ADDRESS nobody = efi_ip(EFI_WORLD_OUR_IP + 40);
    EFI_PXE_BASE_CODE_UDP_PORT port = 9;
    time_us before = session_now();
    UINTN len = 3;

    assert_int_equal(pxe->UdpWrite(pxe, 0, &nobody, &port, NULL, NULL, NULL, NULL, NULL, &len, "abc"), EFI_TIMEOUT);
    assert_in_range(session_now() - before, SECONDS(2), SECONDS(4));
    assert_int_equal(udp_write(w, OUR_PORT, EFI_WORLD_ECHO_PORT, "abc", 3), EFI_SUCCESS);
    world_run(&w->world, w->world.now + MILLISECONDS(5));
    assert_int_equal(w->echo.len, 3);
}

/* A closed port: the caller waits for an answer, and finds out why there is none. */
static void a_closed_port_is_seen_in_mode(void **state)
{
    struct efi_world *w = *state;
    char bytes[8];
    UINTN len = 8;

    assert_int_equal(udp_write(w, OUR_PORT, 4242, "abc", 3), EFI_SUCCESS);
    assert_int_equal(udp_read(w, OUR_PORT, bytes, &len), EFI_TIMEOUT);
    assert_true(efi_world_pxe(w)->Mode->IcmpErrorReceived);
    assert_int_equal(efi_world_pxe(w)->Mode->IcmpError.Code, 3);
    assert_int_equal(udp_write(w, OUR_PORT, EFI_WORLD_ECHO_PORT, "abc", 3), EFI_SUCCESS);
    assert_false(efi_world_pxe(w)->Mode->IcmpErrorReceived);
}

static void wrong_arguments_move_no_packet(void **state)
{
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    EFI_IP_ADDRESS server = efi_ip(EFI_WORLD_SERVER_IP), zero = efi_ip(0), group = efi_ip(GROUP);
    EFI_PXE_BASE_CODE_UDP_PORT port = 9;
    UINTN len = 4, none = 0;
    char bytes[4];
    unsigned carried = w->world.wire.carried;

#define INVALID(call) assert_int_equal(pxe->call, EFI_INVALID_PARAMETER)
    INVALID(UdpWrite(pxe, 0, NULL, &port, NULL, NULL, NULL, NULL, NULL, &len, bytes));
    INVALID(UdpWrite(pxe, 0, &zero, &port, NULL, NULL, NULL, NULL, NULL, &len, bytes));
    INVALID(UdpWrite(pxe, 0, &server, NULL, NULL, NULL, NULL, NULL, NULL, &len, bytes));
    INVALID(UdpWrite(pxe, 0, &server, &port, &group, NULL, NULL, NULL, NULL, &len, bytes));
    INVALID(UdpWrite(pxe, 0, &server, &port, NULL, &group, NULL, NULL, NULL, &len, bytes));
    INVALID(UdpWrite(pxe, 0, &server, &port, NULL, NULL, NULL, &none, bytes, &len, bytes));
    INVALID(UdpWrite(pxe, 0, &server, &port, NULL, NULL, NULL, &len, NULL, &len, bytes));
    INVALID(UdpWrite(pxe, 0, &server, &port, NULL, NULL, NULL, NULL, NULL, NULL, bytes));
    INVALID(UdpWrite(pxe, 0, &server, &port, NULL, NULL, NULL, NULL, NULL, &len, NULL));
    INVALID(UdpRead(pxe, ANY_SRC_IP | ANY_SRC_PORT, NULL, NULL, NULL, NULL, NULL, NULL, &len, bytes));
    INVALID(UdpRead(pxe, ANY_DEST_PORT | ANY_SRC_PORT, NULL, NULL, NULL, NULL, NULL, NULL, &len, bytes));
    INVALID(UdpRead(pxe, ANY_DEST_PORT | ANY_SRC_IP, NULL, NULL, NULL, NULL, NULL, NULL, &len, bytes));
    INVALID(UdpRead(pxe, ANYTHING, NULL, NULL, NULL, NULL, &none, bytes, &len, bytes));
    INVALID(UdpRead(pxe, ANYTHING, NULL, NULL, NULL, NULL, &len, NULL, &len, bytes));
    INVALID(UdpRead(pxe, ANYTHING, NULL, NULL, NULL, NULL, NULL, NULL, NULL, bytes));
    INVALID(UdpRead(pxe, ANYTHING, NULL, NULL, NULL, NULL, NULL, NULL, &len, NULL));
    assert_int_equal(w->world.wire.carried, carried);
    assert_int_equal(pxe->Stop(pxe), EFI_SUCCESS);
    assert_int_equal(pxe->Start(pxe, FALSE), EFI_SUCCESS);
    INVALID(UdpWrite(pxe, 0, &server, &port, NULL, NULL, NULL, NULL, NULL, &len, bytes)); /* no address to send from */
}

static void the_callback_sees_datagrams_and_may_end_it(void **state)
{
    struct efi_world *w = *state;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = efi_world_pxe(w);
    BOOLEAN yes = TRUE;
    char bytes[8];
    UINTN len = 8;

    efi_world_add_callback(w);
    assert_int_equal(pxe->SetParameters(pxe, NULL, NULL, NULL, NULL, &yes), EFI_SUCCESS);
    assert_int_equal(udp_write(w, OUR_PORT, EFI_WORLD_ECHO_PORT, "abc", 3), EFI_SUCCESS);
    assert_int_equal(w->callback.function, EFI_PXE_BASE_CODE_FUNCTION_UDP_WRITE);
    assert_int_equal(w->callback.sent, 1);
    assert_int_equal(udp_read(w, OUR_PORT, bytes, &len), EFI_SUCCESS);
    assert_int_equal(w->callback.function, EFI_PXE_BASE_CODE_FUNCTION_UDP_READ);
    assert_int_equal(w->callback.received, 1);
    assert_int_equal(w->callback.largest, 3);
    w->callback.abort_at = 3;
    assert_int_equal(udp_write(w, OUR_PORT, EFI_WORLD_ECHO_PORT, "abc", 3), EFI_ABORTED);
    w->callback.abort_at = 0;
    w->callback.abort_at_tick = 1;
    w->echo.is_silent = true;
    len = 8;
    (void)udp_read(w, OUR_PORT, bytes, &len); /* what the aborted call's datagram brought */
    w->callback.ticks = 0;
    len = 8;
    assert_int_equal(udp_read(w, OUR_PORT, bytes, &len), EFI_ABORTED);
}

#define BOOTED(test) cmocka_unit_test_setup_teardown(test, efi_world_booted, efi_world_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOOTED(an_echo_comes_back),
        BOOTED(a_head_longer_than_the_datagram),
        BOOTED(a_port_that_is_given_is_used),
        BOOTED(nothing_comes),
        BOOTED(what_does_not_match_is_dropped),
        BOOTED(a_burst_is_read_in_order),
        BOOTED(a_buffer_too_small_loses_the_datagram),
        BOOTED(destinations_go_by_filter_or_by_address),
        BOOTED(long_datagrams_are_cut_if_they_may),
        BOOTED(the_header_has_what_the_caller_wants),
        BOOTED(the_callers_gateway_is_the_way),
        BOOTED(nobody_takes_it),
        BOOTED(a_closed_port_is_seen_in_mode),
        BOOTED(wrong_arguments_move_no_packet),
        BOOTED(the_callback_sees_datagrams_and_may_end_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
