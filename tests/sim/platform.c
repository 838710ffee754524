/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* firmware/platform.h in a simulated world. */
#include <stdio.h>
#include <stdlib.h>

#include "firmware/base/text.h"
#include "tests/sim/world.h"

/* Somebody who polls without ever letting time pass would hang; each look at the world takes at least this long. */
static const time_us shortest_idle = 1;
static const uint64_t idles_max = 50u * 1000 * 1000;

static struct world *world; /* the platform functions have no argument to find it by */

void world_start(struct world *w, uint32_t seed)
{
    memset(w, 0, sizeof(*w));
    w->now = SECONDS(3600);
    w->limit = w->now + SECONDS(3600);
    w->seed = seed;
    wire_start(&w->wire, &w->now, seed);
    world = w;
}

void world_stop(struct world *w)
{
    wire_stop(&w->wire);
    world = NULL;
}

void world_add(struct world *w, struct world_host *host)
{
    host->next = w->hosts;
    w->hosts = host;
}

static void give_up(const struct world *w, const char *why)
{
    (void)fprintf(stderr, "world (seed %u): %s after %llu s\n%s\n", (unsigned)w->seed, why,
                  (unsigned long long)(w->now / SECONDS(1)), w->screen);
    abort();
}

static time_us next_event(const struct world *w, unsigned first_end)
{
    time_us next = wire_deadline(&w->wire, first_end);

    for (const struct world_host *host = w->hosts; host != NULL; host = host->next)
        next = time_earlier(next, host->deadline(host));
    if (w->keys_taken < w->key_count && w->keys[w->keys_taken].at > w->now)
        next = time_earlier(next, w->keys[w->keys_taken].at);
    return next;
}

static void advance(struct world *w, time_us until, unsigned first_end)
{
    time_us next = time_earlier(until, next_event(w, first_end));

    if (next == TIME_NEVER)
        give_up(w, "nobody has anything to do any more");
    w->now = next > w->now + shortest_idle ? next : w->now + shortest_idle;
    if (w->now >= w->limit)
        give_up(w, "no end");
    for (struct world_host *host = w->hosts; host != NULL; host = host->next)
        host->poll(host, w->now);
}

void world_run(struct world *w, time_us until)
{
    while (w->now < until)
        advance(w, until, 1); /* frames may wait for the machine, whose end is 0, as long as they like */
}

time_us platform_now(void)
{
    return world->now;
}

void platform_idle(time_us now, time_us until)
{
    (void)now;
    if (++world->idles > idles_max)
        give_up(world, "idled too often");
    if (world->in_idle != NULL)
        world->in_idle(world->in_idle_context);
    advance(world, until, 0);
}

size_t platform_random(void *buffer, size_t len)
{
    uint32_t value = world->seed * 2654435761u + 1;

    for (size_t n = 0; n < len; n++) {
        value = value * 1664525u + 1013904223u;
        ((uint8_t *)buffer)[n] = (uint8_t)(value >> 24);
    }
    return len;
}

void platform_print(const char *text)
{
    size_t len = text_length(text), half = sizeof(world->screen) / 2;

    if (len >= half)
        abort();
    if (world->screen_len + len >= sizeof(world->screen)) {
        memmove(world->screen, world->screen + half, world->screen_len - half);
        world->screen_len -= half;
    }
    memcpy(world->screen + world->screen_len, text, len + 1);
    world->screen_len += len;
}

void platform_log(enum log_level level, const char *line)
{
    world->warnings += level == LOG_WARN;
    if (getenv("WORLD_LOG") != NULL)
        (void)fprintf(stderr, "%10llu us  %s\n", (unsigned long long)(world->now - SECONDS(3600)), line);
}

int platform_key(void)
{
    if (world->keys_taken == world->key_count || world->keys[world->keys_taken].at > world->now)
        return KEY_NONE;
    return world->keys[world->keys_taken++].key;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n';
}

/* The screen breaks long lines: a space in `text` stands for any white space. */
static bool matches(const char *shown, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == ' ' ? !is_space(*shown) : *shown != *text)
            return false;
        do
            shown++;
        while (*text == ' ' && is_space(*shown));
    }
    return true;
}

bool world_screen_has(const struct world *w, const char *text)
{
    for (size_t at = 0; at < w->screen_len; at++)
        if (matches(w->screen + at, text))
            return true;
    return false;
}
