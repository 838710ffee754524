/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/relay/port.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PREFIX 4u

int port_listen(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    unlink(path);
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 1) == 0)
        return fd;
    close(fd);
    return -1;
}

static void reset(struct port *p, int fd, bool is_stream)
{
    p->fd = fd;
    p->is_stream = is_stream;
    p->in_start = p->in_end = p->out_start = p->out_end = 0;
}

bool port_accept(struct port *p, int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return false;
    reset(p, fd, true);
    return true;
}

bool port_open_tap(struct port *p, const char *name)
{
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
    if (strlen(name) >= sizeof request.ifr_name)
        return false;
    strcpy(request.ifr_name, name);
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return false;
    if (ioctl(fd, TUNSETIFF, &request) < 0) {
        close(fd);
        return false;
    }
    reset(p, fd, false);
    return true;
}

void port_close(struct port *p)
{
    if (p->fd >= 0)
        close(p->fd);
    p->fd = -1;
}

static uint32_t length_at(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static bool next_buffered(struct port *p, const uint8_t **frame, size_t *len)
{
    size_t have = p->in_end - p->in_start;
    if (have < PREFIX)
        return false;
    uint32_t length = length_at(p->in + p->in_start);
    if (length > PORT_FRAME_MAX) {
        /* Not QEMU's framing: there is no way to find the next frame. */
        port_close(p);
        return false;
    }
    if (have - PREFIX < length)
        return false;
    *frame = p->in + p->in_start + PREFIX;
    *len = length;
    p->in_start += PREFIX + length;
    return true;
}

/* Reads what there is after the bytes already buffered; closes the port at end of stream or error. */
static bool fill(struct port *p)
{
    if (p->in_start) {
        memmove(p->in, p->in + p->in_start, p->in_end - p->in_start);
        p->in_end -= p->in_start;
        p->in_start = 0;
    }
    ssize_t got = read(p->fd, p->in + p->in_end, sizeof p->in - p->in_end);
    if (got > 0) {
        p->in_end += (size_t)got;
        return true;
    }
    if (got == 0 || (errno != EAGAIN && errno != EINTR))
        port_close(p);
    return false;
}

bool port_receive(struct port *p, const uint8_t **frame, size_t *len)
{
    if (p->fd < 0)
        return false;
    if (p->is_stream) {
        if (next_buffered(p, frame, len))
            return true;
        return p->fd >= 0 && fill(p) && next_buffered(p, frame, len);
    }
    ssize_t got = read(p->fd, p->in, PORT_FRAME_MAX);
    if (got <= 0)
        return false;
    *frame = p->in;
    *len = (size_t)got;
    return true;
}

void port_flush(struct port *p)
{
    while (p->fd >= 0 && p->out_start < p->out_end) {
        ssize_t sent = send(p->fd, p->out + p->out_start, p->out_end - p->out_start, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno == EAGAIN)
            return;
        if (sent < 0) {
            port_close(p);
            return;
        }
        p->out_start += (size_t)sent;
    }
    if (p->out_start == p->out_end)
        p->out_start = p->out_end = 0;
}

bool port_has_waiting(const struct port *p)
{
    return p->fd >= 0 && p->out_start < p->out_end;
}

void port_send(struct port *p, const uint8_t *frame, size_t len)
{
    if (p->fd < 0)
        return;
    if (!p->is_stream) {
        if (write(p->fd, frame, len) < 0)
            p->backlog_drops++;
        return;
    }
    if (p->out_end + PREFIX + len > sizeof p->out && p->out_start) {
        memmove(p->out, p->out + p->out_start, p->out_end - p->out_start);
        p->out_end -= p->out_start;
        p->out_start = 0;
    }
    if (p->out_end + PREFIX + len > sizeof p->out) {
        p->backlog_drops++;
        return;
    }
    uint8_t *at = p->out + p->out_end;
    at[0] = (uint8_t)(len >> 24);
    at[1] = (uint8_t)(len >> 16);
    at[2] = (uint8_t)(len >> 8);
    at[3] = (uint8_t)len;
    memcpy(at + PREFIX, frame, len);
    p->out_end += PREFIX + len;
    port_flush(p);
}
