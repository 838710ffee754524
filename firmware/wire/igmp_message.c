/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/wire/igmp_message.h"

#include "firmware/base/checksum.h"

enum {
    V1_RESPONSE = 100, /* RFC 1112 appendix I: within ten seconds */
    V3_QUERY_LEN = 12,
};

/* RFC 3376 section 4.1.1: from 128 on, a mantissa of four bits and an exponent of three. */
static uint16_t v3_response(uint8_t code)
{
    return code < 128 ? code : (uint16_t)((0x10u | (code & 15u)) << ((code >> 4 & 7u) + 3));
}

bool igmp_message_parse(struct reader *r, struct igmp_message *out)
{
    struct slice whole = read_rest(r);
    const uint8_t *p = whole.data;

    if (r->failed || whole.len < IGMP_MESSAGE_LEN)
        return false;
    out->type = p[0];
    out->query_version = 0;
    out->max_response = p[1];
    out->group = load_be32(p + 4);
    out->has_good_checksum = checksum_finish(checksum_add(0, whole)) == 0;
    if (out->type != IGMP_QUERY)
        return true;
    /* RFC 3376 section 7.1, but that lengths of 9 to 11 are RFC 2236's: section 2.5 ignores what is beyond eight. */
    if (whole.len >= V3_QUERY_LEN) {
        out->query_version = 3;
        out->max_response = v3_response(p[1]);
    } else if (p[1] == 0) {
        out->query_version = 1;
        out->max_response = V1_RESPONSE;
    } else {
        out->query_version = 2;
    }
    return true;
}

void igmp_message_emit(struct writer *w, const struct igmp_message *message)
{
    uint8_t *start = w->next;

    write_u8(w, message->type);
    write_u8(w, (uint8_t)message->max_response);
    write_be16(w, 0);
    write_be32(w, message->group);
    if (!w->failed)
        store_be16(start + 2, checksum_finish(checksum_add(0, slice_of(start, IGMP_MESSAGE_LEN))));
}
