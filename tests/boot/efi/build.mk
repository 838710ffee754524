# SPDX-License-Identifier: BSD-2-Clause-Patent
# Test programs for UEFI, built as the application is: build/out/test/NAME-x64.efi, NAME-ia32.efi.

EFI_TEST_COMMON   := tests/boot/efi/report.c $(wildcard efi/libc/*.c) firmware/base/format.c firmware/base/divide.c
EFI_TEST_protocols := tests/boot/efi/protocols.c $(wildcard tests/boot/efi/pxe_*.c)
EFI_TEST_snp       := tests/boot/efi/snp.c $(wildcard tests/boot/efi/snp_*.c)
EFI_TEST_count     := tests/boot/efi/count.c tests/boot/efi/census.c
EFI_TEST_reconnect := tests/boot/efi/reconnect.c tests/boot/efi/census.c
EFI_TEST_carrier   := tests/boot/efi/carrier.c
EFI_TEST_multicast := tests/boot/efi/multicast.c
# Boot programs that end, or treat us, in a way of their own: one source, one name for each way.
EFI_MISBEHAVIOURS := return-success return-error exit-text nulls uninstall close keep-snp leave-callback
EFI_TESTS := protocols snp count reconnect carrier multicast
EFI_TEST_PROGRAMS := $(foreach m,$(EFI_MACHINES),$(EFI_TESTS:%=$(OUT)/test/%-$m.efi) $(EFI_MISBEHAVIOURS:%=$(OUT)/test/%-$m.efi))

# $1: machine  $2: program
define EFI_TEST_RULE
$(OUT)/test/$2-$1.efi: $(patsubst %.c,$(BUILD)/efi-$1/%.o,$(EFI_TEST_COMMON) $(EFI_TEST_$2))
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@) $(EFI_LINK) -subsystem:efi_application -out:$$@ $$^
endef
$(foreach m,$(EFI_MACHINES),$(foreach t,$(EFI_TESTS),$(eval $(call EFI_TEST_RULE,$m,$t))))

# $1: machine  $2: misbehaviour
define EFI_MISBEHAVIOUR_RULE
$(BUILD)/efi-$1/misbehave/$2.o: tests/boot/efi/misbehave.c
	@mkdir -p $$(@D)
	$$(call say,$1,$$<) clang --target=$(EFI_TARGET_$1) -isystem $(EFI_HEADERS_$1) $(EFI_FLAGS) \
	  -DMISBEHAVIOUR='"$2"' -c -o $$@ $$<

$(OUT)/test/$2-$1.efi: $(BUILD)/efi-$1/misbehave/$2.o $(EFI_TEST_COMMON:%.c=$(BUILD)/efi-$1/%.o)
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@) $(EFI_LINK) -subsystem:efi_application -out:$$@ $$^
endef
$(foreach m,$(EFI_MACHINES),$(foreach b,$(EFI_MISBEHAVIOURS),$(eval $(call EFI_MISBEHAVIOUR_RULE,$m,$b))))

efi-tests: $(EFI_TEST_PROGRAMS)
test-programs: efi-tests
.PHONY: efi-tests
