/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/boot/boot_target.h"
#include "firmware/boot/session.h"

static const char *bios_example(const struct session *s)
{
    (void)s;
    return "pxelinux.0";
}

/*
 * The commonest mistake of a server with one file name for all: said, not refused, since only the file itself knows
 * what it can do.
 */
static enum status bios_check_file(struct session *s)
{
    struct slice file = session_boot_file(s);

    if (file.len > 2 && file.data[0] == 'M' && file.data[1] == 'Z')
        screen_line(&s->screen,
                    "  It looks like an EFI program, which a BIOS cannot run. Let the DHCP server give BIOS "
                    "machines (option 93 is 0) another file.");
    return STATUS_OK;
}

static void bios_advise(struct session *s, enum status why)
{
    if (why == STATUS_FILE_TOO_BIG)
        screen_line(&s->screen, "  A boot program has to fit below 640 KB: pxelinux.0 or GRUB's core.0, not a kernel.");
}

const struct boot_target bios_boot_target = {
    .undi_major = 2, /* PXE 2.1's UNDI */
    .undi_minor = 1,
    .example = bios_example,
    .check_file = bios_check_file,
    .advise = bios_advise,
};
