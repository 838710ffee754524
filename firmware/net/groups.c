/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Which groups the net listens to: those its clients name and those of its filter, each once. Nobody announces a
 * change; the table is compared with the wishes whenever the net is about to send. The NIC learns the same set. What it
 * lets through beside (its table may hash, 32 groups share a link address) ends in ipv4_input().
 */
#include "firmware/net/layers.h"
#include "firmware/wire/igmp_message.h"

bool filter_wants(const struct net_filter *filter, uint32_t destination)
{
    if (filter->everything || (filter->all_groups && ipv4_is_multicast(destination)))
        return true;
    for (size_t n = 0; n < filter->count; n++)
        if (filter->addresses[n] == destination)
            return true;
    return false;
}

static bool is_member(const struct igmp_group *group)
{
    return group->state != IGMP_NON_MEMBER && group->state != IGMP_LEAVING;
}

static bool has_members(const struct net *net)
{
    for (size_t n = 0; n < NET_GROUPS; n++)
        if (is_member(&net->igmp.groups[n]))
            return true;
    return net->igmp.has_overflowed;
}

static bool clients_want(const struct net *net, uint32_t group, bool any)
{
    for (const struct udp_client *client = net->clients; client != NULL; client = client->next)
        if (any ? client->group != 0 : client->group == group)
            return true;
    return false;
}

bool groups_want(const struct net *net, uint32_t group)
{
    return clients_want(net, group, false) || (group == IGMP_ALL_SYSTEMS && has_members(net));
}

bool groups_want_frame(const struct net *net, struct mac destination)
{
    const struct net_filter *filter = &net->filter;

    return filter->everything || (mac_is_group(destination) && (filter->all_groups || filter->count != 0 ||
                                                                has_members(net) || clients_want(net, 0, true)));
}

bool groups_matter(const struct net *net)
{
    const struct net_filter *filter = &net->filter;

    return net->igmp.is_in_use || filter->everything || filter->all_groups || filter->count != 0 ||
           clients_want(net, 0, true);
}

/* An entry for a group that has none: a free one, else one whose leave nobody will miss. */
static struct igmp_group *take_entry(struct igmp *igmp)
{
    struct igmp_group *leaving = NULL;

    for (size_t n = 0; n < NET_GROUPS; n++) {
        if (igmp->groups[n].state == IGMP_NON_MEMBER)
            return &igmp->groups[n];
        if (igmp->groups[n].state == IGMP_LEAVING)
            leaving = &igmp->groups[n];
    }
    return leaving;
}

/* Returns whether that changes what the NIC is to let in. */
static bool want(struct igmp *igmp, uint32_t address)
{
    struct igmp_group *group = igmp->groups, *end = group + NET_GROUPS;
    bool is_new;

    if (!ipv4_is_multicast(address))
        return false;
    while (group < end && (group->state == IGMP_NON_MEMBER || group->address != address))
        group++;
    if (group == end)
        group = take_entry(igmp);
    if (group == NULL) {
        igmp->has_overflowed = true;
        return false;
    }
    is_new = !is_member(group);
    /* Everybody is in 224.0.0.1, and nobody says so (RFC 2236 section 6). */
    if (is_new)
        *group = (struct igmp_group){
            .state = address == IGMP_ALL_SYSTEMS ? IGMP_IDLE : IGMP_JOINING,
            .address = address,
        };
    group->is_wanted = true;
    return is_new;
}

static bool drop_unwanted(struct net *net)
{
    bool is_changed = false;

    net->igmp.is_in_use = false;
    for (struct igmp_group *group = net->igmp.groups; group < net->igmp.groups + NET_GROUPS; group++) {
        if (is_member(group) && !group->is_wanted) {
            bool owes_leave = group->is_last && net->config.address != 0 && !net->igmp.is_v1;

            group->state = owes_leave ? IGMP_LEAVING : IGMP_NON_MEMBER;
            is_changed = true;
        }
        group->is_wanted = false;
        net->igmp.is_in_use |= group->state != IGMP_NON_MEMBER;
    }
    return is_changed;
}

static bool update_table(struct net *net)
{
    bool had_overflowed = net->igmp.has_overflowed, is_changed = false;

    net->igmp.has_overflowed = false;
    for (const struct udp_client *client = net->clients; client != NULL; client = client->next)
        is_changed |= want(&net->igmp, client->group);
    for (size_t n = 0; n < net->filter.count; n++)
        is_changed |= want(&net->igmp, net->filter.addresses[n]);
    is_changed |= had_overflowed != net->igmp.has_overflowed;
    return drop_unwanted(net) || is_changed;
}

static enum status tell_nic(struct net *net)
{
    unsigned wanted = NIC_FILTER_DIRECTED | NIC_FILTER_BROADCAST;
    struct mac groups[NET_GROUPS + 1];
    enum status status;
    size_t count = 0;

    for (size_t n = 0; n < NET_GROUPS; n++)
        if (is_member(&net->igmp.groups[n]))
            groups[count++] = ipv4_group_mac(net->igmp.groups[n].address);
    if (count != 0) {
        groups[count++] = ipv4_group_mac(IGMP_ALL_SYSTEMS); /* where routers ask */
        wanted |= NIC_FILTER_MULTICAST;
    }
    if (net->filter.all_groups || net->igmp.has_overflowed)
        wanted |= NIC_FILTER_ALL_MULTICAST;
    if (net->filter.everything)
        wanted |= NIC_FILTER_PROMISCUOUS;
    status = nic_set_filter(net->nic, wanted, groups, count);
    if (status != STATUS_OK && count != 0) {
        net->filter_refusals++;
        log_print(net->log, LOG_WARN, "net: the card refuses %u groups: all are let in", (unsigned)count);
        wanted = (wanted & ~(unsigned)NIC_FILTER_MULTICAST) | NIC_FILTER_ALL_MULTICAST;
        status = nic_set_filter(net->nic, wanted, NULL, 0);
    }
    net->nic_changes = net->nic->filter_changes;
    return status;
}

void groups_update(struct net *net)
{
    bool wants_more = net->filter.everything || net->filter.all_groups || has_members(net);

    if (update_table(net) || (wants_more && net->nic->filter_changes != net->nic_changes))
        (void)tell_nic(net);
}

enum status net_set_filter(struct net *net, const struct net_filter *filter)
{
    net->filter = *filter;
    if (net->filter.count > NET_FILTERED)
        net->filter.count = NET_FILTERED;
    (void)update_table(net);
    return tell_nic(net);
}
