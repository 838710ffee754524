/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/servers/tftp_request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *const tftp_option_name[OPTION_COUNT] = {"blksize", "tsize", "timeout", "windowsize"};

static const struct {
    uint32_t min, max;
} range[OPTION_COUNT] = {{8, 65464}, {0, UINT32_MAX}, {1, 255}, {1, 65535}};

/* The next of the packet's strings; NULL at its end. The packet is terminated. */
static const char *next_string(const char **at, const char *end)
{
    if (*at >= end)
        return NULL;
    const char *text = *at;
    *at += strlen(text) + 1;
    return text;
}

static uint32_t limited(enum tftp_option o, const char *text, uint32_t limit)
{
    unsigned long v = strtoul(text, NULL, 10);
    if (v > limit)
        v = limit;
    return v < range[o].min || v > range[o].max ? 0 : (uint32_t)v;
}

bool tftp_request_parse(struct tftp_request *r, uint8_t *packet, size_t len, const struct tftp_manners *m)
{
    *r = (struct tftp_request){.blksize = 512, .windowsize = 1};
    if (len < 4 || packet[0] != 0 || packet[1] != 1)
        return false;
    packet[len] = 0;
    const char *at = (const char *)packet + 2, *end = (const char *)packet + len;
    r->file = next_string(&at, end);
    const char *mode = next_string(&at, end);
    if (!r->file || !mode || strcasecmp(mode, "octet") != 0)
        return false;
    for (const char *name, *value; (name = next_string(&at, end)) && (value = next_string(&at, end));) {
        for (enum tftp_option o = 0; o < OPTION_COUNT; o++) {
            if (strcasecmp(name, tftp_option_name[o]) != 0 || m->refuses[o])
                continue;
            uint32_t limit = o == OPTION_BLKSIZE      ? m->max_blksize
                             : o == OPTION_WINDOWSIZE ? m->max_windowsize
                                                      : UINT32_MAX;
            uint32_t v = limited(o, m->says[o] ? m->says[o] : value, limit);
            r->asked[o] = v || o == OPTION_TSIZE || m->says[o];
            if (v && o == OPTION_BLKSIZE)
                r->blksize = v;
            if (v && o == OPTION_WINDOWSIZE)
                r->windowsize = v;
            if (v && o == OPTION_TIMEOUT)
                r->timeout_s = v;
        }
    }
    return true;
}

static void put(struct tftp_request *r, const char *name, size_t name_len, const char *value)
{
    size_t value_len = strlen(value) + 1;
    if (r->oack_len + name_len + 1 + value_len > sizeof r->oack)
        return;
    memcpy(r->oack + r->oack_len, name, name_len);
    r->oack[r->oack_len + name_len] = 0;
    memcpy(r->oack + r->oack_len + name_len + 1, value, value_len);
    r->oack_len += name_len + 1 + value_len;
}

void tftp_request_answer(struct tftp_request *r, uint64_t file_size, const struct tftp_manners *m)
{
    const uint64_t used[OPTION_COUNT] = {r->blksize, file_size, r->timeout_s, r->windowsize};
    r->oack[0] = 0;
    r->oack[1] = 6;
    r->oack_len = 2;
    for (enum tftp_option o = 0; o < OPTION_COUNT; o++) {
        char number[24];
        snprintf(number, sizeof number, "%llu", (unsigned long long)used[o]);
        if (r->asked[o])
            put(r, tftp_option_name[o], strlen(tftp_option_name[o]), m->says[o] ? m->says[o] : number);
    }
    const char *equals = m->adds ? strchr(m->adds, '=') : NULL;
    if (equals)
        put(r, m->adds, (size_t)(equals - m->adds), equals + 1);
    if (r->oack_len == 2)
        r->oack_len = 0;
}
