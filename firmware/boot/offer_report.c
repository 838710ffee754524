/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/boot/offer_report.h"

#include "firmware/boot/session.h"

#define LINES 4

static unsigned prefix_len(uint32_t netmask)
{
    unsigned len = 0;

    for (; (netmask & 0x80000000u) != 0; netmask <<= 1)
        len++;
    return len;
}

void offer_report_lease(struct session *s)
{
    const struct dhcp_lease *lease = &s->dhcp.lease;
    uint32_t gateway = 0;
    char via[32];

    for (size_t n = 0; n < lease->route_count; n++)
        if (lease->routes[n].netmask == 0)
            gateway = lease->routes[n].gateway;
    text_format(via, sizeof(via), " gateway " IPV4_FORMAT, IPV4_ARGS(gateway));
    screen_line(&s->screen, IPV4_FORMAT "/%u%s (%sDHCP server " IPV4_FORMAT ")", IPV4_ARGS(lease->address),
                prefix_len(lease->netmask), gateway != 0 ? via : "",
                s->flow.has_given_lease ? "the firmware's lease, from " : "", IPV4_ARGS(lease->server_id));
}

/* --- what was ignored -------------------------------------------------------------------------------------------- */

struct ignored {
    struct screen *screen;
    unsigned count;
};

static void ignore(struct ignored *ignored, const char *what, uint32_t server, const char *why)
{
    if (++ignored->count <= LINES)
        screen_line(ignored->screen, "  ignored: %s " IPV4_FORMAT " (%s)", what, IPV4_ARGS(server), why);
}

/* What one offer lacks that the one taken has. */
static const char *lack_of(const struct dhcp_facts *offer, const struct dhcp_facts *taken)
{
    if (offer->vendor_is_broken)
        return "its option 43 is broken";
    if (boot_offer_policy.worth(offer) >= boot_offer_policy.worth(taken))
        return "offered later";
    if (offer->is_bootp && !taken->is_bootp)
        return "BOOTP";
    if (!offer->has_file && !offer->has_discovery)
        return "no boot file";
    if (!offer->is_pxe && taken->is_pxe)
        return "no PXE mark";
    return offer->has_server == taken->has_server ? "no option 43" : "no boot server";
}

static void ignore_addresses(struct ignored *ignored, const struct dhcp *dhcp)
{
    for (size_t n = 0; n < dhcp->heard.offer_count; n++) {
        const struct dhcp_offer *offer = &dhcp->heard.offers[n];
        const char *what = offer->facts.is_bootp ? "BOOTP server" : "DHCP server";

        if (offer == dhcp->chosen)
            continue;
        ignore(ignored, what, offer->server,
               offer->was_refused ? "it refused a request" : lack_of(&offer->facts, &dhcp->chosen->facts));
    }
}

/* Without a proxy in the lease, the DHCP server's word was the better one. */
static const char *why_not_proxy(const struct dhcp *dhcp, const struct dhcp_offer *proxy)
{
    const struct dhcp_facts *server = &dhcp->chosen->facts;

    if (dhcp->proxy != NULL)
        return lack_of(&proxy->facts, &dhcp->proxy->facts);
    if (proxy->facts.vendor_is_broken)
        return "its option 43 is broken";
    if (server->has_no_proxy)
        return "the DHCP server says that there is none";
    if (!proxy->facts.has_file && !proxy->facts.has_discovery)
        return "no boot file";
    return "the DHCP server is a PXE server itself";
}

void offer_report_ignored(struct session *s)
{
    const struct dhcp *dhcp = &s->dhcp;
    struct ignored ignored = {.screen = &s->screen};

    if (s->flow.has_given_lease || dhcp->chosen == NULL)
        return;
    if (s->flow.choice.is_proxy && dhcp->chosen->facts.has_file)
        ignore(&ignored, "boot file of DHCP server", dhcp->chosen->server, "the proxyDHCP server's word comes first");
    for (size_t n = 0; n < dhcp->heard.proxy_count; n++)
        if (&dhcp->heard.proxies[n] != dhcp->proxy)
            ignore(&ignored, "proxyDHCP server", dhcp->heard.proxies[n].server,
                   why_not_proxy(dhcp, &dhcp->heard.proxies[n]));
    ignore_addresses(&ignored, dhcp);
    ignored.count += dhcp->heard.left_out;
    if (ignored.count > LINES)
        screen_line(&s->screen, "  and %u more", ignored.count - LINES);
}

void offer_report_doubts(struct session *s)
{
    const struct boot_choice *choice = &s->flow.choice;

    if (choice->vendor_is_broken)
        screen_line(&s->screen, "  Option 43 of " IPV4_FORMAT " is broken: none of it is believed.",
                    IPV4_ARGS(choice->said_by));
    if (choice->mtftp_is_wrong)
        screen_line(&s->screen, "  Option 43 of " IPV4_FORMAT " has an MTFTP group that is none: not used.",
                    IPV4_ARGS(choice->said_by));
}
