/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/relay/options.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind {
    KIND_TEXT,
    KIND_NUMBER,
    KIND_MICROSECONDS,
    KIND_FLAG
};
enum link_kind {
    LINK_TIME,
    LINK_CHANCE,
    LINK_RATE,
    LINK_FRAMES,
    LINK_MTU,
    LINK_NO_FRAGMENTS,
    LINK_BLACKOUT
};

static const struct {
    const char *name;
    enum kind kind;
    size_t at;
} plain[] = {
    {"qemu", KIND_TEXT, offsetof(struct options, qemu)},
    {"tap", KIND_TEXT, offsetof(struct options, tap)},
    {"peer", KIND_TEXT, offsetof(struct options, peer)},
    {"pcap", KIND_TEXT, offsetof(struct options, pcap)},
    {"pcap-server", KIND_TEXT, offsetof(struct options, pcap_server)},
    {"counters", KIND_TEXT, offsetof(struct options, counters)},
    {"samples", KIND_TEXT, offsetof(struct options, samples)},
    {"snap", KIND_NUMBER, offsetof(struct options, snap)},
    {"seed", KIND_NUMBER, offsetof(struct options, seed)},
    {"spin", KIND_MICROSECONDS, offsetof(struct options, spin_ns)},
    {"die-with-parent", KIND_FLAG, offsetof(struct options, die_with_parent)},
};

static const struct {
    const char *name;
    enum link_kind kind;
    size_t at;
} per_link[] = {
    {"delay", LINK_TIME, offsetof(struct link_config, delay_ns)},
    {"jitter", LINK_TIME, offsetof(struct link_config, jitter_ns)},
    {"reorder-hold", LINK_TIME, offsetof(struct link_config, reorder_hold_ns)},
    {"loss", LINK_CHANCE, offsetof(struct link_config, loss)},
    {"dup", LINK_CHANCE, offsetof(struct link_config, duplicate)},
    {"reorder", LINK_CHANCE, offsetof(struct link_config, reorder)},
    {"corrupt", LINK_CHANCE, offsetof(struct link_config, corrupt)},
    {"rate", LINK_RATE, offsetof(struct link_config, rate_bps)},
    {"queue", LINK_FRAMES, offsetof(struct link_config, queue_frames)},
    {"mtu", LINK_MTU, offsetof(struct link_config, max_frame)},
    {"no-fragments", LINK_NO_FRAGMENTS, offsetof(struct link_config, drop_fragments)},
    {"blackout", LINK_BLACKOUT, 0},
};

void options_usage(void)
{
    fputs(
        "usage: relay --qemu PATH (--tap NAME | --peer PATH) [options]\n"
        "  Carries Ethernet frames between QEMU (-netdev stream,server=off,addr.type=unix,addr.path=PATH) and a tap\n"
        "  interface or a second socket. Ends when QEMU goes, or on SIGTERM/SIGINT; prints one line of JSON counters.\n"
        "  Times are in microseconds, chances between 0 and 1; each of these takes the suffix -up (from QEMU) or "
        "-down:\n"
        "  --delay T --jitter T      one way; so the round trip time is twice the delay\n"
        "  --loss P --dup P --corrupt P --reorder P --reorder-hold T\n"
        "  --rate BITS/S --queue N   serialise at a line rate, behind a queue of N frames (drop tail)\n"
        "  --mtu N                   drop frames with more than N bytes of payload\n"
        "  --no-fragments            drop fragments of IPv4 datagrams\n"
        "  --blackout FROM:TO        drop all, in seconds since the first frame; up to 8 times\n"
        "  and these concern the whole run:\n"
        "  --seed N                  same seed, same fate of the same frames\n"
        "  --pcap FILE               as the client sees the wire;  --pcap-server FILE: as the servers see it\n"
        "  --snap N                  bytes kept of each frame (65535)\n"
        "  --counters FILE --samples FILE   note FILE's three 64-bit counters for each frame of --pcap\n"
        "  --spin T                  stay awake T before an event is due (20)\n"
        "  --die-with-parent\n",
        stderr);
}

static bool number(const char *text, double max, double *out)
{
    char *end;
    errno = 0;
    *out = strtod(text, &end);
    return !errno && end != text && !*end && *out >= 0 && *out <= max;
}

static bool set_blackout(struct link_config *c, const char *value)
{
    char *end;
    double from = strtod(value, &end);
    if (end == value || *end != ':' || c->blackouts == LINK_BLACKOUTS_MAX)
        return false;
    double to;
    if (!number(end + 1, 1e6, &to) || from < 0 || from > to)
        return false;
    c->blackout[c->blackouts++] = (struct link_blackout){(uint64_t)(from * 1e9), (uint64_t)(to * 1e9)};
    return true;
}

static bool set_link(struct link_config *c, enum link_kind kind, size_t offset, const char *value)
{
    void *at = (uint8_t *)c + offset;
    double v = 0;
    switch (kind) {
    case LINK_NO_FRAGMENTS:
        *(bool *)at = true;
        return true;
    case LINK_BLACKOUT:
        return set_blackout(c, value);
    case LINK_CHANCE:
        return number(value, 1, (double *)at);
    case LINK_TIME:
        if (!number(value, 60e6, &v))
            return false;
        *(uint64_t *)at = (uint64_t)(v * 1e3);
        return true;
    case LINK_RATE:
        if (!number(value, 1e12, &v))
            return false;
        *(uint64_t *)at = (uint64_t)v;
        return true;
    case LINK_FRAMES:
        if (!number(value, LINK_QUEUE_MAX, &v))
            return false;
        *(unsigned *)at = (unsigned)v;
        return true;
    case LINK_MTU:
        if (!number(value, 65535, &v))
            return false;
        *(size_t *)at = (size_t)v + 14;
        return true;
    }
    return false;
}

static bool set_plain(struct options *o, size_t i, const char *value)
{
    uint8_t *at = (uint8_t *)o + plain[i].at;
    double v;
    switch (plain[i].kind) {
    case KIND_TEXT:
        *(const char **)at = value;
        return true;
    case KIND_FLAG:
        *(bool *)at = true;
        return true;
    case KIND_MICROSECONDS:
        if (!number(value, 1e6, &v))
            return false;
        *(uint64_t *)at = (uint64_t)(v * 1e3);
        return true;
    case KIND_NUMBER:
        if (!number(value, 0x1p53, &v))
            return false;
        if (at == (uint8_t *)&o->snap)
            o->snap = (uint32_t)(v < 65535 ? v : 65535);
        else
            *(uint64_t *)at = (uint64_t)v;
        return true;
    }
    return false;
}

/* The directions a link option is meant for: its name with -up, -down or nothing. 0: another option. */
static unsigned directions_of(const char *option, const char *name)
{
    size_t len = strlen(name);
    if (strncmp(option, name, len) != 0)
        return 0;
    if (!option[len])
        return 1u << LINK_UP | 1u << LINK_DOWN;
    if (strcmp(option + len, "-up") == 0)
        return 1u << LINK_UP;
    return strcmp(option + len, "-down") == 0 ? 1u << LINK_DOWN : 0;
}

/* Number of arguments used, 0 when they cannot be understood. */
static int set_one(struct options *o, const char *option, const char *value)
{
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        if (strcmp(option, plain[i].name) != 0)
            continue;
        bool flag = plain[i].kind == KIND_FLAG;
        return (flag || value) && set_plain(o, i, value) ? 2 - flag : 0;
    }
    for (size_t i = 0; i < sizeof per_link / sizeof *per_link; i++) {
        unsigned directions = directions_of(option, per_link[i].name);
        if (!directions)
            continue;
        bool flag = per_link[i].kind == LINK_NO_FRAGMENTS;
        if (!flag && !value)
            return 0;
        for (unsigned d = 0; d < LINK_DIRECTIONS; d++) {
            if (directions >> d & 1 && !set_link(&o->link[d], per_link[i].kind, per_link[i].at, value))
                return 0;
        }
        return 2 - flag;
    }
    return 0;
}

bool options_parse(struct options *o, int argc, char **argv)
{
    memset(o, 0, sizeof *o);
    o->snap = 65535;
    o->spin_ns = 20000;
    for (unsigned d = 0; d < LINK_DIRECTIONS; d++)
        o->link[d].reorder_hold_ns = 1000000;
    for (int i = 1; i < argc;) {
        int used = strncmp(argv[i], "--", 2) == 0 ? set_one(o, argv[i] + 2, i + 1 < argc ? argv[i + 1] : NULL) : 0;
        if (!used) {
            fprintf(stderr, "relay: cannot use %s %s\n", argv[i], i + 1 < argc ? argv[i + 1] : "");
            return false;
        }
        i += used;
    }
    if (!o->qemu || !o->tap == !o->peer || (o->samples && !(o->counters && o->pcap))) {
        fputs("relay: needs --qemu, one of --tap and --peer; and --samples needs --counters and --pcap\n", stderr);
        return false;
    }
    return true;
}
