/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/proto/dhcp_lease.h"

#include "firmware/base/text.h"

#define JOINED_MAX 512 /* no option read here is longer; joins lie on the stack, and boot ROMs' stacks are small */

#define LEASE_LEAST_S 60 /* a shorter one would be over before it is used */

static bool is_host(uint32_t address)
{
    uint32_t net = address >> 24;

    return net != 0 && net != 127 && address < 0xe0000000u;
}

/* An option joined into `bytes`, JOINED_MAX of them; empty when it is not there or longer. */
static struct slice joined_option(const struct dhcp_message *m, uint8_t tag, uint8_t *bytes)
{
    struct writer joined = writer_of(bytes, JOINED_MAX);

    return dhcp_option(m, tag, &joined) ? writer_written(&joined) : slice_of(bytes, 0);
}

bool dhcp_parse_dotted(struct slice text, uint32_t *address)
{
    uint32_t parsed = 0;
    size_t at = 0;

    while (text.len > 0 && text.data[text.len - 1] == 0)
        text.len--;
    for (unsigned part = 0; part < 4; part++) {
        unsigned value = 0, digits = 0;

        if (part > 0 && (at >= text.len || text.data[at++] != '.'))
            return false;
        for (; at < text.len && text.data[at] >= '0' && text.data[at] <= '9' && digits < 3; at++, digits++)
            value = value * 10 + (unsigned)(text.data[at] - '0');
        if (digits == 0 || value > 255)
            return false;
        parsed = parsed << 8 | value;
    }
    if (at != text.len)
        return false;
    *address = parsed;
    return true;
}

/* Windows' server and dnsmasq count a terminating NUL in options 66 and 67, others do not: text ends at a NUL. */
static void parse_boot_file(const struct dhcp_message *m, struct dhcp_boot *out)
{
    uint8_t bytes[JOINED_MAX];
    struct slice option = joined_option(m, DHCP_TAG_BOOT_FILE, bytes);
    bool field_has_name = (m->overload & DHCP_OVERLOAD_FILE) == 0 && m->file.len > 0 && m->file.data[0] != 0;
    bool option_has_name = option.len > 0 && option.data[0] != 0;
    bool field_is_full = field_has_name && m->file.data[m->file.len - 1] != 0;

    if (field_has_name && !(field_is_full && option_has_name)) {
        option = m->file;
        out->file_source = DHCP_FILE_FIELD;
    } else if (option_has_name) {
        out->file_source = DHCP_FILE_OPTION_67;
    } else {
        return;
    }
    if (!text_copy(out->file, sizeof(out->file), option)) { /* a name that is cut names another file */
        out->file[0] = 0;
        out->file_source = DHCP_FILE_NONE;
    }
}

bool dhcp_boot_file_in(const struct dhcp_message *m, enum dhcp_file_source source, char name[DHCP_NAME_MAX + 1])
{
    uint8_t bytes[JOINED_MAX];
    struct slice text = slice_of(bytes, 0);

    if (source == DHCP_FILE_OPTION_67)
        text = joined_option(m, DHCP_TAG_BOOT_FILE, bytes);
    else if (source == DHCP_FILE_FIELD && (m->overload & DHCP_OVERLOAD_FILE) == 0)
        text = m->file;
    return text.len > 0 && text_copy(name, DHCP_NAME_MAX + 1, text) && name[0] != '\0';
}

static void parse_boot_server(const struct dhcp_message *m, struct dhcp_boot *out)
{
    uint8_t bytes[JOINED_MAX];
    struct slice option = joined_option(m, DHCP_TAG_TFTP_SERVER, bytes);
    struct slice field = (m->overload & DHCP_OVERLOAD_SNAME) == 0 ? m->sname : slice_of(bytes, 0);
    uint32_t address;

    if (is_host(m->siaddr)) {
        out->server = m->siaddr;
        out->server_source = DHCP_SERVER_SIADDR;
    } else if (dhcp_parse_dotted(option, &address) && is_host(address)) {
        out->server = address;
        out->server_source = DHCP_SERVER_OPTION_66;
    } else if (dhcp_parse_dotted(field, &address) && is_host(address)) {
        out->server = address;
        out->server_source = DHCP_SERVER_SNAME;
    } else if (dhcp_option_u32(m, DHCP_TAG_SERVER_ID, &address) && is_host(address)) {
        out->server = address;
        out->server_source = DHCP_SERVER_ID;
    }
    (void)text_copy(out->server_name, sizeof(out->server_name), option.len > 0 ? option : field);
}

void dhcp_boot_parse(const struct dhcp_message *m, struct dhcp_boot *out)
{
    *out = (struct dhcp_boot){0};
    parse_boot_file(m, out);
    parse_boot_server(m, out);
}

/* The default route is wanted even when it is the ninth. */
static void add_route(struct dhcp_lease *lease, struct dhcp_route route)
{
    if (lease->route_count < DHCP_ROUTES)
        lease->routes[lease->route_count++] = route;
    else if (route.netmask == 0)
        lease->routes[DHCP_ROUTES - 1] = route;
}

/* RFC 3442. One impossible entry and nothing behind it can be trusted: the option as a whole is ignored then. */
static bool parse_classless_routes(const struct dhcp_message *m, struct dhcp_lease *lease)
{
    uint8_t bytes[JOINED_MAX];
    struct reader r = reader_of(joined_option(m, DHCP_TAG_ROUTES, bytes));

    while (reader_left(&r) > 0) {
        struct dhcp_route route = {0};
        unsigned width = read_u8(&r);

        if (width > 32)
            r.failed = true;
        for (unsigned bit = 0; bit < width && !r.failed; bit += 8)
            route.destination |= (uint32_t)read_u8(&r) << (24 - bit);
        route.gateway = read_be32(&r);
        if (r.failed) {
            lease->route_count = 0;
            return false;
        }
        route.netmask = width == 0 ? 0 : 0xffffffffu << (32 - width);
        route.destination &= route.netmask;
        add_route(lease, route);
    }
    return lease->route_count > 0;
}

/* The first address of a list that a host may have; 0 when there is none. Bytes behind the last whole one are junk. */
static uint32_t first_host(struct slice list)
{
    struct reader r = reader_of(list);

    while (reader_left(&r) >= 4) {
        uint32_t address = read_be32(&r);

        if (is_host(address))
            return address;
    }
    return 0;
}

static void parse_routes(const struct dhcp_message *m, struct dhcp_lease *lease)
{
    uint8_t bytes[JOINED_MAX];
    uint32_t router;

    lease->route_count = 0;
    if (parse_classless_routes(m, lease))
        return; /* option 3 must be ignored then (RFC 3442, "DHCP Client Behavior") */
    router = first_host(joined_option(m, DHCP_TAG_ROUTERS, bytes));
    if (router != 0)
        add_route(lease, (struct dhcp_route){.gateway = router});
}

static void parse_dns(const struct dhcp_message *m, struct dhcp_lease *lease)
{
    uint8_t bytes[JOINED_MAX];
    struct reader r = reader_of(joined_option(m, DHCP_TAG_DNS, bytes));

    lease->dns_count = 0;
    while (reader_left(&r) >= 4 && lease->dns_count < DHCP_DNS) {
        uint32_t address = read_be32(&r);

        if (address != 0)
            lease->dns[lease->dns_count++] = address;
    }
}

/* Without a usable option 1: the mask of the address's class, as RFC 950 section 2.1 has it. */
static uint32_t netmask_of(const struct dhcp_message *m)
{
    uint32_t mask;

    if (dhcp_option_u32(m, DHCP_TAG_NETMASK, &mask) && mask != 0 && (~mask & (~mask + 1)) == 0)
        return mask;
    if (m->yiaddr < 0x80000000u)
        return 0xff000000u;
    return m->yiaddr < 0xc0000000u ? 0xffff0000u : 0xffffff00u;
}

/* T1 <= T2 <= lease, whatever the server says; half and seven eighths when it says nothing (RFC 2131 section 4.4.5). */
static void parse_times(const struct dhcp_message *m, struct dhcp_lease *lease)
{
    uint32_t lease_s = DHCP_FOR_EVER, t1 = 0, t2 = 0;

    (void)dhcp_option_u32(m, DHCP_TAG_LEASE, &lease_s);
    (void)dhcp_option_u32(m, DHCP_TAG_T1, &t1);
    (void)dhcp_option_u32(m, DHCP_TAG_T2, &t2);
    if (lease_s == DHCP_FOR_EVER) {
        t1 = t2 = DHCP_FOR_EVER;
    } else {
        if (lease_s < LEASE_LEAST_S)
            lease_s = LEASE_LEAST_S;
        if (t2 == 0 || t2 > lease_s)
            t2 = lease_s - lease_s / 8;
        if (t1 == 0 || t1 > t2)
            t1 = lease_s / 2 < t2 ? lease_s / 2 : t2;
    }
    lease->lease_s = lease_s;
    lease->t1_s = t1;
    lease->t2_s = t2;
}

void dhcp_lease_parse(const struct dhcp_message *ack, struct dhcp_lease *lease)
{
    uint8_t bytes[JOINED_MAX];

    lease->address = ack->yiaddr;
    lease->netmask = netmask_of(ack);
    lease->server_id = 0;
    (void)dhcp_option_u32(ack, DHCP_TAG_SERVER_ID, &lease->server_id);
    parse_routes(ack, lease);
    parse_dns(ack, lease);
    parse_times(ack, lease);
    text_copy_printable(lease->host_name, sizeof(lease->host_name), joined_option(ack, DHCP_TAG_HOST_NAME, bytes));
    text_copy_printable(lease->domain, sizeof(lease->domain), joined_option(ack, DHCP_TAG_DOMAIN, bytes));
    dhcp_boot_parse(ack, &lease->boot);
}

bool dhcp_address_is_usable(const struct dhcp_message *m)
{
    uint8_t bytes[JOINED_MAX];
    uint32_t server = 0;

    (void)dhcp_option_u32(m, DHCP_TAG_SERVER_ID, &server);
    return is_host(m->yiaddr) && m->yiaddr != server &&
           m->yiaddr != first_host(joined_option(m, DHCP_TAG_ROUTERS, bytes));
}

static void keep_packet(struct dhcp_packet *packet, struct slice raw)
{
    packet->len = slice_first(raw, sizeof(packet->bytes)).len;
    if (packet->len != 0)
        memcpy(packet->bytes, raw.data, packet->len);
}

/* A server's message about booting, as far as it is one. */
static void restore_boot(struct slice raw, struct dhcp_packet *packet, struct dhcp_boot *boot)
{
    struct dhcp_message m;
    struct reader r;

    if (raw.len == 0 || raw.len > sizeof(packet->bytes))
        return;
    r = reader_of(raw);
    if (!dhcp_message_parse(&r, &m) || m.op != DHCP_OP_REPLY)
        return;
    dhcp_boot_parse(&m, boot);
    keep_packet(packet, raw);
}

bool dhcp_lease_restore(struct dhcp_lease *lease, const struct dhcp_lease_packets *packets)
{
    struct dhcp_message m;
    struct reader r;

    memset(lease, 0, sizeof(*lease));
    if (packets->ack.len == 0 || packets->ack.len > sizeof(lease->ack.bytes))
        return false;
    r = reader_of(packets->ack);
    if (!dhcp_message_parse(&r, &m) || m.op != DHCP_OP_REPLY || !dhcp_address_is_usable(&m))
        return false;
    dhcp_lease_parse(&m, lease);
    keep_packet(&lease->ack, packets->ack);
    keep_packet(&lease->discover, packets->discover);
    restore_boot(packets->proxy, &lease->proxy, &lease->proxy_boot);
    restore_boot(packets->reply, &lease->reply, &lease->reply_boot);
    if (lease->reply_boot.file_source == DHCP_FILE_NONE)
        lease->reply.len = 0;
    return true;
}
