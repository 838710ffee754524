/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/boot/file_size.h"

#include "firmware/boot/run.h"

static enum status nothing_known(struct sink *sink, uint64_t size)
{
    (void)sink;
    (void)size;
    return STATUS_OK;
}

/* The machine itself counts what came without a gap. */
static enum status nothing_kept(struct sink *sink, uint64_t at, struct slice bytes)
{
    (void)sink;
    (void)at;
    (void)bytes;
    return STATUS_OK;
}

static bool is_over(const void *context)
{
    return download_status(context) != STATUS_PENDING;
}

static enum status run_query(struct session *s, const struct tftp_request *request)
{
    struct download *query = &s->size_query;
    enum status status = session_download(s, query, request);

    if (status != STATUS_OK)
        return status;
    status = run_until(s, is_over, query, TIME_NEVER);
    if (status != STATUS_OK)
        download_cancel(query, session_now(), status);
    return download_status(query);
}

enum status file_size_find(struct session *s, const struct tftp_request *request, uint64_t *size)
{
    struct sink counting = {.size_known = nothing_known, .write = nothing_kept};
    struct tftp_request query = *request;
    enum status status;

    query.sink = &counting;
    query.size_only = true;
    status = run_query(s, &query);
    if (status == STATUS_TFTP_NO_FILESIZE) {
        query.size_only = false;
        status = run_query(s, &query);
    }
    download_stop(&s->size_query); /* its sink ends here */
    if (status == STATUS_OK)
        (void)download_size(&s->size_query, size);
    return status;
}
