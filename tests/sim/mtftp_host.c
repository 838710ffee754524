/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/sim/mtftp_host.h"

#include <stdlib.h>

static struct mtftp_host *host_of_session(const struct udp_client *udp)
{
    return (struct mtftp_host *)(void *)((char *)(uintptr_t)udp - offsetof(struct mtftp_host, session));
}

static void queue(void *context, uint16_t from_port, struct udp_address to, struct slice bytes)
{
    struct mtftp_host *h = context;
    struct mtftp_host_packet *p = &h->queue[h->queued];

    if (h->queued == MTFTP_HOST_QUEUE || bytes.len > sizeof(p->bytes))
        return; /* as a socket that is full */
    h->queued++;
    *p = (struct mtftp_host_packet){.from_port = from_port, .to = to, .len = bytes.len};
    memcpy(p->bytes, bytes.data, bytes.len);
    h->session.port = h->queue[0].from_port;
}

static void requests_input(struct udp_client *udp, time_us now, const struct udp_datagram *datagram)
{
    struct mtftp_host *h = (struct mtftp_host *)udp;

    mtftp_server_input(&h->model, now, udp->port, datagram->from, datagram->payload);
}

static void session_input(struct udp_client *udp, time_us now, const struct udp_datagram *datagram)
{
    mtftp_server_input(&host_of_session(udp)->model, now, udp->port, datagram->from, datagram->payload);
}

static bool session_output(struct udp_client *udp, time_us now, struct writer *payload)
{
    struct mtftp_host *h = host_of_session(udp);

    if (h->queued == 0) {
        mtftp_server_poll(&h->model, now);
        return false;
    }
    write_bytes(payload, h->queue[0].bytes, h->queue[0].len);
    if (payload->failed)
        return false;
    h->queued--;
    memmove(&h->queue[0], &h->queue[1], h->queued * sizeof(h->queue[0]));
    return true;
}

static time_us session_deadline(const struct udp_client *udp)
{
    const struct mtftp_host *h = host_of_session(udp);

    return h->queued != 0 ? 0 : mtftp_server_deadline(&h->model);
}

static struct udp_address session_destination(const struct udp_client *udp)
{
    const struct mtftp_host *h = host_of_session(udp);

    return h->queued != 0 ? h->queue[0].to : h->model.client;
}

static time_us never(const struct udp_client *udp)
{
    (void)udp;
    return TIME_NEVER;
}

static struct udp_address nowhere(const struct udp_client *udp)
{
    (void)udp;
    return (struct udp_address){0};
}

void mtftp_host_start(struct mtftp_host *h, struct server *server, const char *name, struct slice file)
{
    static const struct udp_client_ops requests_ops = {
        .input = requests_input, .deadline = never, .destination = nowhere};
    static const struct udp_client_ops session_ops = {
        .input = session_input,
        .output = session_output,
        .deadline = session_deadline,
        .destination = session_destination,
    };
    const struct udp_address group = {.ip = ipv4_address(MTFTP_HOST_GROUP), .port = MTFTP_HOST_CLIENT_PORT};

    memset(h, 0, sizeof(*h));
    mtftp_server_start(&h->model, name, file, group, MTFTP_HOST_PORT);
    h->model.send = queue;
    h->model.context = h;
    h->requests.ops = &requests_ops;
    h->requests.port = MTFTP_HOST_PORT;
    h->session.ops = &session_ops;
    h->session.port = h->model.next_port;
    if (!net_attach(&server->net, &h->requests) || !net_attach(&server->net, &h->session))
        abort();
}

struct slice mtftp_host_option_43(void)
{
    static const uint8_t tags[] = {1,    4,    239, 255, 1, 1, 2, 2, 0xdd, 0x06, 3, 2,
                                   0xde, 0x06, 4,   1,   1, 5, 1, 1, 6,    1,    8, 255};

    return slice_of(tags, sizeof(tags));
}
