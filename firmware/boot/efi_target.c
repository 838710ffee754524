/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/base/text.h"
#include "firmware/boot/boot_target.h"
#include "firmware/boot/session.h"
#include "firmware/image/pe.h"

/* By DHCP option 93 (RFC 4578 section 2.1 and IANA's registry of processor architecture types). */
static const struct efi_machine {
    uint16_t architecture, machine;
    const char *example;
} machines[] = {
    {7, PE_MACHINE_X64, "shimx64.efi"},
    {6, PE_MACHINE_IA32, "shimia32.efi"},
    {9, PE_MACHINE_X64, "shimx64.efi"},
    {10, PE_MACHINE_ARM, "grubarm.efi"},
    {11, PE_MACHINE_AA64, "shimaa64.efi"},
    {27, PE_MACHINE_RISCV64, "grubriscv64.efi"},
    {39, PE_MACHINE_LOONGARCH64, "grubloongarch64.efi"},
};

static const struct efi_machine *machine_of(const struct session *s)
{
    for (size_t n = 0; n < sizeof(machines) / sizeof(machines[0]); n++)
        if (machines[n].architecture == s->config.architecture)
            return &machines[n];
    return &machines[0];
}

static const char *efi_example(const struct session *s)
{
    return machine_of(s)->example;
}

/* Servers and firmware differ in leading slashes and in which way they lean. */
static bool is_same_name(const char *a, const char *b)
{
    while (*a == '/' || *a == '\\')
        a++;
    while (*b == '/' || *b == '\\')
        b++;
    for (; *a != '\0' && *b != '\0'; a++, b++)
        if (*a != *b && !((*a == '/' || *a == '\\') && (*b == '/' || *b == '\\')))
            return false;
    return *a == *b;
}

static bool is_own_file(const struct session *s, const char *file)
{
    const struct session_config *config = &s->config;

    return config->own_file != NULL && (config->own_server == 0 || config->own_server == s->flow.choice.server) &&
           is_same_name(file, config->own_file);
}

/*
 * A message can name two files, in its header and in option 67. EDK2 loads what option 67 says: a server can name us
 * there, and in the header what is to follow.
 */
static bool take_other_name(struct session *s)
{
    static const enum dhcp_file_source sources[] = {DHCP_FILE_FIELD, DHCP_FILE_OPTION_67};
    struct boot_choice *choice = &s->flow.choice;
    char name[DHCP_NAME_MAX + 1];
    struct dhcp_message m;
    struct reader r;

    if (choice->packet.len == 0)
        return false;
    r = reader_of(choice->packet);
    if (!dhcp_message_parse(&r, &m))
        return false;
    for (size_t n = 0; n < sizeof(sources) / sizeof(sources[0]); n++) {
        if (!dhcp_boot_file_in(&m, sources[n], name) || is_own_file(s, name))
            continue;
        memcpy(choice->file, name, sizeof(choice->file));
        text_format(choice->why, sizeof(choice->why), "%s, as the %s names this program",
                    sources[n] == DHCP_FILE_FIELD ? "boot file field" : "option 67",
                    sources[n] == DHCP_FILE_FIELD ? "option 67" : "boot file field");
        return true;
    }
    return false;
}

/*
 * Firmware that starts what we are told to fetch starts us: the same name again would go round for ever. Whoever can
 * tell us from the firmware, by our user class, has more to say than the lease that the firmware got.
 */
static enum status efi_check_choice(struct session *s, enum status chosen)
{
    bool is_own = chosen == STATUS_OK && is_own_file(s, s->flow.choice.file);

    if (chosen == STATUS_OK && (!is_own || take_other_name(s)))
        return STATUS_OK;
    if (!s->flow.has_given_lease)
        return is_own ? STATUS_LOOP : chosen;
    screen_line(&s->screen, "  It names %s: asking the DHCP server for more",
                is_own ? "this very program" : "no boot file");
    return STATUS_PENDING;
}

static bool is_for_machine(uint16_t machine, const struct pe_image *pe)
{
    return pe->machine == machine || pe->machine == PE_MACHINE_EBC;
}

static bool is_efi(const struct pe_image *pe)
{
    return pe->subsystem >= PE_SUBSYSTEM_EFI_APPLICATION && pe->subsystem <= PE_SUBSYSTEM_EFI_RUNTIME_DRIVER;
}

static enum status efi_check_file(struct session *s)
{
    struct pe_image pe;

    pe_parse(session_boot_file(s), &pe);
    return pe.verdict == PE_WHOLE && is_for_machine(machine_of(s)->machine, &pe) && is_efi(&pe) ? STATUS_OK
                                                                                                : STATUS_IMAGE_INVALID;
}

static void tell_truncated(struct session *s, const struct pe_image *pe)
{
    screen_line(&s->screen, "  It is cut: it has %llu bytes, its headers tell of %llu. Copy it to the server again.",
                (unsigned long long)session_boot_file(s).len, (unsigned long long)pe->needed);
}

static void advise_image(struct session *s)
{
    const struct efi_machine *me = machine_of(s);
    struct pe_image pe;

    pe_parse(session_boot_file(s), &pe);
    if (pe.verdict == PE_NOT_MZ || pe.verdict == PE_NO_HEADER) {
        screen_line(&s->screen,
                    "  It does not begin as an EFI program does (%s). BIOS programs such as pxelinux.0 do "
                    "not run under EFI.",
                    pe.verdict == PE_NOT_MZ ? "\"MZ\" is missing" : "\"PE\" is missing");
    } else if (pe.machine != 0 && !is_for_machine(me->machine, &pe)) {
        screen_line(&s->screen, "  It is made for %s (%04x), this machine is %s (%04x).", pe_machine_text(pe.machine),
                    pe.machine, pe_machine_text(me->machine), me->machine);
    } else if (pe.verdict == PE_TRUNCATED) {
        tell_truncated(s, &pe);
        return;
    } else if (!is_efi(&pe)) {
        screen_line(&s->screen, "  It is no EFI program but one for subsystem %u (EFI: 10 to 12).", pe.subsystem);
    } else {
        screen_line(&s->screen, "  It looks right, but the firmware cannot load it.");
        return;
    }
    screen_line(&s->screen,
                "  Let the DHCP server give machines like this one (option 93 is %u) another file, %s for "
                "example.",
                s->config.architecture, me->example);
}

static void advise_loop(struct session *s)
{
    const char *class = s->config.user_class != NULL ? s->config.user_class : "Puck", *file = efi_example(s);
    unsigned len = (unsigned)text_length(class);

    screen_line(&s->screen, "  DHCP named the file that this program came from. It has to name another one when");
    screen_line(&s->screen, "  option 77 holds the user class \"%s\". For example:", class);
    screen_line(&s->screen, "    ISC dhcpd  if substring(option user-class, 1, %u) = \"%s\" { filename \"%s\"; }", len,
                class, file);
    screen_line(&s->screen,
                "    Kea        \"test\": \"substring(option[77].hex,1,%u) == '%s'\", \"boot-file-name\": "
                "\"%s\"",
                len, class, file);
    screen_line(&s->screen, "    dnsmasq    dhcp-userclass=set:puck,%s  and  dhcp-boot=tag:puck,%s", class, file);
}

static void efi_advise(struct session *s, enum status why)
{
    if (why == STATUS_FILE_TOO_BIG)
        screen_line(&s->screen, "  Give the machine more memory, or boot a smaller file: %s loads the rest itself.",
                    efi_example(s));
    else if (why == STATUS_IMAGE_INVALID)
        advise_image(s);
    else if (why == STATUS_IMAGE_REFUSED)
        screen_line(&s->screen,
                    "  Boot a file signed by a key that this machine trusts (%s), enrol the file's key, or "
                    "switch Secure Boot off in the firmware's setup.",
                    efi_example(s));
    else if (why == STATUS_LOOP)
        advise_loop(s);
}

const struct boot_target efi_boot_target = {
    .undi_major = 3, /* as EDK2's client: some servers compare option 60 as a whole */
    .undi_minor = 0,
    .example = efi_example,
    .check_choice = efi_check_choice,
    .check_file = efi_check_file,
    .advise = efi_advise,
};
