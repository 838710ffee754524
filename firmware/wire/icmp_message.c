/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/wire/icmp_message.h"

#include "firmware/base/checksum.h"

bool icmp_message_parse(struct reader *r, struct icmp_message *out)
{
    struct slice whole = slice_of(r->next, reader_left(r));
    const uint8_t *p = read_slice(r, ICMP_HEADER_LEN).data;

    if (r->failed)
        return false;
    out->type = p[0];
    out->code = p[1];
    out->rest = load_be32(p + 4);
    out->has_good_checksum = checksum_finish(checksum_add(0, whole)) == 0;
    return true;
}

void icmp_message_emit(struct writer *w, const struct icmp_message *message, struct slice body)
{
    uint8_t *start = w->next;

    write_u8(w, message->type);
    write_u8(w, message->code);
    write_be16(w, 0);
    write_be32(w, message->rest);
    write_slice(w, body);
    if (!w->failed)
        store_be16(start + 2, checksum_finish(checksum_add(0, slice_of(start, ICMP_HEADER_LEN + body.len))));
}
