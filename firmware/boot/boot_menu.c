/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/boot/boot_menu.h"

#include "firmware/base/divide.h"
#include "firmware/base/format.h"
#include "firmware/base/text.h"

#define PROMPT_FOR_EVER 255

/*
 * Deviation: PXE 2.1 has a menu without a prompt, and one that was opened by F8, wait without an end. A machine that
 * nobody attends must not stand still because somebody touched it once. Each key starts this anew.
 */
#define PATIENCE SECONDS(300)

static unsigned count_items(struct slice items, bool *is_cut)
{
    struct pxe_menu_item item;
    struct reader r;
    unsigned count = 0;

    *is_cut = false;
    if (items.len == 0)
        return 0;
    r = reader_of(items);
    while (pxe_menu_item_next(&r, &item))
        count++;
    *is_cut = r.failed;
    return count;
}

unsigned boot_menu_count(const struct pxe_options *options)
{
    bool is_cut;

    return count_items(options->boot_menu, &is_cut);
}

bool boot_menu_item(const struct boot_menu *menu, unsigned n, struct boot_menu_item *out)
{
    struct reader r = reader_of(menu->items);
    struct pxe_menu_item item;

    for (unsigned k = 0; k <= n; k++) {
        if (!pxe_menu_item_next(&r, &item))
            return false;
    }
    out->type = item.type;
    text_copy_printable(out->text, sizeof(out->text), item.text);
    if (out->text[0] == '\0')
        text_format(out->text, sizeof(out->text), "(item %u)", n + 1);
    return true;
}

static void be_patient(struct boot_menu *menu, time_us now)
{
    menu->until = menu->waits_for_ever ? TIME_NEVER : now + PATIENCE;
}

static void list_page(struct boot_menu *menu)
{
    menu->next_line = menu->selected - menu->selected % BOOT_MENU_PAGE;
    menu->end_line = menu->next_line + BOOT_MENU_PAGE;
}

static void open_menu(struct boot_menu *menu, time_us now)
{
    menu->state = BOOT_MENU_OPEN;
    menu->owes_title = menu->owes_help = true;
    list_page(menu);
    be_patient(menu, now);
}

void boot_menu_start(struct boot_menu *menu, time_us now, const struct pxe_options *options, bool wants_menu)
{
    uint8_t timeout_s = options->prompt_timeout_s;

    *menu = (struct boot_menu){
        .items = options->boot_menu,
        .prompt = options->prompt,
        .waits_for_ever = options->has_prompt && timeout_s == PROMPT_FOR_EVER,
        .has_default = options->has_prompt && timeout_s != PROMPT_FOR_EVER,
        .until = now + SECONDS(timeout_s),
    };
    menu->count = count_items(menu->items, &menu->is_cut);
    /* Deviation: a single item without a prompt is nothing to choose from. */
    if ((options->has_prompt && timeout_s == 0) || (!options->has_prompt && menu->count == 1))
        menu->state = BOOT_MENU_CHOSEN;
    else if (!menu->has_default || wants_menu)
        open_menu(menu, now);
}

static void select_item(struct boot_menu *menu, unsigned n)
{
    unsigned page = menu->selected / BOOT_MENU_PAGE;

    if (n >= menu->count)
        return;
    menu->selected = n;
    if (n / BOOT_MENU_PAGE != page)
        list_page(menu);
}

/* Digits go on with the number as long as there is such an item, else they begin another. */
static void type_digit(struct boot_menu *menu, unsigned digit)
{
    unsigned typed = menu->typed * 10 + digit;

    menu->typed = typed <= menu->count ? typed : digit;
    if (menu->typed != 0)
        select_item(menu, menu->typed - 1);
}

static void key_of_open_menu(struct boot_menu *menu, time_us now, int key)
{
    be_patient(menu, now);
    if (key >= '0' && key <= '9') {
        type_digit(menu, (unsigned)(key - '0'));
        return;
    }
    menu->typed = 0;
    if (key == KEY_UP && menu->selected > 0)
        select_item(menu, menu->selected - 1);
    else if (key == KEY_DOWN)
        select_item(menu, menu->selected + 1);
    else if (key == KEY_ENTER)
        menu->state = BOOT_MENU_CHOSEN;
}

void boot_menu_key(struct boot_menu *menu, time_us now, int key)
{
    if (key == KEY_NONE)
        return;
    if (menu->state == BOOT_MENU_OPEN)
        key_of_open_menu(menu, now, key);
    else if (menu->state == BOOT_MENU_PROMPT && key == KEY_F8)
        open_menu(menu, now);
    else if (menu->state == BOOT_MENU_PROMPT && key == KEY_ENTER)
        menu->state = BOOT_MENU_CHOSEN;
}

void boot_menu_step(struct boot_menu *menu, time_us now)
{
    if ((menu->state != BOOT_MENU_PROMPT && menu->state != BOOT_MENU_OPEN) || now < menu->until)
        return;
    menu->selected = 0;
    menu->state = menu->has_default ? BOOT_MENU_CHOSEN : BOOT_MENU_DESERTED;
}

static const char *prompt_text(const struct boot_menu *menu, const char *otherwise, char text[BOOT_MENU_TEXT])
{
    text_copy_printable(text, BOOT_MENU_TEXT, menu->prompt);
    return text[0] != '\0' ? text : otherwise;
}

bool boot_menu_line(struct boot_menu *menu, char line[BOOT_MENU_LINE])
{
    char text[BOOT_MENU_TEXT];
    struct boot_menu_item item;

    if (menu->state == BOOT_MENU_PROMPT)
        return false;
    if (menu->owes_title) {
        menu->owes_title = false;
        text_format(line, BOOT_MENU_LINE, "%s", prompt_text(menu, "Boot menu", text));
        return true;
    }
    if (menu->next_line < menu->end_line && boot_menu_item(menu, menu->next_line, &item)) {
        text_format(line, BOOT_MENU_LINE, "  %3u  %s", ++menu->next_line, item.text);
        return true;
    }
    menu->next_line = menu->end_line = 0;
    if (!menu->owes_help)
        return false;
    menu->owes_help = false;
    text_format(line, BOOT_MENU_LINE, "Up, Down or a number of 1 to %u, then Enter. ESC leaves the network boot.",
                menu->count);
    return true;
}

void boot_menu_status(const struct boot_menu *menu, time_us now, char line[BOOT_MENU_LINE])
{
    char text[BOOT_MENU_TEXT];
    struct boot_menu_item item;
    time_us left = menu->until > now ? menu->until - now : 0;

    line[0] = '\0';
    if (menu->state == BOOT_MENU_PROMPT)
        text_format(line, BOOT_MENU_LINE, "%s %u", prompt_text(menu, "Press F8 for the boot menu", text),
                    (unsigned)divide_u64(left + SECONDS(1) - 1, 1000000, NULL));
    else if (menu->state == BOOT_MENU_OPEN && boot_menu_item(menu, menu->selected, &item))
        text_format(line, BOOT_MENU_LINE, "> %3u  %s", menu->selected + 1, item.text);
}
