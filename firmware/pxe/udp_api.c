/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/pxe/udp_api.h"

#include "firmware/pxe/pxe.h"

enum {
    /* pxelinux and others leave the source port 0 and expect the one that PXE stacks have always used. */
    DEFAULT_SOURCE_PORT = 2069,
    /* Frames taken by one UDP_READ: a flood of foreign frames must not keep the caller from its own timers. */
    FRAMES_PER_READ = 32,
};

/* Callers wait for UDP_WRITE with timers of 110 ms (pxelinux 6): an ARP answer that takes longer is worth a retry of
 * theirs. */
#define WRITE_TIMEOUT MILLISECONDS(100)

/* How long UDP_READ looks for a datagram. Callers that wait for one call it again and again: on each of them the frame
 * would be found only after the way out to real mode and back. Short enough for callers that do other work between. */
#define READ_TIMEOUT 250 /* us */

static struct pxe_udp *udp_of(struct udp_client *client)
{
    return (struct pxe_udp *)client;
}

static bool is_any(const uint8_t *bytes, size_t len)
{
    for (size_t at = 0; at < len; at++)
        if (bytes[at] != 0)
            return false;
    return true;
}

/* dest_ip and d_port are filters when they are not 0. */
static bool read_wants(const struct pxenv_udp_read *read, const struct udp_address *to)
{
    return (is_any(read->d_port, 2) || pxe_port(read->d_port) == to->port) &&
           (is_any(read->dest_ip, 4) || memcmp(read->dest_ip, to->ip.byte, 4) == 0);
}

/* NTLDR takes dest_ip and d_port from the answer, though the specification calls them input. */
static void read_answer(struct pxenv_udp_read *read, uint8_t *buffer, const struct udp_address *from,
                        const struct udp_address *to, struct slice payload)
{
    struct slice copied = slice_first(payload, read->buffer_size);

    memcpy(buffer, copied.data, copied.len);
    read->buffer_size = (uint16_t)copied.len;
    memcpy(read->src_ip, from->ip.byte, 4);
    memcpy(read->dest_ip, to->ip.byte, 4);
    pxe_put_port(read->s_port, from->port);
    pxe_put_port(read->d_port, to->port);
}

static void pxe_udp_input(struct udp_client *client, time_us now, const struct udp_datagram *datagram)
{
    struct pxe_udp *udp = udp_of(client);
    struct pxe_queued *entry;

    (void)now;
    if (udp->read != NULL && read_wants(udp->read, &datagram->to)) {
        read_answer(udp->read, udp->read_buffer, &datagram->from, &datagram->to, datagram->payload);
        udp->read = NULL;
        return;
    }
    if (udp->queue_len == PXE_UDP_QUEUE || datagram->payload.len > sizeof(entry->bytes)) {
        udp->dropped++;
        return;
    }
    entry = &udp->queue[(udp->queue_first + udp->queue_len) % PXE_UDP_QUEUE];
    udp->queue_len++;
    entry->from = datagram->from;
    entry->to = datagram->to;
    entry->len = (uint16_t)datagram->payload.len;
    memcpy(entry->bytes, datagram->payload.data, datagram->payload.len);
}

static bool pxe_udp_output(struct udp_client *client, time_us now, struct writer *payload)
{
    struct pxe_udp *udp = udp_of(client);

    (void)now;
    write_slice(payload, udp->write);
    if (payload->failed)
        return false;
    udp->write_owed = false;
    udp->write_status = STATUS_OK;
    return true;
}

static struct udp_address pxe_udp_destination(const struct udp_client *client)
{
    return ((const struct pxe_udp *)client)->write_to;
}

static time_us pxe_udp_deadline(const struct udp_client *client)
{
    return ((const struct pxe_udp *)client)->write_owed ? 0 : TIME_NEVER;
}

static void pxe_udp_unreachable(struct udp_client *client, time_us now, enum status why)
{
    struct pxe_udp *udp = udp_of(client);

    (void)now;
    if (!udp->write_owed)
        return;
    udp->write_owed = false;
    udp->write_status = why;
}

static const struct udp_client_ops pxe_udp_ops = {
    .input = pxe_udp_input,
    .output = pxe_udp_output,
    .destination = pxe_udp_destination,
    .deadline = pxe_udp_deadline,
    .unreachable = pxe_udp_unreachable,
};

void pxe_udp_start(struct pxe_api *api)
{
    struct pxe_udp *udp = &api->udp;

    udp->client = (struct udp_client){.ops = &pxe_udp_ops, .any_port = true};
    udp->is_open = false;
    udp->write_owed = false;
    udp->read = NULL;
    udp->queue_len = 0;
    udp->dropped = 0;
}

void pxe_udp_stop(struct pxe_api *api)
{
    if (!api->udp.is_open)
        return;
    net_detach(&api->session->net, &api->udp.client);
    pxe_udp_start(api);
}

/* src_ip is the caller's own address, which the session's lease already holds; an open UDP may be opened again. */
enum status pxe_udp_open(struct pxe_api *api, void *parameters)
{
    enum status status = pxe_own_nic(api, NIC_OWNER_STACK);

    (void)parameters;
    if (status != STATUS_OK)
        return status;
    pxe_udp_stop(api);
    if (!net_attach(&api->session->net, &api->udp.client))
        return STATUS_OUT_OF_RESOURCES;
    api->udp.is_open = true;
    return STATUS_OK;
}

enum status pxe_udp_close(struct pxe_api *api, void *parameters)
{
    (void)parameters;
    if (!api->udp.is_open)
        return STATUS_UDP_CLOSED;
    pxe_udp_stop(api);
    return STATUS_OK;
}

/* Takes frames from the NIC until one holds the datagram that is wanted. */
static bool read_from_nic(struct pxe_udp *udp, struct session *s, struct pxenv_udp_read *read, uint8_t *buffer)
{
    time_us now = session_now();

    udp->read = read;
    udp->read_buffer = buffer;
    for (unsigned frames = 0; udp->read != NULL && frames < FRAMES_PER_READ; frames++)
        if (!net_receive(&s->net, now))
            break;
    if (udp->read == NULL)
        return true;
    udp->read = NULL;
    return false;
}

/* The oldest queued datagram that is wanted; those before it stay. */
static bool read_from_queue(struct pxe_udp *udp, struct pxenv_udp_read *read, uint8_t *buffer)
{
    for (unsigned at = 0; at < udp->queue_len; at++) {
        struct pxe_queued *entry = &udp->queue[(udp->queue_first + at) % PXE_UDP_QUEUE];

        if (!read_wants(read, &entry->to))
            continue;
        read_answer(read, buffer, &entry->from, &entry->to, slice_of(entry->bytes, entry->len));
        for (; at > 0; at--)
            udp->queue[(udp->queue_first + at) % PXE_UDP_QUEUE] =
                udp->queue[(udp->queue_first + at - 1) % PXE_UDP_QUEUE];
        udp->queue_first = (udp->queue_first + 1) % PXE_UDP_QUEUE;
        udp->queue_len--;
        return true;
    }
    return false;
}

enum status pxe_udp_read(struct pxe_api *api, void *parameters)
{
    struct pxenv_udp_read *read = parameters;
    struct pxe_udp *udp = &api->udp;
    struct session *s = api->session;
    enum status status;
    uint8_t *buffer;

    if (!udp->is_open)
        return STATUS_UDP_CLOSED;
    status = pxe_own_nic(api, NIC_OWNER_STACK);
    if (status != STATUS_OK)
        return status;
    buffer = pxe_map_far(api, read->buffer, read->buffer_size);
    if (buffer == NULL)
        return STATUS_BAD_PARAMETER;
    if (read_from_queue(udp, read, buffer) || read_from_nic(udp, s, read, buffer))
        return STATUS_OK;
    run_until_frame(s, READ_TIMEOUT);
    if (read_from_nic(udp, s, read, buffer))
        return STATUS_OK;
    session_poll(s, session_now());
    return read_from_queue(udp, read, buffer) ? STATUS_OK : STATUS_FAILURE;
}

static bool write_is_over(const void *context)
{
    return !((const struct pxe_udp *)context)->write_owed;
}

enum status pxe_udp_write(struct pxe_api *api, void *parameters)
{
    const struct pxenv_udp_write *write = parameters;
    struct pxe_udp *udp = &api->udp;
    uint8_t *bytes;
    enum status status;

    if (!udp->is_open)
        return STATUS_UDP_CLOSED;
    status = pxe_own_nic(api, NIC_OWNER_STACK);
    if (status != STATUS_OK)
        return status;
    if (write->buffer_size > UDP_PAYLOAD_MAX)
        return STATUS_BAD_PARAMETER;
    bytes = pxe_map_far(api, write->buffer, write->buffer_size);
    if (bytes == NULL)
        return STATUS_BAD_PARAMETER;
    udp->client.port = is_any(write->src_port, 2) ? DEFAULT_SOURCE_PORT : pxe_port(write->src_port);
    udp->write = slice_of(bytes, write->buffer_size);
    udp->write_to = (struct udp_address){.ip = pxe_ip(write->ip), .port = pxe_port(write->dst_port)};
    udp->client.gateway = ipv4_value(pxe_ip(write->gw));
    udp->write_owed = true;
    net_transmit(&api->session->net, session_now());
    if (!udp->write_owed) /* the usual case: its next hop is known */
        return udp->write_status;
    status = run_until(api->session, write_is_over, udp, WRITE_TIMEOUT);
    if (status == STATUS_OK)
        return udp->write_status;
    udp->write_owed = false;
    return STATUS_FAILURE;
}
