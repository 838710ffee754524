/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/harness/dhcp_reply.h"

#include <stdlib.h>

#include "firmware/base/text.h"

void dhcp_reply_start(struct dhcp_reply *reply, uint8_t type, uint32_t xid, struct mac mac, uint32_t yiaddr,
                      uint32_t server)
{
    memset(reply, 0, sizeof(*reply));
    reply->fixed.op = DHCP_OP_REPLY;
    reply->fixed.htype = 1;
    reply->fixed.hlen = 6;
    reply->fixed.xid = xid;
    reply->fixed.chaddr = mac;
    reply->fixed.yiaddr = yiaddr;
    reply->options = writer_of(reply->option_bytes, sizeof(reply->option_bytes));
    if (type != DHCP_BOOTP)
        dhcp_option_emit_u8(&reply->options, DHCP_TAG_TYPE, type);
    if (server != 0)
        dhcp_option_emit_u32(&reply->options, DHCP_TAG_SERVER_ID, server);
}

void dhcp_reply_text(struct dhcp_reply *reply, uint8_t tag, const char *text)
{
    dhcp_option_emit(&reply->options, tag, text_slice(text));
}

struct slice dhcp_reply_unfinished(struct dhcp_reply *reply)
{
    struct writer w = writer_of(reply->bytes, sizeof(reply->bytes));

    dhcp_message_emit(&w, &reply->fixed);
    write_slice(&w, writer_written(&reply->options));
    if (w.failed || reply->options.failed)
        abort(); /* the test asked for more than there is room for */
    return writer_written(&w);
}

struct slice dhcp_reply_finish(struct dhcp_reply *reply)
{
    struct writer w = writer_of(reply->bytes, sizeof(reply->bytes));

    w.next += dhcp_reply_unfinished(reply).len;
    dhcp_message_emit_end(&w, DHCP_MESSAGE_MIN);
    return writer_written(&w);
}
