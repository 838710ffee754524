/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/proto/tftp_error.h"

#include "firmware/base/text.h"

#define FAREWELL_PATIENCE SECONDS(10) /* ARP takes some of them */

enum status tftp_error_take(const struct tftp_packet *error, uint16_t *code, char *text, size_t text_len)
{
    *code = error->number;
    text_copy_printable(text, text_len, error->body);
    if (text[0] == '\0')
        text_copy_printable(text, text_len, text_slice("(no text)"));
    if (error->number == TFTP_ERROR_NOT_FOUND)
        return STATUS_TFTP_NOT_FOUND;
    return error->number == TFTP_ERROR_ACCESS ? STATUS_TFTP_ACCESS : STATUS_TFTP_ERROR;
}

bool tftp_farewell_output(struct tftp_farewell *farewell, time_us now, time_us *stranger_told, struct writer *w)
{
    tftp_error_emit(w, farewell->code, farewell->text);
    if (w->failed) {
        /* Whatever comes after it must not wait for a ring that never empties. */
        farewell->is_owed = now - farewell->at < FAREWELL_PATIENCE;
        return false;
    }
    farewell->is_owed = false;
    if (farewell->is_for_stranger)
        *stranger_told = now;
    return true;
}
