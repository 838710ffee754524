/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/net/layers.h"
#include "firmware/wire/arp_packet.h"

static bool arp_send(struct net *net, uint16_t operation, uint32_t target, struct mac target_mac, struct mac to)
{
    const struct ethernet_frame ethernet = {.destination = to, .source = net->nic->mac, .type = ETHERNET_ARP};
    const struct arp_packet arp = {
        .operation = operation,
        .sender_mac = net->nic->mac,
        .sender = net->config.address,
        .target_mac = target_mac,
        .target = target,
    };
    struct writer frame;

    if (!nic_transmit_room(net->nic, &frame))
        return false;
    ethernet_frame_emit(&frame, &ethernet);
    arp_packet_emit(&frame, &arp);
    if (frame.failed)
        return false;
    nic_transmit(net->nic, writer_len(&frame));
    return true;
}

/* Somebody else uses our address. We neither give it up nor fight for it: the boot goes on if it can (RFC 5227 2.4). */
static void report_conflict(struct net *net, const struct arp_packet *arp)
{
    if (net->address_conflicts++ == 0)
        log_print(net->log, LOG_WARN, "arp: " MAC_FORMAT " uses our address " IPV4_FORMAT " as well",
                  MAC_ARGS(arp->sender_mac), IPV4_ARGS(arp->sender));
}

void arp_input(struct net *net, time_us now, struct reader *r)
{
    static const struct mac none;
    uint32_t ours = net->config.address;
    struct arp_packet arp;

    if (!arp_packet_parse(r, &arp) || mac_is_group(arp.sender_mac) || mac_equal(arp.sender_mac, none)) {
        net_drop(net, DROP_BAD_ARP);
        return;
    }
    if (ours != 0 && arp.sender == ours)
        report_conflict(net, &arp);
    else
        arp_cache_learn(&net->arp, arp.sender, arp.sender_mac, now);
    /* One answer, at once or never: the asker repeats. A claimant of our own address gets none, or we would quarrel. */
    if (arp.operation == ARP_REQUEST && ours != 0 && arp.target == ours && arp.sender != ours)
        (void)arp_send(net, ARP_REPLY, arp.sender, arp.sender_mac, arp.sender_mac);
}

static void give_up(struct net *net, struct arp_entry *entry, time_us now)
{
    entry->state = ARP_FREE;
    if (entry->has_mac)
        return; /* an old entry could not be confirmed: the next packet asks anew */
    log_print(net->log, LOG_INFO, "arp: no answer for " IPV4_FORMAT, IPV4_ARGS(entry->address));
    for (struct udp_client *client = net->clients; client != NULL; client = client->next) {
        uint32_t destination = ipv4_value(client->ops->destination(client).ip);

        if (udp_client_is_due(client, now) && client->ops->unreachable != NULL &&
            ipv4_next_hop(&net->config, client, destination) == entry->address)
            client->ops->unreachable(client, now, STATUS_ARP_TIMEOUT);
    }
}

void arp_output(struct net *net, time_us now)
{
    struct arp_entry *entry;

    /* A request for our own address: nobody is asked to answer, and whoever has the address as well says so. */
    if (net->owes_announcement)
        net->owes_announcement = !arp_send(net, ARP_REQUEST, net->config.address, (struct mac){{0}}, MAC_BROADCAST);
    while ((entry = arp_cache_due(&net->arp, now)) != NULL) {
        if (entry->retry.attempts >= ARP_REQUESTS_MAX) {
            give_up(net, entry, now);
            continue;
        }
        if (!arp_send(net, ARP_REQUEST, entry->address, (struct mac){{0}}, MAC_BROADCAST))
            return;
        retry_sent(&entry->retry, now, net->random);
    }
}
