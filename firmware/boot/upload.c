/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/boot/upload.h"

enum status upload_start(struct upload *upload, struct net *net, time_us now, const struct tftp_write_request *request)
{
    enum status status;

    *upload = (struct upload){.write.udp.port = net_pick_port(net)};
    status = tftp_write_start(&upload->write, now, request, net->random, net->log);
    if (status != STATUS_OK)
        return status;
    if (!net_attach(net, &upload->write.udp))
        return STATUS_OUT_OF_RESOURCES;
    upload->net = net;
    return STATUS_OK;
}

bool upload_is_over(const void *upload)
{
    return ((const struct upload *)upload)->write.status != STATUS_PENDING;
}

enum status upload_stop(struct upload *upload, time_us now, enum status why)
{
    tftp_write_cancel(&upload->write, now, why);
    if (upload->net != NULL) {
        if (!tftp_write_is_quiet(&upload->write))
            net_transmit(upload->net, now);
        net_detach(upload->net, &upload->write.udp);
    }
    upload->net = NULL;
    return upload->write.status;
}
