/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/net/igmp.h"

#include "firmware/net/layers.h"
#include "firmware/wire/igmp_message.h"

enum {
    /*
     * RFC 2236 section 8.10 has 10 s, RFC 3376 section 8.11 one: until a snooping switch gets a report, the group is
     * silent, and a file lasts no ten seconds.
     */
    UNSOLICITED_MS = 1000,
    V1_ROUTER_S = 400, /* section 8.11 */
    TENTH_US = 100000,
    /* Between two reports of a group, whatever is asked. Routers ask with a second to answer in, or more, and twice. */
    SPACING_MS = 500,
};

static bool send(struct net *net, enum igmp_type type, uint32_t to, uint32_t group)
{
    const struct igmp_message message = {.type = (uint8_t)type, .group = group};
    struct ipv4_packet ip = {
        .source = net->config.address,
        .destination = to,
        .protocol = IPV4_IGMP,
        .router_alert = true,
        .ttl = 1,
    };
    struct writer payload;

    if (!ipv4_room(net, &ip, &payload))
        return false;
    igmp_message_emit(&payload, &message);
    ipv4_transmit(net, ipv4_group_mac(to), &ip, &payload);
    net->igmp.sent++;
    return true;
}

static void delay(struct net *net, struct igmp_group *group, time_us now, uint32_t longest)
{
    group->state = IGMP_DELAYING;
    group->due = now + random_below(net->random, longest + 1);
    if (group->due < group->not_before)
        group->due = group->not_before;
}

static void report(struct net *net, struct igmp_group *group, time_us now)
{
    if (!send(net, net->igmp.is_v1 ? IGMP_V1_REPORT : IGMP_V2_REPORT, group->address, group->address))
        return;
    group->is_last = true;
    group->not_before = now + MILLISECONDS(SPACING_MS);
    if (group->state == IGMP_JOINING)
        delay(net, group, now, UNSOLICITED_MS * 1000); /* the first may get lost (section 3) */
    else
        group->state = IGMP_IDLE;
}

static void send_leaves(struct net *net)
{
    for (struct igmp_group *group = net->igmp.groups; group < net->igmp.groups + NET_GROUPS; group++)
        if (group->state == IGMP_LEAVING && send(net, IGMP_LEAVE, IGMP_ALL_ROUTERS, group->address))
            group->state = IGMP_NON_MEMBER;
}

void igmp_output(struct net *net, time_us now)
{
    if (!groups_matter(net))
        return;
    net->igmp.is_v1 = now < net->igmp.v1_until;
    groups_update(net);
    send_leaves(net);
    if (net->config.address == 0)
        return;
    for (struct igmp_group *group = net->igmp.groups; group < net->igmp.groups + NET_GROUPS; group++)
        if (group->state == IGMP_JOINING || (group->state == IGMP_DELAYING && group->due <= now))
            report(net, group, now);
}

void igmp_leave(struct net *net)
{
    if (net->nic->owner != NIC_OWNER_STACK)
        return;
    groups_update(net);
    send_leaves(net);
}

void igmp_rejoin(struct net *net)
{
    for (struct igmp_group *group = net->igmp.groups; group < net->igmp.groups + NET_GROUPS; group++) {
        if (group->state == IGMP_LEAVING)
            group->state = IGMP_NON_MEMBER;
        else if (group->state != IGMP_NON_MEMBER && group->address != IGMP_ALL_SYSTEMS)
            group->state = IGMP_JOINING;
        group->is_last = false;
    }
}

time_us igmp_deadline(const struct net *net)
{
    const struct igmp_group *groups = net->igmp.groups;
    time_us deadline = TIME_NEVER;

    if (!net->igmp.is_in_use || net->config.address == 0 || net->nic->owner != NIC_OWNER_STACK)
        return TIME_NEVER;
    for (size_t n = 0; n < NET_GROUPS; n++) {
        if (groups[n].state == IGMP_JOINING || groups[n].state == IGMP_LEAVING)
            return 0;
        if (groups[n].state == IGMP_DELAYING)
            deadline = time_earlier(deadline, groups[n].due);
    }
    return deadline;
}

/* A query only sets timers, so a flood of them brings no more reports than the spacing allows. */
static void query_input(struct net *net, const struct arrival *a, const struct igmp_message *query)
{
    /* Version 1 ignores the group (RFC 1112 appendix I). */
    uint32_t asked = query->query_version == 1 ? 0 : query->group, longest = (uint32_t)query->max_response * TENTH_US;

    if (a->ip.destination != (asked == 0 ? IGMP_ALL_SYSTEMS : asked)) {
        net_drop(net, DROP_BAD_IGMP);
        return;
    }
    if (query->query_version == 1)
        net->igmp.v1_until = a->now + SECONDS(V1_ROUTER_S);
    for (struct igmp_group *group = net->igmp.groups; group < net->igmp.groups + NET_GROUPS; group++) {
        bool is_asked = (asked == 0 || group->address == asked) && group->address != IGMP_ALL_SYSTEMS;

        if (is_asked && (group->state == IGMP_IDLE || (group->state == IGMP_DELAYING && a->now + longest < group->due)))
            delay(net, group, a->now, longest);
    }
}

/* Another member has spoken for all of us. From off the link nobody can know that (RFC 2236 section 9). */
static void report_input(struct net *net, const struct arrival *a, const struct igmp_message *heard)
{
    if (heard->group != a->ip.destination) {
        net_drop(net, DROP_BAD_IGMP);
        return;
    }
    for (struct igmp_group *group = net->igmp.groups; group < net->igmp.groups + NET_GROUPS; group++) {
        if (group->state != IGMP_DELAYING || group->address != heard->group ||
            !ipv4_is_on_link(&net->config, a->ip.source))
            continue;
        group->state = IGMP_IDLE;
        group->is_last = false;
        return;
    }
    net_drop(net, DROP_IGMP_IGNORED);
}

void igmp_input(struct net *net, const struct arrival *a, struct slice bytes)
{
    struct reader r = reader_of(bytes);
    struct igmp_message message;

    if (!igmp_message_parse(&r, &message) || !ipv4_is_multicast(a->ip.destination))
        net_drop(net, DROP_BAD_IGMP);
    else if (!message.has_good_checksum)
        net_drop(net, DROP_BAD_CHECKSUM);
    else if (message.type == IGMP_QUERY)
        query_input(net, a, &message);
    else if (message.type == IGMP_V1_REPORT || message.type == IGMP_V2_REPORT)
        report_input(net, a, &message);
    else
        net_drop(net, DROP_IGMP_IGNORED);
}
