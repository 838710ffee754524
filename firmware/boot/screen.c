/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/boot/screen.h"

#include "firmware/base/divide.h"
#include "firmware/base/text.h"

/* Goes back to the start of the progress line and blanks what `covered` characters will not cover. */
static void erase_progress(struct screen *screen, size_t covered)
{
    char blank[sizeof(screen->progress) + 2];
    size_t len = text_length(screen->progress);

    if (len == 0)
        return;
    if (len > covered) {
        blank[0] = '\r';
        memset(blank + 1, ' ', len);
        blank[len + 1] = '\0';
        screen->print(screen, blank);
    }
    screen->print(screen, "\r");
    screen->progress[0] = '\0';
}

/* How much of `text` goes on a line of `width` characters: up to its last space, or all that fits. */
static size_t line_len(const char *text, size_t width)
{
    size_t len = text_length(text), at = width;

    if (len <= width)
        return len;
    while (at > 0 && text[at] != ' ')
        at--;
    return at > 0 ? at : width;
}

void screen_line(struct screen *screen, const char *format, ...)
{
    char text[240], line[sizeof(screen->progress)];
    const char *rest = text, *indent = "";
    va_list args;

    va_start(args, format);
    text_format_args(text, sizeof(text), format, args);
    va_end(args);
    erase_progress(screen, line_len(text, sizeof(line) - 1));
    do {
        size_t len = line_len(rest, sizeof(line) - 1 - text_length(indent));

        text_format(line, sizeof(line), "%s%.*s", indent, (int)len, rest);
        screen->print(screen, line);
        screen->print(screen, "\n");
        for (rest += len; *rest == ' '; rest++)
            ;
        indent = "    ";
    } while (*rest != '\0');
    screen->next_progress = 0;
}

bool screen_progress_due(const struct screen *screen, time_us now)
{
    return now >= screen->next_progress;
}

void screen_progress(struct screen *screen, time_us now, const char *format, ...)
{
    char text[sizeof(screen->progress)];
    va_list args;
    size_t len;

    if (!screen_progress_due(screen, now))
        return;
    va_start(args, format);
    len = text_format_args(text, sizeof(text), format, args);
    va_end(args);
    screen->next_progress = now + MILLISECONDS(250);
    if (text_equal(text, screen->progress))
        return;
    erase_progress(screen, len);
    screen->print(screen, text);
    memcpy(screen->progress, text, len + 1);
}

const char *screen_bytes(char text[SCREEN_BYTES_TEXT], uint64_t bytes)
{
    static const char units[][3] = {"KB", "MB", "GB", "TB"};
    unsigned unit = 0;
    uint64_t tenths;
    uint32_t tenth;

    if (bytes < 1000) {
        text_format(text, SCREEN_BYTES_TEXT, "%u B", (unsigned)bytes);
        return text;
    }
    tenths = divide_u64(bytes, 100, NULL);
    while (tenths >= 10000 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        tenths = divide_u64(tenths, 1000, NULL);
        unit++;
    }
    tenths = divide_u64(tenths, 10, &tenth);
    text_format(text, SCREEN_BYTES_TEXT, "%llu.%u %s", (unsigned long long)tenths, tenth, units[unit]);
    return text;
}
