/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The application from its start to its end, with the firmware's stack coming and going around it. */
#include "efi/platform/watchdog.h"
#include "tests/unit/efi_app_fixture.h"

static EFI_HANDLE device_of_program;

/* --- what a boot program finds --- */

static EFI_STATUS look_around(EFI_HANDLE device)
{
    const EFI_PXE_BASE_CODE_PROTOCOL *pxe = on(device, &pxe_guid);
    const EFI_DEVICE_PATH *path = on(device, &path_guid), *last = device_path_last(path);
    const struct efi_ipv4_node *ip = (const struct efi_ipv4_node *)(const void *)last;

    assert_true(stack.is_on_card);
    assert_non_null(pxe);
    assert_true(pxe->Mode->Started);
    assert_true(pxe->Mode->DhcpAckReceived);
    assert_int_equal(load_be32(pxe->Mode->StationIp.v4.Addr), NETWORK_CLIENT);
    assert_string_equal((const char *)pxe->Mode->DhcpAck.Dhcpv4.BootpBootFile, "boot/kernel");
    assert_ptr_equal(on(device, &snp_guid), &model.protocol);
    assert_non_null(on(device, &(const EFI_GUID)EFI_LOAD_FILE_PROTOCOL_GUID));
    assert_true(device_path_starts_with(path, on(card, &path_guid)));
    assert_int_equal(device_path_len(path), device_path_len(on(card, &path_guid)) + sizeof(*ip));
    assert_int_equal(ip->subtype, DEVICE_PATH_IPV4);
    assert_int_equal(load_be32(ip->local_ip), NETWORK_CLIENT);
    assert_int_equal(load_be32(ip->remote_ip), NETWORK_SERVER);
    assert_int_equal(load_be32(ip->gateway_ip), NETWORK_SERVER);
    assert_int_equal(load_be32(ip->subnet_mask), NETWORK_MASK);
    return EFI_SUCCESS;
}

static void program_finds_its_handle_and_the_firmware_its_stack(void **state)
{
    (void)state;
    program = look_around;
    assert_int_equal(run(), EFI_SUCCESS);
    assert_int_equal(starts, 1);
    assert_string_equal(n->dhcp.user_class, "\4Puck");
    expect_shown("starting it");
}

static void it_runs_any_number_of_times(void **state)
{
    (void)state;
    program = look_around;
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(run(), EFI_SUCCESS);
    assert_int_equal(starts, 20);
}

static void it_runs_without_a_stack_of_the_firmware(void **state)
{
    (void)state;
    stop_stack(&stack.binding, card, 0, NULL);
    stack.is_absent = true;
    assert_int_equal(run(), EFI_SUCCESS);
    assert_int_equal(starts, 1);
}

/* --- how it ends --- */

static EFI_STATUS give_up(EFI_HANDLE device)
{
    (void)device;
    return EFI_LOAD_ERROR;
}

static void status_of_the_program_is_told_and_returned(void **state)
{
    (void)state;
    program = give_up;
    assert_int_equal(run(), EFI_LOAD_ERROR);
    expect_shown("The boot program ended with status 8000000000000001");
}

static void refused_image_is_unloaded_and_told(void **state)
{
    (void)state;
    load_status = EFI_SECURITY_VIOLATION;
    assert_int_equal(run(), EFI_SECURITY_VIOLATION);
    assert_int_equal(unloads, 1);
    assert_int_equal(starts, 0);
    expect_shown("PXE-E7B");
    expect_shown("boot/kernel");
    load_status = EFI_ACCESS_DENIED;
    assert_int_equal(run(), EFI_ACCESS_DENIED);
    assert_int_equal(unloads, 1);
}

static void image_that_cannot_be_loaded_is_told(void **state)
{
    (void)state;
    load_status = EFI_UNSUPPORTED;
    assert_int_equal(run(), EFI_UNSUPPORTED);
    expect_shown("PXE-E7A");
}

static void wrong_file_is_not_loaded(void **state)
{
    (void)state;
    n->content[0] = 0;
    assert_true(EFI_ERROR(run()));
    assert_int_equal(loads, 0);
    expect_shown("PXE-E7A");
}

static void silent_net_ends_in_an_error(void **state)
{
    (void)state;
    n->dhcp.config.misses = 1000;
    assert_true(EFI_ERROR(run()));
    expect_shown("PXE-E51");
}

static void escape_ends_it(void **state)
{
    struct world_key key = {.at = n->world.now + SECONDS(2), .key = KEY_ESC};

    (void)state;
    n->dhcp.config.misses = 1000;
    n->world.keys = &key;
    n->world.key_count = 1;
    assert_int_equal(run(), EFI_ABORTED);
}

static EFI_STATUS be_rude(EFI_HANDLE device)
{
    void *interface;

    device_of_program = device;
    efi_boot->UninstallProtocolInterface(device, guid_of(&pxe_guid), on(device, &pxe_guid));
    efi_boot->CloseProtocol(device, guid_of(&snp_guid), efi_image, device);
    efi_boot->UninstallProtocolInterface(device, guid_of(&snp_guid), &model.protocol);
    assert_null(on(device, &snp_guid));
    efi_boot->OpenProtocol(device, guid_of(&path_guid), &interface, loaded, NULL, EFI_OPEN_PROTOCOL_EXCLUSIVE);
    return EFI_SUCCESS;
}

/* What it holds on to stays; what it took away is not missed. */
static void program_that_takes_away_what_is_ours(void **state)
{
    EFI_STATUS status;

    (void)state;
    program = be_rude;
    status = app_run();
    assert_int_equal(status, EFI_SUCCESS);
    assert_true(stack.is_on_card);
    assert_null(on(device_of_program, &pxe_guid));
    assert_true(device_path_len(on(device_of_program, &path_guid)) != 0);
}

static EFI_STATUS keep_pxe(EFI_HANDLE device)
{
    void *interface;

    device_of_program = device;
    assert_int_equal(
        efi_boot->OpenProtocol(device, guid_of(&pxe_guid), &interface, loaded, NULL, EFI_OPEN_PROTOCOL_EXCLUSIVE),
        EFI_SUCCESS);
    return EFI_SUCCESS;
}

/* A driver that stays: what it holds is in memory that we give back. */
static void program_that_holds_on_to_a_protocol_of_ours(void **state)
{
    (void)state;
    program = keep_pxe;
    assert_int_equal(run(), EFI_SUCCESS);
    assert_null(on(device_of_program, &pxe_guid));
}

/* --- the NIC while a boot program runs --- */

static EFI_STATUS file_size(EFI_HANDLE device)
{
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = on(device, &pxe_guid);
    EFI_IP_ADDRESS server = {0};
    UINT64 size = 0;
    EFI_STATUS status;

    store_be32(server.v4.Addr, NETWORK_SERVER);
    status = pxe->Mtftp(pxe, EFI_PXE_BASE_CODE_TFTP_GET_FILE_SIZE, NULL, FALSE, &size, NULL, &server,
                        (UINT8 *)(uintptr_t) "boot/kernel", NULL, FALSE);
    if (status == EFI_SUCCESS)
        assert_int_equal(size, PE_FILE_LEN);
    return status;
}

static EFI_STATUS use_pxe(EFI_HANDLE device)
{
    assert_int_equal(file_size(device), EFI_SUCCESS);
    assert_false(stack.is_on_card); /* kept for the next call ... */
    efi_firmware_run(MILLISECONDS(1900));
    assert_int_equal(file_size(device), EFI_SUCCESS);
    efi_firmware_run(MILLISECONDS(1900));
    assert_false(stack.is_on_card);
    efi_firmware_run(MILLISECONDS(200)); /* ... and given back two seconds after the last */
    assert_true(stack.is_on_card);
    assert_int_equal(file_size(device), EFI_SUCCESS);
    return EFI_SUCCESS;
}

static void nic_is_lent_for_calls(void **state)
{
    (void)state;
    program = use_pxe;
    assert_int_equal(run(), EFI_SUCCESS);
}

/* Programs that take our SNP without opening it, and leave it as they think right. */
static EFI_STATUS stop_snp(EFI_HANDLE device)
{
    EFI_SIMPLE_NETWORK_PROTOCOL *snp = on(device, &snp_guid);

    assert_int_equal(file_size(device), EFI_SUCCESS);
    snp->Shutdown(snp);
    assert_int_equal(file_size(device), EFI_SUCCESS);
    snp->Shutdown(snp);
    snp->Stop(snp);
    assert_int_equal(file_size(device), EFI_SUCCESS);
    return EFI_SUCCESS;
}

static void nic_that_a_program_has_stopped_is_started_again(void **state)
{
    (void)state;
    program = stop_snp;
    assert_int_equal(run(), EFI_SUCCESS);
}

static EFI_STATUS stop_pxe(EFI_HANDLE device)
{
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = on(device, &pxe_guid);

    assert_int_equal(file_size(device), EFI_SUCCESS);
    assert_false(stack.is_on_card);
    assert_int_equal(pxe->Stop(pxe), EFI_SUCCESS);
    assert_true(stack.is_on_card);
    return EFI_SUCCESS;
}

static void nic_goes_back_at_stop(void **state)
{
    (void)state;
    program = stop_pxe;
    assert_int_equal(run(), EFI_SUCCESS);
}

/* As GRUB does it after shim has used PXE_BASE_CODE. */
static EFI_STATUS take_exclusively(EFI_HANDLE device)
{
    void *interface;

    assert_int_equal(file_size(device), EFI_SUCCESS);
    assert_int_equal(
        efi_boot->OpenProtocol(card, guid_of(&snp_guid), &interface, loaded, NULL, EFI_OPEN_PROTOCOL_EXCLUSIVE),
        EFI_SUCCESS);
    assert_int_equal(model.mode.State, EfiSimpleNetworkStopped);
    assert_false(stack.is_on_card);
    model.protocol.Start(&model.protocol);
    model.protocol.Initialize(&model.protocol, 0, 0);
    efi_firmware_run(SECONDS(5));
    assert_int_equal(file_size(device), EFI_DEVICE_ERROR); /* it is the program's */
    assert_int_equal(model.mode.State, EfiSimpleNetworkInitialized);
    model.protocol.Shutdown(&model.protocol);
    model.protocol.Stop(&model.protocol);
    efi_boot->CloseProtocol(card, guid_of(&snp_guid), loaded, NULL);
    assert_int_equal(file_size(device), EFI_SUCCESS);
    return EFI_SUCCESS;
}

static void program_that_wants_the_card_gets_it(void **state)
{
    (void)state;
    program = take_exclusively;
    assert_int_equal(run(), EFI_SUCCESS);
}

/* --- the watchdog --- */

static time_us wait_for(time_us now, time_us how_long)
{
    for (time_us end = now + how_long; now < end; now += MILLISECONDS(500))
        watchdog_feed(now);
    return now;
}

static EFI_STATUS use_watchdog(EFI_HANDLE device)
{
    time_us now = n->world.now;

    assert_int_equal(efi_firmware_watchdog(), 300); /* as the firmware does for a boot option */
    efi_boot->SetWatchdogTimer(0, 0, 0, NULL);
    assert_int_equal(file_size(device), EFI_SUCCESS);
    now = wait_for(now, SECONDS(50));
    assert_int_equal(efi_firmware_watchdog(), 0); /* switched off by the program, it stays off */
    efi_boot->SetWatchdogTimer(300, 0, 0, NULL);
    now = wait_for(now + SECONDS(5), SECONDS(50));
    assert_int_equal(efi_firmware_watchdog(), 300);
    wait_for(now, SECONDS(15)); /* one long download */
    assert_int_equal(efi_firmware_watchdog(), 0);
    return EFI_SUCCESS;
}

static void watchdog_is_the_programs_while_it_runs(void **state)
{
    (void)state;
    program = use_watchdog;
    assert_int_equal(run(), EFI_SUCCESS);
    assert_int_equal(efi_firmware_watchdog(), 0);
}

static void watchdog_is_fed_while_we_boot(void **state)
{
    (void)state;
    watchdog_arm();
    efi_boot->SetWatchdogTimer(1, 0, 0, NULL);
    wait_for(n->world.now, SECONDS(11));
    assert_int_equal(efi_firmware_watchdog(), 300);
    watchdog_disarm();
    assert_int_equal(efi_firmware_watchdog(), 0);
}

/* --- under an application that holds the card --- */

static EFI_STATUS find_no_stack(EFI_HANDLE device)
{
    assert_false(stack.is_on_card);
    assert_int_equal(model.mode.State, EfiSimpleNetworkInitialized);
    assert_int_equal(file_size(device), EFI_SUCCESS);
    return EFI_SUCCESS;
}

static void chainloaded_by_an_application_that_keeps_the_card(void **state)
{
    EFI_HANDLE grub = efi_firmware_handle(NULL, NULL);
    void *interface;

    (void)state;
    assert_int_equal(
        efi_boot->OpenProtocol(card, guid_of(&snp_guid), &interface, grub, NULL, EFI_OPEN_PROTOCOL_EXCLUSIVE),
        EFI_SUCCESS);
    model.protocol.Start(&model.protocol);
    model.protocol.Initialize(&model.protocol, 0, 0);
    model.protocol.ReceiveFilters(&model.protocol, 5, 0, FALSE, 0, NULL);
    program = find_no_stack;
    assert_int_equal(run(), EFI_SUCCESS);
    assert_int_equal(model.mode.ReceiveFilterSetting, 5);
}

static void card_that_a_driver_does_not_let_go_is_left(void **state)
{
    EFI_HANDLE driver = efi_firmware_handle(NULL, NULL);
    void *interface;

    (void)state;
    stop_stack(&stack.binding, card, 0, NULL);
    assert_int_equal(efi_boot->OpenProtocol(card, guid_of(&snp_guid), &interface, driver, card,
                                            EFI_OPEN_PROTOCOL_BY_DRIVER | EFI_OPEN_PROTOCOL_EXCLUSIVE),
                     EFI_SUCCESS);
    assert_true(EFI_ERROR(run()));
    assert_int_equal(model.initializations, 1); /* the stack's own */
    expect_shown("does not let go");
}

/* --- a card that fails --- */

static void card_that_does_not_start_goes_back(void **state)
{
    (void)state;
    model.initialize_failures = 10;
    assert_int_equal(run(), EFI_DEVICE_ERROR);
    assert_int_equal(starts, 0);
    assert_false(world_screen_has(&n->world, "does not let go"));
    assert_int_equal(run(), EFI_SUCCESS);
}

static EFI_STATUS use_pxe_on_failing_card(EFI_HANDLE device)
{
    model.initialize_failures = 10;
    assert_int_equal(file_size(device), EFI_DEVICE_ERROR);
    assert_true(stack.is_on_card);
    assert_int_equal(file_size(device), EFI_SUCCESS);
    return EFI_SUCCESS;
}

static void card_that_does_not_start_for_a_call_goes_back(void **state)
{
    (void)state;
    program = use_pxe_on_failing_card;
    assert_int_equal(run(), EFI_SUCCESS);
}

/* --- itself again --- */

static EFI_STATUS start_puck_again(EFI_HANDLE device)
{
    EFI_HANDLE outer = efi_image;
    EFI_STATUS status;

    image.DeviceHandle = device;
    efi_image = efi_firmware_handle(&image_guid, &image);
    status = app_run();
    efi_boot->UninstallProtocolInterface(efi_image, guid_of(&image_guid), &image);
    efi_image = outer;
    return status;
}

static EFI_STATUS start_puck_from_elsewhere(EFI_HANDLE device)
{
    (void)device;
    return start_puck_again(NULL);
}

static void program_that_starts_us_again_is_a_loop(void **state)
{
    (void)state;
    program = start_puck_again;
    (void)app_run();
    assert_int_equal(starts, 1);
    expect_shown("PXE-E7C");
    image.DeviceHandle = NULL;
    program = start_puck_from_elsewhere;
    (void)app_run();
    assert_int_equal(starts, 2);
}

static EFI_STATUS look_for_a_second_handle(EFI_HANDLE device)
{
    assert_ptr_not_equal(device, device_of_program);
    assert_int_equal(device_path_len(on(device, &path_guid)), device_path_len(on(device_of_program, &path_guid)));
    return EFI_SUCCESS;
}

static EFI_STATUS start_puck_for_another_file(EFI_HANDLE device)
{
    static CHAR16 options[] = u"boot/other";

    n->file.name = "boot/other";
    image.LoadOptions = options;
    image.LoadOptionsSize = sizeof(options);
    program = look_for_a_second_handle;
    device_of_program = device;
    return start_puck_again(device);
}

/* Same card, same lease, same server, and the first handle is still there. */
static void program_that_starts_us_for_another_file(void **state)
{
    (void)state;
    program = start_puck_for_another_file;
    assert_int_equal(run(), EFI_SUCCESS);
    assert_int_equal(starts, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, app_start, app_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(program_finds_its_handle_and_the_firmware_its_stack),
        TEST(it_runs_any_number_of_times),
        TEST(it_runs_without_a_stack_of_the_firmware),
        TEST(status_of_the_program_is_told_and_returned),
        TEST(refused_image_is_unloaded_and_told),
        TEST(image_that_cannot_be_loaded_is_told),
        TEST(wrong_file_is_not_loaded),
        TEST(silent_net_ends_in_an_error),
        TEST(escape_ends_it),
        TEST(program_that_takes_away_what_is_ours),
        TEST(program_that_holds_on_to_a_protocol_of_ours),
        TEST(nic_is_lent_for_calls),
        TEST(nic_that_a_program_has_stopped_is_started_again),
        TEST(nic_goes_back_at_stop),
        TEST(program_that_wants_the_card_gets_it),
        TEST(watchdog_is_the_programs_while_it_runs),
        TEST(watchdog_is_fed_while_we_boot),
        TEST(chainloaded_by_an_application_that_keeps_the_card),
        TEST(card_that_a_driver_does_not_let_go_is_left),
        TEST(card_that_does_not_start_goes_back),
        TEST(card_that_does_not_start_for_a_call_goes_back),
        TEST(program_that_starts_us_again_is_a_loop),
        TEST(program_that_starts_us_for_another_file),
    };

    return cmocka_run_group_tests_name("efi_app", tests, NULL, NULL);
}
