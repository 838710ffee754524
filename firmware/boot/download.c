/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/boot/download.h"

#include "firmware/base/divide.h"

enum status download_start(struct download *d, struct net *net, time_us now, const struct tftp_request *request,
                           struct tftp_experience *experience)
{
    enum status status;

    download_stop(d);
    d->tftp.udp.port = net_pick_port(net);
    status = tftp_start(&d->tftp, now, request, experience, net->random, net->log);
    if (status != STATUS_OK)
        return status;
    d->started = now;
    d->finished = TIME_NEVER;
    if (!net_attach(net, &d->tftp.udp))
        return STATUS_OUT_OF_RESOURCES;
    d->net = net;
    return STATUS_OK;
}

void download_step(struct download *d, time_us now)
{
    if (d->net == NULL)
        return;
    if (d->finished == TIME_NEVER && tftp_is_complete(&d->tftp))
        d->finished = now;
    if (tftp_is_quiet(&d->tftp))
        download_stop(d);
}

enum status download_status(const struct download *d)
{
    return tftp_is_complete(&d->tftp) ? STATUS_OK : d->tftp.status;
}

void download_cancel(struct download *d, time_us now, enum status why)
{
    if (d->net == NULL)
        return;
    tftp_cancel(&d->tftp, now, why);
    net_transmit(d->net, now);
    download_stop(d);
}

void download_stop(struct download *d)
{
    if (d->net != NULL)
        net_detach(d->net, &d->tftp.udp);
    d->net = NULL;
}

uint64_t download_rate(const struct download *d, time_us now)
{
    time_us took = (d->finished == TIME_NEVER ? now : d->finished) - d->started;

    return took == 0 || took > UINT32_MAX ? 0 : divide_u64(d->tftp.received * 1000000, (uint32_t)took, NULL);
}
