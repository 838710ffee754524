/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/wire/ethernet_frame.h"

#define VLAN_ID_MASK 0xfffu

bool ethernet_frame_parse(struct reader *r, struct ethernet_frame *out)
{
    struct slice header = read_slice(r, ETHERNET_HEADER_LEN);

    if (r->failed)
        return false;
    memcpy(out->destination.byte, header.data, sizeof(out->destination.byte));
    memcpy(out->source.byte, header.data + 6, sizeof(out->source.byte));
    out->type = load_be16(header.data + 12);
    out->vlan = 0;
    if (out->type == ETHERNET_VLAN) {
        out->vlan = read_be16(r) & VLAN_ID_MASK;
        out->type = read_be16(r);
    }
    return !r->failed;
}

void ethernet_frame_emit(struct writer *w, const struct ethernet_frame *frame)
{
    write_bytes(w, frame->destination.byte, sizeof(frame->destination.byte));
    write_bytes(w, frame->source.byte, sizeof(frame->source.byte));
    write_be16(w, frame->type);
}
