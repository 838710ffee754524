/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Boots of EFI machines: what their boot file has to be, and how a program that was itself fetched does not fetch
 * itself again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/image/pe.h"
#include "tests/harness/pe_file.h"
#include "tests/sim/network.h"

enum {
    ARCHITECTURE_X64 = 7
};

static struct network *efi_network(uint16_t machine, uint16_t subsystem)
{
    struct network *n = network_new(1, PE_FILE_LEN + 100);

    n->config.target = &efi_boot_target;
    n->config.architecture = ARCHITECTURE_X64;
    n->config.user_class = "Puck";
    pe_file_fill(n->content, machine, subsystem);
    return n;
}

static void ends_in(struct network *n, enum status expected, const char *text)
{
    enum status status = network_boot(n);

    if (status != expected || !world_screen_has(&n->world, text))
        print_message("%s\n%s\n", status_text(status), n->world.screen);
    assert_int_equal(status, expected);
    assert_true(world_screen_has(&n->world, text));
    nic_close(&n->world.wire.ends[0].nic);
    network_free(n);
}

static void an_efi_program_is_started(void **state)
{
    (void)state;
    ends_in(efi_network(PE_MACHINE_X64, PE_SUBSYSTEM_EFI_APPLICATION), STATUS_OK, "starting it");
    ends_in(efi_network(PE_MACHINE_X64, PE_SUBSYSTEM_EFI_BOOT_DRIVER), STATUS_OK, "starting it");
}

static void a_wrong_file_is_told_apart(void **state)
{
    struct network *n = efi_network(PE_MACHINE_IA32, PE_SUBSYSTEM_EFI_APPLICATION);

    (void)state;
    ends_in(n, STATUS_IMAGE_INVALID, "made for 32-bit x86 (014c), this machine is x86-64 (8664)");
    n = efi_network(PE_MACHINE_X64, PE_SUBSYSTEM_EFI_APPLICATION);
    n->config.architecture = 6;
    ends_in(n, STATUS_IMAGE_INVALID, "made for x86-64 (8664), this machine is 32-bit x86 (014c)");
    ends_in(efi_network(PE_MACHINE_X64, 3), STATUS_IMAGE_INVALID, "subsystem 3");
    n = efi_network(PE_MACHINE_X64, PE_SUBSYSTEM_EFI_APPLICATION);
    n->content[0] = 0xea;
    ends_in(n, STATUS_IMAGE_INVALID, "machines like this one (option 93 is 7) another file, shimx64.efi");
    n = efi_network(PE_MACHINE_X64, PE_SUBSYSTEM_EFI_APPLICATION);
    n->file.bytes.len = PE_FILE_LEN - 1;
    ends_in(n, STATUS_IMAGE_INVALID, "it has 1279 bytes, its headers tell of 1280");
}

static void advice_is_for_efi(void **state)
{
    struct network *n = efi_network(PE_MACHINE_X64, PE_SUBSYSTEM_EFI_APPLICATION);

    (void)state;
    n->memory_len--;
    ends_in(n, STATUS_FILE_TOO_BIG, "more memory");
    n = efi_network(PE_MACHINE_X64, PE_SUBSYSTEM_EFI_APPLICATION);
    n->dhcp.config.file = NULL;
    ends_in(n, STATUS_DHCP_NO_BOOTFILE, "shimx64.efi");
}

/* A lease that other firmware got: from `server`, naming what it names now. */
static void give_lease(struct network *n, struct dhcp_lease *lease)
{
    const struct dhcp_lease *got = &n->session.dhcp.lease;
    struct dhcp_lease_packets packets = {0};

    (void)network_boot(n);
    nic_close(&n->world.wire.ends[0].nic);
    packets.discover = slice_of(got->discover.bytes, got->discover.len);
    packets.ack = slice_of(got->ack.bytes, got->ack.len);
    assert_true(dhcp_lease_restore(lease, &packets));
    n->config.lease = lease;
    n->config.own_server = NETWORK_SERVER;
    n->world.screen_len = 0;
    n->world.screen[0] = '\0';
}

static void our_own_name_twice_is_a_loop(void **state)
{
    static const char *const names[] = {"puck-x64.efi", "/puck-x64.efi", "\\puck-x64.efi"};

    (void)state;
    for (size_t k = 0; k < 3; k++) {
        struct network *n = efi_network(PE_MACHINE_X64, PE_SUBSYSTEM_EFI_APPLICATION);
        struct dhcp_lease lease;

        n->dhcp.config.file = names[k];
        give_lease(n, &lease);
        n->config.own_file = names[(k + 1) % 3];
        n->tftp.requests = 0;
        assert_int_equal(network_boot(n), STATUS_LOOP);
        assert_int_equal(n->dhcp.discovers, 2);
        assert_int_equal(n->tftp.requests, 0);
        assert_true(world_screen_has(&n->world, "PXE-E7C: the boot file is this very program"));
        assert_true(world_screen_has(&n->world, "substring(option user-class, 1, 4) = \"Puck\""));
        assert_true(world_screen_has(&n->world, "dhcp-userclass=set:puck,Puck"));
        network_free(n);
    }
}

static void without_a_given_lease_a_loop_is_one_too(void **state)
{
    struct network *n = efi_network(PE_MACHINE_X64, PE_SUBSYSTEM_EFI_APPLICATION);

    (void)state;
    n->config.own_file = "boot\\kernel";
    ends_in(n, STATUS_LOOP, "user class");
}

static void the_same_name_on_another_server_is_another_file(void **state)
{
    struct network *n = efi_network(PE_MACHINE_X64, PE_SUBSYSTEM_EFI_APPLICATION);

    (void)state;
    n->config.own_file = "boot/kernel";
    n->config.own_server = NETWORK_SERVER + 1;
    ends_in(n, STATUS_OK, "starting it");
}

static void a_longer_name_is_another_file(void **state)
{
    struct network *n = efi_network(PE_MACHINE_X64, PE_SUBSYSTEM_EFI_APPLICATION);

    (void)state;
    n->config.own_file = "boot/kerne";
    ends_in(n, STATUS_OK, "starting it");
}

/* A server that knows our user class names the next file when we ask ourselves. */
static void a_server_that_tells_us_apart_names_the_next_file(void **state)
{
    struct network *n = efi_network(PE_MACHINE_X64, PE_SUBSYSTEM_EFI_APPLICATION);
    struct dhcp_lease lease;

    (void)state;
    n->dhcp.config.file = "puck-x64.efi";
    give_lease(n, &lease);
    n->config.own_file = "puck-x64.efi";
    n->dhcp.config.file = "boot/kernel";
    assert_int_equal(network_boot(n), STATUS_OK);
    assert_string_equal(n->dhcp.user_class, "\4Puck");
    assert_int_equal(n->dhcp.discovers, 2);
    assert_true(network_file_is_right(n));
    assert_string_equal(n->session.flow.choice.file, "boot/kernel");
    network_free(n);
}

static void a_lease_without_a_file_is_asked_about(void **state)
{
    struct network *n = efi_network(PE_MACHINE_X64, PE_SUBSYSTEM_EFI_APPLICATION);
    struct dhcp_lease lease;

    (void)state;
    n->dhcp.config.file = NULL;
    give_lease(n, &lease);
    n->dhcp.config.file = "boot/kernel";
    ends_in(n, STATUS_OK, "names no boot file: asking");
}

/* EDK2 loads what option 67 names. */
static void the_name_beside_ours_is_the_next_file(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        struct network *n = efi_network(PE_MACHINE_X64, PE_SUBSYSTEM_EFI_APPLICATION);
        struct dhcp_lease lease;

        n->dhcp.config.option_67 = k == 0 ? "puck-x64.efi" : "boot/kernel";
        n->dhcp.config.file = k == 0 ? "boot/kernel" : "puck-x64.efi";
        give_lease(n, &lease);
        n->config.own_file = "puck-x64.efi";
        assert_int_equal(network_boot(n), STATUS_OK);
        assert_int_equal(n->dhcp.discovers, 1);
        assert_string_equal(n->session.flow.choice.file, "boot/kernel");
        assert_memory_equal(cached_packets_get(&n->cached, CACHED_DHCP_ACK) + 108, "boot/kernel", 12);
        network_free(n);
    }
}

/* Asking ourselves can fail, too, and must then not blame the file of the lease that is no longer followed. */
static void a_server_that_is_gone_is_told(void **state)
{
    struct network *n = efi_network(PE_MACHINE_X64, PE_SUBSYSTEM_EFI_APPLICATION);
    struct dhcp_lease lease;

    (void)state;
    n->dhcp.config.file = "puck-x64.efi";
    give_lease(n, &lease);
    n->config.own_file = "puck-x64.efi";
    n->dhcp.config.misses = 1000000;
    ends_in(n, STATUS_DHCP_TIMEOUT, "PXE-E51: no DHCP offers received\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_efi_program_is_started),
        cmocka_unit_test(a_wrong_file_is_told_apart),
        cmocka_unit_test(advice_is_for_efi),
        cmocka_unit_test(our_own_name_twice_is_a_loop),
        cmocka_unit_test(without_a_given_lease_a_loop_is_one_too),
        cmocka_unit_test(the_same_name_on_another_server_is_another_file),
        cmocka_unit_test(a_longer_name_is_another_file),
        cmocka_unit_test(a_server_that_tells_us_apart_names_the_next_file),
        cmocka_unit_test(a_lease_without_a_file_is_asked_about),
        cmocka_unit_test(the_name_beside_ours_is_the_next_file),
        cmocka_unit_test(a_server_that_is_gone_is_told),
    };

    return cmocka_run_group_tests_name("boot_efi", tests, NULL, NULL);
}
