/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/boot/download.h"

#include "firmware/base/divide.h"

#define LAST_WORDS_PAUSE MILLISECONDS(50)  /* between packets that say one thing twice */
#define LAST_WORDS_MAX   MILLISECONDS(500) /* for all of them: a card that sends nothing is no reason to wait */

static struct udp_client *client_of(struct download *d)
{
    return d->mode == DOWNLOAD_MULTICAST ? &d->mtftp.udp : &d->tftp.udp;
}

static enum status seat(struct download *d, struct net *net)
{
    if (!net_attach(net, client_of(d)))
        return STATUS_OUT_OF_RESOURCES;
    d->net = net;
    return STATUS_OK;
}

/* By multicast, blocks come in any order, and all at once or not at all. */
static bool takes_any_order(const struct tftp_request *request)
{
    return request->map != NULL && !request->paced && !request->size_only && !request->directory;
}

static enum status start_unicast(struct download *d, struct net *net, time_us now)
{
    enum status status;

    /* Who wants the blocks one by one, or of a size, cannot share them with others. */
    if (!takes_any_order(&d->request) || d->request.window_max == 1 || d->request.block_size_max != 0)
        d->request.map = NULL;
    d->mode = DOWNLOAD_UNICAST;
    d->tftp.udp.port = net_pick_port(net);
    status = tftp_start(&d->tftp, now, &d->request, d->experience, net->random, net->log);
    return status == STATUS_OK ? seat(d, net) : status;
}

static enum status start_multicast(struct download *d, struct net *net, time_us now)
{
    const struct mtftp_request request = {
        .server = d->request.server.ip,
        .file = d->request.file,
        .sink = d->request.sink,
        .map = d->request.map,
        .group = d->request.mtftp,
    };
    enum status status;

    d->mode = DOWNLOAD_MULTICAST;
    d->mtftp.udp.port = net_pick_port(net);
    status = mtftp_start(&d->mtftp, now, &request, net->random, net->log);
    if (status != STATUS_OK)
        return status;
    d->request.file = d->mtftp.file; /* the caller's may be gone when unicast begins */
    return seat(d, net);
}

enum status download_start(struct download *d, struct net *net, time_us now, const struct tftp_request *request,
                           struct tftp_experience *experience)
{
    enum status status;

    download_stop(d);
    d->request = *request;
    d->experience = experience;
    d->has_fallen_back = d->is_filled = false;
    d->status = STATUS_PENDING;
    d->started = now;
    d->finished = TIME_NEVER;
    if (request->mtftp.address != 0 && takes_any_order(request))
        status = start_multicast(d, net, now);
    else
        status = start_unicast(d, net, now);
    if (status != STATUS_OK)
        d->status = status;
    return status;
}

void download_set_gateway(struct download *d, uint32_t gateway)
{
    d->tftp.udp.gateway = d->mtftp.udp.gateway = gateway;
}

/* Another server than MTFTP's may be at the other end of it, with the same file: TFTP's own port on the same host. */
static void fall_back(struct download *d, time_us now)
{
    struct net *net = d->net;
    enum status status;

    download_stop(d);
    d->has_fallen_back = true;
    hole_sink_start(&d->holes, d->request.sink, d->request.map, d->mtftp.received,
                    d->mtftp.last != 0 ? d->mtftp.size : UINT64_MAX);
    d->request.sink = &d->holes.sink;
    if (d->request.map->count != 0)
        d->request.map = NULL; /* it still says what is there */
    status = start_unicast(d, net, now);
    if (status != STATUS_OK)
        d->status = status;
}

static bool is_filling(const struct download *d)
{
    return d->has_fallen_back && d->holes.is_filling;
}

static void step_unicast(struct download *d, time_us now)
{
    if (is_filling(d) && d->tftp.state == TFTP_RECEIVING && d->tftp.received >= d->holes.end) {
        d->is_filled = true;
        tftp_cancel(&d->tftp, now, STATUS_CANCELLED);
        net_transmit(d->net, now); /* whoever waits for the file may not poll any more */
    }
}

void download_step(struct download *d, time_us now)
{
    if (d->net == NULL)
        return;
    if (d->mode == DOWNLOAD_UNICAST)
        step_unicast(d, now);
    if (d->finished == TIME_NEVER && download_status(d) == STATUS_OK)
        d->finished = now;
    if (d->mode == DOWNLOAD_UNICAST && tftp_is_quiet(&d->tftp))
        download_stop(d);
    else if (d->mode == DOWNLOAD_MULTICAST && mtftp_is_quiet(&d->mtftp) && d->mtftp.wants_unicast)
        fall_back(d, now);
    else if (d->mode == DOWNLOAD_MULTICAST && mtftp_is_quiet(&d->mtftp))
        download_stop(d);
}

bool download_owes(const struct download *d, time_us now)
{
    const struct udp_client *client = d->mode == DOWNLOAD_MULTICAST ? &d->mtftp.udp : &d->tftp.udp;

    return d->net != NULL && d->finished != TIME_NEVER && now - d->finished < LAST_WORDS_MAX &&
           client->ops->deadline(client) <= now + LAST_WORDS_PAUSE;
}

/* A server may send less than the size it told: then holes are left. */
static enum status unicast_status(const struct download *d)
{
    if (d->is_filled)
        return STATUS_OK;
    if (is_filling(d) && tftp_is_complete(&d->tftp) && d->tftp.received < d->holes.end)
        return STATUS_TFTP_CANNOT_READ;
    return d->tftp.status;
}

enum status download_status(const struct download *d)
{
    if (d->status != STATUS_PENDING)
        return d->status;
    if (d->mode == DOWNLOAD_UNICAST)
        return unicast_status(d);
    return d->mtftp.wants_unicast ? STATUS_PENDING : d->mtftp.status;
}

enum download_phase download_phase(const struct download *d)
{
    if (download_status(d) != STATUS_PENDING)
        return DOWNLOAD_OVER;
    if (d->mode == DOWNLOAD_UNICAST)
        return d->tftp.state == TFTP_REQUESTING ? DOWNLOAD_ASKING : DOWNLOAD_RECEIVING;
    if (d->mtftp.received != 0)
        return DOWNLOAD_RECEIVING;
    return d->mtftp.state == MTFTP_LISTENING ? DOWNLOAD_LISTENING : DOWNLOAD_ASKING;
}

uint64_t download_received(const struct download *d)
{
    uint64_t received;

    if (d->mode == DOWNLOAD_MULTICAST)
        return d->mtftp.received;
    if (!is_filling(d))
        return d->tftp.received;
    /* What comes behind a gap may come again: the count is for the eye. */
    received = d->holes.kept + d->holes.written;
    return received > d->holes.size || unicast_status(d) == STATUS_OK ? d->holes.size : received;
}

bool download_size(const struct download *d, uint64_t *size)
{
    bool is_known = d->mode == DOWNLOAD_MULTICAST ? d->mtftp.last != 0 : d->tftp.has_size;

    if (is_known)
        *size = d->mode == DOWNLOAD_MULTICAST ? d->mtftp.size : d->tftp.size;
    return is_known;
}

const char *download_server_text(const struct download *d)
{
    return d->mode == DOWNLOAD_MULTICAST ? d->mtftp.server_text : d->tftp.server_text;
}

uint16_t download_server_error(const struct download *d)
{
    return d->mode == DOWNLOAD_MULTICAST ? d->mtftp.server_error : d->tftp.server_error;
}

void download_cancel(struct download *d, time_us now, enum status why)
{
    if (d->net == NULL)
        return;
    if (d->mode == DOWNLOAD_MULTICAST) {
        mtftp_cancel(&d->mtftp, now, why);
        if (d->mtftp.wants_unicast)
            d->status = why; /* it was about to go on */
    } else {
        tftp_cancel(&d->tftp, now, why);
    }
    net_transmit(d->net, now);
    download_stop(d);
}

void download_stop(struct download *d)
{
    if (d->net != NULL)
        net_detach(d->net, client_of(d));
    d->net = NULL;
}

uint64_t download_rate(const struct download *d, time_us now)
{
    time_us took = (d->finished == TIME_NEVER ? now : d->finished) - d->started;

    return took == 0 || took > UINT32_MAX ? 0 : divide_u64(download_received(d) * 1000000, (uint32_t)took, NULL);
}
